/** One page of a sync, stored whole: rows, what was rejected, counts, cursor and audit together. */
import { digestOf, recordAudit } from '../audit/record.ts'
import type { SellerKeys } from '../crypto/keys.ts'
import type { SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import type { OrderRow, Page, PayoutRow, RejectedRow, ReturnRow } from '../plugin.ts'
import type { RunTarget } from '../queues/targets.ts'
import { type PreparedOrders, prepareOrders } from './order-rows.ts'
import { type PreparedPayouts, preparePayouts } from './payout-rows.ts'
import { quarantine } from './quarantine.ts'
import { type PreparedReturns, prepareReturns } from './return-rows.ts'
import { sealsPerOrder, type StoredCounts, storeOrders } from './store-orders.ts'
import { storePayouts } from './store-payouts.ts'
import { storeReturns } from './store-returns.ts'

/** What a run has done so far; stored with every page. */
export interface RunCounts {
  readonly pages: number
  readonly received: number
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly reasons: Readonly<Record<string, number>>
  /** Words of the marketplace that the adapter does not know, and how often each was met. */
  readonly unknown: Readonly<Record<string, number>>
}
export const noCounts: RunCounts = {
  pages: 0,
  received: 0,
  created: 0,
  changed: 0,
  unchanged: 0,
  rejected: 0,
  reasons: {},
  unknown: {},
}

export interface PagePlace {
  readonly accountId: string
  readonly target: RunTarget
  readonly runId: string
  /** The number of the stored cursor; null for a run over a window, which keeps its own. */
  readonly cursorSeq: number | null
  /** Of the marketplace; absent: 60 days. */
  readonly claimWindowDays?: number
}

/** The targets that bring rows. */
export type RowTarget = 'ORDERS' | 'RETURNS' | 'PAYOUTS'
export const isRowTarget = (target: RunTarget): target is RowTarget =>
  target === 'ORDERS' || target === 'RETURNS' || target === 'PAYOUTS'

export type PreparedPage = PreparedOrders | PreparedReturns | PreparedPayouts

/** How many values the page seals at most: for `keyring.forSeller`. */
export const sealsOfPage = (
  target: RowTarget,
  { rows, received }: Pick<Page<unknown, unknown>, 'rows' | 'received'>,
): number => (target === 'ORDERS' ? rows.length * sealsPerOrder : 0) + received

/**
 * Checks and hashes the rows of a page; what has not the form of the contract is put aside. Needs no
 * database, and changes nothing.
 */
export const preparePage = (
  keys: SellerKeys,
  { accountId, target }: { readonly accountId: string; readonly target: RowTarget },
  rows: readonly unknown[],
): PreparedPage => {
  if (target === 'RETURNS') return prepareReturns(keys, accountId, rows as readonly ReturnRow[])
  if (target === 'PAYOUTS') return preparePayouts(keys, accountId, rows as readonly PayoutRow[])
  return prepareOrders(keys, accountId, rows as readonly OrderRow[])
}

/** How many things the rows are of. */
export const thingsOf = (prepared: PreparedPage): number => {
  if (prepared.target === 'RETURNS') return prepared.returns.length
  return prepared.target === 'PAYOUTS' ? prepared.payouts.length : prepared.orders.length
}

/** The reason for rows that do not have the form of the contract. */
const malformedReason = 'malformed-row'

/** Everything of a page that was not accepted, the host's own refusals included. */
export const rejectionsOf = (
  page: Pick<Page<unknown, unknown>, 'rejected'>,
  prepared: PreparedPage,
): readonly RejectedRow[] => [
  ...page.rejected.map(({ key, reason, raw }) => ({
    ...keyOf(key),
    reason: /^[a-z0-9-]{1,80}$/.test(reason) ? reason : malformedReason,
    raw: String(raw),
  })),
  ...prepared.malformed.map(({ key, raw }) => ({ ...keyOf(key), reason: malformedReason, raw })),
]

/** A key is for people to find the row by; it is cut to what a column holds. */
const keyOf = (key: string | undefined): { readonly key?: string } =>
  key === undefined ? {} : { key: String(key).replaceAll('\0', '').slice(0, 200) }

/** received = new + changed + unchanged + rejected, or nothing of the page is stored. */
export const storePage = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: PagePlace,
  page: Page<unknown, unknown>,
  prepared: PreparedPage,
  before: RunCounts,
): Promise<RunCounts> => {
  const rejected = rejectionsOf(page, prepared)
  const stored = await storeRows(scope, keys, place, prepared)
  await quarantine(scope, keys, place, rejected)
  const counts: RunCounts = {
    pages: before.pages + 1,
    received: before.received + page.received,
    created: before.created + stored.created,
    changed: before.changed + stored.changed,
    unchanged: before.unchanged + stored.unchanged + prepared.repeated,
    rejected: before.rejected + rejected.length,
    reasons: countEach(before.reasons, rejected.map(({ reason }) => reason)),
    unknown: countEach(before.unknown, unknownWords(prepared)),
  }
  countPage(scope, place, page.cursor, counts)
  if (counts.unknown !== before.unknown) {
    scope.atCommit(command`
      update job_runs set unknown_words = ${JSON.stringify(counts.unknown)}::jsonb
      where seller_id = ${scope.sellerId} and id = ${place.runId}`)
  }
  recordPage(scope, place, prepared.target, stored)
  return counts
}

const storeRows = (
  scope: SellerScope,
  keys: SellerKeys,
  place: PagePlace,
  prepared: PreparedPage,
): Promise<StoredCounts> => {
  if (prepared.target === 'RETURNS') return storeReturns(scope, place, prepared.returns)
  if (prepared.target === 'PAYOUTS') return storePayouts(scope, place, prepared.payouts)
  return storeOrders(scope, keys, place, prepared.orders)
}

/** Of a page that changed something, one event. */
const recordPage = (
  scope: SellerScope,
  { accountId }: PagePlace,
  target: RowTarget,
  { created, changed, written }: StoredCounts,
): void => {
  if (written.length === 0) return
  const about = `marketplace-account:${accountId}` as const
  const digest = digestOf(written)
  if (target === 'RETURNS') {
    recordAudit(scope, scope.sellerId, 'returns.synced', about, {
      created,
      changed,
      returns: digest,
    })
  } else if (target === 'PAYOUTS') {
    recordAudit(scope, scope.sellerId, 'payouts.synced', about, {
      created,
      changed,
      payouts: digest,
    })
  } else {
    recordAudit(scope, scope.sellerId, 'orders.synced', about, { created, changed, orders: digest })
  }
}

const unknownWords = (prepared: PreparedPage): readonly string[] => {
  if (prepared.target === 'ORDERS') {
    return prepared.orders.flatMap(({ row }) => [
      ...row.status === null ? [row.rawStatus] : [],
      ...(row.shipments ?? []).flatMap(({ status, rawStatus }) => status === null ? rawStatus : []),
    ])
  }
  const rows = prepared.target === 'RETURNS'
    ? prepared.returns.flatMap((versions) => versions.map(({ row }) => row))
    : prepared.payouts.map(({ row }) => row)
  return rows.flatMap(({ status, rawStatus }) => status === null ? rawStatus : [])
}

/** Both refuse to go on from a page that is not the last one any more. */
const countPage = (
  scope: SellerScope,
  place: PagePlace,
  cursor: unknown,
  counts: RunCounts,
): void => {
  const json = JSON.stringify(cursor)
  const live = place.cursorSeq !== null
  scope.atCommit(command`
    select count_page(${place.runId}::uuid, ${counts.pages - 1}::int4, ${counts.received}::int4,
      ${counts.created}::int4, ${counts.changed}::int4, ${counts.unchanged}::int4,
      ${counts.rejected}::int4, ${JSON.stringify(counts.reasons)}::jsonb,
      ${live ? null : json}::jsonb)`)
  if (live) {
    scope.atCommit(command`
      select advance_cursor(${place.accountId}::uuid, ${place.target}, ${json}::jsonb,
        ${place.cursorSeq}::int8)`)
  }
}

/** As many as tell what is wrong; a marketplace may have a word for every row. */
const mostNames = 50

/** The same object where there is nothing to count. */
const countEach = (
  before: Readonly<Record<string, number>>,
  names: readonly string[],
): Readonly<Record<string, number>> => {
  if (names.length === 0) return before
  const counts = new Map(Object.entries(before))
  for (const name of names) {
    const key = counts.has(name) || counts.size < mostNames ? name : 'other'
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}
