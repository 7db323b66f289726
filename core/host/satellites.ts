/** A marketplace's satellite held against its declaration: a column for every secret, and no other. */
import type { OperationsTx } from '../db/operations.ts'
import type { Marketplace } from '../plugin.ts'
import type { PluginFault } from './load.ts'

export const satelliteFaults = async (
  sql: OperationsTx,
  marketplaces: readonly Marketplace[],
): Promise<readonly PluginFault[]> => {
  const faults: PluginFault[] = []
  for (const { id, detailsTable, secrets } of marketplaces) {
    const fail = (path: string, message: string) => faults.push({ plugin: id, path, message })
    const columns = await sql<{ name: string; type: string }[]>`
      select attname as name, atttypid::regtype::text as type from pg_attribute
      where attrelid = to_regclass(${detailsTable}) and attnum > 0 and not attisdropped`
    if (columns.length === 0) {
      fail('detailsTable', `no migration has made the table "${detailsTable}"`)
      continue
    }
    const typeOf = new Map(columns.map(({ name, type }) => [name, type]))
    for (const secret of secrets) {
      const type = typeOf.get(`${secret}_enc`)
      if (type === undefined) fail('secrets', `"${detailsTable}" has no column "${secret}_enc"`)
      else if (type !== 'bytea') {
        fail('secrets', `column "${secret}_enc" must be bytea, not ${type}`)
      }
    }
    for (const { name } of columns) {
      if (!name.endsWith('_enc') || secrets.includes(name.slice(0, -4))) continue
      fail('secrets', `column "${name}" is not listed: nothing would ever seal it`)
    }
    for (const name of ['seller_id', 'marketplace_account_id']) {
      if (typeOf.get(name) !== 'uuid') fail('detailsTable', `"${detailsTable}" needs ${name} uuid`)
    }
  }
  return faults
}
