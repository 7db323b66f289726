/** Removes objects for good: in a bucket with versions, every version and every mark. */
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { rooms } from './keys.ts'
import { told, unavailable } from './read-object.ts'
import type { StoredObject } from './rows.ts'

/**
 * A bucket with versions answers a deletion with a mark, and keeps the bytes. An upload whose answer was
 * lost was sent twice, so there may be versions that no row tells of.
 */
export const removeObject = async (
  client: S3Client,
  { bucket: Bucket, storageKey: Key }: Pick<StoredObject, 'bucket' | 'storageKey'>,
): Promise<void> => {
  const { DeleteMarker, VersionId } = await told(() =>
    client.send(new DeleteObjectCommand({ Bucket, Key }))
  )
  if (DeleteMarker !== true && VersionId === undefined) return
  for (;;) {
    // a key that begins with ours is somebody else's
    const { found, isAll } = await versionsBelow(client, Bucket, Key)
    await removeAll(client, Bucket, found.filter((one) => one.Key === Key))
    if (isAll || found.some((one) => one.Key !== Key)) return
  }
}

/** Up to a thousand of a seller's. */
export const removeSome = async (
  client: S3Client,
  bucket: string,
  sellerId: string,
): Promise<number> => {
  for (const room of new Set([...rooms, ...await roomsIn(client, bucket)])) {
    const found = await allBelow(client, bucket, `${room}/${sellerId}/`)
    if (found.length === 0) continue
    await removeAll(client, bucket, found)
    return found.length
  }
  return 0
}

/** Plugins have rooms of their own. */
const roomsIn = async (client: S3Client, Bucket: string): Promise<readonly string[]> => {
  const { CommonPrefixes = [] } = await told(() =>
    client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }))
  )
  return CommonPrefixes.flatMap(({ Prefix }) => Prefix ? [Prefix.replace(/\/$/, '')] : [])
}

const allBelow = async (
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<readonly ObjectIdentifier[]> => {
  try {
    return (await versionsBelow(client, bucket, prefix)).found
  } catch (error) {
    if (!isUnknown(error)) throw error
    // a store without versions
    const { Contents = [] } = await told(() =>
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
    )
    return Contents.map(({ Key }) => ({ Key }))
  }
}

const versionsBelow = async (client: S3Client, Bucket: string, Prefix: string) => {
  const { Versions = [], DeleteMarkers = [], IsTruncated } = await told(() =>
    client.send(new ListObjectVersionsCommand({ Bucket, Prefix }))
  )
  const found = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }))
  return { found, isAll: IsTruncated !== true }
}

const removeAll = async (
  client: S3Client,
  Bucket: string,
  objects: readonly ObjectIdentifier[],
): Promise<void> => {
  if (objects.length === 0) return
  const { Errors = [] } = await told(() =>
    client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [...objects], Quiet: true } }),
    )
  )
  const [first] = Errors
  if (first) throw unavailable(new Error(`S3 did not remove an object: ${first.Code}`))
}

const isUnknown = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof S3ServiceException &&
  error.cause.$metadata.httpStatusCode === 501
