/** The login of an isolated plugin: when it needs one, and what the administrator runs for it. */
import type { LoginOf } from '../../db/plugin-login.ts'
import { pluginLogin } from '../../db/plugin-reads.ts'
import { isMarketplace, type Plugin } from '../../plugin.ts'

/** Whatever opens a scope needs one; the satellite of an adapter is read by the host. */
export const needsLogin = (plugin: Plugin): boolean => {
  const details = isMarketplace(plugin) ? plugin.detailsTable : undefined
  return [plugin.routes, plugin.consumers].some((list) => (list?.length ?? 0) > 0) ||
    (plugin.tables ?? []).some((table) => table !== details)
}

/**
 * For who administers the server, once; `migrate` grants the rest, and again after each upgrade. A
 * verifier (SCRAM-SHA-256) may stand for the password.
 */
export const loginSql = ({ id }: Pick<Plugin, 'id'>, password = '<password>'): string =>
  [
    `-- The login of the isolated plugin "${id}". As an administrator; then run "robnu migrate".`,
    `create role ${pluginLogin(id)} login noinherit password '${password.replaceAll("'", "''")}';`,
    `-- then: ROBNU_PLUGIN_DATABASES='{"${id}": "postgres://${
      pluginLogin(id)
    }:<password>@<host>/<database>"}'`,
    '',
  ].join('\n')

/** What `migrate` grants it; a table that bears another plugin's name is that one's. */
export const loginOf = (plugin: Plugin, others: readonly Plugin[]): LoginOf => ({
  pluginId: plugin.id,
  tables: (plugin.tables ?? []).filter((table) =>
    !others.some(({ id }) => id.length > plugin.id.length && table.startsWith(`${id}_`))
  ),
  ...isMarketplace(plugin) ? { detailsTable: plugin.detailsTable } : {},
})
