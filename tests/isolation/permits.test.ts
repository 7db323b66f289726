/** A bucket gives out what its rate allows, to the permit, however many ask and at what clock. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { sql } from '../../core/db/sql.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { inScope, outcomeOf, seededRandom } from './attempts.ts'

let fresh: FreshDatabase
let a: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  a = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())

const rate = 2
const burst = 20
const startMs = Date.UTC(2026, 6, 1)
const row = z.object({ wait_ms: z.number() })
const take = async (account: string, nowMs: number, operation = 'getOrders'): Promise<number> =>
  (await fresh.db.inSellerScope(a.entry).one(sql.type(row)`
    select take_permit(${account}, ${operation}, ${rate}, ${burst}, ${nowMs}) as wait_ms`)).wait_ms

it('eight callers at once get the burst and not one more', async () => {
  const account = await makeAccount(fresh, a)
  const waits = await Promise.all(Array.from({ length: 80 }, () => take(account, startMs)))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(burst)
  expect(new Set(waits.filter((wait) => wait > 0))).toEqual(new Set([1000 / rate]))
})

it('eight callers on a clock that jumps get what the time allows, and not one more', async () => {
  const account = await makeAccount(fresh, a)
  const random = seededRandom(7)
  let nowMs = startMs
  let latestMs = startMs
  let taken = 0
  const most = () => burst + (latestMs - startMs) / 1000 * rate
  for (let round = 0; round < 40; round++) {
    // also backwards: workers' readings of one clock differ
    nowMs += Math.floor(random() * 3_000) - 500
    latestMs = Math.max(latestMs, nowMs)
    const waits = await Promise.all(
      Array.from({ length: 8 }, (_, i) => take(account, nowMs - i * 10)),
    )
    taken += waits.filter((wait) => wait === 0).length
    expect(taken).toBeLessThanOrEqual(Math.floor(most() + 1e-6))
  }
  // more were asked for than there were, so that none was held back either
  expect(taken).toBeGreaterThan(most() - 2)
})

it('the wait that is told is long enough, and no longer', async () => {
  const account = await makeAccount(fresh, a)
  let nowMs = startMs
  for (let i = 0; i < burst; i++) expect(await take(account, nowMs)).toBe(0)
  for (let i = 0; i < 10; i++) {
    const wait = await take(account, nowMs)
    expect(await take(account, nowMs + wait - 1)).toBeGreaterThan(0)
    expect(await take(account, nowMs + wait)).toBe(0)
    nowMs += wait
  }
})

it('buckets of other operations and accounts are not touched', async () => {
  const account = await makeAccount(fresh, a)
  for (let i = 0; i < burst; i++) await take(account, startMs)
  expect(await take(account, startMs)).toBeGreaterThan(0)
  expect(await take(account, startMs, 'getItems')).toBe(0)
  expect(await take(await makeAccount(fresh, a), startMs)).toBe(0)
})

it('on a clock that was set back the wait tells how long that lasts', async () => {
  const account = await makeAccount(fresh, a)
  for (let i = 0; i < burst; i++) await take(account, startMs)
  const wait = await take(account, startMs - 3_600_000)
  expect(await take(account, startMs - 3_600_000 + wait)).toBe(0)
})

it('a marketplace that tells a rate of nothing stops no account', async () => {
  const account = await makeAccount(fresh, a)
  for (let i = 0; i < burst; i++) await take(account, startMs)
  const tell = `select correct_bucket('${account}', 'getOrders', 0, false, ${startMs})`
  await outcomeOf(() => inScope(fresh.db, a.entry, tell))
  expect(await outcomeOf(() => take(account, startMs))).toBe('accepted')
})
