/** Runs as the API shows them: what was asked, and what came of it. */
import { z } from 'zod'
import type { Database, Entry, Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { type SyncReason, type Target, targets } from '../plugin.ts'

export interface RunView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly target: Target
  readonly reason: SyncReason
  readonly state: string
  readonly window_from: Date | null
  readonly window_to: Date | null
  readonly pages: number
  readonly received: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly rejected_reasons: Readonly<Record<string, number>>
  readonly failure: { readonly kind: string; readonly message: string } | null
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}
export interface RunPosition {
  readonly createdAt: Date
  readonly id: string
}

export const createRuns = (db: Database) => ({
  get: (entry: Entry, id: string): Promise<RunView | null> => readRun(db.inSellerScope(entry), id),

  /** Newest first: ids are in the order of time. */
  list: async (
    entry: Entry,
    ask: { readonly accountId?: string; readonly after?: RunPosition; readonly limit: number },
  ): Promise<{ readonly runs: readonly RunView[]; readonly next: RunPosition | null }> => {
    const account = ask.accountId
      ? sql.fragment`and marketplace_account_id = ${ask.accountId}`
      : sql.fragment``
    const after = ask.after ? sql.fragment`and id < ${ask.after.id}::uuid` : sql.fragment``
    const rows = await db.inSellerScope(entry).any(sql.type(runRow)`
      select ${columns} from job_runs where seller_id = ${entry.sellerId} ${account} ${after}
      order by id desc limit ${ask.limit + 1}`)
    const runs = rows.slice(0, ask.limit).map(viewOf)
    const last = runs.at(-1)
    return {
      runs,
      next: rows.length > ask.limit && last ? { createdAt: last.created_at, id: last.id } : null,
    }
  },
})

export const readRun = async (queries: Queries, id: string): Promise<RunView | null> => {
  const row = await queries.maybeOne(sql.type(runRow)`
    select ${columns} from job_runs where id = ${id} and seller_id = app_current_seller_id()`)
  return row && viewOf(row)
}

const columns = sql.fragment`id, marketplace_account_id, target, reason, state, window_from,
  window_to, pages, received, new_rows, changed, unchanged, rejected, rejected_reasons,
  failure_kind, failure_message, created_at,
  started_at, finished_at`

const runRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  target: z.enum(targets),
  reason: z.enum(['schedule', 'manual', 'backfill', 'push']),
  state: z.string(),
  window_from: z.date().nullable(),
  window_to: z.date().nullable(),
  pages: z.number(),
  received: z.number(),
  new_rows: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  rejected_reasons: z.record(z.string(), z.number()),
  failure_kind: z.string().nullable(),
  failure_message: z.string().nullable(),
  created_at: z.date(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
})

const viewOf = (row: z.infer<typeof runRow>): RunView => {
  const { new_rows, failure_kind, failure_message, ...rest } = row
  return {
    ...rest,
    new: new_rows,
    failure: failure_kind === null ? null : { kind: failure_kind, message: failure_message ?? '' },
  }
}
