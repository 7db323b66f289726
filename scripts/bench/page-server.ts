/** The server process of P4: the real application and the bare handler, each on its own port. */
import { openSync, writeSync } from 'node:fs'
import { devNull } from 'node:os'
import process from 'node:process'
import { createAuth } from '#core/auth/auth.ts'
import { createLimits } from '#core/auth/limits/limits.ts'
import { databaseStore } from '#core/auth/limits/store.ts'
import { createLanes } from '#core/auth/lanes.ts'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { createTokens } from '#core/auth/tokens.ts'
import { numberSecrets } from '#core/crypto/numbered.ts'
import { openDatabase } from '#core/db/scope.ts'
import { createApp } from '#core/http/app.ts'
import { listen } from '#core/http/listen.ts'
import type { Accounts } from '#core/http/services.ts'
import { newId } from '#core/ids.ts'
import { createOrders } from '#core/ledger/read-orders.ts'
import { createRuns } from '#core/ledger/runs.ts'
import { createLog } from '#core/log.ts'
import { createPost, noMailer } from '#core/mail/post.ts'
import { defaultPolicies, readPolicies } from '#core/rate-limits.ts'
import { createPermissions } from '#core/rbac/permissions.ts'
import { listenBare } from './bare-page.ts'
import { labScopeKey } from './lab.ts'
import { openKeyring } from './local-keys.ts'
import { connections, readSettings, type ServerUrls } from './page-settings.ts'

const settings = readSettings(process.env)
const now = () => new Date()
// every request is logged as in production; where the lines go is not measured
const sink = openSync(devNull, 'w')
const log = createLog((line) => writeSync(sink, `${line}\n`), now)

const db = await openDatabase({
  url: settings.appUrl,
  platformUrl: settings.platformUrl,
  scopeKey: labScopeKey,
  maxConnections: connections,
})
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
      secrets: numberSecrets('nobody signs in to be measured here'),
      lanes: createLanes({ db, key: settings.secret, now }),
      post: createPost({ mailer: noMailer, log, sleep: none }),
      log,
      now,
      newId: () => newId(),
    }),
    tenancy: {
      sellers: { get: none, change: none },
      people: {
        list: none,
        get: none,
        changeRole: none,
        remove: none,
        leave: none,
        transfer: none,
      },
      invitations: { list: none, get: none, make: none, resend: none, revoke: none },
      signUp: { ask: () => {}, confirm: none, found: none },
      join: { accept: none },
    },
    webhooks: { take: none },
    keys: { verify: none, close: none },
    keyDesk: { list: none, get: none, create: none, rotate: none, revoke: none },
    overrides: { of: none },
    overrideDesk: { subjectOf: none, list: none, get: none, add: none, remove: none },
    staff: { verify: none, enter: none, me: none, record: none },
    staffWork: {
      signIn: { signIn: none, signOut: none, verify: none, stepUp: none, changePassword: none },
      me: none,
      impersonations: {
        ...{ list: none, request: none, approve: none, start: none, end: none, enter: none },
      },
      sellers: { list: none, suspend: none, resume: none },
      trail: { list: none },
    },
    impersonations: { live: none, list: none, get: none, approve: none, deny: none, end: none },
    // counted as in production, with a quota that no measurement uses up
    limits: createLimits({
      policies: readPolicies('burst=100000000/60,write=100000000/60') ?? defaultPolicies,
      store: databaseStore(db),
      now: Date.now,
    }),
    idempotency: { find: none, fingerprint: () => new Uint8Array() },
    orders: createOrders({ db, keyring: openKeyring(db, settings.secret) }),
    reveals: { reveal: none },
    search: { find: none },
    principals: { find: none, export: none, erase: none, erasure: none },
    accounts,
    uploads: { make: none, get: none, complete: none, fileOf: none },
    runs: createRuns(db),
    care: { pause: none, schedule: none, credentials: none, credentialEvents: none, health: none },
    deadLetters: { list: none, decide: none },
    staffQueues: {
      letters: { list: none, decide: none, strays: none },
      switches: { list: none, set: none },
    },
    staffPlugins: { read: none },
    erasures: { list: none },
    offboardings: { get: none, request: none, withdraw: none },
    keyWalks: { list: none, rotate: none, rotations: none, rotation: none },
    shipments: { list: none, get: none },
    returns: { list: none, get: none },
    payouts: { list: none, get: none, lines: none },
    timelines: { get: none },
    stock: { list: none, change: none, reserve: none },
    listings: { list: none, get: none, map: none, unmapped: none },
    imports: { receive: none, make: none, get: none, list: none, lines: none, cancel: none },
    processing: {
      start: none,
      get: none,
      list: none,
      lines: none,
      closeManifest: none,
      changeManifest: none,
    },
    manifests: { list: none, get: none },
    documents: { ofOrder: none, link: none },
    registrations: { list: none, put: none },
    tenantExports: { request: none, get: none, files: none },
    audit: {
      trail: { list: none, export: none, digests: none },
      anchors: { list: none, add: none, remove: none },
      openings: { list: none, daily: none, openers: none },
      keys: [],
    },
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
