/** Looks at what is really stored, past every policy: whose rows there are, and what they hold. */
import type { Operations } from '#core/db/operations.ts'

/** A table with rows of sellers, those of plugins too. */
export interface SellerTable {
  readonly name: string
  readonly uuids: readonly string[]
  /** Whether it has a column `id`. */
  readonly hasId: boolean
}

export const sellerTables = async (sql: Operations): Promise<readonly SellerTable[]> =>
  await sql<SellerTable[]>`
    select c.relname as name, array_agg(a.attname::text order by a.attnum)
        filter (where a.atttypid = 'uuid'::regtype) as uuids,
      bool_or(a.attname = 'id') as "hasId"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
    group by c.relname
    having bool_or(a.attname = 'seller_id')
    order by c.relname`

/** By table and column: every uuid in a row of the seller, in their order. */
export type Ids = ReadonlyMap<string, ReadonlySet<string>>

export const readIds = async (sql: Operations, sellerId: string): Promise<Ids> => {
  const found = new Map<string, Set<string>>([['sellers.id', new Set([sellerId])]])
  for (const { name, uuids } of await sellerTables(sql)) {
    const rows = await sql`select ${sql([...uuids])} from ${
      sql(name)
    } where seller_id = ${sellerId}`
    for (const column of uuids) {
      const ids = rows.map((row) => row[column]).filter((id) => typeof id === 'string')
      if (ids.length > 0) found.set(`${name}.${column}`, new Set(ids.toSorted()))
    }
  }
  return found
}

/** Of each table: how many rows the seller has, and which transaction wrote last. */
export const readRowMarks = async (
  sql: Operations,
  sellerId: string,
): Promise<ReadonlyMap<string, string>> => {
  const marks = new Map<string, string>()
  for (const { name } of await sellerTables(sql)) {
    const [row] = await sql`
      select count(*)::int as rows, max(xmin::text::bigint) as newest
      from ${sql(name)} where seller_id = ${sellerId}`
    marks.set(name, `${row?.['rows']} rows, last ${row?.['newest']}`)
  }
  const [seller] = await sql`select xmin::text as newest from sellers where id = ${sellerId}`
  return marks.set('sellers', `last ${seller?.['newest']}`)
}

/**
 * Says whose ids are: sellers in whose rows each stands, by id; an empty set for ids that no row of a
 * seller has, and for those of what sellers share, as people and staff. Reads the catalog once.
 */
export const ownersReader = async (sql: Operations) => {
  const tables = await sellerTables(sql)
  const shared = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'sellers'
    group by c.relname
    having bool_or(a.attname = 'id' and a.atttypid = 'uuid'::regtype)
      and not bool_or(a.attname = 'seller_id')`
  // all keys are led by the seller: naming them all makes the index serve
  const ofTable = (table: string, column: string): string =>
    `select ${column}::text as id, seller_id::text as owner from ${table}
      where seller_id in (select id from sellers) and ${column} = any($1::uuid[])`
  const byId = [
    ...tables.filter(({ hasId }) => hasId).map(({ name }) => ofTable(name, 'id')),
    'select id::text, id::text as owner from sellers where id = any($1::uuid[])',
    ...shared.map(({ name }) =>
      `select id::text, null as owner from ${name} where id = any($1::uuid[])`
    ),
  ]
  const byOther = tables.flatMap(({ name, hasId, uuids }) =>
    hasId ? [] : uuids.filter((one) => one !== 'seller_id').map((one) => ofTable(name, one))
  )
  const find = (parts: readonly string[], ids: readonly string[]) =>
    sql.unsafe<{ id: string; owner: string | null }[]>(parts.join(' union '), [[...ids]])

  return async (ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
    const owners = new Map(ids.map((id) => [id, new Set<string>()]))
    const first = await find(byId, ids)
    const known = new Set(first.map(({ id }) => id))
    const others = ids.filter((id) => !known.has(id))
    const second = others.length > 0 ? await find(byOther, others) : []
    for (const { id, owner } of [...first, ...second]) {
      if (owner !== null) owners.get(id)?.add(owner)
    }
    return owners
  }
}

/**
 * Rows that hold a sign or an id of another seller than their own, as `<table>: <what>`; and how many
 * rows were read. `signsIn` gives the sellers whose texts stand in a text.
 */
export const readStrangeRows = async (
  sql: Operations,
  numbers: ReadonlyMap<string, number>,
  { signsIn, idsIn }: {
    readonly signsIn: (text: string) => ReadonlySet<number>
    readonly idsIn: (text: string) => readonly string[]
  },
): Promise<{ readonly rows: number; readonly faults: readonly string[] }> => {
  const tables = await sellerTables(sql)
  const owners = new Map([...numbers].map(([id, number]) => [id, new Set([number])]))
  for (const { name } of tables.filter(({ hasId }) => hasId)) {
    const rows = await sql<{ id: string; seller: string }[]>`
      select id::text, seller_id as seller from ${sql(name)}`
    for (const { id, seller } of rows) {
      const known = owners.get(id) ?? new Set()
      owners.set(id, known.add(numbers.get(seller) ?? 0))
    }
  }
  const faults: string[] = []
  let read = 0
  for (const { name } of tables) {
    const rows = await sql<{ seller: string; row: string }[]>`
      select seller_id as seller, t::text as row from ${sql(name)} t`
    read += rows.length
    for (const { seller, row } of rows) {
      const own = numbers.get(seller) ?? 0
      for (const sign of signsIn(row)) {
        if (sign !== own) faults.push(`${name}: a text of seller ${sign} in a row of ${own}`)
      }
      for (const id of idsIn(row)) {
        const known = owners.get(id)
        if (known && !known.has(own)) faults.push(`${name}: the id ${id} in a row of ${own}`)
      }
    }
  }
  return { rows: read, faults }
}
