/** What a plugin's routes, consumers, sweeps and start are given. */
import { recordPluginAudit } from '../audit/record.ts'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { plainStatement } from '../db/sql.ts'
import type { Log } from '../log.ts'
import {
  type Context,
  failure,
  isMarketplace,
  type JobContext,
  type Plugin,
  type PluginFiles,
  type Reach,
  type Schema,
  type SellerTx,
} from '../plugin.ts'
import { sqlFault } from '../rules/plugin-sql.ts'
import { requestJob } from '../queues/work.ts'
import type { PluginFilesOf } from '../storage/plugin-files.ts'
import { createOutbound } from './outbound.ts'
import type { Upstream } from './upstream.ts'

export interface PluginDeps {
  readonly db: Database
  /** Of a plugin that has a login of its own. */
  readonly dbOf?: (plugin: Plugin) => ScopeOpener | undefined
  readonly configOf: (pluginId: string) => unknown
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly fetch: typeof fetch
  readonly log: Log
  /** Absent: this house has no storage. */
  readonly pluginFiles?: PluginFilesOf
}
export type ScopeOpener = Pick<Database, 'withSellerScope' | 'makeInSellerScope'>
export interface PluginJob {
  readonly key: string
  readonly signal: AbortSignal
}

export const createPluginContext = (
  deps: PluginDeps,
  plugin: Plugin,
  { key, signal }: PluginJob,
): Context => {
  const upstream = deps.upstreamOf(plugin.id)
  const hosts = isMarketplace(plugin) ? plugin.hosts : []
  return {
    config: deps.configOf(plugin.id),
    key,
    signal,
    now: upstream.now,
    log: (event, fields) => deps.log.info(`${plugin.id}.${event}`, fields),
    http: createOutbound({
      marketplace: { id: plugin.id, hosts },
      upstream,
      fetch: deps.fetch,
      signal,
    }),
    download: () => Promise.reject(failure('rejected', 'Documents cannot be downloaded here')),
    table: () => Promise.reject(failure('rejected', 'Files cannot be read here')),
  }
}

/** The context of a job for one seller; `http` throws while a scope is open. */
export const createJobContext = (
  deps: PluginDeps,
  plugin: Plugin,
  job: PluginJob & {
    readonly entry: Entry
    /** Of a consumer: throws when an earlier delivery has made it. */
    readonly once?: (scope: SellerScope) => Promise<void>
    /** Of a route: the accounts for which whoever asks has a permission. */
    readonly reach?: (permission: string) => Reach | null
  },
): JobContext => {
  const context = createPluginContext(deps, plugin, job)
  const db = deps.dbOf?.(plugin) ?? deps.db
  let open = 0
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    open++
    try {
      return await work()
    } finally {
      open--
    }
  }
  const outside = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (open === 0) return await work()
    throw new Error(`${what} was called inside a scope: no transaction spans a request`)
  }
  const { entry, signal, reach = () => nobody } = job
  const files = deps.pluginFiles?.({ entry, pluginId: plugin.id, signal }) ?? noFiles
  return {
    ...context,
    http: (schema, url, init) => outside('http', () => context.http(schema, url, init)),
    files: {
      write: (file) => outside('files.write', () => files.write(file)),
      append: (...part) => outside('files.append', () => files.append(...part)),
      finish: (writer) => outside('files.finish', () => files.finish(writer)),
      remove: (id) => outside('files.remove', () => files.remove(id)),
      url: (id, ask) => outside('files.url', () => files.url(id, ask)),
    },
    reach: (permission) => Promise.try(() => reach(permission)),
    scope: (work) =>
      counted(() => db.withSellerScope(job.entry, (scope) => work(sellerTx(plugin, scope)))),
    make: (work) =>
      counted(() => {
        const { once } = job
        if (!once) {
          return db.makeInSellerScope(
            job.entry,
            (scope) => work({ ...sellerTx(plugin, scope), made: scope.made }),
          )
        }
        return db.withSellerScope(job.entry, async (scope) => {
          await once(scope)
          return await work({ ...sellerTx(plugin, scope), made: () => {} })
        })
      }),
  }
}

const nobody: Reach = { only: [], except: [] }
const refuse = () => Promise.reject(failure('unavailable', 'There is no storage of files here'))
const noFiles: PluginFiles = {
  ...{ write: refuse, append: refuse, finish: refuse, remove: refuse, url: refuse },
}

const sellerTx = (plugin: Plugin, scope: SellerScope): SellerTx => ({
  sellerId: scope.sellerId,
  any: async (schema, text, values = []) => {
    const why = knownFault(plugin, text)
    if (why !== undefined) throw new Error(why)
    const rows = await scope.any(plainStatement(text, values))
    return await Promise.all(rows.map((row) => checked(schema, row)))
  },
  send: async (queue, body, to) => {
    if (!plugin.consumers?.some((consumer) => consumer.queue === queue)) {
      throw new Error(`The plugin has no consumer for the queue "${queue}"`)
    }
    if ((JSON.stringify(body) ?? '').length > longestBody) {
      throw new Error('The body is too long for a queue: send the id of what it is about')
    }
    await requestJob(scope, { queue, accountId: to?.account ?? null, body })
  },
  audit: (action, target) =>
    Promise.try(() => recordPluginAudit(scope, scope.sellerId, plugin.id, action, target)),
})

/** Characters of JSON. */
const longestBody = 64 * 1024

/** A plugin says the same few statements again and again. */
const judged = new WeakMap<Plugin, Map<string, string | undefined>>()
const maxJudged = 500

const knownFault = (plugin: Plugin, text: unknown): string | undefined => {
  if (typeof text !== 'string') return "A plugin's statement is text"
  const known = judged.get(plugin) ?? new Map<string, string | undefined>()
  judged.set(plugin, known)
  if (!known.has(text)) {
    if (known.size >= maxJudged) known.clear()
    known.set(text, sqlFault(text, plugin))
  }
  return known.get(text)
}

const checked = async <T>(schema: Schema<T>, row: unknown): Promise<T> => {
  const result = await schema['~standard'].validate(row)
  if (!result.issues) return result.value
  const paths = result.issues.map((issue) => (issue.path ?? []).map(String).join('.'))
  throw new Error(`A row does not fit the plugin's schema at: ${paths.join(', ')}`)
}
