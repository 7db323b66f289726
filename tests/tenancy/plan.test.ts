/**
 * The orders of a day: counted exactly, however many workers store, and none is ever dropped.
 * `ROBNU_ROUNDS` and `ROBNU_SEED` say how often and with what eight workers store at once.
 */
import { randomInt } from 'node:crypto'
import process from 'node:process'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { hasCode } from '../../core/errors.ts'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { noCounts, storePage } from '../../core/ledger/store-page.ts'
import { silentLog } from '../../core/log.ts'
import type { OrderRow } from '../../core/plugin.ts'
import { requestWork } from '../../core/queues/work.ts'
import { createSellers } from '../../core/tenancy/sellers.ts'
import { changePlan } from '../../core/tenancy/suspension.ts'
import { orderRow } from '../ledger/support/rows.ts'
import { memoryKms } from '../support/bazaar/kms.ts'
import { type FreshDatabase, freshDatabase, makeAccount, makeSeller } from '../support/database.ts'
import type { TestSeller } from '../support/database.ts'

let fresh: FreshDatabase
let keyring: Keyring
let seller: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 10 })
  keyring = createKeyring({
    ...{ db: fresh.db, kms: memoryKms(), log: silentLog, now: Date.now },
    aliasOf: () => 'alias/test',
    createMissingAlias: false,
  })
})
afterAll(async () => {
  keyring.close()
  await fresh.close()
})
beforeEach(async () => {
  seller = await makeSeller(fresh.db)
})

interface Account {
  readonly accountId: string
  readonly runId: string
}
const makeShop = async (): Promise<Account> => {
  const accountId = await makeAccount(fresh, seller)
  const asked = await fresh.db.withSellerScope(seller.entry, (scope) =>
    requestWork(scope, {
      ...{ sellerId: seller.sellerId, accountId, target: 'ORDERS', reason: 'manual' },
      queue: 'account-sync',
    }))
  return { accountId, runId: asked?.runId ?? '' }
}
/** A page of its own, with cursor and audit; `fails` rolls it back at the end. */
const store = async (
  { accountId, runId }: Account,
  rows: readonly OrderRow[],
  fails = false,
): Promise<void> => {
  const keys = await keyring.forSeller(seller.entry, { willSeal: 4 * rows.length })
  const prepared = prepareOrders(keys, accountId, rows)
  const page = { rows, rejected: [], received: rows.length, cursor: {} }
  const place = { accountId, runId, target: 'ORDERS' as const, cursorSeq: null }
  const pages = await fresh.asSuperuser((admin) =>
    admin`select pages from job_runs where id = ${runId}`
  )
  const before = { ...noCounts, pages: pages[0]?.pages }
  await fresh.db.withSellerScope(seller.entry, async (scope) => {
    await storePage(scope, keys, place, page, prepared, before)
    if (fails) throw new Error('rolled back')
  }).catch((error: unknown) => {
    if (!fails) throw error
  })
}
const onDay = (externalId: string, orderedAt: string, second = 0): OrderRow =>
  orderRow({
    ...{ externalId, orderedAt: new Date(orderedAt), rawStatus: `at ${second}` },
    updatedAt: new Date(Date.parse('2026-01-20T00:00:00Z') + second * 1_000),
  })
const counted = () =>
  fresh.asSuperuser(async (admin) =>
    (await admin`
      select day::text, orders from plan_usage
      where seller_id = ${seller.sellerId} and orders > 0 order by day`)
      .map(({ day, orders }) => [day, orders])
  )
const stored = () =>
  fresh.asSuperuser(async (admin) =>
    (await admin`
      select (ordered_at at time zone 'Asia/Kolkata')::date::text as day, count(*)::int as orders
      from orders where seller_id = ${seller.sellerId} group by 1 order by 1`)
      .map(({ day, orders }) => [day, orders])
  )
const reached = () =>
  fresh.asSuperuser(async (admin) =>
    (await admin`
      select data from audit_events where seller_id = ${seller.sellerId}
        and action = 'seller.plan-limit-reached' order by seq`)
      .map(({ data }) => JSON.parse(data))
  )
const onPlan = (plan: 'FREE' | 'EARLY_ACCESS') =>
  fresh.db.withPlatformScope('test', (tx) => changePlan(tx, { sellerId: seller.sellerId, plan }))
const numbered = (from: number, count: number, orderedAt: string) =>
  Array.from({ length: count }, (_, n) => onDay(`O-${from + n}`, orderedAt))

describe('the count', () => {
  it('is of days of India: one ends at 18:30 UTC', async () => {
    await store(await makeShop(), [
      onDay('last', '2026-01-10T18:29:59.999Z'),
      onDay('first', '2026-01-10T18:30:00.000Z'),
      onDay('next', '2026-01-11T18:29:59.999Z'),
    ])
    expect(await counted()).toEqual([['2026-01-10', 1], ['2026-01-11', 2]])
  })

  it('takes new orders only: not those that come again, change, or are older', async () => {
    const shop = await makeShop()
    const at = '2026-01-10T10:00:00Z'
    await store(shop, [onDay('a', at, 5), onDay('b', at, 5)])
    await store(shop, [onDay('a', at, 5), onDay('b', at, 9), onDay('c', at, 5)])
    await store(shop, [onDay('a', at, 1), onDay('b', at, 1)])
    expect(await counted()).toEqual([['2026-01-10', 3]])
    // the same name in another account is another order
    await store(await makeShop(), [onDay('a', at, 5)])
    expect(await counted()).toEqual([['2026-01-10', 4]])
  })

  it('moves with an order whose day is corrected', async () => {
    const shop = await makeShop()
    await store(shop, [onDay('a', '2026-01-10T10:00:00Z'), onDay('b', '2026-01-10T10:00:00Z')])
    await store(shop, [onDay('a', '2026-01-12T10:00:00Z', 1)])
    await store(shop, [onDay('b', '2026-01-10T11:00:00Z', 1)])
    expect(await counted()).toEqual([['2026-01-10', 1], ['2026-01-12', 1]])
    expect(await counted()).toEqual(await stored())
  })

  it('goes back with what is rolled back', async () => {
    const shop = await makeShop()
    await store(shop, numbered(0, 5, '2026-01-10T10:00:00Z'), true)
    expect(await counted()).toEqual([])
    await store(shop, numbered(0, 5, '2026-01-10T10:00:00Z'))
    expect(await counted()).toEqual([['2026-01-10', 5]])
  })

  const rounds = Number(process.env.ROBNU_ROUNDS ?? 6)
  const seed = Number(process.env.ROBNU_SEED ?? randomInt(2 ** 31))
  it('is the number of orders of each day under eight writers, whatever they bring', async () => {
    const days = ['2026-01-10T18:29:00Z', '2026-01-10T18:31:00Z', '2026-01-11T18:31:00Z']
    const row = fc.record({
      id: fc.integer({ min: 0, max: 40 }),
      day: fc.constantFrom(...days),
      second: fc.integer({ min: 0, max: 6 }),
    })
    const page = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 25 }),
      fails: fc.nat(9).map((n) => n === 0),
    })
    const pages = fc.array(page, { minLength: 4, maxLength: 8 })
    let total = 0
    await fc.assert(
      fc.asyncProperty(fc.array(pages, { minLength: 8, maxLength: 8 }), async (writers) => {
        seller = await makeSeller(fresh.db)
        await onPlan('FREE')
        const shops = await Promise.all(writers.map(makeShop))
        await Promise.all(writers.map(async (own, at) => {
          // two accounts have two workers each, and one of them may lose its page
          const shop = shops[at % 6]
          if (!shop) throw new Error('unreachable')
          for (const { rows, fails } of own) {
            const asRow = ({ id, day, second }: typeof rows[number]) =>
              onDay(`O-${id}`, day, second)
            await store(shop, rows.map(asRow), fails).catch((error: unknown) => {
              if (!hasCode(error, 'lease-lost')) throw error
            })
          }
        }))
        const orders = await stored()
        total += orders.reduce((sum, [, n]) => sum + n, 0)
        expect(orders.reduce((sum, [, n]) => sum + n, 0)).toBeGreaterThan(40)
        expect(await counted()).toEqual(orders)
        const told = (await reached()).map(({ day }) => day)
        expect(new Set(told).size).toBe(told.length)
        const over = orders.filter(([, n]) => n >= 25).map(([day]) => day)
        expect(told).toEqual(expect.arrayContaining(over))
      }),
      { numRuns: rounds, seed },
    )
    process.stdout.write(
      `Counted: ${JSON.stringify({ rounds, seed, writers: 8, orders: total })}\n`,
    )
  }, 60_000 + 2_000 * rounds)
})

describe('the limit', () => {
  it('is told once a day, when the twenty-fifth order comes, and drops none', async () => {
    await onPlan('FREE')
    const shop = await makeShop()
    const at = '2026-01-10T10:00:00Z'
    await store(shop, numbered(0, 24, at))
    expect(await reached()).toEqual([])
    await store(shop, numbered(24, 3, at))
    await store(shop, numbered(27, 10, at))
    expect(await reached()).toEqual([{ day: '2026-01-10', limit: 25, orders: 27, plan: 'FREE' }])
    await store(shop, numbered(100, 30, '2026-01-11T10:00:00Z'))
    expect((await reached()).map(({ day }) => day)).toEqual(['2026-01-10', '2026-01-11'])
    expect(await counted()).toEqual([['2026-01-10', 37], ['2026-01-11', 30]])
    expect(await stored()).toEqual(await counted())
  })

  it('is told for several days of one page, in one transaction', async () => {
    await onPlan('FREE')
    await store(await makeShop(), [
      ...numbered(0, 30, '2026-01-12T10:00:00Z'),
      ...numbered(100, 25, '2026-01-11T10:00:00Z'),
      ...numbered(200, 24, '2026-01-10T10:00:00Z'),
    ])
    expect((await reached()).map(({ day, orders }) => [day, orders]).toSorted())
      .toEqual([['2026-01-11', 25], ['2026-01-12', 30]])
  })

  it('is no concern of early access', async () => {
    const shop = await makeShop()
    await store(shop, numbered(0, 40, '2026-01-10T10:00:00Z'))
    expect(await reached()).toEqual([])
    expect(await counted()).toEqual([['2026-01-10', 40]])
    // a plan that begins in the middle of a day warns with its next order
    await onPlan('FREE')
    await store(shop, numbered(40, 1, '2026-01-10T10:00:00Z'))
    expect(await reached()).toMatchObject([{ orders: 41 }])
  })

  it('is seen by the seller: today, thirty days, and a warning', async () => {
    await onPlan('FREE')
    await store(await makeShop(), [
      ...numbered(0, 3, '2026-01-20T18:31:00Z'),
      ...numbered(100, 26, '2026-01-19T10:00:00Z'),
      ...numbered(200, 25, '2025-12-22T19:00:00Z'),
      ...numbered(300, 60, '2025-12-22T10:00:00Z'),
    ])
    const now = new Date('2026-01-21T03:00:00Z')
    const { usage, warning } = await createSellers({ db: fresh.db, now: () => now })
      .get(seller.entry)
    expect(usage).toMatchObject({ limit: 25, today: 3 })
    expect(usage.days).toHaveLength(30)
    expect(usage.days[0]).toEqual({ day: '2026-01-21', orders: 3, is_over_limit: false })
    expect(usage.days[29]).toEqual({ day: '2025-12-23', orders: 25, is_over_limit: true })
    expect(usage.days.filter(({ orders }) => orders > 0).map(({ day }) => day))
      .toEqual(['2026-01-21', '2026-01-19', '2025-12-23'])
    expect(warning).toEqual({ code: 'plan-limit-reached', last_day: '2026-01-19', days: 2 })
  })
})
