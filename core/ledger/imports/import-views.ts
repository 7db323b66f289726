/** Imports as the API shows them: what the file was, how far it is, and what came of its lines. */
import { z } from 'zod'
import type { Entry, Queries } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import { allOf, firstOfEach, type Fragment, withinLimit } from '../account-limit.ts'
import { sectionSchema, type SectionView } from './load-import.ts'

const states = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const

export interface ImportView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly run_id: string
  readonly file_name: string
  readonly byte_size: number
  readonly sha256: string
  readonly state: (typeof states)[number]
  readonly failure: { readonly kind: string; readonly message: string } | null
  /** Null before it is recognised. */
  readonly report: {
    readonly id: string
    readonly name: string
    readonly target: 'ORDERS' | 'RETURNS' | 'PAYOUTS'
  } | null
  readonly sections: readonly SectionView[]
  /** Lines behind the headings, so far; `told` is the sum of the others. */
  readonly lines: {
    readonly told: number
    readonly accepted: number
    readonly skipped: number
    readonly rejected: number
    readonly skipped_reasons: Readonly<Record<string, number>>
    readonly rejected_reasons: Readonly<Record<string, number>>
  }
  /** What the accepted lines made of the ledger: orders, returns or settlements. */
  readonly rows: { readonly new: number; readonly changed: number; readonly unchanged: number }
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}
export interface ImportsAsk {
  readonly accountId?: string
  /** The id of the last one of the page before. */
  readonly after?: string
  readonly limit: number
  readonly accounts?: AccountLimit | null
}

export const readImport = async (
  queries: Queries,
  id: string,
  accounts: AccountLimit | null = null,
): Promise<ImportView | null> => {
  const limited = withinLimit(accounts, sql.fragment`marketplace_account_id`)
  const where = allOf(
    ...[sql.fragment`seller_id = app_current_seller_id()`, sql.fragment`id = ${id}`, ...limited],
  )
  const row = await queries.maybeOne(sql.type(importRow)`
    ${select(sql.fragment`(select * from imports where ${where})`)}`)
  return row && viewOf(row)
}

/** Newest first. */
export const listImports = async (
  queries: Queries,
  { sellerId }: Pick<Entry, 'sellerId'>,
  { accountId, after, limit, accounts }: ImportsAsk,
): Promise<{ readonly imports: readonly ImportView[]; readonly next: string | null }> => {
  const page = sql.fragment`order by id desc limit ${limit + 1}`
  const of = (...more: readonly Fragment[]) => {
    const position = after === undefined ? [] : [sql.fragment`id < ${after}::uuid`]
    const where = allOf(sql.fragment`seller_id = ${sellerId}`, ...position, ...more)
    return sql.fragment`select * from imports where ${where} ${page}`
  }
  const source = !accounts || accountId !== undefined
    ? of(
      ...accountId === undefined ? [] : [sql.fragment`marketplace_account_id = ${accountId}`],
      ...withinLimit(accounts, sql.fragment`marketplace_account_id`),
    )
    : firstOfEach(sellerId, accounts, of(sql.fragment`marketplace_account_id = a.id`))
  const rows = await queries.any(sql.type(importRow)`
    ${select(sql.fragment`(${source})`)} order by i.id desc limit ${limit + 1}`)
  const imports = rows.slice(0, limit).map(viewOf)
  return { imports, next: rows.length > limit ? imports.at(-1)?.id ?? null : null }
}

const select = (imports: Fragment): Fragment =>
  sql.fragment`
    select i.id, i.marketplace_account_id, i.job_run_id, i.file_name, i.byte_size,
      encode(i.sha256, 'hex') as sha256, i.report, i.report_name, i.target, i.sections,
      i.accepted_lines, i.skipped_lines, i.rejected_lines, i.skipped_reasons, i.rejected_reasons,
      i.created_at, r.state, r.failure_kind, r.failure_message, r.new_rows, r.changed, r.unchanged,
      r.started_at, r.finished_at
    from ${imports} i
    join job_runs r on r.seller_id = i.seller_id and r.id = i.job_run_id`

const counted = z.record(z.string(), z.number())
const importRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  job_run_id: z.string(),
  file_name: z.string(),
  byte_size: z.coerce.number(),
  sha256: z.string(),
  report: z.string().nullable(),
  report_name: z.string().nullable(),
  target: z.enum(['ORDERS', 'RETURNS', 'PAYOUTS']).nullable(),
  sections: z.array(sectionSchema),
  accepted_lines: z.number(),
  skipped_lines: z.number(),
  rejected_lines: z.number(),
  skipped_reasons: counted,
  rejected_reasons: counted,
  created_at: z.date(),
  state: z.enum(['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED']),
  failure_kind: z.string().nullable(),
  failure_message: z.string().nullable(),
  new_rows: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
})

const viewOf = (row: z.infer<typeof importRow>): ImportView => {
  const { report, report_name: name, target, failure_kind: kind } = row
  const { accepted_lines: accepted, skipped_lines: skipped, rejected_lines: rejected } = row
  return {
    id: row.id,
    marketplace_account_id: row.marketplace_account_id,
    run_id: row.job_run_id,
    ...{ file_name: row.file_name, byte_size: row.byte_size, sha256: row.sha256 },
    state: row.state === 'FAILED' && kind === 'cancelled' ? 'CANCELLED' : row.state,
    failure: kind === null ? null : { kind, message: row.failure_message ?? '' },
    report: report === null || name === null || target === null
      ? null
      : { id: report, name, target },
    sections: row.sections,
    lines: {
      ...{ told: accepted + skipped + rejected, accepted, skipped, rejected },
      ...{ skipped_reasons: row.skipped_reasons, rejected_reasons: row.rejected_reasons },
    },
    rows: { new: row.new_rows, changed: row.changed, unchanged: row.unchanged },
    ...{ created_at: row.created_at, started_at: row.started_at, finished_at: row.finished_at },
  }
}
