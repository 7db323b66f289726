/** Files that plugins write part by part: `PluginFiles` of the contract, for whoever holds an entry. */
import { sha256Stream } from '../crypto/digest.ts'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { hasCode } from '../errors.ts'
import { newId } from '../ids.ts'
import { failure, type PluginFiles } from '../plugin.ts'
import type { AppendedObject, Appending } from './appending.ts'
import type { Files } from './files.ts'
import { exportKey, extensionOf } from './keys.ts'
import {
  emptyFile,
  endFile,
  findOpen,
  isWhole,
  keepPart,
  keepUpload,
  letGo,
  type OpenFile,
  readParts,
  sizeOfPart,
  takeFile,
  type Writing,
} from './plugin-file-rows.ts'
import { findObject } from './rows.ts'

export interface PluginFileOptions {
  readonly db: Pick<Database, 'withSellerScope'>
  readonly appending: Appending
  readonly files: Pick<Files, 'urlOf'>
  readonly bucket: string
  readonly aliasOf: (sellerId: string) => string
  /** Resolves when the seller's key is there; asked before the first part. */
  readonly ensureKey: (entry: Entry) => Promise<unknown>
  readonly now: () => number
}
/** What a job's context is given of them. */
export type PluginFilesOf = (
  by: { readonly entry: Entry; readonly pluginId: string; readonly signal: AbortSignal },
) => PluginFiles

/** Of S3: all parts but the last. */
const minPartBytes = 5 * 1024 * 1024
/** One of them is held whole, and crosses to the process of an isolated plugin. */
const maxPartBytes = 16 * 1024 * 1024
const maxParts = 10_000
const maxSeconds = 3_600
const istMs = 5.5 * 3_600_000
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const mimeForm = /^[a-z]+\/[a-z0-9.+-]+$/

export const createPluginFiles =
  (options: PluginFileOptions): PluginFilesOf => ({ entry, pluginId, signal }) => {
    const { db, appending, files, bucket, aliasOf, ensureKey, now } = options
    const { sellerId } = entry
    const inScope = <T>(work: (scope: SellerScope) => Promise<T>): Promise<T> =>
      db.withSellerScope(entry, work)
    const objectOf = ({ bucket, storageKey, mime }: Omit<OpenFile, 'stored'>): AppendedObject => ({
      ...{ bucket, storageKey, mime },
      kmsKeyAlias: aliasOf(sellerId),
    })
    const open = async (writing: Writing): Promise<OpenFile> =>
      await inScope((scope) => findOpen(scope, writing)) ?? over()

    /** The upload of the first part; of two that begin one, one goes on. */
    const uploadOf = async (writing: Writing, file: OpenFile): Promise<string> => {
      if (file.uploadId !== null) return file.uploadId
      await ensureKey(entry)
      const uploadId = await appending.begin(objectOf(file))
      if (await inScope((scope) => keepUpload(scope, writing, uploadId))) return uploadId
      await appending.abort(file, uploadId)
      return over()
    }
    const giveUp = async (writing: Writing, { uploadId, ...file }: OpenFile): Promise<never> => {
      await inScope((scope) => emptyFile(scope, writing))
      if (uploadId !== null) await appending.abort(file, uploadId)
      throw failure('unavailable', 'The file is not what was sent: write it anew', {
        code: 'file-broken',
        retryAfterMs: 1_000,
      })
    }

    return {
      write: told(async ({ id, mime, keepDays }) => {
        check(uuid.test(id), 'The id of a file is a UUID')
        check(mimeForm.test(mime), 'A file has a type such as text/csv')
        check(Number.isInteger(keepDays) && keepDays >= 1 && keepDays <= 366, 'Kept 1 to 366 days')
        const writing = { pluginId, id, writer: newId() }
        const date = new Date(now() + istMs).toISOString().slice(0, 10)
        const storageKey = exportKey({ sellerId, date, exportId: id }, extensionOf(mime))
        const parts = await inScope((scope) =>
          takeFile(scope, writing, { bucket, storageKey, mime, keepDays })
        )
        if (parts === null) throw noFile()
        return { writer: `${id}/${writing.writer}`, parts }
      }),
      append: told(async (writer, part, bytes) => {
        check(bytes instanceof Uint8Array, 'A part is bytes')
        check(bytes.length <= maxPartBytes, 'A part has 16 MiB at most')
        const writing = writingOf(pluginId, writer)
        check(
          Number.isInteger(part) && part >= 1 && part <= maxParts,
          'Parts are counted from 1 to 10000',
        )
        const { file, before } = await inScope(async (scope) => ({
          file: await findOpen(scope, writing),
          before: part === 1 ? minPartBytes : await sizeOfPart(scope, writing.id, part - 1),
        }))
        if (file === null) return over()
        check(file.stored === null, 'The file is whole')
        if (before === null) throw new TypeError('Parts come in their order')
        check(before >= minPartBytes, 'Parts but the last one have 5 MiB or more')
        const uploadId = await uploadOf(writing, file)
        const etag = await appending.append(objectOf(file), uploadId, part, bytes)
        if (etag === null) return await giveUp(writing, { ...file, uploadId })
        const stored = { part, etag, byteSize: bytes.length, sha256: sha256Of(bytes) }
        if (!await inScope((scope) => keepPart(scope, writing, uploadId, stored))) over()
      }),
      finish: told(async (writer) => {
        const writing = writingOf(pluginId, writer)
        const file = await open(writing)
        if (file.stored) return file.stored
        const parts = await inScope((scope) => readParts(scope, file.id))
        const object = objectOf(file)
        if (parts.length === 0 || file.uploadId === null) {
          await ensureKey(entry)
          await appending.putEmpty(object)
        } else if (!await appending.complete(object, file.uploadId, parts)) {
          return await giveUp(writing, file)
        }
        const whole = await appending.readBack(object, parts, signal)
        if (whole === null) return await giveUp(writing, file)
        const { byteSize, sha256, versionId, isSealedByKms } = whole
        const kmsKeyAlias = isSealedByKms ? object.kmsKeyAlias : null
        const stored = { byteSize, sha256, kmsKeyAlias, versionId }
        if (!await inScope((scope) => endFile(scope, writing, stored))) over()
        return { byteSize, sha256 }
      }),
      remove: told(async (id) => {
        check(uuid.test(id), 'The id of a file is a UUID')
        const gone = await inScope((scope) => letGo(scope, { pluginId, id, writer: newId() }))
        // what is left of it is removed by the sweep
        if (gone?.uploadId) await appending.abort(gone, gone.uploadId).catch(() => {})
      }),
      url: told(async (id, { fileName, seconds }) => {
        check(Number.isInteger(seconds) && seconds >= 1, 'An address works for 1 s or more')
        const object = uuid.test(id)
          ? await inScope(async (scope) =>
            await isWhole(scope, { pluginId, id }) ? await findObject(scope, { id }) : null
          )
          : null
        if (!object) throw noFile()
        return await files.urlOf(object, { fileName, seconds: Math.min(seconds, maxSeconds) })
      }),
    }
  }

const sha256Of = (bytes: Uint8Array): string => {
  const hash = sha256Stream()
  hash.update(bytes)
  return hash.end()
}
const writingOf = (pluginId: string, writer: string): Writing => {
  const [id = '', token = '', ...more] = String(writer).split('/')
  return uuid.test(id) && uuid.test(token) && more.length === 0
    ? { pluginId, id, writer: token }
    : over()
}
const over = (): never => {
  throw failure('rejected', 'Somebody else writes the file now, or it is gone', {
    code: 'writer-over',
  })
}
const noFile = (): Error => failure('rejected', 'There is no such file', { code: 'not-found' })
const check = (isSo: boolean, why: string): void => {
  if (!isSo) throw new TypeError(why)
}

/** What the storage refuses is said in the contract's words. */
const told =
  <Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>) =>
  async (...args: Args): Promise<T> => {
    try {
      return await work(...args)
    } catch (cause) {
      if (!hasCode(cause, 'storage-unavailable') && !hasCode(cause, 'keys-unavailable')) throw cause
      const code = hasCode(cause, 'keys-unavailable') ? 'keys-unavailable' : 'storage-unavailable'
      const why = 'The storage of files does not answer'
      throw failure('unavailable', why, { code, retryAfterMs: 5_000, cause })
    }
  }
