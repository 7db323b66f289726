/** Retention driven by hand: the job of one seller, at whatever time by whatever clock. */
import { z } from 'zod'
import { sql } from '../../../core/db/sql.ts'
import { createErasures } from '../../../core/ledger/retention/read-erasures.ts'
import { eraseExpired, type RetentionDeps } from '../../../core/ledger/retention/run-retention.ts'
import { createUpstream } from '../../../core/ledger/upstream.ts'
import { silentLog } from '../../../core/log.ts'
import { requestSellerJob } from '../../../core/queues/seller-jobs.ts'
import { claimWork, type LeasedJob } from '../../../core/queues/work.ts'
import type { OrderRow, OrderState } from '../../../core/plugin.ts'
import type { FreshDatabase, TestSeller } from '../../support/database.ts'
import type { Pages } from '../support/pages.ts'
import { orderRow } from '../support/rows.ts'

export const dayMs = 86_400_000
export const never = new AbortController().signal

/** Both clocks show `at`, unless the upstream's shows another time. */
export const depsAt = (
  { db }: Pick<FreshDatabase, 'db'>,
  at: Date,
  changes: Partial<RetentionDeps> & { readonly upstream?: Date } = {},
): RetentionDeps => {
  const { upstream = at, ...more } = changes
  return {
    ...{ db, log: silentLog, now: () => at.getTime(), sliceMs: 60_000, config: {} },
    upstreamOf: () => createUpstream(undefined, () => upstream.getTime()),
    ...more,
  }
}

const itemRow = z.object({ id: z.string(), state: z.string() })
/** The newest one of the seller's job. */
const itemOf = ({ db }: Pick<FreshDatabase, 'db'>, sellerId: string) =>
  db.withPlatformScope('test', (tx) =>
    tx.one(sql.type(itemRow)`
      select id, state from work_items where seller_id = ${sellerId} and lane = 'job:retention'
      order by id desc limit 1`))

/** Asks for the job and takes its item. */
export const leaseJob = async (
  { db }: Pick<FreshDatabase, 'db'>,
  sellerId: string,
): Promise<LeasedJob> => {
  await db.withPlatformScope(
    'test',
    (tx) => requestSellerJob(tx, { sellerId, job: 'retention' }),
  )
  const { id: itemId } = await itemOf({ db }, sellerId)
  const work = await claimWork(db, { sellerId, itemId, leaseMs: 60_000 })
  if (!work?.claimed || work.target !== 'JOB') throw new Error('The job cannot be claimed')
  return work
}

/** Slices until the job is done; how many they were. */
export const runJob = async (
  fresh: Pick<FreshDatabase, 'db'>,
  sellerId: string,
  deps: RetentionDeps,
  batchSize?: number,
): Promise<number> => {
  for (let slice = 1; slice < 100; slice++) {
    const work = await leaseJob(fresh, sellerId)
    await eraseExpired(deps, work, { signal: never, draining: never }, batchSize)
    if ((await itemOf(fresh, sellerId)).state === 'DONE') return slice
  }
  throw new Error('The job does not end')
}

const heldRow = z.object({ order: z.string() })
/** The marketplace's numbers of orders of which something of the buyer lies there. */
export const heldBy = async (
  { db }: Pick<FreshDatabase, 'db'>,
  { entry }: Pick<TestSeller, 'entry'>,
): Promise<readonly string[]> => {
  const rows = await db.inSellerScope(entry).any(sql.type(heldRow)`
    select external_order_id as order from orders
    where num_nonnulls(customer_name_enc, customer_phone_enc, customer_email_enc, address_enc,
      customer_phone_idx, customer_email_idx) > 0
    order by external_order_id collate "C"`)
  return rows.map(({ order }) => order)
}

/** Everything that stays, as text: orders without their buyers, lines, parcels, returns, money. */
export const whatStays = (
  { asSuperuser }: Pick<FreshDatabase, 'asSuperuser'>,
): Promise<readonly string[]> =>
  asSuperuser(async (admin) => {
    const tables = [
      ...['orders', 'order_items', 'order_events', 'shipments', 'shipment_items'],
      ...['shipment_events', 'manifests', 'order_returns', 'order_return_items', 'return_awbs'],
      ...['marketplace_payouts', 'payout_line_items', 'order_invoices', 'plan_usage'],
    ]
    const all: string[] = []
    for (const table of tables) {
      const rows = await admin<{ row: string }[]>`
        select (to_jsonb(t) - 'customer_name_enc' - 'customer_phone_enc' - 'customer_email_enc'
          - 'address_enc' - 'customer_phone_idx' - 'customer_email_idx' - 'customer_erased_at'
          )::text as row
        from ${admin(table)} t`
      all.push(...rows.map(({ row }) => `${table} ${row}`).toSorted())
    }
    return all
  })

export const day = (n: number): Date => new Date(Date.UTC(2026, 0, 1) + n * dayMs)

/** An order of the first of January 2026 with a buyer, in its state since day `at`. */
export const order = (
  externalId: string,
  status: OrderState,
  at: number,
  more: Partial<OrderRow> = {},
): OrderRow =>
  orderRow({
    ...{ externalId, status, rawStatus: `is ${status}`, orderedAt: day(0), updatedAt: day(at) },
    ...{ shipBy: day(2), ...more },
  })

/** By the marketplace's numbers, in their order. */
export const idsOf = async (
  of: Pages,
  ...numbers: readonly string[]
): Promise<readonly string[]> => {
  const rows = await of.fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`select id from orders where seller_id = ${of.seller.sellerId}
      and external_order_id = any (${[...numbers]}) order by external_order_id`
  )
  return rows.map(({ id }) => id)
}

/** What the API lists, newest first. */
export const erasuresOf = async ({ fresh, seller }: Pages) =>
  (await createErasures(fresh.db).list(seller.entry, { limit: 50 })).rows
