/** What stands in a file: the cells of a csv. Lines of JSON are written by the database. */

/** What a column holds: money and times are text in either format, as exact as they are stored. */
export type Kind = 'text' | 'integer' | 'boolean' | 'money' | 'time'
export interface Column {
  readonly name: string
  readonly kind: Kind
}

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

export const formats = ['csv', 'jsonl'] as const
export type Format = (typeof formats)[number]
export const mimes = { csv: 'text/csv', jsonl: 'application/x-ndjson' } as const

/** What stands above the rows: the names of the columns, in a csv. */
export const headOf = (format: Format, columns: readonly Column[], excel: boolean): string =>
  format === 'jsonl' ? '' : `${excel ? '\uFEFF' : ''}${csvLine(columns.map(({ name }) => name))}`

/**
 * What the database puts between the cells of a line, and behind a line: marks that no cell holds, until
 * `putMarksRight` makes of them what a csv has there.
 */
export const cellMark = '\x1f'
export const lineMark = '\x1e'
export const lineEnds = { csv: `${lineMark}\n`, jsonl: '\n' } as const

/** Some cell is not simply what it is. */
const risky = new RegExp(
  `[",\\r]|(?<!\\x1e)\\n|(?:^|[\\x1f\\n])(?!${plainNumber.source.slice(1, -1)}(?:[\\x1e\\x1f]|$))${
    formula.source.slice(1)
  }`,
)

/** Of the lines that the database wrote those of the file, but for the marks. */
export const linesOf = (format: Format, text: string): string => {
  if (format === 'jsonl' || !risky.test(text)) return text
  return text.split(lineEnds.csv).map((line) =>
    risky.test(line) ? line.split(cellMark).map(csvCell).join(cellMark) : line
  ).join(lineEnds.csv)
}

/** In place: no other letter of UTF-8 has such a byte in it. */
export const putMarksRight = (bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x1f) bytes[at] = 0x2c
    else if (bytes[at] === 0x1e) bytes[at] = 0x0d
  }
}
