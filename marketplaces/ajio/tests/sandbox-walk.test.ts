import { expect, test } from 'vitest'
import { z } from 'zod'
import { ajioTime } from '../times.ts'
import { booksOf, type Gateway, Page, startWorld, type World } from './sandbox-world.ts'

type Row = Page['content'][number]
type Page = z.infer<typeof Page>
const text = (value: unknown): string => z.string().parse(value)
const updatedOf = (row: Row): number => ajioTime(text(row['updatedAt']))?.getTime() ?? NaN
const numberOf = (row: Row): string => text(row['custOrderNo'])
const iso = (ms: number) => new Date(ms).toISOString()
const pageOf = async (gateway: Gateway, query: Record<string, string>, list = 'orders') => {
  const answer = await gateway.get(`/${list}?${new URLSearchParams(query)}`)
  expect(answer.status).toBe(200)
  return Page.parse(answer.json)
}

/** By page number, as one would begin. */
const naiveWalk = async (gateway: Gateway, size: number, between: () => Promise<unknown>) => {
  const rows: Row[] = []
  for (let page = 0, pages = 1; page < pages; page++) {
    const found = await pageOf(gateway, { page: String(page), size: String(size) })
    rows.push(...found.content)
    pages = found.totalPages
    await between()
  }
  return rows
}
/** Page 0 of what changed since the last row that was seen; rows that are met twice count once. */
const carefulWalk = async (gateway: Gateway, size: number, between: () => Promise<unknown>) => {
  const rows = new Map<string, Row>()
  let updatedFrom = '2026-01-01T00:00:00Z'
  for (let page = 0;;) {
    const found = await pageOf(gateway, { updatedFrom, page: String(page), size: String(size) })
    for (const row of found.content) rows.set(numberOf(row), row)
    await between()
    const last = found.content.at(-1)
    if (!last || found.content.length < size) return rows
    const next = iso(updatedOf(last))
    page = next === updatedFrom ? page + 1 : 0
    updatedFrom = next
  }
}
const touching = (world: World, gateway: Gateway) => {
  let at = 0
  return async () => {
    const { orders } = await booksOf(world, gateway.pob)
    const order = orders[at++]
    await world.wait(1)
    // a hold changes the order and nothing of it
    if (order && at < 6) await world.control('hold', { orderId: order.no })
  }
}

test('pages are cut by position: a walk by page number loses what moves, a careful one does not', async () => {
  const world = await startWorld()
  const [careless, careful] = [world.as(0), world.as(1)]
  const lost = await naiveWalk(careless, 50, touching(world, careless))
  const all = (await booksOf(world, careless.pob)).orders.length
  expect(new Set(lost.map(numberOf)).size).toBeLessThan(all)

  const found = await carefulWalk(careful, 50, touching(world, careful))
  const books = await booksOf(world, careful.pob)
  expect([...found.keys()].sort()).toEqual(books.orders.map(({ no }) => no).sort())
  const held = books.orders.filter(({ onHold, status }) => onHold && status !== 'New')
  expect(held.length).toBeGreaterThan(2)
  for (const { no } of held) expect(found.get(no)?.['onHold']).toBe(true)
})

test('shiftPages moves a row after every page, and a careful walk still ends with all of them', async () => {
  const world = await startWorld()
  const gateway = world.as(2)
  const all = (await booksOf(world, gateway.pob)).orders.length
  await world.control('shiftPages')
  const moved = await naiveWalk(gateway, 20, () => world.wait(1))
  expect(new Set(moved.map(numberOf)).size).toBeLessThan(all)
  expect((await carefulWalk(gateway, 20, () => world.wait(1))).size).toBe(all)
})

test('a list is the oldest change first, and both ends of a window belong to it', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const { content, totalPages, totalElements } = await pageOf(gateway, { size: '100' })
  const times = content.map(updatedOf)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect([content.length, totalPages]).toEqual([100, Math.ceil(totalElements / 100)])
  const [first = 0, last = 0] = [times[10], times[20]]
  const window = { updatedFrom: iso(first), updatedTo: iso(last), size: '100' }
  const inside = await pageOf(gateway, window)
  expect(inside.content.map(numberOf)).toEqual(content.slice(10, 21).map(numberOf))
  const fresh = await pageOf(gateway, { status: 'New', size: '100' })
  expect(new Set(fresh.content.map(({ status }) => status))).toEqual(new Set(['New']))
  expect((await pageOf(gateway, { page: '999' })).content).toEqual([])
  for (const wrong of ['size=101', 'size=0', 'page=-1', 'updatedFrom=yesterday']) {
    expect(gateway.outcome(await gateway.get(`/orders?${wrong}`))).toBe('400 MALFORMED')
  }
})

test('times come in two ways, blanks in three, money as text and number', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const rows = (await pageOf(gateway, { size: '100' })).content
  const forms = new Set(rows.map((row) => text(row['updatedAt']).includes(' IST ')))
  expect(forms).toEqual(new Set([true, false]))
  for (const row of rows) {
    const { custOrderDate, dispatchBy } = z.object({
      custOrderDate: z.string(),
      dispatchBy: z.string(),
    }).parse(row)
    expect([ajioTime(custOrderDate), ajioTime(dispatchBy)]).not.toContain(undefined)
  }
  const blanks = rows.filter(({ onHold }) => onHold === false).map(({ holdReason }) => holdReason)
  expect(new Set(blanks)).toEqual(new Set([null, '', 'nan']))
  const kinds = rows.flatMap(({ lines }) => z.array(z.looseObject({})).parse(lines))
    .map(({ totalValue }) => typeof totalValue)
  expect(new Set(kinds)).toEqual(new Set(['number', 'string']))
})

test('history shows every word of orders, shipments, returns and settlements', async () => {
  const world = await startWorld()
  const orders = new Set<string>()
  const parcels = new Set<string>()
  const returns = new Set<string>()
  for (const { externalAccountId } of world.sandbox.accounts) {
    const books = await booksOf(world, externalAccountId)
    for (const one of books.orders) {
      orders.add(one.status)
      if (one.shipment) parcels.add(one.shipment.status)
      for (const back of one.returns) returns.add(`${back.type} ${back.status}`)
    }
  }
  expect([...orders].sort()).toEqual([
    ...['Acknowledged', 'Cancelled', 'Delivered', 'New', 'PO created'],
    ...['Ready to Ship', 'Ready to Shipped', 'Shipped'],
  ])
  expect([...parcels].sort()).toEqual([
    ...['Cancelled', 'Created', 'Delivered', 'Lost', 'Manifested', 'RTO Delivered'],
    ...['RTO Initiated', 'Ready to Ship', 'Shipped'],
  ])
  for (const type of ['CUSTOMER', 'RTO', 'EXCHANGE']) {
    expect([...returns].some((one) => one.startsWith(type))).toBe(true)
  }
  expect(returns.size).toBeGreaterThan(10)
})

test('under a lag readers see things as they were', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await world.newOrders()
  await world.wait(10)
  await world.control('lag', { seconds: 300 })
  await world.control('cancelAs', { orderId: no, by: 'buyer' })
  const [made = ''] = await world.newOrders()
  expect((await gateway.order(no)).status).toBe('New')
  expect((await gateway.get(`/orders/${made}`)).status).toBe(404)
  const recent = { updatedFrom: iso(world.now() - 3_600_000), size: '100' }
  const seen = async () =>
    (await pageOf(gateway, recent)).content.filter((row) => [no, made].includes(numberOf(row)))
      .map((row) => [numberOf(row), row['status']])
  expect(await seen()).toEqual([[no, 'New']])
  await world.wait(5)
  expect((await gateway.order(no)).status).toBe('Cancelled')
  expect(await seen()).toEqual([[no, 'Cancelled'], [made, 'New']])
})

test('rows are told twice, or in another order, when a verb says so', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const once = (await pageOf(gateway, { size: '5' })).content.map(numberOf)
  await world.control('duplicateNextPush', { operation: 'orders' })
  const twice = (await pageOf(gateway, { size: '5' })).content.map(numberOf)
  expect(twice).toEqual(once.flatMap((no) => [no, no]))
  await world.control('reorderPushes')
  expect((await pageOf(gateway, { size: '5' })).content.map(numberOf)).toEqual(once.toReversed())
})

test('a bucket belongs to one POB and one kind of question', async () => {
  const world = await startWorld({ limited: true })
  const [first, other] = [world.as(0), world.as(1)]
  for (let asked = 0; asked < 10; asked++) {
    expect((await first.get('/orders?size=1')).status).toBe(200)
  }
  const refused = await first.get('/orders')
  expect([first.outcome(refused), refused.headers.get('retry-after')]).toEqual([
    '429 THROTTLED',
    '1',
  ])
  expect((await other.get('/orders?size=1')).status).toBe(200)
  expect((await first.get('/returns?size=1')).status).toBe(200)
  await world.control('clock', { bySeconds: 1 })
  expect((await first.get('/orders?size=1')).status).toBe(200)
  expect((await booksOf(world, first.pob)).asked).toMatchObject({ orders: 12, returns: 1 })
})

test('a day of twenty thousand orders is served to its last page', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const before = (await pageOf(gateway, { size: '1' })).totalElements
  await world.wait(1)
  const from = iso(world.now())
  await world.control('seedDay', { pob: gateway.pob, n: 20_000 })
  const recent = { updatedFrom: from, status: 'New', size: '100' }
  const first = await pageOf(gateway, recent)
  expect([first.totalElements, first.totalPages]).toEqual([20_000, 200])
  const last = await pageOf(gateway, { ...recent, page: '199' })
  expect(last.content.length).toBe(100)
  expect(last.content.every(({ onHold }) => onHold === false)).toBe(true)
  expect((await pageOf(gateway, { size: '1' })).totalElements).toBe(before + 20_000)
})
