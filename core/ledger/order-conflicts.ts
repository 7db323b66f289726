/** Words that contradict an end: kept as events of the order, for somebody to look into. */
import { z } from 'zod'
import { uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { orderStates } from '../plugin.ts'
import { addOrderEvents, type OrderEvent, type Place } from './order-events.ts'
import { conflictsOf } from './standing.ts'

/**
 * Looks at every word that was told of these orders and of their parcels. A conflict stays one
 * whatever comes later, so it is told once and never taken back.
 */
export const recordConflicts = async (
  scope: SellerScope,
  place: Place,
  orderIds: readonly string[],
): Promise<void> => {
  if (orderIds.length === 0) return
  const ids = sql.fragment`${uuidArray(orderIds)}::uuid[]`
  const words = await scope.any(sql.type(wordRow)`
    select order_id, null::uuid as shipment_id, state as status, raw, at from order_events
    where seller_id = ${scope.sellerId} and order_id = any(${ids}) and kind = 'order.status'
    union
    select id, null::uuid, told_status, raw_status, source_updated_at from orders
    where seller_id = ${scope.sellerId} and id = any(${ids}) and told_status is not null
    union
    select s.order_id, s.id, e.status, e.raw_status, e.at
    from shipments s
    join shipment_events e on e.seller_id = s.seller_id and e.shipment_id = s.id
    where s.seller_id = ${scope.sellerId} and s.order_id = any(${ids}) and e.status is not null`)
  const ofEach = Map.groupBy(words, (word) => `${word.order_id} ${word.shipment_id}`)
  const events = [...ofEach.values()].flatMap((facts) => conflictsOf(facts).map(eventOf))
  await addOrderEvents(scope, place, events)
}

const wordRow = z.object({
  order_id: z.string(),
  shipment_id: z.string().nullable(),
  status: z.enum(orderStates),
  raw: z.string().nullable(),
  at: z.date(),
})

const eventOf = (word: z.infer<typeof wordRow>): OrderEvent => ({
  orderId: word.order_id,
  kind: 'order.conflict',
  state: word.status,
  raw: word.raw,
  at: word.at,
  ...(word.shipment_id ? { data: { shipment: word.shipment_id } } : {}),
})
