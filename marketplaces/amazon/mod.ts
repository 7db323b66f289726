/** Amazon.in: orders by the Selling Partner API. */
import { API, defineMarketplace } from 'robnu/plugin'
import { refresh } from './client.ts'
import { fetchDocument } from './documents.ts'
import { limits } from './limits.ts'
import { notifications } from './notifications.ts'
import { AnyCursor } from './cursors.ts'
import { reports } from './imports/reports.ts'
import { syncPayouts } from './payouts.ts'
import { syncReturns } from './returns.ts'
import { Config, Credentials, Details, hosts, secrets } from './schemas.ts'
import { fullProcessing } from './processing.ts'
import { pushInventory, readInventory } from './stock.ts'
import { syncOrders } from './sync.ts'
import { verify } from './verify.ts'

export default defineMarketplace({
  id: 'amazon',
  code: 'AMAZON_IN',
  name: 'Amazon.in',
  api: API,
  version: '1.0.0',
  upstream: 'orders/2026-01-01',
  hosts,
  config: Config,
  details: Details,
  detailsTable: 'amazon_account_details',
  credentials: Credentials,
  secrets,
  pii: [
    'orders[].buyer',
    'orders[].recipient',
    'orders[].orderItems[].fulfillment.packing.giftOption',
    'orders[].orderItems[].product.customization',
    // whoever knows it is given the parcel
    'returns[].otpDetails',
    'otpDetails',
    'document.content',
    // no buyer's data, but keys to it
    'access_token',
    'refresh_token',
    'pagination.nextToken',
    'nextToken',
    'payload.nextToken',
    'restrictedDataToken',
    'url',
  ],
  cursor: AnyCursor,
  schedule: {
    ORDERS: '*/5 * * * *',
    RETURNS: '20 */4 * * *',
    PAYOUTS: '40 */6 * * *',
    // what changes is pushed at once; this is the daily look at what Amazon believes
    INVENTORY: '30 4 * * *',
  },
  limits,
  // Data Protection Policy: buyers' data is kept for 30 days after delivery, and no longer
  retention: { piiDaysAfterDelivery: 30 },
  // and secrets of applications are changed twice a year
  secretsDays: 180,
  notifications,
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
    { id: 2, sql: new URL('./migrations/0002_packages.sql', import.meta.url) },
  ],
  tables: ['amazon_account_details'],
  imports: reports,
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
