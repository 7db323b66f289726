/** What a test may do to the orders of a running sandbox, beside the kit's own verbs. */
import type { ControlVerb } from 'robnu/testing'
import { z } from 'zod'
import type { Books } from './books.ts'
import { type Change, parcelStatus, type SandboxOrder, standingAt } from './orders.ts'
import { seededOrder } from './seeded.ts'

export const orderVerbs = (
  seed: number,
  books: ReadonlyMap<string, Books>,
  now: () => number,
): Record<'createOrders' | 'cancelAs' | 'advance', ControlVerb> => {
  const wholeSecond = () => Math.floor(now() / 1000) * 1000
  const find = (orderId: string): { order: SandboxOrder; own: Books } => {
    for (const own of books.values()) {
      const order = own.find(orderId)
      if (order) return { order, own }
    }
    throw new Error(`there is no order "${orderId}"`)
  }

  const createOrders: ControlVerb = (body) => {
    const { partner = [...books.keys()][0] ?? '', count } = CreateOrders.parse(body)
    const own = books.get(partner)
    if (!own) throw new Error(`there is no selling partner "${partner}"`)
    const orderIds = Array.from({ length: count }, () => {
      const order = seededOrder({ seed, partner }, own.count(), wholeSecond())
      own.add(order)
      return order.id
    })
    return { partner, orderIds }
  }

  const cancelAs: ControlVerb = (body) => {
    const { orderId, by } = CancelAs.parse(body)
    const { order, own } = find(orderId)
    const standing = standingAt(order, now())
    if (standing?.status === 'SHIPPED' || standing?.status === 'CANCELLED') {
      throw new Error(`order "${orderId}" cannot be cancelled: it is ${standing.status}`)
    }
    const cancelledBy = by === 'buyer' ? 'BUYER' : by === 'seller' ? 'MERCHANT' : 'AMAZON'
    own.turn(order, { at: wholeSecond(), status: 'CANCELLED', cancelledBy })
    return { orderId, by }
  }

  const advance: ControlVerb = (body) => {
    const { orderId, status, parcel } = Advance.parse(body)
    const { order, own } = find(orderId)
    const change: Change = { at: wholeSecond(), status, ...(parcel ? { parcel } : {}) }
    own.turn(order, change)
    return { orderId, status, parcel }
  }
  return { createOrders, cancelAs, advance }
}

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
