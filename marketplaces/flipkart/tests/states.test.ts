import { expect, test } from 'vitest'
import type { OrderItem } from '../answers.ts'
import { furthestBehind, isWithSeller, returnStanding, shipmentStanding } from '../states.ts'

const item = (status: string, courierReturn = false): OrderItem => ({
  ...{ orderItemId: '1', orderId: 'OD1', orderDate: new Date(0), status, quantity: 1 },
  ...{ fsn: null, sku: null, hsn: null, title: null, serviceProfile: null, courierReturn },
})

test.each([
  ['APPROVED', 'NEW'],
  ['PACKING_IN_PROGRESS', 'PACKED'],
  ['FORM_FAILED', 'PACKED'],
  ['PACKED', 'PACKED'],
  ['READY_TO_DISPATCH', 'READY_TO_SHIP'],
  ['Ready to dispatch', 'READY_TO_SHIP'],
  ['PICKUP_COMPLETE', 'SHIPPED'],
  ['SHIPPED', 'SHIPPED'],
  ['DELIVERED', 'DELIVERED'],
  ['COMPLETED', 'DELIVERED'],
  ['CANCELLED', 'CANCELLED'],
  ['RETURN_REQUESTED', 'DELIVERED'],
  ['RETURNED', 'DELIVERED'],
  ['TELEPORTED', null],
  ['constructor', null],
])('%s is %s', (word, status) => {
  expect(shipmentStanding([item(word)])).toEqual({ status, rawStatus: word })
})

test('what a courier brings back never reached its buyer', () => {
  expect(shipmentStanding([item('RETURN_REQUESTED', true)]).status).toBe('RTO_IN_TRANSIT')
  expect(shipmentStanding([item('RETURNED', true)]).status).toBe('RTO_RECEIVED')
  // Flipkart's list of shipped ones says no more than that
  expect(shipmentStanding([item('SHIPPED', true)]).status).toBe('SHIPPED')
})

test('a shipment stands where its living line furthest behind stands', () => {
  expect(shipmentStanding([item('DELIVERED'), item('SHIPPED')]).status).toBe('SHIPPED')
  expect(shipmentStanding([item('CANCELLED'), item('PACKED')]).status).toBe('PACKED')
  expect(shipmentStanding([item('CANCELLED'), item('CANCELLED')]).status).toBe('CANCELLED')
  // one word that nobody knows: nobody knows
  expect(shipmentStanding([item('DELIVERED'), item('X')])).toEqual({ status: null, rawStatus: 'X' })
  expect(furthestBehind([]).status).toBeNull()
})

test('an order is with its seller until a courier has it', () => {
  expect(isWithSeller({ status: 'READY_TO_SHIP', rawStatus: '' })).toBe(true)
  expect(isWithSeller({ status: 'SHIPPED', rawStatus: '' })).toBe(false)
  expect(isWithSeller({ status: 'CANCELLED', rawStatus: '' })).toBe(false)
  expect(isWithSeller({ status: null, rawStatus: '' })).toBe(false)
})

test.each([
  ['CREATED', null, null, 'INITIATED'],
  ['CREATED', 'AWB1', null, 'IN_TRANSIT'],
  ['CREATED', 'AWB1', 'PICKED_UP', 'PICKED_UP'],
  ['CREATED', null, 'picked up', 'PICKED_UP'],
  ['COMPLETED', null, null, 'DELIVERED'],
  ['CANCELLED', 'AWB1', null, 'CANCELLED'],
  ['REJECTED', null, null, 'CANCELLED'],
  ['PONDERED', 'AWB1', null, null],
])(
  'a return that is %s with waybill %s and %s is %s',
  (status, trackingId, shipmentStatus, wanted) => {
    const standing = returnStanding({ status, trackingId, shipmentStatus })
    expect(standing).toEqual({ status: wanted, rawStatus: status })
  },
)
