/** Refusals that a caller has to tell apart: Amazon's code instead of a failure. */
import { failureOf, type HttpInit } from 'robnu/plugin'

/** For `HttpInit.explain`: what Amazon refuses for a reason of the thing itself keeps Amazon's code. */
export const explained: NonNullable<HttpInit['explain']> = (status, body) => {
  if (![400, 404, 405, 409, 422].includes(status)) return undefined
  const code = status === 409
    ? 'Conflict'
    : codeOf(body) ?? (status === 404 ? 'NotFound' : 'Refused')
  const message = `Amazon refused the request: ${wordsOf(code)}`
  return { kind: 'rejected', code: mark + code, message }
}
/** Told apart from the codes of everything else that can go wrong. */
const mark = 'amazon:'

const codeOf = (body: unknown): string | undefined => {
  const errors: unknown = body instanceof Object && 'errors' in body ? body.errors : undefined
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  const code: unknown = first instanceof Object && 'code' in first ? first.code : undefined
  // it goes into records and messages: a word, whatever else comes
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : undefined
}

export type Outcome<T> = { readonly value: T } | { readonly refused: string }

/** What `explained` has read; every other failure goes on. */
export const outcomeOf = async <T>(asked: Promise<T>): Promise<Outcome<T>> => {
  try {
    return { value: await asked }
  } catch (error) {
    const code = failureOf(error)?.code
    if (code?.startsWith(mark)) return { refused: code.slice(mark.length) }
    throw error
  }
}

/** `ScheduleWindowExpired` → `schedule-window-expired`: the code of a held order. */
export const kebab = (code: string): string =>
  code.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replaceAll('_', '-').toLowerCase()

/** Why, for the seller. */
export const wordsOf = (code: string): string =>
  words[code] ?? `it gave the code ${code}, look at the order in Seller Central`

const words: Readonly<Record<string, string>> = {
  InvalidInput: 'it found the request wrong, look at the order in Seller Central',
  InvalidTimeSlotId: 'the pick-up slot is not one of this order, start it again',
  ScheduleWindowExpired: 'the pick-up slots expired before one was booked, start it again',
  RetryableAfterGettingNewSlots: 'no pick-up slot could be booked, start it again later',
  TimeSlotNotAvailable:
    'there is no pick-up slot for it, check size and weight of the package in ' +
    'the settings of the account',
  ResourceNotFound: 'it does not know the order',
  NotFound: 'it does not know it',
  InvalidOrderState: 'the order is not one that can be sent now, sync the orders and look again',
  RegionNotSupported: 'Easy Ship is not there for this marketplace',
  OrderNotEligibleForRescheduling: 'the parcel is on its way',
  Conflict: 'the shipment has gone on meanwhile, start it again',
  SC_00002: 'it found the request wrong, look at the shipment in Seller Central',
  SC_00003: 'it does not know the shipment',
}
