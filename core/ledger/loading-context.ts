/** What an adapter is given where it may fetch documents. */
import type { Context, Marketplace } from '../plugin.ts'
import type { Log } from '../log.ts'
import type { LeasedWork } from '../queues/work.ts'
import type { Files } from '../storage/files.ts'
import { createDownload } from './outbound-download.ts'
import { createPermits } from './permits.ts'
import { type ContextDeps, createContext } from './run-context.ts'
import type { Upstream } from './upstream.ts'

export interface LoadingDeps extends ContextDeps {
  readonly files: Pick<Files, 'put'>
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
}

/** `folder`: where the next document belongs, of `storage/keys.ts`. */
export const loadingContext = (
  deps: LoadingDeps,
  marketplace: Marketplace,
  work: LeasedWork,
  { signal, folder }: { readonly signal: AbortSignal; readonly folder: () => string },
): Context => {
  const { db, fetch, files, sleep } = deps
  const { entry, accountId, runId } = work
  const upstream = deps.upstreamOf(marketplace.id)
  const log = deps.log.with({ seller: entry.sellerId, account: accountId, run: runId })
  const limits = marketplace.limits ?? []
  const permits = createPermits({ db, entry, accountId, limits, upstream, sleep })
  return {
    ...createContext(deps, marketplace, upstream, work, { signal, log }),
    download: createDownload({
      ...{ marketplace, upstream, fetch, permits, signal, files, entry, folder },
    }),
  }
}
