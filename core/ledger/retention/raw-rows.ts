/** Rows that could not be read, emptied: they go on saying what was wrong, and name nobody. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { Fragment } from '../account-limit.ts'

/** How many they were. `which` is a condition on `q`. The same row again is known by its id, and fills nothing. */
export const emptyRawRows = async (
  scope: SellerScope,
  accountId: string,
  which: Fragment,
): Promise<number> => {
  const { rows } = await scope.one(sql.type(z.object({ rows: z.number() }))`
    with emptied as (
      update quarantined_rows q set raw_enc = null, buyers_idx = null, raw_erased_at = now()
      where q.seller_id = ${scope.sellerId} and q.marketplace_account_id = ${accountId}
        and q.raw_erased_at is null and ${which}
      returning 1)
    select count(*)::int4 as rows from emptied`)
  return rows
}
