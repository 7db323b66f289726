/** Objects of S3 that come part by part, over days and processes if need be. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { sha256Stream } from '../crypto/digest.ts'
import { openS3 } from './client.ts'
import { freed, told, unavailable } from './read-object.ts'

export interface AppendOptions {
  readonly region: string
  /** Absent: that of AWS in the region. */
  readonly endpoint?: string
}
/** Where it lies, and what it is. */
export interface AppendedObject {
  readonly bucket: string
  readonly storageKey: string
  readonly mime: string
  readonly kmsKeyAlias: string
}
export interface StoredPart {
  readonly part: number
  readonly etag: string
  readonly byteSize: number
  /** Hexadecimal. */
  readonly sha256: string
}
/** What was read back. */
interface WholeObject {
  readonly byteSize: number
  readonly sha256: string
  readonly versionId: string | null
  readonly isSealedByKms: boolean
}
/** All throw `storage-unavailable`; what S3 does not know of a living upload is null or false. */
export interface Appending {
  readonly begin: (object: AppendedObject) => Promise<string>
  /** The word of S3 for the part; null: the upload is over. */
  readonly append: (
    object: AppendedObject,
    uploadId: string,
    part: number,
    bytes: Uint8Array,
  ) => Promise<string | null>
  /** False: the parts are not what S3 has. An upload that was completed before is no error. */
  readonly complete: (
    object: AppendedObject,
    uploadId: string,
    parts: readonly StoredPart[],
  ) => Promise<boolean>
  readonly putEmpty: (object: AppendedObject) => Promise<void>
  /** Null: it is not there, or not made of these parts. */
  readonly readBack: (
    object: AppendedObject,
    parts: readonly StoredPart[],
    signal?: AbortSignal,
  ) => Promise<WholeObject | null>
  /** Nothing there is no error. */
  readonly abort: (
    object: Pick<AppendedObject, 'bucket' | 'storageKey'>,
    uploadId: string,
  ) => Promise<void>
  readonly close: () => void
}

export const createAppending = ({ region, endpoint }: AppendOptions): Appending => {
  const client = openS3({ region, endpoint })
  const placeOf = ({ bucket, storageKey }: Pick<AppendedObject, 'bucket' | 'storageKey'>) => ({
    Bucket: bucket,
    Key: storageKey,
  })
  const newObject = (object: AppendedObject) => ({
    ...placeOf(object),
    ContentType: object.mime,
    ServerSideEncryption: 'aws:kms' as const,
    SSEKMSKeyId: object.kmsKeyAlias,
    BucketKeyEnabled: true,
  })
  return {
    begin: async (object) => {
      const { UploadId } = await told(() =>
        client.send(new CreateMultipartUploadCommand(newObject(object)))
      )
      if (UploadId === undefined) throw unavailable(new Error('The upload has no id'))
      return UploadId
    },
    append: (object, UploadId, PartNumber, Body) =>
      unless(['NoSuchUpload'], null, async () => {
        const { ETag } = await client.send(
          new UploadPartCommand({ ...placeOf(object), UploadId, PartNumber, Body }),
        )
        if (ETag === undefined) throw new Error('The part has no word of its own')
        return ETag
      }),
    complete: (object, UploadId, parts) => {
      const Parts = parts.map(({ part, etag }) => ({ PartNumber: part, ETag: etag }))
      // whether it is the object that is there now is for who reads it back
      return unless(
        ['NoSuchUpload'],
        true,
        () =>
          unless(['InvalidPart', 'InvalidPartOrder'], false, async () => {
            await client.send(
              new CompleteMultipartUploadCommand({
                ...{ ...placeOf(object), UploadId },
                MultipartUpload: { Parts },
              }),
            )
            return true
          }, false),
      )
    },
    putEmpty: async (object) => {
      const Body = new Uint8Array()
      await told(() => client.send(new PutObjectCommand({ ...newObject(object), Body })))
    },
    readBack: async (object, parts, signal) => {
      const found = await unless(['NoSuchKey', 'NotFound'], null, () =>
        client.send(
          new GetObjectCommand(placeOf(object)),
          signal ? { abortSignal: signal } : {},
        ))
      if (found === null) return null
      const whole = await measure(freed(found.Body as AsyncIterable<Uint8Array>), parts).catch(
        (error) => {
          signal?.throwIfAborted()
          throw unavailable(error)
        },
      )
      return whole && {
        ...whole,
        versionId: found.VersionId ?? null,
        isSealedByKms: found.ServerSideEncryption === 'aws:kms',
      }
    },
    abort: async (object, UploadId) => {
      await unless(['NoSuchUpload'], undefined, async () => {
        await client.send(new AbortMultipartUploadCommand({ ...placeOf(object), UploadId }))
      })
    },
    close: () => client.destroy(),
  }
}

/** S3's refusals of these names are an answer; whatever else it throws is `storage-unavailable`. */
const unless = async <T, N>(
  names: readonly string[],
  answer: N,
  work: () => Promise<T>,
  isLast = true,
): Promise<T | N> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof S3ServiceException && names.includes(error.name)) return answer
    if (!isLast) throw error
    throw unavailable(error)
  }
}

/** The digest of all, unless one of the parts is another one than was sent. */
const measure = async (
  chunks: AsyncIterable<Uint8Array>,
  parts: readonly StoredPart[],
): Promise<{ readonly byteSize: number; readonly sha256: string } | null> => {
  const whole = sha256Stream()
  let byteSize = 0
  let at = 0
  let left = parts[0]?.byteSize ?? 0
  let own = sha256Stream()
  for await (const chunk of chunks) {
    whole.update(chunk)
    byteSize += chunk.length
    for (let from = 0; from < chunk.length;) {
      if (at >= parts.length) return null
      const some = chunk.subarray(from, from + left)
      own.update(some)
      from += some.length
      left -= some.length
      if (left > 0) continue
      if (own.end() !== parts[at]?.sha256) return null
      own = sha256Stream()
      at += 1
      left = parts[at]?.byteSize ?? 0
    }
  }
  return at === parts.length ? { byteSize, sha256: whole.end() } : null
}
