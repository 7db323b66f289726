/** The report of what was erased: which account, why, when and how much. Counts, nobody's data. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { newId } from '../../ids.ts'

/** `request`: a buyer asked for it. `offboarding`: the seller's keys were destroyed. */
export const erasureReasons = ['retention', 'request', 'offboarding'] as const
export type ErasureReason = (typeof erasureReasons)[number]

/** Why orders were due. */
export interface RetentionSpan {
  /** From the end of an order, or from its last word. */
  readonly days: number
  /** Orders that ended before, by the clock of the marketplace. */
  readonly endedBefore: Date
}
export interface ErasureCounts {
  readonly orders?: number
  readonly fields?: number
  readonly documents?: number
  readonly raw_rows?: number
  readonly files?: number
  readonly archive_months?: number
}

/**
 * Adds to the erasure of the account's day where it is retention's, and begins a new one else. Answers
 * its id. In the transaction that erases.
 */
export const noteErasure = async (
  scope: SellerScope,
  { accountId, reason, counts, span }: {
    /** Null: of the whole seller. */
    readonly accountId: string | null
    readonly reason: ErasureReason
    readonly counts: ErasureCounts
    readonly span?: RetentionSpan
  },
): Promise<string> => {
  const { orders = 0, fields = 0, documents = 0, raw_rows = 0, files = 0, archive_months = 0 } =
    counts
  const row = await scope.one(sql.type(idRow)`
    insert into erasures as e (
      seller_id, id, marketplace_account_id, reason, day, days, ended_before, orders, fields,
      documents, raw_rows, files, archive_months
    ) values (
      ${scope.sellerId}, ${newId()}, ${accountId}, ${reason},
      (now() at time zone 'Asia/Kolkata')::date, ${span?.days ?? null},
      ${span?.endedBefore.toISOString() ?? null}::timestamptz, ${orders}, ${fields}, ${documents},
      ${raw_rows}, ${files}, ${archive_months}
    )
    on conflict (seller_id, marketplace_account_id, day) where reason = 'retention'
    do update set
      days = coalesce(excluded.days, e.days),
      ended_before = greatest(e.ended_before, excluded.ended_before),
      orders = e.orders + excluded.orders, fields = e.fields + excluded.fields,
      documents = e.documents + excluded.documents, raw_rows = e.raw_rows + excluded.raw_rows,
      files = e.files + excluded.files, archive_months = e.archive_months + excluded.archive_months,
      updated_at = now()
    returning id`)
  return row.id
}
const idRow = z.object({ id: z.string() })
