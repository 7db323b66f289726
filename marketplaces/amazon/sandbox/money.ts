/** What is sold and refunded, in paise: made of what happened to orders and returns. */
import { paiseOf } from 'robnu/plugin'
import { digitsOf, type Random, randomFor } from 'robnu/testing'
import { type Change, distinctLines, type Line, type SandboxOrder } from './orders.ts'
import { backAt, returnsOfOrder, type SandboxReturn } from './returning.ts'
import type { Partner, World } from './world.ts'

export interface MoneyRow {
  readonly amountType: string
  readonly description: string
  readonly paise: number
  readonly line: Line | undefined
  readonly quantity: number | undefined
  readonly promotion?: string
}
/** A thing that Amazon posts as a whole. */
export interface MoneyEvent {
  readonly id: string
  readonly kind: 'Shipment' | 'Refund' | 'ServiceFee'
  readonly order: SandboxOrder | undefined
  /** Of the shipment, or of the adjustment. */
  readonly reference: string
  readonly postedAt: number
  /** From then on a settlement may pay it; the same as `postedAt` where nothing is held back. */
  readonly releasedAt: number
  readonly isDeferred: boolean
  readonly rows: readonly MoneyRow[]
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Money is held back until a week after delivery, and never for longer than three. */
const holdMs = 7 * dayMs
const longestHoldMs = 21 * dayMs

interface Known {
  readonly changes: readonly Change[]
  readonly returns: readonly SandboxReturn[]
  readonly events: readonly MoneyEvent[]
}
const cache = new WeakMap<SandboxOrder, Known>()

/** All money of an order, also what is still to come. */
export const eventsOfOrder = (
  world: World,
  partner: Partner,
  order: SandboxOrder,
): readonly MoneyEvent[] => {
  if (order.channel !== 'AMAZON') return []
  const returns = returnsOfOrder(world, partner, order)
  const known = cache.get(order)
  const isSame = known?.changes === order.changes && known.returns.length === returns.length &&
    known.returns.every((one, at) => one.steps === returns[at]?.steps)
  if (isSame) return known.events
  const sale = saleOf(world.seed, order)
  const events = sale
    ? [sale, ...returns.flatMap((one) => refundOf(world.seed, one, sale) ?? [])]
    : []
  cache.set(order, { changes: order.changes, returns, events })
  return events
}

export const sumOf = (rows: readonly MoneyRow[]): number =>
  rows.reduce((sum, { paise }) => sum + paise, 0)

const saleOf = (seed: number, order: SandboxOrder): MoneyEvent | undefined => {
  const shippedAt = order.changes.find(({ status }) => status === 'SHIPPED')?.at
  if (shippedAt === undefined) return undefined
  const random = randomFor(seed, `money/${order.id}`)
  const isDeferred = order.fulfilledBy === 'MERCHANT' && random.chance(0.5)
  const rows = distinctLines(order).flatMap((line) => saleRows(order, line, random))
  if (rows.length === 0) return undefined
  return {
    id: `sale/${order.id}`,
    ...{ kind: 'Shipment', order, rows, isDeferred } as const,
    reference: digitsOf(seed, `settled/${order.id}`, 13),
    postedAt: shippedAt,
    releasedAt: isDeferred ? releaseOf(order, shippedAt) : shippedAt,
  }
}

const releaseOf = (order: SandboxOrder, shippedAt: number): number => {
  const deliveredAt = order.changes.find(({ parcel }) => parcel === 'DELIVERED')?.at ?? Infinity
  return Math.min(deliveredAt + holdMs, shippedAt + longestHoldMs)
}

/** What comes back is refunded a day or more after it is there; an exchange is not. */
const refundOf = (
  seed: number,
  one: SandboxReturn,
  sale: MoneyEvent,
): MoneyEvent | undefined => {
  const arrivedAt = backAt(one)
  if (arrivedAt === undefined || one.subType === 'EXCHANGE') return undefined
  const random = randomFor(seed, `refund/${one.id}`)
  const postedAt = Math.max(arrivedAt, sale.releasedAt) + random.int(24, 60) * hourMs
  const rows = sale.rows.filter(({ line }) => line === one.line).flatMap((row): MoneyRow[] => {
    // closing and weight fees stay where they are
    if (/closing|handling/i.test(row.description)) return []
    const paise = -Math.round(row.paise * one.quantity / one.line.quantity)
    return paise === 0 ? [] : [{ ...row, paise, quantity: undefined }]
  })
  if (rows.length === 0) return undefined
  const fee = -Math.min(30_000, Math.round(Math.abs(sumOf(rows)) * 0.02))
  return {
    id: `refund/${one.id}`,
    ...{ kind: 'Refund', order: one.order, isDeferred: false } as const,
    reference: digitsOf(seed, `adjustment/${one.id}`, 13),
    ...{ postedAt, releasedAt: postedAt },
    rows: [...rows, part('ItemFees', 'Refund commission', fee, one.line)],
  }
}

const part = (
  amountType: string,
  description: string,
  paise: number,
  line: Line | undefined,
  quantity?: number,
): MoneyRow => ({ amountType, description, paise, line, quantity })

/** Goods at 5 % GST within the price, fees at 18 %, TCS 0.5 % and TDS 0.1 % of the taxable value. */
const saleRows = (order: SandboxOrder, line: Line, random: Random): MoneyRow[] => {
  const price = paiseOf(line.amount ?? '0') ?? 0
  const promotion = random.chance(0.06)
  if (price <= 0 || line.quantity <= 0) return []
  const tax = Math.round(price * 5 / 105)
  const taxable = price - tax
  const commission = -Math.round(price * 12 / 100)
  const closing = -2_500
  const handling = order.fulfilledBy === 'MERCHANT' ? -6_500 : -3_900
  const off = promotion ? -Math.round(taxable / 20) : 0
  const rows = [
    part('ItemPrice', 'Principal', taxable, line, line.quantity),
    part('ItemPrice', 'Product Tax', tax, line),
    part('ItemFees', 'Commission', commission, line),
    part('ItemFees', 'Fixed closing fee', closing, line),
    part('ItemFees', 'Commission IGST', Math.round(commission * 18 / 100), line),
    part('ItemFees', 'Fixed closing fee IGST', Math.round(closing * 18 / 100), line),
    part('ItemFees', 'Easy Ship weight handling fees', handling, line),
    part('ItemFees', 'Easy Ship weight handling fees IGST', Math.round(handling * 18 / 100), line),
    part('ItemTCS', 'TCS-IGST', -Math.round(taxable / 200), line),
    part('ItemTDS', 'TDS (Section 194-O)', -Math.round(taxable / 1000), line),
    { ...part('Promotion', 'Principal', off, line), promotion: 'Diwali-05' },
  ]
  return rows.filter(({ paise }) => paise !== 0)
}
