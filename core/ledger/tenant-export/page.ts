/** Reads one page of a table as lines of JSON, buyers in clear and their opening in the ledger. */
import { z } from 'zod'
import type { Keyring } from '../../crypto/keyring.ts'
import type { SellerKeys } from '../../crypto/keys.ts'
import { openFields } from '../../crypto/opening.ts'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { command, plainStatement } from '../../db/sql.ts'
import type { ExportTable } from './tables.ts'

export interface ExportPage {
  /** A line for each row, with its end. */
  readonly text: string
  readonly rows: number
  /** The key of the last row, as text; null: there is none behind this page. */
  readonly next: readonly string[] | null
  /** How many sealed values were opened. */
  readonly opened: number
}

/** Of a table with sealed columns: their opening holds the process up for some 10 ms. */
const sealedRows = 100
const clearRows = 250
interface Readers {
  readonly db: Pick<Database, 'withSellerScope'>
  readonly keyring: Pick<Keyring, 'forSeller'>
}

/** Rows behind `after`. Its own transaction; whatever rights the entry has are the limit. */
export const readExportPage = async (
  { db, keyring }: Readers,
  entry: Entry,
  table: ExportTable,
  after: readonly string[] | null,
): Promise<ExportPage> => {
  if (table.sealed.length === 0) {
    return await db.withSellerScope(entry, (scope) => readClear(scope, table, after))
  }
  // before the scope: it may ask KMS
  const keys = await keyring.forSeller(entry)
  return await db.withSellerScope(entry, (scope) => readSealed(scope, keys, table, after))
}

/** The database writes the page as one text: line by line, each is a piece of memory to be collected. */
const readClear = async (
  scope: SellerScope,
  table: ExportTable,
  after: readonly string[] | null,
): Promise<ExportPage> => {
  const text = `/* unprepared */
    with page as materialized (${selectOf(table, after, clearRows)})
    select coalesce(string_agg(line || chr(10), ''), '') as text, count(*)::int as rows,
      (array_agg(to_jsonb(key)))[count(*)] as last
    from page`
  const [page] = z.array(clearPage).parse(await ask(scope, text, after))
  const { text: lines = '', rows = 0, last = null } = page ?? {}
  return { text: lines, rows, opened: 0, next: nextOf(table, rows, clearRows, last) }
}
const clearPage = z.object({
  text: z.string(),
  rows: z.int(),
  last: z.array(z.string()).nullable(),
})

const readSealed = async (
  scope: SellerScope,
  keys: SellerKeys,
  table: ExportTable,
  after: readonly string[] | null,
): Promise<ExportPage> => {
  const text = `/* unprepared */ ${selectOf(table, after, sealedRows)}`
  const rows = z.array(sealedRow).parse(await ask(scope, text, after))
  const idAt = table.key.findIndex(({ name }) => name === 'id')
  const opened = await openFields(scope, keys, {
    table: table.table,
    purpose: 'tenant.export',
    rows: rows.map((row) => ({
      id: row.key[idAt] ?? '',
      fields: Object.fromEntries(table.sealed.map((name, at) => [name, blobOf(row, at)])),
    })),
  })
  return {
    text: rows.map(({ line }, at) => `${withOpened(line, opened[at] ?? {})}\n`).join(''),
    rows: rows.length,
    opened: opened.reduce(
      (sum, row) => sum + Object.values(row).filter((one) => one !== null).length,
      0,
    ),
    next: nextOf(table, rows.length, sealedRows, rows.at(-1)?.key ?? null),
  }
}
const sealedRow = z.looseObject({ line: z.string(), key: z.array(z.string()) })

const nextOf = (
  { key }: ExportTable,
  rows: number,
  limit: number,
  last: readonly string[] | null,
): readonly string[] | null => rows < limit || key.length === 0 ? null : last

const ask = async (scope: SellerScope, text: string, after: readonly string[] | null) => {
  // without good statistics all that is left would be sorted for each page: the key is an index
  await scope.run(command`select set_config('enable_sort', 'off', true)`)
  return await scope.any(plainStatement(text, [scope.sellerId, ...after ?? []]))
}

const selectOf = (of: ExportTable, after: readonly string[] | null, limit: number): string => {
  const { table, owner, key, clear, sealed } = of
  const names = (columns: readonly string[]) =>
    columns.map((name) => `t.${quoted(name)}`).join(', ')
  const keys = key.map(({ name }) => `t.${quoted(name)}`)
  const behind = after === null
    ? ''
    : `and (${keys.join(', ')}) > (${
      key.map(({ type }, at) => `$${at + 2}::text::${type}`).join(', ')
    })`
  // the database writes the JSON: its numbers keep every digit
  return `select row_to_json(told)::text as line,
      array[${keys.map((name) => `${name}::text`).join(', ')}]::text[] as key${
    sealed.map((name, at) => `, t.${quoted(name)} as sealed_${at}`).join('')
  }
    from ${quoted(table)} t cross join lateral (select ${names(clear)}) as told
    where t.${quoted(owner)} = $1 ${behind}
    order by ${[`t.${quoted(owner)}`, ...keys].join(', ')} limit ${limit}`
}

const blobOf = (row: z.infer<typeof sealedRow>, at: number): Uint8Array | null => {
  const value = row[`sealed_${at}`]
  return value instanceof Uint8Array ? value : null
}

const withOpened = (line: string, opened: Readonly<Record<string, string | null>>): string => {
  const members = Object.entries(opened).map(([name, value]) =>
    `${JSON.stringify(name.slice(0, -'_enc'.length))}:${JSON.stringify(value)}`
  )
  return members.length === 0 ? line : `${line.slice(0, -1)},${members.join(',')}}`
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
