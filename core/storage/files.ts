/** Files of sellers in the one bucket: streamed in and out, encrypted by the seller's own key. */
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Readable } from 'node:stream'
import { sha256Stream } from '../crypto/digest.ts'
import type { Database, Entry } from '../db/database.ts'
import { fault } from '../errors.ts'
import { newId } from '../ids.ts'
import { openS3 } from './client.ts'
import { extensionOf } from './keys.ts'
import { removeObject, removeSome } from './remove-object.ts'
import {
  findUpload,
  type FoundUpload,
  type SignedUpload,
  signUpload,
  type UploadAddress,
} from './signed-upload.ts'
import { readChecked, readRange, soon, told, unavailable } from './read-object.ts'
import { beginAgain, insertPending, markStored, type StoredObject } from './rows.ts'

export interface FileOptions {
  readonly db: Database
  readonly bucket: string
  readonly region: string
  /** Absent: that of AWS in the region. */
  readonly endpoint?: string
  /** The KMS key that a seller's objects are encrypted with. */
  readonly aliasOf: (sellerId: string) => string
  /** Resolves when the seller's key is there; asked before a write. */
  readonly ensureKey: (entry: Entry) => Promise<unknown>
}
interface NewFile {
  /** The object is `<folder>/<its id>.<extension>`; the folder names the seller. See keys.ts. */
  readonly folder: string
  /**
   * What it is called instead. What an earlier attempt has left there is written over, as long as nothing
   * refers to it: the bytes must be the same, for both may still be under way.
   */
  readonly name?: string
  readonly mime: string
  readonly body: AsyncIterable<Uint8Array>
  /** More than this throws `payload-too-large`. */
  readonly maxBytes: number
  readonly signal?: AbortSignal
}
export interface Files {
  readonly bucket: string
  /**
   * Streams the body into S3, at most some 20 MiB of it in memory, and resolves when it was found
   * there whole. Nobody refers to it yet: `keepObjects` in the transaction that does, within a day.
   * Throws `storage-unavailable`, and what the body throws.
   */
  readonly put: (entry: Entry, file: NewFile) => Promise<StoredObject>
  /** The bytes; throws when they are not the ones that were stored. */
  readonly get: (object: StoredObject, signal?: AbortSignal) => AsyncIterable<Uint8Array>
  /** From `from` on and before `to`; throws when there are fewer. Their digest nobody knows. */
  readonly getRange: (
    object: StoredObject,
    range: { readonly from: number; readonly to: number },
    signal?: AbortSignal,
  ) => AsyncIterable<Uint8Array>
  /** An address that needs no sign-in, for some seconds; `fileName` is what a browser saves it as. */
  readonly urlOf: (
    object: StoredObject,
    ask: { readonly fileName: string; readonly seconds: number },
  ) => Promise<string>
  /** An address that takes one PUT of these very bytes, and no others. */
  readonly uploadTo: (entry: Entry, file: SignedUpload, seconds: number) => Promise<UploadAddress>
  /**
   * Looks whether such an upload has come. Its bytes are those that were announced when `differs` is
   * empty: S3 has compared their digest itself, or they were read back where it tells none.
   */
  readonly findUpload: (
    entry: Entry,
    file: Pick<SignedUpload, 'storageKey' | 'byteSize' | 'sha256'>,
  ) => Promise<FoundUpload | null>
  /** All versions of it. Nothing there is no error. */
  readonly remove: (object: Pick<StoredObject, 'bucket' | 'storageKey'>) => Promise<void>
  /**
   * Removes up to a thousand objects (with versions: a thousand of those) of the seller, whether or not
   * anything refers to them; how many. Rows of them stay. Call it until it says 0.
   */
  readonly removeSome: (sellerId: string) => Promise<number>
  /** Makes the bucket where there is none: on a machine of one's own. */
  readonly ensureBucket: () => Promise<void>
  readonly close: () => void
}

const partBytes = 8 * 1024 * 1024

export const createFiles = (options: FileOptions): Files => {
  const { db, bucket, region, endpoint, aliasOf, ensureKey } = options
  const client = openS3({ region, endpoint })

  const upload = async (
    storageKey: string,
    alias: string,
    { mime, signal }: NewFile,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> => {
    const running = new Upload({
      client,
      params: {
        Bucket: bucket,
        Key: storageKey,
        Body: Readable.from(body),
        ContentType: mime,
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: alias,
        BucketKeyEnabled: true,
      },
      partSize: partBytes,
      queueSize: 1,
    })
    const end = () => void running.abort()
    signal?.addEventListener('abort', end, { once: true })
    try {
      signal?.throwIfAborted()
      await running.done()
    } finally {
      signal?.removeEventListener('abort', end)
    }
  }

  const begin = async (entry: Entry, file: NewFile) => {
    const id = newId()
    const { folder, name, mime } = file
    if (name !== undefined) {
      const storageKey = `${folder}/${name}`
      const place = { bucket, storageKey, mime }
      return { storageKey, id: await beginAgain(db, entry, { id, ...place }) }
    }
    const storageKey = `${folder}/${id}.${extensionOf(mime)}`
    await insertPending(db, entry, { id, bucket, storageKey, mime })
    return { id, storageKey }
  }

  const head = (storageKey: string): Promise<HeadObjectCommandOutput> =>
    client.send(new HeadObjectCommand({ Bucket: bucket, Key: storageKey }))

  return {
    bucket,
    put: async (entry, file) => {
      const { mime, signal } = file
      const alias = aliasOf(entry.sellerId)
      const { id, storageKey } = await begin(entry, file)
      await ensureKey(entry)
      const measured = measure(file)
      const found = await told(
        async () => {
          await upload(storageKey, alias, file, measured.body)
          return await head(storageKey)
        },
        measured,
        signal,
      )
      const { byteSize, sha256 } = measured.end()
      if (found.ContentLength !== byteSize) throw fault('storage-unavailable', soon)
      const versionId = found.VersionId ?? null
      const stored = {
        ...{ id, bucket, storageKey, mime, byteSize, sha256 },
        ...{ kmsKeyAlias: aliasFound(found, alias), versionId },
      }
      await markStored(db, entry, stored)
      return stored
    },
    get: (object, signal) => readChecked(client, object, signal),
    getRange: (object, range, signal) => readRange(client, object, range, signal),
    urlOf: ({ bucket, storageKey, versionId, mime }, { fileName, seconds }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          Bucket: bucket,
          Key: storageKey,
          ...(versionId === null ? {} : { VersionId: versionId }),
          ResponseContentType: mime,
          ResponseContentDisposition: `attachment; filename="${safeName(fileName)}"`,
          ResponseCacheControl: 'private, no-store',
        }),
        { expiresIn: seconds },
      ),
    uploadTo: async (entry, file, seconds) => {
      await ensureKey(entry)
      const place = { bucket, alias: aliasOf(entry.sellerId), seconds }
      return await told(() => signUpload(client, file, place))
    },
    findUpload: (entry, file) =>
      findUpload(client, file, { bucket, alias: aliasOf(entry.sellerId) }),
    remove: (object) => removeObject(client, object),
    removeSome: (sellerId) => removeSome(client, bucket, sellerId),
    ensureBucket: async () => {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }))
      } catch (error) {
        const isMissing = error instanceof S3ServiceException &&
          error.$metadata.httpStatusCode === 404
        if (isMissing) await told(() => client.send(new CreateBucketCommand({ Bucket: bucket })))
        // not ours to look at: then somebody else has made it
        else if (!(error instanceof S3ServiceException)) throw unavailable(error)
      }
    },
    close: () => client.destroy(),
  }
}

/** The same bytes, counted and hashed on their way. */
const measure = ({ body, maxBytes }: Pick<NewFile, 'body' | 'maxBytes'>) => {
  const hash = sha256Stream()
  let byteSize = 0
  let failure: { readonly error: unknown } | undefined
  const next = async (source: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await source.next()
      if (done) return undefined
      byteSize += value.length
      if (byteSize > maxBytes) throw fault('payload-too-large')
      return value
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  // an upload that fails ends its stream by an error of its own, which is not the source's
  const passing = async function* () {
    const source = body[Symbol.asyncIterator]()
    try {
      for (let chunk = await next(source); chunk; chunk = await next(source)) {
        hash.update(chunk)
        yield chunk
      }
    } finally {
      await source.return?.()
    }
  }
  return {
    body: passing(),
    failed: () => failure,
    end: () => ({ byteSize, sha256: hash.end() }),
  }
}

/** What S3 says that it has done, not what it was asked for. */
const aliasFound = (
  { ServerSideEncryption }: HeadObjectCommandOutput,
  asked: string,
): string | null => ServerSideEncryption === 'aws:kms' ? asked : null

const safeName = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]+/g, '-')
