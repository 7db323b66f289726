/** What is due of all sellers, or of one: counts by account, for the sweep and for people who ask. */
import { z } from 'zod'
import { type ArchiveMonth, listArchiveMonths } from '../../crypto/archive-months.ts'
import { uuidArray } from '../../db/arrays.ts'
import type { Database, Tx } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { requestSellerJob } from '../../queues/seller-jobs.ts'
import { type RetentionDeps, spanIn } from './run-retention.ts'
import { lastArchiveMonth, usualBuyerDays } from './span.ts'

export interface DueOfAccount {
  readonly seller_id: string
  readonly marketplace_account_id: string
  readonly marketplace: string
  readonly days: number
  /** By the clock of the marketplace. */
  readonly ended_before: Date
  readonly orders: number
  readonly documents: number
  readonly raw_rows: number
  readonly files: number
}
export type LookDeps = Pick<RetentionDeps, 'upstreamOf' | 'now' | 'config'> & {
  readonly db: Pick<Database, 'withPlatformScope'>
}

/** A statement looks at so many accounts: each is a handful of look-ups in indexes. */
const accountsAtOnce = 500

/**
 * Accounts of which something is due, also those of suspended sellers, paused accounts and disabled
 * plugins; not those of sellers whose keys are gone. `most` ends the counting of each account early.
 */
export const lookWhatIsDue = async function* (
  deps: LookDeps,
  { sellerId, most }: { readonly sellerId?: string; readonly most?: number },
): AsyncGenerator<DueOfAccount> {
  const marketplaces = await deps.db.withPlatformScope(
    'retention',
    (tx) =>
      tx.any(sql.type(marketplaceRow)`select id, code, plugin_id, buyer_days from marketplaces`),
  )
  for (const { id, code, plugin_id: pluginId, buyer_days: declaredDays } of marketplaces) {
    const span = spanIn(deps, { pluginId, declaredDays })
    const time = (date: Date) => sql.fragment`${date.toISOString()}::timestamptz`
    let after = nobody
    for (;;) {
      const rows = await deps.db.withPlatformScope('retention', (tx) =>
        tx.any(sql.type(dueRow)`
          select a.seller_id, a.id, d.orders, d.documents, d.raw_rows, d.files
          from (
            select a.seller_id, a.id from marketplace_accounts a
            join sellers s on s.id = a.seller_id and s.status <> 'OFFBOARDED'
            where a.marketplace_id = ${id} and a.id > ${after}
              and (${sellerId ?? null}::uuid is null or a.seller_id = ${sellerId ?? null}::uuid)
            order by a.id limit ${accountsAtOnce}) a
          cross join lateral retention_due(a.seller_id, a.id, ${time(span.endedBefore)},
            ${time(span.sentBefore)}, ${time(span.silentBefore)}, ${time(span.cameBefore)},
            ${time(span.receivedBefore)}, ${time(span.invoicesBefore)}, ${most ?? null}::int4) d
          order by a.id`))
      for (const { id: account, ...row } of rows) {
        if (row.orders + row.documents + row.raw_rows + row.files === 0) continue
        yield {
          ...{ ...row, marketplace_account_id: account, marketplace: code },
          ...{ days: span.days, ended_before: span.endedBefore },
        }
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < accountsAtOnce) break
      after = last.id
    }
  }
}
const nobody = '00000000-0000-0000-0000-000000000000'
const marketplaceRow = z.object({
  id: z.string(),
  code: z.string(),
  plugin_id: z.string(),
  buyer_days: z.number().nullable(),
})
const dueRow = z.object({
  seller_id: z.string(),
  id: z.string(),
  orders: z.number(),
  documents: z.number(),
  raw_rows: z.number(),
  files: z.number(),
})

/** Months of raw answers that are due, by seller; of sellers whose keys are gone there are none. */
export const lookWhatMonthsAreDue = async (
  deps: LookDeps,
  { sellerId }: { readonly sellerId?: string },
): Promise<readonly ArchiveMonth[]> => {
  const now = new Date(deps.now())
  const most = deps.config.ROBNU_BUYER_DAYS ?? usualBuyerDays
  return await deps.db.withPlatformScope('retention', async (tx) => {
    const upTo = lastArchiveMonth(now, 1)
    const months = await listArchiveMonths(tx, { upTo, ...sellerId ? { sellerId } : {} })
    const sellers = [...new Set(months.map((one) => one.sellerId))]
    const shortest = new Map(
      (await tx.any(sql.type(shortestRow)`
        select a.seller_id, min(coalesce(m.buyer_days, ${usualBuyerDays})) as days
        from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
        where a.seller_id = any(${uuidArray(sellers)}::uuid[]) group by a.seller_id
      `)).map((row) => [row.seller_id, row.days]),
    )
    return months.filter((one) => {
      const days = Math.min(shortest.get(one.sellerId) ?? usualBuyerDays, usualBuyerDays, most)
      return one.month <= lastArchiveMonth(now, days)
    })
  })
}
const shortestRow = z.object({ seller_id: z.string(), days: z.number() })

/** Asks for the job of each seller of whom something is due; how many that are. */
export const sweepRetention = async (deps: LookDeps): Promise<number> => {
  const sellers = new Set<string>()
  for await (const due of lookWhatIsDue(deps, { most: 1 })) sellers.add(due.seller_id)
  for (const due of await lookWhatMonthsAreDue(deps, {})) sellers.add(due.sellerId)
  for (const sellerId of sellers) {
    await deps.db.withPlatformScope(
      'retention',
      (tx: Tx) => requestSellerJob(tx, { sellerId, job: 'retention' }),
    )
  }
  return sellers.size
}
