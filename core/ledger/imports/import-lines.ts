/** What became of single lines: ranges of those that were not taken over, or one line by its number. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { allOf } from '../account-limit.ts'
import type { ImportView } from './import-views.ts'

const lineResults = ['accepted', 'skipped', 'rejected', 'waiting'] as const

interface LineView {
  /** Of the sheet, or of the file in a zip file. */
  readonly section: string
  readonly from_line: number
  /** Inclusive. */
  readonly to_line: number
  readonly result: (typeof lineResults)[number]
  readonly reason: string | null
}
interface LinePosition {
  readonly section: number
  readonly line: number
}
export interface LinesAsk {
  readonly result?: 'skipped' | 'rejected'
  /** This line alone, of every section that has it; an accepted one too. */
  readonly line?: number
  readonly after?: LinePosition
  readonly limit: number
}
export interface LinesView {
  readonly lines: readonly LineView[]
  readonly next: LinePosition | null
}

/** Inside of the scope in which the import was found. */
export const readLines = async (
  scope: SellerScope,
  found: ImportView,
  ask: LinesAsk,
): Promise<LinesView> => {
  const { after, limit, line, result } = ask
  const rows = await scope.any(sql.type(lineRow)`
    select section, from_line, to_line, result, reason from import_lines
    where ${
    allOf(
      sql.fragment`seller_id = ${scope.sellerId}`,
      sql.fragment`import_id = ${found.id}`,
      ...after ? [sql.fragment`(section, from_line) > (${after.section}, ${after.line})`] : [],
      ...line === undefined
        ? []
        : [sql.fragment`from_line <= ${line}::int4 and to_line >= ${line}::int4`],
      ...result === undefined ? [] : [sql.fragment`result = ${result}`],
    )
  } order by section, from_line limit ${limit + 1}`)
  const noted = rows.slice(0, limit).map((row) => viewOf(found, row))
  const last = rows[limit - 1]
  if (line !== undefined) return { lines: ofLine(found, rows, line, result), next: null }
  return {
    lines: noted,
    next: rows.length > limit && last ? { section: last.section, line: last.from_line } : null,
  }
}

const lineRow = z.object({
  section: z.number(),
  from_line: z.number(),
  to_line: z.number(),
  result: z.enum(['skipped', 'rejected']),
  reason: z.string(),
})
type Row = z.infer<typeof lineRow>

const viewOf = (found: ImportView, { section, ...row }: Row): LineView => ({
  section: found.sections[section]?.name ?? '',
  ...row,
})

/** What is behind the headings and in no note was accepted, once the import is through. */
const ofLine = (
  found: ImportView,
  rows: readonly Row[],
  line: number,
  asked: 'skipped' | 'rejected' | undefined,
): readonly LineView[] =>
  found.sections.flatMap(({ name, heading_line, last_line }, at): LineView[] => {
    if (line <= heading_line || line > last_line) return []
    const here = { section: name, from_line: line, to_line: line }
    const noted = rows.find(({ section }) => section === at)
    if (noted) return [{ ...here, result: noted.result, reason: noted.reason }]
    if (asked !== undefined) return []
    const result = found.state === 'SUCCEEDED' ? 'accepted' as const : 'waiting' as const
    return [{ ...here, result, reason: null }]
  })
