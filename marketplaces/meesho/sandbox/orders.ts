/** What happens to a sub-order before the courier has it: doubts, acceptance, cancellation. */
import type { SandboxAnswer } from 'robnu/testing'
import { variantKey } from './catalogue.ts'
import { countDone, type Order, type Preference, type Supplier } from './model.ts'
import { ok, refused } from './wire.ts'
import { changeOrder, type World } from './world.ts'

/** Nobody but the courier can take it from here. */
export const isWithSeller = ({ status }: Order): boolean =>
  status === 'PENDING' || status === 'READY_TO_SHIP'

/** By the supplier's preference. */
export const acceptByItself = (world: World, supplier: Supplier, order: Order): void => {
  if (refusalOf(order) !== undefined) return
  const { preference, stock } = supplier
  const isThere = (stock.get(variantKey(order.variant)) ?? 0) >= order.quantity
  if (preference === 'ALWAYS' || (preference === 'BY_INVENTORY' && isThere)) {
    accept(world, supplier, order)
  }
}

const accept = (world: World, supplier: Supplier, order: Order): void =>
  changeOrder(world, supplier, order, () => void (order.status = 'READY_TO_SHIP'))

/** Why it cannot be accepted now. */
const refusalOf = ({ status, verified, onHold }: Order): string | undefined => {
  if (status === 'CANCELLED') return 'CANCELLED'
  if (status !== 'PENDING') return 'ALREADY_ACCEPTED'
  return verified ? onHold ? 'ON_HOLD' : undefined : 'UNVERIFIED'
}

export const acceptOrders = (
  world: World,
  supplier: Supplier,
  numbers: readonly string[],
): SandboxAnswer => {
  const results = numbers.map((no) => {
    const order = supplier.orders.get(no)
    const code = order ? refusalOf(order) : 'NOT_FOUND'
    if (order && code === undefined) {
      accept(world, supplier, order)
      countDone(supplier, 'accept')
    }
    return { sub_order_no: no, status: code === undefined ? 'OK' : 'FAILED', code: code ?? null }
  })
  return ok({ results })
}

export const verify = (world: World, supplier: Supplier, order: Order): boolean => {
  if (order.status !== 'PENDING' || order.verified) return false
  changeOrder(world, supplier, order, () => void (order.verified = true))
  acceptByItself(world, supplier, order)
  return true
}

export const setHold = (
  world: World,
  supplier: Supplier,
  order: Order,
  onHold: boolean,
): boolean => {
  if (order.status !== 'PENDING' || order.onHold === onHold) return false
  changeOrder(world, supplier, order, () => void (order.onHold = onHold))
  if (!onHold) acceptByItself(world, supplier, order)
  return true
}

/** False when it has left, or is cancelled already. */
export const cancelOrder = (world: World, supplier: Supplier, order: Order): boolean => {
  if (!isWithSeller(order)) return false
  changeOrder(world, supplier, order, () => {
    order.status = 'CANCELLED'
    order.onHold = false
    order.verified = true
  })
  return true
}

/** The seller's cancellation. */
export const cancelAsked = (world: World, supplier: Supplier, order: Order): SandboxAnswer => {
  if (!cancelOrder(world, supplier, order)) {
    return refused(409, 'INVALID_STATE', `The sub-order is ${order.status}.`)
  }
  countDone(supplier, 'cancel')
  return ok(supplier.logs.orders.view(order, world.at()))
}

/** Another preference: what waits goes by it. */
export const prefer = (world: World, supplier: Supplier, preference: Preference): void => {
  supplier.preference = preference
  for (const order of supplier.orders.values()) acceptByItself(world, supplier, order)
}
