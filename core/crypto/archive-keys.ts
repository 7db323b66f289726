/**
 * Keys of the raw archive: one for each seller and month, so that a month can be made unreadable. What
 * is sealed, is sealed under a key of its own for each line, so no nonce can repeat and no use is counted.
 */
import { hkdfSync } from 'node:crypto'
import type { Entry } from '../db/database.ts'
import { fault } from '../errors.ts'
import { loadMonths } from './archive-load.ts'
import { createKeyCache } from './key-cache.ts'
import { handleOf, type KeySet, type SellerKeys, wipe } from './keys.ts'
import type { KeySource } from './load.ts'
import { inBlocks, systemRandom } from './random.ts'

export interface MonthKey {
  /** Handles for the one line, whose key is zeroed when the work is done. */
  readonly sealing: <T>(lineId: string, work: (keys: SellerKeys) => T) => T
  readonly opening: <T>(lineId: string, work: (keys: SellerKeys) => Promise<T>) => Promise<T>
}
export interface ArchiveKeys {
  /**
   * The key of a month such as 202601, made at its first use. Outside of any scope: it may ask KMS. Throws
   * `keys-unavailable`, and an error where the month was destroyed.
   */
  readonly forMonth: (entry: Entry, month: number) => Promise<MonthKey>
  /** Null: it was never made, or is destroyed. */
  readonly toOpen: (entry: Entry, month: number) => Promise<MonthKey | null>
  /** Zeroes all months of the seller at once. */
  readonly forget: (sellerId: string) => void
  readonly close: () => void
}
interface ArchiveKeyOptions extends KeySource {
  readonly now: () => number
  readonly ttlMs: number
  readonly graceMs: number
  readonly maxSellers: number
}

const maxRounds = 3
const keyBytes = 32

export const createArchiveKeys = (options: ArchiveKeyOptions): ArchiveKeys => {
  // one set for each seller, with the months that are in use as its versions
  const cache = createKeyCache(options)
  const nonces = inBlocks(systemRandom)
  /** Of one seller one after the other. */
  const loading = new Map<string, Promise<unknown>>()
  let forgotten = 0

  const load = async (entry: Entry, month: number, make: boolean): Promise<KeySet | null> => {
    for (let round = 0; round < maxRounds; round++) {
      const before = forgotten
      const known = cache.find(entry.sellerId)
      if (known?.seals.has(month)) return known
      const months = [...known?.seals.keys() ?? [], month]
      const seals = await loadMonths(options, entry, months, make ? month : null)
      const set = setOf(entry.sellerId, month, seals)
      if (before === forgotten && seals.has(month)) {
        cache.put(set)
        return set
      }
      wipe(set)
      if (before === forgotten) return null
    }
    throw fault('keys-unavailable', { retryAfterSeconds: 1 })
  }
  const find = async (entry: Entry, month: number, make: boolean): Promise<MonthKey | null> => {
    const { sellerId } = entry
    const known = cache.find(sellerId)
    if (known?.seals.has(month)) return monthKeyOf(known, month)
    // whatever becomes of the one before: it may be its session alone that is over
    const own = (loading.get(sellerId) ?? Promise.resolve()).catch(() => {})
      .then(() => load(entry, month, make))
    loading.set(sellerId, own)
    const set = await own.finally(() => {
      if (loading.get(sellerId) === own) loading.delete(sellerId)
    })
    return set && monthKeyOf(set, month)
  }
  const monthKeyOf = (set: KeySet, month: number): MonthKey => {
    const lineSet = (lineId: string): KeySet => {
      const key = set.alive ? set.seals.get(month) : undefined
      if (key === undefined) throw fault('keys-unavailable', { retryAfterSeconds: 1 })
      const derived = hkdfSync('sha256', key, '', `robnu raw_payloads ${lineId}`, keyBytes)
      return setOf(set.sellerId, month, new Map([[month, new Uint8Array(derived)]]))
    }
    return {
      sealing: (lineId, work) => {
        const own = lineSet(lineId)
        try {
          return work(handleOf(own, Infinity, nonces))
        } finally {
          wipe(own)
        }
      },
      opening: async (lineId, work) => {
        const own = lineSet(lineId)
        try {
          return await work(handleOf(own, 0, nonces))
        } finally {
          wipe(own)
        }
      },
    }
  }
  return {
    forMonth: async (entry, month) => {
      const found = await find(entry, month, true)
      if (found) return found
      throw new Error(`Cannot archive: the key of ${month} was destroyed`)
    },
    toOpen: (entry, month) => find(entry, month, false),
    forget: (sellerId) => {
      forgotten += 1
      cache.forget(sellerId)
    },
    close: () => {
      forgotten += 1
      cache.close()
    },
  }
}

const setOf = (
  sellerId: string,
  current: number,
  seals: ReadonlyMap<number, Uint8Array>,
): KeySet => ({
  ...{ sellerId, seals, current, columns: new Map(), alive: true, left: 0 },
  // these seal alone
  ...{ index: new Uint8Array(0), hash: new Uint8Array(0) },
  ...{ asked: new Set(), unknown: new Set() },
})
