/** An order as the sandbox keeps it: everything that will ever happen to it, and when. */

type OrderWord =
  | 'PENDING_AVAILABILITY'
  | 'PENDING'
  | 'UNSHIPPED'
  | 'PARTIALLY_SHIPPED'
  | 'SHIPPED'
  | 'CANCELLED'
  | 'UNFULFILLABLE'

/** Words of `detailedStatus` → the word of `status` that Amazon tells with it. */
export const parcelStatus = {
  PENDING_SCHEDULE: 'PENDING',
  PENDING_PICK_UP: 'PENDING',
  PENDING_DROP_OFF: 'PENDING',
  LABEL_CANCELLED: 'CANCELLED',
  PICKED_UP: 'SHIPPED',
  DROPPED_OFF: 'SHIPPED',
  AT_ORIGIN_FC: 'IN_TRANSIT',
  AT_DESTINATION_FC: 'IN_TRANSIT',
  OUT_FOR_DELIVERY: 'IN_TRANSIT',
  DELIVERED: 'DELIVERED',
  REJECTED_BY_BUYER: 'UNDELIVERABLE',
  UNDELIVERABLE: 'UNDELIVERABLE',
  RETURNING_TO_SELLER: 'UNDELIVERABLE',
  RETURNED_TO_SELLER: 'UNDELIVERABLE',
  LOST: 'UNDELIVERABLE',
  DAMAGED: 'UNDELIVERABLE',
} as const
export type ParcelWord = keyof typeof parcelStatus

/** From `at` on (epoch milliseconds) the order stands like this. */
export interface Change {
  readonly at: number
  readonly status: OrderWord
  readonly parcel?: ParcelWord
  readonly cancelledBy?: 'BUYER' | 'MERCHANT' | 'AMAZON'
}
export interface Line {
  readonly itemId: string
  readonly sku: string
  readonly asin: string
  readonly title: string
  readonly quantity: number
  /** Of the line, as decimal text; null: no price is told. */
  readonly amount: string | null
  readonly currency: string
}
export interface SandboxOrder {
  readonly id: string
  readonly createdAt: number
  /** In the order of time; the first one is the placing of the order. */
  changes: readonly Change[]
  readonly lines: readonly Line[]
  readonly channel: 'AMAZON' | 'NON_AMAZON'
  readonly fulfilledBy: 'MERCHANT' | 'AMAZON'
  readonly service: 'STANDARD' | 'EXPEDITED'
  readonly business: boolean
  readonly city: string
  readonly state: string
  readonly postalCode: string
  /** True: price and address are told even while the order is pending. */
  readonly open: boolean
}

/** Lines by id: one that is told twice counts once. */
export const distinctLines = (order: SandboxOrder): readonly Line[] => {
  if (order.lines.length === 1) return order.lines
  return [...new Map(order.lines.map((line) => [line.itemId, line])).values()]
}

/** The change that is in force at an instant; undefined before the order exists. */
export const standingAt = (order: SandboxOrder, at: number): Change | undefined =>
  order.changes.findLast((change) => change.at <= at)
