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
  /** Of `quantity`; a partial cancellation stands here, not on the order. */
  readonly cancelledQuantity?: number
  /** Harmonised System code of the goods, and GST in hundredths of a per cent: for invoices. */
  readonly hsn?: string | null
  readonly gstRateBp?: number | null
}
/** One parcel of an order. */
export interface ShipmentRow {
  /** The marketplace's own id, unique in its account. */
  readonly externalId: string
  /** Null for an unknown word: the stored state stays, a new shipment is PACKED. */
  readonly status: OrderState | null
  readonly rawStatus: string
  readonly awb: string | null
  readonly carrier: string | null
  readonly manifestExternalId: string | null
  /** The source's own time of the last change. */
  readonly updatedAt: Date
  readonly items: readonly { readonly itemExternalId: string; readonly quantity: number }[]
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
  /** The marketplace allows no processing before, as while an order is on hold until then. */
  readonly processAfter?: Date | null
  /** ISO 4217. */
  readonly currency: string
  readonly totalPaise: number | null
  readonly fulfilledBy: 'SELLER' | 'MARKETPLACE' | null
  /** GST state code of the place of supply, two digits ('27' Maharashtra): the only part in clear. */
  readonly stateCode: string | null
  /** Null where the marketplace tells nothing of the buyer (yet). */
  readonly customer: Customer | null
  readonly items: readonly OrderItemRow[]
  /** What the marketplace tells of parcels; absent: nothing, and what is stored stays. */
  readonly shipments?: readonly ShipmentRow[]
}

/** In the order in which they are reached. */
export const returnStates = [
  'INITIATED',
  'PICKED_UP',
  'IN_TRANSIT',
  'DELIVERED',
  'PROCESSED',
  'CREDITED',
  'CANCELLED',
] as const
export type ReturnState = (typeof returnStates)[number]
export const returnKinds = ['CUSTOMER_RETURN', 'RTO', 'EXCHANGE'] as const
export type ReturnKind = (typeof returnKinds)[number]

const returnRanks: Readonly<Record<ReturnState, number>> = {
  INITIATED: 0,
  PICKED_UP: 10,
  IN_TRANSIT: 20,
  DELIVERED: 30,
  PROCESSED: 40,
  CREDITED: 50,
  // what was delivered cannot be called off any more
  CANCELLED: 25,
}
/** A return never moves to a state of lower rank. */
export const returnStateRank = (state: ReturnState): number => returnRanks[state]

export interface ReturnItemRow {
  /** Unique in its return. */
  readonly externalId: string
  /** The line of the order that comes back, where the marketplace tells it. */
  readonly itemExternalId: string | null
  readonly sku: string | null
  readonly quantity: number
  /** The marketplace's own word on what the goods are like. */
  readonly condition: string | null
}
/** One return of a buyer, or one undelivered parcel on its way back (RTO). */
export interface ReturnRow {
  /** Unique in its account. */
  readonly externalId: string
  readonly orderExternalId: string
  readonly kind: ReturnKind
  /** Null for an unknown word: the stored state stays, a new return is INITIATED. */
  readonly status: ReturnState | null
  readonly rawStatus: string
  readonly reason: string | null
  readonly initiatedAt: Date
  readonly updatedAt: Date
  readonly deliveredAt: Date | null
  /** The parcel that brought the goods to the buyer. */
  readonly shipmentExternalId: string | null
  /** Every waybill by which somebody may know the parcel on its way back. */
  readonly awbs: readonly { readonly awb: string; readonly carrier: string | null }[]
  readonly creditNote: { readonly number: string; readonly at: Date; readonly paise: number } | null
  readonly items: readonly ReturnItemRow[]
}

/** OPEN: estimated. RELEASED: final, on its way. PAID: a deposit, NEFT or clearing document. */
export const payoutStates = ['OPEN', 'RELEASED', 'PAID'] as const
export type PayoutState = (typeof payoutStates)[number]
const payoutRanks: Readonly<Record<PayoutState, number>> = { OPEN: 0, RELEASED: 10, PAID: 20 }
/** A payout never moves to a state of lower rank. */
export const payoutStateRank = (state: PayoutState): number => payoutRanks[state]

/** Amounts are decimal text with at most four digits behind the point: `-1234.5`. */
export interface PayoutLineRow {
  /** Unique in its payout. */
  readonly externalId: string
  /** The marketplace's own word for what the line is. */
  readonly kind: string
  readonly orderExternalId: string | null
  readonly itemExternalId: string | null
  readonly returnExternalId: string | null
  readonly awb: string | null
  /** net = gross + deductions + fees + taxes; the last three are zero or less, as a rule. */
  readonly gross: string
  readonly deductions: string
  readonly fees: string
  readonly taxes: string
  readonly net: string
  readonly deductionReason: string | null
  readonly at: Date | null
}
/** One settlement. */
export interface PayoutRow {
  /** Unique in its account: settlement id, NEFT id, clearing document. */
  readonly externalId: string
  /** Null for an unknown word: the stored state stays, a new payout is OPEN. */
  readonly status: PayoutState | null
  readonly rawStatus: string
  /** As the marketplace tells it; null: it tells none, and the sum of the lines stands for it. */
  readonly amount: string | null
  /** ISO 4217. */
  readonly currency: string
  /** Business days in Asia/Kolkata: `2026-11-22`. */
  readonly periodFrom: string | null
  readonly periodTo: string | null
  readonly paidOn: string | null
  readonly updatedAt: Date
  /**
   * True: a forecast. Its lines come again, under the same ids, in the payout that pays them, and
   * leave it then; it goes with the last of them. Such a marketplace has a line's id once an account.
   */
  readonly forecast?: boolean | undefined
  /** Some lines, or all: lines that were stored before and are not here stay as they are. */
  readonly lines: readonly PayoutLineRow[]
}

/** Lots of parcels that a courier takes over together. */
export interface ManifestRow {
  /** Unique in its account. */
  readonly externalId: string
  /** A closed one never opens again. */
  readonly state: 'OPEN' | 'CLOSED'
  /** The business day (Asia/Kolkata) of the hand-over that the marketplace counts: `2026-11-22`. */
  readonly dispatchDate: string | null
  readonly updatedAt: Date
  readonly shipmentExternalIds: readonly string[]
}

/** POB is proof of booking, the courier's own receipt. */
export const documentTypes = [
  'PACKING_SLIP',
  'VENDOR_INVOICE',
  'CUSTOMER_INVOICE',
  'LABEL',
  'MANIFEST',
  'POB',
] as const
export type DocumentType = (typeof documentTypes)[number]
