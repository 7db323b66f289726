/** DOCUMENTS work: fetches what the marketplace makes later, one document after the other. */
import { hasCode } from '../../errors.ts'
import {
  type Account,
  type Context,
  type DocumentAsk,
  failure,
  failureKind,
  failureOf,
  type Marketplace,
} from '../../plugin.ts'
import type { LeasedWork } from '../../queues/work.ts'
import { accountFolder, manifestFolder, orderFolder } from '../../storage/keys.ts'
import { findObject } from '../../storage/rows.ts'
import type { ProcessDeps } from '../processing/run-batch.ts'
import { loadingContext } from '../loading-context.ts'
import { endOfError, endSlice, type SliceEnd } from '../run-finish.ts'
import { startRun } from '../run-load.ts'
import { traceOf } from '../trace.ts'
import { withAccount } from '../with-account.ts'
import { type DocumentWait, endWait, lockAsks, nextWait, waitOn } from './fetch-later.ts'
import { storeDocuments } from './store-documents.ts'

interface Slice {
  readonly deps: ProcessDeps
  readonly work: LeasedWork
  readonly signal: AbortSignal
  readonly draining: AbortSignal
  progress: boolean
}

/** Runs one slice of a DOCUMENTS item. Resolves when it is finished or put back. */
export const fetchDocuments = async (
  deps: ProcessDeps,
  work: LeasedWork,
  signals: { readonly signal: AbortSignal; readonly draining: AbortSignal },
): Promise<void> => {
  const { accountId: account, runId: run, entry, pluginId } = work
  const log = deps.log.with({ seller: entry.sellerId, account, run })
  const upstream = deps.upstreamOf(pluginId)
  const slice: Slice = { deps, work, ...signals, progress: false }
  let end: SliceEnd
  try {
    end = await runSlice(slice)
  } catch (error) {
    if (signals.signal.aborted || hasCode(error, 'lease-lost')) throw error
    const kind = failureKind(error)
    log[kind ? 'warn' : 'error']('documents.interrupted', { kind, ...traceOf(error) })
    end = endOfError(error, { attempts: work.attempts, progress: slice.progress, upstream })
  }
  await deps.db.withSellerScope(work.entry, async (scope) => {
    await lockAsks(scope, work.accountId)
    const left = end.end === 'done' ? await nextWait(scope, work.accountId) : null
    const dueMs = left ? upstream.realMs(left.askAt.getTime() - upstream.now().getTime()) : 0
    // what was asked for meanwhile, or is not made yet
    if (left) end = { end: 'again', delayMs: Math.max(0, dueMs), progress: true }
    await endSlice(scope, work, end)
  })
  log.info('documents.slice', { ...end })
}

const runSlice = async (slice: Slice): Promise<SliceEnd> => {
  const { deps, work } = slice
  await deps.db.withSellerScope(work.entry, (scope) => startRun(scope, work.runId))
  const marketplace = deps.registry.find(work.marketplace)
  if (!marketplace?.adapter.fetchDocument) {
    const message = `No enabled plugin can fetch documents of ${work.marketplace}`
    return { end: 'failed', kind: 'rejected', message }
  }
  let folder = accountFolder({ ...work.entry, accountId: work.accountId }, 'downloads')
  const context = loadingContext(deps, marketplace, work, { ...slice, folder: () => folder })
  const until = deps.now() + deps.sliceMs
  const to = { marketplace, context, purpose: 'documents' } as const
  return await withAccount(deps, work, to, async (account) => {
    for (;;) {
      const next = await deps.db.withSellerScope(
        work.entry,
        (scope) => nextWait(scope, work.accountId),
      )
      if (!next || next.askAt > context.now()) return { end: 'done' }
      folder = folderOf(work, next)
      await fetchOne(slice, marketplace, account, context, next)
      if (deps.now() >= until || slice.draining.aborted) {
        return { end: 'again', delayMs: 0, progress: slice.progress }
      }
    }
  })
}

const folderOf = ({ entry, accountId }: LeasedWork, wait: DocumentWait): string => {
  const { sellerId } = entry
  const { orderId, manifestId, type } = wait
  if (orderId !== null) return orderFolder({ sellerId, accountId, orderId }, type)
  return manifestId === null
    ? accountFolder({ sellerId, accountId }, 'downloads')
    : manifestFolder({ sellerId, accountId, manifestId })
}

const fetchOne = async (
  slice: Slice,
  marketplace: Marketplace,
  account: Account<unknown, unknown>,
  context: Context,
  wait: DocumentWait,
): Promise<void> => {
  const { deps: { db }, work } = slice
  const { manifestExternalId, shipmentExternalId, type, orderId, manifestId } = wait
  const ask: DocumentAsk = {
    type,
    ...manifestExternalId === null ? {} : { manifestExternalId },
    ...shipmentExternalId === null ? {} : { shipmentExternalId },
  }
  try {
    const download = await marketplace.adapter.fetchDocument?.(account, ask, context)
    if (!download) throw new Error('unreachable: the method was there')
    await db.withSellerScope(work.entry, async (scope) => {
      const object = await findObject(scope, { storageKey: download.storageKey })
      if (!object) throw failure('bad-response', 'The plugin names a document it has not fetched')
      await storeDocuments(scope, { accountId: work.accountId, batchId: null }, [{
        ...{ type, orderId, manifestId, source: 'MARKETPLACE', objectId: object.id },
        quantities: null,
      }])
      await endWait(scope, wait.id, null)
    })
    slice.progress = true
  } catch (error) {
    const failed = failureOf(error)
    if (failed?.code === 'not-ready') {
      await db.withSellerScope(work.entry, (scope) => waitOn(scope, wait, context.now()))
    } else if (failed?.kind === 'rejected') {
      await db.withSellerScope(work.entry, (scope) => endWait(scope, wait.id, failed.message))
    } else throw error
  }
}
