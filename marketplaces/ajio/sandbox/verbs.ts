/** The control plane of AJIO's own: what a test, or a person, may do to orders, returns and tokens. */
import type { ControlVerb } from 'robnu/testing'
import { z } from 'zod'
import { booksOf } from './books.ts'
import type { Act, Run } from './commands.ts'
import { advanceTo, stages } from './advance.ts'
import { type Order, type Pob, returnWords } from './model.ts'
import { cancelOrder, release, unhold } from './orders.ts'
import { placeOrder, type Wish } from './placing.ts'
import { createReturn, moveReturn, planReturn, tellCourier } from './returning.ts'
import type { Sessions } from './session.ts'
import { closeNow } from './settling.ts'
import { putStock } from './stock.ts'
import { settlementNo, totalOf } from './wire.ts'
import { changeOrder, changeReturn, type World } from './world.ts'

/** Each verb runs as an act of one POB, so that a restart repeats it. */
export const createVerbs = (
  world: World,
  run: Run,
  now: () => number,
): Record<string, ControlVerb> => {
  const firstPob = (): string => [...world.pobs.keys()][0] ?? ''
  const pobOf = (body: unknown): string => {
    const { pob, orderId, returnOrderNo } = Where.parse(body)
    if (pob !== undefined) return pob
    for (const one of world.pobs.values()) {
      if (orderId !== undefined && one.orders.has(orderId)) return one.id
      if (returnOrderNo !== undefined && one.returns.has(returnOrderNo)) return one.id
    }
    return firstPob()
  }
  const verb = (name: string): ControlVerb => (body) => run(`verb/${name}`, pobOf(body), body)
  const books: ControlVerb = (body) => {
    world.catchUp(now())
    const { pob, orders } = Books.parse(body)
    const asked = [...world.pobs.values()].filter(({ id }) => pob === undefined || id === pob)
    return { pobs: Object.fromEntries(asked.map((one) => [one.id, booksOf(one, orders)])) }
  }
  return { ...Object.fromEntries(verbNames.map((name) => [name, verb(name)])), books }
}

const verbNames = [
  ...['createOrders', 'seedDay', 'hold', 'unhold', 'poReady', 'cancelAs', 'advance'],
  ...['createReturn', 'returnEvent', 'closeSettlement', 'revokeToken', 'connect', 'setStock'],
] as const

/** What the verbs do, and the touch of `shiftPages`. */
export const verbActs = (sessions: Sessions): Record<string, Act> => ({
  'verb/createOrders': (world, pob, body) => {
    const { count, lines, fate, comesBack, spoiled, ...wish } = CreateOrders.parse(body)
    return placeMany(world, pob, count, {
      ...wish,
      ...(lines
        ? { lines: lines.map(({ sku, quantity }) => ({ product: productOf(pob, sku), quantity })) }
        : {}),
      ...(fate ? { fate: { end: fate, comesBack } } : {}),
      ...(spoiled ? { spoiled } : {}),
    })
  },
  // ready to process at once, and nobody changes their mind
  'verb/seedDay': (world, pob, body) =>
    placeMany(world, pob, SeedDay.parse(body).n, { onHold: false }),
  'verb/hold': (world, pob, body) => {
    const { orderId, reason } = Hold.parse(body)
    const order = orderOf(pob, orderId)
    changeOrder(world, pob, order, () => {
      order.onHold = true
      order.holdReason = reason
    })
    return { orderId, onHold: true }
  },
  'verb/unhold': (world, pob, body) => {
    const order = orderOf(pob, One.parse(body).orderId)
    if (order.onHold) unhold(world, pob, order)
    return { orderId: order.no, onHold: order.onHold }
  },
  'verb/poReady': (world, pob, body) => {
    const { orderId, ready } = PoReady.parse(body)
    const order = orderOf(pob, orderId)
    order.poReadyAt = ready ? world.at() : Infinity
    if (ready) release(world, pob, order)
    return { orderId, ready }
  },
  'verb/cancelAs': (world, pob, body) => {
    const { orderId, by, lines } = CancelAs.parse(body)
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
  },
  'verb/advance': (world, pob, body) => {
    const { orderId, to } = Advance.parse(body)
    const order = orderOf(pob, orderId)
    advanceTo(world, pob, order, to)
    return { orderId, status: order.status, shipment: order.parcel?.status ?? null }
  },
  'verb/createReturn': (world, pob, body) => {
    const { orderId, type, lines, natural } = CreateReturn.parse(body)
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
  },
  'verb/returnEvent': (world, pob, body) => {
    const { returnOrderNo, status, threePlStatus } = ReturnEvent.parse(body)
    const one = pob.returns.get(returnOrderNo)
    if (!one) throw new Error(`there is no return "${returnOrderNo}"`)
    if (threePlStatus !== undefined) tellCourier(world, pob, one, threePlStatus)
    if (status !== undefined && !moveReturn(world, pob, one, status)) {
      throw new Error(`return "${returnOrderNo}" cannot become ${status}: it is ${one.status}`)
    }
    return { returnOrderNo, status: one.status, threePlStatus: one.courier }
  },
  'verb/closeSettlement': (world, pob) => {
    const closed = closeNow(world, pob)
    if (!closed) throw new Error(`POB "${pob.id}" has nothing to settle`)
    return { pob: pob.id, clearingDocNo: closed.docNo, totalPaise: totalOf(closed) }
  },
  'verb/revokeToken': (_world, pob, body) => {
    const { kind, after } = Revoke.parse(body)
    sessions.revoke(pob, kind, after)
    return { pob: pob.id, kind, after }
  },
  'verb/connect': (world, pob) => {
    sessions.begin(pob, world.at())
    return { pob: pob.id, credentials: credentialsOf(sessions, pob) }
  },
  'verb/setStock': (_world, pob, body) => {
    const { sku, quantity } = SetStock.parse(body)
    if (putStock(pob, [{ sellerSku: sku, quantity }]).status !== 200) {
      throw new Error(`there is no SKU "${sku}"`)
    }
    return { pob: pob.id, sku, quantity }
  },
  touch: (world, pob, body) => {
    const { kind, key } = Touch.parse(body)
    const order = kind === 'orders' ? pob.orders.get(key) : undefined
    const one = kind === 'returns' ? pob.returns.get(key) : undefined
    if (order) changeOrder(world, pob, order, () => {})
    else if (one) changeReturn(world, pob, one, () => {})
    else {
      const found = pob.settlements.find((each) => settlementNo(each) === key)
      if (found) pob.logs.settlements.change(found, world.at(), () => {})
    }
  },
})

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

const Where = z.object({
  pob: z.string().optional(),
  orderId: z.string().optional(),
  returnOrderNo: z.string().optional(),
})
const pob = z.string().optional()
const quantity = z.number().int().min(1)
const someLines = z.array(z.strictObject({ sellerOrderNo: z.string(), quantity })).optional()
/** Without orders it is small enough to be asked again and again. */
const Books = z.strictObject({ pob, orders: z.boolean().default(true) })
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
const Touch = z.object({ kind: z.enum(['orders', 'returns', 'settlements']), key: z.string() })
