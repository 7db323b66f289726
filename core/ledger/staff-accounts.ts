/** A seller's marketplace accounts as the platform sees them: how they stand, and nothing of buyers. */
import { z } from 'zod'
import type { Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'

const Row = z.object({
  id: z.string(),
  marketplace: z.string(),
  external_account_id: z.string(),
  name: z.string(),
  paused_at: z.date().nullable(),
  needs_reconnect: z.boolean(),
  /** Open work items. */
  waiting: z.int(),
  /** Letters that nobody has decided about. */
  dead_letters: z.int(),
  last_synced_at: z.date().nullable(),
})

/** In a platform scope, in the order in which they were connected. */
export const readStaffAccounts = (
  tx: Tx,
  sellerId: string,
): Promise<readonly Readonly<z.infer<typeof Row>>[]> =>
  tx.any(sql.type(Row)`
    select a.id, m.code as marketplace, a.external_account_id, a.name, a.paused_at,
      a.needs_reconnect,
      (select count(*)::int4 from work_items w
        where w.seller_id = a.seller_id and w.marketplace_account_id = a.id
          and w.state in ('WAITING', 'RUNNING')) as waiting,
      (select count(*)::int4 from dead_letters d
        where d.seller_id = a.seller_id and d.marketplace_account_id = a.id
          and d.state = 'DEAD') as dead_letters,
      (select max(r.finished_at) from job_runs r
        where r.seller_id = a.seller_id and r.marketplace_account_id = a.id
          and r.state = 'SUCCEEDED') as last_synced_at
    from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${sellerId} order by a.id`)
