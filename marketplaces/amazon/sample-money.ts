/** What the kit changes in Amazon's returns and transactions. */
import type { Sample } from 'robnu/testing'

const all = (path: string, values: readonly unknown[]) =>
  values.map((value) => ({ set: { [path]: value } }))

const texts = [null, '', 'Kit', 'a\0b', 7]
const times = [
  ...['2022-05-19T21:26:24Z', '2022-05-19T21:26:24+05:30', '2022-05-19', '1979-12-31T23:59:59Z'],
  ...['2100-01-01T00:00:00Z', 'x', null, 7],
]
const returnWords = [
  ...['CREATED', 'CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER'],
  ...['CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER', 'CUSTOMER_CANCELLED_PICK_UP'],
  ...['CUSTOMER_RESCHEDULED_PICK_UP', 'PICKED_FROM_CUSTOMER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY'],
  ...['DELIVERED', 'REPLANNED', 'CUSTOMER_DROPPED_OFF', 'PARTIALLY_PROCESSED', 'PROCESSED'],
  ...['REJECTED', 'CANCELLED', 'MELTED', 'toString'],
]
const ways = 'returnShippingInfo'
const channel = 'marketplaceChannelDetails'
const tracking = [
  null,
  {},
  { trackingId: 'KIT-1' },
  { trackingId: 'KIT-1', carrierName: 'Kit' },
  'x',
]

export const returnCases: NonNullable<NonNullable<Sample['cases']>['RETURNS']> = [
  ...all('status', [...returnWords, ...texts]),
  ...['CUSTOMER', 'REJECT', 'KIT', null].flatMap((returnType) =>
    ['NORMAL', 'REPLACEMENT', 'EXCHANGE', 'KIT', null].map((returnSubType) => ({
      set: { returnType, returnSubType },
    }))
  ),
  ...all('id', ['kit-1', 'x'.repeat(200), 'x'.repeat(201), ...texts]),
  ...all('merchantSku', texts),
  ...all('numberOfUnits', [1, 2, 0, -1, 1.5, '1', null]),
  ...all('creationDateTime', times),
  ...all('lastUpdatedDateTime', times),
  ...all('returnMetadata', [null, {}, { returnReason: 'KIT' }, { returnReason: 7 }, 'x']),
  ...all(ways, [null, {}, 'x']),
  ...all(`${ways}.deliveryDateTime`, times),
  ...all(`${ways}.forwardTrackingInfo`, tracking),
  ...all(`${ways}.reverseTrackingInfo`, tracking),
  ...all(channel, [null, {}, { customerOrderId: '171-0000001-0000001' }, 'x']),
  ...all(`${channel}.customerOrderId`, texts),
  ...all('replanningDetails', [null, {}, { previousTrackingInfo: tracking.slice(2, 4) }, 'x']),
]

const amounts = [
  ...[0, 12, 12.5, 12.3456, 12.34567, -12.5, 1e3, 1e-7, 601.42, 0.1, 99_999_999_999],
  ...['12.50', '', 'x', null],
]
const identifiers = (...pairs: readonly (readonly [name: unknown, value: unknown])[]) =>
  pairs.map(([relatedIdentifierName, relatedIdentifierValue]) => ({
    ...{ relatedIdentifierName, relatedIdentifierValue },
  }))
const order = ['ORDER_ID', '171-0000001-0000001'] as const
const inRupees = (breakdownType: string, currencyAmount: number, breakdowns: unknown = null) => ({
  ...{ breakdownType, breakdowns, breakdownAmount: { currencyCode: 'INR', currencyAmount } },
})

export const payoutCases: NonNullable<NonNullable<Sample['cases']>['PAYOUTS']> = [
  ...all('transactionType', ['Shipment', 'Refund', 'ServiceFee', 'x'.repeat(61), ...texts]),
  ...all('transactionStatus', [
    ...['DEFERRED', 'RELEASED', 'DEFERRED_RELEASED', 'MELTED', 'toString', ...texts],
  ]),
  ...all('postedDate', times),
  ...all('totalAmount.currencyAmount', amounts),
  ...all('totalAmount.currencyCode', ['USD', 'inr', 'INRX', null]),
  ...all('totalAmount', [null, {}, 'x']),
  ...all('relatedIdentifiers', [
    ...[null, [], 'x', identifiers(order), identifiers(order, ['SHIPMENT_ID', 'KIT-1'])],
    identifiers(order, ['REFUND_ID', 'KIT-2'], ['SHIPMENT_ID', 'KIT-1']),
    ...[
      identifiers(['SHIPMENT_ID', 'KIT-1']),
      identifiers(['ORDER_ID', null]),
      identifiers([7, 7]),
    ],
    identifiers(['ORDER_ID', 'Asha Rao']),
  ]),
  ...all('items', [null, [], [{ breakdowns: null }], 'x']),
  ...all('breakdowns', [
    ...[null, [], 'x', [inRupees('ProductCharges', 713.33)], [inRupees('AmazonFees', -107)]],
    [inRupees('Sales', 1, [inRupees('ProductCharges', 2), inRupees('Tax', -1)])],
    [inRupees('TCS-CGST', -1.5), inRupees('PromotionalRebates', -40), inRupees('Kit', 7)],
    [{ breakdownType: 'Kit', breakdownAmount: { currencyCode: 'USD', currencyAmount: 1 } }],
    [{ breakdownType: null, breakdownAmount: null }],
  ]),
]
