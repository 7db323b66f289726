/** Amazon's words for an order and its parcels → our states (the finest word that is told). */
import { type OrderRow, type OrderState, orderStateRank } from 'robnu/plugin'
import type { Order } from './schemas.ts'

export type Standing = Pick<OrderRow, 'status' | 'rawStatus' | 'onHold'>

/**
 * A parcel's word is finer than the order's. Of several parcels the one furthest behind decides;
 * an unknown word gives null, so that the stored state stays.
 */
export const stateOf = (order: Order): Standing => {
  const word = order.fulfillment?.fulfillmentStatus
  if (word === undefined) return { status: null, rawStatus: 'NOT_TOLD', onHold: false }
  const byOrder: Standing = {
    status: lookUp(orderWords, word),
    rawStatus: word,
    onHold: word === 'PENDING' || word === 'PENDING_AVAILABILITY',
  }
  const byParcel = parcelOf(order)
  return byParcel && decides(byParcel, word) ? byParcel : byOrder
}

/** `constructor` is a word that nobody knows, like any other. */
const lookUp = (words: Readonly<Record<string, OrderState>>, word: string): OrderState | null =>
  Object.hasOwn(words, word) ? words[word] ?? null : null

const orderWords: Readonly<Record<string, OrderState>> = {
  PENDING_AVAILABILITY: 'NEW',
  PENDING: 'NEW',
  UNSHIPPED: 'NEW',
  // part of it still waits for the seller: SHIPPED would take it off the list of work
  PARTIALLY_SHIPPED: 'READY_TO_SHIP',
  SHIPPED: 'SHIPPED',
  CANCELLED: 'CANCELLED',
  UNFULFILLABLE: 'CANCELLED',
}

/** The spellings of the three vocabularies meet: PENDING_PICK_UP, PENDING_PICKUP, PendingPickUp. */
const parcelWords: Readonly<Record<string, OrderState>> = {
  pendingschedule: 'NEW',
  pendingpickup: 'READY_TO_SHIP',
  pendingdropoff: 'READY_TO_SHIP',
  readyforpickup: 'READY_TO_SHIP',
  labelcancelled: 'PACKED',
  labelcanceled: 'PACKED',
  pickedup: 'SHIPPED',
  droppedoff: 'SHIPPED',
  atoriginfc: 'SHIPPED',
  atdestinationfc: 'SHIPPED',
  outfordelivery: 'OUT_FOR_DELIVERY',
  delivered: 'DELIVERED',
  rejectedbybuyer: 'RTO_IN_TRANSIT',
  rejected: 'RTO_IN_TRANSIT',
  undeliverable: 'RTO_IN_TRANSIT',
  notdelivered: 'RTO_IN_TRANSIT',
  returningtoseller: 'RTO_IN_TRANSIT',
  returnedtoseller: 'RTO_RECEIVED',
  lost: 'LOST',
  lostintransit: 'LOST',
  damaged: 'LOST',
  damagedintransit: 'LOST',
}

/** Of one word of Easy Ship, of a package or of External Fulfillment; null: nobody knows it. */
export const parcelState = (word: string): OrderState | null =>
  lookUp(parcelWords, word.toLowerCase().replace(/[^a-z]/g, ''))

const parcelOf = (order: Order): Standing | undefined => {
  const standings = (order.packages ?? []).flatMap((parcel): Standing[] => {
    const word = parcel.packageStatus?.detailedStatus
    if (!word) return []
    return [{ status: parcelState(word), rawStatus: word, onHold: false }]
  })
  // a cancelled label was replaced by another parcel, if there is one
  const labelled = standings.filter(({ status }) => status !== 'PACKED')
  const rank = ({ status }: Standing) => status === null ? -1 : orderStateRank(status)
  return (labelled.length > 0 ? labelled : standings)
    .sort((one, other) => rank(one) - rank(other))[0]
}

const decides = ({ status }: Standing, orderWord: string): boolean => {
  const shipped = status === null || orderStateRank(status) >= orderStateRank('SHIPPED')
  if (orderWord === 'PENDING' || orderWord === 'PENDING_AVAILABILITY') return false
  // some lines have no parcel yet
  if (orderWord === 'PARTIALLY_SHIPPED') return !shipped
  // a parcel that never left says nothing about an order that was cancelled
  if (orderWord === 'CANCELLED' || orderWord === 'UNFULFILLABLE') return shipped && status !== null
  return true
}
