/** What of an account is due, in its seller's scope; each look-up is served by an index of its own. */
import { z } from 'zod'
import type { Queries, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { Fragment } from '../account-limit.ts'
import type { Span } from './span.ts'

const idRow = z.object({ id: z.string() })
const time = (date: Date): Fragment => sql.fragment`${date.toISOString()}::timestamptz`

/** The predicates and expressions of `orders__buyers_over` and `orders__buyers_silent`. */
const ends = sql.fragment`('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')`
const sent = sql.fragment`('SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT')`
const endedAt = sql.fragment`coalesce(least(case when own_status = status then own_at end,
  case when parcel_status = status then parcel_at end), source_updated_at)`
const heardAt = sql.fragment`case when status in ${sent}
  then coalesce(greatest(own_at, parcel_at), source_updated_at)
  else greatest(source_updated_at, own_at, parcel_at, ship_by) end`

/** Orders whose buyers are due, those of longest ago first; behind `lockAccount`. */
export const dueOrders = async (
  scope: SellerScope,
  accountId: string,
  { endedBefore, sentBefore, silentBefore, cameBefore }: Span,
  limit: number,
): Promise<readonly string[]> => {
  const of = (state: Fragment, at: Fragment, before: Date): Fragment =>
    sql.fragment`(select id from orders
      where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
        and customer_erased_at is null ${state} and ${at} < ${time(before)}
      order by ${at} limit ${limit})`
  const isOpen = sql.fragment`and status not in ${ends}`
  const all = [
    of(sql.fragment`and status in ${ends}`, endedAt, endedBefore),
    of(sql.fragment`${isOpen} and status in ${sent}`, heardAt, sentBefore),
    of(isOpen, heardAt, silentBefore),
    of(sql.fragment``, sql.fragment`created_at`, cameBefore),
  ]
  const rows = await scope.any(sql.type(idRow)`
    select id from (${sql.join(all, sql.fragment` union all `)}) due limit ${limit}`)
  // one may be due for two reasons
  return [...new Set(rows.map(({ id }) => id))]
}

export interface SellersAccount {
  readonly id: string
  readonly marketplace: string
  readonly pluginId: string
  /** What its plugin said when the database was migrated. */
  readonly declaredDays: number | null
}

/** Also of plugins that are disabled, and of accounts that are paused. */
export const readAccounts = async (
  queries: Queries,
  sellerId: string,
): Promise<readonly SellersAccount[]> => {
  const rows = await queries.any(sql.type(accountRow)`
    select a.id, m.code, m.plugin_id, m.buyer_days
    from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${sellerId} order by a.id`)
  return rows.map((row) => ({
    ...{ id: row.id, marketplace: row.code, pluginId: row.plugin_id },
    declaredDays: row.buyer_days,
  }))
}
const accountRow = z.object({
  id: z.string(),
  code: z.string(),
  plugin_id: z.string(),
  buyer_days: z.number().nullable(),
})
