/** Values as cells of a csv, or as members of a line of JSON. */

/** What a column holds: money and times are text in either format, as exact as they are stored. */
export type Kind = 'text' | 'integer' | 'boolean' | 'money' | 'time'
export interface Column {
  readonly name: string
  readonly kind: Kind
}
/** Every value as the database writes it as text. */
export type Row = Readonly<Record<string, string | null>>

/**
 * What a spreadsheet would take for a formula (OWASP ASVS 5.0, 1.2.10; and their full-width forms).
 * A plain number is none.
 */
const formula = /^[=+\-@\t\r\n\0\uFF1D\uFF0B\uFF0D\uFF20]/
const plainNumber = /^[+-]?\d+(?:\.\d+)?$/
const special = /[",\r\n]/

/** RFC 4180; the apostrophe keeps a spreadsheet from running what a marketplace or a buyer wrote. */
export const csvCell = (value: string | null): string => {
  if (value === null) return ''
  const safe = formula.test(value) && !plainNumber.test(value) ? `'${value}` : value
  return special.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const csvLine = (cells: readonly (string | null)[]): string => `${cells.map(csvCell).join(',')}\r\n`

const jsonLine = (columns: readonly Column[], row: Row): string => {
  const members: Record<string, unknown> = {}
  for (const { name, kind } of columns) members[name] = jsonValue(kind, row[name] ?? null)
  return `${JSON.stringify(members)}\n`
}
const jsonValue = (kind: Kind, value: string | null): unknown => {
  if (value === null) return null
  if (kind === 'integer') return Number(value)
  return kind === 'boolean' ? value === 'true' : value
}

export const formats = ['csv', 'jsonl'] as const
export type Format = (typeof formats)[number]
export const mimes = { csv: 'text/csv', jsonl: 'application/x-ndjson' } as const

/** What stands above the rows: the names of the columns, in a csv. */
export const headOf = (format: Format, columns: readonly Column[], excel: boolean): string =>
  format === 'jsonl' ? '' : `${excel ? '\uFEFF' : ''}${csvLine(columns.map(({ name }) => name))}`

export const linesOf = (
  format: Format,
  columns: readonly Column[],
  rows: readonly Row[],
): string => {
  let text = ''
  for (const row of rows) {
    text += format === 'jsonl'
      ? jsonLine(columns, row)
      : csvLine(columns.map(({ name }) => row[name] ?? null))
  }
  return text
}
