/** Runs as the API shows them: what was asked, and what came of it. */
import { z } from 'zod'
import type { Database, Entry, Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { SyncReason } from '../plugin.ts'
import { type RunTarget, runTargets } from '../queues/targets.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { allOf, firstOfEach, type Fragment, withinLimit } from './account-limit.ts'

export interface RunView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly target: RunTarget
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
  /** Words of the marketplace that the adapter does not know, and how often each was met. */
  readonly unknown_words: Readonly<Record<string, number>>
  readonly failure: { readonly kind: string; readonly message: string } | null
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}
export interface RunPosition {
  readonly createdAt: Date
  readonly id: string
}
interface RunsAsk {
  readonly accountId?: string
  readonly after?: RunPosition
  readonly limit: number
  /** Absent or null: runs of all accounts. */
  readonly accounts?: AccountLimit | null
}

export const createRuns = (db: Database) => ({
  /** Null for a run of an account outside of the limit, as for one that is not there. */
  get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null = null,
  ): Promise<RunView | null> => readRun(db.inSellerScope(entry), id, accounts),

  /** Newest first: ids are in the order of time. */
  list: async (
    entry: Entry,
    ask: RunsAsk,
  ): Promise<{ readonly runs: readonly RunView[]; readonly next: RunPosition | null }> => {
    const rows = await db.inSellerScope(entry).any(sql.type(runRow)`${listOf(entry.sellerId, ask)}`)
    const runs = rows.slice(0, ask.limit).map(viewOf)
    const last = runs.at(-1)
    return {
      runs,
      next: rows.length > ask.limit && last ? { createdAt: last.created_at, id: last.id } : null,
    }
  },
})

const listOf = (sellerId: string, { accountId, after, limit, accounts }: RunsAsk): Fragment => {
  const page = sql.fragment`order by id desc limit ${limit + 1}`
  const where = (...more: readonly Fragment[]) => {
    const position = after ? [sql.fragment`id < ${after.id}::uuid`] : []
    return sql.fragment`where ${
      allOf(sql.fragment`seller_id = ${sellerId}`, ...position, ...more)
    } ${page}`
  }
  if (!accounts || accountId) {
    const account = accountId ? [sql.fragment`marketplace_account_id = ${accountId}`] : []
    const limited = withinLimit(accounts, sql.fragment`marketplace_account_id`)
    return sql.fragment`select ${columns} from job_runs ${where(...account, ...limited)}`
  }
  const ofAccount = where(sql.fragment`marketplace_account_id = a.id`)
  const each = sql.fragment`select ${columns} from job_runs ${ofAccount}`
  return sql.fragment`select * from (${firstOfEach(sellerId, accounts, each)}) all_accounts ${page}`
}

export const readRun = async (
  queries: Queries,
  id: string,
  accounts: AccountLimit | null = null,
): Promise<RunView | null> => {
  const limited = withinLimit(accounts, sql.fragment`marketplace_account_id`)
  const row = await queries.maybeOne(sql.type(runRow)`
    select ${columns} from job_runs
    where id = ${id} and ${allOf(sql.fragment`seller_id = app_current_seller_id()`, ...limited)}`)
  return row && viewOf(row)
}

const columns = sql.fragment`id, marketplace_account_id, target, reason, state, window_from,
  window_to, pages, received, new_rows, changed, unchanged, rejected, rejected_reasons, unknown_words,
  failure_kind, failure_message, created_at,
  started_at, finished_at`

const runRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  target: z.enum(runTargets),
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
  unknown_words: z.record(z.string(), z.number()),
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
