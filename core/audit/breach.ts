/** The breach drill: which sellers, buyers and fields were opened in a window, by whom. Ids and counts only. */
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { recordOrgAudit } from './record.ts'

export interface BreachAsk {
  /** Inside the window. */
  readonly from: Date
  /** Outside. */
  readonly to: Date
  readonly sellerId?: string
  /** `user:<id>`, `key:<id>`, `staff:<super admin>`, `run:<id>` …; of staff all their sessions. */
  readonly actor?: string
  readonly reason: string
  /** Who asks, for the trail of the org. */
  readonly by: string
}
interface Count {
  /** Requests and jobs. */
  readonly openings: number
  /** Values. */
  readonly opened: number
}
export interface AffectedSeller extends Count {
  readonly seller_id: string
  readonly first_at: Date
  readonly last_at: Date
  /** Different orders whose buyer's fields were opened. */
  readonly buyers: number
  /** Different rows, and the requests and jobs that opened each column of them. */
  readonly tables: readonly {
    readonly table: string
    readonly rows: number
    readonly columns: Readonly<Record<string, number>>
  }[]
  /** All runs are one actor, and so are all pushes. */
  readonly actors: readonly (Count & { readonly actor: string })[]
  readonly purposes: readonly (Count & { readonly purpose: string })[]
  /** Days of India. */
  readonly days: readonly (Count & { readonly day: string })[]
}
/** Rows of one seller and table that were opened on one day. */
interface AffectedRows {
  readonly seller_id: string
  readonly day: string
  readonly table: string
  readonly row_ids: readonly string[]
}
export interface Drill {
  readonly sellers: () => AsyncGenerator<AffectedSeller>
  /** Of one of these sellers, day by day. */
  readonly rowsOf: (seller: AffectedSeller) => AsyncGenerator<AffectedRows>
}

/** Records in the trail of the org that it was asked, then reads: a seller at a time, in the order of ids. */
export const openDrill = async (
  db: Pick<Database, 'withPlatformScope'>,
  ask: BreachAsk,
): Promise<Drill> => {
  const { from, to, sellerId, actor, reason, by } = ask
  const scope = `cli:${by}`
  await db.withPlatformScope(scope, async (tx) => {
    const org = await tx.one(sql.type(Id)`select id from orgs order by created_at limit 1`)
    recordOrgAudit(tx, org.id, 'breach.drilled', `org:${org.id}`, {
      ...{ from: from.toISOString(), to: to.toISOString(), reason, by },
      ...sellerId === undefined ? {} : { seller: sellerId },
      ...actor === undefined ? {} : { actor },
    })
  })
  const any = <Row>(statement: Parameters<Reads['any']>[0]) =>
    db.withPlatformScope(scope, (tx) => tx.any(statement)) as Promise<readonly Row[]>
  return {
    sellers: async function* () {
      const ids = await any<{ id: string }>(sql.type(Id)`
        select s.id from sellers s
        where ${sellerId === undefined ? sql.fragment`true` : sql.fragment`s.id = ${sellerId}`}
          and exists (select from decrypt_ledger l where l.seller_id = s.id and ${inWindow(ask)})
        order by s.id`)
      for (const { id } of ids) {
        const seller = await readAffected(any, id, ask)
        if (seller !== null) yield seller
      }
    },
    rowsOf: async function* ({ seller_id: id, days }) {
      for (const { day } of days) {
        const rows = await any<z.infer<typeof DayRows>>(sql.type(DayRows)`
          select table_name, array_agg(distinct r) as row_ids
          from decrypt_ledger l, unnest(l.row_ids) as r
          where l.seller_id = ${id} and ${inWindow(ask)}
            and l.created_at >= ${day}::date::timestamp at time zone 'Asia/Kolkata'
            and l.created_at < (${day}::date + 1)::timestamp at time zone 'Asia/Kolkata'
          group by table_name order by table_name`)
        for (const { table_name: table, row_ids } of rows) {
          yield { seller_id: id, day, table, row_ids }
        }
      }
    },
  }
}

type Reads = Parameters<Parameters<Database['withPlatformScope']>[1]>[0]
type Any = <Row>(statement: Parameters<Reads['any']>[0]) => Promise<readonly Row[]>

const inWindow = ({ from, to, actor }: BreachAsk) => {
  const window = sql.fragment`l.created_at >= ${from.toISOString()}::timestamptz
    and l.created_at < ${to.toISOString()}::timestamptz`
  return actor === undefined ? window : sql.fragment`${window}
    and (l.actor = ${actor} or starts_with(l.actor, ${`${actor}/`}))`
}

const readAffected = async (
  any: Any,
  sellerId: string,
  ask: BreachAsk,
): Promise<AffectedSeller | null> => {
  const where = sql.fragment`l.seller_id = ${sellerId} and ${inWindow(ask)}`
  const counts = await any<z.infer<typeof CountRow>>(sql.type(CountRow)`
    select (l.created_at at time zone 'Asia/Kolkata')::date::text as day, l.purpose,
      case when l.actor like 'run:%' then 'run' when l.actor like 'push:%' then 'push'
        else l.actor end as actor,
      count(*) as openings, sum(l.opened) as opened, min(l.created_at) as first_at,
      max(l.created_at) as last_at
    from decrypt_ledger l where ${where} group by 1, 2, 3`)
  if (counts.length === 0) return null
  const columns = await any<z.infer<typeof ColumnRow>>(sql.type(ColumnRow)`
    select l.table_name, c as column_name, count(*) as openings
    from decrypt_ledger l, unnest(l.columns) as c where ${where} group by 1, 2 order by 1, 2`)
  const rows = await any<z.infer<typeof TableRow>>(sql.type(TableRow)`
    select table_name, count(*) as rows
    from (select distinct l.table_name, r from decrypt_ledger l, unnest(l.row_ids) as r
      where ${where}) as opened
    group by 1 order by 1`)
  const times = counts.flatMap((one) => [one.first_at.getTime(), one.last_at.getTime()])
  return {
    seller_id: sellerId,
    ...sumOf(counts),
    // no spread: there may be more of them than a call takes arguments
    first_at: new Date(times.reduce((least, one) => Math.min(least, one))),
    last_at: new Date(times.reduce((most, one) => Math.max(most, one))),
    buyers: rows.find(({ table_name }) => table_name === 'orders')?.rows ?? 0,
    tables: rows.map(({ table_name: table, rows: count }) => ({
      table,
      rows: count,
      columns: Object.fromEntries(
        columns.filter((one) => one.table_name === table)
          .map((one) => [one.column_name, one.openings]),
      ),
    })),
    actors: by(counts, 'actor'),
    purposes: by(counts, 'purpose'),
    days: by(counts, 'day').toSorted((a, b) => a.day < b.day ? -1 : 1),
  }
}

const sumOf = (rows: readonly Count[]): Count => ({
  openings: rows.reduce((sum, one) => sum + one.openings, 0),
  opened: rows.reduce((sum, one) => sum + one.opened, 0),
})

/** Those that opened most come first. */
const by = <Key extends 'actor' | 'purpose' | 'day'>(
  counts: readonly z.infer<typeof CountRow>[],
  key: Key,
): readonly (Count & { readonly [K in Key]: string })[] =>
  [...Map.groupBy(counts, (one) => one[key])]
    .map(([value, rows]) => ({ [key]: value, ...sumOf(rows) }) as Count & { [K in Key]: string })
    .toSorted((a, b) => b.opened - a.opened)

const Id = z.object({ id: z.string() })
const CountRow = z.object({
  day: z.string(),
  purpose: z.string(),
  actor: z.string(),
  openings: z.int(),
  opened: z.int(),
  first_at: z.date(),
  last_at: z.date(),
})
const ColumnRow = z.object({
  table_name: z.string(),
  column_name: z.string(),
  openings: z.int(),
})
const TableRow = z.object({ table_name: z.string(), rows: z.int() })
const DayRows = z.object({ table_name: z.string(), row_ids: z.array(z.string()) })
