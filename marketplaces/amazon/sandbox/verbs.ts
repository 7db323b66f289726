/** What a test may do to the orders of a running sandbox, beside the kit's own verbs. */
import { absent, controlVerb, type Moves } from 'robnu/testing'
import { z } from 'zod'
import type { Books } from './books.ts'
import { type Change, parcelStatus, type SandboxOrder, standingAt } from './orders.ts'
import { seededOrder } from './seeded.ts'
import type { SignIn } from './sign-in.ts'

export const createMoves = (
  seed: number,
  books: ReadonlyMap<string, Books>,
  signIn: SignIn,
  now: () => number,
): Moves => {
  const wholeSecond = () => Math.floor(now() / 1000) * 1000
  const find = (orderId: string): { order: SandboxOrder; own: Books } => {
    for (const own of books.values()) {
      const order = own.find(orderId)
      if (order) return { order, own }
    }
    throw new Error(`there is no order "${orderId}"`)
  }
  const turn = (orderId: string, change: Omit<Change, 'at'>): object => {
    const { order, own } = find(orderId)
    own.turn(order, { at: wholeSecond(), ...change })
    return { orderId, ...change }
  }
  const parcelTo = (summary: string, parcel: NonNullable<Change['parcel']>) =>
    controlVerb(summary, One, ({ orderId }) => turn(orderId, { status: 'SHIPPED', parcel }))

  return {
    createOrders: controlVerb('new orders, placed now; answers their ids', CreateOrders, (body) => {
      const { partner = [...books.keys()][0] ?? '', count } = body
      const own = books.get(partner)
      if (!own) throw new Error(`there is no selling partner "${partner}"`)
      const orderIds = Array.from({ length: count }, () => {
        const order = seededOrder({ seed, partner }, own.count(), wholeSecond())
        own.add(order)
        return order.id
      })
      return { partner, orderIds }
    }),
    hold: controlVerb(
      'waits for its buyer or for stock, without price and address',
      One,
      ({ orderId }) => turn(orderId, { status: 'PENDING' }),
    ),
    unhold: controlVerb(
      'may be sent from now on',
      One,
      ({ orderId }) => turn(orderId, { status: 'UNSHIPPED' }),
    ),
    updateDispatchSlot: absent('the time to ship by is made of the order and never changes'),
    pickUpComplete: parcelTo('the courier has the parcel', 'PICKED_UP'),
    shipped: parcelTo('the parcel is on its way', 'AT_ORIGIN_FC'),
    delivered: parcelTo('the parcel has arrived', 'DELIVERED'),
    createReturn: absent('the Orders API tells no returns'),
    returnEvent: absent('the Orders API tells no returns'),
    cancelAs: controlVerb('cancelled, unless it has left', CancelAs, ({ orderId, by }) => {
      const standing = standingAt(find(orderId).order, now())
      if (standing?.status === 'SHIPPED' || standing?.status === 'CANCELLED') {
        throw new Error(`order "${orderId}" cannot be cancelled: it is ${standing.status}`)
      }
      const cancelledBy = by === 'buyer' ? 'BUYER' : by === 'seller' ? 'MERCHANT' : 'AMAZON'
      turn(orderId, { status: 'CANCELLED', cancelledBy })
      return { orderId, by }
    }),
    advance: controlVerb(
      'stands like this from now on; the rest of its story is forgotten',
      Advance,
      ({ orderId, status, parcel }) => turn(orderId, { status, ...(parcel ? { parcel } : {}) }),
    ),
    closeSettlement: absent('the Orders API tells no money but the prices of orders'),
    revokeToken: signIn.revokeToken,
  }
}

const One = z.strictObject({ orderId: z.string() })
const CreateOrders = z.strictObject({
  /** A selling partner; absent: the first. */
  partner: z.string().optional(),
  count: z.number().int().min(1).max(10_000).default(1),
})
const CancelAs = z.strictObject({
  orderId: z.string(),
  by: z.enum(['buyer', 'seller', 'marketplace']),
})
const Advance = z.strictObject({
  orderId: z.string(),
  status: z.enum([
    'PENDING_AVAILABILITY',
    'PENDING',
    'UNSHIPPED',
    'PARTIALLY_SHIPPED',
    'SHIPPED',
    'CANCELLED',
    'UNFULFILLABLE',
  ]),
  parcel: z.enum(Object.keys(parcelStatus) as (keyof typeof parcelStatus)[]).optional(),
})
