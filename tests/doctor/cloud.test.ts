/** What the doctor reads of KMS, SQS and S3, through the real clients and the local cloud. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CancelKeyDeletionCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { createKms } from '../../core/crypto/kms.ts'
import { silentLog } from '../../core/log.ts'
import { coreQueues } from '../../core/queues/layout.ts'
import { evictionOf } from '../../core/queues/look-sweeps.ts'
import { createSqs } from '../../core/queues/sqs.ts'
import { checks } from '../../scripts/doctor/checks.ts'
import type { Ground } from '../../scripts/doctor/ground.ts'
import { readersOf } from '../../scripts/doctor/readers.ts'
import { createGet, runChecks } from '../../scripts/doctor/run.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import { startRedis } from '../../scripts/local/redis.ts'

const region = 'ap-south-1'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
const alias = 'alias/robnu/default'
const bucket = 'robnu-doctor-files'
let cloud: Cloud
beforeAll(async () => {
  cloud = await startCloud()
})
afterAll(() => cloud.stop())

const ground = (more: Readonly<Record<string, string>> = {}, readOnly = false): Ground => ({
  env: {
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_S3_BUCKET: bucket,
    ROBNU_PLUGINS: '',
    ...more,
  },
  ...{ isLocal: true, home: 'nowhere', project: 'nowhere', now: () => new Date(), fetch, readOnly },
})
const unwell = async (asked: Ground) => {
  const ofCloud = checks.filter(({ of }) => ['kms', 'queues', 'storage'].includes(of))
  const results = await runChecks(ofCloud, createGet(readersOf(asked)))
  return results.filter(({ state }) => state !== 'ok').map(({ code, state }) => `${code} ${state}`)
}
/** An emulator has no policies to be asked for. */
const emulated = ['bucket-not-encrypted left-out', 'bucket-open left-out']

const redis = await startRedis()
afterAll(() => redis?.stop())
describe.skipIf(!redis)('a Redis (left out where no redis-server is on the PATH)', () => {
  it('says whether it throws away what it holds', async () => {
    expect(await evictionOf(redis?.url ?? '')).toBe('noeviction')
  })
})

it('a Redis that is away says so', async () => {
  await expect(evictionOf('redis://127.0.0.1:1')).rejects.toThrow()
})

describe('a cloud', () => {
  it('that is empty lacks alias, queues and bucket, and is given none of them', async () => {
    const expected = [
      'kms-alias-missing fault',
      ...['switched-off', 'dying', 'not-rotated'].map((end) => `kms-key-${end} left-out`),
      'kms-does-not-open left-out',
      'kms-ignores-context left-out',
      'queue-missing warning',
      'bucket-unreachable fault',
    ]
    const found = await unwell(ground())
    expect(found.slice(0, 8)).toEqual(expected)
    expect(found).toHaveLength(12)
    // looking has made nothing
    expect(await unwell(ground())).toEqual(found)
  })

  it('in which the house has started has no fault, and nothing is left in the bucket', async () => {
    const kms = createKms({ region, endpoint: cloud.url, credentials, log: silentLog })
    await kms.ensureAlias(alias)
    await kms.close()
    const sqs = createSqs({
      region,
      endpoint: cloud.url,
      credentials,
      prefix: 'robnu-',
      log: silentLog,
    })
    await sqs.ensureQueues(coreQueues)
    await sqs.close()
    const client = new S3Client({ region, endpoint: cloud.url, credentials, forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    expect(await unwell(ground())).toEqual(emulated)
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
    expect(KeyCount).toBe(0)
    client.destroy()
  })

  it('is sent no probe where nothing is to be written', async () => {
    expect(await unwell(ground({}, true))).toEqual([...emulated, 'bucket-refuses left-out'])
  })

  it('with queues that somebody has made otherwise is told which and how', async () => {
    const client = new SQSClient({ region, endpoint: cloud.url, credentials })
    for (const { name, kind } of coreQueues) {
      for (const full of [name, `${name}-dlq`]) {
        const end = kind === 'fifo' ? '.fifo' : ''
        await client.send(
          new CreateQueueCommand({
            QueueName: `odd-${full}${end}`,
            Attributes: {
              ...kind === 'fifo' ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {},
              VisibilityTimeout: '1',
              MessageRetentionPeriod: '3600',
            },
          }),
        )
      }
    }
    client.destroy()
    expect(await unwell(ground({ ROBNU_QUEUE_PREFIX: 'odd-' }))).toEqual([
      'queue-without-redrive fault',
      'queue-hides-shortly warning',
      'dead-letters-forgotten warning',
      'queue-deduplicates-by-content fault',
      ...emulated,
    ])
  })

  it('with a key that somebody switched off, and is to be deleted, is told which and when', async () => {
    const client = new KMSClient({ region, endpoint: cloud.url, credentials })
    const KeyId = (await client.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.KeyId
    await client.send(new DisableKeyRotationCommand({ KeyId }))
    expect(await unwell(ground())).toEqual(['kms-key-not-rotated warning', ...emulated])
    await client.send(new DisableKeyCommand({ KeyId }))
    expect(await unwell(ground())).toContain('kms-key-switched-off fault')
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
    expect(await unwell(ground())).toContain('kms-key-dying fault')
    await client.send(new CancelKeyDeletionCommand({ KeyId }))
    await client.send(new EnableKeyCommand({ KeyId }))
    client.destroy()
  })

  it('that is away is told once for each service', async () => {
    const found = await unwell(ground({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }))
    expect(found.filter((one) => !one.endsWith('left-out')))
      .toEqual(['kms-unreachable fault', 'sqs-unreachable fault', 'bucket-unreachable fault'])
  })
})
