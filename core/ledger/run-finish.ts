/** How a slice of a run ends: done, put back, or failed; stated on the run in either case. */
import type { Database, SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { hasCode } from '../errors.ts'
import { failureOf } from '../plugin.ts'
import { finishWork, type LeasedWork } from '../queues/work.ts'
import type { Upstream } from './upstream.ts'

export type SliceEnd =
  | { readonly end: 'done' }
  /** The item goes back; `delayMs` is real time. */
  | { readonly end: 'again'; readonly delayMs: number; readonly progress: boolean }
  | { readonly end: 'failed'; readonly kind: string; readonly message: string }

/** A marketplace that is down is asked for about three hours; the next schedule begins anew. */
const maxUnavailable = 20
/** An answer that makes no sense, or a fault of ours, may be a passing one. */
const maxPuzzling = 4
const longestBackoffMs = 15 * 60_000
/** However little or much a marketplace asks for. */
const shortestWaitMs = 100
const longestWaitMs = 24 * 3_600_000

/** What an error means for the slice; `progress`: whether it has stored a page. */
export const endOfError = (
  error: unknown,
  work: { readonly attempts: number; readonly progress: boolean; readonly upstream: Upstream },
): SliceEnd => {
  const failed = failureOf(error) ?? serviceDown(error)
  const attempts = work.progress ? 1 : work.attempts
  const later = { end: 'again', delayMs: backoffMs(attempts), progress: work.progress } as const
  if (failed?.kind === 'rate-limit') {
    const waitMs = failed.retryAfterMs === undefined
      ? later.delayMs
      : work.upstream.realMs(failed.retryAfterMs)
    // a marketplace that says when to come again is up: this is no failed attempt
    return {
      end: 'again',
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
  }
}

/** Our own database and keys count as something that is down, and comes back. */
const serviceDown = (error: unknown) =>
  hasCode(error, 'keys-unavailable') || hasCode(error, 'database-unavailable')
    ? { kind: 'unavailable', message: (error as Error).message, retryAfterMs: undefined } as const
    : undefined

/** 2 s, 4 s, 8 s … 15 min. */
const backoffMs = (attempts: number): number =>
  Math.min(longestBackoffMs, 1000 * 2 ** Math.max(1, attempts))

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
  queue: string,
): Promise<void> => {
  await db.withSellerScope(work.entry, async (scope) => {
    if (end.end !== 'again') {
      const failed = end.end === 'failed' ? end : undefined
      await scope.run(command`
        update job_runs set state = ${failed ? 'FAILED' : 'SUCCEEDED'}, finished_at = now(),
          failure_kind = ${failed?.kind ?? null}, failure_message = ${failed?.message ?? null}
        where seller_id = ${scope.sellerId} and id = ${work.runId}`)
    }
    if (end.end === 'done') await accountIsWell(scope, work.accountId)
    const { itemId, lease } = work
    if (end.end === 'again') {
      const { delayMs, progress } = end
      await finishWork(scope, { itemId, lease, state: 'WAITING', delayMs, queue, progress })
    } else {
      await finishWork(scope, { itemId, lease, state: end.end === 'done' ? 'DONE' : 'FAILED' })
    }
  })
}
