/** The tables of sellers by the catalog, core's and plugins': what nobody has left out is exported. */
import { z } from 'zod'
import type { Queries } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { leftOutTables, openedColumns, whyLeftOut } from './left-out.ts'

interface ExportColumn {
  readonly name: string
  readonly type: string
}
export interface ExportTable {
  readonly table: string
  /** Of the seller: `seller_id`, or `id` of the seller itself. */
  readonly owner: string
  /** The primary key behind it, in its order; none where the owner alone is the key. */
  readonly key: readonly ExportColumn[]
  /** As they stand. */
  readonly clear: readonly string[]
  /** Opened, and told without `_enc`. */
  readonly sealed: readonly string[]
  /** With the reason. */
  readonly leftOut: Readonly<Record<string, string>>
}

/**
 * In a seller's scope: what that role may read, in the order of names. Rows of one key are told in the
 * order of that key.
 */
export const readExportTables = async (
  queries: Pick<Queries, 'any'>,
): Promise<readonly ExportTable[]> => {
  const rows = await queries.any(sql.type(tableRow)`
    select c.relname::text as table,
      (select jsonb_agg(jsonb_build_object('name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod),
          'readable', has_column_privilege(c.oid, a.attnum, 'select')) order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select jsonb_agg(a.attname order by u.at)
        from pg_index i cross join lateral unnest(i.indkey) with ordinality as u (num, at)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num
        where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant')
    order by c.relname`)
  return rows.filter(({ table }) => !Object.hasOwn(leftOutTables, table)).map(tableOf)
}

const tableRow = z.object({
  table: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), readable: z.boolean() })),
  key: z.array(z.string()),
})

const tableOf = ({ table, columns, key }: z.infer<typeof tableRow>): ExportTable => {
  const [owner = '', ...rest] = key
  const clear: string[] = []
  const sealed: string[] = []
  const leftOut: Record<string, string> = {}
  for (const { name, type, readable } of columns) {
    const isSealed = name.endsWith('_enc') && type === 'bytea'
    const why = whyLeftOut(table, name)
    if (why !== undefined) leftOut[name] = why
    else if (!readable) leftOut[name] = notReadable
    else if (!isSealed) clear.push(name)
    else if (openedColumns.includes(`${table}.${name}`)) sealed.push(name)
    else leftOut[name] = 'a credential, which no export may take along'
  }
  const typeOf = (name: string) => columns.find((column) => column.name === name)?.type ?? 'text'
  return {
    ...{ table, owner, clear, sealed, leftOut },
    key: rest.map((name) => ({ name, type: typeOf(name) })),
  }
}

/** Nobody has said why: a test fails where a table of ours has such a column. */
export const notReadable = 'not readable inside of the seller'
