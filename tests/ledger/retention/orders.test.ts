/** Buyers end on their day, and never come back; orders and money stay. */
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { command, sql } from '../../../core/db/sql.ts'
import { newId } from '../../../core/ids.ts'
import { prepareOrders } from '../../../core/ledger/order-rows.ts'
import { planOrder } from '../../../core/ledger/plan-order.ts'
import { eraseBuyers } from '../../../core/ledger/retention/erase.ts'
import { lookWhatIsDue } from '../../../core/ledger/retention/look.ts'
import { createErasures } from '../../../core/ledger/retention/read-erasures.ts'
import { createOrders } from '../../../core/ledger/read-orders.ts'
import { createReveals, revealPolicy } from '../../../core/ledger/reveal.ts'
import { planBatch } from '../../../core/ledger/processing/plan-batch.ts'
import type { Keyring } from '../../../core/crypto/keyring.ts'
import { quarantine } from '../../../core/ledger/quarantine.ts'
import { writeOrders } from '../../../core/ledger/write-orders.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { payoutRow, returnRow } from '../support/rows.ts'
import { day, depsAt, erasuresOf, heldBy, idsOf, order, runJob, whatStays } from './support.ts'

let fresh: FreshDatabase
let pages: Pages
let other: Pages
const opened: Pages[] = []
beforeAll(async () => {
  fresh = await freshDatabase()
})
beforeEach(async () => {
  pages = await openPages(fresh)
  other = await openPages(fresh)
  opened.push(pages, other)
})
afterAll(async () => {
  for (const one of opened) await one.close()
  await fresh.close()
})
const heldIn = (of: Pages) => heldBy(fresh, of.seller)

describe('orders', () => {
  it('let go of their buyers so many days after their end, or after the last word', async () => {
    // the first day on which each is due: 90 days, a day early, behind its end or its last word
    const dueOn: Readonly<Record<string, number>> = {
      ...{ 'cancelled': 93, 'on its way': 95, 'delivered': 100, 'told again': 100 },
      ...{ 'came back': 120, 'lost': 130, 'to be shipped': 150 },
    }
    await pages.store('ORDERS', [
      ...[order('cancelled', 'CANCELLED', 3), order('delivered', 'DELIVERED', 10)],
      ...[order('told again', 'DELIVERED', 10), order('on its way', 'SHIPPED', 5)],
      ...[order('came back', 'RTO_RECEIVED', 30), order('lost', 'LOST', 40)],
      order('to be shipped', 'NEW', 1, { shipBy: day(60) }),
    ])
    // a word of later about what is delivered gives the buyer no more time
    await pages.store('ORDERS', [order('told again', 'DELIVERED', 50, { totalPaise: 149_901 })])
    await pages.store('RETURNS', [returnRow({ orderExternalId: 'delivered' })])
    await pages.store('PAYOUTS', [payoutRow()])
    await other.store('ORDERS', [order('delivered', 'DELIVERED', 10)])
    const { sellerId } = pages.seller
    const theirs = () =>
      fresh.asSuperuser((admin) =>
        admin`select xmin::text, id from orders where seller_id = ${other.seller.sellerId}`
      )
    const before = [await whatStays(fresh), await theirs()]
    for (const last of new Set(Object.values(dueOn))) {
      for (const now of [last - 1, last]) {
        await runJob(fresh, sellerId, depsAt(fresh, day(now)))
        const held = Object.keys(dueOn).filter((one) => (dueOn[one] ?? 0) > now)
        expect(await heldIn(pages), `on day ${now}`).toEqual(held.toSorted())
      }
    }
    expect([await whatStays(fresh), await theirs()]).toEqual(before)
  })

  it('that nobody calls delivered count from the day on which they went, or came here', async () => {
    const dueOn: Readonly<Record<string, number>> = {
      ...{ 'shipped': 35, 'going back': 38, 'out for delivery': 41, 'to be shipped': 62 },
      ...{ 'told for ever': 121, 'of the year 2099': 121 },
    }
    const far = new Date('2099-01-01T00:00:00Z')
    await pages.store('ORDERS', [
      ...[order('shipped', 'SHIPPED', 5), order('out for delivery', 'SHIPPED', 5)],
      ...[order('going back', 'RTO_IN_TRANSIT', 8), order('to be shipped', 'NEW', 1)],
      ...[order('told for ever', 'NEW', 1), order('of the year 2099', 'DELIVERED', 1)],
    ])
    await pages.store('ORDERS', [
      // what is told besides, and the day by which it had to go, give no more time
      order('shipped', 'SHIPPED', 30, { totalPaise: 149_901, shipBy: day(20) }),
      order('out for delivery', 'OUT_FOR_DELIVERY', 11),
    ])
    await fresh.asSuperuser(async (admin) => {
      const { sellerId } = pages.seller
      await admin`update orders set created_at = ${day(1)} where seller_id = ${sellerId}`
      await admin`update orders set source_updated_at = ${far}, own_at = ${far}, ship_by = ${far}
        where seller_id = ${sellerId} and external_order_id in ('told for ever', 'of the year 2099')`
      await admin`update marketplaces set buyer_days = 30`
    })
    try {
      for (const last of new Set(Object.values(dueOn))) {
        for (const now of [last - 1, last]) {
          const deps = depsAt(fresh, day(now))
          const due = []
          for await (const one of lookWhatIsDue(deps, pages.seller)) due.push(one.orders)
          const before = await heldIn(pages)
          await runJob(fresh, pages.seller.sellerId, deps)
          const held = Object.keys(dueOn).filter((one) => (dueOn[one] ?? 0) > now)
          expect(await heldIn(pages), `on day ${now}`).toEqual(held.toSorted())
          // the gate counts what the job finds
          expect(due, `on day ${now}`).toEqual(now < last ? [] : [before.length - held.length])
        }
      }
    } finally {
      await fresh.asSuperuser((admin) => admin`update marketplaces set buyer_days = null`)
    }
  })

  it('are erased once, counted by day and account, and the trail says so without a name', async () => {
    await pages.store('ORDERS', [
      ...[order('a', 'DELIVERED', 1), order('b', 'DELIVERED', 1, { customer: null })],
      order('c', 'DELIVERED', 1, {
        customer: { name: 'Asha Rao', phone: null, email: null, address: null },
      }),
    ])
    const { sellerId, entry } = pages.seller
    const deps = depsAt(fresh, day(200))
    await runJob(fresh, sellerId, deps, 2)
    const erasures = await erasuresOf(pages)
    expect(erasures).toEqual([expect.objectContaining({
      ...{ marketplace_account_id: pages.accountId, marketplace: 'BAZAAR', reason: 'retention' },
      ...{ days: 90, ended_before: day(111), orders: 3, fields: 5, documents: 0, raw_rows: 0 },
    })])
    const trail = () =>
      fresh.asSuperuser((admin) =>
        admin<{ target: string; data: string; actor_kind: string }[]>`
          select target, data, actor_kind from audit_events
          where seller_id = ${sellerId} and action = 'buyers.erased' order by seq`
      )
    const told = await trail()
    expect(told.map(({ target }) => target))
      .toEqual([`erasure:${erasures[0]?.id}`, `erasure:${erasures[0]?.id}`])
    expect(told.map(({ data }) => JSON.parse(data).orders)).toEqual([2, 1])
    expect(JSON.stringify([erasures, told])).not.toMatch(/Asha|910123|buyers\.invalid|Lake/)
    // again, and nothing is written
    await runJob(fresh, sellerId, deps)
    expect([await erasuresOf(pages), await trail()]).toEqual([erasures, told])
    expect(
      await createErasures(fresh.db).list(entry, {
        limit: 50,
        accounts: { only: [], except: [] },
      }),
    ).toEqual({ rows: [], next: null })
  })

  it('stay erased, whatever is synced, imported or pushed, while states and money go on', async () => {
    const row = order('a', 'DELIVERED', 10)
    await pages.store('ORDERS', [row, order('open', 'SHIPPED', 120)])
    await runJob(fresh, pages.seller.sellerId, depsAt(fresh, day(150)))
    expect(await heldIn(pages)).toEqual(['open'])
    // the same row is no change, and is none for ever
    for (let turn = 0; turn < 2; turn++) {
      expect(await pages.store('ORDERS', [row])).toMatchObject({ changed: 0, unchanged: 1 })
    }
    const changed = order('a', 'DELIVERED', 20, {
      totalPaise: 1,
      customer: { name: 'New Name', phone: '+919999999999', email: null, address: null },
    })
    expect(await pages.store('ORDERS', [changed])).toMatchObject({ changed: 1 })
    expect(await pages.store('ORDERS', [changed])).toMatchObject({ unchanged: 1 })
    expect(await heldIn(pages)).toEqual(['open'])
    const [stored] = await fresh.asSuperuser((admin) =>
      admin`select total_paise::int from orders where seller_id = ${pages.seller.sellerId}
        and external_order_id = 'a'`
    )
    expect(stored).toEqual({ total_paise: 1 })
    // a worker that has read the order before it was erased
    await pages.inScope(async (scope, keys) => {
      const { orders } = prepareOrders(keys, pages.accountId, [order('a', 'DELIVERED', 30)])
      const place = { accountId: pages.accountId, runId: pages.place.runId ?? '' }
      await writeOrders(scope, keys, place, orders.map((one) => planOrder(one, undefined)))
    })
    expect(await heldIn(pages)).toEqual(['open'])
    const again = pages.inScope((scope) =>
      scope.run(command`
        update orders set customer_phone_idx = ${sql.binary(Buffer.alloc(16))}
        where external_order_id = 'a'`)
    )
    await expect(again).rejects.toThrow(/orders__erased/)
  })

  it('are erased on request at once, by account, and others are left out', async () => {
    await pages.store('ORDERS', [order('a', 'NEW', 1), order('b', 'NEW', 1)])
    await other.store('ORDERS', [order('a', 'NEW', 1)])
    const [id = ''] = await idsOf(pages, 'a')
    const [foreign = ''] = await idsOf(other, 'a')
    const ask = {
      accountId: pages.accountId,
      orderIds: [id, foreign, newId()],
      reason: 'request',
    } as const
    const done = await pages.inScope((scope) => eraseBuyers(scope, ask))
    expect(done).toMatchObject({ orders: 1, fields: 4, documents: 0 })
    expect([await heldIn(pages), await heldIn(other)]).toEqual([['b'], ['a']])
    expect(await pages.inScope((scope) => eraseBuyers(scope, ask)))
      .toEqual({ erasureId: null, orders: 0, fields: 0, documents: 0, raw_rows: 0 })
    expect(await erasuresOf(pages)).toEqual([
      expect.objectContaining({ id: done.erasureId, reason: 'request', days: null, orders: 1 }),
    ])
    // each request is an erasure of its own
    await pages.inScope(async (scope) =>
      eraseBuyers(scope, { ...ask, orderIds: await idsOf(pages, 'b') })
    )
    expect((await erasuresOf(pages)).map(({ orders }) => orders)).toEqual([1, 1])
  })

  it('are erased also from rows that are put aside at that very moment', async () => {
    await pages.store('ORDERS', [order('a', 'NEW', 1)])
    const { accountId, place: { runId }, seller: { sellerId } } = pages
    const erased = Promise.withResolvers<void>()
    const maySettle = Promise.withResolvers<void>()
    const erasing = pages.inScope(async (scope) => {
      await eraseBuyers(scope, { accountId, orderIds: await idsOf(pages, 'a'), reason: 'request' })
      erased.resolve()
      await maySettle.promise
    })
    await erased.promise
    let isAside = false
    const aside = pages.inScope((scope, keys) =>
      quarantine(scope, keys, { accountId, runId: runId ?? '', target: 'ORDERS' }, [
        { key: 'a', reason: 'no-date', raw: '9876543212' },
        { key: 'b', reason: 'no-date', raw: 'b 9876543212' },
      ])
    ).then(() => isAside = true)
    const waits = () => fresh.asSuperuser((admin) => admin`select from pg_locks where not granted`)
    while (!isAside && (await waits()).length === 0);
    maySettle.resolve()
    await Promise.all([erasing, aside])
    const rows = await fresh.asSuperuser((admin) =>
      admin<{ key: string; held: number }[]>`
        select external_key as key, num_nonnulls(raw_enc, buyers_idx) as held
        from quarantined_rows where seller_id = ${sellerId} order by key`
    )
    expect(rows.map(({ key, held }) => [key, held])).toEqual([['a', 0], ['b', 2]])
  })

  it('say since when, are unmasked by nobody, and are held by processing', async () => {
    await pages.store('ORDERS', [order('a', 'PACKED', 1)])
    const [id = ''] = await idsOf(pages, 'a')
    const { accountId, seller: { entry, userId } } = pages
    await pages.inScope((scope) =>
      eraseBuyers(scope, { accountId, orderIds: [id], reason: 'request' })
    )
    const keys = await pages.inScope((_scope, keys) => Promise.resolve(keys))
    const keyring = { forSeller: () => Promise.resolve(keys), toOpen: () => Promise.resolve(keys) }
    const db = fresh.db
    const orders = createOrders({ db, keyring: keyring as unknown as Keyring })
    expect(await orders.get(entry, id))
      .toMatchObject({ customer: null, customer_erased_at: expect.any(Date), status: 'PACKED' })
    const allowed = { policy: revealPolicy, isAllowed: true, remaining: 1, resetSeconds: 1 }
    const { reveal } = createReveals({
      db,
      keyring,
      limiter: { take: () => Promise.resolve(allowed) },
    })
    const ask = { userId, fields: ['name'], reason: 'The courier asks', accounts: null } as const
    await expect(reveal(entry, id, ask)).rejects.toMatchObject({ code: 'buyer-erased' })

    const candidate = {
      ...{ id, externalId: 'a', status: 'PACKED' as const, isOnHold: false, processAfter: null },
      ...{ orderedAt: day(0), isTheirs: false, isBusy: false, lines: [] },
    } as const
    const asked = { allowed: new Map(), asked: new Map(), now: day(1) }
    const held = [true, false].map((isErased) =>
      planBatch([{ ...candidate, isErased }], asked)[0]?.held?.code
    )
    expect(held).toEqual(['buyer-erased', 'nothing-to-ship'])
  })
})
