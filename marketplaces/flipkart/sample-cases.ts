/** What the kit changes in Flipkart's rows. */
import type { Sample } from 'robnu/testing'

const all = (path: string, values: readonly unknown[]) =>
  values.map((value) => ({ set: { [path]: value } }))

const times = [
  ...['2026-08-01T10:20:30.000+05:30', '2026-08-01T10:20:30Z', '2026-08-01T10:20+0530'],
  ...['2026-08-01T10:20:30', '2026-08-01', '2026-02-30T10:20:30Z', '2026-08-01T24:00:00Z'],
  ...['1989-12-31T23:59:59Z', '1990-01-01T00:00:00Z', '2100-01-01T00:00:00Z', 'yesterday', 7, null],
]
const amounts = [12, 12.5, 0, -3, 1e21, 12.505, '12', ' 12.50 ', '1e3', 'a lot', '', null, true]
const ids = ['', 'a', 'A b', 'A/B.c-d_e', 'x'.repeat(80), 'x'.repeat(81), 'Ä', 7, null, 'NA']
const texts = ['x'.repeat(2000), 'x'.repeat(2001), 'a\0b', ' padded ', 7, null, '', 'NA']
const words = ['', 'x'.repeat(100), 'x'.repeat(101), 7, null]
const counts = [0, 1, -1, 1.5, 999_999_999, 1_000_000_000, '1', '', null]
const flags = [true, false, 'true', null]

const states = [
  ...['APPROVED', 'PACKING_IN_PROGRESS', 'FORM_FAILED', 'PACKED', 'READY_TO_DISPATCH'],
  ...['PICKUP_COMPLETE', 'SHIPPED', 'DELIVERED', 'COMPLETED', 'CANCELLED', 'RETURN_REQUESTED'],
  ...['RETURNED', 'ready to dispatch', 'TELEPORTED', 'constructor'],
]
const item = (more: object = {}) => ({
  ...{ orderItemId: 'KIT-1', orderId: 'OD-KIT', orderDate: '2026-08-01T10:20:30Z', quantity: 2 },
  ...{
    status: 'APPROVED',
    fsn: 'FSN1',
    sku: 'S',
    hsn: '6204',
    title: 'T',
    serviceProfile: 'NON_FBF',
  },
  priceComponents: { totalPrice: 100.5 },
  ...more,
})
const orders = [
  ...states.flatMap((status) => [
    { set: { orderItems: [item({ status })] } },
    { set: { orderItems: [item({ status }), item({ orderItemId: 'KIT-2', status: 'PACKED' })] } },
    { set: { orderItems: [item({ status, courierReturn: true })] } },
    { set: { hold: true, orderItems: [item({ status })] } },
  ]),
  ...all('orderItems', [[], 'x', null, [item(), item({ quantity: 5 })], [item(), {}]]),
  ...all('orderItems', [
    [item(), item({ orderId: 'OD-KIT-2', orderItemId: 'KIT-2' })],
    [item({ priceComponents: null }), item({ orderItemId: 'KIT-2' })],
    [item({ priceComponents: { totalPrice: 1.005 } }), item({ orderItemId: 'KIT-2' })],
  ]),
  ...['FBF', 'NON_FBF', 'FBF_LITE', null].map((serviceProfile) => ({
    set: { orderItems: [item({ serviceProfile })] },
  })),
  ...amounts.map((totalPrice) => ({
    set: { orderItems: [item({ priceComponents: { totalPrice } })] },
  })),
  ...counts.map((quantity) => ({ set: { orderItems: [item({ quantity })] } })),
  ...['orderItemId', 'orderId', 'fsn'].flatMap((name) =>
    ids.map((id) => ({ set: { orderItems: [item({ [name]: id })] } }))
  ),
  ...['sku', 'hsn', 'title'].flatMap((name) =>
    texts.map((text) => ({ set: { orderItems: [item({ [name]: text })] } }))
  ),
  ...words.map((status) => ({ set: { orderItems: [item({ status })] } })),
  ...times.map((orderDate) => ({ set: { orderItems: [item({ orderDate })] } })),
  ...all('shipmentId', ids),
  ...all('locationId', ids),
  ...all('hold', flags),
  ...all('mps', flags),
  ...['updatedAt', 'dispatchAfterDate', 'dispatchByDate'].flatMap((name) => all(name, times)),
  ...all('shipmentType', ['SELF', 'EXPRESS', null]),
  ...all('subShipments', [null, [], [{ subShipmentId: 'SS-9' }], 'x']),
  ...all('forms', [null, [{ name: 'Form 402', link: 'x' }], 'x']),
]

const returns = [
  ...[
    'CREATED',
    'REQUESTED',
    'APPROVED',
    'COMPLETED',
    'CANCELLED',
    'REJECTED',
    'PONDERED',
    'toString',
  ]
    .flatMap((status) =>
      [null, 'AWB1'].flatMap((trackingId) =>
        [null, 'PICKED_UP', 'IN_TRANSIT'].map((shipmentStatus) => ({
          set: { status, trackingId, shipmentStatus, courierName: 'E-Kart' },
        }))
      )
    ),
  ...['returnId', 'orderItemId', 'orderId', 'shipmentId'].flatMap((name) => all(name, ids)),
  ...all('quantity', counts),
  ...['createdDate', 'updatedDate'].flatMap((name) => all(name, times)),
  ...[['A', 'B'], ['A', null], [null, 'B'], [null, null], ['x'.repeat(400), 'y'.repeat(400)]]
    .map(([reason, subReason]) => ({ set: { reason, subReason } })),
  ...all('type', ['customer_return', 'courier_return', 'gift', null]),
  ...all('status', words),
]

export const cases: NonNullable<Sample['cases']> = { ORDERS: orders, RETURNS: returns }
