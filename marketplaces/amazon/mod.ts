/** Amazon.in: orders by the Selling Partner API. */
import { API, defineMarketplace } from 'robnu/plugin'
import { refresh, verify } from './client.ts'
import { Config, Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
import { syncOrders } from './sync.ts'

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
    // no buyer's data, but keys to it
    'access_token',
    'refresh_token',
    'pagination.nextToken',
  ],
  cursor: Cursor,
  schedule: { ORDERS: '*/5 * * * *' },
  limits: [
    {
      operation: 'searchOrders',
      ratePerSecond: 0.0056,
      burst: 20,
      rateHeader: 'x-amzn-RateLimit-Limit',
    },
    { operation: 'getOrder', ratePerSecond: 0.5, burst: 30, rateHeader: 'x-amzn-RateLimit-Limit' },
  ],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['amazon_account_details'],
  adapter: { verify, refresh, syncOrders },
})
