/** Exports of all that a seller has, as the API shows them, and the addresses of their files. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database, Entry, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { Files } from '../../storage/files.ts'
import { exportReasons, exportStates, requestTenantExport } from './request.ts'

export interface TenantExportView {
  readonly id: string
  readonly state: typeof exportStates[number]
  readonly reason: typeof exportReasons[number]
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
  /** When its files were let go: seven days behind its end. */
  readonly expired_at: Date | null
  /** A code or a word; null while nothing is wrong. */
  readonly failure: string | null
  /** So far. */
  readonly rows: number
  readonly opened: number
  readonly byte_size: number
  /** The table that is being written; null before and behind. */
  readonly at_table: string | null
}
export const fileKinds = ['export', 'documents'] as const
interface ExportFile {
  readonly id: string
  /** Where it lies: the manifest and `storage_objects` name it so. */
  readonly key: string
  readonly mime: string
  readonly byte_size: number
  /** Hexadecimal. */
  readonly sha256: string
  readonly url: string
  readonly url_expires_at: Date
}
export interface TenantExports {
  /** Asks for one; one that waits is joined. */
  readonly request: (entry: Entry, userId: string) => Promise<TenantExportView>
  readonly get: (entry: Entry, id: string) => Promise<TenantExportView | null>
  /**
   * The files of an export that is whole, its manifest among them; or the documents and imported files
   * that it names. By their ids. Null: there is no such export, it is not
   * whole, or its files are let go.
   */
  readonly files: (entry: Entry, id: string, ask: {
    readonly of: typeof fileKinds[number]
    readonly after?: string
    readonly limit: number
  }) => Promise<{ readonly files: readonly ExportFile[]; readonly next: string | null } | null>
}

/** How long an address works: a file of some hundred megabytes on a slow line. */
const linkSeconds = 60 * 60

export const createTenantExports = ({ db, files, now, wake }: {
  readonly db: Database
  readonly files: Pick<Files, 'urlOf'>
  readonly now: () => number
  readonly wake: () => void
}): TenantExports => ({
  request: async (entry, userId) => {
    const made = await db.makeInSellerScope(entry, async (scope) => {
      const { sellerId } = scope
      const asked = { sellerId, reason: 'asked', byUserId: userId } as const
      const { id } = await requestTenantExport(scope, asked)
      recordAudit(scope, sellerId, 'seller.export-requested', `seller:${sellerId}`, { export: id })
      scope.made(id)
      return await readExport(scope, id)
    })
    wake()
    if (made === null) throw new Error('unreachable: it was made just now')
    return made
  },
  get: (entry, id) => db.withSellerScope(entry, (scope) => readExport(scope, id)),
  files: async (entry, id, { of, after, limit }) => {
    const rows = await db.withSellerScope(entry, async (scope) => {
      const { sellerId } = scope
      const found = await readExport(scope, id)
      if (found?.state !== 'DONE' || found.expired_at !== null) return null
      if (after === undefined) {
        const told = { export: id, of }
        recordAudit(scope, sellerId, 'seller.export-read', `seller:${sellerId}`, told)
      }
      return await readFiles(scope, id, { of, after, limit: limit + 1 })
    })
    if (rows === null) return null
    const shown = rows.slice(0, limit)
    const url_expires_at = new Date(now() + linkSeconds * 1000)
    return {
      files: await Promise.all(shown.map(async ({ bucket, kms_key_alias, version_id, ...row }) => ({
        ...row,
        url: await files.urlOf({
          ...{ id: row.id, bucket, storageKey: row.key, mime: row.mime, sha256: row.sha256 },
          ...{ byteSize: row.byte_size, kmsKeyAlias: kms_key_alias, versionId: version_id },
        }, { fileName: row.key.split('/').at(-1) ?? row.id, seconds: linkSeconds }),
        url_expires_at,
      }))),
      next: rows.length > limit ? shown.at(-1)?.id ?? null : null,
    }
  },
})

const readExport = (scope: SellerScope, id: string): Promise<TenantExportView | null> =>
  scope.maybeOne(sql.type(viewRow)`
    select id, state, reason, created_at, started_at, finished_at, expired_at, failure, rows, opened,
      byte_size,
      case when state = 'RUNNING' then at_table end as at_table
    from tenant_exports where seller_id = ${scope.sellerId} and id = ${id}`)

const viewRow = z.object({
  id: z.string(),
  state: z.enum(exportStates),
  reason: z.enum(exportReasons),
  created_at: z.date(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
  expired_at: z.date().nullable(),
  failure: z.string().nullable(),
  rows: z.int(),
  opened: z.int(),
  byte_size: z.int(),
  at_table: z.string().nullable(),
})

const readFiles = (
  scope: SellerScope,
  exportId: string,
  { of, after, limit }: {
    readonly of: typeof fileKinds[number]
    readonly after: string | undefined
    readonly limit: number
  },
) => {
  const { sellerId } = scope
  const which = of === 'export'
    ? sql.fragment`o.id in (
        select p.storage_object_id from tenant_export_parts p
        where p.seller_id = ${sellerId} and p.export_id = ${exportId}
        union all
        select e.manifest_object_id from tenant_exports e
        where e.seller_id = ${sellerId} and e.id = ${exportId})`
    : sql.fragment`o.kept_at is not null and not starts_with(o.storage_key, 'exports/')`
  const behind = after === undefined ? sql.fragment`` : sql.fragment`and o.id > ${after}::uuid`
  return scope.any(sql.type(fileRow)`
    select o.id, o.storage_key as key, o.mime, o.byte_size, encode(o.sha256, 'hex') as sha256,
      o.bucket, o.kms_key_alias, o.version_id
    from storage_objects o
    where o.seller_id = ${sellerId} and o.state = 'STORED' and ${which} ${behind}
    order by o.id limit ${limit}`)
}
const fileRow = z.object({
  id: z.string(),
  key: z.string(),
  mime: z.string(),
  byte_size: z.int(),
  sha256: z.string(),
  bucket: z.string(),
  kms_key_alias: z.string().nullable(),
  version_id: z.string().nullable(),
})
