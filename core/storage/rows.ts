/** The statements on `storage_objects`. */
import { z } from 'zod'
import { uuidArray } from '../db/arrays.ts'
import type { Database, Entry, SellerScope, Tx } from '../db/database.ts'
import { bytes, command, sql } from '../db/sql.ts'

/** An object that was read back where it lies. */
export interface StoredObject {
  readonly id: string
  readonly bucket: string
  readonly storageKey: string
  readonly mime: string
  readonly byteSize: number
  /** Hexadecimal. */
  readonly sha256: string
  readonly kmsKeyAlias: string | null
  readonly versionId: string | null
}

type ComingObject = Pick<StoredObject, 'id' | 'bucket' | 'storageKey' | 'mime'>

export const insertPending = (db: Database, entry: Entry, object: ComingObject): Promise<number> =>
  insertPendingIn({ ...db.inSellerScope(entry), sellerId: entry.sellerId }, object)

export const insertPendingIn = (
  scope: Pick<SellerScope, 'run' | 'sellerId'>,
  { id, bucket, storageKey, mime }: ComingObject,
): Promise<number> =>
  scope.run(command`
    insert into storage_objects (seller_id, id, bucket, storage_key, mime)
    values (${scope.sellerId}, ${id}, ${bucket}, ${storageKey}, ${mime})`)

/**
 * The same for a key that is always the same: the row that an earlier attempt has left there goes on,
 * with its id. Throws when something refers to it, or the sweep has taken it.
 */
export const beginAgain = async (
  db: Database,
  entry: Entry,
  { id, bucket, storageKey, mime }: ComingObject,
): Promise<string> => {
  const row = await db.inSellerScope(entry).maybeOne(sql.type(z.object({ id: z.string() }))`
    insert into storage_objects as o (seller_id, id, bucket, storage_key, mime)
    values (${entry.sellerId}, ${id}, ${bucket}, ${storageKey}, ${mime})
    on conflict (seller_id, storage_key) do update
    set state = 'PENDING', created_at = now(), stored_at = null
    where o.state in ('PENDING', 'STORED') and o.kept_at is null
    returning id`)
  if (!row) throw new Error('An object is there already under this key')
  return row.id
}

/** Throws when the row is not there any more: the sweep took it for lost. */
export const markStored = async (
  db: Database,
  entry: Entry,
  object: StoredObject,
): Promise<void> => {
  const { id, byteSize, sha256, kmsKeyAlias, versionId } = object
  const changed = await db.inSellerScope(entry).run(command`
    update storage_objects
    set state = 'STORED', stored_at = now(), byte_size = ${byteSize},
      sha256 = ${bytes(Uint8Array.from(sha256.match(/../g) ?? [], (pair) => parseInt(pair, 16)))},
      kms_key_alias = ${kmsKeyAlias}, version_id = ${versionId}
    where seller_id = ${entry.sellerId} and id = ${id} and state = 'PENDING'`)
  if (changed !== 1) throw new Error('The object took too long to be stored and was given up')
}

/**
 * Says that something refers to the objects, in the transaction that makes it so. Throws when one
 * is not there, or is not stored.
 */
export const keepObjects = async (scope: SellerScope, ids: readonly string[]): Promise<void> => {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return
  const kept = await scope.run(command`
    update storage_objects set kept_at = coalesce(kept_at, now())
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(wanted)}::uuid[])
      and state = 'STORED'`)
  if (kept !== wanted.length) throw new Error('An object that is referred to is not stored')
}

/** As `keepObjects`, for what refers to it alone: false when something does already. */
export const takeObject = async (scope: SellerScope, id: string): Promise<boolean> =>
  await scope.run(command`
    update storage_objects set kept_at = now()
    where seller_id = ${scope.sellerId} and id = ${id} and state = 'STORED' and kept_at is null`) ===
    1

/** Nothing refers to them any more: the sweep removes them, when they are a day old. */
export const dropObjects = async (scope: SellerScope, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await scope.run(command`
    update storage_objects set kept_at = null
    where seller_id = ${scope.sellerId} and id = any(${uuidArray([...ids])}::uuid[])`)
}

/** Takes them out of use at once: whoever does so removes them, and the sweep what they leave behind. */
export const doomObjects = async (scope: SellerScope, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await scope.run(command`
    update storage_objects set state = 'DOOMED', kept_at = null
    where seller_id = ${scope.sellerId} and id = any(${uuidArray([...ids])}::uuid[])`)
}

/** Null for an object that is not there, not stored, or of another seller. */
export const findObject = async (
  scope: Tx & { readonly sellerId: string },
  by: { readonly id: string } | { readonly storageKey: string },
): Promise<StoredObject | null> => {
  const condition = 'id' in by
    ? sql.fragment`id = ${by.id}`
    : sql.fragment`storage_key = ${by.storageKey}`
  const row = await scope.maybeOne(sql.type(objectRow)`
    select id, bucket, storage_key, mime, byte_size, encode(sha256, 'hex') as sha256,
      kms_key_alias, version_id
    from storage_objects
    where seller_id = ${scope.sellerId} and ${condition} and state = 'STORED'`)
  return row && objectOf(row)
}
/** The columns of a stored object, for those who join it. */
export const objectRow = z.object({
  id: z.string(),
  bucket: z.string(),
  storage_key: z.string(),
  mime: z.string(),
  byte_size: z.coerce.number(),
  sha256: z.string(),
  kms_key_alias: z.string().nullable(),
  version_id: z.string().nullable(),
})
export const objectOf = (row: z.infer<typeof objectRow>): StoredObject => ({
  ...{ id: row.id, bucket: row.bucket, storageKey: row.storage_key, mime: row.mime },
  ...{ byteSize: row.byte_size, sha256: row.sha256 },
  ...{ kmsKeyAlias: row.kms_key_alias, versionId: row.version_id },
})

export interface LooseObject {
  readonly sellerId: string
  readonly id: string
  readonly bucket: string
  readonly storageKey: string
  readonly versionId: string | null
  /** Of a file that came part by part and never was whole. */
  readonly uploadId: string | null
}

/**
 * Takes what nothing refers to since before these times, across sellers: from now on nothing can.
 * What was taken before and is still there comes again.
 */
export const doomLoose = async (
  tx: Tx,
  before: { readonly pending: Date; readonly stored: Date },
  limit: number,
): Promise<readonly LooseObject[]> => {
  const rows = await tx.any(sql.type(looseRow)`
    update storage_objects o set state = 'DOOMED'
    from (
      select seller_id, id from storage_objects
      where kept_at is null and state <> 'GONE' and created_at < case state
        when 'STORED' then ${before.stored.toISOString()}::timestamptz
        else ${before.pending.toISOString()}::timestamptz end
        -- one that comes part by part may take days, as long as it comes
        and not (state = 'PENDING' and exists (
          select from plugin_files f
          where f.seller_id = storage_objects.seller_id and f.id = storage_objects.id
            and f.written_at >= ${before.stored.toISOString()}::timestamptz))
      order by created_at limit ${limit} for update skip locked
    ) as loose
    where o.seller_id = loose.seller_id and o.id = loose.id and o.kept_at is null
    returning o.seller_id, o.id, o.bucket, o.storage_key, o.version_id, (
      select f.upload_id from plugin_files f
      where f.seller_id = o.seller_id and f.id = o.id) as upload_id`)
  return rows.map((row) => ({
    sellerId: row.seller_id,
    id: row.id,
    bucket: row.bucket,
    storageKey: row.storage_key,
    versionId: row.version_id,
    uploadId: row.upload_id,
  }))
}
const looseRow = z.object({
  seller_id: z.string(),
  id: z.string(),
  bucket: z.string(),
  storage_key: z.string(),
  version_id: z.string().nullable(),
  upload_id: z.string().nullable(),
})

export const deleteDoomed = async (tx: Tx, objects: readonly LooseObject[]): Promise<number> =>
  await tx.run(command`
    delete from storage_objects o
    using unnest(${uuidArray(objects.map(({ sellerId }) => sellerId))}::uuid[],
      ${uuidArray(objects.map(({ id }) => id))}::uuid[]) as gone (seller_id, id)
    where o.seller_id = gone.seller_id and o.id = gone.id and o.state = 'DOOMED'`)
