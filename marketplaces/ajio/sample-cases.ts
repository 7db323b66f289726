/** What the kit changes in AJIO's rows. */
import type { Sample } from 'robnu/testing'

const each = (
  path: string,
  values: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
) => values.map((value) => ({ set: { [path]: value, ...more } }))

const blanks = [null, '', ' ', 'nan', 'NaN ', 'null', 'none']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const times = [
  ...['2026-08-01T10:20:30Z', '2026-08-01 10:20:30+05:30', '2026-08-01T10:20+0530'],
  ...['2026-08-01T10:20:30.5-02:45', '2026-08-01T10:20:30.123456789Z', '2026-08-01T10:20:30'],
  ...['2026-08-01', '2026-02-30T10:20:30Z', '2026-08-01T24:00:00Z', '2026-08-01T10:60:00Z'],
  ...[
    '2026-08-01T10:20:60Z',
    '2026-08-01T10:20:59Z',
    '1989-12-31T23:59:59Z',
    '2099-12-31T00:00:00Z',
  ],
  ...[
    '1990-01-01T00:00:00Z',
    '2100-01-01T00:00:00Z',
    ' 2026-08-01T10:20:30Z ',
    '2026-13-01T00:00:00Z',
  ],
  ...[
    'x2026-08-01T10:20:30Z',
    '2026-08-01T10:20:30Zx',
    '2026-00-10T00:00:00Z',
    '2026-08-00T00:00:00Z',
  ],
  ...months.map((month) => `Thu ${month} 05 10:20:30 IST 2026`),
  ...[
    'Thu Foo 05 10:20:30 IST 2026',
    'Thu Aug 05 10:20:30 UTC 2026',
    ' Thu Aug 05 10:20:30 IST 2026 ',
  ],
  ...[
    'xThu Aug 05 10:20:30 IST 2026',
    'Thu Aug 05 10:20:30 IST 2026x',
    'Thu Aug 32 10:20:30 IST 2026',
  ],
]
const amounts = [
  ...[12, 12.5, 0, -3, 1e21, '12', '12.5', '12.50', '12.505', ' 12.50 ', '-12.50', '1e3', 'a lot'],
  ...['0.07', '-0.07', '', null, 'nan', true],
]
const ids = ['', 'a', 'A b', 'A/B.c-d_e', 'x'.repeat(80), 'x'.repeat(81), 'Ä', 7, null, 'nan']
const texts = ['x'.repeat(2000), 'x'.repeat(2001), 'a\0b', ' padded ', 7, ...blanks]
const words = ['', 'x', 'x'.repeat(100), 'x'.repeat(101), 7, null]
const counts = [0, 1, -1, 1.5, 2_147_483_647, 2_147_483_648, '1', null]
const all = (path: string, values: readonly unknown[]) => each(path, values)
const many = (count: number, of: string) => Array.from({ length: count }, () => `= ${of}`)

const orderStates = [
  ...['New', 'Acknowledged', 'PO created', 'Ready to Ship', 'READY TO SHIPPED', 'Shipped'],
  ...['Delivered', 'Cancelled', 'Frozen', 'constructor'],
]
const parcelStates = [
  ...['Created', 'Ready to Ship', 'Ready to Shipped', 'MANIFESTED', 'Shipped', 'Delivered'],
  ...['Cancelled', 'RTO Initiated', 'RTO_DELIVERED', 'Lost', 'Teleported'],
]
const parcel = (no: string, status: string, more: object = {}) => ({
  ...{ shipmentId: no, status, carrier: 'X', awb: `A${no}`, manifestId: 'nan' },
  ...{ updatedAt: '2026-08-01T10:20:30Z', lines: [], ...more },
})
const line = (no: string, more: object = {}) => ({
  ...{ sellerOrderNo: no, jioCode: '44', sellerSku: 'S', ean: 'nan', description: 'D', hsn: '' },
  ...{ orderQty: 4, gstPercent: '5', totalValue: '100.00', ...more },
})
const orders = [
  ...orderStates.flatMap((status) => [
    { set: { status, shipments: null } },
    ...parcelStates.map((one) => ({ set: { status, 'shipments.0.status': one } })),
  ]),
  ...[['Shipped', 'Created'], ['Created', 'Shipped'], ['Cancelled', 'Shipped'], [
    'Lost',
    'Delivered',
  ]]
    .map((list) => ({
      set: { status: 'PO created', shipments: list.map((word, at) => parcel(`SH${at}`, word)) },
    })),
  { set: { shipments: [parcel('SH1', 'Created'), parcel('SH1', 'Shipped')] } },
  { set: { shipments: [] } },
  { set: {}, without: ['shipments', 'shipTo', 'unholdAt', 'holdReason', 'poNo'] },
  ...each('shipments.0.lines.0.quantity', counts),
  ...all('shipments.0.shipmentId', ids),
  ...all('shipments.0.awb', ids),
  ...all('shipments.0.manifestId', ids),
  ...all('shipments.0.carrier', texts),
  ...all('shipments.0.updatedAt', times.slice(0, 4)),
  ...all('custOrderDate', times),
  ...all('updatedAt', [...times.slice(0, 8), 7, null]),
  ...all('dispatchBy', [...times.slice(0, 8), ...blanks]),
  ...all('custOrderNo', [...ids, 'Asha Rao, Pune', 'lower', 'A'.repeat(40), 'A'.repeat(41)]),
  ...['Asha Rao, Pune', 'lower', 'A'.repeat(40), 'A'.repeat(41), 'xA-1', 'A-1x', 'A-1', 7].map((
    no,
  ) => ({
    set: { custOrderNo: no, lines: 'spoiled' },
  })),
  ...all('poNo', ids),
  ...all('status', words),
  ...[true, false, 'true', null].flatMap((onHold) =>
    each('onHold', [onHold], { unholdAt: '2026-08-20T10:00:00+05:30', holdReason: 'X' })
  ),
  ...all('fulfillmentType', ['VMS', 'jit', 'JIT x', 'Dropship y', 'x dropship', 'xjit', ...texts]),
  ...['name', 'phone', 'email', 'line1', 'line2', 'city', 'state', 'pincode'].flatMap((name) => [
    ...all(`shipTo.${name}`, [null, 'nan', 'Kit', ' Kerala ']),
    { set: { shipTo: { [name]: 'Goa' } } },
  ]),
  ...all('shipTo', [null, {}, 'x', { name: 'nan' }]),
  ...all('lines', [[], 'x', null, [line('A'), line('A', { orderQty: 2 })], [line('A'), line('B')]]),
  ...all('lines', [
    [line('A', { totalValue: null }), line('B')],
    [line('B'), line('A', { totalValue: 'nan' })],
    [line('A', { totalValue: '1.005' }), line('B')],
    [line('B'), line('A', { gstPercent: 'x' })],
    [line('B'), line('A', { cancelledQty: 5 })],
  ]),
  ...all('lines.0.totalValue', amounts),
  ...all('lines.0.gstPercent', [...amounts, 18, '2.5', '0']),
  ...all('lines.0.orderQty', counts),
  ...[[1, 0, 0], [0, 1, 1], [2, 1, 2], [4, 0, 0], [5, 0, 0], [0, 3, 2], [null, 'nan', 2]].map(
    ([one, other, third]) => ({
      set: {
        lines: [line('A', {
          ...{ cancelledQty: one, customerCancelledQty: other, sellerCancelledQty: third },
        })],
      },
    }),
  ),
  ...all('lines.0.cancelledQty', counts),
  ...all('lines.0.customerCancelledQty', counts),
  ...all('lines.0.sellerCancelledQty', counts),
  ...all('lines.0.confirmedQty', counts),
  ...['sellerSku', 'description'].flatMap((name) => all(`lines.0.${name}`, texts)),
  ...['ean', 'hsn', 'sellerOrderNo', 'jioCode'].flatMap((name) => all(`lines.0.${name}`, ids)),
  { set: {}, without: ['lines.0.cancelledQty', 'lines.0.confirmedQty', 'lines.0.ean'] },
  ...all('lines', [many(1000, 'lines.0'), many(1001, 'lines.0')]),
]

const returnStates = [
  ...['RETURN_CREATED', 'Return Picked', 'RETURN_DELIVERED', 'RETURN_PROCESSED'],
  ...['CREDIT_NOTE_CREATED', 'RETURN_CANCELLED', 'RETURN_LOST'],
]
const credit = {
  creditNoteNo: 'CN1',
  creditNoteDate: 'Fri Sep 04 10:00:00 IST 2026',
  creditNoteValue: '1299.00',
}
const returns = [
  ...returnStates.flatMap((status) =>
    ['Picked Up', 'In Transit', 'Delivered', 'nan', 'constructor'].map((threePlStatus) => ({
      set: { status, threePlStatus },
    }))
  ),
  ...all('returnType', ['CUSTOMER', 'RTO', 'Exchange', 'GIFT', 'toString', '', null]),
  ...each('creditNoteValue', amounts, { ...credit }).map(({ set }, at) => ({
    set: { ...credit, creditNoteValue: amounts[at] ?? Object.values(set)[0] },
  })),
  ...Object.keys(credit).map((name) => ({ set: { ...credit, [name]: 'nan' } })),
  { set: credit },
  ...['returnOrderNo', 'custOrderNo', 'fwdShipmentId', 'fwdAwb', 'returnAwb', 'creditNoteNo']
    .flatMap((name) => all(name, ids)),
  ...['returnCarrier', 'reason', 'disposition'].flatMap((name) => all(name, texts)),
  ...['createdDate', 'updatedAt', 'deliveredDate'].flatMap((name) =>
    all(name, [...times.slice(0, 5), ...blanks])
  ),
  ...[['A', 'B'], ['A', 'A'], [null, 'B'], ['A', null], [null, null]].map(([back, there]) => ({
    set: { returnAwb: back, fwdAwb: there, returnCarrier: 'X' },
  })),
  ...['sellerOrderNo', 'jioCode'].flatMap((name) => all(`lines.0.${name}`, ids)),
  ...all('lines.0.quantity', counts),
  ...all('lines.0.sellerSku', texts),
  ...all('lines.0.qcReason', ['TORN', ...blanks]),
  { set: { disposition: 'GOOD', 'lines.0.qcReason': 'TORN' } },
  { set: { disposition: 'nan', 'lines.0.qcReason': 'nan' } },
  ...all('lines', [[], 'x', null]),
  {
    set: {
      lines: [line('A', { quantity: 1 }), line('A', { quantity: 2 }), line('B', { quantity: 3 })],
    },
  },
  ...all('threePlStatus', [...words, 'picked up']),
]

const money = (more: object = {}, id = 'D1') => ({
  ...{ internalDocNo: id, journeyType: 'FORWARD', custOrderNo: 'O1', awb: 'A1' },
  ...{ grossValue: '100.00', commission: '-10.00', logistics: '-5.00', feeGst: '-2.70' },
  ...{ tcs: '-1.00', tds: '-0.10', penalty: '-3.00', penaltyReason: 'LATE', netValue: '78.20' },
  ...more,
})
const settled = (lines: readonly object[], totalValue: unknown, more: object = {}) => ({
  set: { lines, totalValue, ...more },
})
const amountNames = [
  ...['grossValue', 'commission', 'logistics', 'feeGst', 'tcs', 'tds', 'penalty', 'netValue'],
]
const payouts = [
  settled([money()], '78.20'),
  settled([money()], '78.21'),
  settled([money(), money({}, 'D2')], '156.40'),
  settled([money(), money()], '156.40'),
  settled([], '0'),
  settled([], '1'),
  settled([money({ netValue: '-0.05', grossValue: '21.75' })], '-0.05'),
  settled([money({ netValue: '0.05', grossValue: '21.85' })], '0.05'),
  settled([money({ netValue: '-178.20', grossValue: '-156.40' })], '-178.20'),
  ...amountNames.flatMap((name) => [
    settled([money({ [name]: '1.005' })], '78.20'),
    settled([money({ [name]: 'x' }), money({}, 'D2')], '78.20'),
    settled([money({}, 'D2'), money({ [name]: '7.77' })], '78.20'),
    settled([money({ [name]: null })], '78.20'),
  ]),
  ...['EXPECTED', 'Released', 'CLEARED', 'PONDERED', 'valueOf'].flatMap((status) => [
    { set: { status } },
    settled([money()], '78.20', { status, clearingDate: '2026-09-02' }),
  ]),
  ...[
    '2026-09-02',
    'Wed Sep 02 23:30:00 IST 2026',
    '2026-09-01T18:30:00Z',
    '2026-09-31',
    'x',
    'nan',
  ]
    .map((clearingDate) => settled([money()], '78.20', { status: 'CLEARED', clearingDate })),
  ...[
    ' 2026-09-02 ',
    'x2026-09-02',
    '2026-09-02x',
    '1990-01-01',
    '1990-01-02',
    '2100-01-01',
    '2026-02-29',
  ]
    .map((clearingDate) => settled([money()], '78.20', { status: 'CLEARED', clearingDate })),
  ...all('totalValue', amounts),
  ...all('clearingDocNo', ids),
  ...all('expectedSettlementDate', ['x', 'nan', '2026-09-02']),
  ...['internalDocNo', 'custOrderNo', 'awb'].flatMap((name) =>
    ids.map((id) => settled([money({ [name]: id })], '78.20'))
  ),
  ...['journeyType', 'penaltyReason'].flatMap((name) =>
    [...words, 'nan'].map((word) => settled([money({ [name]: word })], '78.20'))
  ),
]

export const cases: NonNullable<Sample['cases']> = {
  ORDERS: orders,
  RETURNS: returns,
  PAYOUTS: payouts,
}
