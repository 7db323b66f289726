/** A SKU of a marketplace gets its product, and with it the lines of orders that waited for that. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { takeFromShelf } from './levels.ts'
import { lockMapping } from './look-at-orders.ts'
import { ensureProduct, lockProducts } from './products.ts'
import { type PushDeps, refreshListings } from './refresh-listings.ts'

export interface Mapping {
  readonly accountId: string
  /** As orders of the account name it. */
  readonly sku: string
  /** The marketplace's id of the product, for lines without a sku, and for its pushes. */
  readonly listingId?: string
  /** Of the product, which is made where there is none; or the listing that the sku is one more of. */
  readonly productSku?: string
  readonly aliasOf?: string
}

interface Mapped {
  readonly listingId: string
  readonly productSku: string
}

interface Placed extends Mapped {
  readonly productId: string
}

/** Null: no such account, or no such listing of it. Throws `listing-exists`. */
export const giveProduct = async (
  scope: SellerScope,
  deps: PushDeps,
  mapping: Mapping,
): Promise<Mapped | null> => {
  const { accountId, sku, aliasOf } = mapping
  const account = await scope.maybeOne(sql.type(z.object({ id: z.string() }))`
    select id from marketplace_accounts where seller_id = ${scope.sellerId} and id = ${accountId}`)
  if (!account) return null
  const listing = aliasOf === undefined ? undefined : await findListing(scope, accountId, aliasOf)
  if (listing === null) return null
  // lines that are being looked at now are stored first, and found below
  await lockMapping(scope, accountId)
  const { taken } = await scope.one(sql.type(z.object({ taken: z.boolean() }))`
    select exists (
        select from catalog_listings where seller_id = ${scope.sellerId}
          and marketplace_account_id = ${accountId} and sku = ${sku}
      ) or exists (
        select from listing_aliases where seller_id = ${scope.sellerId}
          and marketplace_account_id = ${accountId} and sku = ${sku}
      ) as taken`)
  if (taken) throw fault('listing-exists')
  const made = listing
    ? await makeAlias(scope, mapping, listing)
    : await makeListing(scope, mapping)
  await backFill(scope, mapping, made.productId)
  await refreshListings(scope, deps, [made.productId])
  return made
}

const makeListing = async (
  scope: SellerScope,
  { accountId, sku, listingId: externalId, productSku = sku }: Mapping,
): Promise<Placed> => {
  const productId = await ensureProduct(scope, productSku)
  const listingId = newId()
  await scope.run(command`
    insert into catalog_listings (
      seller_id, id, marketplace_account_id, product_id, sku, external_listing_id
    ) values (
      ${scope.sellerId}, ${listingId}, ${accountId}, ${productId}, ${sku}, ${externalId ?? null}
    )`)
  return { listingId, productSku, productId }
}

const makeAlias = async (
  scope: SellerScope,
  { accountId, sku }: Mapping,
  listing: Placed,
): Promise<Placed> => {
  await lockProducts(scope, [listing.productId])
  await scope.run(command`
    insert into listing_aliases (seller_id, id, marketplace_account_id, listing_id, sku)
    values (${scope.sellerId}, ${newId()}, ${accountId}, ${listing.listingId}, ${sku})`)
  return listing
}

const findListing = async (
  scope: SellerScope,
  accountId: string,
  listingId: string,
): Promise<Placed | null> => {
  const row = await scope.maybeOne(sql.type(listed)`
    select p.id, p.sku from catalog_listings l
    join catalog_products p on p.seller_id = l.seller_id and p.id = l.product_id
    where l.seller_id = ${scope.sellerId} and l.marketplace_account_id = ${accountId}
      and l.id = ${listingId}`)
  return row && { listingId, productSku: row.sku, productId: row.id }
}
const listed = z.object({ id: z.string(), sku: z.string() })

/**
 * Open lines hold from now on. Those that shipped in the meantime are taken from the shelf if it was
 * counted before: a later count has seen that they are gone.
 */
const backFill = async (
  scope: SellerScope,
  { accountId, sku, listingId }: Mapping,
  productId: string,
): Promise<void> => {
  const given = await scope.any(sql.type(givenRow)`
    update inventory_holds h set product_id = ${productId}
    where h.seller_id = ${scope.sellerId} and h.marketplace_account_id = ${accountId}
      and h.product_id is null and h.state <> 'RELEASED'
      and (h.sku = ${sku} or h.sku is null and h.external_listing_id = ${listingId ?? null})
    returning h.order_item_id, h.quantity, h.state = 'SHIPPED' and exists (
      select from inventory_levels l
      join warehouses w on w.seller_id = l.seller_id and w.id = l.warehouse_id and w.is_default
      where l.seller_id = h.seller_id and l.product_id = ${productId}
        and l.counted_at < h.changed_at
    ) as left_shelf`)
  await takeFromShelf(
    scope,
    given.filter((row) => row.left_shelf && row.quantity > 0)
      .map((row) => ({ itemId: row.order_item_id, productId, quantity: row.quantity })),
  )
}
const givenRow = z.object({
  order_item_id: z.string(),
  quantity: z.number(),
  left_shelf: z.boolean(),
})
