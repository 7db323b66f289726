/** The database tier of the conformance kit: the house itself, with the plugin and its sandbox. */
import { randomBytes } from 'node:crypto'
import type { Catalog } from '#core/db/catalog.ts'
import { sql } from '#core/db/sql.ts'
import { scopeKeyOf } from '#core/db/proof.ts'
import { openDatabase } from '#core/db/scope.ts'
import { withOperations } from '#core/db/operations.ts'
import type { Host } from '#core/host/host.ts'
import type { PluginFault } from '#core/host/load.ts'
import { migrateHost } from '#core/host/migrate.ts'
import { idOf } from '#core/ids.ts'
import { createRegistry } from '#core/ledger/registry.ts'
import { syncAccount, type SyncDeps } from '#core/ledger/run-sync.ts'
import { createUpstream } from '#core/ledger/upstream.ts'
import { silentLog } from '#core/log.ts'
import { isMarketplace, type Marketplace, type Plugin } from '#core/plugin.ts'
import { pause } from '#core/queues/pause.ts'
import { claimWork, requestWork } from '#core/queues/work.ts'
import type { DatabaseBench, SyncOutcome, TableFault } from '#core/testing/conformance/bench.ts'
import type { Sample } from '#core/testing/conformance/sample.ts'
import { callVerb } from '#core/testing/sandbox/call.ts'
import type { RunningSandbox } from '#core/testing/sandbox/sandbox.ts'
import { z } from 'zod'
import { newSecret, openKeyring } from '../bench/local-keys.ts'
import { memoryFiles } from './memory-files.ts'
import { catalogOf, clearTexts, newTableFaults, pluginTables, withoutPlugin } from './look.ts'
import { type BenchSeller, connect, makeSeller } from './sellers.ts'
import { type BenchServer, type BenchUrls, ownServer } from './server.ts'

export interface OpenDatabaseBench {
  readonly plugin: Plugin
  /** Absent: nothing can be synced. */
  readonly sample?: Sample
  /** Absent: a PostgreSQL of its own, in a temporary folder. */
  readonly server?: BenchServer
}
export interface OpenBench extends DatabaseBench {
  readonly close: () => Promise<void>
}

const coreFolder = new URL('../../migrations/', import.meta.url)
const hostOf = (plugins: readonly Plugin[], config: unknown): Host => ({
  plugins: plugins.map((plugin) => ({ plugin, use: plugin.id, url: '', config })),
  marketplaces: plugins.filter(isMarketplace),
  configOf: () => config,
})

/** A database with core's tables; the first `migrate` brings the plugin's. Close it. */
export const openDatabaseBench = async (options: OpenDatabaseBench): Promise<OpenBench> => {
  const { plugin, sample } = options
  const server = options.server ?? await ownServer()
  const closeServer = options.server ? () => Promise.resolve() : server.close
  const { urls, drop } = await server.create().catch(async (error) => {
    await closeServer()
    throw error
  })
  const scopeKey = scopeKeyOf(new Uint8Array(randomBytes(32)))
  const config = await configOf(plugin, sample)
  const migrated = async (plugins: readonly Plugin[]): Promise<Migrated> => {
    const log: string[] = []
    try {
      await migrateHost({
        ...{ ownerUrl: urls.owner, coreFolder, scopeKey, host: hostOf(plugins, config) },
        log: (_event, { line, file }) => void log.push(`${line}/${file}`),
      })
      return { applied: log, faults: [] }
    } catch (error) {
      const { faults } = error as { faults?: readonly PluginFault[] }
      if (!faults) throw error
      return { applied: log, faults }
    }
  }
  try {
    await migrated([])
  } catch (error) {
    await drop()
    await closeServer()
    throw error
  }
  const before = await catalogOf(urls.owner)
  /** As it is since the last `migrate`. */
  let now: Promise<Catalog> | undefined
  const catalog = () => now ??= catalogOf(urls.owner)
  let satellite: readonly PluginFault[] = []
  let house: Promise<House> | undefined
  const housed = (): Promise<House> =>
    house ??= openHouse({ urls, scopeKey, plugin, sample, config })

  return {
    migrate: async () => {
      now = undefined
      const { applied, faults } = await migrated([plugin])
      satellite = faults.filter((fault) => fault.plugin === plugin.id)
      return applied
    },
    coreCatalog: async (when) =>
      withoutPlugin(when === 'before' ? before : await catalog(), plugin.id),
    tableFaults: async () => [
      ...newTableFaults(before, await catalog()),
      ...satellite.map(({ path, message }): TableFault => ({
        ...{ about: 'satellite', object: path, message },
      })),
    ],
    tables: async () => pluginTables(await catalog()),
    sync: async (target, seller) => await (await housed()).sync(target, seller),
    foreign: async () => await (await housed()).foreign(sellersTables(await catalog())),
    clearTexts: async (needles) => await clearTexts(urls.owner, await catalog(), needles),
    close: async () => {
      await (await house?.catch(() => undefined))?.close()
      await drop()
      await closeServer()
    },
  }
}

interface Migrated {
  readonly applied: readonly string[]
  readonly faults: readonly PluginFault[]
}

const configOf = async (plugin: Plugin, sample: Sample | undefined): Promise<unknown> => {
  const result = await plugin.config?.['~standard'].validate(sample?.config ?? {})
  return result && !result.issues ? result.value : undefined
}

interface House {
  readonly sync: DatabaseBench['sync']
  readonly foreign: (tables: readonly string[]) => ReturnType<DatabaseBench['foreign']>
  readonly close: () => Promise<void>
}
const tablesOf = {
  ORDERS: 'orders',
  RETURNS: 'order_returns',
  PAYOUTS: 'marketplace_payouts',
} as const
const sliceMs = 60_000
const mostSlices = 50

/** Two sellers, their keys, and the sandbox that both have an account at. */
const openHouse = async ({ urls, scopeKey, plugin, sample, config }: {
  readonly urls: BenchUrls
  readonly scopeKey: ReturnType<typeof scopeKeyOf>
  readonly plugin: Plugin
  readonly sample: Sample | undefined
  readonly config: unknown
}): Promise<House> => {
  if (!isMarketplace(plugin) || !sample) throw new Error('Cannot sync: there is no sample')
  const marketplace = withoutLimits(plugin)
  const sandbox = await startedFor(plugin, sample)
  const db = await openDatabase({
    ...{ url: urls.app, platformUrl: urls.platform, scopeKey, maxConnections: 4 },
  })
  const keyring = openKeyring(db, newSecret())
  const first = sample.account ?? 0
  const own = sandbox.accounts[first]
  const others = sandbox.accounts.filter((_, at) => at !== first)
  const other = others.toSorted((a, b) => a.orders - b.orders)[0] ?? own
  if (!own || !other) throw new Error(`Cannot sync: the sandbox has no account ${first}`)
  // where a rule is broken `migrate` ends before it, and the rows can be judged all the same
  await withOperations(urls.owner, (sql) =>
    sql`
      insert into marketplaces (id, code, name, plugin_id)
      values (${idOf('marketplace', plugin.code)}, ${plugin.code}, ${plugin.name}, ${plugin.id})
      on conflict do nothing`)
  const sellers: BenchSeller[] = []
  for (const demo of [own, other]) {
    const seller = await makeSeller(db)
    const keys = await keyring.forSeller(seller.entry, { willSeal: 10 })
    sellers.push(await connect(db, seller, keys, marketplace, demo))
  }
  const { at, upstream, speed } = sandbox.clock
  const clock = { at: new Date(at), upstream: new Date(upstream), speed }
  const upstreamOf = () => createUpstream({ url: sandbox.url, clock }, Date.now, fetch)
  const deps: SyncDeps = {
    ...{ db, keyring, registry: createRegistry([marketplace]), upstreamOf, fetch, sliceMs },
    ...{
      files: memoryFiles(),
      configOf: () => config,
      log: silentLog,
      sleep: pause,
      now: Date.now,
    },
  }
  const sellerAt = (at: 0 | 1): BenchSeller => {
    const seller = sellers[at]
    if (!seller) throw new Error(`There is no seller ${at}`)
    return seller
  }
  return {
    sync: (target, at) => syncOnce(urls.owner, deps, sellerAt(at), target),
    foreign: async (tables) => {
      const [mine, theirs] = [sellerAt(0), sellerAt(1)]
      return await db.withSellerScope(mine.entry, async (scope) => {
        const counts = []
        for (const table of tables) {
          const { own, others } = await scope.one(sql.type(Counts)`/* unprepared */
            select count(*) filter (where seller_id = ${mine.sellerId})::int4 as own,
              count(*) filter (where seller_id = ${theirs.sellerId})::int4 as others
            from ${sql.identifier([table])}`)
          counts.push({ table, own, others })
        }
        return counts
      })
    },
    close: async () => {
      keyring.close()
      await db.close()
      await sandbox.stop()
    },
  }
}
const Counts = z.object({ own: z.number(), others: z.number() })

/** The same operations, as fast as they come: how patient the host is belongs to other checks. */
const withoutLimits = (plugin: Marketplace): Marketplace => ({
  ...plugin,
  limits: (plugin.limits ?? []).map(({ operation }) => ({
    ...{ operation, ratePerSecond: 1e6, burst: 1e6 },
  })),
})

const startedFor = async (plugin: Marketplace, sample: Sample): Promise<RunningSandbox> => {
  const { startSandbox, seed, env = {}, prepare = [] } = sample
  const sandbox = await startSandbox({ seed, speed: 0, env })
  for (const { operation } of plugin.limits ?? []) {
    // a sandbox without buckets has no such verb
    await callVerb(sandbox, 'throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
      .catch(() => {})
  }
  for (const { verb, body } of prepare) await callVerb(sandbox, verb, body as object)
  return sandbox
}

/** A run of the account, slice after slice, as a worker drives it. */
const syncOnce = async (
  ownerUrl: string,
  deps: SyncDeps,
  { sellerId, accountId, entry }: BenchSeller,
  target: keyof typeof tablesOf,
): Promise<SyncOutcome> => {
  const { db } = deps
  const asked = await db.withSellerScope(entry, (scope) =>
    requestWork(scope, {
      ...{ sellerId, accountId, target, reason: 'manual', queue: 'account-sync' },
    }))
  if (!asked) throw new Error('The account that was just made is not there')
  const never = new AbortController().signal
  return await withOperations(ownerUrl, async (sql) => {
    for (let slice = 0; slice < mostSlices; slice++) {
      const [item] = await sql<{ id: string; state: string }[]>`
        update work_items set not_before = now(), lease_until = now()
        where job_run_id = ${asked.runId} and state = 'WAITING' returning id, state`
      if (!item) break
      const work = await claimWork(db, { sellerId, itemId: item.id, leaseMs: 60_000 })
      if (!work?.claimed || work.target === 'JOB') throw new Error('The run cannot be leased')
      await syncAccount(deps, work, { signal: never, draining: never })
    }
    const table = sql(tablesOf[target])
    const [outcome] = await sql<SyncOutcome[]>`
      select r.state, r.failure_message as failure, r.received, r.new_rows as created, r.changed,
        r.rejected,
        (select count(*)::int from ${table} t
          where t.seller_id = r.seller_id and t.marketplace_account_id = ${accountId}) as stored,
        (select count(*)::int from quarantined_rows q
          where q.seller_id = r.seller_id and q.marketplace_account_id = ${accountId}
            and q.target = ${target}) as quarantined
      from job_runs r where r.id = ${asked.runId}`
    if (!outcome) throw new Error('The run is gone')
    return { ...outcome }
  })
}

/** Those that a seller may read. */
const sellersTables = ({ relations }: Catalog): readonly string[] =>
  relations.filter(({ kind, columns, grants }) =>
    kind === 'table' && columns.some(({ name }) => name === 'seller_id') &&
    grants.some(({ role, privilege, column }) =>
      role === 'robnu_tenant' && privilege === 'SELECT' && column === null
    )
  ).map(({ name }) => name)
