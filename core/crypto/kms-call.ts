/** One call to KMS with all its attempts, and what went wrong in our words. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fault, hasCode } from '../errors.ts'
import type { Log } from '../log.ts'

/**
 * Why KMS does not do its work. `down` and `throttled` pass by themselves; the others are somebody's
 * doing: the key was switched off, is to be deleted, is not there, or our credentials may not use it.
 */
export type KmsTrouble =
  | 'down'
  | 'throttled'
  | 'disabled'
  | 'pending-deletion'
  | 'no-key'
  | 'denied'

/** The call itself is wrong: trying again changes nothing. */
const refusals = ['InvalidCiphertextException', 'IncorrectKeyException', 'ValidationException']
/** By AWS's names. */
const troubles: Readonly<Record<string, KmsTrouble>> = {
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  TooManyRequestsException: 'throttled',
  LimitExceededException: 'throttled',
  DisabledException: 'disabled',
  NotFoundException: 'no-key',
  AccessDeniedException: 'denied',
  NotAuthorized: 'denied',
  OptInRequired: 'denied',
  UnrecognizedClientException: 'denied',
  InvalidClientTokenId: 'denied',
  InvalidSignatureException: 'denied',
  IncompleteSignature: 'denied',
  SignatureDoesNotMatch: 'denied',
  MissingAuthenticationTokenException: 'denied',
  ExpiredTokenException: 'denied',
  CredentialsProviderError: 'denied',
}
/** Somebody switched the key off, on purpose or not. */
const ofKeyStates: readonly KmsTrouble[] = ['disabled', 'pending-deletion']

export const nameOf = (error: unknown): string => error instanceof Error ? error.name : typeof error

/** Of what a method of the key service has thrown; undefined: it does not come from there. */
export const kmsTroubleOf = (error: unknown): KmsTrouble | undefined => {
  if (!hasCode(error, 'keys-unavailable')) return undefined
  const { cause } = error as { readonly cause?: unknown }
  return cause instanceof Error ? troubleOf(cause) : undefined
}
/** It does not answer, and has not refused: keys that it gave before are no worse for it. */
export const isKmsAway = (error: unknown): boolean => {
  const trouble = kmsTroubleOf(error)
  return trouble === 'down' || trouble === 'throttled'
}

const troubleOf = (cause: Error): KmsTrouble => {
  if (cause.name === 'KMSInvalidStateException') {
    // of a key that is being imported or made, too: it is of no use either
    return cause.message.includes('pending deletion') ? 'pending-deletion' : 'disabled'
  }
  return troubles[cause.name] ?? 'down'
}

const retryAfterSeconds = 5
const throttleWaitMs = 500
const longestThrottleWaitMs = 4_000

export interface CallLimit {
  readonly abortSignal: AbortSignal
}
/** Runs a call until it is answered or refused, or the deadline is over. */
export type Ask = <T>(
  operation: string,
  fields: Readonly<Record<string, unknown>>,
  call: (limit: CallLimit) => Promise<T>,
) => Promise<T>

/**
 * The client tries again by itself, some three times within a second. KMS throttles an account for
 * longer: then it is asked until the deadline, after pauses that grow and are never the same.
 */
export const askKms = (log: Log, deadlineMs: number): Ask => async (operation, fields, call) => {
  const limit = { abortSignal: AbortSignal.timeout(deadlineMs) }
  const until = performance.now() + deadlineMs
  for (let tries = 0;; tries++) {
    try {
      return await call(limit)
    } catch (cause) {
      const reason = nameOf(cause)
      if (refusals.includes(reason)) {
        throw new Error(`Cannot ${operation}: KMS refused with ${reason}`, { cause })
      }
      const trouble = cause instanceof Error ? troubleOf(cause) : 'down'
      const most = Math.min(longestThrottleWaitMs, throttleWaitMs * 2 ** tries)
      const waitMs = most * (0.5 + Math.random() / 2)
      if (trouble === 'throttled' && performance.now() + waitMs < until) {
        await sleep(waitMs)
        continue
      }
      const event = ofKeyStates.includes(trouble) ? 'kms.key-state' : 'kms.unavailable'
      log.error(event, { operation, trouble, reason, ...fields, cause })
      throw fault('keys-unavailable', { retryAfterSeconds, cause })
    }
  }
}
