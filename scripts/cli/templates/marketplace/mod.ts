/** Nukkad: what the host has to know of this marketplace. */
import { API, defineMarketplace } from 'robnu/plugin'
import { verify } from './client.ts'
import { Credentials, Cursor, Details, hosts, secrets } from './schemas.ts'
import { syncOrders } from './sync.ts'

export default defineMarketplace({
  id: 'nukkad',
  code: 'NUKKAD',
  name: 'Nukkad',
  api: API,
  version: '0.1.0',
  // the version of the marketplace's own API
  upstream: 'v1',
  hosts,
  details: Details,
  detailsTable: 'nukkad_account_details',
  credentials: Credentials,
  secrets,
  // where buyers' data lies in answers: sealed in the archive, kept out of logs
  pii: ['orders[].buyer'],
  cursor: Cursor,
  schedule: { ORDERS: '*/15 * * * *' },
  limits: [{ operation: 'listOrders', ratePerSecond: 5, burst: 20 }],
  migrations: [
    { id: 1, sql: new URL('./migrations/0001_account_details.sql', import.meta.url) },
  ],
  tables: ['nukkad_account_details'],
  // An absent method is an absent ability. Returns come by `syncReturns`, settlements by
  // `syncPayouts`; stock goes out by `pushInventory` and is read by `readInventory`; orders are
  // processed by `fullProcessing`, with the papers of `fetchDocument`; `refresh` renews sessions
  // that end. Files that sellers download from the portal are `imports`, beside the adapter.
  adapter: { verify, syncOrders },
})
