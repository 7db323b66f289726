/** Money: what a sub-order comes to, and the payment of every evening. */
import { digitsOf, hashOf } from 'robnu/testing'
import type { Variant } from './catalogue.ts'
import { type Amounts, type Due, nextNumber, type Order, type Payment } from './model.ts'
import type { Return, Supplier } from './model.ts'
import { dayOf, laterDay, timeOfDay } from './words.ts'
import type { World } from './world.ts'

const payDays = 7 // from delivery to money

/** Amounts of "Order Payments" by their columns; TCS 0.5 % and TDS 0.1 % of the taxable value. */
const saleOf = (world: World, { no, variant, quantity }: Order): Record<string, number> => {
  const goods = variant.pricePaise * quantity
  const shipping = hashOf(world.seed, `zone/${no}`) % 3 === 0 ? 8260 : 6490
  const taxable = Math.round(goods * 100 / (100 + variant.gstPercent))
  const service = hashOf(world.seed, `service/${no}`) % 10 === 0 ? -500 : 0
  return {
    N: goods + shipping,
    AB: -shipping,
    R: -premiumOf(variant, goods),
    AE: service,
    AF: Math.round(service * 18 / 100),
    AG: -Math.round(taxable / 200),
    AI: -Math.round(taxable / 1000),
  }
}
/** What it costs that buyers may send it back for nothing. */
const premiumOf = ({ priceType }: Variant, goods: number): number =>
  priceType === 'PREMIUM_RETURN' ? Math.round(goods * 15 / 1000) : 0

export const accrueSale = (world: World, supplier: Supplier, order: Order): void =>
  accrue(world, supplier, order, 'SALE', saleOf(world, order), payDays)

/** The sale is taken back, with its taxes; the way back is paid by the seller. */
export const accrueReturn = (world: World, supplier: Supplier, { order, type }: Return): void => {
  const { N = 0, AB = 0, R = 0, AG = 0, AI = 0 } = saleOf(world, order)
  const isFree = order.variant.priceType === 'PREMIUM_RETURN' || type === 'Exchange'
  const amounts = { O: -N, AB: -AB, S: -R, AG: -AG, AI: -AI, Z: isFree ? 0 : -15_340 }
  accrue(world, supplier, order, 'RETURN', amounts, 2)
}

/** An RTO costs nothing, and stands in the file all the same. */
export const accrueNothing = (world: World, supplier: Supplier, order: Order): void =>
  accrue(world, supplier, order, 'ZERO', {}, 2)

export const accrueLoss = (world: World, supplier: Supplier, order: Order): void => {
  const AJ = Math.round(order.variant.pricePaise * order.quantity * 8 / 10)
  accrue(world, supplier, order, 'COMPENSATION', { AJ }, payDays, ['Lost by the courier', '', ''])
}

/** One delivered parcel of thirty weighed more than was told. */
export const accrueRecovery = (world: World, supplier: Supplier, order: Order): void => {
  if (hashOf(world.seed, `weight/${order.no}`) % 30 !== 0) return
  accrue(world, supplier, order, 'RECOVERY', { AL: -2950 }, 14, ['', '', 'Weight mismatch'])
}

const accrue = (
  world: World,
  supplier: Supplier,
  order: Order,
  what: Due['what'],
  amounts: Amounts,
  days: number,
  reasons: Due['reasons'] = ['', '', ''],
): void => {
  const accruedAt = world.at()
  const dueOn = laterDay(dayOf(accruedAt), days)
  const due: Due = { order, what, amounts, reasons, accruedAt, dueOn, payment: undefined }
  supplier.dues.push(due)
}

/** Every evening at eight what is due is paid at once. */
export const planPayments = (world: World, supplier: Supplier): void => {
  const at = world.at() < timeOfDay(world.at(), 20) ? 0 : 1
  world.plan(timeOfDay(world.at(), 20, at), () => {
    pay(world, supplier, dayOf(world.at()))
    planPayments(world, supplier)
  })
}

/** Undefined when nothing is due by that day; `closeSettlement` waits for no day. */
export const pay = (world: World, supplier: Supplier, until: string): Payment | undefined => {
  const due = supplier.dues.filter((one) => !one.payment && one.dueOn <= until)
  if (due.length === 0) return undefined
  const at = world.at()
  const number = nextNumber(supplier, 'payment')
  const digits = digitsOf(world.seed, `payment/${supplier.id}/${number}`, 10)
  const payment: Payment = { id: `AXISCN0${digits}`, paidOn: dayOf(at), at }
  for (const one of due) one.payment = payment
  supplier.payments.push(payment)
  return payment
}
