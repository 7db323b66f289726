/** A connection, rows as Flipkart tells them, and contexts that answer by a function. */
import { type Failure, failureOf, type Page } from 'robnu/plugin'
import { type FakeAnswer, type FakeContext, fakeContext, type FakeRequest } from 'robnu/testing'
import { Credentials, Cursor, Details, hosts } from '../schemas.ts'
import type { Connection } from '../transport.ts'

// deno-lint-ignore no-explicit-any -- examples that tests break on purpose
export type Json = any

export const start = new Date('2026-08-20T06:30:00.000Z')

export const connection = (more: {
  readonly details?: object
  readonly credentials?: object
} = {}): Connection => ({
  id: 'account-1',
  externalAccountId: 'fk-seller-1',
  details: Details.parse({
    flipkart_seller_id: 'fk-seller-1',
    app_id: 'app-1',
    location_ids: ['LOC1', 'LOC2'],
    ...more.details,
  }),
  credentials: Credentials.parse({
    app_secret: 'secret-1',
    access_token: 'token-1',
    ...more.credentials,
  }),
})

export const answering = (
  respond: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
  now: () => Date = () => start,
): FakeContext => fakeContext({ respond, now, hosts, limits: [] })

export const anItem = (more: object = {}): Json => ({
  orderItemId: '11100001',
  orderId: 'OD1',
  cancellationGroupId: 'grp1',
  orderDate: '2026-08-18T10:00:00.000+05:30',
  paymentType: 'COD',
  status: 'APPROVED',
  quantity: 1,
  fsn: 'FSN0000000001',
  sku: 'SKU-1',
  listingId: 'LST1',
  hsn: '6204',
  title: 'A kurta',
  serviceProfile: 'NON_FBF',
  is_replacement: false,
  priceComponents: { sellingPrice: 749.0, totalPrice: 601.42, shippingCharge: 50.0 },
  ...more,
})
export const aShipment = (more: object = {}): Json => ({
  shipmentId: 'c0ffee00-0000-4000-8000-000000000001',
  locationId: 'LOC1',
  hold: false,
  mps: false,
  packagingPolicy: 'DEFAULT',
  shipmentType: 'NORMAL',
  dispatchAfterDate: '2026-08-18T14:00:00.000+05:30',
  dispatchByDate: '2026-08-21T14:00:00.000+05:30',
  updatedAt: '2026-08-18T10:15:00.000+05:30',
  subShipments: [{ subShipmentId: 'SS-1', packages: [] }],
  forms: [],
  orderItems: [anItem()],
  ...more,
})
export const aReturn = (more: object = {}): Json => ({
  returnId: '12500001',
  orderItemId: '11100001',
  orderId: 'OD1',
  shipmentId: 'c0ffee00-0000-4000-8000-000000000001',
  locationId: 'LOC1',
  quantity: 1,
  status: 'CREATED',
  type: 'customer_return',
  reason: 'SIZE',
  subReason: 'Too small',
  trackingId: null,
  courierName: null,
  createdDate: '2026-08-19T10:00:00.000+05:30',
  updatedDate: '2026-08-19T11:00:00.000+05:30',
  ...more,
})

export const failureIn = (work: Promise<unknown>): Promise<Failure | undefined> =>
  work.then(() => undefined, (error: unknown) => {
    const failed = failureOf(error)
    if (!failed) throw error
    return failed
  })

/** The cursor as the host keeps it: JSON. */
export const kept = (cursor: Cursor): Cursor => Cursor.parse(JSON.parse(JSON.stringify(cursor)))

export const all = async <Row>(
  pages: AsyncIterable<Page<Row, Cursor>> | undefined,
): Promise<readonly Page<Row, Cursor>[]> => {
  const read: Page<Row, Cursor>[] = []
  for await (const page of pages ?? []) read.push(page)
  return read
}

/**
 * Flipkart in twenty lines: one list of shipments, all of their orders, no details. `lists` are what the
 * filter walks give, page by page.
 */
export const tiny = (
  lists: Readonly<Record<string, readonly (readonly Json[])[]>>,
  others: readonly Json[] = [],
  details: readonly Json[] = [],
) =>
(request: FakeRequest): FakeAnswer => {
  const { pathname, searchParams } = request.url
  const every = [...Object.values(lists).flat(2), ...others]
  if (pathname.endsWith('/filter')) {
    const [list = '', at = '0'] = request.method === 'GET'
      ? atob(searchParams.get('next_token') ?? '').split('/')
      : [JSON.parse(request.body ?? '{}').filter.type]
    const pages = lists[list] ?? []
    const next = Number(at) + 1
    const more = next < pages.length
      ? { hasMore: true, nextPageUrl: `/v3/shipments/filter?next_token=${btoa(`${list}/${next}`)}` }
      : { hasMore: false }
    return { body: { ...more, shipments: pages[Number(at)] ?? [] } }
  }
  if (searchParams.has('orderIds')) {
    const ids = searchParams.get('orderIds')?.split(',')
    const shipments = every.filter((one) =>
      one.orderItems?.some?.((item: Json) => ids?.includes(item.orderId))
    )
    return { body: { shipments } }
  }
  return { body: { shipments: details } }
}
