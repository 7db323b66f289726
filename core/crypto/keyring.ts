/** Hands out sellers' keys: cached, loaded once for all who ask, their seals counted beforehand. */
import type { Entry } from '../db/database.ts'
import { fault, hasCode } from '../errors.ts'
import type { Random } from '../ids.ts'
import type { Log } from '../log.ts'
import { type Attempt, attemptWith, type SealedValue } from './attempt.ts'
import { createKeyCache, defaultWipeEveryMs } from './key-cache.ts'
import { listKeyRows, reserveSeals } from './key-rows.ts'
import { handleOf, type KeySet, type SellerKeys, wipe } from './keys.ts'
import { isKmsAway, kmsTroubleOf } from './kms-call.ts'
import { lookAgainMs, watchKms } from './kms-outage.ts'
import { isStillOf, type KeySource, loadKeys, renewSealKey } from './load.ts'
import { type AlsoTurned, type Turned, turnKeys } from './turn.ts'
import { inBlocks, systemRandom } from './random.ts'

export interface KeyringOptions extends KeySource {
  readonly log: Log
  /** Milliseconds of a clock that moves forward. */
  readonly now: () => number
  /** How long a cached key is handed out: 5 minutes. */
  readonly ttlMs?: number
  /**
   * How old a cached key may become while KMS does not answer: 20 minutes. It is handed out only as long
   * as the database says that it is the seller's, and no longer once KMS refuses. No more than `ttlMs`:
   * never longer.
   */
  readonly staleMs?: number
  /** How long a handle works at least: a minute, longer than any page of work. */
  readonly graceMs?: number
  readonly maxSellers?: number
  /** Values that are sealed, and handles that are handed out, until a key is loaded again: a million. */
  readonly maxUses?: number
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
  /** A new key to seal with, and new wrappings for all: see `turn.ts`. Outside of any scope. */
  readonly turnKeys: (entry: Entry, also: AlsoTurned) => Promise<Turned>
  /** Zeroes a seller's keys at once; handles that are still held throw from now on. */
  readonly forget: (sellerId: string) => void
  /** Loads a seller's keys again at their next use; handles that are held go on for the grace. */
  readonly renew: (sellerId: string) => void
  /** How many of the values open by whatever is still held of the seller's keys; loads nothing. */
  readonly attempt: (sellerId: string, values: readonly SealedValue[]) => Attempt
  readonly close: () => void
}

const defaultTtlMs = 5 * 60_000 // a disabled KMS key must bite within minutes
const defaultGraceMs = 60_000
/** A warm seller gets over an outage of KMS of a quarter of an hour. */
const defaultStaleMs = 20 * 60_000
const defaultMaxUses = 1_000_000
/**
 * The longest that the bytes of a destroyed seller's keys stay in a process that never hears of it. With
 * `staleMs` also in one whose KMS does not answer: there they stay longer, and are not handed out.
 */
export const longestKeyMsWith = (staleMs: number): number =>
  Math.max(defaultTtlMs, staleMs) + defaultGraceMs + 2 * defaultWipeEveryMs
export const longestKeyMs = longestKeyMsWith(0)
const defaultSealLimit = 2 ** 30 // a quarter of what SP 800-38D allows with random nonces
const defaultSealBlock = 65_536 // one update for some 16,000 orders
const maxRounds = 10 // of loading and renewing in one call; two are usual at a renewal

/** A seller's keys on their way into the cache. */
interface Preparing {
  /** They changed meanwhile. */
  outdated: boolean
  done?: Promise<KeySet>
}

export const createKeyring = (options: KeyringOptions): Keyring => {
  const { db, log, now, ttlMs = defaultTtlMs, graceMs = defaultGraceMs } = options
  const { maxSellers = 1_000, maxUses = defaultMaxUses, sealLimit = defaultSealLimit } = options
  const staleMs = Math.max(ttlMs, options.staleMs ?? defaultStaleMs)
  const sealBlock = Math.min(options.sealBlock ?? defaultSealBlock, sealLimit)
  const nonces = inBlocks(options.random ?? systemRandom)
  const outage = watchKms(options)
  const cache = createKeyCache({
    ...{ now, ttlMs, graceMs, maxSellers, maxUses, staleMs },
    keepsAged: outage.isDown,
  })
  const preparing = new Map<string, Preparing>()
  let closed = false

  const assertOpen = (): void => {
    if (closed) throw new Error('Cannot hand out keys: the keyring is closed')
  }
  const load = async (entry: Entry, own: Preparing): Promise<KeySet> => {
    const { sellerId } = entry
    for (let round = 0; round < maxRounds; round++) {
      assertOpen()
      own.outdated = false
      const cached = cache.find(sellerId) ?? await lastOnes(entry, own)
      if (cached) return cached
      const set = await loadNew(entry)
      if (set !== undefined && !own.outdated && !closed) {
        cache.put(set)
        return set
      }
      // its rows were read just before they changed
      if (set) wipe(set)
    }
    throw fault('keys-unavailable', { retryAfterSeconds: 1 })
  }
  /** Undefined: KMS does not answer, and there are keys of before. */
  const loadNew = async (entry: Entry): Promise<KeySet | undefined> => {
    const { sellerId } = entry
    try {
      const set = await loadKeys(options, entry, cache.lacking(sellerId))
      outage.over()
      return set
    } catch (error) {
      outage.learn(error)
      if (isKmsAway(error) && cache.aged(sellerId)) return undefined
      // KMS has refused: what it gave before is not handed out any more
      if (kmsTroubleOf(error) && !isKmsAway(error)) cache.retire(sellerId)
      throw error
    }
  }
  /** Keys whose time is over, while KMS does not answer and they still are the seller's. */
  const lastOnes = async (entry: Entry, own: Preparing): Promise<KeySet | undefined> => {
    if (!outage.isDown()) return undefined
    const set = cache.aged(entry.sellerId)
    if (set === undefined) return undefined
    const rows = await listKeyRows(db, entry)
    if (own.outdated || closed || !set.alive) return undefined
    if (!isStillOf(set, rows)) {
      cache.forget(entry.sellerId)
      return undefined
    }
    cache.extend(set, lookAgainMs)
    outage.probe(entry.sellerId, rows)
    return set
  }
  /** A set with so many seals left. */
  const prepare = async (entry: Entry, willSeal: number, own: Preparing): Promise<KeySet> => {
    const bounds = { block: Math.max(sealBlock, willSeal), least: willSeal, limit: sealLimit }
    for (let round = 0; round < maxRounds; round++) {
      const set = await load(entry, own)
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
        const own: Preparing = { outdated: false }
        preparing.set(sellerId, own)
        own.done = prepare(entry, willSeal, own).finally(() => preparing.delete(sellerId))
        return await own.done
      }
      try {
        const set = await running.done
        if (set) return set
      } catch (error) {
        // it may be the other caller alone whose session or lease is over
        if (!entryFaults.some((code) => hasCode(error, code))) throw error
      }
    }
  }
  const outdate = (sellerId: string): void => {
    const running = preparing.get(sellerId)
    if (running) running.outdated = true
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
      cache.spend(set, willSeal + 1)
      return handleOf(set, willSeal, nonces)
    }
  }

  return {
    forSeller,
    toOpen: async (entry) => {
      const isKnown = cache.find(entry.sellerId) !== undefined
      return isKnown || (await listKeyRows(db, entry)).length > 0 ? await forSeller(entry) : null
    },
    turnKeys: (entry, also) => turnKeys(options, entry, also),
    forget: (sellerId) => {
      outdate(sellerId)
      cache.forget(sellerId)
    },
    renew: (sellerId) => {
      outdate(sellerId)
      cache.retire(sellerId)
    },
    attempt: (sellerId, values) => attemptWith(sellerId, cache.held(sellerId), values),
    close: () => {
      closed = true
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
