/** Which report a table is: the one whose signature stands together in one of its first lines. */
import type { ReportImport } from '../../plugin.ts'
import { headingKey } from './cell.ts'
import { headingLines } from './limits.ts'
import { refuse } from './source.ts'
import type { Table, TableRow } from './tables.ts'

/** A table whose report is known. */
export interface Section {
  readonly table: Table
  readonly report: ReportImport
  /** The line of headings. */
  readonly line: number
  /** Trimmed, with single blanks; names that stand there twice keep their order. */
  readonly columns: readonly string[]
}

/** All tables of the one report that the file holds. Throws `rejected` where there is none. */
export const recognise = async (
  tables: readonly Table[],
  reports: readonly ReportImport[],
): Promise<readonly Section[]> => {
  const sections: Section[] = []
  for (const table of tables) {
    const section = await sectionOf(table, reports)
    if (section) sections.push(section)
  }
  const [first] = sections
  if (!first) throw refuse(unknown(reports))
  const other = sections.find(({ report }) => report !== first.report)
  if (other) {
    throw refuse(
      `The file holds two reports, ${first.report.name} and ${other.report.name}: send each by itself`,
    )
  }
  return sections
}

const unknown = (reports: readonly ReportImport[]): string => {
  const known = reports.map(({ name, signature }) => `${name} (${signature.join(', ')})`)
  return `No line of headings of a known report stands in the first ${headingLines} lines. ` +
    `Known are: ${known.join('; ')}`
}

const sectionOf = async (
  table: Table,
  reports: readonly ReportImport[],
): Promise<Section | undefined> => {
  const fitting = reports.filter(({ sheet }) =>
    sheet === undefined || headingKey(table.sheet ?? '') === headingKey(sheet)
  )
  for await (const { line, cells } of rowsOf(table)) {
    if (line > headingLines) return undefined
    const names = new Set(cells.map(headingKey))
    const found = fitting.filter(({ signature }) =>
      signature.every((n) => names.has(headingKey(n)))
    )
    // where two fit, the one that asks for more
    const report = found.toSorted((a, b) => b.signature.length - a.signature.length)[0]
    if (report) {
      const columns = cells.map((cell) => cell.trim().replaceAll(/\s+/g, ' '))
      return { table, report, line, columns }
    }
  }
  return undefined
}

const rowsOf = async function* (table: Table): AsyncIterable<TableRow> {
  for await (const rows of table.rows()) yield* rows
}
