/** The statements on files that plugins write part by part. */
import { z } from 'zod'
import type { SellerScope, Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'
import type { StoredPart } from './appending.ts'

/** One that is being written, by whoever opened it last. */
export interface OpenFile {
  readonly id: string
  readonly bucket: string
  readonly storageKey: string
  readonly mime: string
  readonly uploadId: string | null
  /** Set once it is whole. */
  readonly stored: { readonly byteSize: number; readonly sha256: string } | null
}
/** Whose it is, and who asks. */
export interface Writing {
  readonly pluginId: string
  readonly id: string
  readonly writer: string
}

/**
 * Makes the file, or takes it over from whoever wrote it before. How many parts it has; null: there is
 * no such file of this plugin any more, or something else has its id.
 */
export const takeFile = async (
  scope: SellerScope,
  { pluginId, id, writer }: Writing,
  file: {
    readonly bucket: string
    readonly storageKey: string
    readonly mime: string
    readonly keepDays: number
  },
): Promise<number | null> => {
  const { bucket, storageKey, mime, keepDays } = file
  const made = await scope.run(command`
    insert into storage_objects (seller_id, id, bucket, storage_key, mime)
    values (${scope.sellerId}, ${id}, ${bucket}, ${storageKey}, ${mime})
    on conflict (seller_id, id) do nothing`)
  if (made === 1) {
    await scope.run(command`
      insert into plugin_files (seller_id, id, plugin_id, writer, keep_days)
      values (${scope.sellerId}, ${id}, ${pluginId}, ${writer}, ${keepDays})`)
    return 0
  }
  const taken = await scope.run(command`
    update plugin_files f set writer = ${writer}, written_at = now()
    from storage_objects o
    where f.seller_id = ${scope.sellerId} and f.id = ${id} and f.plugin_id = ${pluginId}
      and o.seller_id = f.seller_id and o.id = f.id and o.state in ('PENDING', 'STORED')`)
  return taken === 1 ? await lastPart(scope, id) : null
}

const lastPart = async (scope: SellerScope, id: string): Promise<number> => {
  const row = await scope.one(sql.type(z.object({ last: z.number() }))`
    select coalesce(max(part), 0)::int as last from plugin_file_parts
    where seller_id = ${scope.sellerId} and file_id = ${id}`)
  return row.last
}

/** How long a part is that is there; null: it is not. */
export const sizeOfPart = async (
  scope: SellerScope,
  id: string,
  part: number,
): Promise<number | null> => {
  const row = await scope.maybeOne(sql.type(z.object({ byte_size: z.number() }))`
    select byte_size from plugin_file_parts
    where seller_id = ${scope.sellerId} and file_id = ${id} and part = ${part}`)
  return row && row.byte_size
}

/** Null: somebody else has opened it since, or it is gone. */
export const findOpen = async (
  scope: SellerScope,
  { pluginId, id, writer }: Writing,
): Promise<OpenFile | null> => {
  const row = await scope.maybeOne(sql.type(openRow)`
    select o.bucket, o.storage_key, o.mime, o.state, o.byte_size, encode(o.sha256, 'hex') as sha256,
      f.upload_id
    from plugin_files f join storage_objects o on o.seller_id = f.seller_id and o.id = f.id
    where f.seller_id = ${scope.sellerId} and f.id = ${id} and f.plugin_id = ${pluginId}
      and f.writer = ${writer} and o.state in ('PENDING', 'STORED')`)
  return row && {
    ...{ id, bucket: row.bucket, storageKey: row.storage_key, mime: row.mime },
    uploadId: row.upload_id,
    stored: row.state === 'STORED' && row.byte_size !== null && row.sha256 !== null
      ? { byteSize: row.byte_size, sha256: row.sha256 }
      : null,
  }
}
const openRow = z.object({
  bucket: z.string(),
  storage_key: z.string(),
  mime: z.string(),
  state: z.string(),
  byte_size: z.coerce.number().nullable(),
  sha256: z.string().nullable(),
  upload_id: z.string().nullable(),
})

/** False: the writer is another one by now. */
export const keepUpload = async (
  scope: SellerScope,
  { id, writer }: Writing,
  uploadId: string,
): Promise<boolean> =>
  await scope.run(command`
    update plugin_files set upload_id = ${uploadId}
    where seller_id = ${scope.sellerId} and id = ${id} and writer = ${writer}
      and upload_id is null`) === 1

/** What stands behind the part came from an attempt that is given up. False: as above. */
export const keepPart = async (
  scope: SellerScope,
  { id, writer }: Writing,
  uploadId: string,
  { part, etag, byteSize, sha256 }: StoredPart,
): Promise<boolean> => {
  const kept = await scope.run(command`
    with mine as (
      update plugin_files set written_at = now()
      where seller_id = ${scope.sellerId} and id = ${id} and writer = ${writer}
        and upload_id = ${uploadId}
      returning seller_id, id)
    insert into plugin_file_parts (seller_id, file_id, part, etag, byte_size, sha256)
    select seller_id, id, ${part}, ${etag}, ${byteSize}, ${
    bytes(Uint8Array.fromHex(sha256))
  } from mine
    on conflict (seller_id, file_id, part) do update
    set etag = excluded.etag, byte_size = excluded.byte_size, sha256 = excluded.sha256`)
  if (kept === 1) {
    await scope.run(command`
      delete from plugin_file_parts
      where seller_id = ${scope.sellerId} and file_id = ${id} and part > ${part}`)
  }
  return kept === 1
}

export const readParts = async (
  scope: SellerScope,
  id: string,
): Promise<readonly StoredPart[]> => {
  const rows = await scope.any(sql.type(partRow)`
    select part, etag, byte_size, encode(sha256, 'hex') as sha256 from plugin_file_parts
    where seller_id = ${scope.sellerId} and file_id = ${id} order by part`)
  return rows.map(({ part, etag, byte_size, sha256 }) => ({
    ...{ part, etag, sha256 },
    byteSize: byte_size,
  }))
}
const partRow = z.object({
  part: z.number(),
  etag: z.string(),
  byte_size: z.number(),
  sha256: z.string(),
})

/**
 * Whole, and kept for its days. Its parts stay told, for a writer that does not know yet that it was
 * ended. False: the writer is another one by now.
 */
export const endFile = async (
  scope: SellerScope,
  { id, writer }: Writing,
  object: {
    readonly byteSize: number
    readonly sha256: string
    readonly kmsKeyAlias: string | null
    readonly versionId: string | null
  },
): Promise<boolean> => {
  const ended = await scope.run(command`
    update plugin_files set upload_id = null, written_at = now(),
      ends_at = now() + keep_days * interval '1 day'
    where seller_id = ${scope.sellerId} and id = ${id} and writer = ${writer}`)
  if (ended !== 1) return false
  const { byteSize, sha256, kmsKeyAlias, versionId } = object
  const stored = await scope.run(command`
    update storage_objects
    set state = 'STORED', stored_at = now(), kept_at = now(), byte_size = ${byteSize},
      sha256 = ${
    bytes(Uint8Array.fromHex(sha256))
  }, kms_key_alias = ${kmsKeyAlias}, version_id = ${versionId}
    where seller_id = ${scope.sellerId} and id = ${id} and state = 'PENDING'`)
  return stored === 1
}

/** Back to its beginning. */
export const emptyFile = async (scope: SellerScope, { id, writer }: Writing): Promise<void> => {
  const emptied = await scope.run(command`
    update plugin_files set upload_id = null, written_at = now()
    where seller_id = ${scope.sellerId} and id = ${id} and writer = ${writer}`)
  if (emptied === 1) await forgetParts(scope, id)
}
const forgetParts = (scope: SellerScope, id: string): Promise<number> =>
  scope.run(command`
    delete from plugin_file_parts where seller_id = ${scope.sellerId} and file_id = ${id}`)

/** Nobody writes it any more, and the sweep removes it. Its open upload; null: there was no such file. */
export const letGo = async (
  scope: SellerScope,
  { pluginId, id, writer }: Writing,
): Promise<Pick<OpenFile, 'bucket' | 'storageKey' | 'uploadId'> | null> => {
  const row = await scope.maybeOne(sql.type(goneRow)`
    update plugin_files f set writer = ${writer}, ends_at = null
    from storage_objects o
    where f.seller_id = ${scope.sellerId} and f.id = ${id} and f.plugin_id = ${pluginId}
      and o.seller_id = f.seller_id and o.id = f.id and o.state in ('PENDING', 'STORED')
    returning f.upload_id, o.bucket, o.storage_key`)
  if (!row) return null
  await scope.run(command`
    update storage_objects set state = 'DOOMED', kept_at = null
    where seller_id = ${scope.sellerId} and id = ${id}`)
  return { bucket: row.bucket, storageKey: row.storage_key, uploadId: row.upload_id }
}
const goneRow = z.object({
  upload_id: z.string().nullable(),
  bucket: z.string(),
  storage_key: z.string(),
})

/** Whether the file is one of the plugin, and whole. */
export const isWhole = async (
  scope: SellerScope,
  { pluginId, id }: Omit<Writing, 'writer'>,
): Promise<boolean> =>
  await scope.maybeOne(sql.type(z.object({ id: z.string() }))`
    select f.id from plugin_files f
      join storage_objects o on o.seller_id = f.seller_id and o.id = f.id
    where f.seller_id = ${scope.sellerId} and f.id = ${id} and f.plugin_id = ${pluginId}
      and o.state = 'STORED' and o.kept_at is not null`) !== null

/** Lets go of what has been kept for its days, across sellers; how many. */
export const endKept = (tx: Tx, now: Date, limit: number): Promise<number> =>
  tx.run(command`
    with ended as (
      update plugin_files f set ends_at = null
      from (
        select seller_id, id from plugin_files where ends_at < ${now.toISOString()}::timestamptz
        order by ends_at limit ${limit} for update skip locked
      ) as due
      where f.seller_id = due.seller_id and f.id = due.id
      returning f.seller_id, f.id)
    update storage_objects o set kept_at = null from ended
    where o.seller_id = ended.seller_id and o.id = ended.id`)
