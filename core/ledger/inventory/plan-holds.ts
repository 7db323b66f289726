/** What lines of orders do to stock: pure, so that it can be tried on every sequence. */
import type { OrderState } from '../../plugin.ts'

type HoldState = 'HELD' | 'RELEASED' | 'SHIPPED'

/** A line as its order stands now. */
export interface StockLine {
  readonly itemId: string
  readonly orderId: string
  readonly sku: string | null
  readonly listingId: string | null
  /** Ordered and not cancelled. */
  readonly quantity: number
  readonly status: OrderState
  /** False: the marketplace ships it from a store of its own. */
  readonly ours: boolean
  readonly orderedAt: Date
  /** Where its sku leads now. */
  readonly productId: string | null
}
/** What is stored of a line. */
export interface Hold {
  readonly itemId: string
  readonly orderId: string
  readonly sku: string | null
  readonly listingId: string | null
  readonly productId: string | null
  readonly quantity: number
  readonly state: HoldState
}
/** Goods that have left the shelf. */
export interface Departure {
  readonly itemId: string
  readonly productId: string
  readonly quantity: number
}
export interface HoldPlan {
  /** Holds that change, or are new. */
  readonly holds: readonly Hold[]
  readonly departures: readonly Departure[]
}

/** The goods are still on the shelf, or stand packed beside it. */
const onShelf: readonly OrderState[] = [
  'NEW',
  'ACKNOWLEDGED',
  'PACKED',
  'READY_TO_SHIP',
  'MANIFESTED',
]

/**
 * What changes for these lines. A line that has shipped is never looked at again: what comes back is
 * received by somebody. `countedAt` says when a product was counted, by the clock of the orders: an
 * order that had shipped before it was first seen takes from the shelf only if it came later.
 */
export const planHolds = (
  lines: readonly StockLine[],
  holds: readonly Hold[],
  countedAt: (productId: string) => Date | undefined,
): HoldPlan => {
  const before = new Map(holds.map((hold) => [hold.itemId, hold]))
  const there = new Set(lines.map((line) => line.itemId))
  const changed: Hold[] = []
  const departures: Departure[] = []
  const depart = (hold: Hold) => {
    const { itemId, productId, quantity } = hold
    if (productId !== null && quantity > 0) departures.push({ itemId, productId, quantity })
  }
  for (const line of lines) {
    const hold = before.get(line.itemId)
    if (hold?.state === 'SHIPPED') continue
    const next = nextHold(line, hold, countedAt)
    if (next === undefined || hold && sameHold(hold, next)) continue
    changed.push(next)
    if (next.state === 'SHIPPED') depart(next)
  }
  // a line that the marketplace has taken out of the order
  for (const hold of holds) {
    if (hold.state === 'HELD' && !there.has(hold.itemId)) {
      changed.push({ ...hold, quantity: 0, state: 'RELEASED' })
    }
  }
  return { holds: changed, departures }
}

/** Undefined: nothing is to be kept of this line. */
const nextHold = (
  line: StockLine,
  hold: Hold | undefined,
  countedAt: (productId: string) => Date | undefined,
): Hold | undefined => {
  const { itemId, orderId, sku, listingId, productId, quantity } = line
  const next = { itemId, orderId, sku, listingId, productId, quantity }
  const released = hold && { ...hold, quantity: 0, state: 'RELEASED' as const }
  if (line.status === 'CANCELLED' || !line.ours) return released
  if (onShelf.includes(line.status)) {
    return quantity > 0 ? { ...next, state: 'HELD' } : released
  }
  // also one that was thought to be cancelled
  if (hold) return quantity > 0 ? { ...next, state: 'SHIPPED' } : released
  const counted = productId === null ? undefined : countedAt(productId)
  return counted !== undefined && line.orderedAt > counted && quantity > 0
    ? { ...next, state: 'SHIPPED' }
    : undefined
}

const sameHold = (a: Hold, b: Hold): boolean =>
  a.productId === b.productId && a.quantity === b.quantity && a.state === b.state &&
  a.sku === b.sku && a.listingId === b.listingId
