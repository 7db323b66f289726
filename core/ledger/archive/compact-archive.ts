/** The job `compact-archive`: joins the parts of past hours to one object each. */
import type { Database } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { holdSellerJob, requestSellerJob } from '../../queues/seller-jobs.ts'
import { finishWork, type LeasedJob } from '../../queues/work.ts'
import type { Files } from '../../storage/files.ts'
import { placeOf, type RawHour, rawPayloadKey } from '../../storage/keys.ts'
import type { StoredObject } from '../../storage/rows.ts'
import { traceOf } from '../trace.ts'
import { hoursWithParts, planJoin, replaceParts, sellersWithParts } from './payload-rows.ts'

export interface CompactDeps {
  readonly db: Database
  readonly files: Pick<Files, 'put' | 'get' | 'remove'>
  readonly log: Log
  /** Milliseconds of our own clock. */
  readonly now: () => number
  readonly sliceMs: number
}

/** Slices of syncs that began in the hour have ended by then; what comes later makes an object more. */
const settledMs = 70 * 60_000
const hoursAtOnce = 200
/** Of one object: larger ones are slow to read again after a kill. */
const most = { parts: 1_000, bytes: 256 * 1024 * 1024 }
/** While the storage does not answer. */
const awayMs = 60_000
/** Then the next sweep asks anew. */
const maxAttempts = 5

/** Asks for the job for every seller with parts of a past hour; how many jobs were made. */
export const sweepArchive = async (
  db: Pick<Database, 'withPlatformScope'>,
  now: number,
): Promise<number> =>
  await db.withPlatformScope('archive-sweep', async (tx) => {
    let made = 0
    for (const sellerId of await sellersWithParts(tx, new Date(now - settledMs), sellersAtOnce)) {
      const { created } = await requestSellerJob(tx, { sellerId, job: 'compact-archive' })
      if (created) made++
    }
    return made
  })
const sellersAtOnce = 10_000

/**
 * A slice of the job. Which parts are joined is decided before they are, and stays so; the object takes
 * their place in one transaction, after it was read back. Killed anywhere, every line stands in a part or
 * in an object that is kept, and in one of them alone. An hour that cannot be joined holds up no other.
 */
export const compactArchive = async (
  deps: CompactDeps,
  work: LeasedJob,
  { signal, draining }: { readonly signal: AbortSignal; readonly draining: AbortSignal },
): Promise<void> => {
  const { db, log } = deps
  const { entry, itemId, lease, queue, attempts } = work
  const until = deps.now() + deps.sliceMs
  const before = new Date(deps.now() - settledMs)
  const hours = await hoursWithParts(db.inSellerScope(entry), entry.sellerId, before, hoursAtOnce)
  const told = { seller: entry.sellerId, objects: 0, parts: 0, failed: 0 }
  for (const hour of hours) {
    signal.throwIfAborted()
    if (deps.now() >= until || draining.aborted) break
    try {
      const parts = await joinHour(deps, work, hour, signal)
      told.parts += parts
      if (parts > 0) told.objects += 1
    } catch (error) {
      signal.throwIfAborted()
      told.failed += 1
      log.warn('archive.not-joined', { seller: entry.sellerId, hour: hour.hour, ...traceOf(error) })
    }
  }
  log.info('archive.compacted', told)
  const again = { itemId, lease, state: 'WAITING', queue } as const
  await db.withSellerScope(entry, async (scope) => {
    await holdSellerJob(scope, 'compact-archive')
    const left = await hoursWithParts(scope, entry.sellerId, before, 1)
    if (left.length === 0) return await finishWork(scope, { itemId, lease, state: 'DONE' })
    if (told.failed === 0) return await finishWork(scope, { ...again, progress: true })
    const error = `${told.failed} hours could not be joined`
    if (attempts >= maxAttempts) {
      return await finishWork(scope, { itemId, lease, state: 'FAILED', error })
    }
    await finishWork(scope, { ...again, delayMs: awayMs, progress: told.objects > 0, error })
  })
}

/** How many parts went into the object; none when somebody else has done it. */
const joinHour = async (
  { db, files, log }: CompactDeps,
  { entry }: LeasedJob,
  hour: RawHour,
  signal: AbortSignal,
): Promise<number> => {
  const plan = await db.withSellerScope(entry, (scope) => planJoin(scope, hour, most))
  if (plan === null) return 0
  const objects = plan.parts.map(({ object }) => object)
  const joined = await files.put(entry, {
    ...placeOf(rawPayloadKey(hour, plan.number)),
    ...{ mime: 'application/gzip', signal },
    maxBytes: most.bytes,
    // members of gzip, one behind the other, are a whole one
    body: bytesOf(files, objects, signal),
  })
  const ids = { id: newId(), objectId: joined.id }
  await db.withSellerScope(entry, (scope) => replaceParts(scope, hour, plan, ids))
  for (const object of objects) {
    // the sweep of the storage comes for what stays
    await files.remove(object).catch((error: unknown) =>
      log.warn('archive.part-left', { object: object.id, ...traceOf(error) })
    )
  }
  return plan.parts.length
}

/** Throws at the end of a part that is not what was stored. */
const bytesOf = async function* (
  files: Pick<Files, 'get'>,
  objects: readonly StoredObject[],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for (const object of objects) yield* files.get(object, signal)
}
