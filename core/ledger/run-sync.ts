/** The sync engine: drains an adapter page by page, each page stored before the next is asked for. */
import type { Keyring } from '../crypto/keyring.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import type { RawArchive, SliceArchive } from './archive/raw-archive.ts'
import {
  type Account,
  type Context,
  failure,
  failureKind,
  type Marketplace,
  type Page,
  type SyncRequest,
} from '../plugin.ts'
import { needsReconnect, refreshCredentials } from './credentials.ts'
import { syncContext } from './loading-context.ts'
import type { TableOptions } from './outbound-table.ts'
import { traceOf } from './trace.ts'
import { createPatience } from './patience.ts'
import { type Registry, syncOf } from './registry.ts'
import type { ContextDeps } from './run-context.ts'
import type { LeasedWork } from '../queues/work.ts'
import { endOfError, finishSlice, type SliceEnd } from './run-finish.ts'
import { type LoadedRun, loadRun, openAccount } from './run-load.ts'
import {
  isRowTarget,
  preparePage,
  rejectionsOf,
  type RowTarget,
  type RunCounts,
  sealsOfPage,
  storePage,
  thingsOf,
} from './store-page.ts'
import type { Upstream } from './upstream.ts'

export interface SyncDeps extends ContextDeps {
  readonly keyring: Keyring
  /** For files that an adapter reads as tables. */
  readonly files: TableOptions['files']
  /** Of what marketplaces answer to syncs; absent: it is not kept. */
  readonly archive?: RawArchive
  readonly registry: Registry
  /** By the id of the plugin. */
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
  readonly now: () => number
  /** A slice ends after this long, so that one account never holds a worker. */
  readonly sliceMs: number
}

/** Runs one slice of a leased work item. Resolves when it is finished or put back. */
export const syncAccount = async (
  deps: SyncDeps,
  work: LeasedWork,
  signals: { readonly signal: AbortSignal; readonly draining: AbortSignal },
): Promise<void> => {
  const log = deps.log.with({
    seller: work.entry.sellerId,
    account: work.accountId,
    run: work.runId,
  })
  const slice: Slice = { deps, work, ...signals, log, progress: false, upstream: undefined }
  let end: SliceEnd
  try {
    end = await runSlice(slice)
  } catch (error) {
    if (signals.signal.aborted || hasCode(error, 'lease-lost')) {
      // whoever goes on with the run does not hear these answers again
      await slice.archive?.end()
      throw error
    }
    const kind = failureKind(error)
    log[kind ? 'warn' : 'error']('sync.interrupted', { kind, ...traceOf(error) })
    const upstream = slice.upstream ?? deps.upstreamOf('')
    end = endOfError(error, { attempts: work.attempts, progress: slice.progress, upstream })
  }
  await slice.archive?.end()
  await finishSlice(deps.db, work, end)
  log.info('sync.slice', { ...end })
}

/** The state of one slice; `progress` and `upstream` are told to whoever catches its error. */
interface Slice {
  readonly deps: SyncDeps
  readonly work: LeasedWork
  readonly signal: AbortSignal
  /** Aborted when the process is about to stop: the slice ends with the page in hand. */
  readonly draining: AbortSignal
  readonly log: Log
  progress: boolean
  upstream: Upstream | undefined
  archive?: SliceArchive
}

const runSlice = async (slice: Slice): Promise<SliceEnd> => {
  const { deps, work } = slice
  const run = await deps.db.withSellerScope(work.entry, (scope) => loadRun(scope, work))
  const marketplace = deps.registry.find(run.marketplaceCode)
  const { target } = work
  const sync = marketplace && isRowTarget(target) ? syncOf(marketplace, target) : undefined
  if (!marketplace || !sync || !isRowTarget(target)) {
    return {
      end: 'failed',
      kind: 'rejected',
      message: `No enabled plugin can sync ${target} of ${run.marketplaceCode}`,
    }
  }
  slice.upstream = deps.upstreamOf(marketplace.id)
  const { signal } = slice
  // what gives tokens is never kept
  const quiet = syncContext(deps, marketplace, work, { signal })
  const archive = deps.archive?.open(work, marketplace)
  if (archive) slice.archive = archive
  const context = archive
    ? syncContext(deps, marketplace, work, { signal, hear: archive.hear })
    : quiet
  const cursor = await cursorOf(marketplace, run.cursor, slice.log)
  const state: Position = { cursor, seq: run.cursorSeq, counts: run.counts }
  const until = deps.now() + deps.sliceMs
  const patience = createPatience()
  for (;;) {
    const { account, version } = await connect(slice, marketplace)
    try {
      return await drain({ slice, marketplace, target, sync, account, context, run, state, until })
    } catch (error) {
      if (failureKind(error) !== 'auth') throw error
      const ask = marketplace.adapter.refresh
      if (!ask || patience.isOver(error, state.counts.pages)) {
        await deps.db.withSellerScope(
          work.entry,
          (scope) =>
            needsReconnect(scope, { account, runId: work.runId }, (error as Error).message),
        )
        throw error
      }
      const { db, keyring, sleep } = deps
      const { entry, runId } = work
      const asked = {
        db,
        keyring,
        entry,
        marketplace,
        account,
        version,
        runId,
        context: quiet,
        sleep,
        ask,
      }
      await refreshCredentials(asked)
    }
  }
}

const connect = async ({ deps, work }: Slice, marketplace: Marketplace) => {
  const keys = await deps.keyring.forSeller(work.entry)
  return await deps.db.withSellerScope(
    work.entry,
    (scope) => openAccount(scope, keys, marketplace, work.accountId, 'sync'),
  )
}

interface Position {
  cursor: unknown
  seq: number | null
  counts: RunCounts
}
interface Drain {
  readonly slice: Slice
  readonly marketplace: Marketplace
  readonly target: RowTarget
  readonly sync: NonNullable<ReturnType<typeof syncOf>>
  readonly account: Account<unknown, unknown>
  readonly context: Context
  readonly run: LoadedRun
  readonly state: Position
  readonly until: number
}

/** An adapter may wait for what never comes; the worker does not. */
const abortOf = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  // nobody may be waiting any more when it comes
  promise.catch(() => {})
  return promise
}

/** A release of the plugin may have another form of cursor; what it cannot read it begins without. */
const cursorOf = async (marketplace: Marketplace, stored: unknown, log: Log): Promise<unknown> => {
  if (stored === null || stored === undefined) return null
  const result = await marketplace.cursor['~standard'].validate(stored)
  if (!result.issues) return result.value
  log.warn('sync.cursor-dropped')
  return null
}

/** While one page is being stored the next is on its way. */
const drain = async (to: Drain): Promise<SliceEnd> => {
  const { slice, sync, account, context, run, state } = to
  const request: SyncRequest<unknown> = {
    cursor: state.cursor,
    reason: run.reason,
    ...(run.window ? { window: run.window } : {}),
  }
  const pages = sync(account, request, context)[Symbol.asyncIterator]()
  const aborted = abortOf(slice.signal)
  try {
    let coming = pages.next()
    for (;;) {
      const { done, value: page } = await Promise.race([coming, aborted])
      if (done) return { end: 'done' }
      const over = page.last === true || slice.deps.now() >= to.until || slice.draining.aborted
      if (!over) {
        coming = pages.next()
        // its failure is met at the next turn, when this page is safe
        coming.catch(() => {})
      }
      await store(to, page)
      if (page.last === true) return { end: 'done' }
      if (over) return { end: 'again', delayMs: 0, progress: slice.progress }
    }
  } finally {
    // not waited for: an adapter that hangs, or fails once more, changes nothing of what was met
    Promise.resolve(pages.return?.()).catch(() => {})
  }
}

const store = async (
  { slice, marketplace, target, state }: Drain,
  page: Page<unknown, unknown>,
): Promise<void> => {
  const { deps, work } = slice
  if (!Number.isInteger(page.received) || page.received < 0) {
    throw failure('bad-response', 'The plugin does not say how many rows it received')
  }
  if (page.cursor === undefined) {
    throw failure('bad-response', 'The plugin does not say where to go on')
  }
  const { accountId, runId } = work
  const keys = await deps.keyring.forSeller(work.entry, { willSeal: sealsOfPage(target, page) })
  const prepared = preparePage(keys, { accountId, target }, page.rows)
  const rejected = rejectionsOf(page, prepared).length
  if (page.received !== thingsOf(prepared) + prepared.repeated + rejected) {
    throw failure('bad-response', 'The plugin lost rows: received is not rows and rejected')
  }
  const { claimWindowDays } = marketplace
  const place = {
    ...{ accountId, target, runId, cursorSeq: state.seq },
    ...(claimWindowDays === undefined ? {} : { claimWindowDays }),
  }
  state.counts = await deps.db.withSellerScope(
    work.entry,
    (scope) => storePage(scope, keys, place, page, prepared, state.counts),
  )
  if (JSON.stringify(page.cursor) !== JSON.stringify(state.cursor)) slice.progress = true
  state.cursor = page.cursor
  if (state.seq !== null) state.seq++
  slice.log.info('sync.page', { received: page.received, rejected, pages: state.counts.pages })
}
