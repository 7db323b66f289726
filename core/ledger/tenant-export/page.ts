/** Reads one page of a table as lines of JSON, buyers in clear and their opening in the ledger. */
import { z } from 'zod'
import type { Keyring } from '../../crypto/keyring.ts'
import { openFields } from '../../crypto/opening.ts'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { command, plainStatement } from '../../db/sql.ts'
import type { ExportTable } from './tables.ts'

export interface ExportPage {
  /** One for each row, without a line break. */
  readonly lines: readonly string[]
  /** The key of the last row, as text; null: there is none behind this page. */
  readonly next: readonly string[] | null
  /** How many sealed values were opened. */
  readonly opened: number
}

/** Of a table with sealed columns: their opening holds the process up for some 20 ms. */
const sealedRows = 500
const clearRows = 2_000
const pageRows = ({ sealed }: ExportTable): number => sealed.length > 0 ? sealedRows : clearRows

/** Rows behind `after`. Its own transaction; whatever rights the entry has are the limit. */
export const readExportPage = async (
  { db, keyring }: {
    readonly db: Pick<Database, 'withSellerScope'>
    readonly keyring: Pick<Keyring, 'forSeller'>
  },
  entry: Entry,
  table: ExportTable,
  after: readonly string[] | null,
): Promise<ExportPage> => {
  // before the scope: it may ask KMS
  const keys = table.sealed.length > 0 ? await keyring.forSeller(entry) : null
  return await db.withSellerScope(entry, async (scope) => {
    const rows = await readRows(scope, table, after)
    const idAt = table.key.findIndex(({ name }) => name === 'id')
    const opened = keys === null ? [] : await openFields(scope, keys, {
      table: table.table,
      purpose: 'tenant.export',
      rows: rows.map((row) => ({
        id: row.key[idAt] ?? '',
        fields: Object.fromEntries(table.sealed.map((name, at) => [name, blobOf(row, at)])),
      })),
    })
    return {
      lines: rows.map(({ line }, at) => withOpened(line, opened[at] ?? {})),
      next: rows.length < pageRows(table) || table.key.length === 0
        ? null
        : rows.at(-1)?.key ?? null,
      opened: opened.reduce(
        (sum, row) => sum + Object.values(row).filter((one) => one !== null).length,
        0,
      ),
    }
  })
}

const readRows = async (
  scope: SellerScope,
  of: ExportTable,
  after: readonly string[] | null,
) => {
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
  const text = `/* unprepared */
    select row_to_json(told)::text as line,
      array[${keys.map((name) => `${name}::text`).join(', ')}]::text[] as key${
    sealed.map((name, at) => `, t.${quoted(name)} as sealed_${at}`).join('')
  }
    from ${quoted(table)} t cross join lateral (select ${names(clear)}) as told
    where t.${quoted(owner)} = $1 ${behind}
    order by ${[`t.${quoted(owner)}`, ...keys].join(', ')} limit ${pageRows(of)}`
  // without good statistics all that is left would be sorted for each page: the key is an index
  await scope.run(command`select set_config('enable_sort', 'off', true)`)
  const values = [scope.sellerId, ...after ?? []]
  return z.array(exportRow).parse(await scope.any(plainStatement(text, values)))
}

const exportRow = z.looseObject({ line: z.string(), key: z.array(z.string()) })

const blobOf = (row: z.infer<typeof exportRow>, at: number): Uint8Array | null => {
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
