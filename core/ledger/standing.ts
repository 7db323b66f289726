/**
 * The one state machine of orders and parcels, as a function of what was said and not of when it
 * came: rows that arrive in any order, any number of times, lead to the same state.
 */
import {
  type OrderState,
  orderStateRank,
  type ReturnKind,
  type ReturnState,
  returnStateRank,
} from '../plugin.ts'

/** A state, and the source's time of the word that decided. Without a time no word was understood. */
export interface Standing {
  readonly status: OrderState
  readonly at: Date | null
}

/**
 * The further of two: of higher rank. PACKED and READY_TO_SHIP are one step, of which the later word
 * holds: a label that is cancelled leads back. DELIVERED, CANCELLED and RTO_RECEIVED are one step as
 * well: the end that came first stays.
 */
export const further = (a: Standing, b: Standing): Standing => compare(a, b) < 0 ? b : a

/** Below 0: `a` is behind `b`. A total order of states, so a fold by it has one outcome. */
const compare = (a: Standing, b: Standing): number => {
  if (a.at === null || b.at === null) return Number(a.at !== null) - Number(b.at !== null)
  const byStep = stepOf(a.status) - stepOf(b.status)
  if (byStep !== 0) return byStep
  // of a step with one state, no time leads further than another
  if (!isLabelStep(a.status) && stepOf(a.status) < endRank) return 0
  const byTime = a.at.getTime() - b.at.getTime()
  if (byTime !== 0) return isLabelStep(a.status) ? byTime : -byTime
  // of one instant: the label stands, and of two ends always the same one
  const byRank = orderStateRank(a.status) - orderStateRank(b.status)
  return byRank || (a.status < b.status ? 1 : a.status > b.status ? -1 : 0)
}

const isLabelStep = (state: OrderState): boolean => state === 'PACKED' || state === 'READY_TO_SHIP'
const endRank = orderStateRank('DELIVERED')
const stepOf = (state: OrderState): number => orderStateRank(isLabelStep(state) ? 'PACKED' : state)

/** What the living parcels of an order have come to. */
export interface Parcels {
  readonly count: number
  /** Of the one furthest behind; null where none lives. */
  readonly standing: Standing | null
}
export const noParcels: Parcels = { count: 0, standing: null }

export const parcelsOf = (all: readonly Standing[]): Parcels => {
  const living = all.filter(({ status }) => status !== 'CANCELLED')
  const standing = living.reduce<Standing | null>(
    (behind, one) => behind === null || compare(one, behind) < 0 ? one : behind,
    null,
  )
  return { count: living.length, standing }
}

/**
 * An order's own words and its one parcel speak of the same thing. Of several parcels the one
 * furthest behind decides, whatever a word such as `Shipped` says of the whole; that it is delivered
 * or cancelled is final. An order whose parcels are all cancelled is what its own words say.
 */
export const orderStanding = (own: Standing, { count, standing }: Parcels): Standing => {
  if (standing === null) return own
  if (count === 1) return further(own, standing)
  return own.status === 'DELIVERED' || own.status === 'CANCELLED' ? own : standing
}

/** One word that was understood. */
export interface Fact {
  readonly status: OrderState
  readonly at: Date
}
/** Words that must not come after an end, for somebody to look into; the end itself stays. */
const contradicting: Readonly<Partial<Record<OrderState, readonly OrderState[]>>> = {
  DELIVERED: ['CANCELLED', 'RTO_IN_TRANSIT', 'RTO_RECEIVED', 'LOST'],
  CANCELLED: ['SHIPPED', 'OUT_FOR_DELIVERY', 'DELIVERED', 'LOST'],
  RTO_RECEIVED: ['DELIVERED', 'LOST'],
}
const contradicts = (end: OrderState, word: OrderState): boolean =>
  contradicting[end]?.includes(word) === true

/** Those of the words that contradict an end which was told for an earlier time. */
export const conflictsOf = <F extends Fact>(facts: readonly F[]): readonly F[] =>
  facts.filter((fact) =>
    facts.some((end) => end.at < fact.at && contradicts(end.status, fact.status))
  )

/**
 * Whether one more word can be in conflict with any that led to `before`: whoever finds so reads them
 * all. Behind an end there may be words that were not the first one to be one.
 */
export const isDoubtful = (before: OrderState, word: OrderState): boolean => {
  const reached = orderStateRank(before)
  if (reached >= endRank) return orderStateRank(word) >= orderStateRank('SHIPPED')
  return (contradicting[word] ?? []).some((state) => orderStateRank(state) <= reached)
}

/**
 * What a parcel on its way back (RTO) says of its order. One that was called off had begun all the
 * same: that the parcel goes to the buyer after all is for the order's own words to say.
 */
export const factsOfReturn = (back: {
  readonly kind: ReturnKind
  readonly status: ReturnState
  readonly initiatedAt: Date
  readonly deliveredAt: Date | null
  readonly updatedAt: Date
}): readonly Fact[] => {
  if (back.kind !== 'RTO') return []
  const begun: Fact = { status: 'RTO_IN_TRANSIT', at: back.initiatedAt }
  if (returnStateRank(back.status) < returnStateRank('DELIVERED')) return [begun]
  return [begun, { status: 'RTO_RECEIVED', at: back.deliveredAt ?? back.updatedAt }]
}
