/** What a seller has in the ledger, account by account: for summaries and for checks. */
import { z } from 'zod'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'

export interface AccountTotals {
  readonly account_id: string
  readonly marketplace: string
  readonly external_account_id: string
  readonly orders: number
  readonly items: number
  readonly total_paise: number
}

export const readTotals = (db: Database, entry: Entry): Promise<readonly AccountTotals[]> =>
  db.inSellerScope(entry).any(sql.type(totalsRow)`
    select a.id as account_id, m.code as marketplace, a.external_account_id,
      count(o.id) as orders, coalesce(sum(o.item_count), 0)::int8 as items,
      coalesce(sum(o.total_paise), 0)::int8 as total_paise
    from marketplace_accounts a
    join marketplaces m on m.id = a.marketplace_id
    left join orders o on o.seller_id = a.seller_id and o.marketplace_account_id = a.id
    where a.seller_id = ${entry.sellerId}
    group by a.id, a.created_at, m.code, a.external_account_id
    order by a.created_at, a.id`)

const totalsRow = z.object({
  account_id: z.string(),
  marketplace: z.string(),
  external_account_id: z.string(),
  orders: z.number(),
  items: z.number(),
  total_paise: z.number(),
})
