/** STOCK work: every changed order of an account is looked at, batch by batch. */
import { z } from 'zod'
import type { Database, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { Log } from '../../log.ts'
import { finishWork, type LeasedWork } from '../../queues/work.ts'
import type { Upstream } from '../upstream.ts'
import { lookAtOrders, type LookedAt } from './look-at-orders.ts'
import { stockLocks } from './note.ts'
import type { PushDeps } from './refresh-listings.ts'

export interface StockDeps extends PushDeps {
  readonly db: Database
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
  readonly now: () => number
  readonly sliceMs: number
}

/** So many orders in one transaction: their products are locked for as long as it takes. */
const batch = 200
/** For orders whose change is about to commit. */
const soonMs = 100

/**
 * Runs one slice. Killed anywhere, or called twice, it leaves the same: what a batch does commits with
 * the taking away of its tasks.
 */
export const runStock = async (
  deps: StockDeps,
  work: LeasedWork,
  { signal, draining }: { readonly signal: AbortSignal; readonly draining: AbortSignal },
): Promise<void> => {
  const { db, log, now, sliceMs } = deps
  const until = now() + sliceMs
  const upstream = deps.upstreamOf(work.pluginId)
  let progress = false
  for (;;) {
    signal.throwIfAborted()
    const place = { accountId: work.accountId, upstream, now: now() }
    const done = await db.withSellerScope(work.entry, async (scope) => {
      const looked = await lookAtOrders(scope, deps, place, batch)
      await countOnRun(scope, work.runId, looked)
      return looked
    })
    progress ||= done.orders > 0
    if (done.orders < batch || now() >= until || draining.aborted) break
  }
  const end = await db.withSellerScope(work.entry, (scope) => finish(scope, work, progress))
  log.info('stock.slice', { account: work.accountId, run: work.runId, end })
}

const countOnRun = async (
  scope: SellerScope,
  runId: string,
  { orders, changed }: LookedAt,
): Promise<void> => {
  await scope.run(command`
    update job_runs set state = 'RUNNING', started_at = coalesce(started_at, now()),
      pages = pages + ${orders > 0 ? 1 : 0}, received = received + ${orders},
      changed = changed + ${changed}, unchanged = unchanged + ${orders - changed}
    where seller_id = ${scope.sellerId} and id = ${runId}`)
}

/** Whoever changes an order has asked for this work under the same lock, or will ask anew. */
const finish = async (
  scope: SellerScope,
  { accountId, runId, itemId, lease, queue }: LeasedWork,
  progress: boolean,
): Promise<'again' | 'done'> => {
  await scope.run(command`
    select pg_advisory_xact_lock(hashtextextended(${accountId}, ${stockLocks.tasks}))`)
  const { left } = await scope.one(sql.type(z.object({ left: z.boolean() }))`
    select exists (
      select from inventory_tasks
      where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
    ) as left`)
  if (left) {
    await finishWork(scope, { itemId, lease, state: 'WAITING', delayMs: soonMs, queue, progress })
    return 'again'
  }
  await scope.run(command`
    update job_runs set state = 'SUCCEEDED', finished_at = now()
    where seller_id = ${scope.sellerId} and id = ${runId}`)
  await finishWork(scope, { itemId, lease, state: 'DONE' })
  return 'done'
}
