/** Every rule of the contract, checked by the kit; `robnu conformance` adds the database. */
import { testPlugin } from 'robnu/testing'
import { test } from 'vitest'
import plugin from '../mod.ts'

testPlugin(plugin, test, { url: new URL('../mod.ts', import.meta.url) })
