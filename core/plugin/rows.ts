/** The rows that adapters make of a marketplace's answers, and the states an order goes through. */

/** In the order in which they are reached; the rank of each decides what is forward. */
export const orderStates = [
  'NEW',
  'ACKNOWLEDGED',
  'PACKED',
  'READY_TO_SHIP',
  'MANIFESTED',
  'SHIPPED',
  'OUT_FOR_DELIVERY',
  'DELIVERED',
  'CANCELLED',
  'RTO_IN_TRANSIT',
  'RTO_RECEIVED',
  'LOST',
] as const
export type OrderState = (typeof orderStates)[number]

const ranks: Readonly<Record<OrderState, number>> = {
  NEW: 0,
  ACKNOWLEDGED: 10,
  PACKED: 20,
  READY_TO_SHIP: 30,
  MANIFESTED: 40,
  SHIPPED: 50,
  OUT_FOR_DELIVERY: 60,
  RTO_IN_TRANSIT: 70,
  LOST: 80,
  // terminal: a later file may not move one of these into another
  DELIVERED: 90,
  CANCELLED: 90,
  RTO_RECEIVED: 90,
}
/** A state never moves to one of lower rank. */
export const orderStateRank = (state: OrderState): number => ranks[state]

/** Where the buyer wants the goods. The whole of it is sealed. */
export interface Address {
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly postalCode: string | null
}
/** The buyer's data: sealed under the seller's key before it is stored. */
export interface Customer {
  readonly name: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly address: Address | null
}
export interface OrderItemRow {
  /** The marketplace's own id of the line, unique in its order. */
  readonly externalId: string
  readonly sku: string | null
  /** The marketplace's id of the product, such as an ASIN. */
  readonly listingId: string | null
  readonly title: string | null
  readonly quantity: number
  /** Of the line, not of the piece; null where the marketplace tells no price yet. */
  readonly totalPaise: number | null
}
export interface OrderRow {
  readonly externalId: string
  /** Null for an unknown word: the stored state stays, a new order is NEW. */
  readonly status: OrderState | null
  readonly rawStatus: string
  readonly onHold: boolean
  readonly orderedAt: Date
  /** The source's own time of the last change; an older row never overwrites a newer one. */
  readonly updatedAt: Date
  readonly shipBy: Date | null
  /** ISO 4217. */
  readonly currency: string
  readonly totalPaise: number | null
  readonly fulfilledBy: 'SELLER' | 'MARKETPLACE' | null
  /** GST state code of the place of supply, two digits ('27' Maharashtra): the only part in clear. */
  readonly stateCode: string | null
  /** Null where the marketplace tells nothing of the buyer (yet). */
  readonly customer: Customer | null
  readonly items: readonly OrderItemRow[]
}

/** One return of a buyer, or one undelivered parcel on its way back (RTO). */
export interface ReturnRow {
  readonly externalId: string
  readonly orderExternalId: string
  readonly status: string
  readonly rawStatus: string
  readonly updatedAt: Date
}
/** One settlement. Amounts are decimal text with at most four digits. */
export interface PayoutRow {
  readonly externalId: string
  readonly status: string
  readonly amount: string
  readonly currency: string
  readonly updatedAt: Date
}
