/** A page of results: rows, refusals, notes on lines and the place in the file, in one transaction. */
import type { SellerKeys } from '../../crypto/keys.ts'
import { int4Array, textArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command } from '../../db/sql.ts'
import { failure, type ReportImport } from '../../plugin.ts'
import { type PreparedPage, preparePage, type RunCounts, storePage } from '../store-page.ts'
import { notesOf } from './line-notes.ts'
import type { LineCounts, SectionView } from './load-import.ts'
import type { Told } from './tell.ts'

/** Results of one section, in the order in which they were told. */
export interface ResultPage {
  readonly told: readonly Told[]
  /** Of all sections; `section` is the place of this page's one. */
  readonly sections: readonly SectionView[]
  readonly section: number
  /** How many results there are with this page. */
  readonly results: number
  readonly version: string
}
export interface ImportPlace {
  readonly importId: string
  readonly accountId: string
  readonly runId: string
  readonly report: ReportImport
  readonly claimWindowDays?: number
}
export interface ImportCounts {
  readonly counts: RunCounts
  readonly lines: LineCounts
}
export interface JudgedPage extends ResultPage {
  readonly prepared: PreparedPage
}

/** The failure of an import that somebody has called off. */
export const cancelledCode = 'cancelled'

/** Rows without the form of the contract become refusals of their lines. Needs no database. */
export const judgePage = (
  keys: SellerKeys,
  { accountId, report: { target } }: ImportPlace,
  page: ResultPage,
): JudgedPage => {
  const prepare = (told: readonly Told[]) =>
    preparePage(keys, { accountId, target }, told.flatMap((one) => 'row' in one ? [one.row] : []))
  const prepared = prepare(page.told)
  if (prepared.malformed.length === 0) return { ...page, prepared }
  const told = page.told.map((one): Told => {
    const [bad] = 'row' in one ? prepare([one]).malformed : []
    if (!bad) return one
    const { raw, key } = bad
    const words = { rejected: 'malformed-row', raw, ...(key === undefined ? {} : { key }) }
    return { lines: one.lines, ...words }
  })
  return { ...page, told, prepared: prepare(told) }
}

/** Throws `rejected` with the code `cancelled` when the import was called off. */
export const storeResults = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: ImportPlace,
  page: JudgedPage,
  before: ImportCounts,
): Promise<ImportCounts> => {
  const rows = page.told.flatMap((one) => 'row' in one ? [one.row] : [])
  const rejected = page.told.flatMap((one) =>
    'rejected' in one
      ? [{
        ...one.key === undefined ? {} : { key: one.key },
        ...{ reason: one.rejected, raw: one.raw },
      }]
      : []
  )
  const { results, version } = page
  const { accountId, runId, claimWindowDays, report: { target } } = place
  const counts = await storePage(
    scope,
    keys,
    {
      ...{ accountId, runId, target, cursorSeq: null },
      ...(claimWindowDays === undefined ? {} : { claimWindowDays }),
    },
    { rows, rejected, received: rows.length + rejected.length, cursor: { results, version } },
    page.prepared,
    before.counts,
  )
  const lines = countLines(before.lines, page.told)
  await storeNotes(scope, place.importId, page)
  await storeProgress(scope, place, page.sections, lines)
  return { counts, lines }
}

const countLines = (before: LineCounts, told: readonly Told[]): LineCounts => {
  const skippedReasons = { ...before.skippedReasons }
  const rejectedReasons = { ...before.rejectedReasons }
  let { accepted, skipped, rejected } = before
  for (const one of told) {
    const count = one.lines.length
    if ('row' in one) accepted += count
    else if ('skipped' in one) {
      skipped += count
      skippedReasons[one.skipped] = (skippedReasons[one.skipped] ?? 0) + count
    } else {
      rejected += count
      rejectedReasons[one.rejected] = (rejectedReasons[one.rejected] ?? 0) + count
    }
  }
  return { accepted, skipped, rejected, skippedReasons, rejectedReasons }
}

const storeNotes = async (
  scope: SellerScope,
  importId: string,
  { told, section }: ResultPage,
): Promise<void> => {
  const notes = notesOf(told)
  if (notes.length === 0) return
  await scope.run(command`
    insert into import_lines (
      seller_id, import_id, section, from_line, to_line, result, reason
    )
    select ${scope.sellerId}::uuid, ${importId}::uuid, ${section}::int4, u.*
    from unnest(${int4Array(notes.map(({ from }) => from))}::int4[],
      ${int4Array(notes.map(({ to }) => to))}::int4[],
      ${textArray(notes.map(({ result }) => result))}::text[],
      ${textArray(notes.map(({ reason }) => reason))}::text[]) as u`)
}

const storeProgress = async (
  scope: SellerScope,
  { importId, report }: ImportPlace,
  sections: readonly SectionView[],
  lines: LineCounts,
): Promise<void> => {
  const changed = await scope.run(command`
    update imports
    set report = ${report.id}, report_name = ${report.name}, target = ${report.target},
      sections = ${JSON.stringify(sections)}::jsonb, accepted_lines = ${lines.accepted},
      skipped_lines = ${lines.skipped}, rejected_lines = ${lines.rejected},
      skipped_reasons = ${JSON.stringify(lines.skippedReasons)}::jsonb,
      rejected_reasons = ${JSON.stringify(lines.rejectedReasons)}::jsonb, updated_at = now()
    where seller_id = ${scope.sellerId} and id = ${importId} and cancelled_at is null`)
  if (changed === 0) {
    throw failure('rejected', 'The import was cancelled', { code: cancelledCode })
  }
}
