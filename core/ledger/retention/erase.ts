/** Erases buyers: the one place where what is kept of them of an order ends. */
import { z } from 'zod'
import { digestOf, recordAudit } from '../../audit/record.ts'
import { textArray, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { Fragment } from '../account-limit.ts'
import { lockAccount } from '../order-stands.ts'
import { type ErasureReason, noteErasure, type RetentionSpan } from './erasures.ts'
import { dropPapers, goneWithOrder } from './papers.ts'
import { emptyRawRows } from './raw-rows.ts'

interface ErasedBuyers {
  /** Of `erasures`; null: there was nothing to erase. */
  readonly erasureId: string | null
  readonly orders: number
  /** Sealed fields that held something. */
  readonly fields: number
  readonly documents: number
  /** That could not be read, and named these orders or the buyer. */
  readonly raw_rows: number
}

/**
 * Erases what is kept of the buyers of these orders of one account, in the transaction of the scope:
 * sealed fields, blind indexes, papers that show them, raw rows of these orders that could not be read.
 * From then on nothing of these buyers is taken
 * again, whatever is synced or imported (`customer_erased_at`); states, lines and money go on. Writes the
 * erasure and an audit event with counts. Orders that were erased before, are not there or are of another
 * account are left out, so the same call again changes nothing. Takes `lockAccount`: with several
 * accounts in one transaction, call it in the order of their ids. Nobody sees a buyer's field afterwards,
 * in no role; tax invoices stay, as the law asks.
 */
export const eraseBuyers = async (
  scope: SellerScope,
  ask: {
    readonly accountId: string
    readonly orderIds: readonly string[]
    readonly reason: ErasureReason
    /** Of retention: what made them due. */
    readonly span?: RetentionSpan
    /** Raw rows besides, also where there are no orders: a condition on `q`. */
    readonly rawRows?: Fragment
  },
): Promise<ErasedBuyers> => {
  const { accountId, orderIds, reason, span, rawRows } = ask
  if (orderIds.length === 0 && rawRows === undefined) return nothing
  await lockAccount(scope, accountId)
  const rows = await scope.any(sql.type(erasedRow)`
    update orders set customer_erased_at = now(), customer_name_enc = null,
      customer_phone_enc = null, customer_email_enc = null, address_enc = null,
      customer_phone_idx = null, customer_email_idx = null
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      and id = any(${uuidArray(orderIds)}::uuid[]) and customer_erased_at is null
    returning id, external_order_id as number, num_nonnulls(old.customer_name_enc,
      old.customer_phone_enc, old.customer_email_enc, old.address_enc) as fields`)
  const ids = rows.map(({ id }) => id)
  const theirs = sql.fragment`q.target = 'ORDERS'
    and q.external_key = any(${textArray(rows.map(({ number }) => number))}::text[])`
  const raw_rows = await emptyRawRows(scope, accountId, theirs) +
    (rawRows ? await emptyRawRows(scope, accountId, rawRows) : 0)
  if (rows.length + raw_rows === 0) return nothing
  const counts = {
    orders: rows.length,
    fields: rows.reduce((sum, { fields }) => sum + fields, 0),
    documents: await dropPapers(
      scope,
      sql.fragment`d.order_id = any(${uuidArray(ids)}::uuid[])
        and d.type = any(${textArray(goneWithOrder)}::text[])`,
    ),
    raw_rows,
  }
  const erasureId = await noteErasure(scope, { accountId, reason, counts, ...span ? { span } : {} })
  recordAudit(scope, scope.sellerId, 'buyers.erased', `erasure:${erasureId}`, {
    ...{ account: accountId, reason, ...counts, ids: digestOf(ids) },
  })
  return { erasureId, ...counts }
}
const nothing: ErasedBuyers = { erasureId: null, orders: 0, fields: 0, documents: 0, raw_rows: 0 }
const erasedRow = z.object({ id: z.string(), number: z.string(), fields: z.number() })
