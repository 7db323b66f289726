/** Returns into the ledger, with every word and every waybill that was told of them. */
import { z } from 'zod'
import { int4Array, textArray, timestampArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import { type ReturnState, returnStateRank, returnStates } from '../plugin.ts'
import { followReturns } from './follow-returns.ts'
import { lockAccount } from './order-stands.ts'
import type { PreparedReturn } from './return-rows.ts'
import type { StoredCounts } from './store-orders.ts'
import { type ReturnPlace, writeReturns } from './write-returns.ts'

/** Each with all its versions, the newest last. What is unchanged is left alone. */
export const storeReturns = async (
  scope: SellerScope,
  place: ReturnPlace,
  returns: readonly (readonly PreparedReturn[])[],
): Promise<StoredCounts> => {
  if (returns.length === 0) return { created: 0, changed: 0, unchanged: 0, written: [] }
  await lockAccount(scope, place.accountId)
  const known = await readKnown(scope, returns.flatMap((versions) => versions.map(({ id }) => id)))
  const plans = returns.flatMap((versions) =>
    planOf(known.get(versions[0]?.id ?? ''), versions) ?? []
  )
  if (plans.length === 0) {
    return { created: 0, changed: 0, unchanged: returns.length, written: [] }
  }
  await writeReturns(scope, place, plans.filter(({ isNewer }) => isNewer))
  await writeLate(scope, plans.filter(({ isNewer, isMoved }) => !isNewer && isMoved))
  await tell(scope, place, plans)
  const withAwb = new Set(await keepAwbs(scope, plans))
  const touched = plans.filter(({ isNewer, isMoved, last }) =>
    isNewer || isMoved || withAwb.has(last.id)
  )
  await followReturns(scope, place, await ordersOf(scope, touched))
  const created = touched.filter(({ last }) => !known.has(last.id)).length
  return {
    created,
    changed: touched.length - created,
    unchanged: returns.length - touched.length,
    written: touched.map(({ last }) => last.id),
  }
}

const readKnown = async (scope: SellerScope, ids: readonly string[]) => {
  const rows = await scope.any(sql.type(knownRow)`
    select id, content_hash, status, source_updated_at from order_returns
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row]))
}
const knownRow = z.object({
  id: z.string(),
  content_hash: z.instanceof(Uint8Array),
  status: z.enum(returnStates),
  source_updated_at: z.date(),
})

interface Plan {
  readonly last: PreparedReturn
  readonly all: readonly PreparedReturn[]
  readonly status: ReturnState
  readonly isNewer: boolean
  readonly isMoved: boolean
}

/** Undefined: nothing is new. */
const planOf = (
  known: z.infer<typeof knownRow> | undefined,
  all: readonly PreparedReturn[],
): Plan | undefined => {
  const last = all.at(-1)
  if (!last) return undefined
  if (known && all.every(({ hash }) => isSame(hash, known.content_hash))) return undefined
  const before = known?.status ?? 'INITIATED'
  const status = all.reduce<ReturnState>(
    (sofar, { row }) =>
      row.status && returnStateRank(row.status) > returnStateRank(sofar) ? row.status : sofar,
    before,
  )
  return {
    last,
    all,
    status,
    isNewer: !known || known.source_updated_at <= last.row.updatedAt &&
        !isSame(last.hash, known.content_hash),
    isMoved: status !== before,
  }
}
const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/** Rows that are older than what is stored, and lead further all the same. */
const writeLate = async (scope: SellerScope, plans: readonly Plan[]): Promise<void> => {
  if (plans.length === 0) return
  await scope.run(command`
    update order_returns r
    set status = u.status, status_rank = u.status_rank, updated_at = now()
    from unnest(
      ${uuidArray(plans.map(({ last }) => last.id))}::uuid[],
      ${textArray(plans.map(({ status }) => status))}::text[],
      ${int4Array(plans.map(({ status }) => returnStateRank(status)))}::int4[]
    ) as u (id, status, status_rank)
    where r.seller_id = ${scope.sellerId} and r.id = u.id`)
}

/** Every word once. */
const tell = async (
  scope: SellerScope,
  { runId }: ReturnPlace,
  plans: readonly Plan[],
): Promise<void> => {
  const words = plans.flatMap(({ all }) => all)
  const ids = words.map(({ id, row: { status, rawStatus, updatedAt } }) =>
    idOf(scope.sellerId, id, 'return-event', status ?? '', rawStatus, updatedAt.toISOString())
  )
  await scope.run(command`
    insert into order_return_events (
      seller_id, job_run_id, id, order_return_id, status, raw_status, at
    )
    select ${scope.sellerId}::uuid, ${runId}::uuid, u.*
    from unnest(
      ${uuidArray(ids)}::uuid[],
      ${uuidArray(words.map(({ id }) => id))}::uuid[],
      ${textArray(words.map(({ row }) => row.status))}::text[],
      ${textArray(words.map(({ row }) => row.rawStatus))}::text[],
      ${timestampArray(words.map(({ row }) => row.updatedAt))}::timestamptz[]
    ) as u
    on conflict (seller_id, id) do nothing`)
}

/**
 * No waybill is ever taken away: a parcel may come back under any of them. Answers the ids of the
 * returns that have one more.
 */
const keepAwbs = async (
  scope: SellerScope,
  plans: readonly Plan[],
): Promise<readonly string[]> => {
  const legs = plans.flatMap(({ all }) =>
    all.flatMap(({ id, row }) => row.awbs.map((leg) => ({ id, ...leg })))
  )
  if (legs.length === 0) return []
  const rows = await scope.any(sql.type(keptRow)`
    insert into return_awbs (seller_id, id, order_return_id, awb, carrier)
    select ${scope.sellerId}::uuid, u.*
    from unnest(
      ${uuidArray(legs.map(({ id, awb }) => idOf(scope.sellerId, id, 'return-awb', awb)))}::uuid[],
      ${uuidArray(legs.map(({ id }) => id))}::uuid[],
      ${textArray(legs.map(({ awb }) => awb))}::text[],
      ${textArray(legs.map(({ carrier }) => carrier))}::text[]
    ) as u
    on conflict (seller_id, id) do nothing
    returning order_return_id`)
  return rows.map((row) => row.order_return_id)
}
const keptRow = z.object({ order_return_id: z.string() })

/** Those that are stored. */
const ordersOf = async (
  scope: SellerScope,
  plans: readonly Plan[],
): Promise<readonly string[]> => {
  const ids = plans.flatMap(({ last }) => last.row.kind === 'RTO' ? [last.id] : [])
  if (ids.length === 0) return []
  const rows = await scope.any(sql.type(z.object({ order_id: z.string() }))`
    select distinct order_id from order_returns
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])
      and order_id is not null`)
  return rows.map((row) => row.order_id)
}
