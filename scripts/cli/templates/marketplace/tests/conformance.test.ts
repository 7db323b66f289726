/** Every rule of the contract, checked by the kit; `robnu conformance` adds the database. */
import { testMarketplace } from 'robnu/testing'
import { test } from 'vitest'
import plugin from '../mod.ts'
import sample from '../sample.ts'

testMarketplace(plugin, sample, test, { url: new URL('../mod.ts', import.meta.url) })
