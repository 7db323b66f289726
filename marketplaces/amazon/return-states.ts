/** Amazon's words for a return → our states. */
import type { ReturnKind, ReturnState } from 'robnu/plugin'

const external: Readonly<Record<string, ReturnState>> = {
  CREATED: 'INITIATED',
  CARRIER_NOTIFIED_TO_PICK_UP_FROM_CUSTOMER: 'INITIATED',
  CARRIER_OUT_FOR_PICK_UP_FROM_CUSTOMER: 'INITIATED',
  CUSTOMER_RESCHEDULED_PICK_UP: 'INITIATED',
  REPLANNED: 'INITIATED',
  PICKED_FROM_CUSTOMER: 'PICKED_UP',
  CUSTOMER_DROPPED_OFF: 'PICKED_UP',
  IN_TRANSIT: 'IN_TRANSIT',
  OUT_FOR_DELIVERY: 'IN_TRANSIT',
  DELIVERED: 'DELIVERED',
  PARTIALLY_PROCESSED: 'PROCESSED',
  PROCESSED: 'PROCESSED',
  CANCELLED: 'CANCELLED',
  CUSTOMER_CANCELLED_PICK_UP: 'CANCELLED',
  REJECTED: 'CANCELLED',
}
/** Of a return at External Fulfillment; the same words are asked for. */
export const externalWords = Object.keys(external)
export const externalState = (word: string): ReturnState | null => lookUp(external, word)

/** Of the flat file, which tells of the request; what has come back it tells by a date. */
const requested: Readonly<Record<string, ReturnState>> = {
  approved: 'INITIATED',
  authorized: 'INITIATED',
  pending: 'INITIATED',
  pendingapproval: 'INITIATED',
  pendingseller: 'INITIATED',
  completed: 'PROCESSED',
  closed: 'PROCESSED',
  refunded: 'PROCESSED',
  cancelled: 'CANCELLED',
  canceled: 'CANCELLED',
  denied: 'CANCELLED',
  rejected: 'CANCELLED',
}
/** The word of the request, unless the goods are there: that is further than a request that stands. */
export const requestedState = (word: string, isDelivered: boolean): ReturnState | null => {
  const state = lookUp(requested, word.toLowerCase().replaceAll(/[^a-z]/g, ''))
  return state === 'INITIATED' && isDelivered ? 'DELIVERED' : state
}

/** Null: nobody knows what it is. */
export const returnKind = (type: string, subType: string | null | undefined): ReturnKind | null => {
  if (type === 'REJECT') return 'RTO'
  if (type !== 'CUSTOMER') return null
  return subType === 'EXCHANGE' ? 'EXCHANGE' : 'CUSTOMER_RETURN'
}

/** `constructor` is a word that nobody knows, like any other. */
const lookUp = (words: Readonly<Record<string, ReturnState>>, word: string): ReturnState | null =>
  Object.hasOwn(words, word) ? words[word] ?? null : null
