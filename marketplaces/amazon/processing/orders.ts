/** The order as Amazon has it now: what may be done with it, and by which of Amazon's ways. */
import type { Context } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from '../client.ts'
import { explained, outcomeOf } from '../refusals.ts'
import { Order, PathId } from '../schemas.ts'

// nothing of the buyer: address and name are not needed here
const includedData = ['FULFILLMENT', 'PACKAGES', 'FULFILLMENT_ORDERS']
const OrderToSend = Order.extend({
  fulfillmentOrders: z.array(z.object({ fulfillmentOrderId: PathId.nullish() })).nullish(),
})
export type OrderToSend = z.infer<typeof OrderToSend>
const Answer = z.object({ order: OrderToSend })

/** Undefined where Amazon does not know it; what is younger than two minutes may not show yet. */
export const readOrder = async (
  account: Connection,
  ctx: Context,
  orderId: string,
): Promise<OrderToSend | undefined> => {
  const outcome = await outcomeOf(
    askAmazon(account, ctx)(Answer, `/orders/2026-01-01/orders/${encodeURIComponent(orderId)}`, {
      operation: 'getOrder',
      query: { includedData },
      explain: (status, body) => status === 404 ? explained(status, body) : undefined,
    }),
  )
  return 'value' in outcome ? outcome.value.order : undefined
}
