/** What the verbs of the control plane do to one POB, each with the form of its body. */
import { z } from 'zod'
import { advanceTo, stages } from './advance.ts'
import { type Order, type Pob, returnWords } from './model.ts'
import { cancelOrder, release, unhold } from './orders.ts'
import { placeOrder, type Wish } from './placing.ts'
import { createReturn, moveReturn, planReturn, tellCourier } from './returning.ts'
import type { Sessions } from './session.ts'
import { closeNow } from './settling.ts'
import { putStock } from './stock.ts'
import { totalOf } from './wire.ts'
import { changeOrder, type World } from './world.ts'

interface Place {
  readonly world: World
  readonly pob: Pob
  readonly sessions: Sessions
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

const pob = z.string().optional()
const Where = z.strictObject({ pob })
const quantity = z.number().int().min(1)
const someLines = z.array(z.strictObject({ sellerOrderNo: z.string(), quantity })).optional()
const CreateOrders = z.strictObject({
  pob,
  count: z.number().int().min(1).max(10_000).default(1),
  lines: z.array(z.strictObject({ sku: z.string(), quantity })).min(1).optional(),
  onHold: z.boolean().default(true),
  poReady: z.boolean().default(true),
  natural: z.boolean().default(false),
  fate: z.enum(['delivered', 'rto', 'lost']).optional(),
  comesBack: z.enum(['CUSTOMER', 'EXCHANGE']).optional(),
  spoiled: z.enum(['pin', 'gstin']).optional(),
})
const SeedDay = z.strictObject({ pob, n: z.number().int().min(1).max(50_000) })
const Hold = z.strictObject({ orderId: z.string(), reason: z.string().default('ADDRESS_CHECK') })
const One = z.strictObject({ orderId: z.string() })
const Slot = z.strictObject({
  orderId: z.string(),
  dispatchBy: z.iso.datetime({ offset: true }),
})
const PoReady = z.strictObject({ orderId: z.string(), ready: z.boolean().default(true) })
const CancelAs = z.strictObject({
  orderId: z.string(),
  by: z.enum(['buyer', 'seller', 'marketplace']),
  lines: someLines,
})
const Advance = z.strictObject({ orderId: z.string(), to: z.enum(stages) })
const CreateReturn = z.strictObject({
  orderId: z.string(),
  type: z.enum(['CUSTOMER', 'EXCHANGE']).default('CUSTOMER'),
  lines: someLines,
  natural: z.boolean().default(false),
})
const ReturnEvent = z.strictObject({
  returnOrderNo: z.string(),
  status: z.enum(returnWords).optional(),
  threePlStatus: z.string().optional(),
})
const Revoke = z.strictObject({
  pob,
  kind: z.enum(['access', 'session']).default('access'),
  /** So many requests are answered first: death in the middle of a walk. */
  after: z.number().int().min(0).default(0),
})
const SetStock = z.strictObject({ pob, sku: z.string(), quantity: z.number().int().min(0) })
const advance = ({ world, pob }: Place, orderId: string, to: z.infer<typeof Advance>['to']) => {
  const order = orderOf(pob, orderId)
  advanceTo(world, pob, order, to)
  return { orderId, status: order.status, shipment: order.parcel?.status ?? null }
}

/** By the names of the kit; what AJIO does not know is not here. */
export const moveDeeds = {
  createOrders: deed('new orders; answers their ids', CreateOrders, ({ world, pob }, body) => {
    const { count, lines, fate, comesBack, spoiled, pob: _, ...wish } = body
    return placeMany(world, pob, count, {
      ...wish,
      ...(lines
        ? { lines: lines.map(({ sku, quantity }) => ({ product: productOf(pob, sku), quantity })) }
        : {}),
      ...(fate ? { fate: { end: fate, comesBack } } : {}),
      ...(spoiled ? { spoiled } : {}),
    })
  }),
  hold: deed('on hold until `unhold`', Hold, ({ world, pob }, { orderId, reason }) => {
    const order = orderOf(pob, orderId)
    changeOrder(world, pob, order, () => {
      order.onHold = true
      order.holdReason = reason
    })
    return { orderId, onHold: true }
  }),
  unhold: deed('no longer on hold', One, ({ world, pob }, { orderId }) => {
    const order = orderOf(pob, orderId)
    if (order.onHold) unhold(world, pob, order)
    return { orderId, onHold: order.onHold }
  }),
  updateDispatchSlot: deed('another time to dispatch by', Slot, ({ world, pob }, body) => {
    const { orderId, dispatchBy } = body
    const order = orderOf(pob, orderId)
    changeOrder(world, pob, order, () => {
      order.dispatchBy = Date.parse(dispatchBy)
    })
    return { orderId, dispatchBy }
  }),
  shipped: deed(
    'the courier has the parcel and is on the way',
    One,
    (place, { orderId }) => advance(place, orderId, 'Shipped'),
  ),
  delivered: deed(
    'the parcel has arrived',
    One,
    (place, { orderId }) => advance(place, orderId, 'Delivered'),
  ),
  advance: deed(
    'at once, as if everybody had done their part',
    Advance,
    (place, { orderId, to }) => advance(place, orderId, to),
  ),
  cancelAs: deed('cancelled, unless it has left', CancelAs, ({ world, pob }, body) => {
    const { orderId, by, lines } = body
    const order = orderOf(pob, orderId)
    const some = lines && new Map(lines.map(({ sellerOrderNo, quantity }) => {
      const line = order.lines.find((one) => one.sellerOrderNo === sellerOrderNo)
      if (!line) throw new Error(`order "${orderId}" has no line "${sellerOrderNo}"`)
      return [line, quantity]
    }))
    if (!cancelOrder(world, pob, order, by, some)) {
      throw new Error(`order "${orderId}" cannot be cancelled: it is ${order.status}`)
    }
    return { orderId, by, status: order.status }
  }),
  createReturn: deed('of a delivered order', CreateReturn, ({ world, pob }, body) => {
    const { orderId, type, lines, natural } = body
    const { parcel } = orderOf(pob, orderId)
    if (parcel?.status !== 'Delivered') throw new Error(`order "${orderId}" is not delivered`)
    const asked = lines && lines.map(({ sellerOrderNo, quantity }) => {
      const sent = parcel.lines.find(({ line }) => line.sellerOrderNo === sellerOrderNo)
      if (!sent || quantity > sent.quantity) throw new Error(`"${sellerOrderNo}" was not sent`)
      return { line: sent.line, quantity }
    })
    const one = createReturn(world, pob, parcel, type, asked)
    if (natural) planReturn(world, pob, one)
    return { orderId, returnOrderNo: one.no }
  }),
  returnEvent: deed('forward only', ReturnEvent, ({ world, pob }, body) => {
    const { returnOrderNo, status, threePlStatus } = body
    const one = pob.returns.get(returnOrderNo)
    if (!one) throw new Error(`there is no return "${returnOrderNo}"`)
    if (threePlStatus !== undefined) tellCourier(world, pob, one, threePlStatus)
    if (status !== undefined && !moveReturn(world, pob, one, status)) {
      throw new Error(`return "${returnOrderNo}" cannot become ${status}: it is ${one.status}`)
    }
    return { returnOrderNo, status: one.status, threePlStatus: one.courier }
  }),
  closeSettlement: deed('clears now what is open', Where, ({ world, pob }) => {
    const closed = closeNow(world, pob)
    if (!closed) throw new Error(`POB "${pob.id}" has nothing to settle`)
    return { pob: pob.id, clearingDocNo: closed.docNo, totalPaise: totalOf(closed) }
  }),
  revokeToken: deed(
    '`access`: the pair can be refreshed; `session`: it cannot',
    Revoke,
    ({ pob, sessions }, { kind, after }) => {
      sessions.revoke(pob, kind, after)
      return { pob: pob.id, kind, after }
    },
  ),
} as const satisfies Readonly<Record<string, Deed>>

/** Of AJIO alone. */
export const ownDeeds = {
  // nobody changes their mind
  seedDay: deed(
    'orders that are ready to process at once',
    SeedDay,
    ({ world, pob }, { n }) => placeMany(world, pob, n, { onHold: false }),
  ),
  poReady: deed('the B2B information is there, or not', PoReady, ({ world, pob }, body) => {
    const { orderId, ready } = body
    const order = orderOf(pob, orderId)
    order.poReadyAt = ready ? world.at() : Infinity
    if (ready) release(world, pob, order)
    return { orderId, ready }
  }),
  connect: deed(
    'a new session, as the browser extension would read it',
    Where,
    ({ world, pob, sessions }) => {
      sessions.begin(pob, world.at())
      return { pob: pob.id, credentials: credentialsOf(sessions, pob) }
    },
  ),
  setStock: deed("another quantity behind the seller's back", SetStock, ({ pob }, body) => {
    const { sku, quantity } = body
    if (putStock(pob, [{ sellerSku: sku, quantity }]).status !== 200) {
      throw new Error(`there is no SKU "${sku}"`)
    }
    return { pob: pob.id, sku, quantity }
  }),
} as const satisfies Readonly<Record<string, Deed>>

/** What a seller's browser holds after signing in. */
export const credentialsOf = (sessions: Sessions, pob: Pob): object => {
  const { expiresAt, ...pair } = sessions.pairOf(pob)
  return { ...pair, token_expires_at: new Date(expiresAt).toISOString() }
}

const placeMany = (world: World, pob: Pob, count: number, wish: Wish): object => {
  const orderIds: string[] = []
  for (let made = 0; made < count; made++) {
    const order = placeOrder(world, pob, wish)
    if (!order) throw new Error(`POB "${pob.id}" has nothing in stock`)
    orderIds.push(order.no)
  }
  return { pob: pob.id, orderIds }
}
const orderOf = (pob: Pob, orderId: string): Order => {
  const order = pob.orders.get(orderId)
  if (!order) throw new Error(`there is no order "${orderId}"`)
  return order
}
const productOf = (pob: Pob, sku: string) => {
  const product = pob.products.find((one) => one.sku === sku)
  if (!product) throw new Error(`there is no SKU "${sku}"`)
  return product
}
