/** Migrating: core's line, then the lines of the plugins in their order, then the rows they stand for. */
import { readFile } from 'node:fs/promises'
import { migrate, type MigrateResult, type MigrationLine, readCoreLine } from '../db/migrate.ts'
import type { OperationsTx } from '../db/operations.ts'
import { type ScopeKey, takeScopeKey } from '../db/proof.ts'
import { grantPluginLogin } from '../db/plugin-login.ts'
import { idOf } from '../ids.ts'
import type { Plugin } from '../plugin.ts'
import type { Host } from './host.ts'
import { loginOf, needsLogin } from './isolated/login-sql.ts'
import { satelliteFaults } from './satellites.ts'
import { type PluginFault, pluginFault } from './load.ts'
import { readCatalog } from '../db/catalog.ts'
import { faultsOfPlugins } from '../db/catalog-rules.ts'

export interface MigrateHostOptions {
  readonly ownerUrl: string
  /** The folder of core's line. */
  readonly coreFolder: URL
  /** What the processes sign their entries with. */
  readonly scopeKey: ScopeKey
  readonly host: Host
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void
}

/** Throws when a file fails, or when a plugin's satellite does not fit its declaration. */
export const migrateHost = async (options: MigrateHostOptions): Promise<MigrateResult> => {
  const { host, ownerUrl, log } = options
  const lines = await readMigrationLines(options.coreFolder, host)
  return await migrate({
    ownerUrl,
    lines,
    log,
    after: async (sql) => {
      await takeScopeKey(sql, options.scopeKey)
      await registerMarketplaces(sql, host)
      await grantLogins(sql, host, log)
      const faults = [
        ...await satelliteFaults(sql, host.marketplaces),
        ...await tableFaults(sql),
      ]
      if (faults.length > 0) throw pluginFault(faults)
    },
  })
}

/** Core's line, and those of the plugins in their order. */
export const readMigrationLines = async (
  coreFolder: URL,
  host: Pick<Host, 'plugins'>,
): Promise<readonly MigrationLine[]> => [
  await readCoreLine(coreFolder),
  ...await Promise.all(host.plugins.map(({ plugin }) => readPluginLine(plugin))),
]

const readPluginLine = async (plugin: Plugin): Promise<MigrationLine> => ({
  line: plugin.id,
  isPlugin: true,
  files: await Promise.all((plugin.migrations ?? []).map(async ({ id, sql, breaking }) => ({
    number: id,
    name: decodeURIComponent(sql.pathname.split('/').at(-1) ?? String(id)),
    sql: await readFile(sql, 'utf8'),
    breaking: breaking ?? false,
  }))),
})

/** Plugins' tables, views and functions by the rules of core's own: protected, and nobody else's. */
const tableFaults = async (sql: OperationsTx): Promise<readonly PluginFault[]> =>
  faultsOfPlugins(await readCatalog(sql))
    .map(({ object, message }) => ({ plugin: 'tables of plugins', path: object, message }))

/** Isolated plugins: what their logins may do, made anew. */
const grantLogins = async (
  sql: OperationsTx,
  { plugins }: Host,
  log: MigrateHostOptions['log'],
): Promise<void> => {
  const all = plugins.map(({ plugin }) => plugin)
  for (const { plugin, process } of plugins) {
    if (!process || !needsLogin(plugin)) continue
    const isThere = await grantPluginLogin(sql, loginOf(plugin, all))
    if (!isThere) {
      const remedy = `run what "robnu plugins login ${plugin.id}" prints, then migrate again`
      log('migrate.login-missing', { plugin: plugin.id, remedy })
    }
  }
}

/** A marketplace is one row; its id is made of its code, so that every installation agrees. */
const registerMarketplaces = async (sql: OperationsTx, host: Host): Promise<void> => {
  for (const { code, name, id, retention } of host.marketplaces) {
    const days = retention?.piiDaysAfterDelivery ?? null
    await sql`
      insert into marketplaces (id, code, name, plugin_id, buyer_days)
      values (${idOf('marketplace', code)}, ${code}, ${name}, ${id}, ${days})
      on conflict (code) do update set name = excluded.name, plugin_id = excluded.plugin_id,
        buyer_days = excluded.buyer_days
      where (marketplaces.name, marketplaces.plugin_id, marketplaces.buyer_days)
        is distinct from (excluded.name, excluded.plugin_id, excluded.buyer_days)`
  }
}
