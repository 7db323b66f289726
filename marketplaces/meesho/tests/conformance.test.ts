/** The conformance kit over this marketplace: its declaration, and its behaviour over the sandbox. */
import { testMarketplace } from 'robnu/testing'
import { test } from 'vitest'
import meesho from '../mod.ts'
import sample from '../sample.ts'

testMarketplace(meesho, sample, test, { url: new URL('../mod.ts', import.meta.url) })
