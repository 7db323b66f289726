/** Where values lie that are sealed under sellers' keys: for who seals them anew, tries or erases them. */
import { z } from 'zod'
import type { Queries } from '../db/database.ts'
import { sql } from '../db/sql.ts'

/** The columns of one table; the id is what the values are bound to. */
export interface SealedPlace {
  readonly table: string
  /** A uuid: it and the seller are the primary key. */
  readonly idColumn: string
  readonly columns: readonly string[]
}

/** `*_enc`, and sealed with a secret of the process, not with a key of the seller. */
const ofTheProcess = [
  // the relay signs webhooks with it, outside of every seller's scope
  'audit_anchors.secret_enc',
]

/**
 * Every bytea column `*_enc` of a table of sellers, by the catalog: satellites of marketplaces that are
 * disabled or gone are there as well, and nobody keeps a list. Works in every scope. Throws for a table
 * whose rows nobody could walk.
 */
export const readSealedPlaces = async (
  queries: Pick<Queries, 'any'>,
): Promise<readonly SealedPlace[]> => {
  const rows = await queries.any(sql.type(placeRow)`
    select c.relname::text as table, key.columns as key,
      array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join lateral (
      select coalesce(array_agg(k.attname::text order by o.n), '{}') as columns
      from pg_index i
      cross join lateral unnest(i.indkey) with ordinality o (attnum, n)
      join pg_attribute k on k.attrelid = c.oid and k.attnum = o.attnum
      where i.indrelid = c.oid and i.indisprimary) key
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
      and a.attname like '%\\_enc' and a.atttypid = 'bytea'::regtype
      and exists (
        select from pg_attribute s
        where s.attrelid = c.oid and s.attname = 'seller_id' and not s.attisdropped)
    group by c.relname, key.columns
    order by c.relname`)
  return rows.flatMap(({ table, key, columns }) => {
    const own = columns.filter((column) => !ofTheProcess.includes(`${table}.${column}`))
    if (own.length === 0) return []
    const [seller, idColumn, ...more] = key
    if (seller !== 'seller_id' || idColumn === undefined || more.length > 0) {
      throw new Error(`Cannot walk "${table}": its primary key is not (seller_id, <id>)`)
    }
    return [{ table, idColumn, columns: own }]
  })
}
const placeRow = z.object({
  table: z.string(),
  key: z.array(z.string()),
  columns: z.array(z.string()),
})
