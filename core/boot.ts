/** Builds the application from a configuration: the only place where its parts meet. */
import { createPasswordHasher } from './auth/passwords.ts'
import { createTokens } from './auth/tokens.ts'
import { createIdempotency, openLimits } from './boot/edge.ts'
import { accessServices } from './boot/access.ts'
import { auditServices } from './boot/audit.ts'
import { processingServices } from './boot/processing.ts'
import { queueServices } from './boot/queues.ts'
import { openPost, secretsOf, signInServices } from './boot/sign-in.ts'
import { staffServices } from './boot/staff.ts'
import { openFiles } from './boot/storage.ts'
import { startSweeping } from './boot/sweeps.ts'
import { tenancyServices } from './boot/tenancy.ts'
import { startWorkers } from './boot/work.ts'
import type { Config, Part } from './config.ts'
import { deriveKey } from './crypto/derive.ts'
import { createKeyring } from './crypto/keyring.ts'
import { createKms } from './crypto/kms.ts'
import { scopeKeyFrom } from './crypto/scope-key.ts'
import type { Database } from './db/database.ts'
import { openDatabase, sqlState } from './db/scope.ts'
import { type Host, openHost } from './host/host.ts'
import { createApp } from './http/app.ts'
import { listen, type Listener } from './http/listen.ts'
import { newId } from './ids.ts'
import { createAccounts } from './ledger/accounts.ts'
import { createImports } from './ledger/imports/imports.ts'
import { createJobContext, createPluginContext } from './ledger/plugin-context.ts'
import { consumersOf } from './ledger/plugin-jobs.ts'
import { createOrders } from './ledger/read-orders.ts'
import { createPayouts } from './ledger/read-payouts.ts'
import { createReturns } from './ledger/read-returns.ts'
import { createShipments } from './ledger/read-shipments.ts'
import { createTimelines } from './ledger/read-timeline.ts'
import { createRegistry } from './ledger/registry.ts'
import { createListings } from './ledger/inventory/listings.ts'
import { createStock } from './ledger/inventory/stock.ts'
import { createRuns } from './ledger/runs.ts'
import { createUpstream } from './ledger/upstream.ts'
import type { Log } from './log.ts'
import { createPermissions } from './rbac/permissions.ts'
import { coreQueues, createQueueOf } from './queues/layout.ts'
import { pause } from './queues/pause.ts'
import { startRelay } from './queues/relay.ts'
import { createSqs } from './queues/sqs.ts'

export interface Application {
  readonly start: () => Promise<void>
  /** Requests and jobs in hand come to their end, then everything closes. */
  readonly stop: () => Promise<void>
  /** Where the API listens; undefined in a process without it, and before the start. */
  readonly url: () => string | undefined
}
export interface BootOptions {
  readonly log: Log
  readonly now?: () => number
  readonly fetch?: typeof fetch
}

/** The release that /openapi.json and /healthz tell. */
const version = '0.1.0'
/** A slice of a sync ends after this long, so that one account never holds a worker. */
const sliceMs = 20_000

/** Throws one error with every fault of configuration or plugins; opens nothing before. */
export const boot = async (config: Config, options: BootOptions): Promise<Application> => {
  const host = await openHost(config.plugins, config.configDir)
  const house = await build(config, host, options)
  const stops: (() => Promise<unknown>)[] = [house.close]
  const runs = (part: Part) => config.ROBNU_RUN.includes(part)
  let url: string | undefined
  return {
    url: () => url,
    start: async () => {
      await refuseUnknownKey(house.db)
      // a bucket of AWS is made by who runs the account; one of our own machine by us
      if (config.AWS_ENDPOINT_URL && runs('worker')) await house.files.ensureBucket()
      if (runs('worker') || runs('sweeps')) await house.sqs.ensureQueues(house.queues)
      if (runs('worker')) stops.push(startWorker(house))
      if (runs('sweeps')) stops.push(await startSweeping(house))
      for (const { plugin } of host.plugins) {
        const job = { key: newId(), signal: house.stopping }
        const end = await plugin.start?.(createPluginContext(house, plugin, job))
        if (end) stops.push(end)
      }
      if (runs('api')) {
        const server = await serve(house, config)
        stops.push(server.close)
        url = server.url
      }
      options.log.info('app.ready', { url, run: config.ROBNU_RUN })
    },
    stop: async () => {
      for (const stop of stops.splice(0).reverse()) await stop()
    },
  }
}

/** A database that is not there yet is waited for; one that knows another key will never do. */
const refuseUnknownKey = async (db: Database): Promise<void> => {
  try {
    await db.ping()
  } catch (cause) {
    if (sqlState(cause) !== '42501') return
    throw new Error(
      'Cannot start: the database does not know the key of this process; run migrate with its ROBNU_SECRET',
      { cause },
    )
  }
}

type House = Awaited<ReturnType<typeof build>>

const build = async (config: Config, host: Host, options: BootOptions) => {
  const { log } = options
  const now = options.now ?? Date.now
  const clock = () => new Date(now())
  const db = await openDatabase({
    url: config.DATABASE_URL,
    platformUrl: config.DATABASE_PLATFORM_URL,
    scopeKey: scopeKeyFrom(config.ROBNU_SECRET),
    maxConnections: config.ROBNU_POOL,
    now,
  })
  const aws = {
    region: config.AWS_REGION,
    ...config.AWS_ENDPOINT_URL === undefined ? {} : { endpoint: config.AWS_ENDPOINT_URL },
    log,
  }
  const kms = createKms(aws)
  const aliasOf = (sellerId: string): string =>
    config.AWS_S3_PER_SELLER_KMS ? `alias/robnu/seller-${sellerId}` : config.ROBNU_KMS_ALIAS
  const keyring = createKeyring({
    db,
    kms,
    aliasOf,
    createMissingAlias: config.ROBNU_KMS_CREATE_KEYS,
    now,
    log,
  })
  const files = openFiles({ db, aws, config, aliasOf, keyring })
  const sqs = createSqs({ ...aws, prefix: config.ROBNU_QUEUE_PREFIX })
  const hasher = createPasswordHasher({ secrets: secretsOf(config) })
  const registry = createRegistry(host.marketplaces)
  const upstreams = new Map(
    host.plugins.map(({ plugin: { id } }) => [
      id,
      createUpstream(config.ROBNU_UPSTREAMS[id], now),
    ]),
  )
  const real = createUpstream(undefined, now)
  const stopping = new AbortController()
  let wake = () => {}
  const shared = {
    db,
    keyring,
    registry,
    queueOf: createQueueOf(host.plugins.map(({ plugin }) => plugin)),
    consumers: consumersOf(host.plugins.map(({ plugin }) => plugin)),
    upstreamOf: (pluginId: string) => upstreams.get(pluginId) ?? real,
    configOf: host.configOf,
    fetch: options.fetch ?? fetch,
    now,
    log,
  }
  const post = openPost({ config, fetch: shared.fetch, log, clock })
  return {
    ...shared,
    ...{ kms, sqs, files, hasher, post, host, clock, config, stopping: stopping.signal },
    queues: [...coreQueues, ...host.plugins.flatMap(({ plugin }) => plugin.queues ?? [])],
    wake: () => wake(),
    startRelay: () => {
      const relay = startRelay({ db, sqs, log, signal: stopping.signal })
      wake = relay.wake
      return async () => {
        stopping.abort()
        await relay.done
      }
    },
    close: async () => {
      stopping.abort()
      await post.close()
      await hasher.close()
      keyring.close()
      files.close()
      await Promise.all([kms.close(), sqs.close(), db.close()])
    },
  }
}

const startWorker = (house: House): () => Promise<void> => {
  const stopRelay = house.startRelay()
  const stopWorkers = startWorkers({
    deps: { ...house, sliceMs, sleep: pause },
    sqs: house.sqs,
    queues: house.queues,
    leaseMs: house.config.ROBNU_LEASE_MS,
  })
  return async () => {
    await stopWorkers()
    await stopRelay()
  }
}

const serve = async (house: House, config: Config): Promise<Listener> => {
  const { db, keyring, clock, log, host, kms, sqs } = house
  const { limits, store } = await openLimits(house, config)
  const plugins = host.plugins.map(({ plugin }) => plugin)
  const permissions = createPermissions(plugins)
  const access = accessServices({ ...house, permissions, store })
  const tokens = await createTokens({ keys: config.ROBNU_JWT_KEYS, now: clock })
  const auth = signInServices({ ...house, tokens })
  const app = createApp({
    services: {
      auth,
      tenancy: tenancyServices({ ...house, auth, appUrl: config.ROBNU_APP_URL }),
      ...access,
      ...staffServices(house),
      limits,
      idempotency: createIdempotency(house, config),
      orders: createOrders({ db, keyring }),
      accounts: createAccounts(house),
      runs: createRuns(db),
      shipments: createShipments(db),
      returns: createReturns(db),
      payouts: createPayouts(db),
      timelines: createTimelines(db),
      ...queueServices(house),
      stock: createStock(house),
      listings: createListings(house),
      imports: createImports(house),
      ...processingServices(house),
      audit: auditServices(house),
    },
    checks: { database: db.ping, keys: kms.ping, queues: sqs.ping },
    permissions,
    plugins: plugins.map((plugin) => ({
      pluginId: plugin.id,
      routes: plugin.routes ?? [],
      contextOf: ({ entry, requestId, signal }) =>
        createJobContext(house, plugin, { entry, key: requestId, signal }),
    })),
    cursorKey: deriveKey(config.ROBNU_SECRET, 'cursors'),
    docs: config.ROBNU_DOCS,
    version,
    now: clock,
    log,
    ...config.ROBNU_ORIGIN === undefined ? {} : { origin: config.ROBNU_ORIGIN },
    ...config.ROBNU_SECURITY_CONTACT === undefined
      ? {}
      : { securityContact: config.ROBNU_SECURITY_CONTACT },
    proxies: config.ROBNU_PROXIES,
  })
  const server = await listen(app.fetch, { host: config.HOST, port: config.PORT })
  return {
    ...server,
    close: async () => {
      await server.close()
      await access.keys.close()
      await store.close()
    },
  }
}
