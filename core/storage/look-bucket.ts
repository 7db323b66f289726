/** What S3 says of the bucket, for whoever looks whether it is as it should be. */
import {
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { openS3 } from './client.ts'

interface BucketLook {
  /** The region that the bucket lies in; null: it does not say. */
  readonly region: string | null
  /** `aws:kms`, `AES256`; null: none; undefined: it may not be asked. */
  readonly encryption: string | null | undefined
  /** Whether all four ways to make something public are closed; undefined: it may not be asked. */
  readonly isClosed: boolean | undefined
}
export interface BucketDesk {
  /** Throws an error whose name is AWS's word for what is wrong: `NotFound`, `Forbidden`. */
  readonly look: () => Promise<BucketLook>
  /** Writes, reads and deletes an object as files of sellers are; nothing stays behind. */
  readonly probe: (key: string, kmsAlias: string) => Promise<void>
  readonly close: () => void
}

const deadlineMs = 8_000

export const openBucket = ({ region, endpoint, credentials, bucket: Bucket }: {
  readonly region: string
  readonly endpoint?: string | undefined
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly bucket: string
}): BucketDesk => {
  const client = openS3(
    { region, endpoint, ...credentials === undefined ? {} : { credentials } },
    { maxAttempts: 2, requestTimeoutMs: 5_000 },
  )
  const limit = () => ({ abortSignal: AbortSignal.timeout(deadlineMs) })
  return {
    look: async () => {
      const head = await client.send(new HeadBucketCommand({ Bucket }), limit())
      return {
        region: head.BucketRegion ?? null,
        encryption: await unlessRefused(async () => {
          const asked = new GetBucketEncryptionCommand({ Bucket })
          const { ServerSideEncryptionConfiguration: told } = await client.send(asked, limit())
          return told?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? null
        }, 'ServerSideEncryptionConfigurationNotFoundError'),
        isClosed: await unlessRefused(async () => {
          const asked = new GetPublicAccessBlockCommand({ Bucket })
          const { PublicAccessBlockConfiguration: told } = await client.send(asked, limit())
          return [
            told?.BlockPublicAcls,
            told?.BlockPublicPolicy,
            told?.IgnorePublicAcls,
            told?.RestrictPublicBuckets,
          ].every((one) => one === true)
        }, 'NoSuchPublicAccessBlockConfiguration').then((closed) =>
          closed === null ? false : closed
        ),
      }
    },
    probe: async (Key, SSEKMSKeyId) => {
      const body = 'a probe, deleted at once'
      const put = { Bucket, Key, Body: body, ContentType: 'text/plain' }
      const sealed = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const
      await client.send(new PutObjectCommand({ ...put, ...sealed }), limit())
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }), limit())
        if (await Body?.transformToString() !== body) {
          throw new Error('what came back is another text')
        }
      } finally {
        await client.send(new DeleteObjectCommand({ Bucket, Key }), limit())
      }
    },
    close: () => client.destroy(),
  }
}

/** Null where AWS says that there is none; undefined where we may not ask, or nobody knows the question. */
const unlessRefused = async <T>(
  ask: () => Promise<T>,
  none: string,
): Promise<T | null | undefined> => {
  try {
    return await ask()
  } catch (error) {
    return error instanceof Error && error.name === none ? null : undefined
  }
}
