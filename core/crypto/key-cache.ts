/** Sellers' keys in memory: bounded in time and number, zeroed behind. */
import { clearInterval, setInterval } from 'node:timers'
import { type KeySet, wipe } from './keys.ts'

export interface KeyCacheOptions {
  /** Milliseconds of a clock that moves forward. */
  readonly now: () => number
  readonly ttlMs: number
  readonly graceMs: number
  readonly maxSellers: number
  /** How often old keys are looked for of which nobody asks any more; 30 seconds. */
  readonly wipeEveryMs?: number
}
export interface KeyCache {
  /** The keys of a seller, unless they are too old or lack a version that was met since. */
  readonly find: (sellerId: string) => KeySet | undefined
  /** Versions that were met and that the cached keys, however old, do not have. */
  readonly lacking: (sellerId: string) => ReadonlySet<number>
  readonly put: (set: KeySet) => void
  /** Hands these keys out no more; handles that are out go on working for the grace. */
  readonly retire: (sellerId: string) => void
  /** Zeroes a seller's keys at once, retired ones too. */
  readonly forget: (sellerId: string) => void
  readonly close: () => void
}

/**
 * Evicted keys (older than the TTL, or pushed out by other sellers) are zeroed after a grace, since
 * handles that use them may be out. Every use of a key is synchronous and first looks whether it is
 * still there, so no eviction can come into the middle of one.
 */
export const createKeyCache = (options: KeyCacheOptions): KeyCache => {
  const { now, ttlMs, graceMs, maxSellers, wipeEveryMs = 30_000 } = options
  // least recently used first
  const cache = new Map<string, { readonly set: KeySet; readonly until: number }>()
  const retired = new Map<KeySet, { readonly wipeAt: number }>()

  const retire = (sellerId: string): void => {
    const cached = cache.get(sellerId)
    if (cached === undefined) return
    cache.delete(sellerId)
    retired.set(cached.set, { wipeAt: now() + graceMs })
  }
  const wipeDue = (): void => {
    for (const [set, { wipeAt }] of retired) {
      if (wipeAt > now()) continue
      retired.delete(set)
      wipe(set)
    }
  }
  const timer = setInterval(() => {
    for (const [sellerId, { until }] of cache) if (until <= now()) retire(sellerId)
    wipeDue()
  }, wipeEveryMs)
  timer.unref()

  return {
    find: (sellerId) => {
      wipeDue()
      const cached = cache.get(sellerId)
      if (cached === undefined || cached.until <= now() || cached.set.asked.size > 0) {
        return undefined
      }
      cache.delete(sellerId)
      cache.set(sellerId, cached)
      return cached.set
    },
    lacking: (sellerId) => {
      const set = cache.get(sellerId)?.set
      return set && set.asked.size > 0 ? new Set([...set.asked, ...set.unknown]) : new Set()
    },
    put: (set) => {
      retire(set.sellerId)
      cache.set(set.sellerId, { set, until: now() + ttlMs })
      for (const oldest of cache.keys()) {
        if (cache.size <= maxSellers) break
        retire(oldest)
      }
    },
    retire,
    forget: (sellerId) => {
      retire(sellerId)
      for (const set of retired.keys()) {
        if (set.sellerId !== sellerId) continue
        retired.delete(set)
        wipe(set)
      }
    },
    close: () => {
      clearInterval(timer)
      for (const { set } of cache.values()) wipe(set)
      for (const set of retired.keys()) wipe(set)
      cache.clear()
      retired.clear()
    },
  }
}
