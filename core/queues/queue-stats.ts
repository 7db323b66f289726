/** How much waits in each queue, by what the database knows; SQS counts its messages itself. */
import { z } from 'zod'
import type { Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'

const QueueStats = z.object({
  /** The short name. */
  queue: z.string(),
  /** Open work items; what is held back or not due yet is among them. */
  waiting: z.int(),
  running: z.int(),
  /** Of those that wait the one that has been due for longest; null where none is. */
  oldest_due_at: z.date().nullable(),
  /** Messages that have not left for SQS yet, and the one that has been due for longest. */
  unsent: z.int(),
  oldest_unsent_at: z.date().nullable(),
  /** Letters that nobody has decided about. */
  dead_letters: z.int(),
})
export type QueueStats = Readonly<z.infer<typeof QueueStats>>

/** In a platform scope: every queue of which there is anything, over all sellers. */
export const readQueueStats = (tx: Tx): Promise<readonly QueueStats[]> =>
  tx.any(sql.type(QueueStats)`
    select coalesce(w.queue, o.queue, d.queue) as queue,
      coalesce(w.waiting, 0) as waiting, coalesce(w.running, 0) as running, w.oldest_due_at,
      coalesce(o.unsent, 0) as unsent, o.oldest_unsent_at,
      coalesce(d.dead_letters, 0) as dead_letters
    from (
      select queue, count(*) filter (where state = 'WAITING')::int4 as waiting,
        count(*) filter (where state = 'RUNNING')::int4 as running,
        min(not_before) filter (where state = 'WAITING' and not_before <= now()) as oldest_due_at
      from work_items where state in ('WAITING', 'RUNNING') group by queue
    ) w
    full join (
      select queue, count(*)::int4 as unsent,
        min(not_before) filter (where not_before <= now()) as oldest_unsent_at
      from outbox where sent_at is null group by queue
    ) o on o.queue = w.queue
    full join (
      select queue, count(*)::int4 as dead_letters
      from dead_letters where state = 'DEAD' group by queue
    ) d on d.queue = coalesce(w.queue, o.queue)
    order by 1`)
