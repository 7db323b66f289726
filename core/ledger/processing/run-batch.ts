/** Processing, a slice at a time: each step is recorded before the adapter is asked for the next. */
import { recordAudit } from '../../audit/record.ts'
import { hasCode } from '../../errors.ts'
import { idOf } from '../../ids.ts'
import type { SellerScope } from '../../db/database.ts'
import type { Log } from '../../log.ts'
import {
  type Account,
  type Context,
  failure,
  failureKind,
  failureOf,
  type Marketplace,
  type StepResult,
} from '../../plugin.ts'
import type { LeasedWork } from '../../queues/work.ts'
import { accountFolder, orderFolder } from '../../storage/keys.ts'
import { loadingContext } from '../loading-context.ts'
import { endOfError, endSlice, type SliceEnd } from '../run-finish.ts'
import { startRun } from '../run-load.ts'
import type { SyncDeps } from '../run-sync.ts'
import { traceOf } from '../trace.ts'
import type { Upstream } from '../upstream.ts'
import { withAccount } from '../with-account.ts'
import type { PaperDeps } from '../documents/make-documents.ts'
import { applyStep, type StepPlace } from './apply-step.ts'
import { cutoffOf } from './cutoff.ts'
import { takeInvoices } from './invoices.ts'
import { forAdapter, loadBatch, type LoadedBatch } from './load-batch.ts'
import { makeBatch } from './make-batch.ts'
import { dueManifests } from './manifest-rows.ts'
import { checkStep, endBatch } from './step-rows.ts'

export type ProcessDeps = Omit<SyncDeps, 'files'> & PaperDeps

interface Slice {
  readonly deps: ProcessDeps
  readonly work: LeasedWork
  readonly signal: AbortSignal
  readonly draining: AbortSignal
  readonly log: Log
  readonly upstream: Upstream
  batchId: string | undefined
  progress: boolean
}

/** Runs one slice of a PROCESSING item. Resolves when it is finished or put back. */
export const processAccount = async (
  deps: ProcessDeps,
  work: LeasedWork,
  signals: { readonly signal: AbortSignal; readonly draining: AbortSignal },
): Promise<void> => {
  const { accountId: account, runId: run, entry, pluginId } = work
  const log = deps.log.with({ seller: entry.sellerId, account, run })
  const upstream = deps.upstreamOf(pluginId)
  const slice: Slice = {
    ...{ deps, work, ...signals, log, upstream, batchId: undefined, progress: false },
  }
  let end: SliceEnd
  try {
    end = await runSlice(slice)
  } catch (error) {
    if (signals.signal.aborted || hasCode(error, 'lease-lost')) throw error
    const kind = failureKind(error)
    log[kind ? 'warn' : 'error']('processing.interrupted', { kind, ...traceOf(error) })
    end = endOfError(error, { attempts: work.attempts, progress: slice.progress, upstream })
    if (end.end === 'failed') end = { ...end, ...given(failureOf(error)?.code) }
  }
  await finish(slice, end)
  log.info('processing.slice', { ...end })
}
const given = (code: string | undefined) => code === undefined ? {} : { code }

/** Batch, run and work item end together. */
const finish = async (
  { deps, work, batchId }: Slice,
  end: SliceEnd & { readonly code?: string },
): Promise<void> => {
  await deps.db.withSellerScope(work.entry, async (scope) => {
    if (batchId !== undefined && end.end !== 'again') {
      const failed = end.end === 'failed'
        ? { code: end.code ?? end.kind, message: end.message }
        : null
      await endBatch(scope, batchId, failed)
      const outcome = failed ? 'FAILED' : 'DONE'
      recordAudit(scope, scope.sellerId, 'processing.ended', `batch:${batchId}`, { outcome })
    }
    await endSlice(scope, work, end)
  })
}

const runSlice = async (slice: Slice): Promise<SliceEnd> => {
  const { deps, work, upstream, signal } = slice
  const marketplace = deps.registry.find(work.marketplace)
  const batch = await deps.db.withSellerScope(work.entry, async (scope) => {
    await startRun(scope, work.runId)
    return await batchOf(scope, work, upstream)
  })
  if (!batch) return failed('rejected', 'There is no such batch')
  if (batch.state === 'DONE') return { end: 'done' }
  if (batch.state === 'FAILED') return failed('rejected', batch.failure ?? 'The batch has failed')
  slice.batchId = batch.id
  if (!marketplace?.adapter.fullProcessing) {
    return failed('rejected', `No enabled plugin can process orders of ${work.marketplace}`)
  }
  const hasManifests = batch.closeManifests.length > 0 || batch.manifestChanges !== null
  if (batch.open.length === 0 && !hasManifests) return { end: 'done' }
  const doing: { order: string | null; step: string } = { order: null, step: 'downloads' }
  const context = loadingContext(deps, marketplace, work, {
    ...{ signal, folder: () => folderOf(work, doing) },
  })
  const until = deps.now() + deps.sliceMs
  const to = { marketplace, context, purpose: 'processing' } as const
  return await withAccount(
    deps,
    work,
    to,
    (account) => drain({ slice, marketplace, account, context, batch, doing, until }),
  )
}

const failed = (kind: string, message: string): SliceEnd => ({ end: 'failed', kind, message })

const folderOf = (
  { entry: { sellerId }, accountId }: LeasedWork,
  { order, step }: { readonly order: string | null; readonly step: string },
): string =>
  order === null
    ? accountFolder({ sellerId, accountId }, step)
    : orderFolder({ sellerId, accountId, orderId: order }, step)

/** The batch of the item's lane; a schedule, and the cut-off, make one of their own for their run. */
const batchOf = async (
  scope: SellerScope,
  { lane, accountId, runId }: LeasedWork,
  upstream: Upstream,
): Promise<LoadedBatch | null> => {
  const [kind, named] = lane.split(':')
  if (kind === 'batch' && named !== undefined && named !== dueLane) {
    return await loadBatch(scope, named)
  }
  const id = idOf(scope.sellerId, 'batch', runId)
  const found = await loadBatch(scope, id)
  if (found) return found
  const now = upstream.now()
  const closeManifests = await dueManifests(scope, accountId, now)
  await makeBatch(scope, {
    ...{ id, accountId, runId, closure: 'IMMEDIATE', asked: new Map(), closeManifests, now },
    orderIds: named === dueLane ? [] : null,
  })
  return await loadBatch(scope, id)
}
/** The lane of what closes manifests before their cut-off: `batch:due`. */
export const dueLane = 'due'

interface Drain {
  readonly slice: Slice
  readonly marketplace: Marketplace
  readonly account: Account<unknown, unknown>
  readonly context: Context
  readonly batch: LoadedBatch
  /** What the adapter is doing: tells where its documents belong. */
  readonly doing: { order: string | null; step: string }
  readonly until: number
}

/** Calls the adapter until the batch is through, or the slice is over. */
const drain = async (to: Drain): Promise<SliceEnd> => {
  for (;;) {
    const place = await placeOf(to)
    const before = to.slice.progress
    to.slice.progress = false
    try {
      const end = await callOnce(to, place)
      if (end !== 'again') return end
    } catch (error) {
      // what has come forward begins anew with a slice of its own: its patience is whole again
      const isExpired = failureOf(error)?.code === 'token-expired'
      if (isExpired && to.slice.progress) return { end: 'again', delayMs: 0, progress: true }
      throw error
    } finally {
      to.slice.progress ||= before
    }
  }
}

const placeOf = async ({ slice, marketplace, account, batch }: Drain): Promise<StepPlace> => {
  const { deps, work, upstream } = slice
  const keys = await deps.keyring.forSeller(work.entry)
  const gstin = textOf(account.details, 'gstin')
  const series = textOf(account.details, 'b2b_invoice_series')
  const source = { accountId: work.accountId, series, gstin, now: upstream.now() }
  return await deps.db.withSellerScope(work.entry, async (scope) => {
    await takeInvoices(scope, source, batch.open)
    return {
      work,
      batch: await forAdapter(scope, keys, work.accountId, batch),
      marketplaceName: marketplace.name,
      cutoff: cutoffOf(account.details),
      gstin,
      fetchesLater: marketplace.adapter.fetchDocument !== undefined,
      now: upstream.now,
    }
  })
}
const textOf = (details: unknown, name: string): string | null => {
  const value = details instanceof Object ? (details as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' && value !== '' ? value : null
}

const callOnce = async (to: Drain, place: StepPlace): Promise<SliceEnd | 'again'> => {
  const { slice, marketplace, account, context, doing } = to
  const process = marketplace.adapter.fullProcessing
  if (!process) throw new Error('unreachable: the method was there')
  const orders = new Set(place.batch.orders.map(({ id }) => id))
  for (const { order, outcome } of place.batch.done) {
    if (order !== null && outcome === 'held') orders.delete(order)
  }
  let changed = place.batch.done.some(({ outcome }) => outcome === 'done')
  const steps = process(account, place.batch, context)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await orAborted(steps.next(), slice.signal)
      if (done) return isLeftOut(place.batch, changed) ? leftOut : { end: 'done' }
      const result: StepResult = value
      checkStep(result, orders)
      if (result.outcome === 'started') {
        Object.assign(doing, { order: result.order, step: result.step })
      }
      const applied = await applyStep(slice.deps, place, result)
      slice.progress ||= result.outcome !== 'started'
      changed ||= result.outcome === 'done'
      if (result.outcome === 'failed') {
        throw failure('rejected', result.message ?? `The batch failed at ${result.step}`, {
          code: result.code ?? 'failed',
        })
      }
      if (result.outcome === 'held' && result.order !== null) orders.delete(result.order)
      if (applied === 'again') return 'again'
      if (slice.deps.now() >= to.until || slice.draining.aborted) {
        return { end: 'again', delayMs: 0, progress: slice.progress }
      }
    }
  } finally {
    // not waited for: an adapter that hangs, or fails once more, changes nothing of what was met
    Promise.resolve(steps.return?.()).catch(() => {})
  }
}

/** An adapter that knows nothing of such changes passes them over without a word. */
const isLeftOut = ({ manifestChanges }: StepPlace['batch'], changed: boolean): boolean =>
  manifestChanges !== undefined && !changed
const leftOut = failed('rejected', 'The plugin cannot change what is in a manifest')

/** An adapter may wait for what never comes; the worker does not. */
const orAborted = async <T>(coming: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  coming.catch(() => {})
  try {
    return await Promise.race([coming, promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}
