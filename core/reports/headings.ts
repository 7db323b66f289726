/** Which report a table is: the one whose signature stands together in one of its first lines. */
import type { ReportImport } from '../plugin.ts'
import { headingKey } from './cell.ts'
import { headingLines } from './limits.ts'
import { refuse } from './source.ts'
import type { Table, TableRow } from './tables.ts'

/** What a table is known by. */
type Known = Pick<ReportImport, 'signature' | 'sheet' | 'groupBy'>
/** A table whose report is known. */
export interface Section<Report extends Known = Known> {
  readonly table: Table
  readonly report: Report
  /** The line of headings. */
  readonly line: number
  /** Trimmed, with single blanks; names that stand there twice keep their order. */
  readonly columns: readonly string[]
}

/**
 * All tables of known reports that the file holds; the first one gives the file its name. Sheets of a
 * workbook may be reports of their own, all for one leaf. Throws `rejected` where there is none.
 */
export const recognise = async (
  tables: readonly Table[],
  reports: readonly ReportImport[],
): Promise<readonly Section<ReportImport>[]> => {
  const sections = await sectionsOf(tables, reports)
  const [first] = sections
  if (!first) throw refuse(unknown(reports))
  const other = sections.find(({ report }) => report.target !== first.report.target)
  if (other) {
    throw refuse(
      `The file holds two reports, ${first.report.name} and ${other.report.name}: send each by itself`,
    )
  }
  return sections
}

/** All tables of these reports, none where there is none. */
export const sectionsOf = async <Report extends Known>(
  tables: readonly Table[],
  reports: readonly Report[],
): Promise<readonly Section<Report>[]> => {
  const sections: Section<Report>[] = []
  for (const table of tables) {
    const section = await sectionOf(table, reports)
    if (section) sections.push(section)
  }
  return sections
}

const unknown = (reports: readonly ReportImport[]): string => {
  const known = reports.map(({ name, signature }) => `${name} (${signature.join(', ')})`)
  return `No line of headings of a known report stands in the first ${headingLines} lines. ` +
    `Known are: ${known.join('; ')}`
}

const sectionOf = async <Report extends Known>(
  table: Table,
  reports: readonly Report[],
): Promise<Section<Report> | undefined> => {
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
