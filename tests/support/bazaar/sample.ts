/** What the conformance kit is given of Bazaar: a small shop in which every state occurs. */
import type { Batch, OrderRow } from 'robnu/plugin'
import { defineSample } from 'robnu/testing'
import startSandbox from './sandbox.ts'

const shop = 'SHOP-0004'
const number = (at: number): string => `BZ-0004-${String(at).padStart(5, '0')}`
const states = [
  ...['placed', 'confirmed', 'packed', 'shipped', 'delivered', 'cancelled', 'held'],
  ...['placed', 'placed', 'shipped', 'delivered', 'placed'],
]
const change = (at: number, members: object) => ({
  verb: 'change',
  body: { shop, number: number(at), members },
})

/** The orders that wait for the seller, as the ledger would hand them over. */
const batchOf = (orders: readonly OrderRow[]): Batch => ({
  id: 'kit-batch-1',
  orders: orders.filter(({ status, onHold }) => status === 'NEW' && !onHold).map((row, at) => ({
    id: `id-${row.externalId}`,
    ...{ externalId: row.externalId, status: 'NEW', onHold: false },
    ...{ postalCode: row.customer?.address?.postalCode ?? null, stateCode: row.stateCode },
    lines: row.items.map((item) => ({
      ...{ externalId: item.externalId, sku: item.sku, listingId: null, title: item.title },
      ...{ quantity: item.quantity, confirmedQuantity: item.quantity },
      ...{ totalPaise: item.totalPaise, hsn: null, gstRateBp: null },
    })),
    invoice: { number: `KIT/26-27/${at + 1}`, date: '2026-01-10' },
  })),
  ...{ closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [] },
})

interface Desk {
  readonly parcels: readonly { readonly number: string }[]
}

export default defineSample({
  startSandbox,
  seed: 11,
  env: { ROBNU_SANDBOX_BAZAAR_MORE_SHOPS: '2' },
  account: 3,
  config: { pageSize: 2 },
  badCredentials: { api_key: 'bzk_000000000000' },
  expected: new URL('./sample.json', import.meta.url),
  cassettes: new URL('./cassettes/', import.meta.url),
  prepare: [
    ...states.map((state, at) => change(at + 1, { state })),
    { verb: 'stock', body: { shop, forget: ['SKU-GONE'] } },
  ],
  later: [change(1, { state: 'confirmed' }), change(4, { state: 'delivered' })],
  operations: { ORDERS: ['listOrders'], RETURNS: ['returns'], PAYOUTS: ['payouts'] },
  stock: [
    { sku: 'SKU-1', listingId: null, quantity: 12, version: 1 },
    { sku: 'SKU-2', listingId: null, quantity: 0, version: 1 },
    { sku: 'SKU-3', listingId: null, quantity: 7, version: 4 },
  ],
  refusedStock: { sku: 'SKU-GONE', listingId: null, quantity: 1, version: 1 },
  batch: batchOf,
  parcels: async (control) => {
    const { parcels } = await control('packing', { shop }) as Desk
    const counts: Record<string, number> = {}
    for (const one of parcels) counts[one.number] = (counts[one.number] ?? 0) + 1
    return counts
  },
  reports: new URL('./sample-files.json', import.meta.url),
  told: new URL('./sample-told.json', import.meta.url),
  cases: {
    ORDERS: [{ set: { state: 'shipped' } }, { set: { state: 'frozen' } }, { set: { number: 7 } }],
  },
  refusals: [{ status: 403, body: {} }, { status: 418, body: { error: 'teapot' } }],
  inputs: { config: [{}, { pageSize: 0 }], credentials: [{ api_key: 7 }] },
  strangers: [{}, { credentials: { api_key: 'bzk_000000000000' } }],
  batches: {
    'not known': {
      batch: (orders) => {
        const batch = batchOf(orders)
        return {
          ...batch,
          orders: batch.orders.map((one) => ({ ...one, externalId: `${one.externalId}-X` })),
        }
      },
    },
  },
})
