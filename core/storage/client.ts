/** How the house speaks to S3: with an end to every request, on AWS and at an endpoint of our own. */
import { S3Client } from '@aws-sdk/client-s3'

export interface S3Place {
  readonly region: string
  /** Absent: that of AWS in the region. */
  readonly endpoint?: string | undefined
  /** Absent: found by the AWS SDK where it runs. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** `maxAttempts` come with the SDK's backoff of some 100 ms. */
export const openS3 = (
  { region, endpoint, credentials }: S3Place,
  { maxAttempts = 3, requestTimeoutMs = 30_000 }: {
    readonly maxAttempts?: number
    readonly requestTimeoutMs?: number
  } = {},
): S3Client =>
  new S3Client({
    region,
    // an endpoint of our own knows no names of buckets below its own
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  })
