/** The database as isolated plugins reach it: each on its own login, with a pool of its own. */
import type { ScopeKey } from '../db/proof.ts'
import { type OpenDatabase, openDatabase } from '../db/scope.ts'
import { isIsolated } from '../host/isolated/restore.ts'
import type { ScopeOpener } from '../ledger/plugin-context.ts'
import type { Plugin } from '../plugin.ts'

export interface PluginDatabasesOptions {
  /** By the id of the plugin. */
  readonly urls: Readonly<Record<string, string>>
  readonly scopeKey: ScopeKey
  readonly now: () => number
}
export interface PluginDatabases {
  /** Undefined: the plugin runs in our process, and on our pool. */
  readonly dbOf: (plugin: Plugin) => ScopeOpener | undefined
  readonly close: () => Promise<void>
}

/** Whoever else waits for the pool waits for the plugin's own statements alone. */
const connections = 2
/** Shorter than of our own statements: nobody has read the plugin's. */
const statementTimeoutMs = 10_000

export const openPluginDatabases = (options: PluginDatabasesOptions): PluginDatabases => {
  const open = new Map<string, Promise<OpenDatabase>>()
  const openFor = (id: string): Promise<OpenDatabase> => {
    const url = options.urls[id]
    if (url === undefined) {
      const why = `The isolated plugin "${id}" has no login: name one in ROBNU_PLUGIN_DATABASES`
      return Promise.reject(new Error(why))
    }
    const { scopeKey, now } = options
    const known = open.get(id) ?? openDatabase({
      ...{ url, scopeKey, now, statementTimeoutMs, isPlugin: true },
      maxConnections: connections,
      applicationName: `robnu plugin ${id}`,
    })
    open.set(id, known)
    return known
  }
  return {
    dbOf: (plugin) => {
      if (!isIsolated(plugin)) return undefined
      const { id } = plugin
      return {
        withSellerScope: async (entry, work) =>
          await (await openFor(id)).withSellerScope(entry, work),
        makeInSellerScope: async (entry, work) =>
          await (await openFor(id)).makeInSellerScope(entry, work),
      }
    },
    close: async () => {
      await Promise.all([...open.values()].map(async (database) => await (await database).close()))
    },
  }
}
