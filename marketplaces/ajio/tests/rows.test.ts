import { expect, test } from 'vitest'
import { toOrderRow } from '../orders.ts'
import { toReturnRow } from '../returns.ts'
import { toPayoutRow } from '../settlements.ts'
import { anOrder, aReturn, aSettlement, type Json } from './support.ts'

const orderRow = (change: (order: Json) => void = () => {}): Json => {
  const order = anOrder()
  change(order)
  const reading = toOrderRow(order)
  return 'row' in reading ? reading.row : reading.rejected
}
const returnRow = (change: object = {}): Json => {
  const reading = toReturnRow({ ...aReturn(), ...change })
  return 'row' in reading ? reading.row : reading.rejected
}
const payoutRow = (change: (settlement: Json) => void = () => {}): Json => {
  const settlement = aSettlement()
  settlement.totalValue = settlement.lines[0].netValue
  change(settlement)
  const reading = toPayoutRow(settlement)
  return 'row' in reading ? reading.row : reading.rejected
}

test('the order of the contract becomes a row with its line, its parcel and its buyer', () => {
  expect(orderRow()).toEqual({
    externalId: 'FN2608140001',
    status: 'READY_TO_SHIP',
    rawStatus: 'Ready to Ship',
    onHold: true,
    orderedAt: new Date('2026-08-14T11:13:42Z'),
    updatedAt: new Date('2026-08-14T11:13:42Z'),
    shipBy: new Date('2026-08-15T12:00:00Z'),
    processAfter: new Date('2026-08-14T15:43:42Z'),
    currency: 'INR',
    totalPaise: 259_800,
    fulfilledBy: 'SELLER',
    stateCode: '27',
    customer: {
      name: '…',
      phone: '…',
      email: null,
      address: {
        line1: '…',
        line2: null,
        city: 'PUNE',
        state: 'MAHARASHTRA',
        postalCode: '411001',
      },
    },
    items: [{
      externalId: 'FWD0001-1/441234567001',
      sku: 'KURTA-RED-M',
      listingId: '8901234567890',
      title: 'Women Red Kurta M',
      quantity: 2,
      totalPaise: 259_800,
      cancelledQuantity: 0,
      hsn: '62114210',
      gstRateBp: 1200,
    }],
    shipments: [{
      externalId: 'SH0001',
      status: 'READY_TO_SHIP',
      rawStatus: 'Ready to Ship',
      awb: '1490812345678',
      carrier: 'DELHIVERY',
      manifestExternalId: null,
      updatedAt: new Date('2026-08-14T12:30:00Z'),
      items: [{ itemExternalId: 'FWD0001-1/441234567001', quantity: 2 }],
    }],
  })
})

test('an order stands where its word or its parcel has come furthest', () => {
  const standing = (word: string, ...parcels: string[]) => {
    const row = orderRow((order) => {
      const [parcel] = order.shipments
      order.status = word
      order.shipments = parcels.map((status, i) => ({ ...parcel, shipmentId: `SH${i}`, status }))
    })
    return [row.status, row.rawStatus]
  }
  expect(standing('New')).toEqual(['NEW', 'New'])
  expect(standing('PO created')).toEqual(['ACKNOWLEDGED', 'PO created'])
  expect(standing('PO created', 'Created')).toEqual(['PACKED', 'Created'])
  expect(standing('Ready to Shipped', 'Ready to Ship')).toEqual([
    'READY_TO_SHIP',
    'Ready to Shipped',
  ])
  expect(standing('Ready to Ship', 'Manifested')).toEqual(['MANIFESTED', 'Manifested'])
  expect(standing('Shipped', 'RTO Initiated')).toEqual(['RTO_IN_TRANSIT', 'RTO Initiated'])
  expect(standing('Shipped', 'RTO Delivered')).toEqual(['RTO_RECEIVED', 'RTO Delivered'])
  expect(standing('Shipped', 'Lost')).toEqual(['LOST', 'Lost'])
  expect(standing('Delivered', 'Shipped')).toEqual(['DELIVERED', 'Delivered'])
  // a parcel that was called off says nothing, one that is on its way does
  expect(standing('Cancelled', 'Cancelled')).toEqual(['CANCELLED', 'Cancelled'])
  expect(standing('Cancelled', 'Created')).toEqual(['CANCELLED', 'Cancelled'])
  expect(standing('Cancelled', 'Shipped')).toEqual(['SHIPPED', 'Shipped'])
  expect(standing('Acknowledged', 'Cancelled')).toEqual(['ACKNOWLEDGED', 'Acknowledged'])
  expect(standing('Frozen')).toEqual([null, 'Frozen'])
  expect(standing('constructor')).toEqual([null, 'constructor'])
  expect(standing('Shipped', 'Teleported')).toEqual(['SHIPPED', 'Shipped'])
})

test('a partial cancellation stands on its line', () => {
  const row = orderRow((order) => Object.assign(order.lines[0], { customerCancelledQty: 1 }))
  expect([row.items[0].quantity, row.items[0].cancelledQuantity]).toEqual([2, 1])
  expect(orderRow((order) => order.lines[0].cancelledQty = 3)).toMatchObject({
    key: 'FN2608140001',
    reason: 'cancelled-above-ordered',
  })
})

test('money is read as text: numbers, texts and blanks, and never a part of a paisa', () => {
  const total = (value: unknown) => orderRow((order) => order.lines[0].totalValue = value)
  expect(total(2598.1).totalPaise).toBe(259_810)
  expect(total('2598').totalPaise).toBe(259_800)
  expect(total('nan').totalPaise).toBeNull()
  expect(total(0.1 + 0.2)).toMatchObject({ reason: 'money-not-in-paise' })
  expect(total('1e3')).toMatchObject({ reason: 'money-not-in-paise' })
})

test('a line that is told twice is one line, and a broken order is kept as it came', () => {
  const twice = orderRow((order) => order.lines.push(order.lines[0]))
  expect([twice.items.length, twice.totalPaise]).toEqual([1, 259_800])
  const parcels = orderRow((order) => order.shipments.push(order.shipments[0])).shipments
  expect(parcels).toHaveLength(1)
  const broken = orderRow((order) => delete order.lines)
  expect(broken).toMatchObject({ key: 'FN2608140001', reason: 'malformed-order' })
  expect(JSON.parse(broken.raw).custOrderNo).toBe('FN2608140001')
  for (const raw of [null, undefined, 5, 'text', [], { custOrderNo: 'Asha Rao, Pune' }]) {
    const reading = toOrderRow(raw)
    expect(reading).toMatchObject({ rejected: { reason: 'malformed-order' } })
    expect('rejected' in reading && reading.rejected.key).toBeUndefined()
  }
})

test('the return of the contract becomes a row that either waybill finds', () => {
  expect(returnRow()).toEqual({
    externalId: 'RT0001',
    orderExternalId: 'FN2608140001',
    kind: 'CUSTOMER_RETURN',
    status: 'IN_TRANSIT',
    rawStatus: 'RETURN_CREATED, In Transit',
    reason: 'Size too small',
    initiatedAt: new Date('2026-08-21T04:30:00Z'),
    updatedAt: new Date('2026-08-21T04:30:00Z'),
    deliveredAt: null,
    shipmentExternalId: 'SH0001',
    awbs: [
      { awb: '7490812345678', carrier: 'DELHIVERY' },
      { awb: '1490812345678', carrier: null },
    ],
    creditNote: null,
    items: [{
      externalId: 'FWD0001-1/441234567001',
      itemExternalId: 'FWD0001-1/441234567001',
      sku: 'KURTA-RED-M',
      quantity: 1,
      condition: null,
    }],
  })
})

test('return words, kinds and credit notes that fill in later', () => {
  const word = (status: string, threePlStatus = 'nan') =>
    returnRow({ status, threePlStatus }).status
  expect(word('RETURN_CREATED')).toBe('INITIATED')
  expect(word('RETURN_CREATED', 'Picked Up')).toBe('PICKED_UP')
  expect(word('RETURN_PICKED', 'Delivered')).toBe('PICKED_UP')
  expect(word('RETURN_DELIVERED', 'In Transit')).toBe('DELIVERED')
  expect(word('RETURN_PROCESSED')).toBe('PROCESSED')
  expect(word('CREDIT_NOTE_CREATED')).toBe('CREDITED')
  expect(word('RETURN_CANCELLED')).toBe('CANCELLED')
  expect(word('RETURN_LOST')).toBeNull()
  expect(returnRow({ returnType: 'RTO' }).kind).toBe('RTO')
  expect(returnRow({ returnType: 'EXCHANGE' }).kind).toBe('EXCHANGE')
  expect(returnRow({ returnType: 'GIFT' })).toMatchObject({ reason: 'unknown-return-type' })
  expect(returnRow({ returnAwb: '1490812345678' }).awbs).toHaveLength(1)
  const credit = {
    creditNoteNo: 'CN1',
    creditNoteDate: 'Fri Sep 04 10:00:00 IST 2026',
    creditNoteValue: '1299.00',
  }
  expect(returnRow(credit).creditNote).toEqual({
    number: 'CN1',
    at: new Date('2026-09-04T04:30:00Z'),
    paise: 129_900,
  })
  expect(returnRow({ ...credit, creditNoteValue: 'nan' }).creditNote).toBeNull()
  expect(returnRow({ ...credit, creditNoteValue: 'a lot' })).toMatchObject({
    reason: 'money-not-in-paise',
  })
  expect(returnRow({ disposition: 'GOOD' }).items[0].condition).toBe('GOOD')
})

test('a settlement becomes a payout whose lines add up', () => {
  expect(payoutRow()).toEqual({
    externalId: '1900012345',
    status: 'PAID',
    rawStatus: 'CLEARED',
    amount: '2052.80',
    currency: 'INR',
    periodFrom: null,
    periodTo: null,
    paidOn: '2026-09-02',
    updatedAt: new Date('2026-09-02T14:30:00Z'),
    lines: [{
      externalId: '5100098765',
      kind: 'FORWARD',
      orderExternalId: 'FN2608140001',
      itemExternalId: null,
      returnExternalId: null,
      awb: '1490812345678',
      gross: '2598.00',
      deductions: '0.00',
      fees: '-450.00',
      taxes: '-95.20',
      net: '2052.80',
      deductionReason: null,
      at: new Date('2026-09-01T18:30:00Z'),
    }],
  })
})

test('expected money is open, released money is on its way, an unknown word keeps the state', () => {
  const state = (status: string) => {
    const row = payoutRow((settlement) => settlement.status = status)
    return [row.status, row.paidOn]
  }
  expect(state('EXPECTED')).toEqual(['OPEN', null])
  expect(state('RELEASED')).toEqual(['RELEASED', null])
  expect(state('PONDERED')).toEqual([null, null])
})

test('what does not add up to the paisa is refused with its reason', () => {
  const reason = (change: (settlement: Json) => void) => payoutRow(change).reason
  expect(reason((one) => one.lines[0].netValue = '2052.81')).toBe('line-does-not-add-up')
  expect(reason((one) => one.lines[0].penalty = '-100.00')).toBe('line-does-not-add-up')
  expect(reason((one) => one.totalValue = '2052.79')).toBe('total-does-not-add-up')
  expect(reason((one) => one.totalValue = 'much')).toBe('money-not-in-paise')
  expect(reason((one) => one.lines[0].tds = '-2.605')).toBe('money-not-in-paise')
  expect(reason((one) => delete one.lines[0].tcs)).toBe('malformed-settlement')
  expect(reason((one) => {
    one.lines.push({ ...one.lines[0] })
    one.totalValue = '4105.60'
  })).toBe('line-told-twice')
  // pennies below a rupee, and below zero
  const row = payoutRow((one) => {
    Object.assign(one.lines[0], {
      ...{ grossValue: '-0.05', commission: '0.00', logistics: 0, feeGst: '0.00', tcs: 0 },
      ...{ tds: '0.00', penalty: '0.00', netValue: '-0.05' },
    })
    one.totalValue = '-0.05'
  })
  expect([row.amount, row.lines[0].net]).toEqual(['-0.05', '-0.05'])
})
