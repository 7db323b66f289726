/** How an order comes into the world: what is ordered, where it goes, and what will become of it. */
import { digitsOf, placeFor, type Random, randomFor } from 'robnu/testing'
import { cancelOrder, isWithSeller, release } from './orders.ts'
import { type Fate, type Line, livingOf, nextNumber, type Order, type Pob } from './model.ts'
import type { Product } from './catalogue.ts'
import { dayMs, dayOf, hourMs, minuteMs, timeOfDay } from './words.ts'
import { changeOrder, type World } from './world.ts'

export interface Wish {
  /** Absent: what a buyer would pick among what is in stock. */
  readonly lines?: readonly { readonly product: Product; readonly quantity: number }[]
  readonly onHold?: boolean
  readonly poReady?: boolean
  /** True: buyers change their minds, and AJIO's B2B information may be late. */
  readonly natural?: boolean
  readonly fate?: Fate
  readonly spoiled?: Order['spoiled']
}
const holdMs = 4.5 * hourMs
const patienceMs = 7 * dayMs // what is not handed over so long after its time, AJIO cancels

/** Undefined when there is nothing in stock that could be ordered. */
export const placeOrder = (world: World, pob: Pob, wish: Wish): Order | undefined => {
  const random = randomFor(world.seed, `${pob.id}/order/${(pob.numbers.get('order') ?? 0) + 1}`)
  const chosen = wish.lines ?? choose(random, pob)
  if (chosen.length === 0) return undefined
  const number = nextNumber(pob, 'order')
  const at = world.at()
  const { onHold = true, poReady, natural = false } = wish
  const unholdAt = onHold ? at + holdMs + random.int(0, 3600) * 1000 : at
  const stuck = natural && random.chance(0.08)
  const readyAt = stuck
    ? unholdAt + random.int(2, 20) * hourMs
    : at + (onHold ? random.int(60, 240) * minuteMs : 0)
  const digits = `${pob.mark}${String(number).padStart(5, '0')}`
  const order: Order = {
    no: `FN${dayOf(at).slice(2).replaceAll('-', '')}${digits}`,
    poNo: `45${digits.padStart(8, '0')}`,
    placedAt: at,
    lines: chosen.map(({ product, quantity }, index): Line => ({
      sellerOrderNo: `FWD${digits}-${index + 1}`,
      product,
      orderQty: quantity,
      confirmedQty: null,
      shippedQty: 0,
      cancelled: { buyer: 0, seller: 0, marketplace: 0 },
    })),
    place: placeFor(random),
    spoiled: wish.spoiled,
    fate: wish.fate ?? fateOf(random),
    status: 'New',
    onHold,
    holdReason: 'B2B_INFO_PENDING',
    unholdAt,
    dispatchBy: timeOfDay(unholdAt, 17.5, 1),
    poReadyAt: poReady === false ? Infinity : readyAt,
    parcel: undefined,
  }
  pob.orders.set(order.no, order)
  pob.byPo.set(order.poNo, order)
  changeOrder(world, pob, order, () => {})
  if (onHold) world.plan(unholdAt, () => release(world, pob, order))
  if (natural) planCancel(world, pob, order, random)
  giveUpLater(world, pob, order)
  return order
}

const choose = (random: Random, pob: Pob): { product: Product; quantity: number }[] => {
  const stocked = pob.products.filter(({ sku }) => (pob.stock.get(sku) ?? 0) > 0)
  if (stocked.length === 0) return []
  const lines = random.chance(0.85) ? 1 : random.int(2, 3)
  const products = new Set(Array.from({ length: lines }, () => random.pick(stocked)))
  return [...products].map((product) => ({
    product,
    quantity: random.chance(0.88) ? 1 : random.int(2, 3),
  }))
}

const fateOf = (random: Random): Fate => {
  const draw = random.next()
  const back = random.next()
  const end = draw < 0.006 ? 'lost' : draw < 0.09 ? 'rto' : 'delivered'
  const comesBack = back < 0.12 ? 'CUSTOMER' : back < 0.14 ? 'EXCHANGE' : undefined
  return { end, comesBack: end === 'delivered' ? comesBack : undefined }
}

/** On hold, acknowledged, packed, in a manifest: a buyer asks nobody. */
const planCancel = (world: World, pob: Pob, order: Order, random: Random): void => {
  if (!random.chance(0.07)) return
  const by = random.chance(0.85) ? 'buyer' : 'marketplace'
  const partly = by === 'buyer' && random.chance(0.3)
  world.plan(order.placedAt + random.int(10, 40 * 60) * minuteMs, () => {
    const [first] = order.lines
    // of a parcel that is packed, nothing can be taken out
    const some = partly && first && !order.parcel && livingOf(first) > 0
    cancelOrder(world, pob, order, by, some ? new Map([[first, 1]]) : undefined)
  })
}

const giveUpLater = (world: World, pob: Pob, order: Order): void => {
  const end = order.dispatchBy + patienceMs
  world.plan(end, () => {
    if (!isWithSeller(order)) return
    if (order.dispatchBy + patienceMs > world.at()) giveUpLater(world, pob, order)
    else cancelOrder(world, pob, order, 'marketplace')
  })
}

/** The `unique`th invented AWB. */
export const awbOf = (world: World, first: string, unique: string): string =>
  first + digitsOf(world.seed, `awb/${unique}`, 12)
