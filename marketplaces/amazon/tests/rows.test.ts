import { expect, test } from 'vitest'
import { readOrders, toOrderRow } from '../rows.ts'

const rupees = (amount: unknown, currencyCode = 'INR') => ({ amount, currencyCode })

const line = (more: object = {}) => ({
  orderItemId: '11111111111111',
  quantityOrdered: 2,
  product: { asin: 'B000000001', sellerSku: 'SKU-1', title: 'Cotton kurta' },
  proceeds: { proceedsTotal: rupees('749.50') },
  ...more,
})

const order = (more: object = {}) => ({
  orderId: '171-1234567-7654321',
  createdTime: '2022-06-01T05:12:00Z',
  lastUpdatedTime: '2022-06-01T05:44:10.250+05:30',
  salesChannel: { channelName: 'AMAZON' },
  buyer: { buyerName: 'Asha Rao', buyerEmail: 'asha@buyers.invalid' },
  recipient: {
    deliveryAddress: {
      name: 'Asha K Rao',
      addressLine1: 'Flat 1',
      addressLine2: 'Lake Road',
      addressLine3: 'Sector 4',
      city: 'PUNE',
      stateOrRegion: ' Maharashtra ',
      postalCode: '411001',
      countryCode: 'IN',
      phone: '+910123456789',
    },
  },
  proceeds: { grandTotal: rupees('749.50') },
  fulfillment: {
    fulfillmentStatus: 'UNSHIPPED',
    fulfilledBy: 'MERCHANT',
    shipByWindow: { latestDateTime: '2022-06-03T18:29:59Z' },
  },
  orderItems: [line()],
  ...more,
})

const rowOf = (raw: object) => {
  const reading = toOrderRow(raw)
  if (!('row' in reading)) throw new Error(`rejected: ${reading.rejected.reason}`)
  return reading.row
}
const reasonOf = (raw: unknown) => {
  const reading = toOrderRow(raw)
  return 'rejected' in reading ? reading.rejected.reason : undefined
}

test('an order becomes a row with every field in its place', () => {
  expect(rowOf(order())).toEqual({
    externalId: '171-1234567-7654321',
    status: 'NEW',
    rawStatus: 'UNSHIPPED',
    onHold: false,
    orderedAt: new Date('2022-06-01T05:12:00Z'),
    updatedAt: new Date('2022-06-01T00:14:10.250Z'),
    shipBy: new Date('2022-06-03T18:29:59Z'),
    currency: 'INR',
    totalPaise: 74950,
    fulfilledBy: 'SELLER',
    stateCode: '27',
    customer: {
      name: 'Asha K Rao',
      phone: '+910123456789',
      email: 'asha@buyers.invalid',
      address: {
        line1: 'Flat 1',
        line2: 'Lake Road, Sector 4',
        city: 'PUNE',
        state: ' Maharashtra ',
        postalCode: '411001',
      },
    },
    items: [{
      externalId: '11111111111111',
      sku: 'SKU-1',
      listingId: 'B000000001',
      title: 'Cotton kurta',
      quantity: 2,
      totalPaise: 74950,
    }],
  })
})

test('a bare order is accepted: what Amazon does not tell is null', () => {
  const { orderId, createdTime, lastUpdatedTime } = order()
  const bare = { orderId, createdTime, lastUpdatedTime, salesChannel: {}, orderItems: [] }
  expect(rowOf(bare)).toMatchObject({
    status: null,
    totalPaise: null,
    currency: 'INR',
    customer: null,
    stateCode: null,
    shipBy: null,
    fulfilledBy: null,
    items: [],
  })
})

const standings: readonly [
  order: string,
  parcels: readonly string[],
  state: string | null,
  word?: string,
][] = [
  ['PENDING_AVAILABILITY', [], 'NEW'],
  ['PENDING', [], 'NEW'],
  ['PENDING', ['PENDING_PICK_UP'], 'NEW'],
  ['UNSHIPPED', [], 'NEW'],
  ['UNSHIPPED', ['PENDING_SCHEDULE'], 'NEW', 'PENDING_SCHEDULE'],
  ['UNSHIPPED', ['PENDING_PICK_UP'], 'READY_TO_SHIP', 'PENDING_PICK_UP'],
  ['UNSHIPPED', ['PENDING_DROP_OFF'], 'READY_TO_SHIP', 'PENDING_DROP_OFF'],
  ['UNSHIPPED', ['ReadyForPickup'], 'READY_TO_SHIP', 'ReadyForPickup'],
  ['UNSHIPPED', ['LABEL_CANCELLED'], 'PACKED', 'LABEL_CANCELLED'],
  ['UNSHIPPED', ['LabelCanceled', 'PendingPickUp'], 'READY_TO_SHIP', 'PendingPickUp'],
  ['PARTIALLY_SHIPPED', [], 'READY_TO_SHIP'],
  ['PARTIALLY_SHIPPED', ['PICKED_UP'], 'READY_TO_SHIP'],
  ['SHIPPED', [], 'SHIPPED'],
  ['SHIPPED', ['PICKED_UP'], 'SHIPPED', 'PICKED_UP'],
  ['SHIPPED', ['DROPPED_OFF'], 'SHIPPED', 'DROPPED_OFF'],
  ['SHIPPED', ['AT_ORIGIN_FC'], 'SHIPPED', 'AT_ORIGIN_FC'],
  ['SHIPPED', ['AT_DESTINATION_FC'], 'SHIPPED', 'AT_DESTINATION_FC'],
  ['SHIPPED', ['OUT_FOR_DELIVERY'], 'OUT_FOR_DELIVERY', 'OUT_FOR_DELIVERY'],
  ['SHIPPED', ['DELIVERED'], 'DELIVERED', 'DELIVERED'],
  ['SHIPPED', ['Delivered'], 'DELIVERED', 'Delivered'],
  ['SHIPPED', ['DELIVERED', 'PICKED_UP'], 'SHIPPED', 'PICKED_UP'],
  ['SHIPPED', ['REJECTED_BY_BUYER'], 'RTO_IN_TRANSIT', 'REJECTED_BY_BUYER'],
  ['SHIPPED', ['UNDELIVERABLE'], 'RTO_IN_TRANSIT', 'UNDELIVERABLE'],
  ['SHIPPED', ['RETURNING_TO_SELLER'], 'RTO_IN_TRANSIT', 'RETURNING_TO_SELLER'],
  ['SHIPPED', ['RETURNED_TO_SELLER'], 'RTO_RECEIVED', 'RETURNED_TO_SELLER'],
  ['SHIPPED', ['LOST'], 'LOST', 'LOST'],
  ['SHIPPED', ['DAMAGED'], 'LOST', 'DAMAGED'],
  ['SHIPPED', ['ON_THE_MOON'], null, 'ON_THE_MOON'],
  ['CANCELLED', [], 'CANCELLED'],
  ['CANCELLED', ['LABEL_CANCELLED'], 'CANCELLED'],
  ['CANCELLED', ['PENDING_PICK_UP'], 'CANCELLED'],
  ['CANCELLED', ['RETURNED_TO_SELLER'], 'RTO_RECEIVED', 'RETURNED_TO_SELLER'],
  ['UNFULFILLABLE', [], 'CANCELLED'],
  ['SOMETHING_NEW', [], null],
]

test.each(standings)('%s with parcels %j is %s', (word, parcels, state, raw = word) => {
  const row = rowOf(order({
    fulfillment: { fulfillmentStatus: word },
    packages: parcels.map((detailedStatus) => ({ packageStatus: { status: 'X', detailedStatus } })),
  }))
  expect(row).toMatchObject({
    status: state,
    rawStatus: raw,
    onHold: word.startsWith('PENDING'),
  })
})

test('orders of other channels are rejected by their id, whatever else is wrong with them', () => {
  for (const orderId of ['S02-5278980-4327051', '171-123-1', '', '1711234567-7654321']) {
    expect(reasonOf(order({ orderId }))).toBe('not-an-amazon-order')
    expect(reasonOf({ orderId })).toBe('not-an-amazon-order')
  }
})

const malformed: readonly [string, unknown][] = [
  ['null', null],
  ['a text', 'order'],
  ['an order without an id', order({ orderId: undefined })],
  ['an id that is a number', order({ orderId: 171 })],
  ['no time', order({ createdTime: undefined })],
  ['a date without a time', order({ createdTime: '2022-06-01' })],
  ['a day that does not exist', order({ lastUpdatedTime: '2022-02-31T00:00:00Z' })],
  ['the year 0', order({ createdTime: '0000-01-01T00:00:00Z' })],
  ['no lines', order({ orderItems: undefined })],
  ['a line without an id', order({ orderItems: [line({ orderItemId: '' })] })],
  ['half a piece', order({ orderItems: [line({ quantityOrdered: 0.5 })] })],
  ['minus one piece', order({ orderItems: [line({ quantityOrdered: -1 })] })],
  ['more pieces than an int', order({ orderItems: [line({ quantityOrdered: 3e9 })] })],
  ['an amount that is a number', order({ proceeds: { grandTotal: rupees(749.5) } })],
  ['no currency', order({ proceeds: { grandTotal: { amount: '1' } } })],
  ['a currency that is none', order({ proceeds: { grandTotal: rupees('1', 'rupees') } })],
  ['a zero character', order({ orderItems: [line({ product: { title: 'a\0b' } })] })],
]

test.each(malformed)('%s is malformed', (_name, raw) => {
  expect(reasonOf(raw)).toBe('malformed-order')
})

test('money is exact paise or it is rejected', () => {
  const total = (amount: string, currency?: string) =>
    order({
      proceeds: { grandTotal: rupees(amount, currency) },
      orderItems: [],
    })
  const read = [['406.0', 40600], ['647.62', 64762], ['0', 0], ['5980', 598000], ['1.500', 150]]
  for (const [amount, paise] of read) {
    expect(rowOf(total(String(amount))).totalPaise).toBe(paise)
  }
  for (const amount of ['1.005', '', 'free', '1e3', '1,000.00', 'NaN']) {
    expect(reasonOf(total(amount)), amount).toBe('money-not-in-paise')
  }
  expect(rowOf(total('12.34', 'USD'))).toMatchObject({ currency: 'USD', totalPaise: 1234 })
  expect(reasonOf(order({ proceeds: { grandTotal: rupees('1', 'USD') } }))).toBe('mixed-currencies')
})

test('a line that is told twice is one line, and the first one wins', () => {
  const items = [line(), line({ quantityOrdered: 9 }), line({ orderItemId: '2', proceeds: null })]
  expect(rowOf(order({ orderItems: items })).items).toMatchObject([
    { externalId: '11111111111111', quantity: 2, totalPaise: 74950 },
    { externalId: '2', totalPaise: null },
  ])
})

test('a state abroad is no place of supply', () => {
  const deliveryAddress = { stateOrRegion: 'Punjab', countryCode: 'PK' }
  expect(rowOf(order({ recipient: { deliveryAddress } })).stateCode).toBeNull()
})

test('one bad order does not spoil the page, and its rejection names no buyer in clear', () => {
  const bad = order({ orderId: 'Asha Rao', buyer: { buyerName: 'Asha Rao' } })
  const page = readOrders([order(), bad, order({ orderItems: 1 })])
  expect([page.rows.length, page.rejected.length, page.received]).toEqual([1, 2, 3])
  expect(page.rejected.map(({ key, reason }) => [key, reason])).toEqual([
    [undefined, 'not-an-amazon-order'],
    ['171-1234567-7654321', 'malformed-order'],
  ])
  expect(JSON.parse(page.rejected[0]?.raw ?? '')).toEqual(bad)
})

test('parcels with a tracking number are shipments, each under its order', () => {
  const parcel = (detailedStatus: string, trackingNumber?: string, more: object = {}) => ({
    packageReferenceId: '1',
    packageStatus: { status: 'PENDING', detailedStatus },
    ...(trackingNumber === undefined ? {} : { trackingNumber }),
    ...more,
  })
  const items = [
    { orderItemId: '11111111111111', quantity: 1 },
    { orderItemId: '11111111111111', quantity: 1 },
    { orderItemId: '2', quantity: 0 },
  ]
  const packages = [
    parcel('LABEL_CANCELLED', '100'),
    parcel('PENDING_PICK_UP', '200', { carrier: 'ATS', packageItems: items }),
    parcel('PENDING_SCHEDULE', '300'),
    parcel('PENDING_PICK_UP'),
    parcel('PICKED_UP', ''),
    parcel('TELEPORTED', '400'),
  ]
  const { shipments } = rowOf(order({ packages }))
  expect(shipments?.map(({ externalId, status, rawStatus }) => [externalId, status, rawStatus]))
    .toEqual([
      ['171-1234567-7654321/100', 'CANCELLED', 'LABEL_CANCELLED'],
      ['171-1234567-7654321/200', 'READY_TO_SHIP', 'PENDING_PICK_UP'],
      ['171-1234567-7654321/400', null, 'TELEPORTED'],
    ])
  expect(shipments?.[1]).toMatchObject({
    awb: '200',
    carrier: 'ATS',
    manifestExternalId: null,
    updatedAt: new Date('2022-06-01T00:14:10.250Z'),
    items: [{ itemExternalId: '11111111111111', quantity: 2 }],
  })
  expect(rowOf(order({ packages: [parcel('PENDING_SCHEDULE')] })).shipments).toBeUndefined()
})

test('a parcel that waits leaves no more once its order is cancelled; one that left goes on', () => {
  const statusOf = (detailedStatus: string) =>
    rowOf(order({
      fulfillment: { fulfillmentStatus: 'CANCELLED' },
      packages: [{ packageStatus: { detailedStatus }, trackingNumber: '1' }],
    })).shipments?.[0]?.status
  expect(['PENDING_PICK_UP', 'RETURNED_TO_SELLER'].map(statusOf))
    .toEqual(['CANCELLED', 'RTO_RECEIVED'])
})
