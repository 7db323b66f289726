/** What is in a database, seen by its owner: the catalog by the house's rules, and every row as text. */
import { Buffer } from 'node:buffer'
import { type Catalog, readCatalog } from '#core/db/catalog.ts'
import { type CatalogRuleName, newFaults } from '#core/db/catalog-rules.ts'
import { functionRules } from '#core/db/catalog-function-rules.ts'
import { grantRules } from '#core/db/catalog-grant-rules.ts'
import { keyRules } from '#core/db/catalog-key-rules.ts'
import { tableRules } from '#core/db/catalog-table-rules.ts'
import { type Operations, type OperationsTx, withOperations } from '#core/db/operations.ts'
import type { TableFault } from '#core/testing/conformance/bench.ts'

export const catalogOf = (ownerUrl: string): Promise<Catalog> =>
  withOperations(ownerUrl, (sql) => readCatalog(sql))

/** The part of a catalog that is not named after the plugin, as text. */
export const withoutPlugin = (catalog: Catalog, pluginId: string): string => {
  const isForeign = (name: string): boolean => !name.startsWith(`${pluginId}_`)
  return JSON.stringify(
    {
      ...catalog,
      relations: catalog.relations.filter(({ name }) => isForeign(name)),
      functions: catalog.functions.filter(({ signature }) => isForeign(signature)),
    },
    null,
    1,
  )
}

/** Faults that were not there before. */
export const newTableFaults = (before: Catalog, now: Catalog): readonly TableFault[] =>
  newFaults(before, now)
    .map(({ rule, object, message }) => ({ about: aboutOf(rule), object, message }))

const aboutOf = (rule: CatalogRuleName): TableFault['about'] => {
  if (rule in tableRules) return 'row-security'
  if (rule in keyRules) return 'keys'
  if (rule in grantRules) return 'grants'
  return rule in functionRules ? 'functions' : 'roles'
}

/** Tables of plugins. */
export const pluginTables = ({ relations }: Catalog): readonly string[] =>
  relations.filter(({ kind, owner }) => kind === 'table' && owner === pluginRole)
    .map(({ name }) => name)
const pluginRole = 'robnu_plugins'

/** Which of the texts stand in a row of any table, as text or as the hex of bytes. */
export const clearTexts = async (
  ownerUrl: string,
  catalog: Catalog,
  needles: readonly string[],
): Promise<readonly string[]> => {
  const left = new Map(needles.map((needle) => [needle, writingsOf(needle)]))
  const found = new Set<string>()
  const look = async (sql: OperationsTx, table: string): Promise<void> => {
    for await (const rows of rowsOf(sql, table)) {
      const text = rows.map(({ row }) => row).join('\n').toLowerCase()
      for (const [needle, writings] of left) {
        if (!writings.some((one) => text.includes(one))) continue
        found.add(needle)
        left.delete(needle)
      }
    }
  }
  await withOperations(ownerUrl, async (sql: Operations) => {
    for (const { kind, name, owner } of catalog.relations) {
      if (kind !== 'table') continue
      await sql.begin(async (tx) => {
        // a plugin's table may have forgotten the owner
        if (owner === pluginRole) await tx.unsafe(`set local role ${pluginRole}`)
        await look(tx, name)
      })
    }
  })
  return needles.filter((needle) => found.has(needle))
}

const rowsOf = (sql: OperationsTx, table: string): AsyncIterable<{ readonly row: string }[]> =>
  sql<{ row: string }[]>`select t::text as row from ${sql(table)} t`.cursor(2000)

/** As `row::text` writes them: quotes and backslashes twice, and the hex of a bytea. */
const writingsOf = (needle: string): readonly string[] => {
  const text = needle.toLowerCase()
  const json = JSON.stringify(text).slice(1, -1)
  const quoted = (one: string): string => one.replaceAll('\\', '\\\\').replaceAll('"', '""')
  const hex = Buffer.from(needle).toString('hex')
  return [...new Set([text, quoted(text), quoted(json), hex])]
}
