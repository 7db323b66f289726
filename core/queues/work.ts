/** Work items: the only way of a worker into a seller's scope. One function for each gate in SQL. */
import { z } from 'zod'
import type { Database, Entry, SellerScope, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import type { SyncReason } from '../plugin.ts'
import { type RunTarget, workTarget } from './targets.ts'

/** What a message about a work item says. */
export const workBody = z.object({
  sellerId: z.uuid(),
  /** Absent in a plugin's job for the whole seller. */
  accountId: z.uuid().optional(),
  workItemId: z.uuid(),
})
export type WorkBody = z.infer<typeof workBody>

/**
 * Asks for work. An open item of the same account, target and lane is joined: `created` is false and
 * `runId` is its run. Null when there is no such account. Its message leaves when the transaction has
 * committed. Works in a seller's scope and in platform scope.
 */
export const requestWork = async (
  tx: Tx,
  asked: {
    readonly sellerId: string
    readonly accountId: string
    readonly target: RunTarget
    readonly reason: SyncReason
    /** As `queueOf` of `layout.ts` says. */
    readonly queue: string
    /** 'live' unless said otherwise; a window is a lane of its own. */
    readonly lane?: 'live' | `batch:${string}` | `job:${string}`
    readonly window?: { readonly from: Date; readonly to: Date }
  },
): Promise<{ readonly runId: string; readonly created: boolean } | null> => {
  const { sellerId, accountId, target, reason, queue, lane, window } = asked
  const row = await tx.maybeOne(sql.type(requested)`
    select job_run_id, created
    from request_work(${sellerId}, ${accountId}, ${target}, ${reason}, ${newId()}, ${newId()},
      ${newId()}, ${queue}, ${window?.from.toISOString() ?? null},
      ${window?.to.toISOString() ?? null}, ${lane ?? null})`)
  return row && { runId: row.job_run_id, created: row.created }
}
const requested = z.object({ job_run_id: z.string(), created: z.boolean() })

/** Stores a plugin's job in the scope; its message leaves when the transaction has committed. */
export const requestJob = async (
  scope: SellerScope,
  job: { readonly queue: string; readonly accountId: string | null; readonly body: unknown },
): Promise<void> => {
  await scope.run(command`
    select request_job(${newId()}, ${newId()}, ${job.queue}, ${job.accountId},
      ${JSON.stringify(job.body ?? null)}::jsonb)`)
}

interface Leased {
  readonly claimed: true
  /** Opens the scope of the item's seller for as long as the lease lives. */
  readonly entry: Entry
  readonly itemId: string
  readonly lease: string
  /** The queue of its messages: what `finishWork` is given when the item goes back. */
  readonly queue: string
  readonly lane: string
  /** Slices without progress, this one included. */
  readonly attempts: number
}
/** An item in this worker's hands until its lease ends. */
export interface LeasedWork extends Leased {
  readonly target: RunTarget
  readonly accountId: string
  readonly runId: string
  /** Code of the account's marketplace, and the plugin that is for it. */
  readonly marketplace: string
  readonly pluginId: string
}
/** A plugin's job. */
export interface LeasedJob extends Leased {
  readonly target: 'JOB'
  readonly accountId: string | null
  readonly runId: null
  readonly body: unknown
}
/** Not claimed: it is not due, or leased. `unknown`: there never was such an item. */
export type Claim =
  | LeasedWork
  | LeasedJob
  | {
    readonly claimed: false
    readonly why: 'early' | 'unknown' | 'later'
    readonly dueInMs: number
  }

/**
 * Null: it has come to its end, or nothing may begin for it now. `later`: its marketplace is down, and
 * it went back with a message of its own.
 */
export const claimWork = async (
  db: Pick<Database, 'gate'>,
  asked: { readonly sellerId: string; readonly itemId: string; readonly leaseMs: number },
): Promise<Claim | null> => {
  const { sellerId, itemId, leaseMs } = asked
  const lease = newId()
  const row = await db.gate.maybeOne(sql.type(claim)`
    select claimed, due_in_ms, known, later, marketplace_account_id, target, job_run_id, attempts,
      queue, lane, body, marketplace, plugin_id
    from claim_work(${sellerId}, ${itemId}, ${lease}, ${leaseMs})`)
  if (!row) return null
  if (!row.claimed) return { claimed: false, why: whyNot(row), dueInMs: row.due_in_ms }
  const { target, queue, lane, attempts, marketplace_account_id: accountId } = row
  const entry = { sellerId, kind: 'work', ref: `${itemId}/${lease}` } as const
  const leased = { claimed: true, entry, itemId, lease, queue, lane, attempts } as const
  if (target === 'JOB') return { ...leased, target, accountId, runId: null, body: row.body }
  const { job_run_id: runId, marketplace, plugin_id: pluginId } = row
  if (!accountId || !runId || !marketplace || !pluginId) {
    throw new Error('unreachable: a check holds')
  }
  return { ...leased, target, accountId, runId, marketplace, pluginId }
}
const claim = z.discriminatedUnion('claimed', [
  z.object({
    claimed: z.literal(false),
    due_in_ms: z.number(),
    known: z.boolean(),
    later: z.boolean(),
  }),
  z.object({
    claimed: z.literal(true),
    marketplace_account_id: z.string().nullable(),
    target: workTarget,
    job_run_id: z.string().nullable(),
    attempts: z.number(),
    queue: z.string(),
    lane: z.string(),
    body: z.unknown(),
    marketplace: z.string().nullable(),
    plugin_id: z.string().nullable(),
  }),
])
const whyNot = ({ known, later }: { readonly known: boolean; readonly later: boolean }) => {
  if (later) return 'later'
  return known ? 'early' : 'unknown'
}

/**
 * The heartbeat: the lease lasts `leaseMs` from now on. `lost`: stop at once. `held`: come to an end,
 * nothing may go on for the account now.
 */
export const extendWork = async (
  db: Pick<Database, 'gate'>,
  work: Pick<Leased, 'entry' | 'itemId' | 'lease'>,
  leaseMs: number,
): Promise<'lost' | 'held' | 'yours'> => {
  const { entry, itemId, lease } = work
  const row = await db.gate.one(sql.type(beat)`
    select extend_work(${entry.sellerId}, ${itemId}, ${lease}, ${leaseMs}) as lease`)
  return row.lease
}
const beat = z.object({ lease: z.enum(['lost', 'held', 'yours']) })

/**
 * Ends a slice, inside the scope of its item and in one transaction with what the slice did.
 * WAITING puts the item back: due after `delayMs`, with a message to `queue` at that time; without
 * a queue there is no new message, for a caller whose own message comes again. `progress` starts
 * the count of attempts anew. `error` is kept with the item: words without anybody's data. `down`: the
 * marketplace did not answer; after five such slices in a row nobody asks it but one probe every half
 * minute. Throws `lease-lost` when the item is not ours any more.
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
    readonly error?: string
    readonly down?: boolean
  },
): Promise<void> => {
  const { itemId, lease, state, delayMs = 0, queue, progress = false, error, down = false } = end
  const message = state === 'WAITING' && queue !== undefined ? newId() : null
  await tx.run(command`
    select finish_work(${itemId}, ${lease}, ${state}, ${delayMs}, ${message}, ${queue ?? null},
      ${progress}, ${error ?? null}, ${down})`)
}
