/** The server process of P4: the real application and the bare handler, each on its own port. */
import { openSync, writeSync } from 'node:fs'
import { devNull } from 'node:os'
import process from 'node:process'
import { createAuth } from '#core/auth/auth.ts'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { createThrottle } from '#core/auth/throttle.ts'
import { createTokens } from '#core/auth/tokens.ts'
import { openDatabase } from '#core/db/scope.ts'
import { createApp } from '#core/http/app.ts'
import { listen } from '#core/http/listen.ts'
import type { Accounts } from '#core/http/services.ts'
import { newId } from '#core/ids.ts'
import { createOrders } from '#core/ledger/read-orders.ts'
import { createRuns } from '#core/ledger/runs.ts'
import { createLog } from '#core/log.ts'
import { createPermissions } from '#core/rbac/permissions.ts'
import { listenBare } from './bare-page.ts'
import { openKeyring } from './local-keys.ts'
import { connections, readSettings, type ServerUrls } from './page-settings.ts'

const settings = readSettings(process.env)
const now = () => new Date()
// every request is logged as in production; where the lines go is not measured
const sink = openSync(devNull, 'w')
const log = createLog((line) => writeSync(sink, `${line}\n`), now)

const db = await openDatabase({ url: settings.appUrl, maxConnections: connections })
const none = () => Promise.reject(new Error('No benchmark asks for this'))
const accounts: Accounts = {
  marketplaces: none,
  list: none,
  get: none,
  connect: none,
  requestSync: none,
}
const app = createApp({
  services: {
    auth: createAuth({
      db,
      hasher: createPasswordHasher(),
      tokens: await createTokens({ keys: settings.tokenKeys, now }),
      throttle: createThrottle({ now }),
      log,
      now,
      newId: () => newId(),
    }),
    orders: createOrders({ db, keyring: openKeyring(db, settings.secret) }),
    accounts,
    runs: createRuns(db),
  },
  permissions: createPermissions([]),
  checks: { database: db.ping },
  cursorKey: settings.secret,
  log,
  now,
  version: 'bench',
})
const { url } = await listen(app.fetch, { host: '127.0.0.1', port: 0 })
const bare = await listenBare(settings.freeUrl, connections)
const urls: ServerUrls = { house: url, bare }
process.stdout.write(`${JSON.stringify(urls)}\n`)
process.on('SIGTERM', () => process.exit(0))
