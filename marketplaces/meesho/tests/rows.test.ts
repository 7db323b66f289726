/** Sub-orders and returns as rows: words, money, variants, exchanges, and what is refused. */
import type { OrderRow, ReturnRow } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { toOrderRow } from '../orders.ts'
import { toReturnRow } from '../returns.ts'
import { meeshoTime } from '../times.ts'
import { skuOf, variantOf } from '../variant.ts'
import { anOrder, aReturn } from './support.ts'

const rowOf = (raw: unknown): OrderRow => {
  const reading = toOrderRow(raw)
  if ('row' in reading) return reading.row
  throw new Error(reading.rejected.reason)
}
const returnOf = (raw: unknown): ReturnRow => {
  const reading = toReturnRow(raw)
  if ('row' in reading) return reading.row
  throw new Error(reading.rejected.reason)
}
const refused = (raw: unknown) => {
  const reading = toOrderRow(raw)
  return 'rejected' in reading ? reading.rejected : undefined
}

test('a sub-order is an order with one line, and its price is of one piece', () => {
  const row = rowOf(anOrder({ quantity: 3 }))
  expect(row).toMatchObject({
    ...{ externalId: '184000000000000001_1', status: 'NEW', rawStatus: 'PENDING', onHold: false },
    ...{ totalPaise: 143_700, currency: 'INR', fulfilledBy: 'SELLER', stateCode: '10' },
    customer: null,
    orderedAt: new Date('2026-08-01T04:30:00Z'),
    updatedAt: new Date('2026-08-01T04:30:05Z'),
    shipBy: new Date('2026-08-03T18:29:59Z'),
  })
  expect(row.items).toEqual([{
    ...{ externalId: '184000000000000001_1', sku: 'KURTA-RED|M', listingId: '51234567' },
    ...{ title: 'Women Red Kurta', quantity: 3, totalPaise: 143_700, cancelledQuantity: 0 },
  }])
  expect(row.shipments).toBeUndefined()
})

test.each([
  ['PENDING', {}, 'NEW'],
  ['READY_TO_SHIP', {}, 'ACKNOWLEDGED'],
  ['READY_TO_SHIP', { packet_id: 'PK1' }, 'READY_TO_SHIP'],
  ['READY_TO_SHIP', { packet_id: 'PK1', manifest_id: 'MN1' }, 'MANIFESTED'],
  ['SHIPPED', { packet_id: 'PK1' }, 'SHIPPED'],
  ['OUT_FOR_DELIVERY', { packet_id: 'PK1' }, 'OUT_FOR_DELIVERY'],
  ['DELIVERED', { packet_id: 'PK1' }, 'DELIVERED'],
  ['DOOR_STEP_EXCHANGED', { packet_id: 'PK1' }, 'DELIVERED'],
  ['RETURNED', { packet_id: 'PK1' }, 'DELIVERED'],
  ['EXCHANGE', { packet_id: 'PK1' }, 'DELIVERED'],
  ['CANCELLED', {}, 'CANCELLED'],
  ['RTO_INITIATED', { packet_id: 'PK1' }, 'RTO_IN_TRANSIT'],
  ['RTO_LOCKED', { packet_id: 'PK1' }, 'RTO_IN_TRANSIT'],
  ['RTO_OFD', { packet_id: 'PK1' }, 'RTO_IN_TRANSIT'],
  ['RTO_DELIVERY_FAILED', { packet_id: 'PK1' }, 'RTO_IN_TRANSIT'],
  ['RTO_COMPLETE', { packet_id: 'PK1' }, 'RTO_RECEIVED'],
  ['LOST', { packet_id: 'PK1' }, 'LOST'],
  ['SHIPMENT_LOST', { packet_id: 'PK1' }, 'LOST'],
  ['TELEPORTED', { packet_id: 'PK1' }, null],
  ['constructor', {}, null],
])('%s with %o is %s', (status, more, state) => {
  const row = rowOf(anOrder({ status, ...more }))
  expect(row.status).toBe(state)
  expect(row.rawStatus).toBe(status)
  expect(row.shipments?.map((parcel) => parcel.status) ?? [])
    .toEqual('packet_id' in more ? [state] : [])
})

test('what Meesho has not verified, or cannot serve, is new and on hold', () => {
  const unverified = rowOf(anOrder({ verified: false }))
  expect([unverified.status, unverified.onHold, unverified.rawStatus])
    .toEqual(['NEW', true, 'PENDING, unverified'])
  const unserved = rowOf(anOrder({ on_hold: true }))
  expect([unserved.onHold, unserved.rawStatus]).toEqual([true, 'PENDING, on hold'])
  // the flag of what has left already says nothing any more
  expect(rowOf(anOrder({ status: 'SHIPPED', on_hold: true })).onHold).toBe(false)
})

test('an exchange is an order of its own that says which one it replaces', () => {
  const row = rowOf(anOrder({
    sub_order_no: '184000000000000001_2',
    exchange_of: '184000000000000001_1',
    verified: false,
  }))
  expect(row.externalId).toBe('184000000000000001_2')
  expect(row.rawStatus).toBe('PENDING, unverified, exchange of 184000000000000001_1')
})

test('a parcel carries courier, waybill and manifest; cancelled pieces are all of them', () => {
  const packed = rowOf(anOrder({
    ...{ status: 'CANCELLED', packet_id: 'PK1', awb: 'VL1', courier: 'Valmo', quantity: 2 },
    manifest_id: 'MN1',
  }))
  expect(packed.items[0]?.cancelledQuantity).toBe(2)
  expect(packed.shipments).toEqual([{
    ...{ externalId: 'PK1', status: 'CANCELLED', rawStatus: 'CANCELLED', awb: 'VL1' },
    ...{ carrier: 'Valmo', manifestExternalId: 'MN1' },
    updatedAt: new Date('2026-08-01T04:30:05Z'),
    items: [{ itemExternalId: '184000000000000001_1', quantity: 2 }],
  }])
})

test('money is decimal text to the paisa, and a price that is not told is none', () => {
  expect(rowOf(anOrder({ discounted_price: null })).totalPaise).toBeNull()
  expect(rowOf(anOrder({ discounted_price: ' ' })).totalPaise).toBeNull()
  expect(rowOf(anOrder({ discounted_price: '-0.0' })).totalPaise).toBe(0)
  for (const discounted_price of ['479.005', '1e3', 'a lot', '4,790.00']) {
    expect(refused(anOrder({ discounted_price }))?.reason).toBe('money-not-in-paise')
  }
  // a number has been a float already
  expect(refused(anOrder({ discounted_price: 479 }))?.reason).toBe('malformed-order')
})

test('a row that is none is refused with its number and its text, and never with words of its own', () => {
  for (const more of [{ quantity: -1 }, { quantity: 1.5 }, { updated_at: 'soon' }, { sku: '' }]) {
    const told = refused(anOrder(more))
    expect(told).toMatchObject({ key: '184000000000000001_1', reason: 'malformed-order' })
    expect(JSON.parse(told?.raw ?? '')).toMatchObject(more)
  }
  expect(refused(anOrder({ sub_order_no: 'Asha Devi' }))?.key).toBeUndefined()
  for (const strange of [null, 7, 'x', []]) expect(refused(strange)?.reason).toBe('malformed-order')
})

test('a return is known by sub-order, kind and day of creation in India, and found by either waybill', () => {
  const row = returnOf(aReturn({ created_at: '2026-08-20T20:00:00Z', attempt: 2 }))
  expect(row).toEqual({
    externalId: '184000000000000001_1/CUSTOMER/2026-08-21',
    orderExternalId: '184000000000000001_1',
    ...{ kind: 'CUSTOMER_RETURN', status: 'IN_TRANSIT' },
    rawStatus: 'IN_TRANSIT, 2 failed attempts',
    reason: 'Size/fit issue: Too small',
    initiatedAt: new Date('2026-08-20T20:00:00Z'),
    updatedAt: new Date('2026-08-22T03:30:00Z'),
    ...{ deliveredAt: null, shipmentExternalId: 'PK10001', creditNote: null },
    awbs: [
      { awb: 'VL0071234567890', carrier: 'Valmo' },
      { awb: 'VL0011234567890', carrier: null },
    ],
    items: [{
      ...{ externalId: '184000000000000001_1', itemExternalId: '184000000000000001_1' },
      ...{ sku: 'KURTA-RED|M', quantity: 1, condition: null },
    }],
  })
})

test.each([
  ['Customer Return', 'CUSTOMER_RETURN'],
  ['Courier Return (RTO)', 'RTO'],
  ['Exchange', 'EXCHANGE'],
])('%s is %s', (type, kind) => expect(returnOf(aReturn({ type })).kind).toBe(kind))

test.each([
  ['CREATED', 'INITIATED'],
  ['PICKED_UP', 'PICKED_UP'],
  ['OUT_FOR_DELIVERY', 'IN_TRANSIT'],
  ['DELIVERED', 'DELIVERED'],
  ['CANCELLED', 'CANCELLED'],
  ['LOST', null],
  ['TELEPORTED', null],
])('a return that is %s is %s', (status, state) => {
  expect(returnOf(aReturn({ status })).status).toBe(state)
})

test('a return of an unknown type is refused', () => {
  expect(toReturnRow(aReturn({ type: 'Gift' })))
    .toMatchObject({ rejected: { reason: 'unknown-return-type', key: '184000000000000001_1' } })
})

test.each([
  ['KURTA', 'M', 'KURTA|M'],
  ['KURTA', 'S/M', 'KURTA|S/M'],
  ['KURTA', 'Free Size', 'KURTA'],
  ['KURTA', '', 'KURTA'],
  ['KURTA|RED', 'Free Size', 'KURTA|RED|Free Size'],
  ['KURTA|RED', 'XL', 'KURTA|RED|XL'],
])('%s in %s is %s, there and back', (sku, size, ledger) => {
  expect(skuOf(sku, size)).toBe(ledger)
  expect(variantOf(ledger)).toEqual({ sku, size: size === '' ? 'Free Size' : size })
})

test.each([
  ['2026-08-14T16:43:42+05:30', '2026-08-14T11:13:42.000Z'],
  ['2026-08-14T11:13:42Z', '2026-08-14T11:13:42.000Z'],
  ['2026-08-14 16:43:42', '2026-08-14T11:13:42.000Z'],
  ['2026-08-14 16:43:42.5', '2026-08-14T11:13:42.500Z'],
  ['2026-08-14', '2026-08-13T18:30:00.000Z'],
  ['14-08-2026', '2026-08-13T18:30:00.000Z'],
  ['2026-02-30', undefined],
  ['31-06-2026', undefined],
  ['1989-01-01', undefined],
  ['2026-08-14T24:00:00Z', undefined],
  ['soon', undefined],
])('%s is %s', (text, iso) => expect(meeshoTime(text)?.toISOString()).toBe(iso))
