/** Erases one buyer from all orders that hold their value, account by account. */
import { z } from 'zod'
import type { Queries, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import type { Fragment } from '../account-limit.ts'
import { eraseBuyers } from '../retention/erase.ts'
import { mostOrders } from './find-orders.ts'

const erasureRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  orders: z.number(),
  /** Sealed fields that held something. */
  fields: z.number(),
  /** Papers that showed the buyer. */
  documents: z.number(),
})
export interface ErasedBuyer {
  /** Of the first of the erasures. */
  readonly id: string
  readonly orders: number
  /** One for each account. */
  readonly erasures: readonly z.infer<typeof erasureRow>[]
}

/** `is`: the condition on `o`. Throws `buyer-orders-changed` unless it finds as many orders. */
export const eraseOrders = async (
  scope: SellerScope,
  is: Fragment,
  expected: number,
): Promise<ErasedBuyer> => {
  const found = await scope.any(sql.type(placeRow)`
    select o.id, o.marketplace_account_id as account from orders o
    where o.seller_id = ${scope.sellerId} and ${is}
    order by o.marketplace_account_id, o.id limit ${mostOrders + 1}`)
  // many more than were seen are not even begun with
  const seen = found.length > expected ? [] : found
  const ids: string[] = []
  let erased = 0
  for (const [accountId, orders] of Map.groupBy(seen, ({ account }) => account)) {
    const orderIds = orders.map(({ id }) => id)
    const done = await eraseBuyers(scope, { accountId, orderIds, reason: 'request' })
    if (done.erasureId !== null) ids.push(done.erasureId)
    erased += done.orders
  }
  // also when some were erased by somebody else while we waited for the lock
  if (erased !== expected) throw fault('buyer-orders-changed')
  const made = await readErasures(scope, scope.sellerId, ids[0] ?? '')
  if (made === null) throw new Error('unreachable: it was written above')
  return made
}
const placeRow = z.object({ id: z.string(), account: z.string() })

/** All erasures of the request that `id` is one of: they bear the time of its transaction. */
export const readErasures = async (
  queries: Pick<Queries, 'any'>,
  sellerId: string,
  id: string,
): Promise<ErasedBuyer | null> => {
  const erasures = await queries.any(sql.type(erasureRow)`
    select e.id, e.marketplace_account_id, e.orders, e.fields, e.documents
    from erasures one join erasures e
      on e.seller_id = one.seller_id and e.created_at = one.created_at and e.reason = one.reason
    where one.seller_id = ${sellerId} and one.id = ${id} and one.reason = 'request'
    order by e.id`)
  const [first] = erasures
  if (first === undefined) return null
  return { id, orders: erasures.reduce((sum, { orders }) => sum + orders, 0), erasures }
}
