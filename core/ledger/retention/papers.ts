/** Papers that show the buyer, let go: the row stays, the object is removed from storage. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { DocumentType } from '../../plugin.ts'
import { dropObjects } from '../../storage/rows.ts'
import type { Fragment } from '../account-limit.ts'

/**
 * They end with the buyer's fields. The invoice to the buyer does not: it is a record of tax, which
 * outlives the buyer's fields by law (`invoiceYears`). The other papers show no buyer.
 */
export const goneWithOrder: readonly DocumentType[] = ['PACKING_SLIP', 'LABEL', 'POB']

/**
 * How many were let go. `which` is a condition on `d`. The storage sweep removes the objects; one that
 * another paper refers to as well stays until that goes.
 */
export const dropPapers = async (scope: SellerScope, which: Fragment): Promise<number> => {
  const { sellerId } = scope
  const gone = await scope.any(sql.type(objectRow)`
    update order_documents d set storage_object_id = null, erased_at = now(),
      superseded_at = coalesce(d.superseded_at, now())
    where d.seller_id = ${sellerId} and d.storage_object_id is not null and ${which}
    returning old.storage_object_id as id`)
  if (gone.length === 0) return 0
  const loose = await scope.any(sql.type(objectRow)`
    select distinct u.id from unnest(${uuidArray(gone.map(({ id }) => id))}::uuid[]) as u (id)
    where not exists (
      select from order_documents d where d.seller_id = ${sellerId} and d.storage_object_id = u.id)`)
  await dropObjects(scope, loose.map(({ id }) => id))
  return gone.length
}
const objectRow = z.object({ id: z.string() })
