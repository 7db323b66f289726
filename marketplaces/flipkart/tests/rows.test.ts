import { expect, test } from 'vitest'
import type { OrderRow } from 'robnu/plugin'
import { syncOrders } from '../orders.ts'
import { toReturnRow } from '../returns.ts'
import { flipkartTime } from '../times.ts'
import {
  all,
  anItem,
  answering,
  aReturn,
  aShipment,
  connection,
  type Json,
  tiny,
} from './support.ts'

const read = async (
  shipments: readonly Json[],
  others: readonly Json[] = [],
  details: readonly Json[] = [],
) => {
  const ctx = answering(tiny({ preDispatch: [shipments] }, others, details))
  const window = { from: new Date('2026-08-18T00:00:00Z'), to: new Date('2026-08-19T00:00:00Z') }
  const request = { cursor: null, reason: 'backfill', window } as const
  const pages = await all(syncOrders(connection(), request, ctx))
  return {
    rows: pages.flatMap(({ rows }) => rows),
    rejected: pages.flatMap(({ rejected }) => rejected),
    received: pages.reduce((sum, page) => sum + page.received, 0),
    ctx,
  }
}
const only = async (...ask: Parameters<typeof read>): Promise<OrderRow> => {
  const { rows: [row], rejected } = await read(...ask)
  expect(rejected).toEqual([])
  if (!row) throw new Error('there is no row')
  return row
}

test('a shipment becomes an order with one parcel, to the paisa', async () => {
  expect(await only([aShipment()])).toEqual({
    externalId: 'OD1',
    status: 'NEW',
    rawStatus: 'APPROVED',
    onHold: false,
    orderedAt: new Date('2026-08-18T04:30:00.000Z'),
    updatedAt: new Date('2026-08-18T04:45:00.000Z'),
    shipBy: new Date('2026-08-21T08:30:00.000Z'),
    processAfter: new Date('2026-08-18T08:30:00.000Z'),
    currency: 'INR',
    totalPaise: 60142,
    fulfilledBy: 'SELLER',
    stateCode: null,
    customer: null,
    items: [{
      externalId: '11100001',
      sku: 'SKU-1',
      listingId: 'FSN0000000001',
      title: 'A kurta',
      quantity: 1,
      totalPaise: 60142,
      cancelledQuantity: 0,
      hsn: '6204',
      gstRateBp: null,
    }],
    shipments: [{
      externalId: 'c0ffee00-0000-4000-8000-000000000001',
      status: 'NEW',
      rawStatus: 'APPROVED',
      awb: null,
      carrier: null,
      manifestExternalId: null,
      updatedAt: new Date('2026-08-18T04:45:00.000Z'),
      items: [{ itemExternalId: '11100001', quantity: 1 }],
    }],
  })
})

test('an order is the sum of its shipments, also of those that did not change', async () => {
  const other = aShipment({
    shipmentId: 'S2',
    updatedAt: '2026-08-01T10:15:00.000+05:30',
    orderItems: [anItem({ orderItemId: '2', status: 'SHIPPED', quantity: 3 })],
  })
  const row = await only([aShipment()], [other])
  expect(await only([other], [aShipment()])).toEqual(row)
  expect(row.items.map(({ externalId, quantity }) => [externalId, quantity]))
    .toEqual([['2', 3], ['11100001', 1]])
  expect(row.status).toBe('NEW')
  expect(row.totalPaise).toBe(2 * 60142)
  expect(row.shipments?.map(({ status }) => status)).toEqual(['SHIPPED', 'NEW'])
  expect(row.updatedAt).toEqual(new Date('2026-08-18T04:45:00.000Z'))
})

test('a line that lies in two shipments is one line', async () => {
  const part = (shipmentId: string, quantity: number, status = 'PACKED') =>
    aShipment({ shipmentId, orderItems: [anItem({ quantity, status })] })
  const row = await only([part('S1', 2), part('S2', 1, 'CANCELLED')].slice(0, 1), [
    part('S2', 1, 'CANCELLED'),
  ])
  expect(row.items).toMatchObject([{ quantity: 3, cancelledQuantity: 1, totalPaise: 2 * 60142 }])
  expect(row.status).toBe('PACKED')
})

test('what is cancelled in part stands on the line, what is cancelled whole on the order', async () => {
  const items = [anItem(), anItem({ orderItemId: '2', status: 'CANCELLED', quantity: 2 })]
  const row = await only([aShipment({ orderItems: items })])
  expect([row.status, row.items.map((item) => item.cancelledQuantity)]).toEqual(['NEW', [0, 2]])
  expect(row.shipments?.[0]?.items).toEqual([{ itemExternalId: '11100001', quantity: 1 }])
  const gone = await only([aShipment({ orderItems: items.slice(1) })])
  expect([gone.status, gone.shipments?.[0]?.items.length]).toEqual(['CANCELLED', 1])
})

test('an order is on hold when nothing of it can go on', async () => {
  const held = aShipment({ hold: true })
  const free = aShipment({ shipmentId: 'S2', orderItems: [anItem({ orderItemId: '2' })] })
  expect((await only([held])).onHold).toBe(true)
  expect((await only([held], [free])).onHold).toBe(false)
  const left = aShipment({ hold: true, orderItems: [anItem({ status: 'SHIPPED' })] })
  expect((await only([left])).onHold).toBe(false)
})

test('two orders in one shipment are two rows, and two parcels by their names', async () => {
  const { rows, received } = await read([
    aShipment({ orderItems: [anItem(), anItem({ orderId: 'OD2', orderItemId: '2' })] }),
  ])
  expect(received).toBe(2)
  expect(rows.map((row) => [row.externalId, row.shipments?.map(({ externalId }) => externalId)]))
    .toEqual([
      ['OD1', ['c0ffee00-0000-4000-8000-000000000001']],
      ['OD2', ['c0ffee00-0000-4000-8000-000000000001/OD2']],
    ])
})

test.each<readonly [string, Json]>([
  ['as the SDK has it', {
    orderId: 'OD1',
    shipmentId: 'c0ffee00-0000-4000-8000-000000000001',
    deliveryAddress: { firstName: 'Asha', lastName: 'Rao', state: 'Karnataka', pinCode: '560001' },
    courierDetails: { pickupDetails: { vendorName: 'E-Kart', trackingId: 'FMPP1' } },
  }],
  ['as the documentation has it', {
    ...aShipment(),
    deliveryAddress: { firstName: 'Asha', lastName: 'Rao', state: 'KARNATAKA', pinCode: 560001 },
    courierDetails: { deliveryDetails: { vendorName: 'E-Kart', trackingId: 'FMPP1' } },
  }],
])('courier and place come from the details, %s', async (_shape, details) => {
  const row = await only([aShipment()], [], [details])
  expect(row.shipments).toMatchObject([{ awb: 'FMPP1', carrier: 'E-Kart' }])
  expect(row.stateCode).toBe('29')
  expect(row.customer).toMatchObject({
    name: 'Asha Rao',
    address: { state: expect.any(String), postalCode: '560001' },
  })
})

test.each<readonly [string, object, string]>([
  ['no id', { shipmentId: 'Asha Rao, Pune' }, 'malformed-shipment'],
  ['no lines', { orderItems: [] }, 'malformed-shipment'],
  ['no time', { updatedAt: 'yesterday' }, 'malformed-shipment'],
  ['a quantity of halves', { orderItems: [anItem({ quantity: 1.5 })] }, 'malformed-shipment'],
  [
    'a part of a paisa',
    { orderItems: [anItem({ priceComponents: { totalPrice: 1.005 } })] },
    'money-not-in-paise',
  ],
])('a row with %s is put aside, and the others stay', async (_what, change, reason) => {
  const good = aShipment({ shipmentId: 'S2', orderItems: [anItem({ orderId: 'OD2' })] })
  const { rows, rejected, received } = await read([aShipment(change), good])
  expect(rows.map(({ externalId }) => externalId)).toEqual(['OD2'])
  expect(rejected.map((one) => one.reason)).toEqual([reason])
  expect(received).toBe(2)
  expect(JSON.stringify(rejected.map(({ key }) => key))).not.toContain('Asha')
})

test('an order of which one shipment cannot be read is not stored without it', async () => {
  const broken = aShipment({ shipmentId: 'S2', updatedAt: null })
  const { rows, rejected } = await read([aShipment()], [broken])
  expect([rows, rejected.map(({ reason }) => reason)]).toEqual([[], ['malformed-sibling']])
})

test('a return is one piece, and says from which list it came', () => {
  expect(toReturnRow(asText(aReturn()), 'customer_return')).toEqual({
    externalId: '12500001',
    orderExternalId: 'OD1',
    kind: 'CUSTOMER_RETURN',
    status: 'INITIATED',
    rawStatus: 'CREATED',
    reason: 'SIZE: Too small',
    initiatedAt: new Date('2026-08-19T04:30:00.000Z'),
    updatedAt: new Date('2026-08-19T05:30:00.000Z'),
    deliveredAt: null,
    shipmentExternalId: 'c0ffee00-0000-4000-8000-000000000001',
    awbs: [],
    creditNote: null,
    items: [{
      ...{ externalId: '11100001', itemExternalId: '11100001', sku: null },
      ...{ quantity: 1, condition: null },
    }],
  })
  const back = aReturn({ status: 'COMPLETED', trackingId: 'RT1', courierName: 'E-Kart' })
  expect(toReturnRow(asText(back), 'courier_return')).toMatchObject({
    ...{ kind: 'RTO', status: 'DELIVERED', deliveredAt: new Date('2026-08-19T05:30:00.000Z') },
    awbs: [{ awb: 'RT1', carrier: 'E-Kart' }],
  })
  expect(toReturnRow(asText(aReturn()), 'toString')).toBeUndefined()
  expect(toReturnRow(asText(aReturn({ returnId: '' })), 'courier_return')).toBeUndefined()
})

/** As the host reads it: numbers by their text. */
const asText = (row: Json): Json => ({ ...row, quantity: String(row.quantity) })

test.each([
  ['2026-08-01T10:15:00.000+05:30', '2026-08-01T04:45:00.000Z'],
  ['2026-08-01T10:15:00+0530', '2026-08-01T04:45:00.000Z'],
  ['2026-08-01T10:15Z', '2026-08-01T10:15:00.000Z'],
  ['2026-02-30T10:15:00Z', undefined],
  ['2026-08-01T10:15:00', undefined],
  ['2026-08-01', undefined],
  ['1989-12-31T00:00:00Z', undefined],
  ['2126-01-01T00:00:00Z', undefined],
])('the time %s', (text, wanted) => {
  expect(flipkartTime(text)?.toISOString()).toBe(wanted)
})
