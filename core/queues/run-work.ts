/** The life of a work item around its handler: claim, heartbeat, and giving back what failed. */
import type { Database } from '../db/database.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { pause } from './pause.ts'
import {
  claimWork,
  extendWork,
  finishWork,
  type LeasedJob,
  type LeasedWork,
  type WorkBody,
} from './work.ts'
import { whyOf } from './why.ts'
import type { Outcome } from './worker.ts'

export interface RunWorkOptions {
  readonly log: Log
  /** Give up now: the lease is given back. */
  readonly signal: AbortSignal
  /** Come to an end soon: the process is about to stop. */
  readonly draining?: AbortSignal
  /** How long a killed worker keeps its item from the others. */
  readonly leaseMs?: number
  /** What is due within this time is waited for; what is due later comes again. */
  readonly waitMs?: number
  /** A handler that takes longer hangs: it is told to stop, and its item goes back without it. */
  readonly limitMs?: number
  /** What a handler that is told to stop may take to end. */
  readonly graceMs?: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}
/**
 * Does a slice and ends it by `finishWork` in the transaction of its last change, a failed one as
 * well: an error thrown from here is one that nobody foresaw.
 */
export type WorkHandler = (
  work: LeasedWork | LeasedJob,
  context: { readonly signal: AbortSignal; readonly draining: AbortSignal },
) => Promise<void>

/** Slices end by themselves long before. */
const longestSliceMs = 10 * 60_000
const longestGraceMs = 2_000
/** A third: two heartbeats may be lost before the lease is. */
const beatShare = 1 / 3
/** A beat also tells whether the account was paused or switched off. */
const longestBeatMs = 4_000

/**
 * Handles one message about a work item; twice is as good as once. The handler's signal aborts when
 * the lease is lost. Throws what the handler throws, after the item was given back to wait for the
 * message to come again; throws for a message that names no item of its seller, or another account.
 */
export const runWorkItem = async (
  db: Database,
  body: WorkBody,
  handler: WorkHandler,
  options: RunWorkOptions,
): Promise<Outcome> => {
  const { signal, leaseMs = 60_000, waitMs = 2_000 } = options
  const log = options.log.with({ workItemId: body.workItemId })
  const asked = { sellerId: body.sellerId, itemId: body.workItemId, leaseMs }
  let claim = await claimWork(db, asked)
  if (claim?.claimed === false && claim.why === 'early' && claim.dueInMs <= waitMs) {
    // a little longer: its clock and ours are not one
    await pause(claim.dueInMs + 10, signal)
    if (signal.aborted) return 'retry'
    claim = await claimWork(db, asked)
  }
  if (claim === null) {
    // it came twice, or nothing may begin: then `wake_work` sends another one
    log.info('work.not-there', { sellerId: body.sellerId })
    return 'done'
  }
  if (!claim.claimed) {
    if (claim.why === 'unknown') {
      log.warn('work.not-ours', { sellerId: body.sellerId })
      throw new Error('The message names no work item of its seller')
    }
    if (claim.why === 'later') {
      log.info('work.marketplace-down', { dueInMs: Math.round(claim.dueInMs) })
      return 'done'
    }
    if (claim.dueInMs <= leaseMs) return { retryInMs: claim.dueInMs }
    // longer than any lease: the item waits, and was given a message for the time when it is due
    log.info('work.superfluous', { dueInMs: Math.round(claim.dueInMs) })
    return 'done'
  }
  if (claim.accountId !== (body.accountId ?? null)) {
    log.error('work.swapped', { accountId: body.accountId, runId: claim.runId })
    const why = 'Cannot take the work item: the message names another account'
    const swapped = Object.assign(new Error(why), { code: 'swapped' })
    await giveBack(db, claim, log, swapped)
    throw swapped
  }
  return await underLease(db, claim, handler, { ...options, leaseMs }, log)
}

const underLease = async (
  db: Database,
  work: LeasedWork | LeasedJob,
  handler: WorkHandler,
  options: RunWorkOptions & { readonly leaseMs: number },
  log: Log,
): Promise<Outcome> => {
  const lost = new AbortController()
  const over = new AbortController()
  const held = new AbortController()
  const beating = keepLease(db, work, { ...options, lost, held, over: over.signal }, log)
  const late = new AbortController()
  const signal = AbortSignal.any([options.signal, lost.signal, late.signal])
  try {
    const draining = AbortSignal.any([held.signal, ...options.draining ? [options.draining] : []])
    const handled = handler(work, { signal, draining })
    await Promise.race([handled, hanging(options, late, over.signal)])
    return 'done'
  } catch (error) {
    if (lost.signal.aborted) return 'retry'
    if (hasCode(error, 'lease-lost')) {
      log.warn('work.lease-lost', { runId: work.runId, why: 'the database says so' })
      return 'retry'
    }
    await giveBack(db, work, log, options.signal.aborted ? undefined : error)
    throw error
  } finally {
    over.abort()
    await beating
  }
}

/** Throws when the time is up and the handler has had the time to heed that. */
const hanging = async (
  { limitMs = longestSliceMs, graceMs = longestGraceMs }: RunWorkOptions,
  late: AbortController,
  over: AbortSignal,
): Promise<never> => {
  await pause(limitMs, over)
  const error = Object.assign(new Error('The handler did not come to an end'), { code: 'hung' })
  if (!over.aborted) late.abort(error)
  await pause(graceMs, over)
  throw error
}

/** Extends the lease until the work is over; aborts `lost` when it is, or may be, someone else's. */
const keepLease = async (
  db: Database,
  work: LeasedWork | LeasedJob,
  options: {
    readonly leaseMs: number
    readonly lost: AbortController
    readonly held: AbortController
    readonly over: AbortSignal
    readonly now?: () => number
  },
  log: Log,
): Promise<void> => {
  const { leaseMs, lost, held, over, now = () => performance.now() } = options
  let leasedAt = now()
  const end = (why: string): void => {
    log.warn('work.lease-lost', { runId: work.runId, why })
    lost.abort(new Error(`The lease is lost: ${why}`))
  }
  while (!lost.signal.aborted) {
    await pause(Math.min(longestBeatMs, leaseMs * beatShare), over)
    if (over.aborted) return
    const askedAt = now()
    try {
      const beat = await extendWork(db, work, leaseMs)
      if (beat === 'held' && !held.signal.aborted) {
        log.info('work.held', { runId: work.runId })
        held.abort(new Error('Nothing may go on for the account now'))
      }
      if (beat === 'lost') {
        // the handler may have ended the item in this very moment
        if (!over.aborted) end('it ran out')
        return
      }
      leasedAt = askedAt
    } catch (error) {
      if (now() - leasedAt >= leaseMs) end('the database does not answer')
      else log.warn('work.heartbeat-failed', { runId: work.runId, error })
    }
  }
}

/**
 * Without a message: the one in hand comes again. When this fails the lease runs out by itself. No
 * error: nothing is wrong with it, the worker stops.
 */
const giveBack = async (
  db: Database,
  work: LeasedWork | LeasedJob,
  log: Log,
  error: unknown,
): Promise<void> => {
  const { entry, itemId, lease } = work
  try {
    await db.withSellerScope(
      entry,
      (scope) =>
        finishWork(scope, {
          ...{ itemId, lease, state: 'WAITING' },
          ...error === undefined ? {} : { error: whyOf(error) },
        }),
    )
  } catch (error) {
    log.warn('work.not-given-back', { runId: work.runId, error })
  }
}
