/** The ingest of the house, page by page, as the engine calls it for what an adapter has fetched. */
import type { Keyring } from '#core/crypto/keyring.ts'
import type { SellerKeys } from '#core/crypto/keys.ts'
import type { Database, SellerScope } from '#core/db/database.ts'
import { prepareOrders } from '#core/ledger/order-rows.ts'
import { sealsPerOrder } from '#core/ledger/store-orders.ts'
import { noCounts, type PagePlace, type RunCounts, storePage } from '#core/ledger/store-page.ts'
import type { OrderRow } from '#core/plugin.ts'
import { sendLater } from '#core/queues/outbox.ts'
import type { BenchSeller, LeasedRun } from './sellers.ts'

export interface House {
  readonly db: Database
  readonly keyring: Keyring
}
/** Where a sync stands between two calls. */
export interface Progress {
  readonly seq: number
  readonly counts: RunCounts
}
export const atTheBeginning: Progress = { seq: 0, counts: noCounts }

export const batchSize = 1_000

/**
 * Stores the orders in batches of 1,000, each in a transaction: hash, sealing, row security, upsert,
 * lines, run, cursor and audit, and one message in the outbox for a batch that changed something.
 */
export const syncOrders = async (
  house: House,
  seller: BenchSeller,
  run: LeasedRun,
  rows: readonly OrderRow[],
  before: Progress,
  scopeOf: (scope: SellerScope) => SellerScope = (scope) => scope,
): Promise<Progress> => {
  let progress = before
  for (let from = 0; from < rows.length; from += batchSize) {
    const batch = rows.slice(from, from + batchSize)
    const willSeal = batch.length * sealsPerOrder + batch.length
    const keys = await house.keyring.forSeller(run.entry, { willSeal })
    progress = await storeBatch(house.db, keys, seller, run, batch, progress, scopeOf)
  }
  return progress
}

const storeBatch = async (
  db: Database,
  keys: SellerKeys,
  { accountId }: BenchSeller,
  { runId, entry }: LeasedRun,
  rows: readonly OrderRow[],
  { seq, counts }: Progress,
  scopeOf: (scope: SellerScope) => SellerScope,
): Promise<Progress> => {
  const prepared = prepareOrders(keys, accountId, rows)
  const place: PagePlace = { accountId, target: 'ORDERS', runId, cursorSeq: seq }
  const page = { rows, rejected: [], received: rows.length, cursor: { seq } }
  const stored = await db.withSellerScope(entry, async (opened) => {
    const scope = scopeOf(opened)
    const after = await storePage(scope, keys, place, page, prepared, counts)
    if (after.unchanged - counts.unchanged < rows.length) {
      await sendLater(scope, { queue: 'bench', group: accountId, body: { runId, seq } })
    }
    return after
  })
  return { seq: seq + 1, counts: stored }
}
