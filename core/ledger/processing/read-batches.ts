/** Batches as the API shows them: how far each stage is. */
import { z } from 'zod'
import type { Database, Entry, Queries } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import { allOf, withinLimit } from '../account-limit.ts'

export interface BatchView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly run_id: string
  readonly state: 'QUEUED' | 'RUNNING' | 'DONE' | 'FAILED'
  readonly closure: 'IMMEDIATE' | 'DELAYED' | 'MANUAL'
  readonly orders: {
    readonly total: number
    readonly open: number
    readonly done: number
    readonly held: number
    readonly stopped: number
  }
  /** In the order in which they began. */
  readonly stages: readonly {
    readonly step: string
    readonly started: number
    readonly done: number
    readonly held: number
    readonly failed: number
  }[]
  readonly documents: Readonly<Record<string, number>>
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}
export interface BatchPosition {
  readonly createdAt: Date
  readonly id: string
}

export const readBatch = async (
  queries: Queries,
  id: string,
  accounts: AccountLimit | null,
): Promise<BatchView | null> => {
  const limited = withinLimit(accounts, sql.fragment`b.marketplace_account_id`)
  const row = await queries.maybeOne(sql.type(batchRow)`
    select ${columns} from batches b
    where ${
    allOf(
      sql.fragment`b.seller_id = app_current_seller_id()`,
      sql.fragment`b.id = ${id}`,
      ...limited,
    )
  }`)
  return row && viewOf(row)
}

export const listBatches = async (
  db: Database,
  entry: Entry,
  { accountId, after, limit, accounts }: {
    readonly accountId?: string
    readonly after?: BatchPosition
    readonly limit: number
    readonly accounts: AccountLimit | null
  },
): Promise<{ readonly batches: readonly BatchView[]; readonly next: BatchPosition | null }> => {
  const where = allOf(
    sql.fragment`b.seller_id = ${entry.sellerId}`,
    ...accountId ? [sql.fragment`b.marketplace_account_id = ${accountId}`] : [],
    ...after
      ? [sql.fragment`(b.created_at, b.id) < (${after.createdAt.toISOString()}, ${after.id}::uuid)`]
      : [],
    ...withinLimit(accounts, sql.fragment`b.marketplace_account_id`),
  )
  const rows = await db.inSellerScope(entry).any(sql.type(batchRow)`
    select ${columns} from batches b where ${where}
    order by b.created_at desc, b.id desc limit ${limit + 1}`)
  const batches = rows.slice(0, limit).map(viewOf)
  const last = batches.at(-1)
  return {
    batches,
    next: rows.length > limit && last ? { createdAt: last.created_at, id: last.id } : null,
  }
}

/** A step that also has rows of the whole batch counts its orders; one that has only those, them. */
const ordersThat = (outcome: string) => {
  const those = sql.fragment`filter (where s.outcome = ${outcome})`
  return sql.fragment`case when count(s.order_id) > 0 then count(s.order_id) ${those}
    else count(*) ${those} end`
}
const columns = sql.fragment`b.id, b.marketplace_account_id, b.job_run_id, b.state, b.closure,
  b.failure_code, b.failure_message, b.created_at, b.started_at, b.finished_at, (
    select jsonb_build_object('total', count(*), 'open', count(*) filter (where o.state = 'OPEN'),
      'done', count(*) filter (where o.state = 'DONE'),
      'held', count(*) filter (where o.state = 'HELD'),
      'stopped', count(*) filter (where o.state = 'STOPPED'))
    from batch_orders o where o.seller_id = b.seller_id and o.batch_id = b.id) as orders,
  coalesce((
    select jsonb_agg(to_jsonb(g) - 'seq' order by g.seq) from (
      select s.step, min(s.seq) as seq, ${ordersThat('started')} as started,
        ${ordersThat('done')} as done, ${ordersThat('held')} as held,
        ${ordersThat('failed')} as failed
      from processing_steps s where s.seller_id = b.seller_id and s.batch_id = b.id
      group by s.step
    ) as g), '[]') as stages,
  coalesce((
    select jsonb_object_agg(d.type, d.papers) from (
      select type, count(*) as papers from order_documents
      where seller_id = b.seller_id and batch_id = b.id and superseded_at is null group by type
    ) as d), '{}') as documents`

const count = z.number()
const batchRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  job_run_id: z.string(),
  state: z.enum(['QUEUED', 'RUNNING', 'DONE', 'FAILED']),
  closure: z.enum(['IMMEDIATE', 'DELAYED', 'MANUAL']),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
  created_at: z.date(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
  orders: z.object({ total: count, open: count, done: count, held: count, stopped: count }),
  stages: z.array(
    z.object({ step: z.string(), started: count, done: count, held: count, failed: count }),
  ),
  documents: z.record(z.string(), count),
})

const viewOf = (row: z.infer<typeof batchRow>): BatchView => {
  const { job_run_id: run_id, failure_code: code, failure_message: message, ...rest } = row
  return { ...rest, run_id, failure: code === null ? null : { code, message: message ?? '' } }
}
