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
/** What a seller, or whoever looked after the shop before, has packed; never changed once it is made. */
export interface Parcel {
  /** `packageReferenceId` of the Orders API, and the package id of Easy Ship. */
  readonly id: string
  readonly madeAt: number
  readonly carrier: string
  readonly trackingNumber: string
  readonly route: 'EASY_SHIP' | 'EXTERNAL' | 'SELF_SHIP'
  readonly slot?: Slot
  readonly box?: Box
}
/** Whole centimetres and grams. */
export interface Box {
  readonly length: number
  readonly width: number
  readonly height: number
  readonly grams: number
}
/** When the courier comes; epoch milliseconds. */
export interface Slot {
  readonly id: string
  readonly start: number
  readonly end: number
  readonly handover: 'PICKUP' | 'DROPOFF'
}
/** How far an order has come at External Fulfillment, which tells of work before there is a label. */
export interface ExternalStep {
  readonly at: number
  readonly status: 'CONFIRMED' | 'PACKAGE_CREATED' | 'INVOICE_GENERATED'
  /** Of the package, once there is one. */
  readonly pack?: { readonly id: string; readonly box: Box }
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
  /** The seller takes it to the buyer, or has a courier of their own do it. */
  readonly selfShip?: boolean
  /** Absent: two days after it was placed. */
  shipBy?: number
  /** Parcels that were made by a request, the newest last; see `parcelOf` for all others. */
  parcels?: readonly Parcel[]
  /** In the order of time; absent: nothing was done by External Fulfillment. */
  external?: readonly ExternalStep[]
}

/** Lines by id: one that is told twice counts once. */
export const distinctLines = (order: SandboxOrder): readonly Line[] => {
  if (order.lines.length === 1) return order.lines
  return [...new Map(order.lines.map((line) => [line.itemId, line])).values()]
}

/** The change that is in force at an instant; undefined before the order exists. */
export const standingAt = (order: SandboxOrder, at: number): Change | undefined =>
  order.changes.findLast((change) => change.at <= at)
