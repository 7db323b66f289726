/** INVENTORY work: what listings of an account may offer goes to its marketplace, and is read back. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { hasCode } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type Account, type Context, failure, failureKind, type Marketplace } from '../../plugin.ts'
import type { LeasedWork } from '../../queues/work.ts'
import type { Registry } from '../registry.ts'
import { type ContextDeps, createContext } from '../run-context.ts'
import { endOfError, endSlice, finishSlice, type SliceEnd } from '../run-finish.ts'
import { traceOf } from '../trace.ts'
import type { Upstream } from '../upstream.ts'
import { type AccountDeps, withAccount } from '../with-account.ts'
import {
  type PushRow,
  readSample,
  readWaiting,
  recordPush,
  recordReading,
  retryRejected,
} from './push-rows.ts'
import { lockPushes } from './refresh-listings.ts'

export interface PushStockDeps extends AccountDeps, ContextDeps {
  readonly registry: Registry
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
  readonly now: () => number
  readonly sliceMs: number
}

/** As many as the contract lets an adapter be given. */
const mostChanges = 500
/** Of what was just pushed, and of the rest once a day. */
const sampleAfterPush = 20
const sampleOfDay = 50
const dayMs = 86_400_000

/**
 * Runs one slice. There is one open item for each account, so that one push of a listing is on its way
 * at most. A worker that dies before it has recorded an answer leaves the listing waiting: the newest
 * quantity goes out again, which changes nothing where it has arrived.
 */
export const pushStock = async (
  deps: PushStockDeps,
  work: LeasedWork,
  signals: { readonly signal: AbortSignal; readonly draining: AbortSignal },
): Promise<void> => {
  const log = deps.log.with({
    seller: work.entry.sellerId,
    account: work.accountId,
    run: work.runId,
  })
  const marketplace = deps.registry.find(work.marketplace)
  if (!marketplace?.adapter.pushInventory) {
    const message = `No enabled plugin can push stock to ${work.marketplace}`
    return await finishSlice(deps.db, work, { end: 'failed', kind: 'rejected', message })
  }
  const upstream = deps.upstreamOf(marketplace.id)
  const context = createContext(deps, marketplace, upstream, work, { ...signals, log })
  const slice: Slice = { deps, work, marketplace, context, log, ...signals, progress: false }
  try {
    const end = await runSlice(slice)
    log.info('stock.pushed', { end })
  } catch (error) {
    if (signals.signal.aborted || hasCode(error, 'lease-lost')) throw error
    const kind = failureKind(error)
    log[kind ? 'warn' : 'error']('stock.interrupted', { kind, ...traceOf(error) })
    const { progress } = slice
    const end = endOfError(error, { attempts: work.attempts, progress, upstream })
    await finishSlice(deps.db, work, end)
  }
}

interface Slice {
  readonly deps: PushStockDeps
  readonly work: LeasedWork
  readonly marketplace: Marketplace
  readonly context: Context
  readonly log: Log
  readonly signal: AbortSignal
  readonly draining: AbortSignal
  progress: boolean
}

const runSlice = async (slice: Slice): Promise<SliceEnd['end']> => {
  const { deps, work } = slice
  const until = deps.now() + deps.sliceMs
  const isDaily = await deps.db.withSellerScope(work.entry, (scope) => begin(scope, work))
  let looksAtAll = isDaily
  while (deps.now() < until && !slice.draining.aborted) {
    slice.signal.throwIfAborted()
    const waiting = await deps.db.withSellerScope(
      work.entry,
      (scope) => readWaiting(scope, work.accountId, mostChanges),
    )
    if (waiting.length > 0) {
      await push(slice, waiting)
      continue
    }
    // what differs is pushed once more, and looked at again
    if (await readBack(slice, looksAtAll) === 0) break
    looksAtAll = false
  }
  return await deps.db.withSellerScope(work.entry, (scope) => finish(scope, slice))
}

/** Whether the daily look is due: somebody asked for it, or none was for a day. */
const begin = async (scope: SellerScope, work: LeasedWork): Promise<boolean> => {
  const run = await scope.one(sql.type(begun)`
    update job_runs r set state = 'RUNNING', started_at = coalesce(started_at, now())
    where seller_id = ${scope.sellerId} and id = ${work.runId}
    returning reason, pages, (
      select max(read_at) < now() - ${`${dayMs} milliseconds`}::interval from catalog_listings l
      where l.seller_id = r.seller_id and l.marketplace_account_id = r.marketplace_account_id
    ) as due`)
  const isDaily = run.reason !== 'push' && run.pages === 0 || run.due === true
  if (isDaily) await retryRejected(scope, work.accountId)
  return isDaily
}
const begun = z.object({ reason: z.string(), pages: z.number(), due: z.boolean().nullable() })

const ask = <T>(
  { deps, work, marketplace, context }: Slice,
  call: (account: Account<unknown, unknown>) => Promise<T>,
): Promise<T> => withAccount(deps, work, { marketplace, context, purpose: 'stock' }, call)

const push = async (slice: Slice, waiting: readonly PushRow[]): Promise<void> => {
  const { deps, work, marketplace, context } = slice
  const method = marketplace.adapter.pushInventory
  if (!method) throw new Error('unreachable: the method was there')
  const changes = waiting.map(({ id: _, ...change }) => change)
  const results = await ask(slice, (account) => method(account, changes, context))
  const counts = await deps.db.withSellerScope(
    work.entry,
    (scope) => recordPush(scope, work.runId, waiting, results),
  )
  slice.log.info('stock.push', { ...counts })
  if (counts.accepted + counts.rejected === 0) {
    throw failure('bad-response', 'The plugin does not say what became of a push')
  }
  slice.progress = true
}

/** Answers how many listings differ. */
const readBack = async (slice: Slice, all: boolean): Promise<number> => {
  const { deps, work, marketplace, context, log } = slice
  const method = marketplace.adapter.readInventory
  if (!method) return 0
  const most = all ? sampleOfDay : sampleAfterPush
  const sample = await deps.db.withSellerScope(
    work.entry,
    (scope) => readSample(scope, work.accountId, { most, all }),
  )
  if (sample.length === 0) return 0
  const items = sample.map(({ sku, listingId }) => ({ sku, listingId }))
  const levels = await ask(slice, (account) => method(account, items, context))
  const differ = await deps.db.withSellerScope(
    work.entry,
    (scope) => recordReading(scope, sample, levels, { again: all }),
  )
  if (differ > 0) log.warn('stock.differs', { listings: differ, of: sample.length })
  return differ
}

/** Whoever changes a listing has asked for this work under the same lock, or will ask anew. */
const finish = async (
  scope: SellerScope,
  { work, progress }: Slice,
): Promise<SliceEnd['end']> => {
  await lockPushes(scope, work.accountId)
  const waiting = await readWaiting(scope, work.accountId, 1)
  const end: SliceEnd = waiting.length > 0
    ? { end: 'again', delayMs: 0, progress }
    : { end: 'done' }
  await endSlice(scope, work, end)
  return end.end
}
