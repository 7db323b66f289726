/** The decrypt ledger as its seller reads it: who opened what, when and why, and how much on each day. */
import { z } from 'zod'
import { purposeSentence } from '../crypto/purposes.ts'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'

export const openerKinds = ['user', 'key', 'staff', 'run', 'push'] as const
type OpenerKind = typeof openerKinds[number]

export interface OpeningFilters {
  readonly purpose?: string
  readonly kind?: OpenerKind
  /** A person of the seller. */
  readonly actorUserId?: string
  readonly table?: string
  /** The buyer's fields of this order. */
  readonly orderId?: string
  /** `from` is inside the range, `to` is not. */
  readonly from?: Date
  readonly to?: Date
}
interface Opener {
  /** user, key, staff, run or push. */
  readonly kind: string
  readonly user_id: string | null
  readonly super_admin_id: string | null
  readonly impersonation_session_id: string | null
  readonly api_key_id: string | null
  readonly job_run_id: string | null
  /** Of a push: the account that it was for. */
  readonly marketplace_account_id: string | null
  /** As the impersonation tells it. */
  readonly staff_name: string | null
}
interface OpeningView {
  readonly id: string
  readonly at: Date
  readonly actor: Opener
  readonly purpose: string
  /** What the purpose says to people. */
  readonly sentence: string
  /** In the words of whoever asked; null where nobody was asked for one. */
  readonly reason: string | null
  readonly table: string
  readonly columns: readonly string[]
  readonly row_ids: readonly string[]
  /** Values; `columns` times `row_ids` at most. */
  readonly opened: number
  /** The work came to nothing: values were open in memory, and left it for nobody. */
  readonly undone: boolean
}
interface OpeningDay {
  /** Of India, YYYY-MM-DD. */
  readonly day: string
  readonly purpose: string
  readonly sentence: string
  readonly actor: Opener
  /** Requests and jobs. */
  readonly openings: number
  /** Values. */
  readonly opened: number
}
/** What a person, a key or somebody of the staff has opened since some day. */
interface OpenerTotal {
  readonly actor: Opener
  readonly last_at: Date
  /** Values. */
  readonly opened: number
}
interface OpeningPlace {
  /** With microseconds. */
  readonly at: string
  readonly id: string
}
export interface Openings {
  /** Newest first. */
  readonly list: (entry: Entry, ask: {
    readonly filters: OpeningFilters
    readonly after?: OpeningPlace
    readonly limit: number
  }) => Promise<{ readonly openings: readonly OpeningView[]; readonly next: OpeningPlace | null }>
  /** By day, purpose and opener; all runs of a day are one, and so are all pushes. Newest first. */
  readonly daily: (
    entry: Entry,
    range: { readonly from: Date; readonly to: Date },
  ) => Promise<readonly OpeningDay[]>
  /** Of people, keys and staff; each of the staff once, whatever the session. */
  readonly openers: (entry: Entry, from: Date) => Promise<readonly OpenerTotal[]>
}

export const createOpenings = (db: Pick<Database, 'inSellerScope'>): Openings => ({
  list: async (entry, { filters, after, limit }) => {
    const { sellerId } = entry
    // the inner page is read in the index alone, unless a table or an order is asked for
    const rows = await db.inSellerScope(entry).any(sql.type(Row)`
      select l.id, l.created_at, l.actor, l.purpose, l.reason, l.table_name, l.columns, l.row_ids,
        l.opened, l.undone, i.staff_name,
        to_char(l.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
      from (
        select id, created_at from decrypt_ledger where ${matching(sellerId, filters, after)}
        order by created_at desc, id desc limit ${limit + 1}
      ) as page
      join decrypt_ledger l on l.seller_id = ${sellerId} and l.id = page.id
      left join impersonation_sessions i on i.seller_id = ${sellerId}
        and i.id = case when l.actor like 'staff:%' then split_part(l.actor, '/', 2)::uuid end
      order by page.created_at desc, page.id desc`)
    const shown = rows.slice(0, limit)
    const last = rows.length > limit ? shown.at(-1) : undefined
    return {
      openings: shown.map(viewOf),
      next: last === undefined ? null : { at: last.place, id: last.id },
    }
  },

  daily: async (entry, { from, to }) => {
    const rows = await db.inSellerScope(entry).any(sql.type(DayRow)`
      select d.day::text as day, d.purpose, d.actor, d.openings, d.opened, i.staff_name
      from (
        select (created_at at time zone 'Asia/Kolkata')::date as day, purpose,
          case when actor like 'run:%' then 'run:' when actor like 'push:%' then 'push:'
            else actor end as actor,
          count(*) as openings, sum(opened) as opened
        from decrypt_ledger where ${matching(entry.sellerId, { from, to })}
        group by 1, 2, 3
      ) as d
      left join impersonation_sessions i on i.seller_id = ${entry.sellerId}
        and i.id = case when d.actor like 'staff:%' then split_part(d.actor, '/', 2)::uuid end
      order by d.day desc, d.opened desc, d.purpose, d.actor`)
    return rows.map(({ day, purpose, openings, opened, ...row }) => ({
      ...{ day, purpose, sentence: purposeSentence(purpose), actor: actorOf(row) },
      ...{ openings, opened },
    }))
  },

  openers: async (entry, from) => {
    const rows = await db.inSellerScope(entry).any(sql.type(TotalRow)`
      select t.actor, t.last_at, t.opened, i.staff_name
      from (
        select max(actor) as actor, max(created_at) as last_at, sum(opened) as opened
        from decrypt_ledger
        where ${matching(entry.sellerId, { from })}
          and (actor like 'user:%' or actor like 'key:%' or actor like 'staff:%')
        group by split_part(actor, '/', 1)
      ) as t
      left join impersonation_sessions i on i.seller_id = ${entry.sellerId}
        and i.id = case when t.actor like 'staff:%' then split_part(t.actor, '/', 2)::uuid end
      order by t.last_at desc, t.actor`)
    return rows.map(({ last_at, opened, ...row }) => ({ actor: actorOf(row), last_at, opened }))
  },
})

const matching = (sellerId: string, filters: OpeningFilters, after?: OpeningPlace) => {
  const { purpose, kind, actorUserId, table, orderId, from, to } = filters
  const time = (at: Date | string) =>
    sql.fragment`${typeof at === 'string' ? at : at.toISOString()}::timestamptz`
  const conditions = [
    sql.fragment`seller_id = ${sellerId}`,
    ...purpose === undefined ? [] : [sql.fragment`purpose = ${purpose}`],
    ...kind === undefined ? [] : [sql.fragment`actor like ${`${kind}:%`}`],
    ...actorUserId === undefined ? [] : [sql.fragment`actor = ${`user:${actorUserId}`}`],
    ...table === undefined ? [] : [sql.fragment`table_name = ${table}`],
    ...from === undefined ? [] : [sql.fragment`created_at >= ${time(from)}`],
    ...to === undefined ? [] : [sql.fragment`created_at < ${time(to)}`],
    ...after === undefined
      ? []
      : [sql.fragment`(created_at, id) < (${time(after.at)}, ${after.id}::uuid)`],
    // nothing of an order was opened before it was here; an order that is not here has no openings
    ...orderId === undefined ? [] : [
      sql.fragment`table_name = 'orders' and row_ids @> array[${orderId}::uuid]
        and created_at >= (
          select o.created_at from orders o
          where o.seller_id = ${sellerId} and o.id = ${orderId}::uuid)`,
    ],
  ]
  return sql.join(conditions, sql.fragment` and `)
}

const Told = { actor: z.string(), staff_name: z.string().nullable() }
const Row = z.object({
  ...Told,
  id: z.string(),
  created_at: z.date(),
  place: z.string(),
  purpose: z.string(),
  reason: z.string().nullable(),
  table_name: z.string(),
  columns: z.array(z.string()),
  row_ids: z.array(z.string()),
  opened: z.int(),
  undone: z.boolean(),
})
const DayRow = z.object({
  ...Told,
  day: z.string(),
  purpose: z.string(),
  openings: z.int(),
  opened: z.int(),
})
const TotalRow = z.object({ ...Told, last_at: z.date(), opened: z.int() })

const viewOf = (row: z.infer<typeof Row>): OpeningView => ({
  ...{ id: row.id, at: row.created_at, actor: actorOf(row), purpose: row.purpose },
  ...{ sentence: purposeSentence(row.purpose), reason: row.reason, table: row.table_name },
  ...{ columns: row.columns, row_ids: row.row_ids, opened: row.opened, undone: row.undone },
})

/** Of `<kind>:<id>`; the id of staff is `<super admin>/<impersonation session>`. */
const actorOf = (
  { actor, staff_name }: { readonly actor: string; readonly staff_name: string | null },
): Opener => {
  const [kind = '', id = ''] = actor.split(/:(.*)/s)
  const [first, session] = id.split('/')
  const only = (one: OpenerKind, value = id) => kind === one && value ? value : null
  return {
    kind,
    user_id: only('user'),
    super_admin_id: only('staff', first),
    impersonation_session_id: only('staff', session),
    api_key_id: only('key'),
    job_run_id: only('run'),
    marketplace_account_id: only('push'),
    staff_name,
  }
}
