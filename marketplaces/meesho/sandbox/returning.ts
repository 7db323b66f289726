/** What comes back: by the buyer's wish, or undelivered. */
import { randomFor } from 'robnu/testing'
import { awbOf } from './labels.ts'
import type { Order, Return, ReturnType, ReturnWord, Supplier } from './model.ts'
import { verify } from './orders.ts'
import { placeExchange } from './placing.ts'
import { accrueNothing, accrueReturn } from './settling.ts'
import { dayMs, dayOf, hourMs } from './words.ts'
import { changeOrder, changeReturn, type World } from './world.ts'

const reasons: readonly (readonly [string, string])[] = [
  ['Size/fit issue', 'Too small'],
  ['Size/fit issue', 'Too large'],
  ['Quality issue', 'Colour faded'],
  ['Wrong item', 'Different product received'],
  ['I have changed my mind', 'Not needed any more'],
]

export const createReturn = (
  world: World,
  supplier: Supplier,
  order: Order,
  type: ReturnType,
): Return => {
  const { packet } = order
  const at = world.at()
  const isRto = type === 'Courier Return (RTO)'
  const random = randomFor(world.seed, `return/${order.no}/${type}`)
  const [reason, detail] = isRto ? ['RTO', 'Customer not available'] : random.pick(reasons)
  const one: Return = {
    id: `${order.no}/${kinds[type]}/${dayOf(at)}`,
    ...{ type, order, createdAt: at, reason, detail },
    // a parcel that turns round keeps its number
    awb: isRto && packet ? packet.awb : awbOf(world, packet?.courier ?? '', order.no, 7),
    expectedOn: dayOf(at + 8 * dayMs),
    ...{ status: 'CREATED', lastSeen: 'CREATED', attempt: 0, deliveredAt: undefined },
  }
  if (supplier.returns.has(one.id)) throw new Error(`"${one.id}" is there already`)
  supplier.returns.set(one.id, one)
  changeReturn(world, supplier, one, () => {})
  if (type === 'Exchange') placeExchange(world, supplier, order)
  return one
}
const kinds: Readonly<Record<ReturnType, string>> = {
  'Customer Return': 'CUSTOMER',
  'Courier Return (RTO)': 'RTO',
  'Exchange': 'EXCHANGE',
}

/** The way of a return that a buyer sends. */
export const planReturn = (world: World, supplier: Supplier, one: Return): void => {
  const random = randomFor(world.seed, `return-way/${one.id}`)
  const picked = world.at() + random.int(20, 70) * hourMs
  const go = (at: number, to: ReturnWord) =>
    world.plan(at, () => void moveReturn(world, supplier, one, to))
  if (one.type === 'Customer Return' && random.chance(0.05)) return go(picked, 'CANCELLED')
  go(picked, 'PICKED_UP')
  go(picked + random.int(6, 30) * hourMs, 'IN_TRANSIT')
  const home = picked + random.int(50, 140) * hourMs
  if (random.chance(0.015)) return go(home + 3 * dayMs, 'LOST')
  go(home - 5 * hourMs, 'OUT_FOR_DELIVERY')
  go(home, 'DELIVERED')
}

const order: readonly ReturnWord[] = [
  ...['CREATED', 'PICKED_UP', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'] as const,
]
const isOver = ({ status }: Return): boolean =>
  status === 'DELIVERED' || status === 'LOST' || status === 'CANCELLED'

/** Forward only, but for another attempt; false when it is there already, or past it. */
export const moveReturn = (
  world: World,
  supplier: Supplier,
  one: Return,
  to: ReturnWord,
  attempts = 0,
): boolean => {
  const before = order.indexOf(one.status)
  const isForward = to === 'LOST' || to === 'CANCELLED' ? before < 4 : order.indexOf(to) > before
  if (isOver(one) || !(isForward || attempts > 0)) return false
  changeReturn(world, supplier, one, () => {
    one.lastSeen = one.status
    one.status = to
    one.attempt += attempts
    if (to === 'DELIVERED') one.deliveredAt = world.at()
  })
  if (one.type === 'Exchange' && before < 1 && order.indexOf(to) >= 1) {
    pickedUp(world, supplier, one)
  }
  if (to === 'DELIVERED' || to === 'LOST') settle(world, supplier, one)
  return true
}

/** The first goods are on their way back: the second may go. */
const pickedUp = (world: World, supplier: Supplier, one: Return): void => {
  changeOrder(world, supplier, one.order, () => void (one.order.status = 'DOOR_STEP_EXCHANGED'))
  for (const next of supplier.orders.values()) {
    if (next.exchangeOf === one.order) verify(world, supplier, next)
  }
}

const settle = (world: World, supplier: Supplier, one: Return): void => {
  if (one.type === 'Courier Return (RTO)') accrueNothing(world, supplier, one.order)
  // what was lost on its way back is paid: the sale stands
  else if (one.status === 'DELIVERED') {
    one.order.takenBack = true
    accrueReturn(world, supplier, one)
  }
}
