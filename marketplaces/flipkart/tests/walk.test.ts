import type { FakeAnswer, FakeRequest } from 'robnu/testing'
import { expect, test } from 'vitest'
import { syncOrders } from '../orders.ts'
import { syncReturns } from '../returns.ts'
import type { Cursor } from '../schemas.ts'
import {
  all,
  anItem,
  answering,
  aReturn,
  aShipment,
  connection,
  failureIn,
  type Json,
  kept,
  start,
  tiny,
} from './support.ts'

const many = (list: string, count: number): Json[] =>
  Array.from({ length: count }, (_, at) =>
    aShipment({
      shipmentId: `${list}-${at}`,
      orderItems: [anItem({ orderId: `OD-${list}-${at}`, orderItemId: `${list}${at}` })],
    }))
const inPages = (rows: readonly Json[], size = 20) =>
  Array.from(
    { length: Math.ceil(rows.length / size) },
    (_, at) => rows.slice(at * size, at * size + size),
  )

const lists = {
  preDispatch: inPages(many('pre', 45)),
  postDispatch: inPages(many('post', 21)),
  cancelled: inPages(many('gone', 3)),
}
const tenDays = { config: { historyDays: 10 } }
const run = async (
  respond: (request: FakeRequest) => FakeAnswer,
  cursor: Cursor | null = null,
  now = start,
) => {
  const ctx = { ...answering(respond, () => now), ...tenDays }
  const request = { cursor, reason: 'schedule' } as const
  return { pages: await all(syncOrders(connection(), request, ctx)), ctx }
}
const asked = ({ requests }: { readonly requests: readonly FakeRequest[] }) =>
  requests.filter(({ url }) => url.pathname.endsWith('/filter'))

test('three lists are walked, page by page, and the run ends with the last', async () => {
  const { pages, ctx } = await run(tiny(lists))
  expect(pages.map(({ received, last }) => [received, last ?? false])).toEqual([
    [20, false],
    [20, false],
    [5, false],
    [20, false],
    [1, false],
    [3, true],
  ])
  expect(pages.flatMap(({ rows }) => rows)).toHaveLength(69)
  const filters = asked(ctx)
  expect(filters.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'POST', 'GET', 'POST'])
  // relative, and without the prefix that it stands under
  expect(filters[1]?.url.pathname).toBe('/sellers/v3/shipments/filter')
  const bodies = filters.flatMap(({ body }) => body === undefined ? [] : [JSON.parse(body)])
  expect(bodies.map(({ filter }) => filter.type)).toEqual([
    'preDispatch',
    'postDispatch',
    'cancelled',
  ])
  expect(bodies[0].filter.modifiedDate).toEqual({
    from: '2026-08-10T12:00:00.000+05:30',
    to: '2026-08-20T12:00:00.000+05:30',
  })
  expect(bodies[0].sort).toEqual({ field: 'modifiedDate', order: 'asc' })
})

test('from every cursor the walk goes on, and brings the rest', async () => {
  const { pages } = await run(tiny(lists))
  for (const [at, page] of pages.entries()) {
    if (at === pages.length - 1) continue
    const rest = await run(tiny(lists), kept(page.cursor))
    expect(rest.pages.map(({ received }) => received))
      .toEqual(pages.slice(at + 1).map(({ received }) => received))
  }
})

test('the next run begins a quarter of an hour before the end of this one', async () => {
  const { pages } = await run(tiny(lists))
  const { cursor } = pages.at(-1) ?? {}
  expect(cursor?.watermark).toBe('2026-08-20T06:15:00.000Z')
  const later = new Date(start.getTime() + 3_600_000)
  const { ctx } = await run(tiny({}), cursor ? kept(cursor) : null, later)
  expect(JSON.parse(asked(ctx)[0]?.body ?? '').filter.modifiedDate).toEqual({
    from: '2026-08-20T11:45:00.000+05:30',
    to: '2026-08-20T13:00:00.000+05:30',
  })
})

test('once a day the last seven days are walked again', async () => {
  const { pages } = await run(tiny(lists))
  const cursor = kept(pages.at(-1)?.cursor as Cursor)
  const { pages: next } = await run(tiny(lists), cursor, new Date(start.getTime() + 86_400_000))
  expect(next).toHaveLength(12)
  expect(next.at(-1)?.cursor).toMatchObject({ deep: null, deepAt: '2026-08-21T06:30:00.000Z' })
  expect(next.filter(({ last }) => last)).toHaveLength(1)
})

test('a page whose token has died begins its list again, once', async () => {
  let refusals = 0
  const dying = (most: number) => (request: FakeRequest): FakeAnswer => {
    if (request.method !== 'GET' || !request.url.searchParams.has('next_token')) {
      return tiny(lists)(request)
    }
    refusals += 1
    return refusals <= most
      ? { status: 400, body: { errors: [{ code: 'INVALID_PAGE_TOKEN' }] } }
      : tiny(lists)(request)
  }
  const { pages, ctx } = await run(dying(1))
  expect(pages.flatMap(({ rows }) => rows)).toHaveLength(20 + 69)
  expect(ctx.logged.map(({ event }) => event)).toContain('flipkart.list-begun-again')
  refusals = 0
  expect(await failureIn(run(dying(9)))).toMatchObject({ kind: 'rejected' })
})

test.each([
  'https://evil.example/v3/shipments/filter?next_token=x',
  '//evil.example/v3/shipments/filter?next_token=x',
  '/v3/shipments/filter/../../x?next_token=x',
  '/v2/somewhere?x',
])('the next page %s is not asked for', async (nextPageUrl) => {
  const { shipments } = { shipments: [] }
  const failed = await failureIn(run(() => ({ body: { hasMore: true, nextPageUrl, shipments } })))
  expect(failed?.kind).toBe('bad-response')
})

test('a next page that is this one does not walk for ever', async () => {
  const nextPageUrl = '/v3/shipments/filter?next_token=x'
  const failed = await failureIn(
    run(() => ({ body: { hasMore: true, nextPageUrl, shipments: [] } })),
  )
  expect(failed?.kind).toBe('bad-response')
})

test('a long past is walked in windows, and a window that is asked for leaves the place alone', async () => {
  const ctx = { ...answering(tiny({})), config: { historyDays: 40 } }
  const first = await all(syncOrders(connection(), { cursor: null, reason: 'schedule' }, ctx))
  expect(first).toHaveLength(9)
  const cursor = kept(first.at(-1)?.cursor as Cursor)
  const window = { from: new Date('2026-07-01T00:00:00Z'), to: new Date('2026-07-20T00:00:00Z') }
  const request = { cursor, reason: 'backfill', window } as const
  const pages = await all(syncOrders(connection(), request, ctx))
  expect(pages).toHaveLength(6)
  expect(pages.at(-1)).toMatchObject({ last: true, cursor })
  const rest = await all(syncOrders(
    connection(),
    { ...request, cursor: kept(pages[1]?.cursor as Cursor) },
    ctx,
  ))
  expect(rest).toHaveLength(4)
})

test('returns of both sources are walked', async () => {
  const ctx = answering(({ url }) => {
    const source = url.searchParams.get('source') ?? ''
    const more = url.searchParams.has('page')
      ? { hasMore: false }
      : { hasMore: true, nextUrl: `/v2/returns?source=${source}&page=2` }
    const returnId = `${source}${url.searchParams.get('page') ?? ''}`
    return { body: { ...more, returnItems: [aReturn({ returnId }), 'x'] } }
  })
  const window = { from: new Date('2026-08-18T00:00:00Z'), to: start }
  const request = { cursor: null, reason: 'backfill', window } as const
  const pages = await all(syncReturns(connection(), request, ctx))
  expect(pages.flatMap(({ rows }) => rows.map((row) => [row.externalId, row.kind]))).toEqual([
    ['customer_return', 'CUSTOMER_RETURN'],
    ['customer_return2', 'CUSTOMER_RETURN'],
    ['courier_return', 'RTO'],
    ['courier_return2', 'RTO'],
  ])
  expect(pages.map(({ received, rejected }) => [received, rejected.length]))
    .toEqual([[2, 1], [2, 1], [2, 1], [2, 1]])
})
