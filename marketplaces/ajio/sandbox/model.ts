/** What the sandbox keeps. Money is whole paise, instants are whole seconds in epoch milliseconds. */
import type { Place } from 'robnu/testing'
import type { Product } from './catalogue.ts'
import type { ChangeLog } from './change-log.ts'

type OrderWord =
  | 'New'
  | 'Acknowledged'
  | 'PO created'
  | 'Ready to Ship'
  | 'Ready to Shipped'
  | 'Shipped'
  | 'Delivered'
  | 'Cancelled'
type ParcelWord =
  | 'Created'
  | 'Ready to Ship'
  | 'Manifested'
  | 'Shipped'
  | 'Delivered'
  | 'Cancelled'
  | 'RTO Initiated'
  | 'RTO Delivered'
  | 'Lost'
export type Canceller = 'buyer' | 'seller' | 'marketplace'

export interface Line {
  readonly sellerOrderNo: string
  readonly product: Product
  readonly orderQty: number
  confirmedQty: number | null
  shippedQty: number
  /** By whom: the sum of them is what AJIO tells as cancelled. */
  readonly cancelled: Record<Canceller, number>
}
export interface Order {
  readonly no: string
  readonly poNo: string
  readonly placedAt: number
  readonly lines: readonly Line[]
  readonly place: Place
  /** A wrong PIN, or a wrong check character of the GSTIN on the B2B information. */
  readonly spoiled: 'pin' | 'gstin' | undefined
  /** What it does by itself after the courier has it. */
  readonly fate: Fate
  status: OrderWord
  onHold: boolean
  holdReason: string | undefined
  unholdAt: number
  dispatchBy: number
  /** The B2B information is there from this instant on; Infinity: until a verb says so. */
  poReadyAt: number
  parcel: Parcel | undefined
}
export interface Fate {
  readonly end: 'delivered' | 'rto' | 'lost'
  readonly comesBack: 'CUSTOMER' | 'EXCHANGE' | undefined
}
export interface Parcel {
  readonly id: string
  readonly order: Order
  readonly carrier: string
  readonly awb: string
  readonly packedAt: number
  readonly labelAt: number
  readonly invoiceNo: string
  readonly invoiceDate: string
  readonly lines: readonly { readonly line: Line; readonly quantity: number }[]
  status: ParcelWord
  manifest: Manifest | undefined
  updatedAt: number
}
export interface Manifest {
  readonly id: string
  readonly reference: string
  readonly parcels: Set<Parcel>
  closedAt: number | undefined
  dispatchDate: string | undefined
  updatedAt: number
}
export interface Return {
  readonly no: string
  readonly type: 'CUSTOMER' | 'RTO' | 'EXCHANGE'
  readonly order: Order
  readonly parcel: Parcel
  readonly shipmentId: string
  readonly awb: string
  readonly reason: string
  readonly createdAt: number
  readonly lines: readonly { readonly line: Line; readonly quantity: number }[]
  status: ReturnWord
  courier: string
  deliveredAt: number | undefined
  disposition: string | undefined
  credit: { readonly no: string; readonly at: number; readonly paise: number } | undefined
}
export const returnWords = [
  'RETURN_CREATED',
  'RETURN_PICKED',
  'RETURN_DELIVERED',
  'RETURN_PROCESSED',
  'CREDIT_NOTE_CREATED',
  'RETURN_CANCELLED',
] as const
type ReturnWord = typeof returnWords[number]

/** The seven amounts of a line; what it comes to is their sum. */
export interface Amounts {
  readonly gross: number
  readonly commission: number
  readonly logistics: number
  readonly feeGst: number
  readonly tcs: number
  readonly tds: number
  readonly penalty: number
}
export interface SettlementLine extends Amounts {
  readonly docNo: string
  readonly journey: 'FORWARD' | 'RETURN' | 'SLA_PENALTY' | 'ADJUSTMENT'
  readonly parcel: Parcel
  readonly creditNoteNo: string | undefined
  readonly penaltyReason: string | undefined
}
export interface Settlement {
  docNo: string | undefined
  status: 'EXPECTED' | 'RELEASED' | 'CLEARED'
  readonly expectedOn: string
  clearedOn: string | undefined
  lines: readonly SettlementLine[]
}
/** Who a POB is; nothing of it ever changes. */
export interface Identity {
  readonly id: string
  /** One letter or digit that keeps its numbers apart from those of the others. */
  readonly mark: number
  readonly name: string
  readonly storeCode: string
  readonly storeName: string
  readonly gstin: string
  readonly model: 'DROPSHIP_VMS'
  readonly returnModel: 'CREDIT_NOTE' | 'RSI'
  readonly invoiceSeries: string
  readonly ordersPerDay: number
  readonly seller: number
}
/** A Point of Business with everything that belongs to it. */
export interface Pob extends Identity {
  readonly products: readonly Product[]
  /** By SKU. */
  readonly stock: Map<string, number>
  readonly orders: Map<string, Order>
  readonly byPo: Map<string, Order>
  readonly parcels: Map<string, Parcel>
  readonly manifests: Map<string, Manifest>
  readonly returns: Map<string, Return>
  readonly settlements: Settlement[]
  /** Invoice number → the order that has it. */
  readonly invoices: Map<string, Order>
  /** Lines that the settlement of this cycle will have, not told yet. */
  pending: SettlementLine[]
  open: Settlement | undefined
  readonly logs: {
    readonly orders: ChangeLog<Order>
    readonly returns: ChangeLog<Return>
    readonly settlements: ChangeLog<Settlement>
  }
  /** How often each operation was asked, and how often it changed something. */
  readonly asked: Map<string, number>
  readonly done: Map<string, number>
  readonly numbers: Map<string, number>
}

export const cancelledOf = ({ cancelled }: Line): number =>
  cancelled.buyer + cancelled.seller + cancelled.marketplace
/** What of a line is still to be sent, or was sent. */
export const livingOf = (line: Line): number => line.orderQty - cancelledOf(line)
/** A running number of a POB, from 1. */
export const nextNumber = (pob: Pob, kind: string): number => {
  const number = (pob.numbers.get(kind) ?? 0) + 1
  pob.numbers.set(kind, number)
  return number
}
export const countDone = (pob: Pob, operation: string): void => {
  pob.done.set(operation, (pob.done.get(operation) ?? 0) + 1)
}
