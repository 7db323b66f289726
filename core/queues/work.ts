/** Work items: the only way of a worker into a seller's scope. One function for each gate in SQL. */
import { z } from 'zod'
import type { Database, Entry, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import type { SyncReason, Target } from '../plugin.ts'
import { target } from './targets.ts'

/** What a message about a work item says. */
export const workBody = z.object({
  sellerId: z.uuid(),
  accountId: z.uuid(),
  workItemId: z.uuid(),
})
export type WorkBody = z.infer<typeof workBody>

/**
 * Asks for a sync. An open item of the same account and target (of a window: another such item) is
 * joined: `created` is false and `runId` is its run. Null when there is no such account. Its message
 * leaves when the transaction has committed. Works in a seller's scope and in platform scope.
 */
export const requestWork = async (
  tx: Tx,
  asked: {
    readonly sellerId: string
    readonly accountId: string
    readonly target: Target
    readonly reason: SyncReason
    readonly queue: string
    readonly window?: { readonly from: Date; readonly to: Date }
  },
): Promise<{ readonly runId: string; readonly created: boolean } | null> => {
  const { sellerId, accountId, target, reason, queue, window } = asked
  const row = await tx.maybeOne(sql.type(requested)`
    select job_run_id, created
    from request_work(${sellerId}, ${accountId}, ${target}, ${reason}, ${newId()}, ${newId()},
      ${newId()}, ${queue}, ${window?.from.toISOString() ?? null},
      ${window?.to.toISOString() ?? null})`)
  return row && { runId: row.job_run_id, created: row.created }
}
const requested = z.object({ job_run_id: z.string(), created: z.boolean() })

/** An item in this worker's hands until its lease ends. */
export interface LeasedWork {
  readonly claimed: true
  /** Opens the scope of the item's seller for as long as the lease lives. */
  readonly entry: Entry
  readonly itemId: string
  readonly lease: string
  readonly accountId: string
  readonly target: Target
  readonly runId: string
  /** Slices without progress, this one included. */
  readonly attempts: number
}
export type Claim = LeasedWork | { readonly claimed: false; readonly dueInMs: number }

/** Null: there is no such item, or it has come to its end. Not claimed: it is not due, or leased. */
export const claimWork = async (
  db: Pick<Database, 'gate'>,
  asked: { readonly sellerId: string; readonly itemId: string; readonly leaseMs: number },
): Promise<Claim | null> => {
  const { sellerId, itemId, leaseMs } = asked
  const lease = newId()
  const row = await db.gate.maybeOne(sql.type(claim)`
    select claimed, due_in_ms, marketplace_account_id, target, job_run_id, attempts
    from claim_work(${sellerId}, ${itemId}, ${lease}, ${leaseMs})`)
  if (!row) return null
  if (!row.claimed) return { claimed: false, dueInMs: row.due_in_ms }
  return {
    claimed: true,
    entry: { sellerId, kind: 'work', ref: `${itemId}/${lease}` },
    itemId,
    lease,
    accountId: row.marketplace_account_id,
    target: row.target,
    runId: row.job_run_id,
    attempts: row.attempts,
  }
}
const claim = z.object({
  claimed: z.boolean(),
  due_in_ms: z.number(),
  marketplace_account_id: z.string(),
  target,
  job_run_id: z.string(),
  attempts: z.number(),
})

/** The heartbeat: the lease lasts `leaseMs` from now on. False: it is lost, stop at once. */
export const extendWork = async (
  db: Pick<Database, 'gate'>,
  work: Pick<LeasedWork, 'entry' | 'itemId' | 'lease'>,
  leaseMs: number,
): Promise<boolean> => {
  const { entry, itemId, lease } = work
  const row = await db.gate.one(sql.type(z.object({ extended: z.boolean() }))`
    select extend_work(${entry.sellerId}, ${itemId}, ${lease}, ${leaseMs}) as extended`)
  return row.extended
}

/**
 * Ends a slice, inside the scope of its item and in one transaction with what the slice did.
 * WAITING puts the item back: due after `delayMs`, with a message to `queue` at that time; without
 * a queue there is no new message, for a caller whose own message comes again. `progress` starts
 * the count of attempts anew. Throws `lease-lost` when the item is not ours any more.
 */
export const finishWork = async (
  tx: Tx,
  end: {
    readonly itemId: string
    readonly lease: string
    readonly state: 'WAITING' | 'DONE' | 'FAILED'
    readonly delayMs?: number
    readonly queue?: string
    readonly progress?: boolean
  },
): Promise<void> => {
  const { itemId, lease, state, delayMs = 0, queue, progress = false } = end
  const message = state === 'WAITING' && queue !== undefined ? newId() : null
  await tx.run(command`
    select finish_work(${itemId}, ${lease}, ${state}, ${delayMs}, ${message}, ${queue ?? null},
      ${progress})`)
}
