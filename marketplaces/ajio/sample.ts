/** What the conformance kit is given of AJIO: the home store, a day's work and three files. */
import { defineSample } from 'robnu/testing'
import { batchOf } from './sample-batch.ts'
import { batches } from './sample-batches.ts'
import { cases } from './sample-cases.ts'
import { inputs, refusals } from './sample-inputs.ts'
import startSandbox from './sandbox.ts'

const pob = 'DV100003'
const day = 86_400
const pass = (bySeconds: number) => ({ verb: 'clock', body: { bySeconds } })

interface Books {
  readonly pobs: Readonly<
    Record<
      string,
      { readonly orders: readonly { readonly no: string; readonly packages: number }[] }
    >
  >
}
const blob = (kind: string): string => `${kind}.${pob}.1.1.wrong`

export default defineSample({
  startSandbox,
  seed: 7,
  account: 2,
  config: { historyDays: 16 },
  badCredentials: {
    access_token: blob('at'),
    refresh_token: blob('rt'),
    session_context: blob('sc'),
    user_context: blob('uc'),
  },
  expected: new URL('./sample.json', import.meta.url),
  prepare: [
    // a window with more than a page, and all of them of one instant
    { verb: 'createOrders', body: { pob, count: 52, onHold: false } },
    pass(1.1 * day),
    { verb: 'seedDay', body: { pob, n: 3 } },
    { verb: 'createOrders', body: { pob, onHold: false, spoiled: 'gstin' } },
    { verb: 'createOrders', body: { pob, onHold: false, spoiled: 'pin' } },
    ...['Acknowledged', 'PO created', 'Ready to Ship', 'Manifested', 'Lost', 'RTO Delivered']
      .map((to, at) => ({ verb: 'advance', body: { orderId: `FN26081430020${at}`, to } })),
    { verb: 'hold', body: { orderId: 'FN260814300206' } },
    pass(60),
  ],
  later: [
    { verb: 'createOrders', body: { pob, count: 2 } },
    { verb: 'closeSettlement', body: { pob } },
  ],
  operations: { ORDERS: ['orders'], RETURNS: ['returns'], PAYOUTS: ['settlements'] },
  stock: [
    { sku: 'BAG-SPT-XL', listingId: null, quantity: 12, version: 1 },
    { sku: 'BAG-SPT-L', listingId: null, quantity: 0, version: 1 },
    { sku: 'BAG-SPT-M', listingId: null, quantity: 7, version: 4 },
  ],
  refusedStock: { sku: 'NO-SUCH-SKU', listingId: null, quantity: 1, version: 1 },
  batch: batchOf,
  parcels: async (control) => {
    const { pobs } = await control('books', { pob }) as Books
    return Object.fromEntries((pobs[pob]?.orders ?? []).map(({ no, packages }) => [no, packages]))
  },
  reports: new URL('./sample-files.json', import.meta.url),
  told: new URL('./sample-told.json', import.meta.url),
  ...{ cases, inputs, refusals },
  strangers: [
    {},
    { externalAccountId: 'DV100009' },
    { details: { pob_id: 'DV100009' } },
    { details: { store_code: 'S999' } },
    { details: { gstin: '29AAGCR4375J1ZU' } },
    { details: { store_code: 'S999', gstin: '29AAGCR4375J1ZU' } },
    { externalAccountId: 'DV100009', details: { pob_id: 'DV100009' } },
    { credentials: { access_token: blob('at') } },
    { credentials: { token_expires_at: null } },
  ],
  batches,
})
