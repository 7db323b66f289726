/** What an adapter is given while it syncs one account. */
import type { Database } from '../db/database.ts'
import type { Log } from '../log.ts'
import { type Context, failure, type Marketplace } from '../plugin.ts'
import { createOutbound, type Heard } from './outbound.ts'
import { createPermits } from './permits.ts'
import type { LeasedWork } from '../queues/work.ts'
import type { Upstream } from './upstream.ts'

export interface ContextDeps {
  readonly db: Database
  readonly configOf: (pluginId: string) => unknown
  readonly fetch: typeof fetch
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export const createContext = (
  deps: ContextDeps,
  marketplace: Marketplace,
  upstream: Upstream,
  work: LeasedWork,
  { signal, log, hear }: {
    readonly signal: AbortSignal
    readonly log: Log
    /** What is kept of the answers. */
    readonly hear?: (heard: Heard) => void
  },
): Context => {
  const permits = createPermits({
    db: deps.db,
    entry: work.entry,
    accountId: work.accountId,
    limits: marketplace.limits ?? [],
    upstream,
    sleep: deps.sleep,
  })
  return {
    config: deps.configOf(marketplace.id),
    key: work.itemId,
    signal,
    now: upstream.now,
    log: (event, fields) => log.info(`${marketplace.id}.${event}`, fields),
    http: createOutbound({
      ...{ marketplace, upstream, fetch: deps.fetch, permits, signal },
      ...hear ? { hear } : {},
    }),
    download: () => Promise.reject(failure('rejected', 'Documents cannot be downloaded in a sync')),
    table: () => Promise.reject(failure('rejected', 'Files are read in a sync alone')),
  }
}
