/** Changed orders into holds and departures: one batch, in one transaction. */
import { z } from 'zod'
import { int4Array, textArray, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { orderStates } from '../../plugin.ts'
import { takeFromShelf } from './levels.ts'
import { stockLocks } from './note.ts'
import { lockProducts } from './products.ts'
import { type Hold, planHolds, type StockLine } from './plan-holds.ts'
import { type PushDeps, refreshListings } from './refresh-listings.ts'
import type { Upstream } from '../upstream.ts'

export interface LookedAt {
  readonly orders: number
  /** Orders of which a hold has changed. */
  readonly changed: number
}

/**
 * Takes up to `most` orders of an account that have changed, and makes stock what they say. Nothing
 * is done twice: the tasks are taken away with the effect, and a line that has shipped stays shipped.
 */
export const lookAtOrders = async (
  scope: SellerScope,
  deps: PushDeps,
  place: { readonly accountId: string; readonly upstream: Upstream; readonly now: number },
  most: number,
): Promise<LookedAt> => {
  const orderIds = await takeTasks(scope, place.accountId, most)
  if (orderIds.length === 0) return { orders: 0, changed: 0 }
  await lockMapping(scope, place.accountId)
  const lines = await readLines(scope, orderIds)
  const holds = await readHolds(scope, orderIds)
  const products = [...lines, ...holds].flatMap(({ productId }) => productId ?? [])
  await lockProducts(scope, products)
  const counted = await countedAt(scope, products)
  const plan = planHolds(lines, holds, (productId) => {
    const at = counted.get(productId)
    return at && onClockOf(place, at)
  })
  if (plan.holds.length === 0) return { orders: orderIds.length, changed: 0 }
  await writeHolds(scope, place.accountId, plan.holds)
  await takeFromShelf(scope, plan.departures)
  const touched = plan.holds.flatMap(({ productId }) => productId ?? [])
  const moved = holds.flatMap(({ productId }) => productId ?? [])
  await refreshListings(scope, deps, [...touched, ...moved])
  return {
    orders: orderIds.length,
    changed: new Set(plan.holds.map(({ orderId }) => orderId)).size,
  }
}

/** A sku gets its product either before these lines are read, or behind what is stored of them. */
export const lockMapping = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`
    select pg_advisory_xact_lock(hashtextextended(${accountId}, ${stockLocks.mapping}))`)
}

/** The oldest first; what somebody is changing just now comes with the work that they ask for. */
const takeTasks = async (
  scope: SellerScope,
  accountId: string,
  most: number,
): Promise<readonly string[]> => {
  const rows = await scope.any(sql.type(z.object({ order_id: z.string() }))`
    with due as (
      select order_id from inventory_tasks
      where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      order by created_at, order_id limit ${most}
      for update skip locked
    )
    delete from inventory_tasks t using due
    where t.seller_id = ${scope.sellerId} and t.order_id = due.order_id
    returning t.order_id`)
  return rows.map((row) => row.order_id)
}

const readLines = async (
  scope: SellerScope,
  orderIds: readonly string[],
): Promise<readonly StockLine[]> => {
  const rows = await scope.any(sql.type(lineRow)`
    select i.id as item_id, i.order_id, i.sku, i.listing_id,
      i.quantity - i.cancelled_quantity as quantity, o.status, o.ordered_at,
      o.fulfilled_by is distinct from 'MARKETPLACE' as ours,
      case when i.sku is null then (
        select l.product_id from catalog_listings l
        where l.seller_id = o.seller_id and l.marketplace_account_id = o.marketplace_account_id
          and l.external_listing_id = i.listing_id
        order by l.id limit 1
      ) else coalesce(l.product_id, of_alias.product_id) end as product_id
    from orders o
    join order_items i on i.seller_id = o.seller_id and i.order_id = o.id
    left join catalog_listings l on l.seller_id = o.seller_id
      and l.marketplace_account_id = o.marketplace_account_id and l.sku = i.sku
    left join listing_aliases a on a.seller_id = o.seller_id
      and a.marketplace_account_id = o.marketplace_account_id and a.sku = i.sku
    left join catalog_listings of_alias
      on of_alias.seller_id = a.seller_id and of_alias.id = a.listing_id
    where o.seller_id = ${scope.sellerId} and o.id = any(${uuidArray(orderIds)}::uuid[])
    order by i.id`)
  return rows.map((row) => ({
    itemId: row.item_id,
    orderId: row.order_id,
    sku: row.sku,
    listingId: row.listing_id,
    quantity: row.quantity,
    status: row.status,
    ours: row.ours,
    orderedAt: row.ordered_at,
    productId: row.product_id,
  }))
}
const lineRow = z.object({
  item_id: z.string(),
  order_id: z.string(),
  sku: z.string().nullable(),
  listing_id: z.string().nullable(),
  quantity: z.number(),
  status: z.enum(orderStates),
  ordered_at: z.date(),
  ours: z.boolean(),
  product_id: z.string().nullable(),
})

const readHolds = async (
  scope: SellerScope,
  orderIds: readonly string[],
): Promise<readonly Hold[]> => {
  const rows = await scope.any(sql.type(holdRow)`
    select order_item_id, order_id, sku, external_listing_id, product_id, quantity, state
    from inventory_holds
    where seller_id = ${scope.sellerId} and order_id = any(${uuidArray(orderIds)}::uuid[])`)
  return rows.map((row) => ({
    itemId: row.order_item_id,
    orderId: row.order_id,
    sku: row.sku,
    listingId: row.external_listing_id,
    productId: row.product_id,
    quantity: row.quantity,
    state: row.state,
  }))
}
const holdRow = z.object({
  order_item_id: z.string(),
  order_id: z.string(),
  sku: z.string().nullable(),
  external_listing_id: z.string().nullable(),
  product_id: z.string().nullable(),
  quantity: z.number(),
  state: z.enum(['HELD', 'RELEASED', 'SHIPPED']),
})

const countedAt = async (
  scope: SellerScope,
  products: readonly string[],
): Promise<ReadonlyMap<string, Date>> => {
  if (products.length === 0) return new Map()
  const rows = await scope.any(sql.type(countedRow)`
    select product_id, counted_at from inventory_levels l
    join warehouses w on w.seller_id = l.seller_id and w.id = l.warehouse_id and w.is_default
    where l.seller_id = ${scope.sellerId} and product_id = any(${uuidArray(products)}::uuid[])`)
  return new Map(rows.map((row) => [row.product_id, row.counted_at]))
}
const countedRow = z.object({ product_id: z.string(), counted_at: z.date() })

/** What the marketplace's clock showed at an instant of ours. */
const onClockOf = (
  { upstream, now }: { readonly upstream: Upstream; readonly now: number },
  at: Date,
): Date => new Date(upstream.now().getTime() - (now - at.getTime()) / upstream.realMs(1))

const writeHolds = async (
  scope: SellerScope,
  accountId: string,
  holds: readonly Hold[],
): Promise<void> => {
  await scope.run(command`
    insert into inventory_holds (
      seller_id, marketplace_account_id, order_item_id, order_id, sku, external_listing_id,
      product_id, quantity, state
    )
    select ${scope.sellerId}::uuid, ${accountId}::uuid, u.*
    from unnest(
      ${uuidArray(holds.map((hold) => hold.itemId))}::uuid[],
      ${uuidArray(holds.map((hold) => hold.orderId))}::uuid[],
      ${textArray(holds.map((hold) => hold.sku))}::text[],
      ${textArray(holds.map((hold) => hold.listingId))}::text[],
      ${uuidArray(holds.map((hold) => hold.productId))}::uuid[],
      ${int4Array(holds.map((hold) => hold.quantity))}::int4[],
      ${textArray(holds.map((hold) => hold.state))}::text[]
    ) as u
    on conflict (seller_id, order_item_id) do update set
      sku = excluded.sku, external_listing_id = excluded.external_listing_id,
      product_id = excluded.product_id, quantity = excluded.quantity, state = excluded.state,
      changed_at = now()
    where inventory_holds.state <> 'SHIPPED'`)
}
