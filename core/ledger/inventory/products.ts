/** Products of the seller's catalogue, by their sku, and the lock that guards their quantities. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { newId } from '../../ids.ts'

/**
 * Whoever changes what is on hand, held or reserved of a product holds this first, and reads what is
 * there by a statement behind it. In the order of ids, so that two of them never wait for each other.
 */
export const lockProducts = async (
  scope: SellerScope,
  productIds: readonly string[],
): Promise<void> => {
  if (productIds.length === 0) return
  await scope.run(command`
    select id from catalog_products
    where seller_id = ${scope.sellerId} and id = any(${uuidArray([...new Set(productIds)])}::uuid[])
    order by id for no key update`)
}

/** The product with this sku, locked; null where there is none. */
export const lockProductBySku = async (
  scope: SellerScope,
  sku: string,
): Promise<string | null> => {
  const row = await scope.maybeOne(sql.type(idRow)`
    select id from catalog_products where seller_id = ${scope.sellerId} and sku = ${sku}
    for no key update`)
  return row?.id ?? null
}

/** As `lockProductBySku`; made where there is none. */
export const ensureProduct = async (scope: SellerScope, sku: string): Promise<string> => {
  const id = newId()
  await scope.run(command`
    insert into catalog_products (seller_id, id, sku) values (${scope.sellerId}, ${id}, ${sku})
    on conflict (seller_id, sku) do nothing`)
  return await lockProductBySku(scope, sku) ?? id
}

const idRow = z.object({ id: z.string() })
