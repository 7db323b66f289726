/** Sample rows, and keys that need no database. */
import { createHmac } from 'node:crypto'
import type { SellerKeys } from '../../../core/crypto/keys.ts'
import type {
  OrderRow,
  PayoutLineRow,
  PayoutRow,
  ReturnRow,
  ShipmentRow,
} from '../../../core/plugin.ts'

export const orderRow = (changes: Partial<OrderRow> = {}): OrderRow => ({
  externalId: 'BZ-1',
  status: 'PACKED',
  rawStatus: 'packed',
  onHold: false,
  orderedAt: new Date('2026-01-08T00:00:00.000Z'),
  updatedAt: new Date('2026-01-09T00:00:00.000Z'),
  shipBy: new Date('2026-01-10T00:00:00.000Z'),
  currency: 'INR',
  totalPaise: 149_900,
  fulfilledBy: 'SELLER',
  stateCode: '27',
  customer: {
    name: 'Asha Rao',
    phone: '+910123456789',
    email: 'asha@buyers.invalid',
    address: { line1: '7 Lake Road', line2: null, city: 'PUNE', state: 'MH', postalCode: '411001' },
  },
  items: [
    {
      externalId: 'L1',
      sku: 'A',
      listingId: null,
      title: 'Kurta',
      quantity: 1,
      totalPaise: 99_900,
    },
    { externalId: 'L2', sku: null, listingId: 'B', title: null, quantity: 2, totalPaise: null },
  ],
  ...changes,
})

/** Keys that hash and do no more; the same seller has the same ones. */
export const fakeKeys = (sellerId = '00000000-0000-7000-8000-000000000001'): SellerKeys => {
  const refuse = () => {
    throw new Error('nothing is sealed in this test')
  }
  return {
    sellerId,
    hash: (parts) =>
      new Uint8Array(createHmac('sha256', sellerId).update(JSON.stringify(parts)).digest()),
    seal: refuse,
    index: refuse,
  }
}

export const shipmentRow = (changes: Partial<ShipmentRow> = {}): ShipmentRow => ({
  externalId: 'SH-1',
  status: 'PACKED',
  rawStatus: 'packed',
  awb: '1490812345678',
  carrier: 'BAZAAR POST',
  manifestExternalId: null,
  updatedAt: new Date('2026-01-09T00:00:00.000Z'),
  items: [{ itemExternalId: 'L1', quantity: 1 }],
  ...changes,
})

export const returnRow = (changes: Partial<ReturnRow> = {}): ReturnRow => ({
  externalId: 'RT-1',
  orderExternalId: 'BZ-1',
  kind: 'CUSTOMER_RETURN',
  status: 'INITIATED',
  rawStatus: 'begun',
  reason: 'Too small',
  initiatedAt: new Date('2026-01-20T00:00:00.000Z'),
  updatedAt: new Date('2026-01-20T00:00:00.000Z'),
  deliveredAt: null,
  shipmentExternalId: 'SH-1',
  awbs: [{ awb: '7490812345678', carrier: 'BAZAAR POST' }],
  creditNote: null,
  items: [
    { externalId: 'L1', itemExternalId: 'L1', sku: 'A', quantity: 1, condition: null },
  ],
  ...changes,
})

export const payoutLine = (
  externalId: string,
  changes: Partial<PayoutLineRow> = {},
): PayoutLineRow => ({
  externalId,
  kind: 'SALE',
  orderExternalId: 'BZ-1',
  itemExternalId: null,
  returnExternalId: null,
  awb: null,
  gross: '1299.00',
  deductions: '0',
  fees: '-129.9',
  taxes: '-23.382',
  net: '1145.718',
  deductionReason: null,
  at: null,
  ...changes,
})
export const payoutRow = (changes: Partial<PayoutRow> = {}): PayoutRow => ({
  externalId: 'ST-1',
  status: 'OPEN',
  rawStatus: 'estimated',
  amount: '2291.436',
  currency: 'INR',
  periodFrom: '2026-01-01',
  periodTo: '2026-01-15',
  paidOn: null,
  updatedAt: new Date('2026-01-16T00:00:00.000Z'),
  lines: [payoutLine('1'), payoutLine('2')],
  ...changes,
})
