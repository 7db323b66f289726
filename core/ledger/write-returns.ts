/** The writing of returns and their lines, in one statement. */
import {
  bytesArray,
  int4Array,
  int8Array,
  textArray,
  timestampArray,
  uuidArray,
} from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import { type ReturnState, returnStateRank } from '../plugin.ts'
import type { PreparedReturn } from './return-rows.ts'

export interface ReturnPlace {
  readonly accountId: string
  readonly runId: string
  readonly claimWindowDays?: number
}
/** Where neither the plugin nor the seller says another span. */
const usualClaimDays = 60
const dayMs = 24 * 3_600_000

/** The newest row of each return, with the state that all its words lead to. */
export const writeReturns = async (
  scope: SellerScope,
  { accountId, runId, claimWindowDays = usualClaimDays }: ReturnPlace,
  plans: readonly { readonly last: PreparedReturn; readonly status: ReturnState }[],
): Promise<void> => {
  if (plans.length === 0) return
  const { sellerId } = scope
  const rows = plans.map(({ last }) => last.row)
  const items = plans.flatMap(({ last: { id, row } }) =>
    row.items.map((item) => ({
      ...item,
      id: idOf(sellerId, id, 'return-item', item.externalId),
      returnId: id,
    }))
  )
  const claimDue = rows.map((row) => new Date(row.initiatedAt.getTime() + claimWindowDays * dayMs))
  await scope.run(command`
    with account as (
      select lower(m.code) || ':' || a.external_account_id || ':order:' as prefix
      from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
      where a.seller_id = ${sellerId} and a.id = ${accountId}
    ), stored as (
      insert into order_returns (
        seller_id, marketplace_account_id, job_run_id, order_dedup_key, order_id, shipment_id, id,
        external_return_id, order_external_id, kind, status, status_rank, raw_status, reason,
        initiated_at, delivered_at, claim_due_at, shipment_external_id, credit_note_number,
        credit_note_at, credit_note_paise, source_updated_at, content_hash
      )
      select ${sellerId}::uuid, ${accountId}::uuid, ${runId}::uuid,
        (select prefix from account) || u.order_external_id,
        (select o.id from orders o where o.seller_id = ${sellerId} and o.id = u.order_id),
        (select s.id from shipments s where s.seller_id = ${sellerId} and s.id = u.shipment_id),
        u.id, u.external_return_id, u.order_external_id, u.kind, u.status, u.status_rank,
        u.raw_status, u.reason, u.initiated_at, u.delivered_at, u.claim_due_at,
        u.shipment_external_id, u.credit_note_number, u.credit_note_at, u.credit_note_paise,
        u.source_updated_at, u.content_hash
      from unnest(
        ${uuidArray(plans.map(({ last }) => last.id))}::uuid[],
        ${uuidArray(plans.map(({ last }) => last.orderId))}::uuid[],
        ${uuidArray(plans.map(({ last }) => last.shipmentId))}::uuid[],
        ${textArray(rows.map((row) => row.externalId))}::text[],
        ${textArray(rows.map((row) => row.orderExternalId))}::text[],
        ${textArray(rows.map((row) => row.kind))}::text[],
        ${textArray(plans.map(({ status }) => status))}::text[],
        ${int4Array(plans.map(({ status }) => returnStateRank(status)))}::int4[],
        ${textArray(rows.map((row) => row.rawStatus))}::text[],
        ${textArray(rows.map((row) => row.reason))}::text[],
        ${timestampArray(rows.map((row) => row.initiatedAt))}::timestamptz[],
        ${timestampArray(rows.map((row) => row.deliveredAt))}::timestamptz[],
        ${timestampArray(claimDue)}::timestamptz[],
        ${textArray(rows.map((row) => row.shipmentExternalId))}::text[],
        ${textArray(rows.map((row) => row.creditNote?.number ?? null))}::text[],
        ${timestampArray(rows.map((row) => row.creditNote?.at ?? null))}::timestamptz[],
        ${int8Array(rows.map((row) => row.creditNote?.paise ?? null))}::int8[],
        ${timestampArray(rows.map((row) => row.updatedAt))}::timestamptz[],
        ${bytesArray(plans.map(({ last }) => last.hash))}::bytea[]
      ) as u (
        id, order_id, shipment_id, external_return_id, order_external_id, kind, status,
        status_rank, raw_status, reason, initiated_at, delivered_at, claim_due_at,
        shipment_external_id, credit_note_number, credit_note_at, credit_note_paise,
        source_updated_at, content_hash
      )
      on conflict (seller_id, id) do update set
        kind = excluded.kind,
        status = excluded.status,
        status_rank = excluded.status_rank,
        -- of one instant always the same one, whichever came first
        raw_status = case when order_returns.source_updated_at < excluded.source_updated_at
          then excluded.raw_status
          else greatest(order_returns.raw_status, excluded.raw_status) end,
        -- a marketplace that tells less than before takes nothing away
        reason = coalesce(excluded.reason, order_returns.reason),
        initiated_at = excluded.initiated_at,
        claim_due_at = excluded.claim_due_at,
        delivered_at = coalesce(excluded.delivered_at, order_returns.delivered_at),
        shipment_external_id =
          coalesce(excluded.shipment_external_id, order_returns.shipment_external_id),
        shipment_id = coalesce(excluded.shipment_id, order_returns.shipment_id),
        credit_note_number = coalesce(excluded.credit_note_number, order_returns.credit_note_number),
        credit_note_at = coalesce(excluded.credit_note_at, order_returns.credit_note_at),
        credit_note_paise = coalesce(excluded.credit_note_paise, order_returns.credit_note_paise),
        source_updated_at = excluded.source_updated_at,
        content_hash = excluded.content_hash,
        job_run_id = excluded.job_run_id,
        updated_at = now()
      returning id, xmax = 0 as created
    ), lines as (
      select u.* from unnest(
        ${uuidArray(items.map((item) => item.id))}::uuid[],
        ${uuidArray(items.map((item) => item.returnId))}::uuid[],
        ${textArray(items.map((item) => item.externalId))}::text[],
        ${textArray(items.map((item) => item.itemExternalId))}::text[],
        ${textArray(items.map((item) => item.sku))}::text[],
        ${int4Array(items.map((item) => item.quantity))}::int4[],
        ${textArray(items.map((item) => item.condition))}::text[]
      ) as u (
        id, order_return_id, external_item_id, order_item_external_id, sku, quantity, condition
      )
    ), gone as (
      delete from order_return_items i using stored s
      where not s.created and i.seller_id = ${sellerId} and i.order_return_id = s.id
        and not exists (select from lines l where l.id = i.id)
    )
    insert into order_return_items (
      seller_id, id, order_return_id, external_item_id, order_item_external_id, sku, quantity,
      condition
    )
    select ${sellerId}::uuid, l.* from lines l
    on conflict (seller_id, id) do update set
      order_item_external_id = excluded.order_item_external_id, sku = excluded.sku,
      quantity = excluded.quantity,
      condition = coalesce(excluded.condition, order_return_items.condition)`)
}
