/** The scheduling sweep: due schedules become work. */
import { z } from 'zod'
import { textArray, timestampArray, uuidArray } from '../db/arrays.ts'
import type { Database, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Target } from '../plugin.ts'
import type { QueueOf } from './layout.ts'
import { nextRun } from '../rules/cron.ts'
import { target } from './targets.ts'

export interface SweepOptions {
  readonly now: () => Date
  readonly queueOf: QueueOf
  readonly log: Log
  /** Schedules of one plugin's accounts for one target; absent: all. */
  readonly only?: { readonly pluginId: string; readonly target: Target }
}
export interface SweepCounts {
  /** Schedules that were due and are moved on. */
  readonly due: number
  /** New runs; the other due ones joined an open item. */
  readonly created: number
}
type PlatformDatabase = Pick<Database, 'withPlatformScope'>

const reason = 'scheduling-sweep'
const batchSize = 500
/** A schedule whose cron nobody can read is looked at again after a day. */
const unreadableMs = 24 * 3600_000

/** Safe to run twice, and in several processes at once: a schedule is moved with its request. */
export const sweepSchedules = async (
  db: PlatformDatabase,
  options: SweepOptions,
): Promise<SweepCounts> => {
  let due = 0
  let created = 0
  for (;;) {
    const batch = await db.withPlatformScope(reason, (tx) => sweepBatch(tx, options))
    due += batch.due
    created += batch.created
    if (batch.due < batchSize) return { due, created }
  }
}

const sweepBatch = async (
  tx: Tx,
  { now, queueOf, log, only }: SweepOptions,
): Promise<SweepCounts> => {
  const at = now()
  const due = await tx.any(sql.type(schedule)`
    select d.seller_id, d.marketplace_account_id, d.target, d.cron, m.plugin_id
    from schedules d
    join marketplace_accounts a on a.seller_id = d.seller_id and a.id = d.marketplace_account_id
    join marketplaces m on m.id = a.marketplace_id
    where not d.paused and d.next_run_at <= ${at.toISOString()}::timestamptz
      -- what is suspended, paused or switched off stays due
      and not work_is_held(d.seller_id, d.marketplace_account_id)
      and (${only === undefined}
        or m.plugin_id = ${only?.pluginId ?? null} and d.target = ${only?.target ?? null})
    order by d.next_run_at
    limit ${batchSize}
    for update of d skip locked`)
  if (due.length === 0) return { due: 0, created: 0 }
  const created = await requestAll(
    tx,
    due.map((row) => ({ ...row, queue: queueOf(row.target, row.plugin_id) })),
  )
  const nextRuns = due.map((row) => {
    try {
      return nextRun(row.cron, at)
    } catch (error) {
      log.error('sweep.unreadable-cron', { sellerId: row.seller_id, target: row.target, error })
      return new Date(at.getTime() + unreadableMs)
    }
  })
  await tx.run(command`
    update schedules s set next_run_at = d.next_run_at
    from unnest(${uuidArray(due.map((row) => row.seller_id))}::uuid[],
      ${uuidArray(due.map((row) => row.marketplace_account_id))}::uuid[],
      ${textArray(due.map((row) => row.target))}::text[],
      ${timestampArray(nextRuns)}::timestamptz[]
    ) as d (seller_id, marketplace_account_id, target, next_run_at)
    where s.seller_id = d.seller_id and s.marketplace_account_id = d.marketplace_account_id
      and s.target = d.target`)
  return { due: due.length, created }
}

const schedule = z.object({
  seller_id: z.string(),
  marketplace_account_id: z.string(),
  target,
  cron: z.string(),
  plugin_id: z.string(),
})
type Schedule = z.infer<typeof schedule>

/** One statement for all of them; answers how many runs are new. */
const requestAll = async (
  tx: Tx,
  rows: readonly (Schedule & { readonly queue: string })[],
): Promise<number> => {
  if (rows.length === 0) return 0
  const ids = () => uuidArray(rows.map(() => newId()))
  const answer = await tx.one(sql.type(z.object({ created: z.number() }))`
    select count(*) filter (where w.created) as created
    from unnest(${uuidArray(rows.map((row) => row.seller_id))}::uuid[],
      ${uuidArray(rows.map((row) => row.marketplace_account_id))}::uuid[],
      ${textArray(rows.map((row) => row.target))}::text[],
      ${textArray(rows.map((row) => row.queue))}::text[],
      ${ids()}::uuid[], ${ids()}::uuid[], ${ids()}::uuid[]
    ) as r (seller_id, account_id, target, queue, run_id, item_id, message_id)
    cross join lateral request_work(r.seller_id, r.account_id, r.target, 'schedule', r.run_id,
      r.item_id, r.message_id, r.queue, null, null) as w`)
  return answer.created
}
