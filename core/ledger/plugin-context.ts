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
  type Schema,
  type SellerTx,
} from '../plugin.ts'
import { requestJob } from '../queues/work.ts'
import { createOutbound } from './outbound.ts'
import type { Upstream } from './upstream.ts'

export interface PluginDeps {
  readonly db: Database
  readonly configOf: (pluginId: string) => unknown
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly fetch: typeof fetch
  readonly log: Log
}
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
  },
): JobContext => {
  const context = createPluginContext(deps, plugin, job)
  let open = 0
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    open++
    try {
      return await work()
    } finally {
      open--
    }
  }
  return {
    ...context,
    http: (schema, url, init) => {
      if (open > 0) {
        const why = 'http was called inside a scope: no transaction spans a request'
        return Promise.reject(new Error(why))
      }
      return context.http(schema, url, init)
    },
    scope: (work) =>
      counted(() => deps.db.withSellerScope(job.entry, (scope) => work(sellerTx(plugin, scope)))),
    make: (work) =>
      counted(() => {
        const { once } = job
        if (!once) {
          return deps.db.makeInSellerScope(
            job.entry,
            (scope) => work({ ...sellerTx(plugin, scope), made: scope.made }),
          )
        }
        return deps.db.withSellerScope(job.entry, async (scope) => {
          await once(scope)
          return await work({ ...sellerTx(plugin, scope), made: () => {} })
        })
      }),
  }
}

const sellerTx = (plugin: Plugin, scope: SellerScope): SellerTx => ({
  sellerId: scope.sellerId,
  any: async (schema, text, values = []) => {
    if (!isPlainStatement(text)) {
      throw new Error('A plugin reads and writes rows: SELECT, WITH, INSERT, UPDATE or DELETE')
    }
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

/** What sets, commits or changes roles is not a plugin's to say. */
const isPlainStatement = (text: string): boolean =>
  /^(?:select|with|insert|update|delete)\b/i.test(
    text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').trimStart(),
  )

const checked = async <T>(schema: Schema<T>, row: unknown): Promise<T> => {
  const result = await schema['~standard'].validate(row)
  if (!result.issues) return result.value
  const paths = result.issues.map((issue) => (issue.path ?? []).map(String).join('.'))
  throw new Error(`A row does not fit the plugin's schema at: ${paths.join(', ')}`)
}
