/** Waiting that ends early, and waiting longer after each failure. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves after the time, or at once when the signal aborts; never rejects. */
export const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch {
    // aborted: the caller looks at its signal
  }
}

/** `firstMs` after the first failure, doubled with each further one, `mostMs` at the most. */
export const backoffMs = (failures: number, firstMs: number, mostMs: number): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)))

/** Whether the promise settled within the time. */
export const settlesWithin = async (promise: Promise<unknown>, ms: number): Promise<boolean> => {
  const enough = new AbortController()
  const settled = promise.then(() => true, () => true)
  const late = pause(ms, enough.signal).then(() => false)
  try {
    return await Promise.race([settled, late])
  } finally {
    enough.abort()
  }
}
