/** Orders into the ledger: what is unchanged is left alone, what is new or changed is sealed first. */
import { z } from 'zod'
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
import { command, sql } from '../db/sql.ts'
import type { PreparedOrder } from './order-rows.ts'

export interface StoredCounts {
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  /** The ids of the rows that were written. */
  readonly written: readonly string[]
}

/** How many values one order seals at most: name, phone, e-mail, address. */
export const sealsPerOrder = 4

/** Stores the orders of one account; an older row never replaces a newer one. */
export const storeOrders = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: { readonly accountId: string; readonly runId: string },
  orders: readonly PreparedOrder[],
): Promise<StoredCounts> => {
  if (orders.length === 0) return { created: 0, changed: 0, unchanged: 0, written: [] }
  await lockAccount(scope, place.accountId)
  const known = new Map(
    (await scope.any(sql.type(hashRow)`
      select id, content_hash, source_updated_at from orders
      where seller_id = ${scope.sellerId} and id = any(${
      uuidArray(orders.map((o) => o.id))
    }::uuid[])
    `)).map((row) => [row.id, row]),
  )
  const fresh = orders.filter((order) => {
    const before = known.get(order.id)
    return !before || !same(before.content_hash, order.hash) &&
        before.source_updated_at <= order.row.updatedAt
  })
  if (fresh.length === 0) {
    return { created: 0, changed: 0, unchanged: orders.length, written: [] }
  }
  const written = await write(scope, keys, place, fresh)
  countOrders(scope, fresh, written)
  const created = written.filter((row) => row.created).length
  return {
    created,
    changed: written.length - created,
    unchanged: orders.length - written.length,
    written: written.map((row) => row.id),
  }
}

/**
 * One page of an account at a time: two that meet would each miss the other's lines, write what is
 * the same twice, or wait for each other. It is a statement of its own, so that the next one sees
 * what the other has committed.
 */
const lockAccount = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`select pg_advisory_xact_lock(hashtextextended(${accountId}, 1))`)
}

const hashRow = z.object({
  id: z.string(),
  content_hash: z.instanceof(Uint8Array),
  source_updated_at: z.date(),
})
const writtenRow = z.object({
  id: z.string(),
  created: z.boolean(),
  /** Null for a new order. */
  ordered_before: z.date().nullable(),
})

/**
 * Keeps the orders of each day, which the plan is measured by: new ones are added, and one whose day
 * was corrected moves. The rows of days are waited for by all workers of the seller.
 */
const countOrders = (
  scope: SellerScope,
  orders: readonly PreparedOrder[],
  written: readonly z.infer<typeof writtenRow>[],
): void => {
  const orderedAt = new Map(orders.map(({ id, row }) => [id, row.orderedAt]))
  const counts = written.flatMap(({ id, ordered_before: before }) => {
    const at = orderedAt.get(id)
    if (at === undefined || at.getTime() === before?.getTime()) return []
    const more = { at, orders: 1 }
    return before === null ? [more] : [more, { at: before, orders: -1 }]
  })
  if (counts.length === 0) return
  scope.atCommit(command`
    select count_orders(${timestampArray(counts.map(({ at }) => at))}::timestamptz[],
      ${int4Array(counts.map(({ orders }) => orders))}::int4[])`)
}

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/** Orders and their lines in one statement; lines go with the orders that were really written. */
const write = (
  scope: SellerScope,
  keys: SellerKeys,
  { accountId, runId }: { readonly accountId: string; readonly runId: string },
  orders: readonly PreparedOrder[],
) => {
  const rows = orders.map((order) => order.row)
  const seal = (column: string, of: (order: PreparedOrder) => string | null | undefined) =>
    bytesArray(orders.map((order) => {
      const value = of(order)
      return value ? keys.seal('orders', column, order.id, value) : null
    }))
  const lines = orders.flatMap((order) =>
    order.row.items.map((item, index) => ({
      id: order.itemIds[index] ?? '',
      orderId: order.id,
      line: index + 1,
      item,
    }))
  )
  return scope.any(sql.type(writtenRow)`
    with stored as (
      insert into orders (
        seller_id, marketplace_account_id, job_run_id, id, external_order_id, status, status_rank,
        raw_status, on_hold, ordered_at, source_updated_at, ship_by, currency, total_paise,
        fulfilled_by, state_code, item_count, content_hash, customer_name_enc, customer_phone_enc,
        customer_email_enc, address_enc
      )
      select ${scope.sellerId}::uuid, ${accountId}::uuid, ${runId}::uuid, u.*
      from unnest(
        ${uuidArray(orders.map((o) => o.id))}::uuid[],
        ${textArray(rows.map((r) => r.externalId))}::text[],
        ${textArray(rows.map((r) => r.status ?? 'NEW'))}::text[],
        ${int4Array(orders.map((o) => o.rank))}::int4[],
        ${textArray(rows.map((r) => r.rawStatus))}::text[],
        ${boolArray(rows.map((r) => r.onHold))}::bool[],
        ${timestampArray(rows.map((r) => r.orderedAt))}::timestamptz[],
        ${timestampArray(rows.map((r) => r.updatedAt))}::timestamptz[],
        ${timestampArray(rows.map((r) => r.shipBy))}::timestamptz[],
        ${textArray(rows.map((r) => r.currency))}::text[],
        ${int8Array(rows.map((r) => r.totalPaise))}::int8[],
        ${textArray(rows.map((r) => r.fulfilledBy))}::text[],
        ${textArray(rows.map((r) => r.stateCode))}::text[],
        ${int4Array(rows.map((r) => r.items.length))}::int4[],
        ${bytesArray(orders.map((o) => o.hash))}::bytea[],
        ${seal('customer_name_enc', (o) => o.row.customer?.name)}::bytea[],
        ${seal('customer_phone_enc', (o) => o.row.customer?.phone)}::bytea[],
        ${seal('customer_email_enc', (o) => o.row.customer?.email)}::bytea[],
        ${seal('address_enc', (o) => addressText(o))}::bytea[]
      ) as u
      on conflict (seller_id, id) do update set
        status = case when excluded.status_rank > orders.status_rank
          then excluded.status else orders.status end,
        status_rank = greatest(excluded.status_rank, orders.status_rank),
        raw_status = excluded.raw_status,
        on_hold = excluded.on_hold,
        ordered_at = excluded.ordered_at,
        source_updated_at = excluded.source_updated_at,
        ship_by = excluded.ship_by,
        currency = excluded.currency,
        -- a marketplace that tells less than before takes nothing away
        total_paise = coalesce(excluded.total_paise, orders.total_paise),
        fulfilled_by = coalesce(excluded.fulfilled_by, orders.fulfilled_by),
        state_code = coalesce(excluded.state_code, orders.state_code),
        item_count = excluded.item_count,
        customer_name_enc = coalesce(excluded.customer_name_enc, orders.customer_name_enc),
        customer_phone_enc = coalesce(excluded.customer_phone_enc, orders.customer_phone_enc),
        customer_email_enc = coalesce(excluded.customer_email_enc, orders.customer_email_enc),
        address_enc = coalesce(excluded.address_enc, orders.address_enc),
        content_hash = excluded.content_hash,
        job_run_id = excluded.job_run_id,
        updated_at = now()
      where orders.source_updated_at <= excluded.source_updated_at
      returning id, xmax = 0 as created, old.ordered_at as ordered_before
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
        ${int8Array(lines.map((l) => l.item.totalPaise))}::int8[]
      ) as u (id, order_id, line, external_item_id, sku, listing_id, title, quantity, total_paise)
    ), gone as (
      delete from order_items i using stored s
      where not s.created and i.seller_id = ${scope.sellerId} and i.order_id = s.id
        and not exists (select from lines l where l.id = i.id)
    ), kept as (
      insert into order_items (
        seller_id, id, order_id, line, external_item_id, sku, listing_id, title, quantity, total_paise
      )
      select ${scope.sellerId}::uuid, l.* from lines l join stored s on s.id = l.order_id
      on conflict (seller_id, id) do update set
        line = excluded.line, sku = excluded.sku, listing_id = excluded.listing_id,
        title = excluded.title, quantity = excluded.quantity,
        total_paise = coalesce(excluded.total_paise, order_items.total_paise)
    )
    select id, created, ordered_before from stored`)
}

/** The whole address is one sealed value; only the state's code stays in clear. */
const addressText = ({ row }: PreparedOrder): string | null =>
  row.customer?.address ? JSON.stringify(row.customer.address) : null
