/** What the conformance kit is given of Meesho: one supplier, a day's work and its files. */
import { defineSample } from 'robnu/testing'
import { batchOf, supplier } from './sample-batch.ts'
import { batches } from './sample-batches.ts'
import { cases } from './sample-cases.ts'
import { inputs, refusals } from './sample-inputs.ts'
import startSandbox from './sandbox.ts'

interface Ledger {
  readonly accounts: Readonly<
    Record<string, { readonly parcels: Readonly<Record<string, number>> }>
  >
}
const wrong = { api_secret: 'no-secret-of-this-supplier', webhook_secret: null }

export default defineSample({
  startSandbox,
  seed: 7,
  config: { historyDays: 30 },
  badCredentials: { api_key: 'mk_99999999999999', ...wrong },
  expected: new URL('./sample.json', import.meta.url),
  prepare: [
    // those of the batch
    { verb: 'createOrders', body: { supplier, count: 3 } },
    { verb: 'createOrders', body: { supplier, verified: false } },
    { verb: 'createOrders', body: { supplier, comesBack: 'Exchange' } },
    { verb: 'clock', body: { bySeconds: 120 } },
  ],
  later: [
    { verb: 'createOrders', body: { supplier, count: 2 } },
    { verb: 'closeSettlement', body: { supplier } },
    {
      verb: 'advance',
      body: { orderId: '181690396000000224_1', to: 'RTO_INITIATED' },
    },
  ],
  operations: { ORDERS: ['orders'], RETURNS: ['returns'], PAYOUTS: ['payments'] },
  stock: [
    { sku: 'KURTA-RED|S', listingId: null, quantity: 12, version: 1 },
    { sku: 'KURTA-RED|M', listingId: null, quantity: 0, version: 1 },
    { sku: 'KURTA-RED|L', listingId: null, quantity: 7, version: 4 },
  ],
  refusedStock: { sku: 'NO-SUCH-SKU', listingId: null, quantity: 1, version: 1 },
  batch: batchOf,
  parcels: async (control) => {
    const { accounts } = await control('ledger', { supplier }) as Ledger
    return accounts[supplier]?.parcels ?? {}
  },
  reports: new URL('./sample-files.json', import.meta.url),
  told: new URL('./sample-told.json', import.meta.url),
  ...{ cases, inputs, refusals },
  strangers: [
    {},
    { externalAccountId: 'SUP100009' },
    { details: { supplier_identifier: 'SUP100009' } },
    { externalAccountId: 'SUP100009', details: { supplier_identifier: 'SUP100009' } },
    { details: { merchant_id: 'MER9' } },
    { details: { supplier_id: '9' } },
    { details: { supplier_id: null } },
    { details: { location_external_identifier: 'LOC-9' } },
    { details: { merchant_id: 'MER9', location_external_identifier: 'LOC-9' } },
    { details: { acceptance_preference: 'ALWAYS' } },
    { credentials: wrong },
    { credentials: { api_key: 'mk_99999999999999' } },
  ],
  batches,
})
