/** What the verbs of the control plane do to one supplier, each with the form of its body. */
import { z } from 'zod'
import { advanceTo, stages } from './advance.ts'
import { ledgerSku, variantKey } from './catalogue.ts'
import { type Order, type Return, type Supplier, totalOf } from './model.ts'
import { cancelOrder, prefer, setHold, verify } from './orders.ts'
import { placeOrder } from './placing.ts'
import { createReturn, moveReturn, planReturn } from './returning.ts'
import { pay } from './settling.ts'
import { rupees } from './words.ts'
import { changeOrder, type World } from './world.ts'

interface Place {
  readonly world: World
  readonly supplier: Supplier
}
export interface Deed {
  readonly summary: string
  readonly body: z.ZodType
  readonly act: (place: Place, body: unknown) => unknown
}
const deed = <Body>(
  summary: string,
  body: z.ZodType<Body>,
  act: (place: Place, body: Body) => unknown,
): Deed => ({ summary, body, act: (place, given) => act(place, body.parse(given)) })

const supplier = z.string().optional()
const Where = z.strictObject({ supplier })
const CreateOrders = z.strictObject({
  supplier,
  count: z.number().int().min(1).max(10_000).default(1),
  sku: z.string().optional(),
  size: z.string().optional(),
  quantity: z.number().int().min(1).optional(),
  verified: z.boolean().default(true),
  accepted: z.boolean().default(false),
  natural: z.boolean().default(false),
  fate: z.enum(['delivered', 'rto', 'lost']).default('delivered'),
  comesBack: z.enum(['Customer Return', 'Exchange']).optional(),
})
const SeedDay = z.strictObject({ supplier, n: z.number().int().min(1).max(50_000) })
const One = z.strictObject({ orderId: z.string() })
const Slot = z.strictObject({ orderId: z.string(), dispatchBy: z.iso.datetime({ offset: true }) })
const CancelAs = z.strictObject({
  orderId: z.string(),
  by: z.enum(['buyer', 'seller', 'marketplace']),
})
const Advance = z.strictObject({ orderId: z.string(), to: z.enum(stages) })
const CreateReturn = z.strictObject({
  orderId: z.string(),
  type: z.enum(['Customer Return', 'Exchange']).default('Customer Return'),
  natural: z.boolean().default(false),
})
const ReturnEvent = z.strictObject({
  returnId: z.string(),
  status: z.enum(['PICKED_UP', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'LOST', 'CANCELLED']),
})
const Revoke = z.strictObject({
  supplier,
  kind: z.enum(['access', 'session']).default('access'),
  /** So many requests are answered first: death in the middle of a walk. */
  after: z.number().int().min(0).default(0),
})
const Prefer = z.strictObject({
  supplier,
  preference: z.enum(['ALWAYS', 'BY_INVENTORY', 'MANUAL']),
})
const SetStock = z.strictObject({ supplier, sku: z.string(), quantity: z.number().int().min(0) })

const advance = (
  { world, supplier }: Place,
  orderId: string,
  to: (typeof stages)[number],
): object => {
  const order = orderOf(supplier, orderId)
  advanceTo(world, supplier, order, to)
  return { orderId, status: order.status, packet: order.packet?.id ?? null }
}

/** By the names of the kit. */
export const moveDeeds = {
  createOrders: deed('new sub-orders; answers their numbers', CreateOrders, (place, body) => {
    const { count, sku, size, fate, comesBack, supplier: _, ...wish } = body
    const { variants } = place.supplier
    const variant = variants.find((one) =>
      one.sku === sku && (size === undefined || one.size === size)
    )
    if (sku !== undefined && !variant) throw new Error(`there is no "${sku}" "${size ?? ''}"`)
    return placeMany(place, count, {
      ...{ ...wish, variant },
      ...wish.natural ? {} : { fate: { end: fate, comesBack } },
    })
  }),
  hold: deed('a place that cannot be served, until `unhold`', One, (place, { orderId }) => {
    return holdOne(place, orderId, true)
  }),
  unhold: deed('it can be served', One, (place, { orderId }) => holdOne(place, orderId, false)),
  updateDispatchSlot: deed('another time to dispatch by', Slot, (place, body) => {
    const { orderId, dispatchBy } = body
    const order = orderOf(place.supplier, orderId)
    changeOrder(place.world, place.supplier, order, () => {
      order.dispatchBy = Math.floor(Date.parse(dispatchBy) / 1000) * 1000
    })
    return body
  }),
  pickUpComplete: deed(
    'the courier has it',
    One,
    (place, { orderId }) => advance(place, orderId, 'SHIPPED'),
  ),
  shipped: deed('the same', One, (place, { orderId }) => advance(place, orderId, 'SHIPPED')),
  delivered: deed('at the buyer’s', One, (place, { orderId }) => {
    return advance(place, orderId, 'DELIVERED')
  }),
  advance: deed(
    'brought forward at once, as if everybody had done their part',
    Advance,
    (place, { orderId, to }) => advance(place, orderId, to),
  ),
  cancelAs: deed('cancelled, unless it has left', CancelAs, ({ world, supplier }, body) => {
    const order = orderOf(supplier, body.orderId)
    if (cancelOrder(world, supplier, order)) return { ...body, status: order.status }
    throw new Error(`sub-order "${order.no}" cannot be cancelled: it is ${order.status}`)
  }),
  createReturn: deed('of a delivered sub-order', CreateReturn, ({ world, supplier }, body) => {
    const { orderId, type, natural } = body
    const order = orderOf(supplier, orderId)
    const goesBack = [...supplier.returns.values()].some((one) =>
      one.order === order && one.status !== 'CANCELLED'
    )
    if (order.status !== 'DELIVERED' || goesBack) {
      throw new Error(`sub-order "${orderId}" cannot come back: it is ${order.status}`)
    }
    const one = createReturn(world, supplier, order, type)
    if (natural) planReturn(world, supplier, one)
    const next = [...supplier.orders.values()].find(({ exchangeOf }) => exchangeOf === order)
    return { orderId, returnId: one.id, exchange: next?.no ?? null }
  }),
  returnEvent: deed('forward only', ReturnEvent, ({ world, supplier }, { returnId, status }) => {
    const one: Return | undefined = supplier.returns.get(returnId)
    if (!one) throw new Error(`there is no return "${returnId}"`)
    if (moveReturn(world, supplier, one, status)) return { returnId, status: one.status }
    throw new Error(`return "${returnId}" cannot become ${status}: it is ${one.status}`)
  }),
  closeSettlement: deed('pays now what is open', Where, ({ world, supplier }) => {
    const payment = pay(world, supplier, '9999-12-31')
    if (!payment) throw new Error(`supplier "${supplier.id}" is owed nothing`)
    const paise = supplier.dues.filter((one) => one.payment === payment)
      .reduce((sum, one) => sum + totalOf(one), 0)
    return { supplier: supplier.id, transactionId: payment.id, amount: rupees(paise) }
  }),
  revokeToken: deed('the key is withdrawn, until `connect`', Revoke, ({ supplier }, body) => {
    supplier.keyEndsAfter = body.after
    return { ...body, supplier: supplier.id }
  }),
} as const satisfies Readonly<Record<string, Deed>>

/** Of Meesho alone. */
export const ownDeeds = {
  seedDay: deed('sub-orders that are accepted, for load', SeedDay, (place, { n }) => {
    return placeMany(place, n, { accepted: true })
  }),
  verify: deed('the doubts are over', One, ({ world, supplier }, { orderId }) => {
    const order = orderOf(supplier, orderId)
    if (!verify(world, supplier, order)) throw new Error(`"${orderId}" is in no doubt`)
    return { orderId, status: order.status }
  }),
  prefer: deed('another acceptance preference', Prefer, ({ world, supplier }, { preference }) => {
    prefer(world, supplier, preference)
    return { supplier: supplier.id, preference }
  }),
  setStock: deed('another quantity behind the seller’s back', SetStock, ({ supplier }, body) => {
    const variant = supplier.variants.find((one) => ledgerSku(one) === body.sku)
    if (!variant) throw new Error(`there is no SKU "${body.sku}"`)
    supplier.stock.set(variantKey(variant), body.quantity)
    return { ...body, supplier: supplier.id }
  }),
} as const satisfies Readonly<Record<string, Deed>>

const holdOne = ({ world, supplier }: Place, orderId: string, onHold: boolean): object => {
  const order = orderOf(supplier, orderId)
  if (setHold(world, supplier, order, onHold)) return { orderId, onHold }
  throw new Error(`sub-order "${orderId}" cannot be held or released: it is ${order.status}`)
}

const placeMany = (
  { world, supplier }: Place,
  count: number,
  wish: Parameters<typeof placeOrder>[2],
): object => {
  const orderIds: string[] = []
  for (let made = 0; made < count; made++) {
    const order = placeOrder(world, supplier, wish)
    if (!order) throw new Error(`supplier "${supplier.id}" has nothing in stock`)
    orderIds.push(order.no)
  }
  return { supplier: supplier.id, orderIds }
}
const orderOf = ({ orders }: Supplier, orderId: string): Order => {
  const order = orders.get(orderId)
  if (!order) throw new Error(`there is no sub-order "${orderId}"`)
  return order
}
