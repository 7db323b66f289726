/** What the conformance kit is given of Flipkart: the shop with an application of its own. */
import { defineSample } from 'robnu/testing'
import { batchOf } from './sample-batch.ts'
import { batches } from './sample-batches.ts'
import { cases } from './sample-cases.ts'
import { inputs, refusals } from './sample-inputs.ts'
import { account, delivered, fresh, prepare } from './sample-world.ts'
import startSandbox from './sandbox.ts'

interface Ledger {
  readonly accounts: Readonly<
    Record<string, { readonly parcels: Readonly<Record<string, number>> }>
  >
}

export default defineSample({
  startSandbox,
  seed: 7,
  account: 0,
  config: { historyDays: 5 },
  env: { ROBNU_SANDBOX_FLIPKART_REPORT_SECONDS: '0' },
  badCredentials: {
    app_secret: 'wrong',
    access_token: 'wrong-token',
    refresh_token: 'wrong-refresh',
  },
  expected: new URL('./sample.json', import.meta.url),
  prepare,
  later: [
    { verb: 'createOrders', body: { account, count: 2 } },
    { verb: 'createReturn', body: { account, orderItemId: delivered } },
    { verb: 'closeSettlement', body: { account } },
  ],
  operations: { ORDERS: ['filter'], RETURNS: ['returns'], PAYOUTS: ['report', 'reportDetail'] },
  stock: [
    { sku: 'KRT-PRN-S', listingId: 'KRTG1WR66IO1MIQ1', quantity: 12, version: 1 },
    { sku: 'KRT-PRN-M', listingId: 'KRTG1678RZWLHYF1', quantity: 0, version: 1 },
    { sku: 'SHT-SLM-M', listingId: 'SHTG2A7W2SHUUJ81', quantity: 7, version: 4 },
  ],
  refusedStock: { sku: 'NO-SUCH-SKU', listingId: 'FSN0000000001', quantity: 1, version: 1 },
  batch: (orders) => batchOf(orders, fresh),
  parcels: async (control) => {
    const { accounts } = await control('ledger', { account }) as Ledger
    return accounts[account]?.parcels ?? {}
  },
  reports: new URL('./sample-files.json', import.meta.url),
  told: new URL('./sample-told.json', import.meta.url),
  ...{ cases, inputs, refusals, batches },
  strangers: [
    {},
    { externalAccountId: 'fk-other' },
    { details: { flipkart_seller_id: 'fk-other' } },
    { details: { environment: 'SANDBOX' } },
    { credentials: { access_token: 'wrong' } },
    { credentials: { access_token: null } },
    { credentials: { access_token_expires_at: '2026-08-15T06:58:00.000Z' } },
  ],
})
