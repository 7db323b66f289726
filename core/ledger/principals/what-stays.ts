/** What an erasure does not reach, and until when it lies there at the latest. */
import { z } from 'zod'
import { int4Array, uuidArray } from '../../db/arrays.ts'
import type { Queries } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { readAccounts } from '../retention/due.ts'
import { archiveMonthEnds, buyerDays, invoiceDays, usualBuyerDays } from '../retention/span.ts'
import { standingDays } from '../tenant-export/expire.ts'

/**
 * `raw-rows`, `import-files`: what tells neither this number nor that of these orders; no one looked into
 * them. `raw-archive`: sealed in months under one key each. `export-files`: of the whole seller.
 * `tax-invoices`: by law. `backups`: of the database, which nobody changes.
 */
export const stayingKinds = [
  ...[
    'raw-rows',
    'import-files',
    'raw-archive',
    'export-files',
    'tax-invoices',
    'backups',
  ] as const,
]
export interface Staying {
  readonly what: (typeof stayingKinds)[number]
  /** At the latest. */
  readonly until: Date
}
export interface StayingConfig {
  readonly ROBNU_BUYER_DAYS?: number | undefined
  readonly ROBNU_BACKUP_DAYS: number
}

const dayMs = 86_400_000

/** Where there is nothing of a kind it is left out. */
export const whatStays = async (
  queries: Queries,
  sellerId: string,
  { config, at }: {
    readonly config: StayingConfig
    /** Of the erasure. */
    readonly at: Date
  },
): Promise<readonly Staying[]> => {
  const most = config.ROBNU_BUYER_DAYS ?? null
  const accounts = (await readAccounts(queries, sellerId))
    .map(({ id, declaredDays }) => ({ id, days: buyerDays(declaredDays, most) }))
  const received = (table: string, held: string) => {
    const [of, column] = [sql.identifier([table]), sql.identifier([held])]
    return sql.fragment`(
      select max(r.last + a.days * interval '1 day')
      from unnest(${uuidArray(accounts.map(({ id }) => id))}::uuid[],
        ${int4Array(accounts.map(({ days }) => days))}::int4[]) as a (id, days)
      cross join lateral (
        select max(created_at) as last from ${of}
        where seller_id = ${sellerId} and marketplace_account_id = a.id and ${column} is not null) r)`
  }
  const last = await queries.one(sql.type(lastRow)`
    select ${received('quarantined_rows', 'raw_enc')} as raw_rows,
      ${received('imports', 'storage_object_id')} as import_files,
      (select max(version) from seller_keys where seller_id = ${sellerId} and purpose = 'archive'
        and state <> 'DESTROYED') as archive_month,
      (select max(coalesce(finished_at, now())) from tenant_exports
        where seller_id = ${sellerId} and expired_at is null) as exported_at,
      (select max(created_at) from order_documents where seller_id = ${sellerId}
        and type = 'CUSTOMER_INVOICE' and storage_object_id is not null) as invoiced_at`)
  const shortest = Math.min(...accounts.map(({ days }) => days), usualBuyerDays)
  const after = (time: Date | null, days: number) => time && new Date(time.getTime() + days * dayMs)
  const all: Readonly<Record<Staying['what'], Date | null>> = {
    'raw-rows': last.raw_rows,
    'import-files': last.import_files,
    'raw-archive': last.archive_month === null
      ? null
      : archiveMonthEnds(last.archive_month, shortest),
    'export-files': after(last.exported_at, standingDays),
    'tax-invoices': after(last.invoiced_at, invoiceDays),
    'backups': after(at, config.ROBNU_BACKUP_DAYS),
  }
  return stayingKinds.flatMap((what) => all[what] === null ? [] : [{ what, until: all[what] }])
}
const lastRow = z.object({
  raw_rows: z.date().nullable(),
  import_files: z.date().nullable(),
  archive_month: z.int().nullable(),
  exported_at: z.date().nullable(),
  invoiced_at: z.date().nullable(),
})
