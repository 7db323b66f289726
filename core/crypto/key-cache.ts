/** Sellers' keys in memory: bounded in time and number, zeroed behind. */
import { clearInterval, setInterval } from 'node:timers'
import { type KeySet, wipe } from './keys.ts'

export interface KeyCacheOptions {
  /** Milliseconds of a clock that moves forward. */
  readonly now: () => number
  readonly ttlMs: number
  readonly graceMs: number
  readonly maxSellers: number
  /** Uses of one set of keys, after which they are loaded again; no bound when absent. */
  readonly maxUses?: number
  /** How old keys may become where their time is extended; not at all when absent. */
  readonly staleMs?: number
  /** Whether keys whose time is over are kept for that. */
  readonly keepsAged?: () => boolean
  /** How often old keys are looked for of which nobody asks any more; 30 seconds. */
  readonly wipeEveryMs?: number
}
export interface KeyCache {
  /** The keys of a seller, unless they are too old or lack a version that was met since. */
  readonly find: (sellerId: string) => KeySet | undefined
  /** Those that `find` does not give because their time is over, while they may be extended. */
  readonly aged: (sellerId: string) => KeySet | undefined
  /** Hands keys out for so much longer, but not beyond `staleMs` since they were put. */
  readonly extend: (set: KeySet, ms: number) => void
  /** Counts uses; keys that had enough are handed out no more. */
  readonly spend: (set: KeySet, uses: number) => void
  /** Versions that were met and that the cached keys, however old, do not have. */
  readonly lacking: (sellerId: string) => ReadonlySet<number>
  readonly put: (set: KeySet) => void
  /** Hands these keys out no more; handles that are out go on working for the grace. */
  readonly retire: (sellerId: string) => void
  /** Zeroes a seller's keys at once, retired ones too. */
  readonly forget: (sellerId: string) => void
  /** All that is here of a seller with its bytes, handed out or retired, however old. */
  readonly held: (sellerId: string) => readonly KeySet[]
  readonly close: () => void
}

interface Cached {
  readonly set: KeySet
  readonly put: number
  until: number
  uses: number
}

export const defaultWipeEveryMs = 30_000

/**
 * Evicted keys (older than the TTL, or pushed out by other sellers) are zeroed after a grace, since
 * handles that use them may be out. Every use of a key is synchronous and first looks whether it is
 * still there, so no eviction can come into the middle of one.
 */
export const createKeyCache = (options: KeyCacheOptions): KeyCache => {
  const { now, ttlMs, graceMs, maxSellers, wipeEveryMs = defaultWipeEveryMs } = options
  const { maxUses = Infinity, staleMs = 0, keepsAged = () => false } = options
  // least recently used first
  const cache = new Map<string, Cached>()
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
  const isOld = ({ until }: Cached): boolean => until <= now()
  const isTooOld = ({ put }: Cached): boolean => put + staleMs <= now()
  const timer = setInterval(() => {
    for (const [sellerId, cached] of cache) {
      if (isOld(cached) && (isTooOld(cached) || !keepsAged())) retire(sellerId)
    }
    wipeDue()
  }, wipeEveryMs)
  timer.unref()

  return {
    find: (sellerId) => {
      wipeDue()
      const cached = cache.get(sellerId)
      if (cached === undefined || isOld(cached) || cached.set.asked.size > 0) return undefined
      cache.delete(sellerId)
      cache.set(sellerId, cached)
      return cached.set
    },
    aged: (sellerId) => {
      const cached = cache.get(sellerId)
      return cached && isOld(cached) && !isTooOld(cached) && cached.set.asked.size === 0
        ? cached.set
        : undefined
    },
    extend: (set, ms) => {
      const cached = cache.get(set.sellerId)
      if (cached?.set === set) cached.until = Math.min(now() + ms, cached.put + staleMs)
    },
    spend: (set, uses) => {
      const cached = cache.get(set.sellerId)
      if (cached?.set !== set) return
      cached.uses += uses
      if (cached.uses >= maxUses) retire(set.sellerId)
    },
    lacking: (sellerId) => {
      const set = cache.get(sellerId)?.set
      return set && set.asked.size > 0 ? new Set([...set.asked, ...set.unknown]) : new Set()
    },
    put: (set) => {
      retire(set.sellerId)
      cache.set(set.sellerId, { set, put: now(), until: now() + ttlMs, uses: 0 })
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
    held: (sellerId) =>
      [...[...cache.values()].map(({ set }) => set), ...retired.keys()]
        .filter((set) => set.sellerId === sellerId && set.alive),
    close: () => {
      clearInterval(timer)
      for (const { set } of cache.values()) wipe(set)
      for (const set of retired.keys()) wipe(set)
      cache.clear()
      retired.clear()
    },
  }
}
