/** The bucket in S3: whether files can be kept there, and by nobody else read. */
import { type Check, check, fault, leftOut, ok, warning } from '../check.ts'

export interface Storage {
  readonly bucket: string
  /** AWS's word for why it cannot be used; undefined: it can. */
  readonly why: string | undefined
  readonly region: string | null
  readonly ourRegion: string
  readonly encryption: string | null | undefined
  readonly isClosed: boolean | undefined
  /** Of this machine: it knows no policies. */
  readonly isEmulated: boolean
  /** AWS's word for why the probe was not kept; null: none was sent. */
  readonly probe: string | null | undefined
  readonly whyNoProbe: string | undefined
}

const silent = leftOut('the bucket does not answer')

export const storageChecks: readonly Check[] = [
  check('storage', 'storage', [
    'bucket-unreachable',
    'The bucket is there and ours',
    'Papers and imports have no place: processing stops where the first paper is to be kept.',
    'Make the bucket, correct AWS_S3_BUCKET, or allow s3:ListBucket to this machine.',
  ], ({ why, bucket }) => why === undefined ? ok(bucket) : fault(`"${bucket}": ${why}`)),
  check('storage', 'storage', [
    'bucket-in-other-region',
    'The bucket lies in our region',
    'Addresses of papers are signed for one region, and refused in another.',
    'Set AWS_REGION to the region of the bucket, or make a bucket in ours.',
  ], ({ why, region, ourRegion }) => {
    if (why !== undefined) return silent
    return region === null || region === ourRegion
      ? ok(ourRegion)
      : fault(`it lies in ${region}, and AWS_REGION is ${ourRegion}`)
  }),
  check('storage', 'storage', [
    'bucket-not-encrypted',
    'The bucket encrypts by default',
    'We ask for a key with every object; what somebody else puts there is not covered.',
    'Set the default encryption of the bucket to aws:kms.',
  ], ({ why, encryption, isEmulated }) => {
    if (why !== undefined) return silent
    if (isEmulated || encryption === undefined) return leftOut('it may not be asked')
    return encryption === null ? warning('it has no default') : ok(encryption)
  }),
  check('storage', 'storage', [
    'bucket-open',
    'Nothing in the bucket can be made public',
    'One wrong policy shows the invoices of every seller to everybody.',
    'Switch on all four parts of its Block Public Access.',
  ], ({ why, isClosed, isEmulated }) => {
    if (why !== undefined) return silent
    if (isEmulated || isClosed === undefined) return leftOut('it may not be asked')
    return isClosed ? ok() : fault('Block Public Access is not on')
  }),
  check('storage', 'storage', [
    'bucket-refuses',
    'A file can be put, read and deleted',
    'An import that cannot be kept is refused with 503, and so is every paper.',
    'Allow s3:PutObject, s3:GetObject and s3:DeleteObject, and the KMS key to S3.',
  ], ({ why, probe, whyNoProbe }) => {
    if (why !== undefined) return silent
    if (probe === null) return leftOut(whyNoProbe ?? 'no probe was sent')
    return probe === undefined ? ok() : fault(probe)
  }),
]
