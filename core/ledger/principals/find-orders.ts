/** The orders that hold one value of a buyer. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { orderStates } from '../../plugin.ts'
import type { Fragment } from '../account-limit.ts'

/** A value that more orders share is a placeholder, and of no one person. */
export const mostOrders = 1_000

/** Where one buyer is. */
export interface BuyerIs {
  /** The condition on an order `o`. */
  readonly is: Fragment
  /** That on a row `q` that could not be read. */
  readonly inRow: Fragment
}
export interface PrincipalPosition {
  readonly orderedAt: Date
  readonly id: string
}
export type PrincipalOrder = z.infer<typeof orderRow>
const orderRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  marketplace: z.string(),
  external_order_id: z.string(),
  status: z.enum(orderStates),
  ordered_at: z.date(),
  /** Which of the buyer's members the order holds. */
  holds: z.array(z.enum(['name', 'phone', 'email', 'address'])),
})

/** `is`: the condition on `o`. Newest first. */
export const readOrders = async (
  scope: SellerScope,
  is: Fragment,
  { after, limit }: { readonly after?: PrincipalPosition; readonly limit: number },
): Promise<{
  readonly rows: readonly PrincipalOrder[]
  readonly next: PrincipalPosition | null
}> => {
  const behind = after
    ? sql.fragment`and (o.ordered_at, o.id)
        < (${after.orderedAt.toISOString()}::timestamptz, ${after.id}::uuid)`
    : sql.fragment``
  const rows = await scope.any(sql.type(orderRow)`
    select o.id, o.marketplace_account_id, m.code as marketplace, o.external_order_id, o.status,
      o.ordered_at, array_remove(array[
        case when o.customer_name_enc is not null then 'name' end,
        case when o.customer_phone_enc is not null then 'phone' end,
        case when o.customer_email_enc is not null then 'email' end,
        case when o.address_enc is not null then 'address' end], null) as holds
    from orders o
    join marketplace_accounts a on a.seller_id = o.seller_id and a.id = o.marketplace_account_id
    join marketplaces m on m.id = a.marketplace_id
    where o.seller_id = ${scope.sellerId} and ${is} ${behind}
    order by o.ordered_at desc, o.id desc limit ${limit + 1}`)
  const last = rows[limit - 1]
  return {
    rows: rows.slice(0, limit),
    next: rows.length > limit && last ? { orderedAt: last.ordered_at, id: last.id } : null,
  }
}

/** At most one more than `mostOrders`. */
export const countOrders = async (scope: SellerScope, is: Fragment): Promise<number> => {
  const { total } = await scope.one(sql.type(z.object({ total: z.number() }))`
    select count(*)::int4 as total from (
      select from orders o where o.seller_id = ${scope.sellerId} and ${is}
      limit ${mostOrders + 1}) found`)
  return total
}

/** Rows that could not be read and tell the buyer's value. No index: few wait to be looked at. */
export const countRawRows = async (scope: SellerScope, inRow: Fragment): Promise<number> => {
  const { total } = await scope.one(sql.type(z.object({ total: z.number() }))`
    select count(*)::int4 as total from quarantined_rows q
    where q.seller_id = ${scope.sellerId} and q.raw_erased_at is null and ${inRow}`)
  return total
}
