/** The login of an isolated plugin, and which columns of the ledger it does not read. */

/** Columns that are left out of it: sealed values, digests of them, and what serves our own locks. */
export const hiddenColumn =
  '(_enc|_hash|_lease|_lease_until|dedup_key|authz_version|storage_key|sha256|_user_id|^org_id|^actor|suspension_reason|support_consent)$'

/** The login of an isolated plugin. */
export const pluginLogin = (pluginId: string): string => {
  if (!/^[a-z][a-z0-9_]{1,30}$/.test(pluginId)) throw new Error('A plugin has another form of id')
  return `robnu_plugin_${pluginId}`
}
export const isPluginLogin = (role: string): boolean => role.startsWith('robnu_plugin_')
