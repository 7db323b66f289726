/** Rows of those marketplace accounts that somebody may see. */
import { uuidArray } from '../db/arrays.ts'
import { sql } from '../db/sql.ts'
import type { AccountLimit } from '../rbac/decide.ts'

export type Fragment = ReturnType<typeof sql.fragment>

/** Conditions on the column with the account's id; none where there is no limit. */
export const withinLimit = (
  limit: AccountLimit | null | undefined,
  column: Fragment,
): readonly Fragment[] => [
  ...limit?.only ? [sql.fragment`${column} = any(${uuidArray(limit.only)}::uuid[])`] : [],
  ...limit?.except.length
    ? [sql.fragment`${column} <> all(${uuidArray(limit.except)}::uuid[])`]
    : [],
]

/**
 * The first rows of a list, merged from the first ones of each account: an index by account and
 * order serves each, where a filter over all accounts would read past everything that is hidden.
 * `each` is the list of one account, whose id is `a.id`.
 */
export const firstOfEach = (
  sellerId: string,
  limit: AccountLimit,
  each: Fragment,
): Fragment =>
  sql.fragment`select listed.* from marketplace_accounts a cross join lateral (${each}) listed
    where ${
    allOf(sql.fragment`a.seller_id = ${sellerId}`, ...withinLimit(limit, sql.fragment`a.id`))
  }`

/** One row of a table with `marketplace_account_id`, unless it is of an account outside of the limit. */
export const theRow = (
  sellerId: string,
  id: string,
  limit: AccountLimit | null | undefined,
): Fragment => {
  const limited = withinLimit(limit, sql.fragment`marketplace_account_id`)
  return allOf(sql.fragment`seller_id = ${sellerId}`, sql.fragment`id = ${id}`, ...limited)
}

export const allOf = (...conditions: readonly Fragment[]): Fragment =>
  sql.fragment`${sql.join([...conditions], sql.fragment` and `)}`
