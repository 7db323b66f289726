/** Finds open work that no message leads to any more, and gives it one. */
import { z } from 'zod'
import { textArray, uuidArray } from '../db/arrays.ts'
import type { Database } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import type { SweepOptions } from './sweep-schedules.ts'
import { workTarget } from './targets.ts'

/** Longer than the five receipts of a message and the lease of a killed worker together. */
const lostAfterMs = 10 * 60_000
const batchSize = 500

/**
 * Gives a message to every open item that has been due, or whose lease has been over, for ten
 * minutes, and that no message waits for in the outbox or has left it for in this time. One message
 * too many does no harm: an item is claimed once. What is suspended, paused or switched off gets its
 * message when that is over. Answers how many messages were made.
 */
export const repairLostWork = async (
  db: Pick<Database, 'withPlatformScope'>,
  { now, queueOf, log }: SweepOptions,
): Promise<number> => {
  const before = new Date(now().getTime() - lostAfterMs).toISOString()
  return await db.withPlatformScope('scheduling-sweep', async (tx) => {
    const lost = await tx.any(sql.type(lostItem)`
      select w.seller_id, w.id, w.marketplace_account_id, w.target, w.queue, m.plugin_id
      from work_items w
      left join marketplace_accounts a
        on a.seller_id = w.seller_id and a.id = w.marketplace_account_id
      left join marketplaces m on m.id = a.marketplace_id
      where not work_is_held(w.seller_id, w.marketplace_account_id) and w.state in ('WAITING', 'RUNNING') and w.not_before < ${before}::timestamptz
        and (w.state = 'WAITING' or w.lease_until < ${before}::timestamptz)
        and w.id::text not in (
          select body ->> 'workItemId' from outbox
          where sent_at is null and body ? 'workItemId'
          union all
          select body ->> 'workItemId' from outbox
          where sent_at > ${before}::timestamptz and body ? 'workItemId')
      order by w.not_before
      limit ${batchSize}`)
    if (lost.length === 0) return 0
    log.warn('sweep.lost-work', { items: lost.length })
    return await tx.run(command`
      insert into outbox (seller_id, id, queue, group_key, body)
      select r.seller_id, r.id, r.queue, coalesce(r.account_id, r.seller_id)::text,
        jsonb_strip_nulls(jsonb_build_object(
          'sellerId', r.seller_id, 'accountId', r.account_id, 'workItemId', r.item_id))
      from unnest(${uuidArray(lost.map((item) => item.seller_id))}::uuid[],
        ${uuidArray(lost.map(() => newId()))}::uuid[],
        ${textArray(lost.map((item) => queueFor(item, queueOf)))}::text[],
        ${uuidArray(lost.map((item) => item.marketplace_account_id))}::uuid[],
        ${uuidArray(lost.map((item) => item.id))}::uuid[]
      ) as r (seller_id, id, queue, account_id, item_id)`)
  })
}

const lostItem = z.object({
  seller_id: z.string(),
  id: z.string(),
  marketplace_account_id: z.string().nullable(),
  target: workTarget,
  queue: z.string(),
  plugin_id: z.string().nullable(),
})

/** Where it goes in this release: the layout may have changed since it was asked for. */
const queueFor = (item: z.infer<typeof lostItem>, queueOf: SweepOptions['queueOf']): string =>
  item.target === 'JOB' || item.plugin_id === null
    ? item.queue
    : queueOf(item.target, item.plugin_id)
