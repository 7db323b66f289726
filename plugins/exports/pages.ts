/** Statements that read a page of an export, behind the last row of the page before. */
import { z } from 'zod'
import { cellMark, type Column, type Format, type Kind, lineEnds, lineMark } from './cells.ts'

export interface Filters {
  readonly from: Date | null
  readonly to: Date | null
  readonly status: string | null
  readonly accounts: readonly string[] | null
}
/** One export: its columns, and how its rows are read. */
export interface Table {
  /** Whoever may export it may read it by the API. */
  readonly permission: string
  readonly statuses: readonly string[]
  /** False: it is of the seller, not of an account, and of no time. */
  readonly ofAccounts: boolean
  readonly columns: readonly Column[]
  /** Texts by which a page goes on behind a row. */
  readonly start: readonly string[]
  /** Text and values of the statement for the page behind `position`, of `limit` rows. */
  readonly page: (
    asked: {
      readonly format: Format
      readonly sellerId: string
      readonly before: string
      readonly position: readonly string[]
      readonly limit: number
      readonly filters: Filters
    },
  ) => { readonly text: string; readonly values: readonly unknown[] }
}

export type Cell = readonly [name: string, kind: Kind, sql: string]

export const nobody = '00000000-0000-0000-0000-000000000000'
const ist = (column: string): string =>
  `to_char(${column} at time zone 'Asia/Kolkata', 'YYYY-MM-DD"T"HH24:MI:SS"+05:30"')`
export const rupees = (paise: string): string => `(${paise} * 0.01)::text`
export const cell = (name: string, sql = `t.${name}`): Cell => [name, 'text', sql]
export const whole = (name: string, sql = `t.${name}`): Cell => [name, 'integer', `${sql}::text`]
export const time = (name: string, sql = `t.${name}`): Cell => [name, 'time', ist(sql)]

const ofAccount: readonly Cell[] = [
  cell('marketplace', 'm.code'),
  cell('account', 'a.name'),
  cell('account_id', 'a.id::text'),
]
const joinAccount = `
  join marketplace_accounts a on a.seller_id = $1 and a.id = t.marketplace_account_id
  join marketplaces m on m.id = a.marketplace_id`

export interface Source {
  readonly table: string
  /** Read of it, beside its id, its account and its time. */
  readonly reads: string
  readonly at: string
  readonly atType: 'timestamptz' | 'date'
  readonly statusColumn: string
}

const day = (at: Date): string =>
  new Date(at.getTime() + 5.5 * 3_600_000).toISOString().slice(0, 10)

/** Rows of the source behind the position; the caller has bound $1 to $5. */
const pageOf = (
  { table, reads, at, atType, statusColumn }: Source,
  behind: '>' | '>=',
  { from, to, status, accounts }: Filters,
) => {
  const values: unknown[] = []
  const bind = (value: unknown): string => `$${values.push(value) + 5}`
  const isDay = atType === 'date'
  const conditions = [
    't.seller_id = $1',
    't.created_at <= $2::timestamptz',
    `(t.${at}, t.id) ${behind} ($4::${atType}, $5::uuid)`,
    ...from ? [`t.${at} >= ${bind(isDay ? day(from) : from.toISOString())}::${atType}`] : [],
    // the end is outside; of a day, the last instant before it is inside
    ...to && isDay ? [`t.${at} <= ${bind(day(new Date(to.getTime() - 1)))}::date`] : [],
    ...to && !isDay ? [`t.${at} < ${bind(to.toISOString())}::timestamptz`] : [],
    ...status === null ? [] : [`t.${statusColumn} = ${bind(status)}`],
    ...accounts
      ? [`t.marketplace_account_id = any(${bind(`{${accounts.join(',')}}`)}::uuid[])`]
      : [],
  ]
  const text = `with t as materialized (
    select t.id, t.marketplace_account_id, t.${at}, ${reads}
    from ${table} t where ${conditions.join(' and ')}
    order by t.${at}, t.id limit $3)`
  return { text, values }
}

/** A page, as `select` gives it. */
export const Page = z.object({
  /** With their ends, see cells.ts; null: there are none. */
  lines: z.string().nullable(),
  /** How many lines these are. */
  rows: z.number(),
  /** How many rows were read: a source without lines is one, too. */
  read: z.number(),
  /** Of the last row that was read. */
  position: z.array(z.string()).nullable(),
})
export type Page = z.infer<typeof Page>

const charOf = (char: string): string => `chr(${char.charCodeAt(0)})`
const marks = `${charOf(cellMark)} || ${charOf(lineMark)}`
const csvSql = ([, kind, sql]: Cell): string => {
  // what others wrote may hold our marks
  const isFree = kind === 'text' && !sql.endsWith('::text')
  return `coalesce(${isFree ? `translate(${sql}, ${marks}, '  ')` : sql}, '')`
}
const jsonTypes: Partial<Readonly<Record<Kind, string>>> = { integer: '::int8', boolean: '::bool' }
const jsonSql = ([name, kind, sql]: Cell): string => `(${sql})${jsonTypes[kind] ?? ''} as "${name}"`
const lineSql: Readonly<Record<Format, (cells: readonly Cell[]) => string>> = {
  csv: (cells) => `concat_ws(${charOf(cellMark)}, ${cells.map(csvSql).join(', ')})`,
  jsonl: (cells) =>
    `(select row_to_json(r)::text from (select ${cells.map(jsonSql).join(', ')}) as r)`,
}

/**
 * The rows of `from`, in its order, as one text and what is told of it: cell by cell, a million rows
 * would be twenty million pieces of memory that an engine has to collect.
 */
export const select = (
  { format, cells, keys, isLine = 'true', from }: {
    readonly format: Format
    readonly cells: readonly Cell[]
    readonly keys: readonly string[]
    readonly isLine?: string
    readonly from: string
  },
): string => {
  const position = keys.map((sql) => `${sql}::text`).join(', ')
  const end = [...lineEnds[format]].map(charOf).join(' || ')
  return `page as materialized (
      select ${lineSql[format](cells)} as line, ${isLine} as is_line, array[${position}] as position
      ${from})
    select string_agg(line || ${end}, '') filter (where is_line) as lines,
      (count(*) filter (where is_line))::int as rows, count(*)::int as read,
      (array_agg(to_jsonb(position)))[count(*)] as position
    from page`
}
export const columnsOf = (cells: readonly Cell[]): readonly Column[] =>
  cells.map(([name, kind]) => ({ name, kind }))

type Base = Pick<Table, 'permission' | 'statuses'> & { readonly source: Source }

/** A row of the source is a row of the export. */
export const plain = (
  { source, cells, ...base }: Base & { readonly cells: readonly Cell[] },
): Table => {
  const all = [...ofAccount, ...cells]
  return {
    ...{ ...base, ofAccounts: true, columns: columnsOf(all), start: ['-infinity', nobody] },
    page: ({ format, sellerId, before, position, limit, filters }) => {
      const { text, values } = pageOf(source, '>', filters)
      return {
        text: `${text}, ${
          select({
            ...{ format, cells: all, keys: [`t.${source.at}`, 't.id'] },
            from: `from t ${joinAccount} order by t.${source.at}, t.id`,
          })
        }`,
        values: [sellerId, before, limit, ...position, ...values],
      }
    },
  }
}

/**
 * Each line of a row of the source is one of the export. A source without lines gives a row without
 * cells, by which the page goes on; of the source in the middle of which the last page ended, the lines
 * behind it.
 */
export const ofLines = (
  { source, cells, lines, ...base }: Base & {
    readonly cells: readonly Cell[]
    readonly lines: {
      readonly table: string
      readonly owner: string
      readonly key: string
      readonly reads: string
    }
  },
): Table => {
  const all = [...ofAccount, ...cells]
  const { table, owner, key, reads } = lines
  return {
    ...{ ...base, ofAccounts: true, columns: columnsOf(all) },
    start: ['-infinity', nobody, '', nobody],
    page: ({ format, sellerId, before, position: [at, id, line, lineId], limit, filters }) => {
      const { text, values } = pageOf(source, '>=', filters)
      const [lineAt, idAt] = [`$${values.length + 6}`, `$${values.length + 7}`]
      const isHere = `t.id = $5::uuid`
      // of a source without lines behind the position, the position itself
      const keys = [
        ...[`t.${source.at}`, 't.id'],
        `coalesce(l.${key}, case when ${isHere} then ${lineAt}::text else '' end)`,
        `coalesce(l.id, case when ${isHere} then ${idAt}::uuid else '${nobody}'::uuid end)`,
      ]
      return {
        text: `${text}, ${
          select({
            ...{ format, cells: all, keys, isLine: 'l.id is not null' },
            from: `from t ${joinAccount}
          left join lateral (
            select l.id, l.${key}, ${reads} from ${table} l
            where l.seller_id = $1 and l.${owner} = t.id
              and l.${key} >= case when ${isHere} then ${lineAt}::text else '' end
              and (t.id <> $5::uuid or (l.${key}, l.id) > (${lineAt}::text, ${idAt}::uuid))
            order by l.${key}, l.id limit $3) l on true
          order by t.${source.at}, t.id, l.${key} nulls first, l.id limit $3`,
          })
        }`,
        values: [sellerId, before, limit, at, id, ...values, line, lineId],
      }
    },
  }
}
