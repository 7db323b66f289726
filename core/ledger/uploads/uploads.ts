/** Files that sellers send to the storage themselves: announced here, put there, and looked for here again. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import { fromHex } from '../../crypto/text.ts'
import type { Database, Entry, Queries } from '../../db/database.ts'
import { bytes, command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { type AccountLimit, within } from '../../rbac/decide.ts'
import { fileTypes, maxFileBytes } from '../../reports/limits.ts'
import type { Files } from '../../storage/files.ts'
import { accountFolder, extensionOf } from '../../storage/keys.ts'
import { findObject, insertPendingIn, markStored, type StoredObject } from '../../storage/rows.ts'
import type { UploadAddress } from '../../storage/signed-upload.ts'
import { theRow } from '../account-limit.ts'

export interface UploadsDeps {
  readonly db: Database
  readonly files: Pick<Files, 'uploadTo' | 'findUpload' | 'bucket'>
  readonly now: () => number
}
export interface NewUpload {
  readonly accountId: string
  readonly accounts: AccountLimit | null
  readonly purpose: UploadPurpose
  readonly fileName: string
  readonly mime: string
  readonly byteSize: number
  /** Hexadecimal. */
  readonly sha256: string
}
export interface UploadView {
  readonly id: string
  readonly marketplace_account_id: string
  readonly purpose: UploadPurpose
  readonly file_name: string
  readonly mime: string
  readonly byte_size: number
  readonly sha256: string
  readonly state: 'PENDING' | 'STORED'
  readonly created_at: Date
  readonly expires_at: Date
  /** Null once it has come, or its time is over. */
  readonly put: UploadAddress | null
}

/** What may be sent for what. */
export const uploadPurposes = {
  /** A report of a marketplace, to be imported. */
  IMPORT: {
    folder: 'imports',
    maxBytes: maxFileBytes,
    types: fileTypes,
  },
} as const
type UploadPurpose = keyof typeof uploadPurposes

/** Long enough for a large file and a slow line; who holds the address can put these very bytes only. */
export const addressMs = 30 * 60_000

export const createUploads = ({ db, files, now }: UploadsDeps) => {
  const withAddress = async (entry: Entry, row: UploadRow): Promise<UploadView> => {
    const { storage_key: storageKey, state, ...told } = row
    const seconds = Math.floor((row.expires_at.getTime() - now()) / 1000)
    const { mime, byte_size: byteSize, sha256 } = row
    const put = state === 'STORED' || seconds < 1
      ? null
      : await files.uploadTo(entry, { storageKey, mime, byteSize, sha256 }, seconds)
    return { ...told, state, put }
  }
  const get = async (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ): Promise<UploadView | null> => {
    const row = await readUpload(db.inSellerScope(entry), entry.sellerId, id, accounts)
    return row && await withAddress(entry, row)
  }
  return {
    /** Throws `not-found` for an account that is not there, or outside of the limit. */
    make: async (entry: Entry, asked: NewUpload): Promise<UploadView> => {
      const { accountId, accounts, purpose, fileName, mime, byteSize, sha256 } = asked
      const { sellerId } = entry
      const id = newId()
      const folder = accountFolder({ sellerId, accountId }, uploadPurposes[purpose].folder)
      const storageKey = `${folder}/${id}.${extensionOf(mime)}`
      await db.makeInSellerScope(entry, async (scope) => {
        const account = await scope.maybeOne(sql.type(z.object({ id: z.string() }))`
          select id from marketplace_accounts where seller_id = ${sellerId} and id = ${accountId}`)
        if (!account || !within(accounts, accountId)) throw fault('not-found')
        await insertPendingIn(scope, { id, bucket: files.bucket, storageKey, mime })
        await scope.run(command`
          insert into uploads (
            seller_id, id, marketplace_account_id, purpose, file_name, byte_size, sha256, expires_at
          ) values (${sellerId}, ${id}, ${accountId}, ${purpose}, ${fileName}, ${byteSize},
            ${bytes(fromHex(sha256))}, ${new Date(now() + addressMs).toISOString()})`)
        scope.made(id)
        recordAudit(scope, sellerId, 'upload.requested', `upload:${id}`, {
          ...{ account: accountId, bytes: byteSize, sha256 },
        })
      })
      const made = await get(entry, id, null)
      if (!made) throw new Error('The upload that was just made is not there')
      return made
    },

    /** Null outside of the limit, as for one that is not there any more. */
    get,

    /**
     * Looks whether the file has come. Null as above; throws `upload-missing`, and `upload-differs` with what
     * is not as it was announced. A second call changes nothing.
     */
    complete: async (
      entry: Entry,
      id: string,
      accounts: AccountLimit | null,
    ): Promise<UploadView | null> => {
      const row = await readUpload(db.inSellerScope(entry), entry.sellerId, id, accounts)
      if (!row) return null
      if (row.state === 'STORED') return await withAddress(entry, row)
      const { storage_key: storageKey, mime, byte_size: byteSize, sha256 } = row
      const found = await files.findUpload(entry, { storageKey, byteSize, sha256 })
      if (!found) throw fault('upload-missing')
      if (found.differs.length > 0) {
        const errors = found.differs.map((name) => ({
          pointer: `/${name}`,
          message: 'is not that of the file which was put',
        }))
        throw fault('upload-differs', { errors })
      }
      const { kmsKeyAlias, versionId } = found
      const stored = {
        ...{ id, bucket: files.bucket, storageKey, mime, byteSize, sha256 },
        ...{ kmsKeyAlias, versionId },
      }
      try {
        await markStored(db, entry, stored)
      } catch (error) {
        // a second call was faster, or the sweep
        const now = await get(entry, id, accounts)
        if (now?.state === 'PENDING') throw error
        return now
      }
      return await get(entry, id, accounts)
    },

    /** The file of one that has come, for whoever refers to it next. Throws `not-found`, `upload-missing`. */
    fileOf: async (
      entry: Entry,
      id: string,
      accounts: AccountLimit | null,
    ): Promise<
      { readonly object: StoredObject; readonly accountId: string; readonly name: string }
    > =>
      await db.withSellerScope(entry, async (scope) => {
        const row = await readUpload(scope, entry.sellerId, id, accounts)
        if (!row) throw fault('not-found')
        const object = await findObject(scope, { id })
        if (!object) throw fault('upload-missing')
        return { object, accountId: row.marketplace_account_id, name: row.file_name }
      }),
  }
}

/** Null when the sweep has taken its object. */
const readUpload = async (
  queries: Pick<Queries, 'maybeOne'>,
  sellerId: string,
  id: string,
  accounts: AccountLimit | null,
): Promise<UploadRow | null> =>
  await queries.maybeOne(sql.type(uploadRow)`
    select u.id, u.marketplace_account_id, u.purpose, u.file_name, o.mime, u.byte_size,
      encode(u.sha256, 'hex') as sha256, o.state, o.storage_key, u.created_at, u.expires_at
    from (select * from uploads where ${theRow(sellerId, id, accounts)}) u
    join storage_objects o on o.seller_id = u.seller_id and o.id = u.id
    where o.state in ('PENDING', 'STORED')`)
const uploadRow = z.object({
  id: z.string(),
  marketplace_account_id: z.string(),
  purpose: z.enum(['IMPORT']),
  file_name: z.string(),
  mime: z.string(),
  byte_size: z.coerce.number(),
  sha256: z.string(),
  state: z.enum(['PENDING', 'STORED']),
  storage_key: z.string(),
  created_at: z.date(),
  expires_at: z.date(),
})
type UploadRow = z.infer<typeof uploadRow>

export type Uploads = ReturnType<typeof createUploads>
