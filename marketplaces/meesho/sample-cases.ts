/** What the kit changes in Meesho's rows. */
import type { Sample } from 'robnu/testing'

const each = (
  path: string,
  values: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
) => values.map((value) => ({ set: { [path]: value, ...more } }))

const blanks = [null, '', ' ']
const times = [
  ...['2026-08-01T10:20:30Z', '2026-08-01 10:20:30+05:30', '2026-08-01T10:20+0530'],
  ...['2026-08-01T10:20:30.5-02:45', '2026-08-01T10:20:30.123456789Z', '2026-08-01T10:20:30'],
  ...['2026-08-01', '01-08-2026', '31-06-2026', '2026-02-30T10:20:30Z', '2026-08-01T24:00:00Z'],
  ...['2026-08-01T10:60:00Z', '2026-08-01T10:20:60Z', '1989-12-31T23:59:59Z'],
  ...['2099-12-31T00:00:00Z', '2100-01-01T00:00:00Z', '1990-01-01T00:00:00Z', '1990-01-01'],
  ...[' 2026-08-01T10:20:30Z ', 'x2026-08-01T10:20:30Z', '2026-08-01T10:20:30Zx'],
  ...['2026-13-01', '2026-00-10', '2026-08-00', 'x01-08-2026', '01-08-2026x'],
]
const amounts = [
  ...[12, 12.5, '12', '12.5', '12.50', '12.505', ' 12.50 ', '-12.50', '1e3', 'a lot', '0.07'],
  ...['-0.0', '', null, true, '9007199254740993.00'],
]
const ids = ['', 'a', 'A b', 'A/B', 'A.c-d_e', 'x'.repeat(80), 'x'.repeat(81), 'Ä', 7, null]
const texts = ['x'.repeat(2000), 'x'.repeat(2001), 'a\0b', ' padded ', 7, ...blanks]
const words = ['', 'x', 'x'.repeat(60), 'x'.repeat(61), 7, null]
const counts = [0, 1, -1, 1.5, 2_147_483_647, 2_147_483_648, '1', null]
const sizes = [
  'M',
  'S/M',
  'Free Size',
  'free size',
  'NA',
  'x'.repeat(60),
  'x'.repeat(61),
  ...blanks,
]

const orderStates = [
  ...['PENDING', 'READY_TO_SHIP', 'Ready To Ship', 'SHIPPED', 'OUT_FOR_DELIVERY', 'DELIVERED'],
  ...['DOOR_STEP_EXCHANGED', 'EXCHANGE', 'RETURN', 'RETURNED', 'CANCELLED', 'RTO', 'RTO_INITIATED'],
  ...['RTO_LOCKED', 'RTO_OFD', 'RTO_DELIVERY_FAILED', 'RTO_COMPLETE', 'LOST', 'SHIPMENT_LOST'],
  ...['Frozen', 'constructor'],
]
const parcels = [
  { packet_id: null, manifest_id: null },
  { packet_id: 'PK1', manifest_id: null },
  { packet_id: 'PK1', manifest_id: 'MN1' },
]
const orders = [
  ...orderStates.flatMap((status) => parcels.map((parcel) => ({ set: { status, ...parcel } }))),
  ...['PENDING', 'READY_TO_SHIP', 'SHIPPED'].flatMap((status) =>
    [[true, false], [false, false], [true, true], [false, true], [true, null]].map(
      ([verified, on_hold]) => ({ set: { status, verified, on_hold } }),
    )
  ),
  ...each('verified', ['true', null, 1]),
  ...each('on_hold', ['true', 1]),
  ...['sub_order_no', 'order_no', 'catalog_id', 'packet_id', 'awb', 'manifest_id', 'exchange_of']
    .flatMap((name) => each(name, ids)),
  ...['184000000000000001_1', '12345_1', '1234_1', 'x12345_1', '12345_1x', '12345_1234'].map(
    (no) => ({ set: { sub_order_no: no, quantity: 'spoiled' } }),
  ),
  ...each('status', words),
  ...['order_date', 'dispatch_by', 'updated_at'].flatMap((name) =>
    each(name, name === 'order_date' ? [...times, ...blanks] : [...times.slice(0, 8), ...blanks])
  ),
  ...each('sku', ['A', 'A|B', 'x'.repeat(200), 'x'.repeat(201), '', 7, null]),
  ...sizes.flatMap((size) => [{ set: { size } }, { set: { size, sku: 'A|B' } }]),
  ...each('quantity', counts),
  ...each('discounted_price', amounts, { quantity: 3 }),
  ...each('product_name', texts),
  ...each('courier', ['x'.repeat(100), 'x'.repeat(101), ...texts], { packet_id: 'PK1' }),
  ...each('customer_state', ['Bihar', ' goa ', 'Kit', 'toString', ...blanks]),
  { set: {}, without: ['packet_id', 'awb', 'courier', 'manifest_id', 'exchange_of', 'on_hold'] },
  { set: {}, without: ['product_name', 'catalog_id', 'discounted_price', 'customer_state'] },
  { set: {}, without: ['size', 'dispatch_by'] },
]

const returnStates = [
  ...['CREATED', 'Pickup Pending', 'PICKED_UP', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'Undelivered'],
  ...['DELIVERED', 'CANCELLED', 'LOST', 'constructor'],
]
const returns = [
  ...returnStates.flatMap((status) => each('attempt', [0, 1, 3, null], { status })),
  ...each('type', [
    ...['Customer Return', 'Courier Return (RTO)', 'Courier Return', 'RTO', 'RVP', 'Exchange'],
    ...['Gift', 'toString', ...words],
  ]),
  ...['sub_order_no', 'packet_id', 'awb', 'forward_awb'].flatMap((name) => each(name, ids)),
  ...each('courier', ['x'.repeat(100), 'x'.repeat(101), ...texts]),
  ...each('attempt', counts),
  ...each('quantity', counts),
  ...each('sku', ['A', '', 'x'.repeat(201), null]),
  ...each('size', sizes),
  ...['created_at', 'updated_at', 'delivered_at'].flatMap((name) =>
    each(name, [...times.slice(0, 8), ...blanks])
  ),
  // midnight is India's
  ...each('created_at', ['2026-08-20T18:29:59Z', '2026-08-20T18:30:00Z']),
  ...[['A', 'B'], ['A', 'A'], [null, 'B'], ['A', null], [null, null]].map(([awb, forward_awb]) => ({
    set: { awb, forward_awb, courier: 'X' },
  })),
  ...['Torn', null, ''].flatMap((reason) =>
    ['Torn', 'At the seam', 'x'.repeat(600), null, ''].map((detailed_reason) => ({
      set: { reason, detailed_reason },
    }))
  ),
  { set: {}, without: ['delivered_at', 'courier', 'awb', 'forward_awb', 'packet_id', 'attempt'] },
  { set: {}, without: ['size', 'reason', 'detailed_reason'] },
]

export const cases: NonNullable<Sample['cases']> = { ORDERS: orders, RETURNS: returns }
