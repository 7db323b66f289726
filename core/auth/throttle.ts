/** Slows down who guesses passwords. In process: each process of the API counts for itself. */
import { fault } from '../errors.ts'
import { createLru } from './lru.ts'

export interface Throttle {
  /** Counts one try for the key, or throws `sign-in-throttled` and counts nothing. */
  readonly take: (key: string) => void
  /** Forgets the tries of the key: the right password was given. */
  readonly clear: (key: string) => void
  readonly size: () => number
}

/** Any `limit` tries lie within `windowMs` of each other at most once. */
export const createThrottle = ({
  now,
  limit = 10,
  windowMs = 15 * 60_000,
  maxKeys = 10_000, // 10 numbers each: a few megabytes, and filling it costs 10,000 hashes
}: {
  readonly now: () => Date
  readonly limit?: number
  readonly windowMs?: number
  readonly maxKeys?: number
}): Throttle => {
  const triesOf = createLru<readonly number[]>(maxKeys)
  return {
    take: (key) => {
      const at = now().getTime()
      const recent = (triesOf.get(key) ?? []).filter((tried) => tried > at - windowMs)
      const [oldest] = recent
      if (oldest !== undefined && recent.length >= limit) {
        const retryAfterSeconds = Math.ceil((oldest + windowMs - at) / 1000)
        throw fault('sign-in-throttled', { retryAfterSeconds })
      }
      // counted before the password is looked at: tries that run at once count as well
      triesOf.set(key, [...recent, at])
    },
    clear: triesOf.delete,
    size: triesOf.size,
  }
}
