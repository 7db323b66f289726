/** Bazaar with a bucket beside it, so that its answers are archived; the clock of the archive is moved. */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { gunzipSync } from 'node:zlib'
import { vi } from 'vitest'
import { createArchiveKeys } from '../../../core/crypto/archive-keys.ts'
import { createKms } from '../../../core/crypto/kms.ts'
import {
  compactArchive,
  type CompactDeps,
  sweepArchive,
} from '../../../core/ledger/archive/compact-archive.ts'
import { createRawArchive } from '../../../core/ledger/archive/raw-archive.ts'
import { fault } from '../../../core/errors.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork } from '../../../core/queues/work.ts'
import { createFiles } from '../../../core/storage/files.ts'
import { startCloud } from '../../../scripts/local/cloud.ts'
import { openWorld } from '../../support/bazaar/world.ts'
import type { TestSeller } from '../../support/database.ts'
import { collectLog } from '../../queues/support.ts'

const bucket = 'robnu-test-archive'
const region = 'ap-south-1'
const alias = 'alias/test'

export interface KeptLine {
  readonly id: string
  readonly at: string
  readonly account: string
  readonly run: string
  readonly operation: string | null
  readonly method: string
  readonly path: string
  readonly status: number
  readonly body: unknown
}
export type ArchiveHouse = Awaited<ReturnType<typeof openArchiveHouse>>

export const openArchiveHouse = async () => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const [world, cloud] = await Promise.all([
    openWorld({ config: { overlapHours: 100_000 } }),
    startCloud(),
  ])
  const kms = createKms({ region, endpoint: cloud.url, log: silentLog })
  await kms.ensureAlias(alias)
  await kms.close()
  const { db } = world.fresh
  const files = createFiles({
    ...{ db, bucket, region, endpoint: cloud.url, aliasOf: () => alias },
    ensureKey: () => Promise.resolve(),
  })
  await files.ensureBucket()
  const clock = { ms: Date.parse('2026-01-31T23:20:00Z') }
  const now = () => clock.ms
  const source = { db, kms: world.kms, aliasOf: () => alias, createMissingAlias: false }
  const archiveKeys = createArchiveKeys({
    ...{ ...source, now, ttlMs: 300_000, graceMs: 60_000, maxSellers: 10 },
  })
  const log = collectLog()
  const archive = createRawArchive({ db, files, archiveKeys, log: log.log, now })
  const client = new S3Client({ region, endpoint: cloud.url, forcePathStyle: true })
  const keys = async ({ sellerId }: TestSeller): Promise<readonly string[]> => {
    const Prefix = `raw-payloads/${sellerId}/`
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix }),
    )
    return Contents.map(({ Key }) => Key ?? '').sort()
  }
  const textOf = async (key: string): Promise<string> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return gunzipSync(await Body?.transformToByteArray() ?? '').toString()
  }
  return {
    ...{ world, files, archiveKeys, archive, clock, log, keys, textOf },
    /** One whose storage is away. */
    archiveWithout: createRawArchive({
      ...{ db, archiveKeys, log: log.log, now },
      files: { put: () => Promise.reject(fault('storage-unavailable')) },
    }),
    /** One whose storage takes everything, and answers nothing. */
    archiveThatHangs: createRawArchive({
      ...{ db, archiveKeys, log: log.log, now, endMs: 1 },
      files: {
        put: (_entry, { signal }) =>
          new Promise((_, reject) => {
            const end = () => reject(signal?.reason)
            if (signal?.aborted) end()
            signal?.addEventListener('abort', end)
          }),
      },
    }),
    /** All that is kept of the seller's answers, as text. */
    textsOf: async (seller: TestSeller): Promise<readonly string[]> => {
      const texts: string[] = []
      for (const key of await keys(seller)) {
        texts.push(...(await textOf(key)).split('\n').filter((line) => line !== ''))
      }
      return texts
    },
    rowsOf: ({ sellerId }: TestSeller) =>
      world.fresh.asSuperuser(async (admin) => [
        ...await admin<{ number: number | null; joins: number | null; lines: number }[]>`
          select r.number, r.joins, r.lines from raw_payloads r
          join storage_objects o on o.seller_id = r.seller_id and o.id = r.storage_object_id
          where r.seller_id = ${sellerId} and o.state = 'STORED' and o.kept_at is not null
          order by r.hour, r.number nulls last, r.id`,
      ]),
    /** Asks for the job as the sweep does, and runs slices of it until it ends; its last state. */
    compact: async (
      { sellerId }: TestSeller,
      changes: Partial<CompactDeps> = {},
      slices = 3,
    ): Promise<string> => {
      await sweepArchive(db, now())
      const open = () =>
        world.fresh.asSuperuser((admin) =>
          admin<{ id: string; state: string }[]>`
            update work_items set not_before = now(), lease_until = now()
            where seller_id = ${sellerId} and lane = 'job:compact-archive'
              and state in ('WAITING', 'RUNNING') returning id, state`
        )
      for (let slice = 0; slice < slices; slice++) {
        const [item] = await open()
        if (!item) return slice === 0 ? 'none' : 'done'
        const work = await claimWork(db, { sellerId, itemId: item.id, leaseMs: 60_000 })
        if (!work?.claimed || work.target !== 'JOB') throw new Error('The job cannot be claimed')
        const never = new AbortController().signal
        const deps = { db, files, log: log.log, now, sliceMs: 20_000, ...changes }
        await compactArchive(deps, work, { signal: never, draining: never })
      }
      const [left] = await open()
      return left ? 'open' : 'done'
    },
    close: async () => {
      archiveKeys.close()
      files.close()
      client.destroy()
      await cloud.stop()
      await world.close()
      vi.unstubAllEnvs()
    },
  }
}
