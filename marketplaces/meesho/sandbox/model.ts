/** What the sandbox keeps. Money is whole paise, instants are whole seconds in epoch milliseconds. */
import type { Variant } from './catalogue.ts'
import type { ChangeLog } from './change-log.ts'

export type OrderWord =
  | 'PENDING'
  | 'READY_TO_SHIP'
  | 'SHIPPED'
  | 'OUT_FOR_DELIVERY'
  | 'DELIVERED'
  | 'DOOR_STEP_EXCHANGED'
  | 'CANCELLED'
  | 'RTO_INITIATED'
  | 'RTO_LOCKED'
  | 'RTO_OFD'
  | 'RTO_DELIVERY_FAILED'
  | 'RTO_COMPLETE'
  | 'LOST'
  | 'SHIPMENT_LOST'
export type ReturnWord =
  | 'CREATED'
  | 'PICKED_UP'
  | 'IN_TRANSIT'
  | 'OUT_FOR_DELIVERY'
  | 'DELIVERED'
  | 'LOST'
  | 'CANCELLED'
export type ReturnType = 'Customer Return' | 'Courier Return (RTO)' | 'Exchange'
export type Preference = 'ALWAYS' | 'BY_INVENTORY' | 'MANUAL'

/** A sub-order: one variant, one parcel, one state. */
export interface Order {
  readonly no: string
  readonly orderNo: string
  readonly placedAt: number
  readonly variant: Variant
  readonly quantity: number
  readonly state: string
  readonly isPrepaid: boolean
  /** The sub-order whose goods go back for these. */
  readonly exchangeOf: Order | undefined
  /** What it does by itself after the courier has it. */
  readonly fate: Fate
  status: OrderWord
  verified: boolean
  onHold: boolean
  dispatchBy: number
  packet: Packet | undefined
  manifest: Manifest | undefined
  /** A customer return of it has arrived. */
  takenBack: boolean
}
export interface Fate {
  readonly end: 'delivered' | 'rto' | 'lost'
  readonly comesBack: 'Customer Return' | 'Exchange' | undefined
}
interface Packet {
  readonly id: string
  readonly awb: string
  readonly courier: string
  readonly at: number
}
/** A request for labels, and what became of it. */
export interface Job {
  readonly id: string
  /** The sub-orders that were asked for, sorted and joined. */
  readonly set: string
  readonly asked: readonly string[]
  status: 'RUNNING' | 'DONE' | 'FAILED'
  labelled: readonly Order[]
  failed: readonly { readonly sub_order_no: string; readonly code: string }[]
  doneAt: number | undefined
}
export interface Manifest {
  readonly id: string
  readonly courier: string
  /** The business day of the pick-up. */
  readonly date: string
  readonly orders: readonly Order[]
  readonly at: number
}
export interface Return {
  readonly id: string
  readonly type: ReturnType
  readonly order: Order
  readonly awb: string
  readonly createdAt: number
  readonly reason: string
  readonly detail: string
  readonly expectedOn: string
  status: ReturnWord
  /** Before it was lost. */
  lastSeen: ReturnWord
  attempt: number
  deliveredAt: number | undefined
}

/** The columns of "Order Payments" that carry money; the settlement is their sum. */
export const moneyColumns = [
  ...['N', 'O', 'P', 'Q', 'R', 'S', 'U', 'V', 'W', 'X', 'Y', 'Z', 'AA', 'AB', 'AE', 'AF'],
  ...['AG', 'AI', 'AJ', 'AK', 'AL'],
] as const
export type Amounts = Readonly<Record<string, number>>
/** One row of "Order Payments". */
export interface Due {
  readonly order: Order
  readonly what: 'SALE' | 'RETURN' | 'ZERO' | 'COMPENSATION' | 'RECOVERY'
  readonly amounts: Amounts
  /** AM, AN, AO: of compensation, claims, recovery. */
  readonly reasons: readonly [string, string, string]
  readonly accruedAt: number
  /** The business day on which it will be paid. */
  readonly dueOn: string
  payment: Payment | undefined
}
export interface Payment {
  /** The bank's reference. */
  readonly id: string
  readonly paidOn: string
  readonly at: number
}
/** A row of the other sheets. */
export interface Adjustment {
  readonly sheet: 'Ads Cost' | 'Referral Payments' | 'Compensation and Recovery'
  readonly day: string
  readonly at: number
  readonly cells: readonly string[]
  readonly netPaise: number
}

/** Who a supplier is; nothing of it ever changes. */
export interface Identity {
  readonly id: string
  /** One digit that keeps its numbers apart from those of the others. */
  readonly mark: number
  readonly name: string
  readonly merchantId: string
  readonly supplierId: number
  readonly location: string
  readonly firstPreference: Preference
  readonly ordersPerDay: number
  readonly seller: number
}
/** What Meesho would send by itself. */
interface Push {
  readonly id: string
  readonly type: 'ORDER_CREATED' | 'ORDER_UPDATED' | 'RETURN_UPDATED'
  readonly at: number
  readonly dueAt: number
  readonly data: object
}
/** A supplier with everything that belongs to it. */
export interface Supplier extends Identity {
  readonly variants: readonly Variant[]
  /** By `variantKey`. */
  readonly stock: Map<string, number>
  readonly orders: Map<string, Order>
  /** By the packet's id. */
  readonly packed: Map<string, Order>
  readonly jobs: Map<string, Job>
  readonly manifests: Map<string, Manifest>
  readonly returns: Map<string, Return>
  readonly dues: Due[]
  readonly payments: Payment[]
  readonly adjustments: Adjustment[]
  readonly logs: {
    readonly orders: ChangeLog<Order>
    readonly returns: ChangeLog<Return>
  }
  pushes: Push[]
  preference: Preference
  /** How often keys were given; they open nothing once this many more requests were answered. */
  keyNumber: number
  keyEndsAfter: number
  /** How often each operation was asked, and how often it changed something. */
  readonly asked: Map<string, number>
  readonly done: Map<string, number>
  readonly numbers: Map<string, number>
}

export const totalOf = ({ amounts }: Due): number =>
  Object.values(amounts).reduce((sum, one) => sum + one, 0)
/** A running number of a supplier, from 1. */
export const nextNumber = (supplier: Supplier, kind: string): number => {
  const number = (supplier.numbers.get(kind) ?? 0) + 1
  supplier.numbers.set(kind, number)
  return number
}
export const countDone = (supplier: Supplier, operation: string): void => {
  supplier.done.set(operation, (supplier.done.get(operation) ?? 0) + 1)
}
/** `1004 → 001004`. */
export const padded = (number: number, digits = 5): string => String(number).padStart(digits, '0')
