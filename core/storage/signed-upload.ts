/** Uploads that go to S3 directly: an address for one file, which S3 compares with what was announced. */
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { S3ServiceException } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { sha256Stream } from '../crypto/digest.ts'
import { fromBase64, fromHex, toBase64, toHex } from '../crypto/text.ts'
import { freed, told, unavailable } from './read-object.ts'

export interface SignedUpload {
  readonly storageKey: string
  readonly mime: string
  readonly byteSize: number
  /** Hexadecimal. */
  readonly sha256: string
}
export interface UploadAddress {
  readonly url: string
  /** What the PUT must carry, beside the length that every client sends by itself. */
  readonly headers: Readonly<Record<string, string>>
}
export interface FoundUpload {
  readonly byteSize: number
  readonly versionId: string | null
  readonly kmsKeyAlias: string | null
  /** In what it is not as it was announced. */
  readonly differs: readonly ('byte_size' | 'sha256')[]
}
interface Where {
  readonly bucket: string
  readonly alias: string
}

/** Length, type, digest and encryption are signed: S3 refuses a request in which one of them differs. */
export const signUpload = async (
  client: S3Client,
  { storageKey, mime, byteSize, sha256 }: SignedUpload,
  { bucket, alias, seconds }: Where & { readonly seconds: number },
): Promise<UploadAddress> => {
  const digest = toBase64(fromHex(sha256))
  const command = new PutObjectCommand({
    ...{ Bucket: bucket, Key: storageKey, ContentType: mime, ContentLength: byteSize },
    ...{ ChecksumSHA256: digest, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: alias },
    BucketKeyEnabled: true,
  })
  const headers = {
    'content-type': mime,
    'x-amz-checksum-sha256': digest,
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': alias,
    'x-amz-server-side-encryption-bucket-key-enabled': 'true',
  }
  const url = await getSignedUrl(client, command, {
    expiresIn: seconds,
    // as headers and not in the address: what is asked for there some stores do not heed
    unhoistableHeaders: new Set(Object.keys(headers)),
    signableHeaders: new Set(['content-type']),
  })
  return { url, headers }
}

/** Null: nothing is there. */
export const findUpload = async (
  client: S3Client,
  { storageKey, byteSize, sha256 }: Pick<SignedUpload, 'storageKey' | 'byteSize' | 'sha256'>,
  { bucket, alias }: Where,
): Promise<FoundUpload | null> => {
  const place = { Bucket: bucket, Key: storageKey }
  const head = await told(async () => {
    try {
      return await client.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' }))
    } catch (error) {
      const isMissing = error instanceof S3ServiceException &&
        error.$metadata.httpStatusCode === 404
      if (isMissing) return null
      throw error
    }
  })
  if (!head) return null
  const { ContentLength: size = 0, VersionId: versionId = null, ChecksumSHA256: told256 } = head
  const version = versionId === null ? {} : { VersionId: versionId }
  const found = told256 === undefined
    ? await digestOf(client, { ...place, ...version })
    : toHex(fromBase64(told256))
  return {
    ...{ byteSize: size, versionId },
    kmsKeyAlias: head.ServerSideEncryption === 'aws:kms' ? alias : null,
    differs: [
      ...size === byteSize ? [] : ['byte_size'] as const,
      ...found === sha256 ? [] : ['sha256'] as const,
    ],
  }
}

/** Of a store that tells none: it may have compared nothing. */
const digestOf = async (
  client: S3Client,
  place: { readonly Bucket: string; readonly Key: string; readonly VersionId?: string },
): Promise<string> => {
  const { Body } = await told(() => client.send(new GetObjectCommand(place)))
  const hash = sha256Stream()
  try {
    for await (const chunk of freed((Body ?? []) as AsyncIterable<Uint8Array>)) hash.update(chunk)
  } catch (error) {
    throw unavailable(error)
  }
  return hash.end()
}
