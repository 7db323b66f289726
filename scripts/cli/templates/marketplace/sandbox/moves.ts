/** What a test or a person may do to the orders of a running sandbox. */
import { absent, type ControlVerb, controlVerb, type Moves } from 'robnu/testing'
import { z } from 'zod'
import { type Books, seededOrders } from './books.ts'

export const createMoves = ({ seed, books, dead, now }: {
  readonly seed: number
  readonly books: ReadonlyMap<string, Books>
  /** Shops whose keys are refused. */
  readonly dead: Set<string>
  readonly now: () => number
}): Moves => {
  const turn = (orderId: string, state: string): object => {
    const own = [...books.values()].find((one) => one.has(orderId))
    if (!own) throw new Error(`there is no order "${orderId}"`)
    own.turn(orderId, state, now())
    return { orderId, state }
  }
  const to = (summary: string, state: string): ControlVerb =>
    controlVerb(summary, One, ({ orderId }) => turn(orderId, state))
  const unknown = absent('Nukkad knows no such thing')
  return {
    createOrders: controlVerb('new orders, placed now; answers their ids', Create, (body) => {
      const [first = ''] = books.keys()
      const { shop = first, count } = body
      const own = books.get(shop)
      if (!own) throw new Error(`there is no shop "${shop}"`)
      const orders = seededOrders({ seed, shop, count, end: now(), from: own.count() })
      const at = new Date(now()).toISOString()
      for (const order of orders) own.put({ ...order, state: 'placed', changed_at: at })
      return { shop, orderIds: orders.map(({ number }) => number) }
    }),
    ...{ hold: unknown, unhold: unknown, updateDispatchSlot: unknown, pickUpComplete: unknown },
    ...{ createReturn: unknown, returnEvent: unknown, closeSettlement: unknown },
    shipped: to('on its way', 'shipped'),
    delivered: to('arrived', 'delivered'),
    cancelAs: controlVerb('cancelled', Cancel, ({ orderId }) => turn(orderId, 'cancelled')),
    advance: controlVerb(
      'stands in a state, as Nukkad writes it',
      Advance,
      ({ orderId, to }) => turn(orderId, to),
    ),
    revokeToken: controlVerb('the keys of all shops are refused', Revoke, ({ kind }) => {
      for (const shop of books.keys()) dead.add(shop)
      return { kind }
    }),
  }
}

const One = z.strictObject({ orderId: z.string() })
const Create = z.strictObject({
  /** Absent: the first. */
  shop: z.string().optional(),
  count: z.number().int().min(1).max(10_000).default(1),
})
const Cancel = z.strictObject({ ...One.shape, by: z.enum(['buyer', 'seller', 'marketplace']) })
const Advance = z.strictObject({ ...One.shape, to: z.string() })
const Revoke = z.strictObject({ kind: z.enum(['access', 'session']).default('access') })
