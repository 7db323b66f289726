/** The writing of orders and their lines, in one statement. */
import { z } from 'zod'
import { emailIndex, phoneIndex } from '../crypto/blind-index.ts'
import type { SellerKeys } from '../crypto/keys.ts'
import {
  boolArray,
  bytesArray,
  int4Array,
  int8Array,
  textArray,
  timestampArray,
  uuidArray,
} from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { orderStateRank } from '../plugin.ts'
import { addOrderEvents, type Place, tellEvents } from './order-events.ts'
import { writeStands } from './order-moves.ts'
import type { PreparedOrder } from './order-rows.ts'
import type { OrderStands } from './order-stands.ts'
import type { OrderPlan } from './plan-order.ts'

const writtenRow = z.object({
  id: z.string(),
  created: z.boolean(),
  /** Null for a new order. */
  ordered_before: z.date().nullable(),
  /** Returns had come before their order. */
  has_returns: z.boolean(),
})
export type WrittenOrder = z.infer<typeof writtenRow>

/**
 * Orders with their lines and with the words that their newest one takes the place of. Lines go with
 * the orders that were really written.
 */
export const writeOrders = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: { readonly accountId: string; readonly runId: string },
  plans: readonly OrderPlan[],
): Promise<readonly WrittenOrder[]> => {
  if (plans.length === 0) return []
  const { accountId, runId } = place
  const orders = plans.map(({ order }) => order)
  const rows = orders.map((order) => order.row)
  const seal = (column: string, of: (order: PreparedOrder) => string | null | undefined) =>
    bytesArray(orders.map((order) => {
      const value = of(order)
      return value ? keys.seal('orders', column, order.id, value) : null
    }))
  const blind = (
    make: typeof phoneIndex,
    of: (order: PreparedOrder) => string | null | undefined,
  ) =>
    bytesArray(orders.map((order) => {
      const value = of(order)
      return value ? make(keys, value) : null
    }))
  const lines = orders.flatMap((order) =>
    order.row.items.map((item, index) => ({
      id: order.itemIds[index] ?? '',
      orderId: order.id,
      line: index + 1,
      item,
    }))
  )
  return await scope.any(sql.type(writtenRow)`
    with account as (
      select lower(m.code) || ':' || a.external_account_id || ':order:' as prefix
      from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
      where a.seller_id = ${scope.sellerId} and a.id = ${accountId}
    ), stored as (
      insert into orders (
        seller_id, marketplace_account_id, job_run_id, dedup_key, id, external_order_id, status,
        status_rank, own_status, own_at, told_status, raw_status, on_hold, ordered_at,
        source_updated_at, ship_by, process_after, currency, total_paise, fulfilled_by, state_code,
        item_count, content_hash, customer_name_enc, customer_phone_enc, customer_email_enc,
        address_enc, customer_phone_idx, customer_email_idx
      )
      select ${scope.sellerId}::uuid, ${accountId}::uuid, ${runId}::uuid,
        (select prefix from account) || u.external_order_id, u.*
      from unnest(
        ${uuidArray(orders.map((o) => o.id))}::uuid[],
        ${textArray(rows.map((r) => r.externalId))}::text[],
        ${textArray(plans.map((p) => p.status))}::text[],
        ${int4Array(plans.map((p) => orderStateRank(p.status)))}::int4[],
        ${textArray(plans.map((p) => p.own.status))}::text[],
        ${timestampArray(plans.map((p) => p.own.at))}::timestamptz[],
        ${textArray(plans.map((p) => p.told.status))}::text[],
        ${textArray(plans.map((p) => p.told.raw))}::text[],
        ${boolArray(plans.map((p) => p.told.onHold))}::bool[],
        ${timestampArray(rows.map((r) => r.orderedAt))}::timestamptz[],
        ${timestampArray(rows.map((r) => r.updatedAt))}::timestamptz[],
        ${timestampArray(rows.map((r) => r.shipBy))}::timestamptz[],
        ${timestampArray(rows.map((r) => r.processAfter ?? null))}::timestamptz[],
        ${textArray(rows.map((r) => r.currency))}::text[],
        ${int8Array(rows.map((r) => r.totalPaise))}::int8[],
        ${textArray(rows.map((r) => r.fulfilledBy))}::text[],
        ${textArray(rows.map((r) => r.stateCode))}::text[],
        ${int4Array(rows.map((r) => r.items.length))}::int4[],
        ${bytesArray(orders.map((o) => o.hash))}::bytea[],
        ${seal('customer_name_enc', (o) => o.row.customer?.name)}::bytea[],
        ${seal('customer_phone_enc', (o) => o.row.customer?.phone)}::bytea[],
        ${seal('customer_email_enc', (o) => o.row.customer?.email)}::bytea[],
        ${seal('address_enc', (o) => addressText(o))}::bytea[],
        ${blind(phoneIndex, (o) => o.row.customer?.phone)}::bytea[],
        ${blind(emailIndex, (o) => o.row.customer?.email)}::bytea[]
      ) as u (
        id, external_order_id, status, status_rank, own_status, own_at, told_status, raw_status,
        on_hold, ordered_at, source_updated_at, ship_by, process_after, currency, total_paise,
        fulfilled_by, state_code, item_count, content_hash, customer_name_enc, customer_phone_enc,
        customer_email_enc, address_enc, customer_phone_idx, customer_email_idx
      )
      on conflict (seller_id, id) do update set
        dedup_key = excluded.dedup_key,
        status = excluded.status,
        status_rank = excluded.status_rank,
        own_status = excluded.own_status,
        own_at = excluded.own_at,
        told_status = excluded.told_status,
        raw_status = excluded.raw_status,
        on_hold = excluded.on_hold,
        ordered_at = excluded.ordered_at,
        source_updated_at = excluded.source_updated_at,
        ship_by = excluded.ship_by,
        process_after = excluded.process_after,
        currency = excluded.currency,
        -- a marketplace that tells less than before takes nothing away
        total_paise = coalesce(excluded.total_paise, orders.total_paise),
        fulfilled_by = coalesce(excluded.fulfilled_by, orders.fulfilled_by),
        state_code = coalesce(excluded.state_code, orders.state_code),
        item_count = excluded.item_count,
        -- who was erased is never filled in again, also when that has happened a moment ago
        customer_name_enc = case when orders.customer_erased_at is null
          then coalesce(excluded.customer_name_enc, orders.customer_name_enc) end,
        customer_phone_enc = case when orders.customer_erased_at is null
          then coalesce(excluded.customer_phone_enc, orders.customer_phone_enc) end,
        customer_email_enc = case when orders.customer_erased_at is null
          then coalesce(excluded.customer_email_enc, orders.customer_email_enc) end,
        address_enc = case when orders.customer_erased_at is null
          then coalesce(excluded.address_enc, orders.address_enc) end,
        -- an index is that of the field beside it
        customer_phone_idx = case
          when orders.customer_erased_at is null and excluded.customer_phone_enc is not null
          then excluded.customer_phone_idx else orders.customer_phone_idx end,
        customer_email_idx = case
          when orders.customer_erased_at is null and excluded.customer_email_enc is not null
          then excluded.customer_email_idx else orders.customer_email_idx end,
        content_hash = excluded.content_hash,
        job_run_id = excluded.job_run_id,
        updated_at = now()
      where orders.source_updated_at <= excluded.source_updated_at
      returning id, dedup_key, xmax = 0 as created, old.ordered_at as ordered_before
    ), told as (
      ${tellEvents(scope.sellerId, place, plans.flatMap((p) => p.events))}
    ), returned as (
      update order_returns r set order_id = s.id, updated_at = now()
      from stored s
      where s.created and r.seller_id = ${scope.sellerId} and r.order_dedup_key = s.dedup_key
        and r.order_id is null
      returning r.order_id
    ), lines as (
      select u.* from unnest(
        ${uuidArray(lines.map((l) => l.id))}::uuid[],
        ${uuidArray(lines.map((l) => l.orderId))}::uuid[],
        ${int4Array(lines.map((l) => l.line))}::int4[],
        ${textArray(lines.map((l) => l.item.externalId))}::text[],
        ${textArray(lines.map((l) => l.item.sku))}::text[],
        ${textArray(lines.map((l) => l.item.listingId))}::text[],
        ${textArray(lines.map((l) => l.item.title))}::text[],
        ${int4Array(lines.map((l) => l.item.quantity))}::int4[],
        ${int8Array(lines.map((l) => l.item.totalPaise))}::int8[],
        ${int4Array(lines.map((l) => l.item.cancelledQuantity ?? 0))}::int4[],
        ${textArray(lines.map((l) => l.item.hsn ?? null))}::text[],
        ${int4Array(lines.map((l) => l.item.gstRateBp ?? null))}::int4[]
      ) as u (
        id, order_id, line, external_item_id, sku, listing_id, title, quantity, total_paise,
        cancelled_quantity, hsn, gst_rate_bp
      )
    ), gone as (
      delete from order_items i using stored s
      where not s.created and i.seller_id = ${scope.sellerId} and i.order_id = s.id
        and not exists (select from lines l where l.id = i.id)
    ), kept as (
      insert into order_items (
        seller_id, id, order_id, line, external_item_id, sku, listing_id, title, quantity,
        total_paise, cancelled_quantity, hsn, gst_rate_bp
      )
      select ${scope.sellerId}::uuid, l.* from lines l join stored s on s.id = l.order_id
      on conflict (seller_id, id) do update set
        line = excluded.line, sku = excluded.sku, listing_id = excluded.listing_id,
        title = excluded.title, quantity = excluded.quantity,
        total_paise = coalesce(excluded.total_paise, order_items.total_paise),
        cancelled_quantity = excluded.cancelled_quantity,
        hsn = coalesce(excluded.hsn, order_items.hsn),
        gst_rate_bp = coalesce(excluded.gst_rate_bp, order_items.gst_rate_bp)
    )
    select s.id, s.created, s.ordered_before,
      exists (select from returned r where r.order_id = s.id) as has_returns
    from stored s`)
}

/**
 * Rows that are older than what is stored: their words go to the trail and may lead the order further,
 * and nothing else of it changes. Answers the ids of the orders that are other ones now.
 */
export const writeLate = async (
  scope: SellerScope,
  place: Place,
  before: ReadonlyMap<string, OrderStands>,
  plans: readonly OrderPlan[],
): Promise<readonly string[]> => {
  if (plans.length === 0) return []
  const after = plans.flatMap(({ order, own }) => {
    const stands = before.get(order.id)
    return stands ? [{ ...stands, own }] : []
  })
  const { written } = await writeStands(scope, place, before, after)
  await addOrderEvents(scope, place, plans.flatMap((plan) => plan.events))
  return written
}

/** The whole address is one sealed value; only the state's code stays in clear. */
const addressText = ({ row }: PreparedOrder): string | null =>
  row.customer?.address ? JSON.stringify(row.customer.address) : null
