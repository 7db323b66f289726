/**
 * Every marketplace of ours, by the checks that hold most of it: its declaration, the rows and answers of
 * its sample. All checks of all of them are `npm run proof -- conformance`, which CI runs on both runtimes.
 */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isMarketplace } from '../../core/plugin.ts'
import { checksFor, runChecks } from '../../core/testing/conformance/run.ts'

const folder = new URL('../../marketplaces/', import.meta.url)
const ids = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory()).map(({ name }) => name)

test.each(ids)('%s keeps its declaration, and tells what its sample says', async (id) => {
  const url = new URL(`${id}/mod.ts`, folder)
  const { default: plugin } = await import(url.href)
  if (!isMarketplace(plugin)) throw new Error(`${id} is no marketplace`)
  const { default: sample } = await import(new URL(`${id}/sample.ts`, folder).href)
  const only = checksFor(plugin)
    .filter(({ id, tier }) => tier === 'declaration' || /^told-|expected-rows$/.test(id))
    .map(({ id }) => id)
  const { checks } = await runChecks({ plugin, sample, url }, { only, patience: 20 })
  const failed = checks.filter(({ outcome }) => outcome === 'failed')
  expect(failed.map(({ id, message }) => `${id}: ${message}`)).toEqual([])
  expect(checks.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(50)
}, 120_000)
