/** What else may show buyers and has a time of its own: raw rows, files that were left, old invoices. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { dropObjects } from '../../storage/rows.ts'
import { type ErasureCounts, noteErasure } from './erasures.ts'
import { dropPapers } from './papers.ts'
import { emptyRawRows } from './raw-rows.ts'
import type { Span } from './span.ts'

/** One batch of each. Answers how much it was. */
export const eraseRest = async (
  scope: SellerScope,
  accountId: string,
  span: Span,
  limit: number,
): Promise<number> => {
  const { sellerId } = scope
  const of = sql.fragment`seller_id = ${sellerId} and marketplace_account_id = ${accountId}`
  const received = sql.fragment`${span.receivedBefore.toISOString()}::timestamptz`
  const invoiced = sql.fragment`${span.invoicesBefore.toISOString()}::timestamptz`
  const raw_rows = await emptyRawRows(
    scope,
    accountId,
    sql.fragment`q.id in (
      select id from quarantined_rows
      where ${of} and raw_erased_at is null and created_at < ${received}
      order by created_at limit ${limit})`,
  )
  // an import lets its file go at its end: this one never came to it
  const left = await scope.any(sql.type(objectRow)`
    update imports set storage_object_id = null, updated_at = now()
    where seller_id = ${sellerId} and id in (
      select id from imports
      where ${of} and storage_object_id is not null and created_at < ${received}
      order by created_at limit ${limit})
    returning old.storage_object_id as id`)
  await dropObjects(scope, left.map(({ id }) => id))
  const documents = await dropPapers(
    scope,
    sql.fragment`d.id in (
      select id from order_documents
      where ${of} and type = 'CUSTOMER_INVOICE' and storage_object_id is not null
        and created_at < ${invoiced}
      order by created_at limit ${limit})`,
  )
  const counts: ErasureCounts = { raw_rows, files: left.length, documents }
  const all = raw_rows + left.length + documents
  if (all === 0) return 0
  const id = await noteErasure(scope, { accountId, reason: 'retention', counts })
  recordAudit(scope, sellerId, 'buyers.erased', `erasure:${id}`, {
    ...{ account: accountId, reason: 'retention', ...counts },
  })
  return all
}
const objectRow = z.object({ id: z.string() })
