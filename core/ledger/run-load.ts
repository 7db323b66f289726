/** What a sync needs to know before it asks the marketplace for anything. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import type { OpeningPurpose } from '../crypto/purposes.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import type { Account, Marketplace, SyncReason } from '../plugin.ts'
import type { RunTarget } from '../queues/targets.ts'
import { openSatellite } from './satellite.ts'
import type { RunCounts } from './store-page.ts'

export interface LoadedRun {
  readonly marketplaceCode: string
  readonly externalAccountId: string
  readonly credentialsVersion: number
  readonly reason: SyncReason
  readonly window: { readonly from: Date; readonly to: Date } | null
  /** Of the last stored page; null where there is none yet. */
  readonly cursor: unknown
  /** Number of the live cursor; null for a run over a window. */
  readonly cursorSeq: number | null
  readonly counts: RunCounts
}

/** Reads the run with its account and cursor, and marks it as running. */
export const loadRun = async (
  scope: SellerScope,
  work: { readonly accountId: string; readonly target: RunTarget; readonly runId: string },
): Promise<LoadedRun> => {
  const row = await scope.one(sql.type(runRow)`
    with started as (
      update job_runs set state = 'RUNNING', started_at = coalesce(started_at, now())
      where seller_id = ${scope.sellerId} and id = ${work.runId}
      returning *
    )
    select m.code, a.external_account_id, a.credentials_version, r.reason, r.window_from,
      r.window_to, case when r.window_from is null then c.cursor else r.cursor end as cursor,
      coalesce(c.seq, 0) as seq, r.pages, r.received, r.new_rows, r.changed, r.unchanged,
      r.rejected, r.rejected_reasons, r.unknown_words
    from started r
    join marketplace_accounts a
      on a.seller_id = r.seller_id and a.id = r.marketplace_account_id
    join marketplaces m on m.id = a.marketplace_id
    left join sync_cursors c on c.seller_id = r.seller_id
      and c.marketplace_account_id = r.marketplace_account_id and c.target = r.target
    where r.seller_id = ${scope.sellerId} and r.marketplace_account_id = ${work.accountId}`)
  const windowed = row.window_from !== null && row.window_to !== null
  return {
    marketplaceCode: row.code,
    externalAccountId: row.external_account_id,
    credentialsVersion: row.credentials_version,
    reason: row.reason,
    window: row.window_from && row.window_to ? { from: row.window_from, to: row.window_to } : null,
    cursor: row.cursor,
    cursorSeq: windowed ? null : row.seq,
    counts: {
      pages: row.pages,
      received: row.received,
      created: row.new_rows,
      changed: row.changed,
      unchanged: row.unchanged,
      rejected: row.rejected,
      reasons: row.rejected_reasons,
      unknown: row.unknown_words,
    },
  }
}

const runRow = z.object({
  code: z.string(),
  external_account_id: z.string(),
  credentials_version: z.number(),
  reason: z.enum(['schedule', 'manual', 'backfill', 'push']),
  window_from: z.date().nullable(),
  window_to: z.date().nullable(),
  cursor: z.unknown(),
  seq: z.number(),
  pages: z.number(),
  received: z.number(),
  new_rows: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  rejected_reasons: z.record(z.string(), z.number()),
  unknown_words: z.record(z.string(), z.number()),
})

/** Marks a run as running, for work that has no cursor. */
export const startRun = async (scope: SellerScope, runId: string): Promise<void> => {
  await scope.run(command`
    update job_runs set state = 'RUNNING', started_at = coalesce(started_at, now())
    where seller_id = ${scope.sellerId} and id = ${runId}`)
}

/** The account as the adapter sees it, with its credentials opened, and their version. */
export const openAccount = async (
  scope: SellerScope,
  keys: SellerKeys,
  marketplace: Marketplace,
  accountId: string,
  purpose: OpeningPurpose,
): Promise<{ readonly account: Account<unknown, unknown>; readonly version: number }> => {
  const { external_account_id, credentials_version } = await scope.one(sql.type(accountRow)`
    select external_account_id, credentials_version from marketplace_accounts
    where seller_id = ${scope.sellerId} and id = ${accountId}`)
  const opened = await openSatellite(scope, keys, marketplace, accountId, purpose)
  return {
    account: { id: accountId, externalAccountId: external_account_id, ...opened },
    version: credentials_version,
  }
}

const accountRow = z.object({ external_account_id: z.string(), credentials_version: z.number() })
