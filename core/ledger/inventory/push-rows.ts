/** What is to be pushed and read back of one account, and what the marketplace answered. */
import { z } from 'zod'
import { boolArray, int4Array, int8Array, textArray, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { StockChange, StockLevel, StockResult } from '../../plugin.ts'

/** A listing, with the version of its quantity that is in hand. */
export interface PushRow extends StockChange {
  readonly id: string
}

/** Listings of which the marketplace has not answered to the newest version. */
export const readWaiting = async (
  scope: SellerScope,
  accountId: string,
  most: number,
): Promise<readonly PushRow[]> => {
  const rows = await scope.any(sql.type(pushRow)`
    select id, sku, external_listing_id, quantity, version::int4 as version from catalog_listings
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      and version > settled_version and quantity is not null
    order by id limit ${most}`)
  return rows.map(rowOf)
}

/**
 * Listings to ask the marketplace about: those that were pushed since they were read last, or (`all`)
 * any whose newest version it has taken. Those that were not asked about for longest come first.
 */
export const readSample = async (
  scope: SellerScope,
  accountId: string,
  { most, all }: { readonly most: number; readonly all: boolean },
): Promise<readonly PushRow[]> => {
  const rows = await scope.any(sql.type(pushRow)`
    select id, sku, external_listing_id, quantity, version::int4 as version from catalog_listings
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      and pushed_version = version and (${all} or pushed_at > coalesce(read_at, '-infinity'))
    order by read_at nulls first, id limit ${most}`)
  return rows.map(rowOf)
}

/** What the marketplace refused is asked for once more: it may have learned of the product since. */
export const retryRejected = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`
    update catalog_listings set version = version + 1
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      and rejection is not null and settled_version = version`)
}

const pushRow = z.object({
  id: z.string(),
  sku: z.string(),
  external_listing_id: z.string().nullable(),
  quantity: z.number(),
  version: z.number(),
})
const rowOf = (row: z.infer<typeof pushRow>): PushRow => ({
  id: row.id,
  sku: row.sku,
  listingId: row.external_listing_id,
  quantity: row.quantity,
  version: row.version,
})

export interface PushCounts {
  readonly accepted: number
  readonly rejected: number
}

/** An older version than one that was answered already changes nothing. */
export const recordPush = async (
  scope: SellerScope,
  runId: string,
  pushed: readonly PushRow[],
  results: readonly StockResult[],
): Promise<PushCounts> => {
  const bySku = new Map(results.map((result) => [result.sku, result]))
  const answered = pushed.flatMap((row) => {
    const result = bySku.get(row.sku)
    return result ? [{ ...row, result }] : []
  })
  const rejections = answered.map(({ result }) =>
    result.outcome === 'rejected' ? (result.reason ?? unnamed).slice(0, longestReason) : null
  )
  await scope.run(command`
    with answer as (
      select u.* from unnest(
        ${uuidArray(answered.map((row) => row.id))}::uuid[],
        ${int8Array(answered.map((row) => row.version))}::int8[],
        ${int4Array(answered.map((row) => row.quantity))}::int4[],
        ${textArray(rejections)}::text[]
      ) as u (id, version, quantity, rejection)
    ), locked as (
      select a.* from catalog_listings l join answer a on a.id = l.id
      where l.seller_id = ${scope.sellerId} order by l.id for no key update of l
    )
    update catalog_listings l set settled_version = k.version, rejection = k.rejection,
      pushed_version = case when k.rejection is null then k.version else l.pushed_version end,
      pushed_quantity = case when k.rejection is null then k.quantity else l.pushed_quantity end,
      pushed_at = case when k.rejection is null then now() else l.pushed_at end
    from locked k
    where l.seller_id = ${scope.sellerId} and l.id = k.id and l.settled_version < k.version`)
  const rejected = rejections.filter((reason) => reason !== null).length
  const counts = { accepted: answered.length - rejected, rejected }
  await countOnRun(scope, runId, counts)
  return counts
}
const unnamed = 'The marketplace does not say why'
const longestReason = 500

/** Every push counts as a change that was received; a refused one by its listing. */
const countOnRun = async (
  scope: SellerScope,
  runId: string,
  { accepted, rejected }: PushCounts,
): Promise<void> => {
  await scope.run(command`
    update job_runs set pages = pages + 1, received = received + ${accepted + rejected},
      changed = changed + ${accepted}, rejected = rejected + ${rejected},
      rejected_reasons = case when ${rejected} = 0 then rejected_reasons else jsonb_set(
        rejected_reasons, '{push-refused}',
        to_jsonb(coalesce((rejected_reasons ->> 'push-refused')::int4, 0) + ${rejected})) end
    where seller_id = ${scope.sellerId} and id = ${runId}`)
}

/**
 * What the marketplace believes, beside what it was told. A first difference is pushed once more, and
 * so is every one that the daily look finds (`again`); a second one in a row stands as a drift.
 * Answers how many differ.
 */
export const recordReading = async (
  scope: SellerScope,
  asked: readonly PushRow[],
  levels: readonly StockLevel[],
  { again }: { readonly again: boolean },
): Promise<number> => {
  const bySku = new Map(levels.map((level) => [level.sku, level.quantity]))
  const readings = asked.map((row) => ({ ...row, read: bySku.get(row.sku) ?? null }))
  const rows = await scope.any(sql.type(z.object({ differs: z.boolean() }))`
    with reading as (
      select u.* from unnest(
        ${uuidArray(readings.map((row) => row.id))}::uuid[],
        ${int8Array(readings.map((row) => row.version))}::int8[],
        ${int4Array(readings.map((row) => row.read))}::int4[],
        ${boolArray(readings.map((row) => row.read !== row.quantity))}::bool[]
      ) as u (id, version, quantity, differs)
    ), locked as (
      select r.* from catalog_listings l join reading r on r.id = l.id
      where l.seller_id = ${scope.sellerId} order by l.id for no key update of l
    )
    update catalog_listings l set read_quantity = k.quantity, read_at = now(),
      differences = case when k.differs then l.differences + 1 else 0 end,
      version = case when k.differs and (${again} or l.differences = 0)
        then l.version + 1 else l.version end,
      changed_at = case when k.differs and (${again} or l.differences = 0)
        then now() else l.changed_at end
    from locked k
    -- of a newer version this says nothing
    where l.seller_id = ${scope.sellerId} and l.id = k.id and l.version = k.version
    returning k.differs`)
  return rows.filter(({ differs }) => differs).length
}
