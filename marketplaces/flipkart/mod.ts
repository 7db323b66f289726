/** Flipkart: orders, parcels, hand-over, returns, settlements and stock, by the Seller API v3. */
import { API, defineMarketplace } from 'robnu/plugin'
import { fetchDocument } from './documents.ts'
import { reports } from './imports/reports.ts'
import { syncOrders } from './orders.ts'
import { syncPayouts } from './payouts.ts'
import { fullProcessing } from './processing.ts'
import { syncReturns } from './returns.ts'
import { Config, Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
import { refresh, verify } from './session.ts'
import { pushInventory, readInventory } from './stock.ts'
import { notifications } from './webhook.ts'

export default defineMarketplace({
  id: 'flipkart',
  code: 'FLIPKART',
  name: 'Flipkart',
  api: API,
  version: '1.0.0',
  upstream: 'seller-api/v3',
  hosts,
  config: Config,
  details: Details,
  detailsTable: 'flipkart_account_details',
  credentials: Credentials,
  secrets,
  pii: [
    'shipments[].deliveryAddress',
    'shipments[].billingAddress',
    'shipments[].buyerDetails',
    // no buyer's data, but keys to it
    'access_token',
    'refresh_token',
    'nextPageUrl',
    'nextUrl',
    'location',
  ],
  cursor: Cursor,
  schedule: {
    ORDERS: '*/15 * * * *',
    RETURNS: '40 * * * *',
    PAYOUTS: '30 3 * * *',
    // what changes is pushed at once; this is the daily look at what Flipkart believes
    INVENTORY: '45 4 * * *',
  },
  // Flipkart tells no limits: these are ours, for each account, and it may ask to wait all the same
  limits: [
    { operation: 'shipments', ratePerSecond: 5, burst: 20 },
    { operation: 'write', ratePerSecond: 2, burst: 10 },
    { operation: 'documents', ratePerSecond: 5, burst: 20 },
    { operation: 'returns', ratePerSecond: 5, burst: 20 },
    { operation: 'listings', ratePerSecond: 5, burst: 20 },
    { operation: 'reports', ratePerSecond: 1, burst: 10 },
    { operation: 'session', ratePerSecond: 1, burst: 5 },
  ],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['flipkart_account_details'],
  imports: reports,
  webhooks: [notifications],
  adapter: {
    verify,
    refresh,
    syncOrders,
    syncReturns,
    syncPayouts,
    pushInventory,
    readInventory,
    fetchDocument,
    fullProcessing,
  },
})
