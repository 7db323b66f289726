/** The edge put together: rate limits, repeated requests, and what of both is forgotten. */
import { createLimits, type Limits } from '../auth/limits/limits.ts'
import {
  databaseStore,
  forgetWindows,
  insuredStore,
  type LimitStore,
} from '../auth/limits/store.ts'
import type { Config } from '../config.ts'
import { deriveKey } from '../crypto/derive.ts'
import { keyedDigest } from '../crypto/digest.ts'
import type { Database } from '../db/database.ts'
import { findMade, forgetKeys } from '../db/once.ts'
import type { Idempotency } from '../http/once.ts'
import { forgetPushes } from '../ledger/pushes/events.ts'
import type { Log } from '../log.ts'

interface EdgeDeps {
  readonly db: Database
  readonly log: Log
  readonly clock: () => Date
}

/** What requests count for: in Redis where there is one, else in the database. */
export const openLimits = async (
  { db, log, clock }: EdgeDeps,
  { REDIS_URL, ROBNU_LIMITS: policies }: Config,
): Promise<{ readonly limits: Limits; readonly store: LimitStore }> => {
  const now = () => clock().getTime()
  const shared = REDIS_URL === undefined
    ? databaseStore(db)
    // its two libraries are loaded where they are used
    : (await import('../auth/limits/redis-store.ts')).redisStore(REDIS_URL)
  const store = insuredStore(shared, { now, log })
  return { limits: createLimits({ policies, store, now }), store }
}

export const createIdempotency = (
  { db }: Pick<EdgeDeps, 'db'>,
  { ROBNU_SECRET }: Config,
): Idempotency => {
  const key = deriveKey(ROBNU_SECRET, 'idempotency')
  return {
    find: (entry) => findMade(db, entry),
    fingerprint: (text) => keyedDigest(key, text),
  }
}

/** Forgets keys of more than a day ago, windows that are over, and pushes of last week. */
export const edgeSweep = ({ db, log, clock }: EdgeDeps) => ({
  id: 'edge-sweep',
  cron: '17 * * * *',
  run: async () => {
    const [keys, windows] = [await forgetKeys(db, clock()), await forgetWindows(db)]
    log.info('sweep.edge', { keys, windows, pushes: await forgetPushes(db, clock()) })
  },
})
