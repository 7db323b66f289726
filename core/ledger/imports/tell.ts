/** What became of every line of a section, in an order that is the same each time. */
import { failure, type ReportImport, type ReportRecord, type ReportResult } from '../../plugin.ts'
import type { Section as SectionOf } from '../../reports/headings.ts'
import { maxLinesOfRow } from '../../reports/limits.ts'
import { recordsOf, uselessness } from '../../reports/records.ts'

type Section = SectionOf<ReportImport>

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
