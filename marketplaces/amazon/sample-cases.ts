/** What the kit changes in Amazon's orders, and by which answers and inputs it judges the adapter. */
import type { Sample } from 'robnu/testing'
import { payoutCases, returnCases } from './sample-money.ts'

const all = (path: string, values: readonly unknown[]) =>
  values.map((value) => ({ set: { [path]: value } }))

const texts = [null, '', 'Kit', 'a\0b', 7, 'x'.repeat(300)]
const times = [
  ...['2022-05-19T21:26:24Z', '2022-05-19T21:26:24.123Z', '2022-05-19T21:26:24+05:30'],
  ...['2022-05-19', '2022-05-19T21:26:24', '1979-12-31T23:59:59Z', '1980-01-01T00:00:00Z'],
  ...['1990-01-01T00:00:00Z', '2099-12-31T00:00:00Z', '2100-01-01T00:00:00Z', 'x', null, 7],
  ...['3019-80-01T00:00:00Z', '3020-01-01T00:00:00Z', '1880-01-01T00:00:00Z'],
]
const amounts = [
  ...['0', '12', '12.5', '12.50', '12.505', '-12.50', '1e3', '', 'x', ' 12', 12.5, null, 'a\0b'],
]
const orderWords = [
  ...['PENDING_AVAILABILITY', 'PENDING', 'UNSHIPPED', 'PARTIALLY_SHIPPED', 'SHIPPED', 'CANCELLED'],
  ...['UNFULFILLABLE', 'FROZEN', 'toString', ''],
]
const parcelWords = [
  ...['PendingSchedule', 'PENDING_PICK_UP', 'PendingDropOff', 'READY_FOR_PICKUP'],
  ...['LabelCancelled', 'LABEL_CANCELED', 'PICKED_UP', 'DROPPED_OFF', 'AT_ORIGIN_FC'],
  ...['AT_DESTINATION_FC', 'OUT_FOR_DELIVERY', 'Delivered', 'REJECTED_BY_BUYER', 'Rejected'],
  ...['UNDELIVERABLE', 'NOT_DELIVERED', 'RETURNING_TO_SELLER', 'RETURNED_TO_SELLER', 'LOST'],
  ...['LOST_IN_TRANSIT', 'DAMAGED', 'DamagedInTransit', 'TELEPORTED', 'constructor'],
]
const parcels = (...words: readonly (string | null)[]) =>
  words.map((detailedStatus) => ({ packageStatus: { detailedStatus } }))
const item = (orderItemId: string, more: object = {}) => ({
  ...{ orderItemId, quantityOrdered: 1, product: { asin: 'B1', sellerSku: 'S1', title: 'T' } },
  ...{ proceeds: { proceedsTotal: { amount: '10.00', currencyCode: 'INR' } }, ...more },
})
const inDollars = { proceeds: { proceedsTotal: { amount: '10.00', currencyCode: 'USD' } } }
const address = 'recipient.deliveryAddress'

export const cases: NonNullable<Sample['cases']> = {
  RETURNS: returnCases,
  PAYOUTS: payoutCases,
  ORDERS: [
    ...orderWords.flatMap((word) => [
      { set: { 'fulfillment.fulfillmentStatus': word, packages: null } },
      ...parcelWords.map((one) => ({
        set: { 'fulfillment.fulfillmentStatus': word, packages: parcels(one) },
      })),
    ]),
    ...[
      ...[['Delivered', 'PICKED_UP'], ['PICKED_UP', 'Delivered'], ['LabelCancelled', 'Delivered']],
      ...[['TELEPORTED', 'Delivered'], ['LabelCancelled', 'LabelCanceled'], [null, 'LOST'], [null]],
      ...[[''], [], ['DAMAGED', 'RETURNED_TO_SELLER'], ['PendingPickUp', 'OUT_FOR_DELIVERY']],
    ].flatMap((words) =>
      ['SHIPPED', 'PARTIALLY_SHIPPED', 'CANCELLED'].map((word) => ({
        set: { 'fulfillment.fulfillmentStatus': word, packages: parcels(...words) },
      }))
    ),
    ...all('packages', [[{}], [{ packageStatus: null }], 'x', null]),
    ...all('fulfillment', [null, {}, 'x', { fulfillmentStatus: 'SHIPPED' }]),
    ...all('fulfillment.fulfilledBy', ['MERCHANT', 'AMAZON', 'KIT', ...texts]),
    ...all('fulfillment.shipByWindow', [null, {}, 'x']),
    ...all('fulfillment.shipByWindow.latestDateTime', times),
    ...all('createdTime', times),
    ...all('lastUpdatedTime', times),
    ...all('orderId', [
      ...[
        '404-2664726-5294257',
        'S01-1234567-1234567',
        '404-2664726-52942571',
        'x404-2664726-5294257',
      ],
      ...['4044-2664726-5294257', '404-266472-5294257', 'Asha Rao', 'lower', '', null, 7, 'A\0'],
    ]),
    ...['404-2664726-5294257', 'A'.repeat(40), 'A'.repeat(41), 'Asha Rao', 'Ax y', 'x A', 7].map((
      id,
    ) => ({
      set: { orderId: id, orderItems: 'spoiled' },
    })),
    ...['404-2664726-5294257', '171-0000000-0000000'].map((id) => ({
      set: { orderId: id, createdTime: 'x' },
    })),
    ...all('orderItems', [[], 'x', null, [
      item('1'),
      item('1', { quantityOrdered: 2 }),
      item('2'),
    ]]),
    ...all('orderItems', [
      [item('1', inDollars), item('2')],
      [item('1', inDollars)],
      [item('1', { proceeds: null })],
      [item('1', { proceeds: { proceedsTotal: null } }), item('2')],
      [
        item('1'),
        item('2', { proceeds: { proceedsTotal: { amount: '1.005', currencyCode: 'INR' } } }),
      ],
    ]),
    { set: { orderItems: [item('1', inDollars)], proceeds: null } },
    { set: { orderItems: [item('1', { proceeds: null })], proceeds: null } },
    { set: { orderItems: [item('1'), item('2', inDollars)], proceeds: null } },
    { set: { orderItems: [item('1', inDollars)], 'proceeds.grandTotal.currencyCode': 'USD' } },
    ...all('orderItems.0.orderItemId', ['', 'x', 'x'.repeat(100), 'x'.repeat(101), null, 7]),
    ...all('orderItems.0.quantityOrdered', [0, 1, -1, 1.5, '1', null, 2_147_483_648]),
    ...['asin', 'sellerSku', 'title'].flatMap((name) => all(`orderItems.0.product.${name}`, texts)),
    ...all('orderItems.0.product', [null, {}, 'x']),
    ...all('orderItems.0.proceeds.proceedsTotal.amount', amounts),
    ...all('proceeds.grandTotal.amount', amounts),
    ...all('proceeds.grandTotal.currencyCode', ['USD', 'inr', 'INRX', 'XINR', 'IN', null]),
    ...all('proceeds', [null, {}, { grandTotal: null }, 'x']),
    ...all('buyer', [null, {}, { buyerName: 'Kit' }, { buyerEmail: 'kit@x.invalid' }, 'x']),
    ...all('buyer.buyerName', texts),
    ...all('buyer.buyerEmail', texts),
    ...all('recipient', [null, {}, { deliveryAddress: null }, { deliveryAddress: {} }, 'x']),
    ...[
      'name',
      'addressLine1',
      'addressLine2',
      'addressLine3',
      'city',
      'stateOrRegion',
      'postalCode',
      'phone',
    ]
      .flatMap((name) => [
        ...all(`${address}.${name}`, texts),
        { set: { [address]: { [name]: 'Goa' }, buyer: null } },
      ]),
    { set: { [`${address}.name`]: null, 'buyer.buyerName': 'Kit' } },
    { set: { [`${address}.addressLine2`]: 'Two', [`${address}.addressLine3`]: 'Three' } },
    { set: { [`${address}.addressLine2`]: null, [`${address}.addressLine3`]: 'Three' } },
    { set: { [address]: null, buyer: null } },
    { set: { [address]: {}, buyer: {} } },
    ...all(`${address}.countryCode`, ['IN', 'PK', 'in', '', null]),
    ...all(`${address}.stateOrRegion`, ['Punjab', 'KERALA', 'Kit', 'DELHI']),
    { set: { [`${address}.countryCode`]: 'PK', [`${address}.stateOrRegion`]: 'Punjab' } },
    {
      set: {},
      without: ['buyer', 'recipient', 'proceeds', 'fulfillment', 'packages'],
    },
  ],
}

const codes = [
  ...['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope', 'toString', 7],
]
export const refusals: NonNullable<Sample['refusals']> = [
  ...[400, 401, 403, 404, 429, 500].flatMap((status) =>
    codes.map((error) => ({ status, body: { error, error_description: 'x' } }))
  ),
  ...[400, 403, 404].flatMap((status) => [
    { status, body: { errors: [{ code: 'Unauthorized', message: 'The token has expired.' }] } },
    { status, body: { errors: [{ code: 'Unauthorized', message: 'Access denied.' }] } },
    { status, body: 'x' },
    { status, body: null },
  ]),
  { status: 200, body: { access_token: '', expires_in: 3600 } },
  { status: 200, body: { access_token: 'x', expires_in: 0 } },
  { status: 200, body: { access_token: 'x', expires_in: 1 } },
  { status: 200, body: { access_token: 'x', expires_in: 3600, refresh_token: '' } },
  { status: 200, body: { access_token: 'x', expires_in: 3600, refresh_token: 'y' } },
  { status: 200, body: { orders: [] } },
  { status: 200, body: { orders: [], pagination: { nextToken: '' } } },
  { status: 200, body: { orders: [], pagination: { nextToken: 'same' } } },
  { status: 200, body: { orders: 'x' } },
]

const variants = (good: object, changes: Readonly<Record<string, readonly unknown[]>>) => [
  good,
  ...Object.entries(changes).flatMap(([name, values]) =>
    values.map((value) => ({ ...good, [name]: value }))
  ),
]
const instants = [null, '2026-08-01', 1_754_000_000_000, 'x', true]
const from = '2022-05-01T00:00:00.000Z'
const to = '2022-05-02T00:00:00.000Z'
const walk = { from, to, token: null, last: true }
const cursor = { watermark: from, walk: null, pass: null }
const returnsWalk = { from, to, at: { report: null, done: 0 }, last: true }
const returnsCursor = { watermark: from, walk: null, pass: null }
const moneyWalk = { from, since: from, to, token: null, told: false }
const payoutsCursor = { ...returnsCursor, shelf: { known: [], reading: null } }

export const inputs: NonNullable<Sample['inputs']> = {
  config: [
    ...[{}, ...[0, 1, 730, 731, 1.5, '1'].map((historyDays) => ({ historyDays })), { more: 1 }],
    ...[
      { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', destinationId: 'd' },
      { queueUrl: 'http://localhost:4566/1/q', destinationId: 'd' },
      ...[{ queueUrl: 'x', destinationId: 'd' }, { queueUrl: 'https://q.invalid/1' }, {}, null],
      { queueUrl: 'https://q.invalid/1', destinationId: '' },
      { queueUrl: 'https://q.invalid/1', destinationId: 'd', more: 1 },
    ].map((notifications) => ({ notifications })),
  ],
  details: variants({ selling_partner_id: 'A2DEMOSELLERIN', lwa_client_id: 'x' }, {
    selling_partner_id: [
      ...[
        'A1234567',
        'A123456',
        'A'.repeat(20),
        'A'.repeat(21),
        'a12345678',
        'xA12345678',
        'A12345678x',
      ],
      ...['A1234 5678'],
    ],
    marketplace_id: ['', 'x', null],
    endpoint: [
      ...['https://sellingpartnerapi-eu.amazon.com', 'https://sellingpartnerapi-eu.amazon.com/'],
      ...['http://sellingpartnerapi-eu.amazon.com', 'https://evil.invalid', 'x', ''],
      ...['https://api.amazon.com', 'https://a:b@api.amazon.com', 'https://api.amazon.com:444'],
    ],
    app_id: ['x', null, 7],
    lwa_client_id: ['', null],
    granted_roles: [[], ['x'], 'x', null],
    fulfilment_program: ['EASY_SHIP', 'SELF_SHIP', 'SELLER_FLEX', 'FBA', 'X'],
    ef_enabled: [true, false, 'x'],
    ef_location_ids: [[], ['x'], 'x'],
    ...Object.fromEntries(
      ['package_length_cm', 'package_breadth_cm', 'package_height_cm']
        .map((name) => [name, [0, 1, 300, 301, 1.5, '1', null]]),
    ),
    package_weight_g: [10, 11, 100_000, 100_001, 1.5, null],
    self_ship_carrier: ['', 'x', 'x'.repeat(100), 'x'.repeat(101), null],
    b2b_invoice_series: ['', 'x', 'x'.repeat(20), 'x'.repeat(21), null],
  }),
  credentials: variants({ lwa_client_secret: 's', lwa_refresh_token: 'r' }, {
    lwa_client_secret: ['', null],
    lwa_refresh_token: ['', null],
    access_token: ['', 'x', null, 7],
    access_token_expires_at: instants,
  }),
  cursor: [
    ...variants(cursor, {
      ...{ watermark: ['x', null], walk: [walk, 'x'] },
      pass: [{ from, to, walk }, { from, to }, { from: 'x', to, walk }, 'x'],
    }),
    ...variants(walk, { from: ['x'], to: ['x'], token: ['x', 7], last: [false, null] })
      .map((one) => ({ ...cursor, walk: one })),
    ...variants(returnsCursor, { watermark: ['x', null], walk: [returnsWalk, 'x'], pass: ['x'] })
      .map((returns) => ({ returns })),
    ...variants(payoutsCursor, {
      ...{ watermark: ['x', null], walk: [moneyWalk, 'x'], pass: ['x'] },
      shelf: [{ known: [{ id: 'x', at: from }], reading: { id: 'x', done: 1 } }, {}, null],
    }).map((payouts) => ({ payouts })),
  ],
}
