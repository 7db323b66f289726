/** Returns and settlements through the engine, as orders go: drained, counted, told in the trail. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPayouts } from '../../core/ledger/read-payouts.ts'
import { createReturns } from '../../core/ledger/read-returns.ts'
import { createShipments } from '../../core/ledger/read-shipments.ts'
import { createTimelines } from '../../core/ledger/read-timeline.ts'
import type { RunView } from '../../core/ledger/runs.ts'
import type { Target } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { payoutsOf, returnsOf, type WirePayout } from '../support/bazaar/sandbox/after-sales.ts'
import type { WireOrder } from '../support/bazaar/sandbox/books.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { askForRun, countIn, runToEnd } from './support/runs.ts'

let world: World
let seller: TestSeller
let accountId: string
let orders: readonly WireOrder[]
const runs: Record<string, RunView> = {}
const run = async (target: Target, account = accountId): Promise<RunView> =>
  await runToEnd(world, await askForRun(world, seller, account, undefined, target))

beforeAll(async () => {
  world = await openWorld()
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 0)
  orders = await world.orders(0)
  // what comes of an order before the order itself
  for (const target of ['RETURNS', 'PAYOUTS', 'ORDERS'] as const) runs[target] = await run(target)
}, 60_000)
afterAll(() => world?.close())

/** Every page of a list. */
const walk = async <Row, Position>(
  page: (after?: Position) => Promise<{ readonly rows: readonly Row[]; next: Position | null }>,
): Promise<readonly Row[]> => {
  const all: Row[] = []
  let after: Position | undefined
  for (;;) {
    const { rows, next } = await page(after)
    all.push(...rows)
    if (next === null) return all
    after = next
  }
}
const more = <Position>(after: Position | undefined) => after === undefined ? {} : { after }
const paise = (text: string): number => Math.round(Number(text) * 100)

it('brings what is in the books of the shop', async () => {
  const { db } = world.fresh
  const [returned, paid] = [returnsOf(orders), payoutsOf(orders)]
  expect(runs['RETURNS']).toMatchObject({ new: returned.length, rejected: 0, state: 'SUCCEEDED' })
  expect(runs['PAYOUTS']).toMatchObject({ new: paid.length, rejected: 0, state: 'SUCCEEDED' })

  const returns = await walk((after?: { at: string; id: string }) =>
    createReturns(db).list(seller.entry, { limit: 7, filter: {}, ...more(after) })
  )
  expect(returns.map((row) => row.external_return_id).toSorted())
    .toEqual(returned.map(({ id }) => id).toSorted())
  const payouts = await walk((after?: { at: string; id: string }) =>
    createPayouts(db).list(seller.entry, { limit: 7, filter: {}, ...more(after) })
  )
  const sum = (all: readonly WirePayout[]) => all.reduce((n, { total }) => n + paise(total), 0)
  expect(payouts.reduce((n, { lines_amount }) => n + paise(lines_amount), 0)).toBe(sum(paid))
  const [first] = payouts
  const lines = await walk(async (after?: { externalId: string }) => {
    const ask = { limit: 2, accounts: null, ...more(after) }
    const page = await createPayouts(db).lines(seller.entry, first?.id ?? '', ask)
    if (!page) throw new Error('The settlement has gone')
    return page
  })
  expect(lines).toHaveLength(first?.line_count ?? -1)
  const shipments = await walk((after?: { at: string; id: string }) =>
    createShipments(db).list(seller.entry, { limit: 33, filter: {}, ...more(after) })
  )
  const inParcels = orders.filter(({ state }) => /packed|shipped|delivered/.test(state))
  expect(shipments.map((row) => row.external_shipment_id).toSorted())
    .toEqual(inParcels.map(({ number }) => `${number}/P`).toSorted())
})

it('gives every return its order and its parcel, although both came later', async () => {
  const loose = await world.fresh.asSuperuser((admin) =>
    admin`select r.external_return_id from order_returns r
      left join shipments s on s.external_shipment_id = r.shipment_external_id
      where r.order_id is null or s.id is distinct from r.shipment_id`
  )
  expect(loose).toHaveLength(0)
})

it('moves the orders of undelivered parcels, and of no other', async () => {
  const states = await world.fresh.asSuperuser((admin) =>
    admin`select o.status, r.status as back from order_returns r
      join orders o on o.id = r.order_id where r.kind = 'RTO'`
  )
  expect(states.length).toBeGreaterThan(3)
  for (const { status, back } of states) {
    expect(status).toBe(/DELIVERED|PROCESSED/.test(back) ? 'RTO_RECEIVED' : 'RTO_IN_TRANSIT')
  }
  const moved = await world.fresh.asSuperuser((admin) =>
    admin`select count(*)::int as n from orders where status like 'RTO%'`
  )
  expect(moved[0]?.['n']).toBe(states.length)
})

it('changes nothing at the second time, and says so', async () => {
  const before = await countIn(world, seller, 'audit_events')
  for (const target of ['RETURNS', 'PAYOUTS', 'ORDERS'] as const) {
    const again = await run(target)
    expect(again).toMatchObject({ new: 0, changed: 0, unchanged: again.received })
    expect(again.received).toBeGreaterThan(30)
  }
  expect(await countIn(world, seller, 'audit_events')).toBe(before)
})

it('leaves one event in the trail for each page that brought something', async () => {
  const rows = await world.fresh.asSuperuser((admin) =>
    admin`select action, count(*)::int as n from audit_events
      where seller_id = ${seller.sellerId} and action like '%.synced' group by action order by 1`
  )
  expect(rows.map(({ action, n }) => [action, n])).toEqual([
    ['orders.synced', runs['ORDERS']?.pages],
    ['payouts.synced', runs['PAYOUTS']?.pages],
    ['returns.synced', runs['RETURNS']?.pages],
  ])
})

it('tells the timeline of an order by run and marketplace, without a word of its buyer', async () => {
  const rto = returnsOf(orders).find(({ undelivered }) => undelivered)
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin`select id from orders where external_order_id = ${rto?.order ?? ''}`
  )
  const timeline = await createTimelines(world.fresh.db).get(seller.entry, row?.['id'], null)
  const kinds = new Set(timeline?.map(({ kind }) => kind))
  expect(kinds).toEqual(new Set(['order.status', 'shipment.status', 'return.status']))
  for (const { source } of timeline ?? []) {
    expect(source).toMatchObject({ kind: 'run', marketplace: 'BAZAAR', actor: null })
    expect(Object.values(runs).map(({ id }) => id)).toContain(source.run_id)
  }
  const { buyer } = orders.find(({ number }) => number === rto?.order) ?? {}
  for (const value of Object.values(buyer ?? {})) {
    expect(JSON.stringify(timeline)).not.toContain(value)
  }
  // as an order that nobody has
  const nobody = { only: [], except: [] }
  expect(await createTimelines(world.fresh.db).get(seller.entry, row?.['id'], nobody)).toBeNull()
})

it('shows of a seller with two accounts what somebody may see', async () => {
  const other = await world.connectShop(seller, 1)
  for (const target of ['ORDERS', 'RETURNS', 'PAYOUTS'] as const) await run(target, other)
  const { db } = world.fresh
  const { entry } = seller
  interface Row {
    readonly id: string
    readonly marketplace_account_id: string
  }
  interface Position {
    readonly at: string
    readonly id: string
  }
  type Ask = Parameters<ReturnType<typeof createReturns>['list']>[1]
  interface Lists {
    readonly list: (
      ask: Omit<Ask, 'filter'>,
    ) => Promise<{ rows: readonly Row[]; next: Position | null }>
    readonly get: (id: string, accounts: Ask['accounts']) => Promise<Row | null>
  }
  const [shipments, returns, payouts] = [createShipments(db), createReturns(db), createPayouts(db)]
  const all: readonly Lists[] = [
    {
      list: (ask) => shipments.list(entry, { ...ask, filter: {} }),
      get: (id, accounts = null) => shipments.get(entry, id, accounts),
    },
    {
      list: (ask) => returns.list(entry, { ...ask, filter: {} }),
      get: (id, accounts = null) => returns.get(entry, id, accounts),
    },
    {
      list: (ask) => payouts.list(entry, { ...ask, filter: {} }),
      get: (id, accounts = null) => payouts.get(entry, id, accounts),
    },
  ]
  for (const { list, get } of all) {
    const rows = await walk((after?: Position) => list({ limit: 9, ...more(after) }))
    const ofOther = rows.filter((row) => row.marketplace_account_id === other)
    expect(ofOther.length).toBeGreaterThan(3)
    expect(rows.length).toBeGreaterThan(ofOther.length)
    for (const accounts of [{ only: [other], except: [] }, { only: null, except: [accountId] }]) {
      const seen = await walk((after?: Position) => list({ limit: 3, accounts, ...more(after) }))
      expect(seen).toEqual(ofOther)
      const hidden = rows.find((row) => row.marketplace_account_id === accountId)?.id ?? ''
      expect(await get(hidden, accounts)).toBeNull()
      expect(await get(ofOther[0]?.id ?? '', accounts)).toMatchObject({ id: ofOther[0]?.id })
      expect((await list({ limit: 3, accounts, accountId })).rows).toEqual([])
    }
    expect((await list({ limit: 200, accountId: other })).rows).toEqual(ofOther)
  }
  const ofFirst = { only: null, except: [other] }
  const hidden = (await payouts.list(entry, { limit: 1, accountId: other, filter: {} })).rows[0]
  expect(await payouts.lines(entry, hidden?.id ?? '', { limit: 9, accounts: ofFirst })).toBeNull()
})
