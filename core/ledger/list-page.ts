/** Pages of rows that belong to marketplace accounts: newest first, each page behind a position. */
import { sql } from '../db/sql.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { allOf, firstOfEach, type Fragment, withinLimit } from './account-limit.ts'

/** `at`: of the column that the list is in the order of; an ISO time, or a day. */
interface ListPosition {
  readonly at: string
  readonly id: string
}
export interface ListAsk {
  readonly accountId?: string
  readonly after?: ListPosition
  readonly limit: number
  /** Absent or null: of all accounts. */
  readonly accounts?: AccountLimit | null
}

/**
 * The limits that are asked for most stand in the text: PostgreSQL keeps a plan for each, where it
 * would plan anew for every value of a parameter, which costs a list some tenth of its time.
 */
const usualLimits = new Map([[51, sql.fragment`limit 51`], [201, sql.fragment`limit 201`]])
export const limitTo = (rows: number): Fragment =>
  usualLimits.get(rows) ?? sql.fragment`limit ${rows}`

/** One row more than the limit, so that `pageOf` knows whether there is a next page. */
export const listOf = (list: {
  readonly sellerId: string
  readonly columns: Fragment
  readonly table: Fragment
  /** The column of the order, and the type of its positions. */
  readonly by: Fragment
  readonly type: Fragment
  readonly conditions: readonly Fragment[]
  readonly ask: ListAsk
}): Fragment => {
  const { sellerId, columns, table, by, type, conditions } = list
  const { accountId, accounts, after, limit } = list.ask
  const page = sql.fragment`order by ${by} desc, id desc ${limitTo(limit + 1)}`
  const position = after
    ? [sql.fragment`(${by}, id) < (${after.at}::${type}, ${after.id}::uuid)`]
    : []
  const where = (...more: readonly Fragment[]) => {
    const all = allOf(sql.fragment`seller_id = ${sellerId}`, ...conditions, ...position, ...more)
    return sql.fragment`where ${all} ${page}`
  }
  if (!accounts || accountId) {
    const account = accountId ? [sql.fragment`marketplace_account_id = ${accountId}`] : []
    const limited = withinLimit(accounts, sql.fragment`marketplace_account_id`)
    return sql.fragment`select ${columns} from ${table} ${where(...account, ...limited)}`
  }
  const ofAccount = where(sql.fragment`marketplace_account_id = a.id`)
  const each = sql.fragment`select ${columns} from ${table} ${ofAccount}`
  return sql.fragment`select * from (${firstOfEach(sellerId, accounts, each)}) all_accounts ${page}`
}

export interface ListPage<Row> {
  readonly rows: readonly Row[]
  readonly next: ListPosition | null
}

export const pageOf = <Row extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
  atOf: (row: Row) => Date | string,
): ListPage<Row> => {
  const last = rows[limit - 1]
  if (rows.length <= limit || !last) return { rows, next: null }
  const at = atOf(last)
  return {
    rows: rows.slice(0, limit),
    next: { at: typeof at === 'string' ? at : at.toISOString(), id: last.id },
  }
}
