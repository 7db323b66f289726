/** An undelivered parcel on its way back moves its order, whichever of the two came first. */
import { z } from 'zod'
import { uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { returnStates } from '../plugin.ts'
import type { Place } from './order-events.ts'
import { moveOrders } from './order-moves.ts'
import { factsOfReturn } from './standing.ts'

/** Behind `lockAccount`; of orders that are stored. */
export const followReturns = async (
  scope: SellerScope,
  place: Place,
  orderIds: readonly string[],
): Promise<void> => {
  if (orderIds.length === 0) return
  const rows = await scope.any(sql.type(returnRow)`
    select id, order_id, status, initiated_at, delivered_at, source_updated_at from order_returns
    where seller_id = ${scope.sellerId} and kind = 'RTO'
      and order_id = any(${uuidArray(orderIds)}::uuid[])`)
  const moves = rows.flatMap((row) =>
    factsOfReturn({
      kind: 'RTO',
      status: row.status,
      initiatedAt: row.initiated_at,
      deliveredAt: row.delivered_at,
      updatedAt: row.source_updated_at,
    }).map((fact) => ({
      ...fact,
      orderId: row.order_id,
      data: { return: row.id },
      key: `return:${row.id}:${fact.status}`,
    }))
  )
  await moveOrders(scope, place, moves)
}

const returnRow = z.object({
  id: z.string(),
  order_id: z.string(),
  status: z.enum(returnStates),
  initiated_at: z.date(),
  delivered_at: z.date().nullable(),
  source_updated_at: z.date(),
})
