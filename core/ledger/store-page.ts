/** One page of a sync, stored whole: rows, what was rejected, counts, cursor and audit together. */
import { digestOf, recordAudit } from '../audit/record.ts'
import type { SellerKeys } from '../crypto/keys.ts'
import { bytesArray, textArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import type { Page, RejectedRow, Target } from '../plugin.ts'
import type { PreparedPage } from './order-rows.ts'
import { storeOrders } from './store-orders.ts'

/** What a run has done so far; stored with every page. */
export interface RunCounts {
  readonly pages: number
  readonly received: number
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly reasons: Readonly<Record<string, number>>
}
export const noCounts: RunCounts = {
  pages: 0,
  received: 0,
  created: 0,
  changed: 0,
  unchanged: 0,
  rejected: 0,
  reasons: {},
}

export interface PagePlace {
  readonly accountId: string
  readonly target: Target
  readonly runId: string
  /** The number of the stored cursor; null for a run over a window, which keeps its own. */
  readonly cursorSeq: number | null
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
  const stored = await storeOrders(scope, keys, place, prepared.orders)
  await quarantine(scope, keys, place, rejected)
  const counts: RunCounts = {
    pages: before.pages + 1,
    received: before.received + page.received,
    created: before.created + stored.created,
    changed: before.changed + stored.changed,
    unchanged: before.unchanged + stored.unchanged + prepared.repeated,
    rejected: before.rejected + rejected.length,
    reasons: countReasons(before.reasons, rejected),
  }
  countPage(scope, place, page.cursor, counts)
  if (stored.written.length > 0) {
    recordAudit(scope, scope.sellerId, 'orders.synced', `marketplace-account:${place.accountId}`, {
      created: stored.created,
      changed: stored.changed,
      orders: digestOf(stored.written),
    })
  }
  return counts
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

/** The id is made of the content, so a row that comes again is not kept twice. */
const quarantine = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: PagePlace,
  rows: readonly RejectedRow[],
): Promise<void> => {
  if (rows.length === 0) return
  const ids = rows.map((row) => {
    const content = Array.from(keys.hash([row.raw]), (byte) => byte.toString(16)).join('.')
    return idOf(scope.sellerId, place.accountId, 'quarantined-row', place.target, content)
  })
  const raws = rows.map((row, i) => keys.seal('quarantined_rows', 'raw_enc', ids[i] ?? '', row.raw))
  await scope.run(command`
    insert into quarantined_rows (
      seller_id, marketplace_account_id, target, job_run_id, id, external_key, reason, raw_enc
    )
    select ${scope.sellerId}::uuid, ${place.accountId}::uuid, ${place.target}, ${place.runId}::uuid,
      u.*
    from unnest(${uuidArray(ids)}::uuid[],
      ${textArray(rows.map((row) => row.key ?? null))}::text[],
      ${textArray(rows.map((row) => row.reason))}::text[],
      ${bytesArray(raws)}::bytea[]) as u
    on conflict (seller_id, id) do nothing`)
}

const countReasons = (
  before: Readonly<Record<string, number>>,
  rows: readonly RejectedRow[],
): Readonly<Record<string, number>> => {
  const reasons = { ...before }
  for (const { reason } of rows) reasons[reason] = (reasons[reason] ?? 0) + 1
  return reasons
}
