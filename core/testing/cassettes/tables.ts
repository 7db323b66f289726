/** Files of rows in a cassette: cells by their headings, so that what is personal is found by name. */
import type { ReportRecord, ReportTable } from '../../plugin.ts'
import { z } from 'zod'

const tableBody = z.strictObject({
  columns: z.array(z.string()),
  /** By heading; what stands there a second time is `name (2)`. */
  table: z.array(z.record(z.string(), z.string())),
  /** The line of each. */
  lines: z.array(z.number()),
})
export type TableBody = z.infer<typeof tableBody>

/** The same table, and what has been read of it so far. */
export const noted = (
  { columns, records }: ReportTable,
): { readonly body: TableBody; readonly table: ReportTable } => {
  const keys = keysOf(columns)
  const body: TableBody = { columns: [...columns], table: [], lines: [] }
  const passing = async function* (): AsyncIterable<ReportRecord> {
    for await (const record of records) {
      body.lines.push(record.line)
      body.table.push(
        Object.fromEntries(record.cells.map((cell, at) => [keys[at] ?? `more (${at})`, cell])),
      )
      yield record
    }
  }
  return { body, table: { columns, records: passing() } }
}

/** Throws where it is none. */
export const tableOf = (given: unknown): ReportTable => {
  const { columns, table, lines } = tableBody.parse(given)
  const keys = keysOf(columns)
  const records = async function* (): AsyncIterable<ReportRecord> {
    for (const [at, row] of table.entries()) {
      const extra = Object.keys(row).filter((key) => !keys.includes(key))
      const places = [...keys.filter((key) => key in row), ...extra]
      yield { line: lines[at] ?? at + 2, cells: places.map((key) => row[key] ?? '') }
    }
  }
  return { columns, records: records() }
}

const keysOf = (columns: readonly string[]): readonly string[] => {
  const counts = new Map<string, number>()
  return columns.map((column) => {
    const count = (counts.get(column) ?? 0) + 1
    counts.set(column, count)
    return count === 1 ? column : `${column} (${count})`
  })
}
