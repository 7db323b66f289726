/** Hands out sellers' keys: cached, loaded once for all who ask, their seals counted beforehand. */
import type { Entry } from '../db/database.ts'
import { fault, hasCode } from '../errors.ts'
import type { Random } from '../ids.ts'
import type { Log } from '../log.ts'
import { createKeyCache } from './key-cache.ts'
import { listKeyRows, reserveSeals } from './key-rows.ts'
import { handleOf, type KeySet, type SellerKeys, wipe } from './keys.ts'
import { type KeySource, loadKeys, renewSealKey } from './load.ts'
import { inBlocks, systemRandom } from './random.ts'

export interface KeyringOptions extends KeySource {
  readonly log: Log
  /** Milliseconds of a clock that moves forward. */
  readonly now: () => number
  /** How long a cached key is handed out, also while KMS is down: 5 minutes. */
  readonly ttlMs?: number
  /** How long a handle works at least: a minute, longer than any page of work. */
  readonly graceMs?: number
  readonly maxSellers?: number
  readonly random?: Random
  /** Uses of one seal key; a new version follows. Lower in tests only. */
  readonly sealLimit?: number
  /** Uses that are reserved by one statement. */
  readonly sealBlock?: number
}
export interface Keyring {
  /**
   * A seller's keys, made at first use. Call it outside of any scope: it may ask the database and
   * KMS. `willSeal` is the most values that this handle is going to seal; they are counted now, so
   * that sealing itself asks nobody. Throws `keys-unavailable`, and what opening a scope throws.
   */
  readonly forSeller: (
    entry: Entry,
    plan?: { readonly willSeal?: number },
  ) => Promise<SellerKeys>
  /** The same for who only reads: null when there are none, so that nothing is sealed either. */
  readonly toOpen: (entry: Entry) => Promise<SellerKeys | null>
  /** Zeroes a seller's keys at once; handles that are still held throw from now on. */
  readonly forget: (sellerId: string) => void
  readonly close: () => void
}

const defaultTtlMs = 5 * 60_000 // a disabled KMS key must bite within minutes
const defaultGraceMs = 60_000
const defaultSealLimit = 2 ** 30 // a quarter of what SP 800-38D allows with random nonces
const defaultSealBlock = 65_536 // one update for some 16,000 orders
const maxRounds = 10 // of loading and renewing in one call; two are usual at a renewal

export const createKeyring = (options: KeyringOptions): Keyring => {
  const { db, log, now, ttlMs = defaultTtlMs, graceMs = defaultGraceMs } = options
  const { maxSellers = 1_000, sealLimit = defaultSealLimit } = options
  const sealBlock = Math.min(options.sealBlock ?? defaultSealBlock, sealLimit)
  const nonces = inBlocks(options.random ?? systemRandom)
  const cache = createKeyCache({ now, ttlMs, graceMs, maxSellers })
  const preparing = new Map<string, Promise<KeySet>>()
  let forgotten = 0
  let closed = false

  const assertOpen = (): void => {
    if (closed) throw new Error('Cannot hand out keys: the keyring is closed')
  }
  const load = async (entry: Entry): Promise<KeySet> => {
    const { sellerId } = entry
    for (let round = 0; round < maxRounds; round++) {
      assertOpen()
      const before = forgotten
      const set = cache.find(sellerId) ?? await loadKeys(options, entry, cache.lacking(sellerId))
      if (before === forgotten) {
        if (cache.find(sellerId) !== set) cache.put(set)
        return set
      }
      // perhaps this seller's, and its rows were read just before they changed
      wipe(set)
    }
    throw fault('keys-unavailable', { retryAfterSeconds: 1 })
  }
  /** A set with so many seals left. */
  const prepare = async (entry: Entry, willSeal: number): Promise<KeySet> => {
    const bounds = { block: Math.max(sealBlock, willSeal), least: willSeal, limit: sealLimit }
    for (let round = 0; round < maxRounds; round++) {
      const set = await load(entry)
      if (set.left >= willSeal) return set
      const reserved = await reserveSeals(db, entry, set.current, bounds)
      set.left += reserved
      if (reserved === 0) {
        log.info('keys.renew', { sellerId: entry.sellerId, version: set.current })
        await renewSealKey(options, entry, set.current)
        cache.retire(entry.sellerId)
      }
    }
    throw fault('keys-unavailable', { retryAfterSeconds: 1 })
  }
  /** One at a time for each seller, whoever asks. */
  const prepared = async (entry: Entry, willSeal: number): Promise<KeySet> => {
    const { sellerId } = entry
    for (;;) {
      const running = preparing.get(sellerId)
      if (running === undefined) {
        const own = prepare(entry, willSeal)
        preparing.set(sellerId, own)
        return await own.finally(() => preparing.delete(sellerId))
      }
      try {
        return await running
      } catch (error) {
        // it may be the other caller alone whose session or lease is over
        if (!entryFaults.some((code) => hasCode(error, code))) throw error
      }
    }
  }

  const forSeller: Keyring['forSeller'] = async (entry, { willSeal = 0 } = {}) => {
    if (!Number.isSafeInteger(willSeal) || willSeal < 0 || willSeal > sealLimit) {
      throw new RangeError(`Cannot announce ${willSeal} seals: 0 to ${sealLimit} are possible`)
    }
    for (;;) {
      assertOpen()
      const cached = cache.find(entry.sellerId)
      const set = cached !== undefined && cached.left >= willSeal
        ? cached
        : await prepared(entry, willSeal)
      // others who waited for the same may have taken what there was
      if (!set.alive || set.left < willSeal) continue
      set.left -= willSeal
      return handleOf(set, willSeal, nonces)
    }
  }

  return {
    forSeller,
    toOpen: async (entry) => {
      const isKnown = cache.find(entry.sellerId) !== undefined
      return isKnown || (await listKeyRows(db, entry)).length > 0 ? await forSeller(entry) : null
    },
    forget: (sellerId) => {
      forgotten += 1
      cache.forget(sellerId)
    },
    close: () => {
      closed = true
      forgotten += 1
      cache.close()
    },
  }
}

const entryFaults = [
  'session-over',
  'stale-authz',
  'lease-lost',
  'impersonation-over',
  'read-only-session',
] as const
