/** Rows that could not be accepted, put aside as they came: sealed, and found by the buyers in them. */
import { textIndexes } from '../crypto/blind-index.ts'
import type { SellerKeys } from '../crypto/keys.ts'
import { bytesArray, textArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import type { RejectedRow } from '../plugin.ts'
import type { RunTarget } from '../queues/targets.ts'
import { lockAccount } from './order-stands.ts'

/**
 * The id is made of the content, so a row that comes again is not kept twice. Of an order whose buyer
 * was erased the reason is kept, and not the row: erased is erased.
 */
export const quarantine = async (
  scope: SellerScope,
  keys: SellerKeys,
  { accountId, target, runId }: {
    readonly accountId: string
    readonly target: RunTarget
    readonly runId: string
  },
  rows: readonly RejectedRow[],
): Promise<void> => {
  if (rows.length === 0) return
  // an erasure that goes on at this moment is seen by it, or sees these rows
  if (target === 'ORDERS') await lockAccount(scope, accountId)
  const ids = rows.map((row) => {
    const content = Array.from(keys.hash([row.raw]), (byte) => byte.toString(16)).join('.')
    return idOf(scope.sellerId, accountId, 'quarantined-row', target, content)
  })
  const raws = rows.map((row, i) => keys.seal('quarantined_rows', 'raw_enc', ids[i] ?? '', row.raw))
  await scope.run(command`
    insert into quarantined_rows (
      seller_id, marketplace_account_id, target, job_run_id, id, external_key, reason, raw_enc,
      buyers_idx, raw_erased_at
    )
    select ${scope.sellerId}::uuid, ${accountId}::uuid, ${target}, ${runId}::uuid, u.id,
      u.external_key, u.reason, case when erased_at is null then u.raw end,
      case when erased_at is null then u.buyers end, erased_at
    from unnest(${uuidArray(ids)}::uuid[],
      ${textArray(rows.map((row) => row.key ?? null))}::text[],
      ${textArray(rows.map((row) => row.reason))}::text[],
      ${bytesArray(raws)}::bytea[],
      ${bytesArray(rows.map((row) => textIndexes(keys, row.raw)))}::bytea[]
    ) as u (id, external_key, reason, raw, buyers)
    cross join lateral (
      select case when ${target} = 'ORDERS' then (
        select o.customer_erased_at from orders o
        where o.seller_id = ${scope.sellerId} and o.marketplace_account_id = ${accountId}
          and o.external_order_id = u.external_key) end as erased_at) e
    on conflict (seller_id, id) do nothing`)
}
