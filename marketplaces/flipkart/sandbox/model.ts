/** What the sandbox keeps. Money is whole paise, instants are whole seconds in epoch milliseconds. */
import type { Place } from 'robnu/testing'
import type { Product } from './catalogue.ts'
import type { Views } from './views.ts'

type ShipmentWord =
  | 'APPROVED'
  | 'PACKING_IN_PROGRESS'
  | 'FORM_FAILED'
  | 'PACKED'
  | 'READY_TO_DISPATCH'
  | 'PICKUP_COMPLETE'
  | 'SHIPPED'
  | 'DELIVERED'
  | 'CANCELLED'
export type Canceller = 'buyer' | 'seller' | 'marketplace'
export type ReturnSource = 'customer_return' | 'courier_return'

export interface Item {
  readonly id: string
  readonly order: Order
  readonly product: Product
  readonly quantity: number
  readonly group: string
  readonly totalPaise: number
  readonly shippingPaise: number
  readonly discountPaise: number
  cancelled: { readonly by: Canceller; readonly at: number; readonly reason: string } | undefined
}
export interface Fate {
  readonly end: 'delivered' | 'rto'
  readonly comesBack: boolean
}
export interface Order {
  readonly id: string
  readonly placedAt: number
  readonly payment: 'COD' | 'PREPAID'
  readonly place: Place
  readonly fate: Fate
  readonly shipments: Shipment[]
}
interface SubShipment {
  readonly id: string
  dimensions: Dimensions | undefined
}
export interface Dimensions {
  readonly length: number
  readonly breadth: number
  readonly height: number
  readonly weight: number
}
export interface Shipment {
  readonly id: string
  readonly order: Order
  readonly items: readonly Item[]
  readonly location: string
  readonly type: 'NORMAL' | 'EXPRESS' | 'SELF'
  readonly subs: readonly SubShipment[]
  /** How long Flipkart takes to pack it. */
  readonly packMs: number
  /** The form that its packing fails for, once. */
  formFault: string | undefined
  state: ShipmentWord
  hold: boolean
  dispatchAfter: number
  dispatchBy: number
  courier: string | undefined
  awb: string | undefined
  invoice: { readonly number: string; readonly date: string } | undefined
  labelFetched: boolean
  manifested: boolean
  courierReturn: boolean
  packs: number
  updatedAt: number
}
export interface Return {
  readonly id: string
  readonly source: ReturnSource
  readonly item: Item
  readonly shipment: Shipment
  readonly reason: string
  readonly createdAt: number
  readonly expectedAt: number
  status: 'CREATED' | 'COMPLETED' | 'CANCELLED'
  approvedAt: number | undefined
  trackingId: string | undefined
  comments: string | undefined
  updatedAt: number
}
/** A line of the settlement workbook, in the sheet of its kind. */
export interface Due {
  readonly sheet: 'Orders' | 'Ads' | 'Non_Order_SPF' | 'MP Fee Rebate' | 'Storage & Recall' | 'TDS'
  readonly item?: Item
  readonly kind: 'sale' | 'refund' | 'cancellation' | 'other'
  readonly amounts: Amounts
  readonly at: number
}
/** Of the sheet Orders; another sheet's line has its amount in `sale` and GST in `feeGst`. */
export interface Amounts {
  readonly sale: number
  readonly offer: number
  readonly share: number
  readonly commission: number
  readonly fixedFee: number
  readonly collectionFee: number
  readonly shippingFee: number
  readonly reverseFee: number
  readonly cancelFee: number
  readonly tcs: number
  readonly tds: number
  readonly feeGst: number
  readonly refund: number
}
export interface Neft {
  readonly id: string
  readonly paidAt: number
  readonly dues: readonly Due[]
}
export interface Report {
  readonly id: string
  readonly type: string
  readonly from: string
  readonly to: string
  readonly triggeredAt: number
  readonly processingAt: number
  readonly doneAt: number
  readonly expiresAt: number
  readonly fails: boolean
}
/** Something that Flipkart tells the receiver of the account. */
export interface Event {
  readonly number: number
  /** A shipment or a return: its events come in order. */
  readonly group: string
  readonly dueAt: number
  readonly at: number
  readonly body: string
}
/** Who a seller is; nothing of it ever changes. */
export interface Identity {
  readonly id: string
  /** One digit that keeps its numbers apart from those of the others. */
  readonly mark: number
  readonly name: string
  readonly location: string
  readonly gstin: string
  readonly appId: string
  readonly appSecret: string
  readonly grant: 'CLIENT_CREDENTIALS' | 'AUTHORIZATION_CODE'
  readonly reports: boolean
  readonly ordersPerDay: number
  readonly seller: number
}
export interface Seller extends Identity {
  /** Whether it has bought the reports. */
  reports: boolean
  readonly products: readonly Product[]
  /** By SKU. */
  readonly stock: Map<string, number>
  readonly prices: Map<string, number>
  readonly orders: Map<string, Order>
  readonly shipments: Map<string, Shipment>
  readonly returns: Map<string, Return>
  readonly reportsMade: Map<string, Report>
  /** What the next NEFT pays. */
  dues: Due[]
  readonly nefts: Neft[]
  readonly events: Event[]
  readonly views: { readonly shipments: Views<Shipment>; readonly returns: Views<Return> }
  /** How often each operation was asked, and how often it changed something. */
  readonly asked: Map<string, number>
  readonly done: Map<string, number>
  readonly numbers: Map<string, number>
}

export const isLiving = ({ cancelled }: Item): boolean => cancelled === undefined
export const livingOf = ({ items }: Shipment): readonly Item[] => items.filter(isLiving)
/** A running number of a seller, from 1. */
export const nextNumber = (seller: Seller, kind: string): number => {
  const number = (seller.numbers.get(kind) ?? 0) + 1
  seller.numbers.set(kind, number)
  return number
}
export const count = (counts: Map<string, number>, operation: string): void => {
  counts.set(operation, (counts.get(operation) ?? 0) + 1)
}
