/** What is on hand, and why it changed: levels and movements are written together. */
import { z } from 'zod'
import { int4Array, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { idOf, newId } from '../../ids.ts'
import type { Departure } from './plan-holds.ts'

/** Why a person changes what is on hand. */
export const stockReasons = [
  'COUNT',
  'RECEIVED',
  'RETURNED',
  'DAMAGED',
  'LOST',
  'FOUND',
  'CORRECTION',
] as const
export type StockReason = (typeof stockReasons)[number]

/** Sums of levels and holds stay far inside of an integer. */
export const mostOnHand = 100_000_000

export interface Level {
  readonly warehouseId: string
  readonly onHand: number
  readonly version: number
}

/** The warehouse that everything leaves from; made at the first need. */
export const ensureDefaultWarehouse = async (scope: SellerScope): Promise<string> => {
  const find = () =>
    scope.maybeOne(sql.type(z.object({ id: z.string() }))`
      select id from warehouses where seller_id = ${scope.sellerId} and is_default`)
  const found = await find()
  if (found) return found.id
  const id = newId()
  await scope.run(command`
    insert into warehouses (seller_id, id, name, is_default)
    values (${scope.sellerId}, ${id}, ${defaultName}, true) on conflict do nothing`)
  return (await find())?.id ?? id
}
const defaultName = 'Main'

/** Of a locked product; null: nobody has counted it yet. */
export const readLevel = async (
  scope: SellerScope,
  productId: string,
  warehouseId: string,
): Promise<Level | null> => {
  const row = await scope.maybeOne(sql.type(levelRow)`
    select on_hand, version::int4 as version from inventory_levels
    where seller_id = ${scope.sellerId} and product_id = ${productId}
      and warehouse_id = ${warehouseId}`)
  return row && { warehouseId, onHand: row.on_hand, version: row.version }
}
const levelRow = z.object({ on_hand: z.number(), version: z.number() })

/** Somebody has counted, and there are as many as before. */
export const confirmLevel = async (
  scope: SellerScope,
  productId: string,
  warehouseId: string,
): Promise<void> => {
  await scope.run(command`
    update inventory_levels set counted_at = now()
    where seller_id = ${scope.sellerId} and product_id = ${productId}
      and warehouse_id = ${warehouseId}`)
}

/** A person's change of a locked product; `counted`: they have said how many there are. */
export const setLevel = async (
  scope: SellerScope,
  change: {
    readonly productId: string
    readonly warehouseId: string
    readonly before: number
    readonly onHand: number
    readonly counted: boolean
    readonly reason: StockReason
  },
): Promise<void> => {
  const { productId, warehouseId, before, onHand, counted, reason } = change
  await scope.run(command`
    insert into inventory_levels as l (seller_id, product_id, warehouse_id, on_hand)
    values (${scope.sellerId}, ${productId}, ${warehouseId}, ${onHand})
    on conflict (seller_id, product_id, warehouse_id) do update set
      on_hand = excluded.on_hand, version = l.version + 1, updated_at = now(),
      counted_at = case when ${counted} then now() else l.counted_at end`)
  await scope.run(command`
    insert into inventory_movements (
      seller_id, id, product_id, warehouse_id, delta, on_hand, reason
    ) values (
      ${scope.sellerId}, ${newId()}, ${productId}, ${warehouseId}, ${onHand - before}, ${onHand},
      ${reason}
    )`)
}

/**
 * Goods that have left, of locked products. A line leaves once: the id of its movement is made of it.
 * Products that nobody has counted have nothing to take from.
 */
export const takeFromShelf = async (
  scope: SellerScope,
  departures: readonly Departure[],
): Promise<void> => {
  if (departures.length === 0) return
  const ids = departures.map(({ itemId }) => idOf(scope.sellerId, 'stock-departure', itemId))
  await scope.run(command`
    with gone as (
      select u.*, sum(u.quantity) over before_it as so_far
      from unnest(
        ${uuidArray(ids)}::uuid[],
        ${uuidArray(departures.map((one) => one.itemId))}::uuid[],
        ${uuidArray(departures.map((one) => one.productId))}::uuid[],
        ${int4Array(departures.map((one) => one.quantity))}::int4[]
      ) as u (id, item_id, product_id, quantity)
      window before_it as (partition by u.product_id order by u.id)
    ), of_product as (
      select product_id, sum(quantity)::int4 as quantity from gone group by product_id
    ), taken as (
      update inventory_levels l
      set on_hand = l.on_hand - p.quantity, version = l.version + 1, updated_at = now()
      from of_product p, warehouses w
      where l.seller_id = ${scope.sellerId} and l.product_id = p.product_id
        and w.seller_id = l.seller_id and w.id = l.warehouse_id and w.is_default
      returning l.product_id, l.warehouse_id, l.on_hand + p.quantity as before_it
    )
    insert into inventory_movements (
      seller_id, id, product_id, warehouse_id, delta, on_hand, reason, order_item_id
    )
    select ${scope.sellerId}::uuid, g.id, g.product_id, t.warehouse_id, -g.quantity,
      t.before_it - g.so_far, 'SHIPPED', g.item_id
    from gone g join taken t on t.product_id = g.product_id`)
}
