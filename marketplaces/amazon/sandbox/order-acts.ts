/** What a verb does to orders, as acts that a restart repeats. */
import { z } from 'zod'
import { type Change, parcelStatus, type SandboxOrder, standingAt } from './orders.ts'
import { livingParcel } from './parcels.ts'
import { seededOrder } from './seeded.ts'
import { wayOf } from './timeline.ts'
import type { Act, Partner, World } from './world.ts'
import { randomFor } from 'robnu/testing'

const One = z.strictObject({ orderId: z.string() })
const CreateOrders = z.strictObject({
  /** A selling partner; absent: the first. */
  partner: z.string().optional(),
  count: z.number().int().min(1).max(10_000).default(1),
  /** The seller brings them to the buyer, without Easy Ship. */
  selfShip: z.boolean().default(false),
  /** May be packed at once; false: they wait for their buyer first, as all do. */
  ready: z.boolean().default(false),
})
const CancelAs = z.strictObject({
  orderId: z.string(),
  by: z.enum(['buyer', 'seller', 'marketplace']),
})
const DispatchSlot = z.strictObject({ orderId: z.string(), dispatchBy: z.iso.datetime() })
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

/** A verb that needs an order knows its partner by it. */
export interface Deed {
  readonly summary: string
  readonly body: z.ZodType
  readonly act: Act
}
export const deed = <Body>(
  summary: string,
  body: z.ZodType<Body>,
  act: (world: World, partner: Partner, body: Body) => unknown,
): Deed => ({
  summary,
  body,
  act: (world, partner, given) => act(world, partner, body.parse(given)),
})

const turn = (summary: string, change: Omit<Change, 'at'>): Deed =>
  deed(summary, One, (world, partner, { orderId }) => {
    partner.books.turn(orderOf(partner, orderId), { at: world.at(), ...change })
    return { orderId, ...change }
  })

/** On its way, and then whatever becomes of it. */
const pickedUp = deed('the courier has the parcel', One, (world, partner, { orderId }) => {
  const order = orderOf(partner, orderId)
  const random = randomFor(world.seed, `way/${orderId}`)
  partner.books.turn(order, ...wayOf(random, world.at()))
  return { orderId, status: 'SHIPPED', parcel: 'PICKED_UP' }
})

export const orderDeeds = {
  createOrders: deed(
    'new orders, placed now; answers their ids',
    CreateOrders,
    ({ seed, start, at }, { id, books }, { count, selfShip, ready }) => {
      const orderIds = Array.from({ length: count }, () => {
        const order = seededOrder({ seed, partner: id }, books.count(), at(), start)
        const isMine = selfShip || ready
        const waiting: Partial<SandboxOrder> = {
          ...(selfShip ? { selfShip } : {}),
          ...(isMine ? { fulfilledBy: 'MERCHANT' as const } : {}),
          ...(ready ? { changes: readyAt(at()) } : {}),
        }
        books.add({ ...order, ...waiting })
        return order.id
      })
      return { partner: id, orderIds }
    },
  ),
  hold: turn('waits for its buyer or for stock, without price and address', { status: 'PENDING' }),
  unhold: turn('may be sent from now on', { status: 'UNSHIPPED' }),
  updateDispatchSlot: deed(
    'another time to ship by',
    DispatchSlot,
    (world, partner, { orderId, dispatchBy }) => {
      const order = orderOf(partner, orderId)
      const standing = standingAt(order, world.at())
      if (!standing) throw new Error(`there is no order "${orderId}"`)
      order.shipBy = Date.parse(dispatchBy)
      const later = order.changes.filter(({ at }) => at > world.at())
      partner.books.turn(order, { ...standing, at: world.at() }, ...later)
      return { orderId, dispatchBy }
    },
  ),
  pickUpComplete: pickedUp,
  shipped: turn('the parcel is on its way', { status: 'SHIPPED', parcel: 'AT_ORIGIN_FC' }),
  delivered: turn('the parcel has arrived', { status: 'SHIPPED', parcel: 'DELIVERED' }),
  cancelAs: deed('cancelled, unless it has left', CancelAs, (world, partner, { orderId, by }) => {
    const order = orderOf(partner, orderId)
    const standing = standingAt(order, world.at())
    if (standing?.status === 'SHIPPED' || standing?.status === 'CANCELLED') {
      throw new Error(`order "${orderId}" cannot be cancelled: it is ${standing.status}`)
    }
    const cancelledBy = by === 'buyer' ? 'BUYER' : by === 'seller' ? 'MERCHANT' : 'AMAZON'
    const label = livingParcel(order, world.at(), world.seed)
      ? { parcel: 'LABEL_CANCELLED' as const }
      : {}
    partner.books.turn(order, { at: world.at(), status: 'CANCELLED', cancelledBy, ...label })
    return { orderId, by }
  }),
  cancelLabel: deed('the label of its parcel is void', One, (world, partner, { orderId }) => {
    const order = orderOf(partner, orderId)
    const living = livingParcel(order, world.at(), world.seed)
    if (!living || living.leftAt !== undefined) {
      throw new Error(`order "${orderId}" has no label that could be cancelled`)
    }
    const label = { status: 'UNSHIPPED', parcel: 'LABEL_CANCELLED' } as const
    partner.books.turn(order, { at: world.at(), ...label })
    return { orderId }
  }),
  advance: deed(
    'stands like this from now on; the rest of its story is forgotten',
    Advance,
    (world, partner, { orderId, status, parcel }) => {
      const change = { status, ...(parcel ? { parcel } : {}) }
      partner.books.turn(orderOf(partner, orderId), { at: world.at(), ...change })
      return { orderId, ...change }
    },
  ),
} satisfies Record<string, Deed>

/** Their acts, by the name that the journal knows. */
export const actsOf = (deeds: Readonly<Record<string, Deed>>): Record<string, Act> =>
  Object.fromEntries(Object.entries(deeds).map(([name, { act }]) => [`verb/${name}`, act]))

const orderOf = ({ books }: Partner, orderId: string): SandboxOrder => {
  const order = books.find(orderId)
  if (!order) throw new Error(`there is no order "${orderId}"`)
  return order
}

const readyAt = (at: number): SandboxOrder['changes'] => [
  { at, status: 'UNSHIPPED' },
  { at: at + 7 * 86_400_000, status: 'CANCELLED', cancelledBy: 'AMAZON' },
]
