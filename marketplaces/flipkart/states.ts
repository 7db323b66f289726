/** Flipkart's words for shipments and returns → our states. An unknown word is null. */
import { type OrderState, orderStateRank, type ReturnKind, type ReturnState } from 'robnu/plugin'
import type { OrderItem, Return } from './answers.ts'

const lookUp = <T>(words: Readonly<Record<string, T>>, word: string): T | null => {
  const plain = word.trim().toUpperCase().replace(/[\s-]+/g, '_')
  return Object.hasOwn(words, plain) ? words[plain] ?? null : null
}

export interface Standing {
  readonly status: OrderState | null
  readonly rawStatus: string
}

const itemWords: Readonly<Record<string, OrderState>> = {
  APPROVED: 'NEW',
  PACKING_IN_PROGRESS: 'PACKED',
  // its state forms could not be made: packed by us, and it does not go on
  FORM_FAILED: 'PACKED',
  PACKED: 'PACKED',
  READY_TO_DISPATCH: 'READY_TO_SHIP',
  PICKUP_COMPLETE: 'SHIPPED',
  SHIPPED: 'SHIPPED',
  DELIVERED: 'DELIVERED',
  COMPLETED: 'DELIVERED',
  CANCELLED: 'CANCELLED',
}
/** What comes back: a parcel that never reached its buyer, or goods that did. */
const backWords: Readonly<Record<string, readonly [byCourier: OrderState, byBuyer: OrderState]>> = {
  RETURN_REQUESTED: ['RTO_IN_TRANSIT', 'DELIVERED'],
  RETURNED: ['RTO_RECEIVED', 'DELIVERED'],
}

export const itemStanding = (
  { status: word, courierReturn }: Pick<OrderItem, 'status' | 'courierReturn'>,
): Standing => {
  const back = lookUp(backWords, word)
  return { status: back ? back[courierReturn ? 0 : 1] : lookUp(itemWords, word), rawStatus: word }
}

/**
 * A shipment has no word of its own: it stands where the living line furthest behind stands. Lines that
 * are cancelled count only where no other is left; one unknown word is an unknown state.
 */
export const shipmentStanding = (items: readonly OrderItem[]): Standing =>
  furthestBehind(items.map(itemStanding))

/** Of an order: where its living shipment furthest behind stands. */
export const furthestBehind = (all: readonly Standing[]): Standing => {
  const unknown = all.find(({ status }) => status === null)
  if (unknown) return unknown
  const living = all.filter(({ status }) => status !== 'CANCELLED')
  const sorted = (living.length > 0 ? living : all).toSorted((one, other) =>
    rank(one) - rank(other)
  )
  return sorted[0] ?? { status: null, rawStatus: '' }
}
const rank = ({ status }: Standing): number => status === null ? -1 : orderStateRank(status)

/** Whether the seller still has it. */
export const isWithSeller = ({ status }: Standing): boolean =>
  status !== null && orderStateRank(status) < orderStateRank('SHIPPED')

/** The lists of returns: a courier brings back what it could not deliver (RTO). */
export const returnKinds: Readonly<Record<string, ReturnKind>> = {
  customer_return: 'CUSTOMER_RETURN',
  courier_return: 'RTO',
}

const returnWords: Readonly<Record<string, ReturnState>> = {
  CREATED: 'INITIATED',
  // of self-ship accounts, where the seller decides
  REQUESTED: 'INITIATED',
  APPROVED: 'INITIATED',
  RETURN_REQUESTED: 'INITIATED',
  PICKED_UP: 'PICKED_UP',
  COMPLETED: 'DELIVERED',
  REJECTED: 'CANCELLED',
  CANCELLED: 'CANCELLED',
}

/** While a return is only created, its waybill and the courier's word tell more. */
export const returnStanding = (
  { status: word, trackingId, shipmentStatus }: Pick<
    Return,
    'status' | 'trackingId' | 'shipmentStatus'
  >,
): { readonly status: ReturnState | null; readonly rawStatus: string } => {
  const status = lookUp(returnWords, word)
  if (status !== 'INITIATED') return { status, rawStatus: word }
  const byCourier = lookUp(returnWords, shipmentStatus ?? '')
  if (byCourier === 'PICKED_UP') return { status: byCourier, rawStatus: word }
  return { status: trackingId === null ? status : 'IN_TRANSIT', rawStatus: word }
}
