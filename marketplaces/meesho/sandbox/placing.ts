/** How a sub-order comes into the world: what is ordered, and what will become of it. */
import { digitsOf, placeFor, type Random, randomFor } from 'robnu/testing'
import { type Variant, variantKey } from './catalogue.ts'
import { type Fate, nextNumber, type Order, padded, type Supplier } from './model.ts'
import { acceptByItself, cancelOrder, isWithSeller, setHold, verify } from './orders.ts'
import { hourMs, minuteMs, timeOfDay } from './words.ts'
import { changeOrder, type World } from './world.ts'

export interface Wish {
  readonly variant?: Variant | undefined
  readonly quantity?: number | undefined
  /** Absent: as chance has it where it is `natural`, else true. */
  readonly verified?: boolean | undefined
  readonly accepted?: boolean | undefined
  /** True: buyers change their minds, and Meesho has its doubts. */
  readonly natural?: boolean | undefined
  readonly fate?: Fate | undefined
}
const patienceDays = 4 // what is not handed over so long after its time, Meesho cancels

/** Undefined when there is nothing in stock that could be ordered. */
export const placeOrder = (world: World, supplier: Supplier, wish: Wish): Order | undefined => {
  const { seed } = world
  const random = randomFor(seed, `${supplier.id}/order/${(supplier.numbers.get('order') ?? 0) + 1}`)
  const variant = wish.variant ?? choose(random, supplier)
  if (!variant) return undefined
  const number = nextNumber(supplier, 'order')
  const natural = wish.natural === true
  const doubtful = natural && random.chance(0.05)
  const orderNo = `18${supplier.mark}${digitsOf(seed, `${supplier.id}/${number}`, 8)}${
    padded(number, 7)
  }`
  const order = newOrder(world, {
    ...{ no: `${orderNo}_1`, orderNo, variant },
    quantity: wish.quantity ?? (random.chance(0.95) ? 1 : 2),
    state: titled(placeFor(random).state),
    isPrepaid: random.chance(0.3),
    exchangeOf: undefined,
    fate: wish.fate ?? fateOf(random),
    verified: wish.verified ?? !doubtful,
  })
  enter(world, supplier, order, wish)
  if (doubtful && wish.verified === undefined) planVerdict(world, supplier, order, random)
  if (natural) planTroubles(world, supplier, order, random)
  return order
}

/** Another variant for the goods that go back: the next sub-order of the order, not verified yet. */
export const placeExchange = (world: World, supplier: Supplier, first: Order): Order => {
  const random = randomFor(world.seed, `exchange/${first.no}`)
  const sameStyle = supplier.variants.filter(({ sku }) => sku === first.variant.sku)
  const [base = first.no, number = '1'] = first.no.split('_')
  const order = newOrder(world, {
    no: `${base}_${Number(number) + 1}`,
    orderNo: first.orderNo,
    variant: random.pick(sameStyle),
    quantity: first.quantity,
    state: first.state,
    isPrepaid: true,
    exchangeOf: first,
    fate: { end: 'delivered', comesBack: undefined },
    verified: false,
  })
  enter(world, supplier, order, {})
  return order
}

type Given = 'no' | 'orderNo' | 'variant' | 'quantity' | 'state' | 'isPrepaid' | 'exchangeOf'

const newOrder = (world: World, given: Pick<Order, Given | 'fate' | 'verified'>): Order => ({
  ...given,
  placedAt: world.at(),
  status: 'PENDING',
  onHold: false,
  // the end of the second day
  dispatchBy: timeOfDay(world.at(), 24, 2) - 1000,
  ...{ packet: undefined, manifest: undefined, takenBack: false },
})

const enter = (world: World, supplier: Supplier, order: Order, { accepted }: Wish): void => {
  changeOrder(world, supplier, order, () => {})
  if (accepted) changeOrder(world, supplier, order, () => void (order.status = 'READY_TO_SHIP'))
  else acceptByItself(world, supplier, order)
  giveUpLater(world, supplier, order)
}

const choose = (random: Random, { variants, stock }: Supplier): Variant | undefined => {
  const stocked = variants.filter((one) => (stock.get(variantKey(one)) ?? 0) > 0)
  return stocked.length === 0 ? undefined : random.pick(stocked)
}

const fateOf = (random: Random): Fate => {
  const draw = random.next()
  const back = random.next()
  const end = draw < 0.012 ? 'lost' : draw < 0.13 ? 'rto' : 'delivered'
  const comesBack = back < 0.1 ? 'Customer Return' : back < 0.14 ? 'Exchange' : undefined
  return { end, comesBack: end === 'delivered' ? comesBack : undefined }
}

/** Of those that look like fraud, some are. */
const planVerdict = (world: World, supplier: Supplier, order: Order, random: Random): void => {
  const isFraud = random.chance(0.15)
  world.plan(order.placedAt + random.int(180, 1200) * minuteMs, () => {
    if (isFraud) cancelOrder(world, supplier, order)
    else verify(world, supplier, order)
  })
}

const planTroubles = (world: World, supplier: Supplier, order: Order, random: Random): void => {
  if (random.chance(0.02)) {
    const until = order.placedAt + random.int(6, 30) * hourMs
    world.plan(order.placedAt + 10 * minuteMs, () => {
      if (!setHold(world, supplier, order, true)) return
      world.plan(until, () => void setHold(world, supplier, order, false))
    })
  }
  if (!random.chance(0.07)) return
  // a buyer asks nobody: pending, labelled, in a manifest
  world.plan(order.placedAt + random.int(10, 36 * 60) * minuteMs, () => {
    cancelOrder(world, supplier, order)
  })
}

const giveUpLater = (world: World, supplier: Supplier, order: Order): void => {
  const end = () => timeOfDay(order.dispatchBy, 10, patienceDays)
  const look = (): void => {
    if (!isWithSeller(order)) return
    if (end() > world.at()) world.plan(end(), look)
    else cancelOrder(world, supplier, order)
  }
  world.plan(end(), look)
}

/** `TAMIL NADU` → `Tamil Nadu`. */
const titled = (name: string): string =>
  name.toLowerCase().replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
