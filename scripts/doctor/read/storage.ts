/** Looks at the bucket, and puts a probe into it that is deleted at once. */
import { randomUUID } from 'node:crypto'
import { openBucket } from '#core/storage/look-bucket.ts'
import type { Kms } from '../checks/keys.ts'
import type { Storage } from '../checks/storage.ts'
import type { Ground } from '../ground.ts'
import { awsOf, settingsOf } from '../settings.ts'
import { whyNot } from './keys.ts'

export const readStorage = async (
  kms: Kms,
  { env, readOnly }: Ground,
): Promise<Storage> => {
  const { AWS_S3_BUCKET: bucket, AWS_ENDPOINT_URL } = settingsOf(env).config
  const aws = awsOf(env)
  const desk = openBucket({ ...aws, bucket })
  const known = { bucket, ourRegion: aws.region, isEmulated: AWS_ENDPOINT_URL !== undefined }
  const whyNoProbe = readOnly
    ? 'nothing is to be written: --read-only'
    : kms.make === undefined
    ? undefined
    : 'no KMS key can be used for it'
  try {
    const look = await desk.look()
    const probe = whyNoProbe === undefined
      ? await whyNot(desk.probe(`robnu-doctor/${randomUUID()}.txt`, kms.alias))
      : null
    return { ...known, ...look, why: undefined, probe, whyNoProbe }
  } catch (error) {
    const why = error instanceof Error ? error.name : 'UnknownError'
    const unseen = { region: null, encryption: undefined, isClosed: undefined }
    return { ...known, ...unseen, why, probe: null, whyNoProbe }
  } finally {
    desk.close()
  }
}
