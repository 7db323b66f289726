/** Statements that read a page of an export, behind the last row of the page before. */
import type { Column, Kind } from './cells.ts'

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
  /** Texts by which a page goes on behind a row: `@1`, `@2`, … of the rows, in this order. */
  readonly start: readonly string[]
  /** Text and values of the statement for the rows behind `position`, `limit` of them. */
  readonly page: (
    asked: {
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

export const select = (cells: readonly Cell[], keys: readonly string[]): string =>
  `select ${
    [
      ...cells.map(([name, , sql]) => `${sql} as "${name}"`),
      ...keys.map((sql, i) => `${sql}::text as "@${i + 1}"`),
    ].join(', ')
  }`
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
    page: ({ sellerId, before, position, limit, filters }) => {
      const { text, values } = pageOf(source, '>', filters)
      return {
        text: `${text} ${select(all, [`t.${source.at}`, 't.id'])} from t ${joinAccount}
          order by t.${source.at}, t.id`,
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
    page: ({ sellerId, before, position: [at, id, line, lineId], limit, filters }) => {
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
        text: `${text} ${select(all, keys)}, (l.id is not null)::text as "@" from t ${joinAccount}
          left join lateral (
            select l.id, l.${key}, ${reads} from ${table} l
            where l.seller_id = $1 and l.${owner} = t.id
              and l.${key} >= case when ${isHere} then ${lineAt}::text else '' end
              and (t.id <> $5::uuid or (l.${key}, l.id) > (${lineAt}::text, ${idAt}::uuid))
            order by l.${key}, l.id limit $3) l on true
          order by t.${source.at}, t.id, l.${key} nulls first, l.id limit $3`,
        values: [sellerId, before, limit, at, id, ...values, line, lineId],
      }
    },
  }
}
