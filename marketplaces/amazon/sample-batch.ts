/** Batches of Amazon's orders by its three ways: done, held, half done, and refused. */
import type { Batch, BatchOrder, OrderRow } from 'robnu/plugin'
import type { BatchAnswer, BatchSample, Sample } from 'robnu/testing'

/** The orders that the sample has made ready, by who brings them. */
const fresh = ['403-4614553-3303585', '171-6000721-4627964', '171-9351166-0639716']
const [one = '', two = '', three = ''] = fresh
const own = ['407-7673230-9964385', '402-8568598-1420052']

type Change = (order: BatchOrder, at: number) => BatchOrder

/** Orders that wait for the seller, as the ledger would hand them over. */
const ordersOf = (
  orders: readonly OrderRow[],
  of: readonly string[],
  change: Change = (order) => order,
): Batch => ({
  id: 'kit-batch-1',
  orders: of.flatMap((id) => orders.filter(({ externalId }) => externalId === id))
    .map((row, at): BatchOrder => ({
      id: `id-${row.externalId}`,
      ...{ externalId: row.externalId, status: 'NEW', onHold: false },
      ...{ postalCode: row.customer?.address?.postalCode ?? null, stateCode: row.stateCode },
      lines: row.items.map((item) => ({
        ...{ externalId: item.externalId, sku: item.sku, listingId: item.listingId },
        ...{ title: item.title, quantity: item.quantity, confirmedQuantity: item.quantity },
        ...{ totalPaise: item.totalPaise, hsn: null, gstRateBp: null },
      })),
      invoice: { number: `KIT/22-23/${at + 1}`, date: '2022-06-30' },
    })).map(change),
  ...{ closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [] },
})
export const batchOf = (orders: readonly OrderRow[]): Batch => ordersOf(orders, fresh)

interface Ask {
  readonly of?: readonly string[]
  readonly change?: Change
  readonly more?: Partial<Batch>
}
const batch = (
  { of = fresh, change, more = {} }: Ask,
  sample: Omit<BatchSample, 'batch'> = {},
): BatchSample => ({
  batch: (orders) => ({ ...ordersOf(orders, of, change), ...more }),
  ...sample,
})

const easyShip = { ef_enabled: false }
const selfShip = { ef_enabled: false, self_ship_carrier: 'Own van', b2b_invoice_series: 'KIT' }
const verb = (name: string, orderId: string, more: object = {}) => ({
  verb: name,
  body: { orderId, ...more },
})
const refusing = (to: string, status: number, code: string): BatchAnswer => ({
  ...{ to, status, body: { errors: [{ code, message: 'x', details: '' }] } },
})
const shipments = '/externalFulfillment/2024-09-11/shipments/'
const reading = `GET https://sellingpartnerapi-eu.amazon.com${shipments}`
const booking = 'POST https://sellingpartnerapi-eu.amazon.com/easyShip/2022-03-23/package'
const slots = '/easyShip/2022-03-23/timeSlot'
const parcel = 'GET https://sellingpartnerapi-eu.amazon.com/easyShip/2022-03-23/package'
const feed = '/feeds/2021-06-30/feeds/'
const half: Change = (order) => ({
  ...order,
  lines: order.lines.map((line) => ({ ...line, confirmedQuantity: 0 })),
})
const more: Change = (order) => ({
  ...order,
  lines: order.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })),
})
const stateless: Change = (order) => {
  const { invoice: _, ...rest } = order
  return rest
}

/** Amazon's words of refusal, one for each of three orders. */
const inThrees = (
  name: string,
  ask: Ask & { readonly details?: object },
  answers: readonly BatchAnswer[],
): Readonly<Record<string, BatchSample>> =>
  Object.fromEntries(answers.map((answer, at) => [
    `${name} ${at + 1}`,
    batch({ ...ask, of: [one] }, {
      answers: [answer],
      ...(ask.details ? { details: ask.details } : {}),
    }),
  ]))

export const batches: NonNullable<Sample['batches']> = {
  'gone meanwhile': batch({}, {
    prepare: [
      verb('cancelAs', one, { by: 'buyer' }),
      verb('hold', two),
      verb('advance', three, { status: 'SHIPPED', parcel: 'PICKED_UP' }),
      { verb: 'clock', body: { bySeconds: 180 } },
    ],
  }),
  'not whole': batch({ change: half }),
  'other lines': batch({ change: more }),
  'unknown': batch({ change: (order) => ({ ...order, externalId: '171-0000000-0000000' }) }),
  'left open': batch({ more: { closure: 'MANUAL' } }),
  'into an open manifest': batch({
    more: { closure: 'MANUAL', openManifests: [{ externalId: 'MF-KIT', shipments: 249 }] },
  }),
  'closed later': batch({ more: { closure: 'DELAYED', closeManifests: ['MF-KIT'] } }),
  'parcels in and out': batch({
    more: { manifestChanges: { externalId: 'MF-KIT', add: [`${one}/1`], remove: [] } },
  }),
  ...inThrees('a shipment that', {}, [
    { to: reading, set: { status: 'CANCELLED' } },
    { to: reading, set: { status: 'SHIPPED', subStatus: 'PICKED_UP' } },
    { to: reading, set: { status: 'MELTED' } },
    { to: reading, set: { status: 'CREATED' } },
    { to: reading, set: { lineItems: [] } },
    refusing(reading, 404, 'SC_00003'),
  ]),
  ...inThrees('a refused', {}, [
    refusing('operation=CONFIRM', 400, 'SC_00002'),
    refusing('operation=CONFIRM', 409, 'Conflict'),
    refusing('/packages', 422, 'SC_00002'),
    refusing('/invoice', 400, 'SC_00002'),
    refusing('/shippingOptions', 400, 'SC_00002'),
    refusing('/shipLabels', 400, 'SC_00002'),
    refusing('/shipLabels', 500, 'SC_00000'),
    refusing('/shipLabels', 429, 'SC_00007'),
  ]),
  'a lost confirmation': batch({ of: [one] }, {
    answers: [{ to: 'operation=CONFIRM', lost: true }],
  }),
  'a lost label': batch({ of: [one] }, { answers: [{ to: '/shipLabels', lost: true }] }),
  'Easy Ship': batch({}, { details: easyShip }),
  'Easy Ship, gone meanwhile': batch({}, {
    details: easyShip,
    prepare: [verb('cancelAs', one, { by: 'buyer' }), { verb: 'clock', body: { bySeconds: 180 } }],
  }),
  'Easy Ship, a lost parcel': batch({ of: [one] }, {
    details: easyShip,
    answers: [{ to: booking, lost: true }],
  }),
  'Easy Ship, a dead feed': batch({ of: [one] }, {
    details: easyShip,
    answers: [{ to: feed, set: { processingStatus: 'FATAL' } }],
  }),
  'Easy Ship, dead feeds': batch({ of: [one] }, {
    details: easyShip,
    answers: [{ to: feed, times: 9, set: { processingStatus: 'CANCELLED' } }],
  }),
  ...inThrees('Easy Ship, a refused', { details: easyShip }, [
    ...[
      ...['ScheduleWindowExpired', 'RetryableAfterGettingNewSlots', 'InvalidTimeSlotId'],
      ...['InvalidInput', 'ScheduledPackageAlreadyExists'],
    ].map((code) => refusing(booking, 400, code)),
    ...['TimeSlotNotAvailable', 'InvalidOrderState', 'RegionNotSupported'].map((code) =>
      refusing(slots, 404, code)
    ),
    { to: slots, set: { timeSlots: [] } },
    refusing(parcel, 404, 'ResourceNotFound'),
    { to: parcel, set: { packageStatus: 'LabelCanceled' } },
    { to: parcel, set: { trackingDetails: null } },
  ]),
  'self-ship': batch({ of: own }, { details: selfShip }),
  'self-ship, no invoice': batch({ of: own, change: stateless }, { details: selfShip }),
  'self-ship, no carrier': batch({ of: own }, { details: easyShip }),
  'self-ship, a lost confirmation': batch({ of: own.slice(0, 1) }, {
    details: selfShip,
    answers: [{ to: '/shipmentConfirmation', lost: true }],
  }),
  'self-ship, a refused confirmation': batch({ of: own.slice(0, 1) }, {
    details: selfShip,
    answers: [{ ...refusing('/shipmentConfirmation', 400, 'InvalidInput'), times: 9 }],
  }),
}
