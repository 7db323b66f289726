/** A running Bazaar beside a database that knows it: for every test that needs a marketplace. */
import { fileURLToPath } from 'node:url'
import { createKeyring, type Keyring } from '../../../core/crypto/keyring.ts'
import type { KeyWrapping } from '../../../core/crypto/kms.ts'
import { type Host, openHost } from '../../../core/host/host.ts'
import { migrateHost } from '../../../core/host/migrate.ts'
import { createRegistry } from '../../../core/ledger/registry.ts'
import type { SyncDeps } from '../../../core/ledger/run-sync.ts'
import { writeSatellite } from '../../../core/ledger/satellite.ts'
import { createUpstream, type Upstream } from '../../../core/ledger/upstream.ts'
import { createLog, silentLog } from '../../../core/log.ts'
import type { Marketplace } from '../../../core/plugin.ts'
import { createQueueOf, type QueueOf } from '../../../core/queues/layout.ts'
import { pause } from '../../../core/queues/pause.ts'
import { callVerb } from '../../../core/testing/sandbox/call.ts'
import type { RunningSandbox } from '../../../core/testing/sandbox/sandbox.ts'
import { memoryFiles } from '../../../scripts/conformance/memory-files.ts'
import { type FreshDatabase, freshDatabase, makeAccount, type TestSeller } from '../database.ts'
import { memoryKms } from './kms.ts'
import type { Totals, WireOrder } from './sandbox/books.ts'
import startSandbox from './sandbox.ts'
import { testScopeKey } from '../scope-key.ts'

export const bazaarDir = fileURLToPath(new URL('./', import.meta.url))
const coreFolder = new URL('../../../migrations/', import.meta.url)

interface Bazaar {
  readonly sandbox: RunningSandbox
  /** Runs a verb of the control plane; throws what it refuses. */
  readonly control: (verb: string, body?: object) => Promise<unknown>
  readonly totals: (at: 0 | 1) => Promise<Totals>
  readonly orders: (at: 0 | 1) => Promise<readonly WireOrder[]>
  /** Goes to the sandbox, on its clock. */
  readonly upstream: () => Upstream
}

/** The sandbox without limits, unless a test sets some. Stop it in `afterAll`. */
const startBazaar = async (options: Pick<WorldOptions, 'speed'> = {}): Promise<Bazaar> => {
  const { speed = 1 } = options
  const sandbox = await startSandbox({ seed: 11, env: {}, speed })
  const control: Bazaar['control'] = (verb, body) => callVerb(sandbox, verb, body)
  const shop = (at: 0 | 1) => ({ shop: sandbox.accounts[at]?.externalAccountId })
  await control('throttle', { operation: 'listOrders', ratePerSecond: 1e6, burst: 1e6 })
  await control('throttle', { operation: 'stock', ratePerSecond: 1e6, burst: 1e6 })
  return {
    sandbox,
    control,
    totals: async (at) => await control('books', shop(at)) as Totals,
    orders: async (at) => await control('orders', shop(at)) as readonly WireOrder[],
    upstream: () => {
      const { at, upstream, speed } = sandbox.clock
      const clock = { at: new Date(at), upstream: new Date(upstream), speed }
      return createUpstream({ url: sandbox.url, clock }, Date.now)
    },
  }
}

export interface World extends Bazaar {
  readonly fresh: FreshDatabase
  readonly host: Host
  readonly marketplace: Marketplace
  readonly keyring: Keyring
  /** What the keyring's keys are wrapped by. */
  readonly kms: KeyWrapping
  /** What the ledger's functions are given; a test changes what it looks at. */
  readonly deps: SyncDeps & { readonly wake: () => void; readonly queueOf: QueueOf }
  /** Every line of the log so far. */
  readonly logged: readonly string[]
  /** An account of the seller with sealed credentials, as the first or second shop. */
  readonly connectShop: (seller: TestSeller, at: 0 | 1) => Promise<string>
  readonly close: () => Promise<void>
}

interface WorldOptions {
  /** Of the plugin. */
  readonly config?: unknown
  readonly trust?: 'in-process' | 'isolated'
  /** Of the sandbox's clock. */
  readonly speed?: number
}

/** Everything that a sync needs, in a database of its own. Close it in `afterAll`. */
export const openWorld = async (options: WorldOptions = {}): Promise<World> => {
  const fresh = await freshDatabase()
  const { config, trust = 'in-process' } = options
  const host = await openHost([{ use: './mod.ts', config, trust }], bazaarDir)
  await migrateHost({
    ownerUrl: fresh.urls.owner,
    coreFolder,
    scopeKey: testScopeKey,
    host,
    log: () => {},
  })
  const kms = memoryKms()
  const keyring = createKeyring({
    ...{ db: fresh.db, kms, log: silentLog, now: Date.now },
    aliasOf: () => 'alias/test',
    createMissingAlias: false,
  })
  const world = await worldOf({ fresh, keyring, kms, host }, options)
  return {
    ...world,
    close: async () => {
      await world.close()
      for (const { process } of host.plugins) await process?.stop()
      keyring.close()
      await fresh.close()
    },
  }
}

/** The same database with a sandbox of its own, for a test that makes trouble. */
export const anotherBazaar = (
  { fresh, keyring, kms, host }: World,
  options: Pick<WorldOptions, 'speed'> = {},
): Promise<World> => worldOf({ fresh, keyring, kms, host }, options)

const worldOf = async (
  parts: Pick<World, 'fresh' | 'keyring' | 'kms' | 'host'>,
  options: WorldOptions,
): Promise<World> => {
  const { fresh, keyring, host } = parts
  const bazaar = await startBazaar(options)
  const [marketplace] = host.marketplaces
  if (!marketplace) throw new Error('Bazaar was not loaded')
  const lines: string[] = []
  const log = createLog((line) => void lines.push(line), () => new Date())
  return {
    ...{ ...bazaar, ...parts, marketplace, logged: lines },
    deps: {
      ...{ db: fresh.db, keyring, registry: createRegistry(host.marketplaces) },
      ...{ upstreamOf: bazaar.upstream, configOf: host.configOf, fetch, log },
      ...{ sleep: pause, now: Date.now, sliceMs: 60_000, wake: () => {} },
      files: memoryFiles(),
      queueOf: createQueueOf(host.plugins.map(({ plugin }) => plugin)),
    },
    connectShop: async (seller, at) => {
      const shop = bazaar.sandbox.accounts[at]
      if (!shop) throw new Error(`The sandbox has no shop ${at}`)
      const { externalAccountId, details, credentials } = shop
      const accountId = await makeAccount(fresh, seller, { externalAccountId })
      const keys = await keyring.forSeller(seller.entry, { willSeal: 2 })
      await fresh.db.withSellerScope(
        seller.entry,
        (scope) => writeSatellite(scope, keys, marketplace, accountId, { details, credentials }),
      )
      return accountId
    },
    close: bazaar.sandbox.stop,
  }
}
