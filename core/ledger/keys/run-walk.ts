/** The job `rotate-keys`: walks over all that lies sealed under a seller's keys, batch by batch. */
import { type Keyring, longestKeyMs } from '../../crypto/keyring.ts'
import { listKeyViews } from '../../crypto/key-views.ts'
import { tellKeyNews } from '../../crypto/key-news.ts'
import { destroyOldSeals } from '../../crypto/turn-rows.ts'
import { recordAudit } from '../../audit/record.ts'
import type { Database, SellerScope } from '../../db/database.ts'
import { hasCode } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { holdSellerJob } from '../../queues/seller-jobs.ts'
import { finishWork, type LeasedJob } from '../../queues/work.ts'
import { readSealedPlaces, type SealedPlace } from '../sealed-places.ts'
import { walkBatch } from './walk-batch.ts'
import {
  abandonWalk,
  beginWalk,
  endWalk,
  nextPass,
  readOpenWalk,
  restWalk,
  type Walk,
} from './walk-rows.ts'

export interface WalkDeps {
  readonly db: Database
  readonly keyring: Pick<Keyring, 'forSeller' | 'toOpen' | 'renew' | 'turnKeys'>
  readonly log: Log
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}
interface Signals {
  readonly signal: AbortSignal
  readonly draining: AbortSignal
}

/** Short: a worker that is killed again and again must leave more than it repeats. */
const sliceMs = 5_000
/**
 * What is sealed under the old version is stored by then. A process that has not heard of the new one has
 * its keys for so long, its handles among it, and the transaction that it seals for must end: a minute,
 * twice what a connection may be idle in one. (Every process hears within seconds, and one that outlives
 * an outage of KMS asks the database; this is for one that does neither.) What would come even later,
 * opens: old versions are kept.
 */
const settleMs = longestKeyMs + 60_000
/** Rows that were locked or changed are there again in a moment. */
const againMs = 2_000
/** While KMS or the database does not answer. */
const awayMs = 30_000

/**
 * Runs one slice; each batch is a transaction of its own, in which the walk moves on. Killed anywhere,
 * or called twice, it goes on where it stood.
 *
 * **A rotation is over when nothing is left**, which is found by looking, not by counting up. The first
 * pass begins with the new version; the second begins after `settleMs`, when nobody seals under the old
 * one any more. A pass after that which has met no old value has seen all rows: what was behind it could
 * only be written under the new version. Else there is one more.
 *
 * **Nobody waits for it.** Values are read without a lock, and put in their place row by row where nobody
 * has changed or locked the row meanwhile; its locks are held for two short statements and the commit.
 */
export const rotateKeys = async (
  deps: WalkDeps,
  work: LeasedJob,
  { signal, draining }: Signals,
): Promise<void> => {
  const { db, log, now } = deps
  const { entry } = work
  const until = now() + sliceMs
  const begun = await db.withSellerScope(entry, async (scope) => ({
    walk: await readOpenWalk(scope, entry.sellerId),
    places: await readSealedPlaces(scope),
  }))
  let { walk } = begun
  // another process may have turned the key; and none that is loaded now becomes old within a slice
  if (walk !== null) deps.keyring.renew(entry.sellerId)
  try {
    while (walk !== null && walk.rest_ms === 0) {
      signal.throwIfAborted()
      await step(deps, work, walk, begun.places)
      if (now() >= until || draining.aborted) break
      walk = await readOpenWalk(db.inSellerScope(entry), entry.sellerId)
    }
  } catch (error) {
    if (signal.aborted || walk === null) throw error
    if (await areDestroyed(db, entry)) {
      // nothing is left to walk over, and nothing is wrong
      await db.withSellerScope(entry, (scope) => abandonWalk(scope, destroyed))
      return await finish(deps, work, 0)
    }
    const away = hasCode(error, 'keys-unavailable') || hasCode(error, 'database-unavailable')
    if (!away) throw error
    log.warn('keys.walk-waits', { sellerId: entry.sellerId, walk: walk.id, error })
    return await finish(deps, work, awayMs)
  }
  await finish(deps, work, 0)
}

/** Nobody can ask for a walk between the last look and the end of the item. */
const finish = async (
  { db }: WalkDeps,
  { entry, itemId, lease, queue }: LeasedJob,
  atLeastMs: number,
): Promise<void> =>
  await db.withSellerScope(entry, async (scope) => {
    await holdSellerJob(scope, 'rotate-keys')
    const left = await readOpenWalk(scope, entry.sellerId)
    if (left === null) return await finishWork(scope, { itemId, lease, state: 'DONE' })
    const delayMs = Math.max(atLeastMs, left.rest_ms)
    await finishWork(scope, { itemId, lease, state: 'WAITING', queue, delayMs, progress: true })
  })

const step = async (
  deps: WalkDeps,
  { entry }: LeasedJob,
  walk: Walk,
  places: readonly SealedPlace[],
): Promise<void> => {
  const inScope = (change: (scope: SellerScope) => Promise<void>) =>
    deps.db.withSellerScope(entry, change)
  if (walk.state === 'ASKED') return await begin(deps, entry, walk)
  if (walk.state === 'RESTING') return await inScope((scope) => nextPass(scope, walk))
  const place = places.find(({ table }) => walk.place === null || table >= walk.place)
  if (place === undefined) return await inScope((scope) => endPass(deps, scope, walk))
  await walkBatch(deps, entry, walk, place, places)
}

const begin = async (
  { db, keyring, log }: WalkDeps,
  entry: LeasedJob['entry'],
  walk: Walk,
): Promise<void> => {
  const { sellerId } = entry
  const inScope = (change: (scope: SellerScope) => Promise<void>) =>
    db.withSellerScope(entry, change)
  if (walk.kind !== 'ROTATE') {
    const isNew = await keyring.toOpen(entry) === null
    return await inScope((scope) => isNew ? endWalk(scope, walk, null) : beginWalk(scope, walk))
  }
  const turned = await keyring.turnKeys(entry, async (scope, versions) => {
    await beginWalk(scope, walk, versions)
    await tellKeyNews(scope, { sellerId, kind: 'rotated' })
  })
  if (turned === 'turned') {
    log.info('keys.turned', { sellerId, walk: walk.id })
    return keyring.renew(sellerId)
  }
  // nothing was ever sealed, or nothing can be opened
  await inScope((scope) => endWalk(scope, walk, turned === 'no-keys' ? null : destroyed))
}

const destroyed = 'The keys of the seller were destroyed'

const areDestroyed = async (db: Database, entry: LeasedJob['entry']): Promise<boolean> => {
  const keys = await listKeyViews(db.inSellerScope(entry), entry.sellerId)
  return keys.length > 0 && keys.every(({ state }) => state === 'DESTROYED')
}

const endPass = async (deps: WalkDeps, scope: SellerScope, walk: Walk): Promise<void> => {
  const { log } = deps
  const { sellerId } = scope
  const { id, kind, pass, found, missed, unreadable, opened, resealed } = walk
  if (kind === 'ROTATE' && (pass === 1 || found > 0)) {
    return await restWalk(scope, walk, { settleMs, atLeastMs: missed > 0 ? againMs : 0 })
  }
  const failure = failureOf(walk)
  const fields = { sellerId, walk: id, kind, passes: pass, opened, resealed, unreadable }
  if (failure === null) log.info('keys.walked', fields)
  else log.error('keys.walk-failed', { ...fields, faults: walk.faults })
  if (kind === 'PRUNE' && failure === null) {
    await destroyOldSeals(scope, walk.to_version ?? 0)
    await tellKeyNews(scope, { sellerId, kind: 'rotated' })
  }
  await endWalk(scope, walk, failure)
  recordAudit(scope, sellerId, 'key-walk.ended', `key-walk:${id}`, {
    kind,
    outcome: failure === null ? 'DONE' : 'FAILED',
    ...{ opened, resealed, unreadable },
    ...walk.to_version === null ? {} : { version: walk.to_version },
  })
}

const failureOf = ({ kind, found, unreadable }: Walk): string | null => {
  if (unreadable > 0) return `${unreadable} values do not open`
  if (kind === 'PRUNE' && found > 0) return `${found} rows lie under old keys: rotate first`
  return null
}
