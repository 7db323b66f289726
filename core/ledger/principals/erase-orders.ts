/** Erases one buyer from all orders and raw rows that hold their value, account by account. */
import { z } from 'zod'
import type { Queries, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { eraseBuyers } from '../retention/erase.ts'
import { type BuyerIs, mostOrders } from './find-orders.ts'

const erasureRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  orders: z.number(),
  /** Sealed fields that held something. */
  fields: z.number(),
  /** Papers that showed the buyer. */
  documents: z.number(),
  /** Rows that could not be read, and named the buyer or these orders. */
  raw_rows: z.number(),
})
export interface ErasedBuyer {
  /** Of the first of the erasures. */
  readonly id: string
  readonly at: Date
  readonly orders: number
  /** One for each account. */
  readonly erasures: readonly z.infer<typeof erasureRow>[]
}

/**
 * `is`, `inRow`: the conditions on `o` and `q`. Throws `buyer-orders-changed` unless it finds as many
 * orders, and where there is nothing at all.
 */
export const eraseOrders = async (
  scope: SellerScope,
  { is, inRow }: BuyerIs,
  expected: number,
): Promise<ErasedBuyer> => {
  const found = await scope.any(sql.type(placeRow)`
    select o.id, o.marketplace_account_id as account from orders o
    where o.seller_id = ${scope.sellerId} and ${is}
    order by o.marketplace_account_id, o.id limit ${mostOrders + 1}`)
  // many more than were seen are not even begun with
  const seen = found.length > expected ? [] : found
  const rows = await scope.any(sql.type(accountRow)`
    select distinct q.marketplace_account_id as account from quarantined_rows q
    where q.seller_id = ${scope.sellerId} and q.raw_erased_at is null and ${inRow}`)
  const accounts = new Set([...seen, ...rows].map(({ account }) => account))
  const ids: string[] = []
  let erased = 0
  // by their ids: two that meet wait for each other in one direction
  for (const accountId of [...accounts].toSorted()) {
    const orderIds = seen.filter(({ account }) => account === accountId).map(({ id }) => id)
    const done = await eraseBuyers(scope, {
      ...{ accountId, orderIds, reason: 'request', rawRows: inRow },
    })
    if (done.erasureId !== null) ids.push(done.erasureId)
    erased += done.orders
  }
  // also when some were erased by somebody else while we waited for the lock
  const [first] = ids
  if (erased !== expected || first === undefined) throw fault('buyer-orders-changed')
  const made = await readErasures(scope, scope.sellerId, first)
  if (made === null) throw new Error('unreachable: it was written above')
  return made
}
const accountRow = z.object({ account: z.string() })
const placeRow = accountRow.extend({ id: z.string() })

/** All erasures of the request that `id` is one of: they bear the time of its transaction. */
export const readErasures = async (
  queries: Pick<Queries, 'any'>,
  sellerId: string,
  id: string,
): Promise<ErasedBuyer | null> => {
  const rows = await queries.any(sql.type(erasureRow.extend({ at: z.date() }))`
    select e.id, e.marketplace_account_id, e.orders, e.fields, e.documents, e.raw_rows,
      e.created_at as at
    from erasures one join erasures e
      on e.seller_id = one.seller_id and e.created_at = one.created_at and e.reason = one.reason
    where one.seller_id = ${sellerId} and one.id = ${id} and one.reason = 'request'
    order by e.id`)
  const [first] = rows
  if (first === undefined) return null
  const orders = rows.reduce((sum, { orders }) => sum + orders, 0)
  return { id, at: first.at, orders, erasures: rows.map(({ at: _at, ...erasure }) => erasure) }
}
