/** Keys as people may see them: what there is of them, and never their bytes. */
import { z } from 'zod'
import type { Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'

const KeyView = z.object({
  purpose: z.string(),
  version: z.int(),
  state: z.enum(['CURRENT', 'RETIRED', 'DESTROYED']),
  /** Of KMS; null: another key of the seller wraps this one. */
  kms_alias: z.string().nullable(),
  /** Values sealed, or about to be: processes reserve them in blocks. */
  uses: z.int(),
  created_at: z.date(),
  /** When it got its wrapping, or lost it. */
  wrapped_at: z.date(),
})
export type KeyView = z.infer<typeof KeyView>

/** Newest versions first. In the seller's scope, or in platform scope. */
export const listKeyViews = (queries: Queries, sellerId: string): Promise<readonly KeyView[]> =>
  queries.any(sql.type(KeyView)`
    select purpose, version, state, case when root is null then kms_alias end as kms_alias,
      uses::float8 as uses, created_at, wrapped_at
    from seller_keys where seller_id = ${sellerId}
    order by purpose, version desc`)

/** Sellers that have keys to seal with, in the order of their ids; in platform scope. */
export const listKeyedSellers = async (
  queries: Queries,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<readonly string[]> => {
  const rows = await queries.any(sql.type(z.object({ seller_id: z.string() }))`
    select seller_id from seller_keys
    where purpose = 'seal' and state = 'CURRENT'
      and (${after}::uuid is null or seller_id > ${after}::uuid)
    order by seller_id limit ${limit}`)
  return rows.map((row) => row.seller_id)
}

/**
 * Sellers with keys of before there were roots, which KMS unwraps one by one whenever they are loaded; until
 * they are rotated. In platform scope.
 */
export const listUnrootedSellers = async (
  queries: Queries,
  limit: number,
): Promise<readonly string[]> => {
  const rows = await queries.any(sql.type(z.object({ seller_id: z.string() }))`
    select distinct seller_id from seller_keys
    where root is null and purpose <> 'root' and state <> 'DESTROYED'
    order by seller_id limit ${limit}`)
  return rows.map((row) => row.seller_id)
}
