/** Bazaar with other migrations: for what its own never do. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'
import type { Adapter, Marketplace } from '../../core/plugin.ts'
import '../support/provided.ts'
import bazaar from '../support/bazaar/mod.ts'

const dir = mkdtempSync(join(inject('scratch'), 'spoiled-'))

const first = bazaar.migrations?.[0]
const firstSql = await readFile(first?.sql ?? '', 'utf8')
let files = 0
export const fileOf = (sql: string): URL => {
  const file = join(dir, `${String(++files).padStart(4, '0')}_spoiled.sql`)
  writeFileSync(file, sql)
  return pathToFileURL(file)
}
export const withFirst = (
  change: (sql: string) => string,
  adapter: Adapter = bazaar.adapter,
): Marketplace => {
  const sql = change(firstSql)
  if (sql === firstSql) throw new Error('The fixture changes nothing')
  return { ...bazaar, adapter, migrations: [{ id: 1, sql: fileOf(sql) }] }
}
export const withSecond = (sql: string, tables: readonly string[] = []): Marketplace => ({
  ...bazaar,
  tables: [...bazaar.tables ?? [], ...tables],
  migrations: [...bazaar.migrations ?? [], { id: 2, sql: fileOf(sql) }],
})

/** A table of the plugin's own, and what protects it. */
export const notes = `create table bazaar_notes (
  seller_id uuid not null,
  id uuid not null,
  text text,
  primary key (seller_id, id)
);
`
export const protect = "select app_protect('bazaar_notes', 'select, insert', 'select');"
