/**
 * Four workers and twenty accounts on a clock of the test's own: the marketplace's published bucket is
 * used up to nearly its rate, is overrun hardly ever, and one account's 429 slows no other.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPermits } from '../../core/ledger/permits.ts'
import type { Upstream } from '../../core/ledger/upstream.ts'
import { failureOf } from '../../core/plugin.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

let fresh: FreshDatabase
let seller: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  seller = await makeSeller(fresh.db)
})
afterAll(() => fresh?.close())

const ratePerSecond = 2
const burst = 4
// so long that the twelve refusals that may be are less than a hundredth
const seconds = 30
const workers = 4
const answerMs = 40

/** Moves only when every task sleeps, to the next that wakes. */
const startClock = (tasks: number) => {
  let now = Date.parse('2026-01-10T12:00:00Z')
  let awake = tasks
  const sleepers: { at: number; wake: () => void }[] = []
  const turn = (): void => {
    if (awake > 0 || sleepers.length === 0) return
    sleepers.sort((a, b) => a.at - b.at)
    now = Math.max(now, sleepers[0]?.at ?? now)
    while (sleepers[0] && sleepers[0].at <= now) {
      awake++
      sleepers.shift()?.wake()
    }
  }
  return {
    now: () => now,
    sleep: async (ms: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      sleepers.push({ at: now + Math.max(1, Math.ceil(ms)), wake: resolve })
      awake--
      turn()
      await promise
    },
    end: () => {
      awake--
      turn()
    },
  }
}

/** What the marketplace counts by itself for one account. */
const serverBucket = (now: () => number, emptyAt = 0) => {
  let tokens = burst
  let at = now()
  let calls = 0
  let refused = 0
  return {
    told: () => ({ calls, refused }),
    ask: (): 'ok' | 429 => {
      calls++
      tokens = Math.min(burst, tokens + (now() - at) / 1000 * ratePerSecond)
      at = now()
      // somebody else uses this account's quota up, outside of Robnu
      if (emptyAt > 0 && calls === emptyAt) tokens = -10
      if (tokens < 1) {
        refused++
        return 429
      }
      tokens -= 1
      return 'ok'
    },
  }
}

it('keeps to the rate, uses it, and lets no account slow another', async () => {
  const accounts = await Promise.all(Array.from({ length: 20 }, () => makeAccount(fresh, seller)))
  const clock = startClock(accounts.length * workers)
  const upstream: Upstream = {
    now: () => new Date(clock.now()),
    realMs: (ms) => ms,
    resolve: (url) => ({ url, headers: {} }),
  }
  const begin = clock.now()
  const until = begin + seconds * 1000
  // the quota of two is used up by somebody else, in the middle; one of them is told for how long
  const servers = accounts.map((_, i) => serverBucket(clock.now, i < 2 ? 12 : 0))
  const work = async (accountId: string, at: number): Promise<void> => {
    const limits = [{ operation: 'list', ratePerSecond, burst }]
    const permits = createPermits({
      ...{ db: fresh.db, entry: seller.entry, accountId, limits, upstream },
      sleep: (ms) => clock.sleep(ms),
    })
    const signal = new AbortController().signal
    while (clock.now() < until) {
      try {
        await permits.take('list', signal)
      } catch (error) {
        // the work item goes back until then
        await clock.sleep(failureOf(error)?.retryAfterMs ?? 1_000)
        continue
      }
      await clock.sleep(answerMs)
      if (servers[at]?.ask() !== 429) continue
      await permits.learn('list', { empty: true, waitMs: at === 1 ? 5_500 : undefined })
    }
    clock.end()
  }
  await Promise.all(
    accounts.flatMap((accountId, at) => Array.from({ length: workers }, () => work(accountId, at))),
  )
  const ideal = burst + seconds * ratePerSecond
  const [blind, told, ...others] = servers.map((server) => server.told())
  if (!blind || !told) throw new Error('unreachable')
  // those that were under way at the moment are refused with it
  expect(told.refused).toBeGreaterThan(0)
  expect(told.refused).toBeLessThanOrEqual(workers)
  expect(blind.refused).toBeLessThanOrEqual(2 * workers)
  for (const { calls, refused } of others) {
    expect(refused).toBe(0)
    expect(calls).toBeGreaterThanOrEqual(0.9 * ideal)
  }
  const sum = (of: (one: { calls: number; refused: number }) => number) =>
    servers.reduce((total, server) => total + of(server.told()), 0)
  const [calls, refused] = [sum((one) => one.calls), sum((one) => one.refused)]
  expect(refused / calls).toBeLessThan(0.01)
}, 120_000)
