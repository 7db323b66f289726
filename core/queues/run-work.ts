/** The life of a work item around its handler: claim, heartbeat, and giving back what failed. */
import type { Database } from '../db/database.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { pause } from './pause.ts'
import { claimWork, extendWork, finishWork, type LeasedWork, type WorkBody } from './work.ts'
import type { Outcome } from './worker.ts'

export interface RunWorkOptions {
  readonly log: Log
  /** Give up now: the lease is given back. */
  readonly signal: AbortSignal
  /** How long a killed worker keeps its item from the others. */
  readonly leaseMs?: number
  /** What is due within this time is waited for; what is due later comes again. */
  readonly waitMs?: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}
/**
 * Does a slice and ends it by `finishWork` in the transaction of its last change, a failed one as
 * well: an error thrown from here is one that nobody foresaw.
 */
export type WorkHandler = (
  work: LeasedWork,
  context: { readonly signal: AbortSignal },
) => Promise<void>

/** A third: two heartbeats may be lost before the lease is. */
const beatShare = 1 / 3

/**
 * Handles one message about a work item; twice is as good as once. The handler's signal aborts when
 * the lease is lost. Throws what the handler throws, after the item was given back to wait for the
 * message to come again; throws for a message that names another account than its item.
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
  if (claim?.claimed === false && claim.dueInMs <= waitMs) {
    // a little longer: its clock and ours are not one
    await pause(claim.dueInMs + 10, signal)
    if (signal.aborted) return 'retry'
    claim = await claimWork(db, asked)
  }
  if (claim === null) {
    // it came twice, or the message names a seller whose item it is not: both are refused alike
    log.info('work.not-there', { sellerId: body.sellerId })
    return 'done'
  }
  if (!claim.claimed) {
    if (claim.dueInMs <= leaseMs) return { retryInMs: claim.dueInMs }
    // longer than any lease: the item waits, and was given a message for the time when it is due
    log.info('work.superfluous', { dueInMs: Math.round(claim.dueInMs) })
    return 'done'
  }
  if (claim.accountId !== body.accountId) {
    log.error('work.swapped', { accountId: body.accountId, runId: claim.runId })
    await giveBack(db, claim, log)
    throw new Error('Cannot take the work item: the message names another account')
  }
  return await underLease(db, claim, handler, { ...options, leaseMs }, log)
}

const underLease = async (
  db: Database,
  work: LeasedWork,
  handler: WorkHandler,
  options: RunWorkOptions & { readonly leaseMs: number },
  log: Log,
): Promise<Outcome> => {
  const lost = new AbortController()
  const over = new AbortController()
  const beating = keepLease(db, work, { ...options, lost, over: over.signal }, log)
  try {
    await handler(work, { signal: AbortSignal.any([options.signal, lost.signal]) })
    return 'done'
  } catch (error) {
    if (lost.signal.aborted) return 'retry'
    if (hasCode(error, 'lease-lost')) {
      log.warn('work.lease-lost', { runId: work.runId, why: 'the database says so' })
      return 'retry'
    }
    await giveBack(db, work, log)
    throw error
  } finally {
    over.abort()
    await beating
  }
}

/** Extends the lease until the work is over; aborts `lost` when it is, or may be, someone else's. */
const keepLease = async (
  db: Database,
  work: LeasedWork,
  options: {
    readonly leaseMs: number
    readonly lost: AbortController
    readonly over: AbortSignal
    readonly now?: () => number
  },
  log: Log,
): Promise<void> => {
  const { leaseMs, lost, over, now = () => performance.now() } = options
  let leasedAt = now()
  const end = (why: string): void => {
    log.warn('work.lease-lost', { runId: work.runId, why })
    lost.abort(new Error(`The lease is lost: ${why}`))
  }
  while (!lost.signal.aborted) {
    await pause(leaseMs * beatShare, over)
    if (over.aborted) return
    const askedAt = now()
    try {
      if (!await extendWork(db, work, leaseMs)) {
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

/** Without a message: the one in hand comes again. When this fails the lease runs out by itself. */
const giveBack = async (db: Database, work: LeasedWork, log: Log): Promise<void> => {
  const { entry, itemId, lease } = work
  try {
    await db.withSellerScope(
      entry,
      (scope) => finishWork(scope, { itemId, lease, state: 'WAITING' }),
    )
  } catch (error) {
    log.warn('work.not-given-back', { runId: work.runId, error })
  }
}
