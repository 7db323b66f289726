/** Bazaar: an invented marketplace, written as a third party would write its plugin. */
import { API, defineMarketplace } from 'robnu/plugin'
import { syncPayouts, syncReturns } from './after-sales.ts'
import { refresh, verify } from './client.ts'
import { imports } from './imports.ts'
import { fetchDocument, fullProcessing } from './packing.ts'
import { notifications, webhook } from './pushes.ts'
import { Config, Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
import { pushInventory, readInventory, stockLimit } from './stock.ts'
import { syncOrders } from './sync.ts'

export default defineMarketplace({
  id: 'bazaar',
  code: 'BAZAAR',
  name: 'Bazaar',
  api: API,
  version: '1.0.0',
  upstream: 'v3',
  hosts,
  config: Config,
  details: Details,
  detailsTable: 'bazaar_account_details',
  credentials: Credentials,
  secrets,
  pii: ['orders[].buyer', 'token'],
  secretsDays: 180,
  cursor: Cursor,
  schedule: { ORDERS: '*/15 * * * *' },
  limits: [
    { operation: 'listOrders', ratePerSecond: 5, burst: 20, rateHeader: 'x-bazaar-rate' },
    stockLimit,
  ],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['bazaar_account_details'],
  imports,
  webhooks: [webhook],
  notifications,
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
