/** What an adapter is given where it may fetch documents, or files of rows. */
import type { Context, Marketplace } from '../plugin.ts'
import type { Log } from '../log.ts'
import type { LeasedWork } from '../queues/work.ts'
import type { Files } from '../storage/files.ts'
import { accountFolder } from '../storage/keys.ts'
import { createDownload } from './outbound-download.ts'
import { createTable, type TableOptions } from './outbound-table.ts'
import type { Heard, OutboundOptions } from './outbound.ts'
import { createPermits } from './permits.ts'
import { type ContextDeps, createContext } from './run-context.ts'
import type { Upstream } from './upstream.ts'

export interface LoadingDeps extends ContextDeps {
  readonly files: Pick<Files, 'put'>
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
}

interface WayOut {
  readonly deps: Omit<LoadingDeps, 'files'>
  readonly marketplace: Marketplace
  readonly work: LeasedWork
  readonly signal: AbortSignal
  readonly hear?: (heard: Heard) => void
}

/** `folder`: where the next document belongs, of `storage/keys.ts`. */
export const loadingContext = (
  deps: LoadingDeps,
  marketplace: Marketplace,
  work: LeasedWork,
  { signal, folder }: { readonly signal: AbortSignal; readonly folder: () => string },
): Context => {
  const out = { deps, marketplace, work, signal }
  const { files } = deps
  return {
    ...plainContext(out),
    download: createDownload({ ...wayOut(out), files, entry: work.entry, folder }),
  }
}

/** Of a sync; `hear` is told of its answers, but not of tables. */
export const syncContext = (
  deps: Omit<LoadingDeps, 'files'> & { readonly files: TableOptions['files'] },
  marketplace: Marketplace,
  work: LeasedWork,
  { signal, hear }: { readonly signal: AbortSignal; readonly hear?: (heard: Heard) => void },
): Context => {
  const out = { deps, marketplace, work, signal, ...hear ? { hear } : {} }
  const { entry, accountId } = work
  const folder = accountFolder({ sellerId: entry.sellerId, accountId }, 'reports')
  return {
    ...plainContext(out),
    table: createTable({ ...wayOut(out), files: deps.files, entry, folder }),
  }
}

const plainContext = ({ deps, marketplace, work, signal, hear }: WayOut): Context => {
  const { entry, accountId, runId } = work
  const log = deps.log.with({ seller: entry.sellerId, account: accountId, run: runId })
  const upstream = deps.upstreamOf(marketplace.id)
  return createContext(deps, marketplace, upstream, work, { signal, log, ...hear ? { hear } : {} })
}

const wayOut = ({ deps, marketplace, work, signal }: WayOut): OutboundOptions => {
  const { db, fetch, sleep } = deps
  const { entry, accountId } = work
  const upstream = deps.upstreamOf(marketplace.id)
  const limits = marketplace.limits ?? []
  const permits = createPermits({ db, entry, accountId, limits, upstream, sleep })
  return { marketplace, upstream, fetch, permits, signal }
}
