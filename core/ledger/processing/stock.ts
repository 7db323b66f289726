/** How much of each line the seller's stock allows: whoever ordered first is served first. */
import { z } from 'zod'
import { textArray, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'

export interface WantedLine {
  readonly orderId: string
  readonly orderedAt: Date
  readonly itemId: string
  readonly sku: string | null
  readonly quantity: number
}

/**
 * By the id of the line, of those lines whose product is known and was counted; other lines are not
 * limited. Lines of all open orders of any account come before those that were ordered later.
 */
export const readAllowed = async (
  scope: SellerScope,
  accountId: string,
  lines: readonly WantedLine[],
): Promise<ReadonlyMap<string, number>> => {
  if (lines.length === 0) return new Map()
  const products = await readProducts(scope, accountId, lines)
  const ids = [...new Set(products.values())]
  if (ids.length === 0) return new Map()
  const [onHand, holds] = [await readOnHand(scope, ids), await readHolds(scope, ids)]
  const held = new Set(holds.map(({ itemId }) => itemId))
  const more = lines.flatMap((line) => {
    const productId = products.get(line.itemId)
    return productId !== undefined && !held.has(line.itemId) ? [{ ...line, productId }] : []
  })
  return allot(onHand, [...holds, ...more])
}

interface Claim {
  readonly itemId: string
  readonly productId: string
  readonly orderedAt: Date
  readonly quantity: number
}

/** What is on hand by product, dealt out to the claims in the order of their time. */
export const allot = (
  onHand: ReadonlyMap<string, number>,
  claims: readonly Claim[],
): ReadonlyMap<string, number> => {
  const left = new Map(onHand)
  const allowed = new Map<string, number>()
  const sorted = claims.toSorted((a, b) =>
    a.orderedAt.getTime() - b.orderedAt.getTime() || (a.itemId < b.itemId ? -1 : 1)
  )
  for (const { itemId, productId, quantity } of sorted) {
    const there = left.get(productId)
    if (there === undefined) continue
    const given = Math.max(0, Math.min(quantity, there))
    left.set(productId, there - given)
    allowed.set(itemId, given)
  }
  return allowed
}

/** A line's product: as stock has given it already, or as its sku is mapped now. */
const readProducts = async (
  scope: SellerScope,
  accountId: string,
  lines: readonly WantedLine[],
): Promise<ReadonlyMap<string, string>> => {
  const rows = await scope.any(sql.type(productRow)`
    select u.id, coalesce(h.product_id, l.product_id, n.product_id) as product_id
    from unnest(${uuidArray(lines.map(({ itemId }) => itemId))}::uuid[],
      ${textArray(lines.map(({ sku }) => sku))}::text[]) as u (id, sku)
    left join inventory_holds h on h.seller_id = ${scope.sellerId} and h.order_item_id = u.id
    left join catalog_listings l on l.seller_id = ${scope.sellerId}
      and l.marketplace_account_id = ${accountId} and l.sku = u.sku
    left join listing_aliases a on a.seller_id = ${scope.sellerId}
      and a.marketplace_account_id = ${accountId} and a.sku = u.sku
    left join catalog_listings n on n.seller_id = a.seller_id and n.id = a.listing_id
    where coalesce(h.product_id, l.product_id, n.product_id) is not null`)
  return new Map(rows.map((row) => [row.id, row.product_id]))
}
const productRow = z.object({ id: z.string(), product_id: z.string() })

/** Of products that somebody has counted. */
const readOnHand = async (
  scope: SellerScope,
  productIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await scope.any(sql.type(levelRow)`
    select product_id, sum(on_hand)::int4 as on_hand from inventory_levels
    where seller_id = ${scope.sellerId} and product_id = any(${uuidArray(productIds)}::uuid[])
    group by product_id`)
  return new Map(rows.map((row) => [row.product_id, row.on_hand]))
}
const levelRow = z.object({ product_id: z.string(), on_hand: z.number() })

const readHolds = async (
  scope: SellerScope,
  productIds: readonly string[],
): Promise<readonly Claim[]> => {
  const rows = await scope.any(sql.type(holdRow)`
    select h.order_item_id, h.product_id, o.ordered_at, h.quantity
    from inventory_holds h
    join orders o on o.seller_id = h.seller_id and o.id = h.order_id
    where h.seller_id = ${scope.sellerId} and h.state = 'HELD'
      and h.product_id = any(${uuidArray(productIds)}::uuid[])`)
  return rows.map((row) => ({
    itemId: row.order_item_id,
    productId: row.product_id,
    orderedAt: row.ordered_at,
    quantity: row.quantity,
  }))
}
const holdRow = z.object({
  order_item_id: z.string(),
  product_id: z.string(),
  ordered_at: z.date(),
  quantity: z.number(),
})
