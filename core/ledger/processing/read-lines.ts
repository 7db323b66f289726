/** The report of a batch, line by line: how much, how far, and why not. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import { allOf } from '../account-limit.ts'
import { readBatch } from './read-batches.ts'

export interface LineReport {
  readonly order_id: string
  readonly external_order_id: string
  readonly external_item_id: string
  readonly sku: string | null
  readonly quantity: number
  readonly confirmed_quantity: number
  /** Why less is confirmed than was ordered. */
  readonly short_reason: string | null
  /** Of the order. */
  readonly state: 'OPEN' | 'DONE' | 'HELD' | 'STOPPED'
  readonly step: string | null
  readonly code: string | null
  readonly message: string | null
}
/** The order's place in the batch, and the line's id. */
export interface LinePosition {
  readonly position: number
  readonly item: string
}

/** Null for a batch of an account outside of the limit, as for one that is not there. */
export const listLines = async (
  scope: SellerScope,
  batchId: string,
  { after, limit, state, accounts }: {
    readonly after?: LinePosition
    readonly limit: number
    readonly state?: string
    readonly accounts: AccountLimit | null
  },
): Promise<
  { readonly lines: readonly LineReport[]; readonly next: LinePosition | null } | null
> => {
  if (!await readBatch(scope, batchId, accounts)) return null
  const where = allOf(
    sql.fragment`b.seller_id = ${scope.sellerId} and b.batch_id = ${batchId}`,
    ...state ? [sql.fragment`b.state = ${state}`] : [],
    ...after
      ? [sql.fragment`(b.position, l.external_item_id) > (${after.position}, ${after.item})`]
      : [],
  )
  const rows = await scope.any(sql.type(lineRow)`
    select b.position, b.order_id, o.external_order_id, l.external_item_id, i.sku, l.quantity,
      l.confirmed_quantity, l.reason as short_reason, b.state, b.step, b.code, b.message
    from batch_orders b
    join batch_lines l on l.seller_id = b.seller_id and l.batch_id = b.batch_id
      and l.order_id = b.order_id
    join orders o on o.seller_id = b.seller_id and o.id = b.order_id
    left join order_items i on i.seller_id = l.seller_id and i.order_id = l.order_id
      and i.external_item_id = l.external_item_id
    where ${where}
    order by b.position, l.external_item_id limit ${limit + 1}`)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    lines: page.map(({ position: _, ...line }) => line),
    next: rows.length > limit && last
      ? { position: last.position, item: last.external_item_id }
      : null,
  }
}
const lineRow = z.object({
  position: z.number(),
  order_id: z.string(),
  external_order_id: z.string(),
  external_item_id: z.string(),
  sku: z.string().nullable(),
  quantity: z.number(),
  confirmed_quantity: z.number(),
  short_reason: z.string().nullable(),
  state: z.enum(['OPEN', 'DONE', 'HELD', 'STOPPED']),
  step: z.string().nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
})
