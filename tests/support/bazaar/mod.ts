/** Bazaar: an invented marketplace, written as a third party would write its plugin. */
import { API, defineMarketplace } from 'robnu/plugin'
import { refresh, verify } from './client.ts'
import { Config, Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
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
  cursor: Cursor,
  schedule: { ORDERS: '*/15 * * * *' },
  limits: [
    { operation: 'listOrders', ratePerSecond: 5, burst: 20, rateHeader: 'x-bazaar-rate' },
  ],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['bazaar_account_details'],
  adapter: { verify, refresh, syncOrders },
})
