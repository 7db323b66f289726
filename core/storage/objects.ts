/** Objects in S3: the only place that speaks to it. */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { openS3 } from './client.ts'

interface NewObject {
  readonly bucket: string
  /** Absent: the region that we are in ourselves. */
  readonly region?: string
  /** The AWS account that the bucket must belong to: a name that changed hands is refused. */
  readonly owner?: string
  readonly key: string
  readonly body: string
  readonly contentType: string
  readonly signal?: AbortSignal
}
export interface Objects {
  /** Writes over what is there. Throws an error whose message is AWS's word for what is wrong. */
  readonly put: (object: NewObject) => Promise<void>
  readonly close: () => void
}
export interface ObjectOptions {
  readonly region: string
  /** Absent: that of AWS in the region. */
  readonly endpoint?: string
}

const deadlineMs = 15_000 // of a call with all its attempts

export const createObjects = ({ region, endpoint }: ObjectOptions): Objects => {
  const clients = new Map<string, S3Client>()
  const clientOf = (where: string): S3Client => {
    const found = clients.get(where)
    if (found !== undefined) return found
    const client = openS3({ region: where, endpoint }, { requestTimeoutMs: 5_000 })
    clients.set(where, client)
    return client
  }
  return {
    put: async ({ bucket, region: where = region, owner, key, body, contentType, signal }) => {
      const limit = AbortSignal.timeout(deadlineMs)
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        ...(owner === undefined ? {} : { ExpectedBucketOwner: owner }),
      })
      try {
        await clientOf(where).send(command, {
          abortSignal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        })
      } catch (cause) {
        // the SDK's own message may quote the request
        throw new Error(cause instanceof Error ? cause.name : 'UnknownError', { cause })
      }
    },
    close: () => {
      for (const client of clients.values()) client.destroy()
    },
  }
}
