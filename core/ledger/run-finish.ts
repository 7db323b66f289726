/** How a slice of a run ends: done, put back, or failed; stated on the run in either case. */
import type { Database, SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { hasCode } from '../errors.ts'
import { failureOf } from '../plugin.ts'
import { whyOf } from '../queues/why.ts'
import { finishWork, type LeasedWork } from '../queues/work.ts'
import type { Upstream } from './upstream.ts'

export type SliceEnd =
  | { readonly end: 'done' }
  /** The item goes back; `delayMs` is real time. */
  | {
    readonly end: 'again'
    readonly delayMs: number
    readonly progress: boolean
    /** The marketplace did not answer: for its breaker. */
    readonly down?: boolean
    /** Why, in words for people. */
    readonly error?: string
  }
  | {
    readonly end: 'failed'
    readonly kind: string
    /** For the seller. */
    readonly message: string
    readonly down?: boolean
    /** What is kept with the item; kind and message where absent. */
    readonly error?: string
  }

/**
 * For this account alone; of a marketplace that is down for everybody, the breaker holds the work back
 * and counts no attempt. Asked for about three hours; the next schedule begins anew.
 */
const maxUnavailable = 360
/** An answer that makes no sense, or a fault of ours, may be a passing one. */
const maxPuzzling = 4
const longestBackoffMs = 15 * 60_000
/** It is back sooner than that, and found out within a minute. */
const longestDownMs = 30_000
/** However little or much a marketplace asks for. */
const shortestWaitMs = 100
const longestWaitMs = 24 * 3_600_000

/** What an error means for the slice; `progress`: whether it has stored a page. */
export const endOfError = (
  error: unknown,
  work: { readonly attempts: number; readonly progress: boolean; readonly upstream: Upstream },
): SliceEnd => {
  const ofMarketplace = failureOf(error)
  const failed = ofMarketplace ?? serviceDown(error)
  const attempts = work.progress ? 1 : work.attempts
  const why = failed ? `${failed.kind}: ${failed.message}` : whyOf(error)
  const isSilent = ofMarketplace?.kind === 'unavailable' && ofMarketplace.code !== 'not-ready'
  // one that has answered in this slice, and then once not, is not down
  const isDown = isSilent && !work.progress
  const later = {
    end: 'again',
    delayMs: backoffMs(attempts, isSilent ? longestDownMs : longestBackoffMs),
    progress: work.progress,
    error: why,
    down: isDown,
  } as const
  if (failed?.kind === 'rate-limit') {
    const waitMs = failed.retryAfterMs === undefined
      ? later.delayMs
      : work.upstream.realMs(failed.retryAfterMs)
    // a marketplace that says when to come again is up: this is no failed attempt
    return {
      ...later,
      delayMs: Math.min(longestWaitMs, Math.max(shortestWaitMs, waitMs)),
      progress: work.progress || failed.retryAfterMs !== undefined,
    }
  }
  if (failed?.kind === 'unavailable' && attempts < maxUnavailable) return later
  if ((!failed || failed.kind === 'bad-response') && attempts < maxPuzzling) return later
  return {
    end: 'failed',
    kind: failed?.kind ?? 'internal',
    message: failed?.message ?? 'Something went wrong on our side; support has been told',
    down: isDown,
    error: why,
  }
}

/** Our own database, keys and storage count as something that is down, and comes back. */
const serviceDown = (error: unknown) =>
  hasCode(error, 'keys-unavailable') || hasCode(error, 'database-unavailable') ||
    hasCode(error, 'storage-unavailable')
    ? { kind: 'unavailable', message: (error as Error).message, retryAfterMs: undefined } as const
    : undefined

/** 2 s, 4 s, 8 s … */
const backoffMs = (attempts: number, longestMs: number): number =>
  Math.min(longestMs, 1000 * 2 ** Math.max(1, Math.min(30, attempts)))

/** What has synced needs no reconnecting, whatever was thought of its credentials before. */
const accountIsWell = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`
    update marketplace_accounts
    set needs_reconnect = false, reconnect_reason = null, last_validated_at = now(),
      last_validation_status = 'OK'
    where seller_id = ${scope.sellerId} and id = ${accountId} and needs_reconnect`)
}

/** Run and work item end together, or go back together. */
export const finishSlice = async (
  db: Database,
  work: LeasedWork,
  end: SliceEnd,
): Promise<void> => {
  await db.withSellerScope(work.entry, (scope) => endSlice(scope, work, end))
}

/** As `finishSlice`, in a transaction with what else comes to its end. */
export const endSlice = async (
  scope: SellerScope,
  work: LeasedWork,
  end: SliceEnd,
): Promise<void> => {
  if (end.end !== 'again') {
    const failed = end.end === 'failed' ? end : undefined
    await scope.run(command`
      update job_runs set state = ${failed ? 'FAILED' : 'SUCCEEDED'}, finished_at = now(),
        failure_kind = ${failed?.kind ?? null}, failure_message = ${failed?.message ?? null}
      where seller_id = ${scope.sellerId} and id = ${work.runId}`)
  }
  if (end.end === 'done') await accountIsWell(scope, work.accountId)
  const { itemId, lease, queue } = work
  if (end.end === 'again') {
    const { end: _, ...again } = end
    await finishWork(scope, { itemId, lease, state: 'WAITING', queue, ...again })
  } else if (end.end === 'failed') {
    const { kind, message, down = false, error = `${kind}: ${message}` } = end
    await finishWork(scope, { itemId, lease, state: 'FAILED', error, down })
  } else {
    await finishWork(scope, { itemId, lease, state: 'DONE' })
  }
}
