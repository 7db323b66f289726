/** AJIO's words for orders, parcels, returns and settlements → our states. An unknown word is null. */
import { type OrderState, orderStateRank, type PayoutState } from 'robnu/plugin'
import type { ReturnKind, ReturnState } from 'robnu/plugin'

/** Spellings meet: `Ready to Ship`, `READY TO SHIPPED`. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z]+/g, ' ').trim()
const lookUp = <T>(words: Readonly<Record<string, T>>, word: string): T | null =>
  Object.hasOwn(words, plain(word)) ? words[plain(word)] ?? null : null

export const orderState = (word: string): OrderState | null => lookUp(orderWords, word)
export const shipmentState = (word: string): OrderState | null => lookUp(shipmentWords, word)
export const returnKind = (word: string): ReturnKind | null => lookUp(returnTypes, word)
export const payoutState = (word: string): PayoutState | null => lookUp(payoutWords, word)

const orderWords: Readonly<Record<string, OrderState>> = {
  'new': 'NEW',
  'acknowledged': 'ACKNOWLEDGED',
  'po created': 'ACKNOWLEDGED',
  'ready to ship': 'READY_TO_SHIP',
  'ready to shipped': 'READY_TO_SHIP',
  'shipped': 'SHIPPED',
  'delivered': 'DELIVERED',
  'cancelled': 'CANCELLED',
}
const shipmentWords: Readonly<Record<string, OrderState>> = {
  'created': 'PACKED',
  'ready to ship': 'READY_TO_SHIP',
  'ready to shipped': 'READY_TO_SHIP',
  'manifested': 'MANIFESTED',
  'shipped': 'SHIPPED',
  'delivered': 'DELIVERED',
  'cancelled': 'CANCELLED',
  'rto initiated': 'RTO_IN_TRANSIT',
  'rto delivered': 'RTO_RECEIVED',
  'lost': 'LOST',
}
const returnTypes: Readonly<Record<string, ReturnKind>> = {
  'customer': 'CUSTOMER_RETURN',
  'rto': 'RTO',
  'exchange': 'EXCHANGE',
}
const payoutWords: Readonly<Record<string, PayoutState>> = {
  'expected': 'OPEN',
  'released': 'RELEASED',
  'cleared': 'PAID',
}

export interface Standing {
  readonly status: OrderState | null
  readonly rawStatus: string
}

/**
 * The order's own word, or that of its parcels where they have come further: AJIO's order stays
 * `PO created` while the parcel is packed, and `Shipped` while it is on its way back. Of several
 * parcels the one furthest behind counts; a cancelled one does not.
 */
export const orderStanding = (word: string, parcels: readonly string[]): Standing => {
  const byOrder: Standing = { status: orderState(word), rawStatus: word }
  const living = parcels.filter((parcel) => shipmentState(parcel) !== 'CANCELLED')
    .map((parcel): Standing => ({ status: shipmentState(parcel), rawStatus: parcel }))
    .sort((one, other) => rank(one) - rank(other))
  const [behind] = living
  if (!behind?.status) return byOrder
  // a parcel that never left says nothing about an order that was cancelled
  const left = orderStateRank(behind.status) >= orderStateRank('SHIPPED')
  if (byOrder.status === 'CANCELLED') return left ? behind : byOrder
  return rank(behind) > rank(byOrder) ? behind : byOrder
}

const rank = ({ status }: Standing): number => status === null ? -1 : orderStateRank(status)

/** While a return is only created, the courier's word tells more. */
export const returnStanding = (
  word: string,
  threePlStatus: string | null,
): { readonly status: ReturnState | null; readonly rawStatus: string } => {
  const status = lookUp(returnWords, word)
  const byCourier = threePlStatus === null ? null : lookUp(courierWords, threePlStatus)
  return status === 'INITIATED' && byCourier
    ? { status: byCourier, rawStatus: `${word}, ${threePlStatus}` }
    : { status, rawStatus: word }
}

const returnWords: Readonly<Record<string, ReturnState>> = {
  'return created': 'INITIATED',
  'return picked': 'PICKED_UP',
  'return delivered': 'DELIVERED',
  'return processed': 'PROCESSED',
  'credit note created': 'CREDITED',
  'return cancelled': 'CANCELLED',
}
const courierWords: Readonly<Record<string, ReturnState>> = {
  'picked up': 'PICKED_UP',
  'in transit': 'IN_TRANSIT',
}
