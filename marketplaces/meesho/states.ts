/** Meesho's words for sub-orders and returns → our states. An unknown word is null. */
import type { OrderState, ReturnKind, ReturnState } from 'robnu/plugin'

/** Spellings meet: `RTO_COMPLETE`, `rto complete`, `Courier Return (RTO)`. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z]+/g, ' ').trim()
const lookUp = <T>(words: Readonly<Record<string, T>>, word: string): T | null =>
  Object.hasOwn(words, plain(word)) ? words[plain(word)] ?? null : null

/** Of the panel, the order export and the payment file, which have words of their own. */
const orderWords: Readonly<Record<string, OrderState>> = {
  'pending': 'NEW',
  'ready to ship': 'READY_TO_SHIP',
  'shipped': 'SHIPPED',
  'out for delivery': 'OUT_FOR_DELIVERY',
  'delivered': 'DELIVERED',
  // the goods of the first sub-order went back by the same rider: it was delivered all the same
  'door step exchanged': 'DELIVERED',
  'exchange': 'DELIVERED',
  // what comes back from a buyer had been delivered: the return is a row of its own
  'return': 'DELIVERED',
  'returned': 'DELIVERED',
  'cancelled': 'CANCELLED',
  'rto': 'RTO_IN_TRANSIT',
  'rto initiated': 'RTO_IN_TRANSIT',
  'rto locked': 'RTO_IN_TRANSIT',
  'rto ofd': 'RTO_IN_TRANSIT',
  'rto delivery failed': 'RTO_IN_TRANSIT',
  'rto complete': 'RTO_RECEIVED',
  'lost': 'LOST',
  'shipment lost': 'LOST',
}

/**
 * Meesho calls everything between acceptance and pick-up READY_TO_SHIP: without a packet it is only
 * accepted, with one it has its label, and in a manifest it is handed over.
 */
export const orderState = (
  word: string,
  { packetId, manifestId = null }: {
    readonly packetId: string | null
    readonly manifestId?: string | null
  },
): OrderState | null => {
  const state = lookUp(orderWords, word)
  if (state !== 'READY_TO_SHIP') return state
  if (packetId === null) return 'ACKNOWLEDGED'
  return manifestId === null ? 'READY_TO_SHIP' : 'MANIFESTED'
}

const returnTypes: Readonly<Record<string, ReturnKind>> = {
  'customer return': 'CUSTOMER_RETURN',
  'rvp': 'CUSTOMER_RETURN',
  'courier return rto': 'RTO',
  'courier return': 'RTO',
  'rto': 'RTO',
  'exchange': 'EXCHANGE',
}
export const returnKind = (word: string): ReturnKind | null => lookUp(returnTypes, word)

const returnWords: Readonly<Record<string, ReturnState>> = {
  'initiated': 'INITIATED',
  'created': 'INITIATED',
  'pickup pending': 'INITIATED',
  'picked up': 'PICKED_UP',
  'in transit': 'IN_TRANSIT',
  'out for delivery': 'IN_TRANSIT',
  // an attempt that failed: the parcel is with the courier
  'delivery failed': 'IN_TRANSIT',
  'undelivered': 'IN_TRANSIT',
  'delivered': 'DELIVERED',
  'cancelled': 'CANCELLED',
}
export const returnState = (word: string): ReturnState | null => lookUp(returnWords, word)
