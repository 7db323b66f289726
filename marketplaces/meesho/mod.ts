/** Meesho: sub-orders, labels, manifests, returns, payments and stock, by the gateway of `wire.md`. */
import { API, defineMarketplace } from 'robnu/plugin'
import { fetchDocument } from './documents.ts'
import { reports } from './imports/reports.ts'
import { syncOrders } from './orders.ts'
import { syncPayouts } from './payments.ts'
import { fullProcessing } from './processing.ts'
import { syncReturns } from './returns.ts'
import { Config, Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
import { verify } from './session.ts'
import { pushInventory } from './stock.ts'
import { webhooks } from './webhooks.ts'

export default defineMarketplace({
  id: 'meesho',
  code: 'MEESHO',
  name: 'Meesho',
  api: API,
  version: '1.0.0',
  upstream: 'gateway/v1',
  hosts,
  config: Config,
  details: Details,
  detailsTable: 'meesho_account_details',
  credentials: Credentials,
  secrets,
  // Meesho tells nothing of buyers: these are the keys to papers that show them
  pii: ['labels[].url', 'url'],
  cursor: Cursor,
  schedule: {
    // pushes come at once; the poll meets those that were lost
    ORDERS: '*/15 * * * *',
    RETURNS: '45 * * * *',
    PAYOUTS: '30 3 * * *',
  },
  // for each supplier, all routes together; files are free of it
  limits: [
    { operation: 'gateway', ratePerSecond: 5, burst: 10 },
    { operation: 'files', ratePerSecond: 10, burst: 20 },
  ],
  claimWindowDays: 7,
  queues: [{ name: 'marketplace-push-meesho', kind: 'fifo' }],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['meesho_account_details'],
  imports: reports,
  webhooks,
  adapter: {
    verify,
    syncOrders,
    syncReturns,
    syncPayouts,
    pushInventory,
    fetchDocument,
    fullProcessing,
  },
})
