/** What the verbs of the control plane do to one account, each with the form of its body. */
import { z } from 'zod'
import { advanceTo, type Stage, stages } from './advance.ts'
import { cancelItems, mayCancel } from './cancelling.ts'
import { isLiving, type Item, type Order, type Seller, type Shipment } from './model.ts'
import { moveDates, placeOrder, setHold, type Wish } from './placing.ts'
import {
  cancelReturn,
  completeReturn,
  createReturns,
  nameReturn,
  planCustomerReturn,
} from './returning.ts'
import { payNow, totalOf } from './settling.ts'
import type { Sessions } from './session.ts'
import { deliver, leave, pickUp } from './shipping.ts'
import { rupees } from './times.ts'
import type { World } from './world.ts'

interface Place {
  readonly world: World
  readonly seller: Seller
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

const account = z.string().optional()
/** An account under either name. */
const Where = z.strictObject({ account, externalAccountId: account })
const CreateOrders = z.strictObject({
  account,
  count: z.number().int().min(1).max(20_000).default(1),
  lines: z.array(z.strictObject({ sku: z.string(), quantity: z.number().int().min(1) })).min(1)
    .optional(),
  hold: z.boolean().default(false),
  natural: z.boolean().default(false),
  selfShip: z.boolean().default(false),
  packages: z.number().int().min(1).max(5).default(1),
  apart: z.boolean().default(false),
  formFails: z.boolean().default(false),
  packSeconds: z.number().int().min(0).max(1800).optional(),
  waitMinutes: z.number().int().min(0).default(0),
  fate: z.enum(['delivered', 'rto']).optional(),
  comesBack: z.boolean().optional(),
})
/** Flipkart's own sandbox names an item; an order or a shipment does as well. */
const which = {
  account,
  orderId: z.string().optional(),
  shipmentId: z.string().optional(),
  orderItemId: z.string().optional(),
}
const One = z.strictObject(which)
const Slot = z.strictObject({
  ...which,
  dispatchAfterDate: z.iso.datetime({ offset: true }).optional(),
  dispatchByDate: z.iso.datetime({ offset: true }),
})
const CancelAs = z.strictObject({ ...which, by: z.enum(['buyer', 'seller', 'marketplace']) })
const Advance = z.strictObject({ account, orderId: z.string(), to: z.enum(stages) })
const CreateReturn = z.strictObject({
  account,
  orderItemId: z.string(),
  returnType: z.enum(['customer_return', 'courier_return']).default('customer_return'),
  quantity: z.number().int().min(1).optional(),
  natural: z.boolean().default(false),
})
const ReturnEvent = z.strictObject({
  account,
  returnId: z.string().optional(),
  orderItemId: z.string().optional(),
  eventType: z.enum(['tracking_id_update', 'return_completed', 'return_cancelled']),
})
const Revoke = z.strictObject({
  account,
  kind: z.enum(['access', 'session']).default('access'),
  /** So many requests are answered first: death in the middle of a walk. */
  after: z.number().int().min(0).default(0),
})
const SetStock = z.strictObject({ account, sku: z.string(), quantity: z.number().int().min(0) })

const Sell = z.strictObject({ account, on: z.boolean() })

/** On every shipment that is meant. */
const onShipments = (
  { seller }: Place,
  asked: z.infer<typeof One>,
  run: (shipment: Shipment) => void,
): object => {
  const shipments = shipmentsOf(seller, asked)
  for (const shipment of shipments) run(shipment)
  return { shipments: shipments.map(({ id, state, hold }) => ({ shipmentId: id, state, hold })) }
}
const forward = (to: Stage) => (place: Place, asked: z.infer<typeof One>) => {
  const { world, seller } = place
  return onShipments(place, asked, (shipment) => {
    if (to === 'PICKUP_COMPLETE') pickUp(world, seller, shipment)
    if (to === 'SHIPPED') leave(world, seller, shipment)
    if (to === 'DELIVERED') deliver(world, seller, shipment)
    if (shipment.state !== to) {
      throw new Error(`shipment "${shipment.id}" cannot become ${to}: it is ${shipment.state}`)
    }
  })
}

/** By the names of the kit. */
export const moveDeeds = {
  createOrders: deed('new orders; answers their ids', CreateOrders, ({ world, seller }, body) => {
    const { count, lines, fate, comesBack = false, account: _, packSeconds, ...rest } = body
    const { natural, ...wishes } = rest
    const wish: Wish = {
      // a natural order draws what nobody asked for
      ...(natural ? { natural, ...onlyTrue(wishes) } : wishes),
      ...(packSeconds === undefined ? {} : { packSeconds }),
      ...(lines
        ? {
          lines: lines.map(({ sku, quantity }) => ({ product: productOf(seller, sku), quantity })),
        }
        : {}),
      ...(fate || !natural ? { fate: { end: fate ?? 'delivered', comesBack } } : {}),
    }
    const orders = Array.from({ length: count }, () => placeOrder(world, seller, wish))
    return {
      account: seller.id,
      orderIds: orders.map(({ id }) => id),
      shipmentIds: orders.flatMap(({ shipments }) => shipments.map(({ id }) => id)),
    }
  }),
  hold: deed(
    'on hold until `unhold`',
    One,
    (place, asked) =>
      onShipments(place, asked, (shipment) => setHold(place.world, place.seller, shipment, true)),
  ),
  unhold: deed(
    'no longer on hold',
    One,
    (place, asked) =>
      onShipments(place, asked, (shipment) => setHold(place.world, place.seller, shipment, false)),
  ),
  updateDispatchSlot: deed('other dates to dispatch after and by', Slot, (place, body) => {
    const { dispatchAfterDate, dispatchByDate, ...asked } = body
    return onShipments(place, asked, (shipment) => {
      const after = dispatchAfterDate ? Date.parse(dispatchAfterDate) : shipment.dispatchAfter
      moveDates(place.world, place.seller, shipment, after, Date.parse(dispatchByDate))
    })
  }),
  pickUpComplete: deed('the courier has it', One, forward('PICKUP_COMPLETE')),
  shipped: deed('it is on the way', One, forward('SHIPPED')),
  delivered: deed('it has arrived', One, forward('DELIVERED')),
  advance: deed(
    'at once, as if everybody had done their part',
    Advance,
    ({ world, seller }, { orderId, to }) => {
      const order = orderOf(seller, orderId)
      advanceTo(world, seller, order, to)
      return { orderId, states: order.shipments.map(({ state }) => state) }
    },
  ),
  cancelAs: deed(
    'an order, a shipment or an item, unless it is packed',
    CancelAs,
    (place, body) => {
      const { by, ...asked } = body
      const { world, seller } = place
      return onShipments(place, asked, (shipment) => {
        if (!mayCancel(shipment) && (by !== 'marketplace' || shipment.state !== 'PACKED')) {
          throw new Error(`shipment "${shipment.id}" cannot be cancelled: it is ${shipment.state}`)
        }
        const items = shipment.items.filter(({ id }) => (asked.orderItemId ?? id) === id)
        cancelItems(world, seller, shipment, items, by, `Cancelled by ${by}`)
      })
    },
  ),
  createReturn: deed('of an item that has left', CreateReturn, ({ world, seller }, body) => {
    const { orderItemId, returnType, natural } = body
    const { item, shipment } = itemOf(seller, orderItemId)
    const wanted = returnType === 'customer_return' ? 'DELIVERED' : 'SHIPPED'
    if (shipment.state !== wanted || !isLiving(item)) {
      throw new Error(`item "${orderItemId}" is not ${wanted}`)
    }
    const quantity = Math.min(body.quantity ?? item.quantity, item.quantity)
    if (returnType === 'courier_return') shipment.courierReturn = true
    const made = createReturns(world, seller, shipment, returnType, [{ item, quantity }])
    if (natural) { for (const one of made) planCustomerReturn(world, seller, one) }
    return { orderItemId, returnIds: made.map(({ id }) => id) }
  }),
  returnEvent: deed('a return goes on', ReturnEvent, ({ world, seller }, body) => {
    const { returnId, orderItemId, eventType } = body
    const chosen = [...seller.returns.values()].filter(({ id, item }) =>
      id === returnId || item.id === orderItemId
    )
    if (chosen.length === 0) throw new Error('there is no such return')
    for (const one of chosen) {
      if (eventType === 'tracking_id_update') nameReturn(world, seller, one)
      else if (eventType === 'return_completed') completeReturn(world, seller, one)
      else cancelReturn(world, seller, one)
    }
    return { returns: chosen.map(({ id, status }) => ({ returnId: id, status })) }
  }),
  closeSettlement: deed('pays now what is due', Where, ({ world, seller }) => {
    const neft = payNow(world, seller)
    if (!neft) throw new Error(`account "${seller.id}" has nothing to settle`)
    return { account: seller.id, neftId: neft.id, amount: rupees(totalOf(neft)) }
  }),
  revokeToken: deed(
    '`access`: another token can be had; `session`: the permission is taken back',
    Revoke,
    ({ seller, sessions }, { kind, after }) => {
      sessions.revoke(seller, kind, after)
      return { account: seller.id, kind, after }
    },
  ),
} as const satisfies Readonly<Record<string, Deed>>

/** Of Flipkart alone. */
export const ownDeeds = {
  connect: deed(
    'the seller gives the permission anew; answers credentials',
    Where,
    ({ world, seller, sessions }) => ({
      account: seller.id,
      credentials: sessions.begin(seller, world.at()),
    }),
  ),
  sellReports: deed('the paid service of reports, or no more', Sell, ({ seller }, { on }) => {
    seller.reports = on
    return { account: seller.id, on }
  }),
  setStock: deed("another quantity behind the seller's back", SetStock, ({ seller }, body) => {
    const { sku, quantity } = body
    seller.stock.set(productOf(seller, sku).sku, quantity)
    return { account: seller.id, sku, quantity }
  }),
} as const satisfies Readonly<Record<string, Deed>>

const onlyTrue = (wishes: Wish): Wish =>
  Object.fromEntries(
    Object.entries(wishes).filter(([name, value]) =>
      value === true || (name === 'packages' && Number(value) > 1)
    ),
  )
const orderOf = (seller: Seller, orderId: string): Order => {
  const order = seller.orders.get(orderId)
  if (!order) throw new Error(`there is no order "${orderId}"`)
  return order
}
const itemOf = (
  seller: Seller,
  id: string,
): { readonly item: Item; readonly shipment: Shipment } => {
  for (const shipment of seller.shipments.values()) {
    const item = shipment.items.find((one) => one.id === id)
    if (item) return { item, shipment }
  }
  throw new Error(`there is no item "${id}"`)
}
const shipmentsOf = (
  seller: Seller,
  { orderId, shipmentId, orderItemId }: z.infer<typeof One>,
): readonly Shipment[] => {
  if (orderItemId !== undefined) return [itemOf(seller, orderItemId).shipment]
  if (orderId !== undefined) return orderOf(seller, orderId).shipments
  const shipment = seller.shipments.get(shipmentId ?? '')
  if (!shipment) throw new Error('give the id of an order, a shipment or an item that exists')
  return [shipment]
}
const productOf = (seller: Seller, sku: string) => {
  const product = seller.products.find((one) => one.sku === sku)
  if (!product) throw new Error(`there is no SKU "${sku}"`)
  return product
}
