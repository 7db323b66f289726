/**
 * Work of a party as no worker leaves it in a test: it failed each time, has made its effect, or waits
 * for somebody to ask for it.
 */
import type { Operations } from '#core/db/operations.ts'
import type { Party } from './parties.ts'

export const makeDead = async (
  sql: Operations,
  { sellerId, mark }: Pick<Party, 'sellerId' | 'mark'>,
): Promise<void> => {
  await sql`
    insert into dead_letters (seller_id, id, work_item_id, marketplace_account_id, job_run_id, target,
      queue, body, reason, receives)
    select seller_id, gen_random_uuid(), id, marketplace_account_id, job_run_id, target, queue, '{}',
      ${`The marketplace answered ${mark}`}, 5
    from work_items where seller_id = ${sellerId} and job_run_id is not null order by id limit 2`
  await sql`
    insert into inbox (seller_id, work_item_id)
    select seller_id, id from work_items where seller_id = ${sellerId} order by id limit 1`
  await sql`
    insert into push_events (seller_id, marketplace_account_id, event_id, target)
    select seller_id, id, ${`E-${mark}`}, 'ORDERS' from marketplace_accounts
    where seller_id = ${sellerId}`
  await sql`
    insert into inventory_tasks (seller_id, order_id, marketplace_account_id)
    select seller_id, id, marketplace_account_id from orders where seller_id = ${sellerId}
    order by id limit 1 on conflict do nothing`
}
