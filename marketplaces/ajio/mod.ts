/** AJIO: orders, parcels, manifests, returns, settlements and stock, by the gateway of `wire.md`. */
import { API, defineMarketplace } from 'robnu/plugin'
import { fetchDocument } from './documents.ts'
import { reports } from './imports/reports.ts'
import { syncOrders } from './orders.ts'
import { fullProcessing } from './processing.ts'
import { syncReturns } from './returns.ts'
import { Config, Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
import { refresh, verify } from './session.ts'
import { syncPayouts } from './settlements.ts'
import { pushInventory, readInventory } from './stock.ts'

// what syncs every hour has shown within it that its session lives
const idleSessionMs = 3_600_000

export default defineMarketplace({
  id: 'ajio',
  code: 'AJIO',
  name: 'AJIO',
  api: API,
  version: '1.0.0',
  upstream: 'gateway/v1',
  hosts,
  config: Config,
  details: Details,
  detailsTable: 'ajio_account_details',
  credentials: Credentials,
  secrets,
  pii: [
    'content[].shipTo',
    'shipTo',
    // no buyer's data, but keys to it
    'access_token',
    'refresh_token',
    'session_context',
    'user_context',
  ],
  cursor: Cursor,
  schedule: {
    ORDERS: '0 * * * *',
    RETURNS: '30 1 * * *',
    PAYOUTS: '0 3 * * *',
    // what changes is pushed at once; this is the daily look at what AJIO believes
    INVENTORY: '30 4 * * *',
  },
  // for each POB
  limits: [
    { operation: 'orders', ratePerSecond: 2, burst: 10 },
    { operation: 'write', ratePerSecond: 5, burst: 20 },
    { operation: 'documents', ratePerSecond: 5, burst: 20 },
    { operation: 'returns', ratePerSecond: 1, burst: 5 },
    { operation: 'settlements', ratePerSecond: 1, burst: 5 },
    { operation: 'inventory', ratePerSecond: 1, burst: 5 },
    { operation: 'session', ratePerSecond: 1, burst: 5 },
  ],
  claimWindowDays: 60,
  queues: [{ name: 'marketplace-push-ajio', kind: 'fifo' }],
  sweeps: [
    {
      // the schedules are the sellers' own; this one keeps the hour even where the common sweep is off
      id: 'ajio-orders-autosync',
      cron: '0 * * * *',
      run: async (ctx) => ctx.log('orders-autosync', { asked: await ctx.syncDue('ORDERS') }),
    },
    {
      id: 'ajio-token-revalidation',
      cron: '0 */4 * * *',
      run: async (ctx) =>
        ctx.log('token-revalidation', { asked: await ctx.verifyIdle(idleSessionMs) }),
    },
  ],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['ajio_account_details'],
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
