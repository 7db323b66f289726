/** What the conformance kit is given of Amazon: a small shop in which every word occurs. */
import { defineSample } from 'robnu/testing'
import { batches, batchOf } from './sample-batch.ts'
import { cases, inputs, refusals } from './sample-cases.ts'
import startSandbox from './sandbox.ts'

const advance = (orderId: string, status: string, parcel?: string) => ({
  verb: 'advance',
  body: { orderId, status, ...(parcel === undefined ? {} : { parcel }) },
})
const tenMinutes = { verb: 'clock', body: { bySeconds: 600 } }

interface Ledger {
  readonly accounts: Readonly<
    Record<string, { readonly parcels: Readonly<Record<string, number>> }>
  >
}

export default defineSample({
  startSandbox,
  seed: 7,
  // the first partner's orders are nobody's here
  env: { ROBNU_SANDBOX_AMAZON_HISTORY: '120' },
  // the second partner of the sandbox: 120 orders
  account: 1,
  config: { historyDays: 16 },
  badCredentials: { lwa_client_secret: 'amzn1.oa2-cs.v1.wrong', lwa_refresh_token: 'Atzr|wrong' },
  expected: new URL('./sample.json', import.meta.url),
  prepare: [
    // the last window has more than a page
    { verb: 'createOrders', body: { partner: 'A2DEMOSELLERIN', count: 85 } },
    advance('171-1729427-0173293', 'PENDING_AVAILABILITY'),
    advance('171-3918740-5493747', 'PENDING'),
    advance('171-7299849-2410352', 'UNSHIPPED'),
    advance('402-3058803-8700502', 'UNSHIPPED', 'PENDING_SCHEDULE'),
    advance('402-4657159-5058471', 'UNSHIPPED', 'LABEL_CANCELLED'),
    advance('402-6300159-8500913', 'PARTIALLY_SHIPPED', 'PICKED_UP'),
    advance('402-7820954-5799287', 'PARTIALLY_SHIPPED', 'PENDING_DROP_OFF'),
    advance('403-3017480-4442319', 'SHIPPED', 'DROPPED_OFF'),
    advance('403-8163791-7816072', 'SHIPPED', 'REJECTED_BY_BUYER'),
    advance('404-1851491-2641046', 'SHIPPED', 'UNDELIVERABLE'),
    advance('404-1959124-7254718', 'SHIPPED', 'RETURNING_TO_SELLER'),
    advance('404-2674650-7749021', 'SHIPPED', 'DAMAGED'),
    advance('405-1607952-5156712', 'CANCELLED', 'PENDING_PICK_UP'),
    advance('405-3722843-9635418', 'CANCELLED', 'RETURNED_TO_SELLER'),
    advance('405-5039168-5822913', 'UNFULFILLABLE'),
    advance('405-5745682-6851423', 'SHIPPED', 'AT_DESTINATION_FC'),
    // that wait to be packed: by Easy Ship or External Fulfillment, and by the seller
    { verb: 'createOrders', body: { partner: 'A2DEMOSELLERIN', count: 6, ready: true } },
    {
      verb: 'createOrders',
      body: { partner: 'A2DEMOSELLERIN', count: 2, ready: true, selfShip: true },
    },
    { verb: 'createReturn', body: { orderId: '402-5515405-3543610', exchange: true } },
    { verb: 'createReturn', body: { orderId: '403-8163791-7816072', type: 'REJECT' } },
    // changes show up two minutes late
    tenMinutes,
  ],
  later: [
    { verb: 'createOrders', body: { partner: 'A2DEMOSELLERIN', count: 3 } },
    advance('405-9794089-5601674', 'SHIPPED', 'RETURNED_TO_SELLER'),
    { verb: 'createReturn', body: { orderId: '407-2409780-4390229' } },
    { verb: 'closeSettlement', body: { partner: 'A2DEMOSELLERIN' } },
  ],
  operations: {
    ORDERS: ['searchOrders'],
    RETURNS: ['listReturns'],
    PAYOUTS: ['listTransactions', 'getReports', 'getReportDocument'],
    INVENTORY: ['batchInventory'],
    PROCESSING: ['processShipment', 'createPackages', 'generateInvoice', 'generateShipLabels'],
  },
  stock: [
    { sku: 'COT100-S', listingId: null, quantity: 12, version: 1 },
    { sku: 'COT100-M', listingId: null, quantity: 0, version: 1 },
    { sku: 'COT101-M', listingId: null, quantity: 7, version: 4 },
  ],
  refusedStock: { sku: 'NO-SUCH-SKU', listingId: null, quantity: 1, version: 1 },
  batch: batchOf,
  parcels: async (control) => {
    // what is packed shows two minutes late
    await control('clock', { bySeconds: 180 })
    const { accounts } = await control('ledger') as Ledger
    return accounts.A2DEMOSELLERIN?.parcels ?? {}
  },
  batches,
  reports: new URL('./sample-files.json', import.meta.url),
  told: new URL('./sample-told.json', import.meta.url),
  ...{ cases, inputs, refusals },
  strangers: [
    {},
    { details: { lwa_client_id: 'amzn1.application-oa2-client.wrong' } },
    { credentials: { lwa_client_secret: 'amzn1.oa2-cs.v1.wrong' } },
    { credentials: { access_token: null, access_token_expires_at: null } },
  ],
})
