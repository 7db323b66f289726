/** How an order comes into the world: what is ordered, where it goes, and what will become of it. */
import { digitsOf, hashOf, placeFor, type Random, randomFor } from 'robnu/testing'
import type { Product } from './catalogue.ts'
import { cancelItems, mayCancel } from './cancelling.ts'
import {
  type Fate,
  type Item,
  nextNumber,
  type Order,
  type Seller,
  type Shipment,
} from './model.ts'
import { dayMs, hourMs, minuteMs, timeOfDay } from './times.ts'
import { wireShipment } from './wire.ts'
import { changeShipment, tell, uuidOf, type World } from './world.ts'

export interface Wish {
  /** Absent: what a buyer would pick. */
  readonly lines?: readonly { readonly product: Product; readonly quantity: number }[]
  readonly hold?: boolean
  /** True: buyers change their minds, and Flipkart its dates. */
  readonly natural?: boolean
  readonly selfShip?: boolean
  /** Several packages in one shipment. */
  readonly packages?: number
  /** Every line in a shipment of its own. */
  readonly apart?: boolean
  readonly formFails?: boolean
  readonly packSeconds?: number
  /** So much later than now. */
  readonly waitMinutes?: number
  readonly fate?: Fate
}
const patienceMs = 5 * dayMs // what is not handed over so long after its time, Flipkart cancels

export const placeOrder = (world: World, seller: Seller, wish: Wish): Order => {
  const number = nextNumber(seller, 'order')
  const random = randomFor(world.seed, `${seller.id}/order/${number}`)
  const lines = wish.lines ?? choose(random, seller)
  const apart = wish.apart ?? (wish.natural === true && lines.length > 1 && random.chance(0.35))
  const digits = `${seller.mark}${String(number).padStart(6, '0')}`
  const drawn = fateOf(random)
  const order: Order = {
    id: `OD4${digits}${digitsOf(world.seed, `od/${digits}`, 10)}`,
    placedAt: world.at(),
    payment: random.chance(0.6) ? 'COD' : 'PREPAID',
    place: placeFor(random),
    // what goes in two parcels arrives, so that an order has one end
    fate: wish.fate ?? (apart ? { ...drawn, end: 'delivered' } : drawn),
    shipments: [],
  }
  const items = lines.map((line, at) => itemOf(world, order, line, `${digits}${at + 1}`, random))
  for (const group of apart ? items.map((item) => [item]) : [items]) {
    order.shipments.push(shipmentOf(world, seller, group, wish, random))
  }
  seller.orders.set(order.id, order)
  for (const shipment of order.shipments) {
    seller.shipments.set(shipment.id, shipment)
    const { shipmentId, locationId: _, ...attributes } = wireShipment(shipment) as {
      shipmentId: string
      locationId: string
    }
    tell(world, seller, { shipmentId }, 'shipment_created', attributes)
    giveUpLater(world, seller, shipment)
  }
  if (wish.natural) planMoods(world, seller, order, random)
  return order
}

const choose = (random: Random, seller: Seller): { product: Product; quantity: number }[] => {
  const lines = random.chance(0.84) ? 1 : random.int(2, 3)
  const products = new Set(Array.from({ length: lines }, () => random.pick(seller.products)))
  return [...products].map((product) => ({
    product,
    quantity: random.chance(0.9) ? 1 : random.int(2, 3),
  }))
}

const itemOf = (
  world: World,
  order: Order,
  { product, quantity }: { readonly product: Product; readonly quantity: number },
  digits: string,
  random: Random,
): Item => {
  const shippingPaise = product.pricePaise < 50_000 ? 5000 : random.chance(0.2) ? 4000 : 0
  const totalPaise = product.pricePaise * quantity + shippingPaise
  return {
    id: `1${digits}${digitsOf(world.seed, `item/${digits}`, 8)}`,
    group: `grp${hashOf(world.seed, `group/${digits}`).toString(36)}`,
    ...{ order, product, quantity, shippingPaise, totalPaise },
    discountPaise: random.chance(0.1) ? Math.floor(totalPaise / 20) : 0,
    cancelled: undefined,
  }
}

const shipmentOf = (
  world: World,
  seller: Seller,
  items: readonly Item[],
  wish: Wish,
  random: Random,
): Shipment => {
  const { natural = false, hold = false, selfShip = false } = wish
  const at = world.at()
  const key = items[0]?.id ?? ''
  const id = uuidOf(world.seed, `shipment/${key}`)
  const packages = wish.packages ?? (natural && random.chance(0.05) ? 2 : 1)
  const waits = natural && random.chance(0.35) ? random.int(240, 840) : wish.waitMinutes ?? 0
  const dispatchAfter = at + waits * minuteMs
  const isSlow = random.chance(0.1)
  const packSeconds = wish.packSeconds ?? (isSlow ? random.int(60, 1800) : random.int(5, 10))
  const fails = wish.formFails ?? (natural && random.chance(0.03))
  return {
    ...{ id, items, dispatchAfter, hold },
    order: items[0]?.order as Order,
    location: seller.location,
    type: selfShip ? 'SELF' : natural && random.chance(0.1) ? 'EXPRESS' : 'NORMAL',
    subs: Array.from({ length: packages }, (_, place) => ({
      id: `SS-${id.slice(0, 8)}-${place + 1}`,
      dimensions: undefined,
    })),
    packMs: packSeconds * 1000,
    formFault: fails ? 'FORM600TG' : undefined,
    state: 'APPROVED',
    dispatchBy: timeOfDay(dispatchAfter, 14, 1),
    ...{ courier: undefined, awb: undefined, invoice: undefined },
    ...{ labelFetched: false, manifested: false, courierReturn: false, packs: 0 },
    updatedAt: at,
  }
}

const fateOf = (random: Random): Fate => {
  const isRto = random.chance(0.08)
  const comesBack = random.chance(0.13)
  return { end: isRto ? 'rto' : 'delivered', comesBack: !isRto && comesBack }
}

/** Holds, other dates, and buyers who think again: an order, a line of it. */
const planMoods = (world: World, seller: Seller, order: Order, random: Random): void => {
  const [first] = order.shipments
  if (!first) return
  if (random.chance(0.15)) {
    const from = world.at() + random.int(1, 30) * minuteMs
    world.plan(from, () => first.state === 'APPROVED' && setHold(world, seller, first, true))
    world.plan(
      from + random.int(30, 240) * minuteMs,
      () => void (first.hold && setHold(world, seller, first, false)),
    )
  }
  if (random.chance(0.06)) {
    world.plan(world.at() + random.int(20, 120) * minuteMs, () => {
      if (first.state !== 'APPROVED') return
      moveDates(
        world,
        seller,
        first,
        first.dispatchAfter + 6 * hourMs,
        first.dispatchBy + dayMs / 2,
      )
    })
  }
  if (!random.chance(0.1)) return
  const by = random.chance(0.85) ? 'buyer' : 'marketplace'
  const partly = by === 'buyer' && random.chance(0.4)
  world.plan(world.at() + random.int(2, 8 * 60) * minuteMs, () => {
    for (const shipment of partly ? [first] : order.shipments) {
      if (!mayCancel(shipment)) continue
      const items = partly ? shipment.items.slice(0, 1) : shipment.items
      cancelItems(world, seller, shipment, items, by, 'Customer cancelled')
    }
  })
}

export const setHold = (world: World, seller: Seller, shipment: Shipment, hold: boolean): void => {
  changeShipment(world, seller, shipment, () => void (shipment.hold = hold))
  const event = hold ? 'shipment_hold' : 'shipment_unhold'
  tell(world, seller, { shipmentId: shipment.id }, event, { hold })
}

export const moveDates = (
  world: World,
  seller: Seller,
  shipment: Shipment,
  dispatchAfter: number,
  dispatchBy: number,
): void => {
  changeShipment(world, seller, shipment, () => {
    shipment.dispatchAfter = dispatchAfter
    shipment.dispatchBy = dispatchBy
  })
  const { dispatchAfterDate, dispatchByDate } = wireShipment(shipment) as Record<string, unknown>
  tell(world, seller, { shipmentId: shipment.id }, 'shipment_dispatch_dates_changed', {
    ...{ dispatchAfterDate, dispatchByDate },
  })
}

const giveUpLater = (world: World, seller: Seller, shipment: Shipment): void =>
  world.plan(shipment.dispatchBy + patienceMs, () => {
    const isOpen = ['APPROVED', 'PACKING_IN_PROGRESS', 'FORM_FAILED', 'PACKED']
      .includes(shipment.state)
    if (!isOpen) return
    if (shipment.dispatchBy + patienceMs > world.at()) return giveUpLater(world, seller, shipment)
    cancelItems(world, seller, shipment, shipment.items, 'marketplace', 'Dispatch SLA breached')
  })
