/** What the gateway's refusals mean, in words with the next step. */
import type { FailureKind } from 'robnu/plugin'
import { RefusalBody } from './answers.ts'

interface Reading {
  readonly kind: FailureKind
  readonly message: string
  readonly code?: string
}

/** A refusal that has a form; undefined for what has none. */
export const refusalOf = (body: unknown): RefusalBody | undefined => {
  const parsed = RefusalBody.safeParse(body)
  return parsed.success ? parsed.data : undefined
}

/** `NOT_ACCEPTED` as we write codes: `not-accepted`. */
export const kebab = (code: string): string => code.toLowerCase().replaceAll('_', '-')

/** The code of the failure for a place in a walk that is no more. */
export const badCursor = 'bad-cursor'

/** Undefined: the standard reading of the status holds. */
export const explain = (status: number, body: unknown): Reading | undefined => {
  const code = refusalOf(body)?.error.code
  if (code === undefined) return undefined
  if (status === 401) return accessRefusals[code]
  if (status === 404) {
    return { kind: 'rejected', code: 'not-found', message: 'Cannot find it at Meesho' }
  }
  if (![400, 409, 410, 422].includes(status)) return undefined
  return { kind: 'rejected', code: kebab(code), message: `Meesho refused it: ${wordsOf(code)}` }
}

const accessRefusals: Readonly<Record<string, Reading>> = {
  UNKNOWN_KEY: {
    kind: 'auth',
    code: 'unknown-key',
    message:
      'Cannot ask Meesho: it does not know the API key for this supplier, ask its team for ' +
      'a new one and connect the account anew',
  },
  SIGNATURE_MISMATCH: {
    kind: 'auth',
    code: 'signature-mismatch',
    message: 'Cannot ask Meesho: the HMAC signature does not match, check the API secret and ' +
      'connect the account anew',
  },
  // the credentials are good: whoever has to do something is who runs Robnu
  TIMESTAMP_SKEW: {
    kind: 'unavailable',
    code: 'clock-skew',
    message:
      'Cannot ask Meesho: its clock and that of this installation differ by more than five ' +
      'minutes, set the clock of the server',
  },
}

/** Why a sub-order, a list or a file was refused, for the seller. */
export const wordsOf = (code: string): string =>
  words[code] ?? `it gave the code ${code}, look at the order in the supplier panel`

const words: Readonly<Record<string, string>> = {
  CANCELLED: 'it is cancelled',
  UNVERIFIED: 'Meesho has not verified it yet, start it again when it has',
  ON_HOLD: 'Meesho keeps it on hold, start it again when it is released',
  NOT_FOUND: 'Meesho does not know it for this supplier',
  NOT_ACCEPTED: 'it is not accepted, start it again',
  NOT_READY: 'its label is not made, start it again',
  OTHER_COURIER: 'Meesho has given it to another courier, start it again',
  ALREADY_MANIFESTED: 'it is in a manifest already',
  EMPTY: 'nothing is left for the manifest',
  INVALID_STATE: 'its state does not allow it any more',
  EXPIRED: 'the address of the file is over, ask for it again',
  WRONG_LOCATION: 'stock is told for one location and this is not it, mend the location ' +
    'identifier of the account',
  MALFORMED: 'the request is none of the contract',
  BAD_CURSOR: 'the walk has to begin anew',
}
