/** From the courier's hands to the buyer's door, or back. */
import { hashOf, randomFor } from 'robnu/testing'
import type { Order, OrderWord, Supplier } from './model.ts'
import { createReturn, moveReturn, planReturn } from './returning.ts'
import { accrueLoss, accrueRecovery, accrueSale } from './settling.ts'
import { dayMs, hourMs, minuteMs } from './words.ts'
import { changeOrder, type World } from './world.ts'

const move = (
  world: World,
  supplier: Supplier,
  order: Order,
  from: readonly OrderWord[],
  to: OrderWord,
): boolean => {
  if (!from.includes(order.status)) return false
  changeOrder(world, supplier, order, () => void (order.status = to))
  return true
}
const onTheWay: readonly OrderWord[] = ['SHIPPED', 'OUT_FOR_DELIVERY']

/** The courier has it: from here on the sub-order goes by its fate. */
export const pickUp = (world: World, supplier: Supplier, order: Order): void => {
  if (!order.packet || !move(world, supplier, order, ['READY_TO_SHIP'], 'SHIPPED')) return
  const random = randomFor(world.seed, `way/${order.no}`)
  const way = world.at() + random.int(30, 110) * hourMs
  const { end } = order.fate
  if (end === 'lost') {
    world.plan(way + 6 * dayMs, () => lose(world, supplier, order))
    return
  }
  world.plan(way - 4 * hourMs, () => goOut(world, supplier, order))
  if (end === 'delivered') world.plan(way, () => deliver(world, supplier, order))
  // three attempts
  else world.plan(way + 2 * dayMs, () => turnBack(world, supplier, order))
}

export const goOut = (world: World, supplier: Supplier, order: Order): boolean =>
  move(world, supplier, order, ['SHIPPED'], 'OUT_FOR_DELIVERY')

export const deliver = (world: World, supplier: Supplier, order: Order): void => {
  if (!move(world, supplier, order, onTheWay, 'DELIVERED')) return
  accrueSale(world, supplier, order)
  accrueRecovery(world, supplier, order)
  const { comesBack } = order.fate
  if (!comesBack) return
  const random = randomFor(world.seed, `back/${order.no}`)
  world.plan(world.at() + random.int(20, 150) * hourMs, () => {
    planReturn(world, supplier, createReturn(world, supplier, order, comesBack))
  })
}

export const lose = (world: World, supplier: Supplier, order: Order): void => {
  // Meesho writes it in two ways
  const word = hashOf(0, order.no) % 2 === 0 ? 'LOST' : 'SHIPMENT_LOST'
  if (move(world, supplier, order, onTheWay, word)) accrueLoss(world, supplier, order)
}

/** Return to origin: nobody took it. */
export const turnBack = (world: World, supplier: Supplier, order: Order): void => {
  if (!move(world, supplier, order, onTheWay, 'RTO_INITIATED')) return
  const back = createReturn(world, supplier, order, 'Courier Return (RTO)')
  const random = randomFor(world.seed, `rto/${order.no}`)
  const locked = world.at() + random.int(8, 30) * hourMs
  const out = locked + random.int(40, 110) * hourMs
  const fails = random.chance(0.4)
  const home = out + random.int(60, 300) * minuteMs + (fails ? dayMs : 0)
  const returning: readonly OrderWord[] = ['RTO_INITIATED', 'RTO_LOCKED', 'RTO_DELIVERY_FAILED']
  world.plan(locked, () => {
    if (move(world, supplier, order, ['RTO_INITIATED'], 'RTO_LOCKED')) {
      moveReturn(world, supplier, back, 'IN_TRANSIT')
    }
  })
  const goHome = (): void => {
    if (move(world, supplier, order, returning, 'RTO_OFD')) {
      moveReturn(world, supplier, back, 'OUT_FOR_DELIVERY')
    }
  }
  world.plan(out, goHome)
  if (fails) {
    world.plan(out + 4 * hourMs, () => {
      if (!move(world, supplier, order, ['RTO_OFD'], 'RTO_DELIVERY_FAILED')) return
      moveReturn(world, supplier, back, 'OUT_FOR_DELIVERY', 1)
    })
    world.plan(out + 20 * hourMs, goHome)
  }
  world.plan(home, () => comeHome(world, supplier, order))
}

export const comeHome = (world: World, supplier: Supplier, order: Order): void => {
  const returning: readonly OrderWord[] = [
    ...['RTO_INITIATED', 'RTO_LOCKED', 'RTO_OFD', 'RTO_DELIVERY_FAILED'] as const,
  ]
  if (!move(world, supplier, order, returning, 'RTO_COMPLETE')) return
  const back = [...supplier.returns.values()].find((one) =>
    one.order === order && one.type === 'Courier Return (RTO)'
  )
  if (back) moveReturn(world, supplier, back, 'DELIVERED')
}
