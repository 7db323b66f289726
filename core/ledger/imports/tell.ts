/** What became of every line of a section, in an order that is the same each time. */
import { failure, type ReportRecord, type ReportResult } from '../../plugin.ts'
import { headingKey } from './cell.ts'
import { inGroups } from './groups.ts'
import type { Section } from './headings.ts'
import { maxLinesOfRow } from './limits.ts'

/** One result; each line of the section stands in exactly one. */
export type Told =
  & { readonly lines: readonly number[] }
  & (
    | { readonly row: unknown }
    | { readonly skipped: string }
    /** `raw`: the cells as they came, for the quarantine. */
    | { readonly rejected: string; readonly key?: string; readonly raw: string }
  )

export interface ReportAccount {
  readonly externalAccountId: string
  /** When the file was uploaded, so that a second reading of it says the same. */
  readonly now: Date
}

/** More lines than this in a report's hands, and it is holding the whole file. */
const maxInHand = 4 * maxLinesOfRow

/** Throws `bad-response` when the report loses a line, tells one twice, or makes one up. */
export const tell = async function* (
  section: Section,
  account: ReportAccount,
): AsyncIterable<Told> {
  const { report, columns } = section
  const inHand = new Map<number, readonly string[]>()
  let own: Told[] = []
  const handed = async function* (): AsyncIterable<ReportRecord> {
    for await (const record of recordsOf(section)) {
      const reason = uselessness(record, columns)
      if (reason !== undefined) {
        own.push({ lines: [record.line], skipped: reason })
        continue
      }
      inHand.set(record.line, record.cells)
      if (inHand.size > maxInHand) throw unfaithful(section, 'holds back too many lines')
      yield record
    }
  }
  for await (const result of report.rows(columns, handed(), account)) {
    yield* own
    own = []
    yield withCells(section, result, inHand)
  }
  yield* own
  if (inHand.size > 0) throw unfaithful(section, `lost ${inHand.size} lines`)
}

/** The lines behind the headings. */
const recordsOf = (section: Section): AsyncIterable<ReportRecord> => {
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

const oneByOne = async function* (
  batches: AsyncIterable<readonly ReportRecord[]>,
): AsyncIterable<ReportRecord> {
  for await (const records of batches) yield* records
}

/** Lines that no report has to look at. */
const uselessness = ({ cells }: ReportRecord, columns: readonly string[]): string | undefined => {
  if (cells.every((cell) => cell === '')) return 'blank-line'
  const again = columns.every((name, at) => headingKey(cells[at] ?? '') === headingKey(name))
  return again ? 'heading-line' : undefined
}

const withCells = (
  section: Section,
  result: ReportResult<unknown>,
  inHand: Map<number, readonly string[]>,
): Told => {
  const { lines } = result
  if (lines.length === 0) throw unfaithful(section, 'tells a result of no line')
  const cells = lines.map((line) => {
    const found = inHand.get(line)
    if (!found) throw unfaithful(section, `tells line ${line} twice, or made it up`)
    inHand.delete(line)
    return found
  })
  if ('row' in result) return { lines, row: result.row }
  if ('skipped' in result) return { lines, skipped: reasonOf(result.skipped) }
  const raw = JSON.stringify({ columns: section.columns, lines: cells })
  const { rejected, key } = result
  return { lines, rejected: reasonOf(rejected), raw, ...(key === undefined ? {} : { key }) }
}

/** Reasons are for counting: one of another form is a fault of the report, and no secret's way out. */
const reasonOf = (reason: string): string =>
  /^[a-z0-9-]{1,80}$/.test(reason) ? reason : 'other-reason'

const unfaithful = ({ report }: Section, what: string): Error =>
  failure('bad-response', `The reader of "${report.name}" ${what}`)
