/** Sample rows, and keys that need no database. */
import { createHmac } from 'node:crypto'
import type { SellerKeys } from '../../../core/crypto/keys.ts'
import type { OrderRow } from '../../../core/plugin.ts'

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
