/** Takes away what no key protects: blind indexes, and the credentials of the seller's accounts. */
import { z } from 'zod'
import type { Database, Entry, Queries, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'

/** Columns of one table, and what stands for nothing in each. */
interface Emptied {
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly isRequired: boolean }[]
}

const batch = 2_000

/**
 * Blind indexes (`*_idx`) of every table, and the sealed columns of satellites: equal values are seen by
 * their indexes without a key, and an account without credentials is connected to nothing. By the
 * catalog, so that plugins which are disabled are there as well.
 */
const readEmptied = async (queries: Pick<Queries, 'any'>): Promise<readonly Emptied[]> =>
  await queries.any(sql.type(emptiedRow)`
    select c.relname::text as table,
      jsonb_agg(jsonb_build_object('name', a.attname, 'isRequired', a.attnotnull)
        order by a.attnum) as columns
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
      and a.atttypid = 'bytea'::regtype
      and exists (
        select from pg_attribute s
        where s.attrelid = c.oid and s.attname = 'seller_id' and not s.attisdropped)
      and (a.attname like '%\\_idx' or a.attname like '%\\_enc' and exists (
        select from pg_index i join pg_attribute k
          on k.attrelid = c.oid and k.attnum = any(i.indkey::int2[])
        where i.indrelid = c.oid and i.indisprimary and k.attname = 'marketplace_account_id'))
    group by c.relname order by c.relname`)
const emptiedRow = z.object({
  table: z.string(),
  columns: z.array(z.object({ name: z.string(), isRequired: z.boolean() })),
})

/** A batch of rows a transaction. False: time is over, and there is more. Safe to repeat. */
export const emptyColumns = async (
  db: Pick<Database, 'withSellerScope'>,
  entry: Entry,
  isOver: () => boolean,
): Promise<boolean> => {
  const all = await db.withSellerScope(entry, async (scope) => {
    await disconnect(scope)
    return await readEmptied(scope)
  })
  for (const one of all) {
    for (;;) {
      const changed = await db.withSellerScope(entry, (scope) => emptyBatch(scope, one))
      if (changed < batch) break
      if (isOver()) return false
    }
  }
  return true
}

const emptyBatch = (scope: SellerScope, { table, columns }: Emptied): Promise<number> => {
  const of = sql.identifier([table])
  const changes = columns.map(({ name, isRequired }) =>
    isRequired
      ? sql.fragment`${sql.identifier([name])} = '\\x'::bytea`
      : sql.fragment`${sql.identifier([name])} = null`
  )
  const filled = columns.map(({ name }) => sql.fragment`length(${sql.identifier([name])}) > 0`)
  return scope.run(command`/* unprepared */
    update ${of} set ${sql.join(changes, sql.fragment`, `)}
    where seller_id = ${scope.sellerId} and ctid = any(array(
      select ctid from ${of} where seller_id = ${scope.sellerId}
        and (${sql.join(filled, sql.fragment` or `)}) limit ${batch}))`)
}

/** How many values of those columns are left, by `table.column`. */
export const countFilled = async (
  scope: SellerScope,
): Promise<Readonly<Record<string, number>>> => {
  const found: Record<string, number> = {}
  for (const { table, columns } of await readEmptied(scope)) {
    for (const { name } of columns) {
      const column = sql.identifier([name])
      const { values } = await scope.one(sql.type(z.object({ values: z.number() }))`/* unprepared */
        select count(*)::float8 as values from ${sql.identifier([table])}
        where seller_id = ${scope.sellerId} and length(${column}) > 0`)
      found[`${table}.${name}`] = values
    }
  }
  return found
}

/** Pushes name the number of an account's credentials: theirs leads nowhere any more. */
const disconnect = async (scope: SellerScope): Promise<void> => {
  await scope.run(command`
    update marketplace_accounts
    set needs_reconnect = true, reconnect_reason = ${reason},
      credentials_version = credentials_version + 1
    where seller_id = ${scope.sellerId} and reconnect_reason is distinct from ${reason}`)
}
const reason = 'The seller has left'
