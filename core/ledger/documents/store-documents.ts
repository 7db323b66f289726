/** Rows of documents: one living paper of each type for an order or a manifest. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { newId } from '../../ids.ts'
import type { DocumentType } from '../../plugin.ts'
import { keepObjects } from '../../storage/rows.ts'
import { goneWithOrder } from '../retention/papers.ts'

export interface MadeDocument {
  readonly type: DocumentType
  /** Exactly one of the two. */
  readonly orderId: string | null
  readonly manifestId: string | null
  readonly source: 'RENDERED' | 'MARKETPLACE'
  readonly objectId: string
  /** By line; null where the paper does not tell. */
  readonly quantities: Readonly<Record<string, number>> | null
  /** False: a text that can be read, without the number of the order. */
  readonly namesOrder?: boolean
}

/**
 * The same bytes again change nothing; others take the place of the paper before. Nothing that shows a
 * buyer is kept of an order whose buyer was erased: answers the ids of these orders.
 */
export const storeDocuments = async (
  scope: SellerScope,
  place: { readonly accountId: string; readonly batchId: string | null },
  made: readonly MadeDocument[],
): Promise<readonly string[]> => {
  const { sellerId } = scope
  const erased = await readErased(scope, made)
  for (const { type, orderId, manifestId, source, objectId, quantities, namesOrder } of made) {
    if (orderId !== null && erased.has(orderId) && goneWithOrder.includes(type)) continue
    const living = await scope.maybeOne(sql.type(livingRow)`
      select d.id, d.storage_object_id, o.sha256 = n.sha256 as same
      from order_documents d
      join storage_objects o on o.seller_id = d.seller_id and o.id = d.storage_object_id
      join storage_objects n on n.seller_id = d.seller_id and n.id = ${objectId}
      where d.seller_id = ${sellerId} and d.order_id is not distinct from ${orderId}::uuid
        and d.manifest_id is not distinct from ${manifestId}::uuid and d.type = ${type}
        and d.superseded_at is null
      for update of d`)
    if (living?.same) continue
    if (living) {
      await scope.run(command`
        update order_documents set superseded_at = now()
        where seller_id = ${sellerId} and id = ${living.id}`)
    }
    await keepObjects(scope, [objectId])
    const told = namesOrder === false ? { 'not-of-this-order': 0 } : quantities
    await scope.run(command`
      insert into order_documents (
        seller_id, id, marketplace_account_id, order_id, manifest_id, shipment_id, type, source,
        storage_object_id, batch_id, quantities
      ) values (
        ${sellerId}, ${newId()}, ${place.accountId}, ${orderId}, ${manifestId}, (
          select s.id from shipments s
          where s.seller_id = ${sellerId} and s.order_id = ${orderId} and s.status <> 'CANCELLED'
          order by s.created_at desc, s.id limit 1
        ), ${type}, ${source}, ${objectId}, ${place.batchId},
        ${told === null ? null : JSON.stringify(told)}::jsonb
      )`)
  }
  return [...erased]
}

/** Locked, so that a buyer is not erased between this look and the paper. */
const readErased = async (
  scope: SellerScope,
  made: readonly MadeDocument[],
): Promise<ReadonlySet<string>> => {
  const ids = made.flatMap(({ type, orderId }) =>
    orderId !== null && goneWithOrder.includes(type) ? [orderId] : []
  )
  if (ids.length === 0) return new Set()
  const rows = await scope.any(sql.type(erasedRow)`
    select id, customer_erased_at is not null as erased from orders
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])
    order by id for share`)
  return new Set(rows.flatMap(({ id, erased }) => erased ? [id] : []))
}
const erasedRow = z.object({ id: z.string(), erased: z.boolean() })
const livingRow = z.object({
  id: z.string(),
  storage_object_id: z.string(),
  same: z.boolean().nullable(),
})
