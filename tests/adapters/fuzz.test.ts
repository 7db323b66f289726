/**
 * Broken answers to every method of every adapter end as rows, as rows put aside, or as a failure with
 * a kind, and nothing is lost between. `ROBNU_ADAPTER_BODIES` says how many a plugin,
 * `ROBNU_TEST_SEED` which.
 */
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { expect, test } from 'vitest'
import { isMarketplace, type Marketplace } from '#core/plugin.ts'
import type { Sample } from '#core/testing/conformance/sample.ts'
import { play } from './play.ts'
import { type Method, record } from './tape.ts'

const folder = new URL('../../marketplaces/', import.meta.url)
const ids = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory()).map(({ name }) => name)
const bodies = Number(process.env['ROBNU_ADAPTER_BODIES'] || 250)
const seed = Number(process.env['ROBNU_TEST_SEED'] || 20260814)

const load = async (id: string): Promise<{ plugin: Marketplace; sample: Sample }> => {
  const own = new URL(`${id}/`, folder)
  const { default: plugin } = await import(new URL('mod.ts', own).href)
  if (!isMarketplace(plugin)) throw new Error(`${id} is no marketplace`)
  const { default: sample } = await import(new URL('sample.ts', own).href)
  return { plugin, sample }
}

const figures: Record<string, object> = {}

test.each(ids)('%s: no broken answer is a crash, and every row is counted', async (id) => {
  const { plugin, sample } = await load(id)
  const tapes = await record({ plugin, sample, signal: AbortSignal.timeout(60_000) })
  const own = { bodies: 0, accepted: 0, rejected: 0, received: 0, failed: 0 }
  const struckBy: Partial<Record<Method, number>> = {}
  const crashes: string[] = []
  for (let round = 0; round < bodies; round++) {
    const tape = tapes[round % tapes.length]
    if (!tape) throw new Error(`${id} has no tape`)
    const played = await play(plugin, tape, seed, round)
    if (played.crash !== null) crashes.push(`${tape.method} ${round}: ${played.crash}`)
    if (played.failure === null && isCounted(tape.method)) {
      expect(played.accepted + played.rejected, `${tape.method} ${round}`).toBe(played.received)
    }
    // a change of stock that nothing is said of waits on: the host pushes it again
    if (tape.method === 'INVENTORY') {
      expect(played.accepted + played.rejected).toBeLessThanOrEqual(played.received)
    }
    own.bodies++
    for (const key of ['accepted', 'rejected', 'received'] as const) own[key] += played[key]
    own.failed += played.failure === null ? 0 : 1
    struckBy[tape.method] = (struckBy[tape.method] ?? 0) + (played.struck ? 1 : 0)
  }
  expect(crashes.slice(0, 3)).toEqual([])
  // whatever is said of nothing holds
  expect(own.received).toBeGreaterThan(bodies)
  expect(own.failed).toBeGreaterThan(bodies / 100)
  for (const { method } of tapes) {
    expect(struckBy[method], method).toBeGreaterThan(bodies / tapes.length * 0.2)
  }
  figures[id] = own
}, 30_000 + bodies * 20)

const isCounted = (method: Method): boolean => method !== 'PROCESSING' && method !== 'INVENTORY'

test('all of them were struck', () => {
  expect(Object.keys(figures).toSorted()).toEqual(ids.toSorted())
  process.stdout.write(`Struck: ${JSON.stringify(figures)}\n`)
})
