/** The job `retention`: erases what of a seller is due, in small batches. */
import { recordAudit } from '../../audit/record.ts'
import { destroyArchiveMonths, listArchiveMonths } from '../../crypto/archive-months.ts'
import type { Database, SellerScope } from '../../db/database.ts'
import type { Log } from '../../log.ts'
import { holdSellerJob } from '../../queues/seller-jobs.ts'
import { finishWork, type LeasedJob } from '../../queues/work.ts'
import type { Upstream } from '../upstream.ts'
import { lockAccount } from '../order-stands.ts'
import { dueOrders, readAccounts, type SellersAccount } from './due.ts'
import { eraseBuyers } from './erase.ts'
import { eraseRest } from './erase-rest.ts'
import { noteErasure } from './erasures.ts'
import { lastArchiveMonth, type Span, spanOf, usualBuyerDays } from './span.ts'

export interface RetentionDeps {
  readonly db: Database
  /** By the id of the plugin; also of one that is disabled. */
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
  readonly now: () => number
  readonly sliceMs: number
  /** `ROBNU_BUYER_DAYS` shortens what plugins say. */
  readonly config: { readonly ROBNU_BUYER_DAYS?: number | undefined }
}

/** Some tens of milliseconds, in which pages of the account wait; readers never do. */
const usualBatch = 500

/**
 * A slice of the job. Killed anywhere, the batches that were committed are erased and counted, and the
 * next slice looks for the rest.
 */
export const eraseExpired = async (
  deps: RetentionDeps,
  work: LeasedJob,
  { signal, draining }: { readonly signal: AbortSignal; readonly draining: AbortSignal },
  batchSize = usualBatch,
): Promise<void> => {
  const { db, log } = deps
  const { entry, itemId, lease, queue } = work
  const until = deps.now() + deps.sliceMs
  const told = { seller: entry.sellerId, orders: 0, fields: 0, documents: 0, others: 0 }
  let isOver = true
  const accounts = await readAccounts(db.inSellerScope(entry), entry.sellerId)
  for (const account of accounts) {
    const span = spanIn(deps, account)
    for (;;) {
      signal.throwIfAborted()
      if (deps.now() >= until || draining.aborted) {
        isOver = false
        break
      }
      const erased = await db.withSellerScope(entry, async (scope) => {
        await lockAccount(scope, account.id)
        const orderIds = await dueOrders(scope, account.id, span, batchSize)
        const { orders, fields, documents } = await eraseBuyers(scope, {
          ...{ accountId: account.id, orderIds, reason: 'retention', span },
        })
        const others = await eraseRest(scope, account.id, span, batchSize)
        return { orders, fields, documents, others }
      })
      for (const what of ['orders', 'fields', 'documents', 'others'] as const) {
        told[what] += erased[what]
      }
      if (erased.orders + erased.others === 0) break
    }
    if (!isOver) break
  }
  if (isOver) {
    told.others += await db.withSellerScope(entry, (scope) => eraseArchive(scope, deps, accounts))
  }
  await db.withSellerScope(entry, async (scope) => {
    if (!isOver) {
      return await finishWork(scope, { itemId, lease, state: 'WAITING', queue, progress: true })
    }
    // what has become due since is met by the next sweep
    await holdSellerJob(scope, 'retention')
    await finishWork(scope, { itemId, lease, state: 'DONE' })
  })
  log.info('retention.slice', { ...told, isOver })
}

/** Months of raw answers, by the shortest time among the accounts. */
const eraseArchive = async (
  scope: SellerScope,
  deps: RetentionDeps,
  accounts: readonly SellersAccount[],
): Promise<number> => {
  const days = Math.min(...accounts.map((account) => spanIn(deps, account).days), usualBuyerDays)
  const upTo = lastArchiveMonth(new Date(deps.now()), days)
  const due = await listArchiveMonths(scope, { upTo, sellerId: scope.sellerId })
  const archive_months = await destroyArchiveMonths(scope, due.map(({ month }) => month))
  if (archive_months === 0) return 0
  const counts = { archive_months }
  const id = await noteErasure(scope, { accountId: null, reason: 'retention', counts })
  recordAudit(scope, scope.sellerId, 'buyers.erased', `erasure:${id}`, {
    ...{ account: null, reason: 'retention', ...counts },
  })
  return archive_months
}

/** What of the account is due now. */
export const spanIn = (
  { upstreamOf, now, config }: Pick<RetentionDeps, 'upstreamOf' | 'now' | 'config'>,
  { pluginId, declaredDays }: Pick<SellersAccount, 'pluginId' | 'declaredDays'>,
): Span =>
  spanOf({
    declared: declaredDays,
    most: config.ROBNU_BUYER_DAYS ?? null,
    upstreamNow: upstreamOf(pluginId).now(),
    now: new Date(now()),
  })
