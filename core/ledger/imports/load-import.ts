/** What an import has to know before it reads its file. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { findObject, type StoredObject } from '../../storage/rows.ts'
import type { RunCounts } from '../store-page.ts'

/** How far it is: so many results were told and stored, by this release of the plugin. */
const positionSchema = z.object({ results: z.int().min(0), version: z.string() })
type Position = z.infer<typeof positionSchema>

/** A table of the file, by its place in the list. */
export const sectionSchema = z.object({
  name: z.string(),
  heading_line: z.int(),
  /** The last line that was told. */
  last_line: z.int(),
})
export type SectionView = z.infer<typeof sectionSchema>

export interface LineCounts {
  readonly accepted: number
  readonly skipped: number
  readonly rejected: number
  readonly skippedReasons: Readonly<Record<string, number>>
  readonly rejectedReasons: Readonly<Record<string, number>>
}
export interface LoadedImport {
  readonly id: string
  readonly marketplaceCode: string
  readonly externalAccountId: string
  /** Null: it is gone. */
  readonly object: StoredObject | null
  readonly asOf: Date
  readonly isCancelled: boolean
  /** Null before the first page. */
  readonly position: Position | null
  readonly counts: RunCounts
  readonly lines: LineCounts
  readonly sections: readonly SectionView[]
}

/** Reads the import of a run, and marks the run as running. */
export const loadImport = async (
  scope: SellerScope,
  work: { readonly accountId: string; readonly runId: string },
): Promise<LoadedImport> => {
  const row = await scope.one(sql.type(importRow)`
    with started as (
      update job_runs set state = 'RUNNING', started_at = coalesce(started_at, now())
      where seller_id = ${scope.sellerId} and id = ${work.runId}
      returning *
    )
    select i.id, m.code, a.external_account_id, i.storage_object_id, i.as_of,
      i.cancelled_at is not null as cancelled, r.cursor, r.pages, r.received, r.new_rows, r.changed,
      r.unchanged, r.rejected, r.rejected_reasons, r.unknown_words, i.accepted_lines,
      i.skipped_lines, i.rejected_lines, i.skipped_reasons,
      i.rejected_reasons as rejected_line_reasons, i.sections
    from started r
    join imports i on i.seller_id = r.seller_id and i.job_run_id = r.id
    join marketplace_accounts a on a.seller_id = r.seller_id and a.id = r.marketplace_account_id
    join marketplaces m on m.id = a.marketplace_id
    where r.seller_id = ${scope.sellerId} and r.marketplace_account_id = ${work.accountId}`)
  const { storage_object_id: objectId } = row
  return {
    id: row.id,
    marketplaceCode: row.code,
    externalAccountId: row.external_account_id,
    object: objectId === null ? null : await findObject(scope, { id: objectId }),
    asOf: row.as_of,
    isCancelled: row.cancelled,
    position: row.cursor,
    counts: {
      ...{ pages: row.pages, received: row.received, created: row.new_rows },
      ...{ changed: row.changed, unchanged: row.unchanged, rejected: row.rejected },
      ...{ reasons: row.rejected_reasons, unknown: row.unknown_words },
    },
    lines: {
      ...{ accepted: row.accepted_lines, skipped: row.skipped_lines },
      ...{ rejected: row.rejected_lines, skippedReasons: row.skipped_reasons },
      rejectedReasons: row.rejected_line_reasons,
    },
    sections: row.sections,
  }
}

const counted = z.record(z.string(), z.number())
const importRow = z.object({
  id: z.string(),
  code: z.string(),
  external_account_id: z.string(),
  storage_object_id: z.string().nullable(),
  as_of: z.date(),
  cancelled: z.boolean(),
  cursor: positionSchema.nullable(),
  pages: z.number(),
  received: z.number(),
  new_rows: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  rejected_reasons: counted,
  unknown_words: counted,
  accepted_lines: z.number(),
  skipped_lines: z.number(),
  rejected_lines: z.number(),
  skipped_reasons: counted,
  rejected_line_reasons: counted,
  sections: z.array(sectionSchema),
})
