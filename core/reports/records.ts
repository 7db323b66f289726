/** The lines of a section behind its headings, in an order that is the same each time. */
import type { ReportRecord } from '../plugin.ts'
import { headingKey } from './cell.ts'
import { inGroups } from './groups.ts'
import type { Section } from './headings.ts'

/** Lines of one row one after the other, where the report names what they have in common. */
export const recordsOf = (section: Section): AsyncIterable<ReportRecord> => {
  const { report, columns, table, line } = section
  const open = async function* (): AsyncIterable<readonly ReportRecord[]> {
    for await (const rows of table.rows()) yield rows.filter((row) => row.line > line)
  }
  if (report.groupBy === undefined) return oneByOne(open())
  const names = columns.map(headingKey)
  const places = report.groupBy.map((name) => names.indexOf(headingKey(name)))
  // blank where one of the parts is: such lines belong to nothing
  const keyOf = ({ cells }: ReportRecord): string => {
    const parts = places.map((at) => cells[at] ?? '')
    return parts.includes('') ? '' : parts.join('\n')
  }
  return inGroups(open, keyOf)
}

/** Why no report has to look at a line; undefined: one has to. */
export const uselessness = (
  { cells }: ReportRecord,
  columns: readonly string[],
): string | undefined => {
  if (cells.every((cell) => cell === '')) return 'blank-line'
  const again = columns.every((name, at) => headingKey(cells[at] ?? '') === headingKey(name))
  return again ? 'heading-line' : undefined
}

const oneByOne = async function* (
  batches: AsyncIterable<readonly ReportRecord[]>,
): AsyncIterable<ReportRecord> {
  for await (const records of batches) yield* records
}
