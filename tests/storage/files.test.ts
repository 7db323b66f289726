/** Files of sellers, through the real client, the local cloud, and a connection that spoils answers. */
import { HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import process from 'node:process'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKms } from '../../core/crypto/kms.ts'
import { failure } from '../../core/plugin.ts'
import { silentLog } from '../../core/log.ts'
import { createFiles, type Files } from '../../core/storage/files.ts'
import { orderFolder } from '../../core/storage/keys.ts'
import { dropObjects, findObject, keepObjects, type StoredObject } from '../../core/storage/rows.ts'
import { sweepObjects } from '../../core/storage/sweep.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import { randomFor } from '../../core/testing/sandbox/random.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { startTroubledCloud, type TroubledCloud, troubles } from './support/troubled-cloud.ts'

const bucket = 'robnu-test-files'
/** `npm run proof -- storage` takes two thousand. */
const objects = Number(process.env['ROBNU_STORED'] || 40)
const seed = Number(process.env['ROBNU_SEED'] || 7)
let fresh: FreshDatabase
let cloud: Cloud
let troubled: TroubledCloud
let client: S3Client
let files: Files
let seller: TestSeller
let other: TestSeller
beforeAll(async () => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  ;[fresh, cloud] = await Promise.all([freshDatabase(), startCloud()])
  troubled = await startTroubledCloud(cloud.url)
  ;[seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
  const region = 'ap-south-1'
  const kms = createKms({ region, endpoint: cloud.url, log: silentLog })
  await kms.ensureAlias(aliasOf(seller.sellerId))
  await kms.close()
  client = new S3Client({ region, endpoint: cloud.url, forcePathStyle: true })
  files = createFiles({
    ...{ db: fresh.db, bucket, region, endpoint: troubled.url, aliasOf },
    ensureKey: () => Promise.resolve(),
  })
  await files.ensureBucket()
  await files.ensureBucket()
})
afterAll(async () => {
  files?.close()
  client?.destroy()
  await troubled?.close()
  await cloud?.stop()
  await fresh?.close()
  vi.unstubAllEnvs()
})
beforeEach(() => troubled.decide(() => 'none'))

const aliasOf = (sellerId: string) => `alias/robnu/seller-${sellerId}`
const folder = () =>
  orderFolder({ sellerId: seller.sellerId, accountId: 'a1', orderId: 'o1' }, 'PACKING_SLIP')
const chunked = async function* (whole: Uint8Array, size = 100_000) {
  for (let at = 0; at < whole.length; at += size) yield await whole.subarray(at, at + size)
}
const put = (whole: Uint8Array, maxBytes = 64e6): Promise<StoredObject> =>
  files.put(seller.entry, {
    ...{ folder: folder(), mime: 'application/pdf', maxBytes },
    body: chunked(whole),
  })
const bytesOf = async (object: StoredObject): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of files.get(object)) chunks.push(chunk)
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const keep = (object: StoredObject) =>
  fresh.db.withSellerScope(seller.entry, (scope) => keepObjects(scope, [object.id]))
const sweep = (hours: number) =>
  sweepObjects({
    ...{ db: fresh.db, files, log: silentLog },
    now: () => Date.now() + hours * 3_600_000,
  })
const rows = () =>
  fresh.asSuperuser(async (admin) =>
    (await admin<{ state: string; storage_key: string }[]>`
      select state, storage_key from storage_objects order by storage_key`).map((row) => ({
      ...row,
    }))
  )
const keys = async (): Promise<string[]> => {
  const found: string[] = []
  for (let after = '';;) {
    const ask = new ListObjectsV2Command({ Bucket: bucket, StartAfter: after })
    const { Contents = [], IsTruncated } = await client.send(ask)
    found.push(...Contents.map(({ Key }) => Key ?? ''))
    if (!IsTruncated) return found.sort()
    after = found.at(-1) ?? ''
  }
}

describe('a file', () => {
  it('comes back as it was put, encrypted by the key of its seller, below the folder', async () => {
    const whole = new TextEncoder().encode('%PDF-1.7 नाम')
    const object = await put(whole)
    expect(object).toMatchObject({
      ...{ bucket, mime: 'application/pdf', byteSize: whole.length, sha256: sha256(whole) },
      kmsKeyAlias: `alias/robnu/seller-${seller.sellerId}`,
      storageKey: `documents/${seller.sellerId}/a1/orders/o1/packing-slip/${object.id}.pdf`,
    })
    expect(await bytesOf(object)).toEqual(whole)
    const head = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: object.storageKey }),
    )
    expect(head.ServerSideEncryption).toBe('aws:kms')
    expect(head.SSEKMSKeyId).toMatch(/^arn:aws:kms:/)
  })

  it('of many parts goes through whole', async () => {
    const whole = new Uint8Array(21_000_000).map((_, at) => at % 251)
    const object = await put(whole)
    expect(object.byteSize).toBe(whole.length)
    expect(sha256(await bytesOf(object))).toBe(sha256(whole))
  })

  it('is given out by an address that names the file and needs no sign-in', async () => {
    const object = await put(new TextEncoder().encode('%PDF'))
    const url = await files.urlOf(object, { fileName: 'slip "1" नाम.pdf', seconds: 300 })
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('300')
    const answer = await fetch(url)
    expect(await answer.text()).toBe('%PDF')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="slip-1-.pdf"')
    expect(answer.headers.get('content-type')).toBe('application/pdf')
  })

  it('is refused when it is too large, with nothing stored', async () => {
    await expect(put(new Uint8Array(5_000), 4_999)).rejects.toMatchObject({
      code: 'payload-too-large',
    })
  })

  it('that cannot be read to its end fails with the reason of whoever sends it', async () => {
    const body = async function* () {
      yield await new Uint8Array(10)
      throw failure('unavailable', 'The marketplace hangs up')
    }
    await expect(
      files.put(seller.entry, {
        ...{ folder: folder(), mime: 'application/pdf', maxBytes: 100, body: body() },
      }),
    ).rejects.toThrow('The marketplace hangs up')
  })

  it('of another seller is not found, and cannot be kept', async () => {
    const object = await put(new Uint8Array(10))
    const found = await fresh.db.withSellerScope(
      other.entry,
      (scope) => findObject(scope, { id: object.id }),
    )
    expect(found).toBeNull()
    await expect(
      fresh.db.withSellerScope(other.entry, (scope) => keepObjects(scope, [object.id])),
    ).rejects.toThrow(/not stored/)
    expect(
      await fresh.db.withSellerScope(
        seller.entry,
        (scope) => findObject(scope, { storageKey: object.storageKey }),
      ),
    ).toEqual(object)
  })

  it('whose bytes were changed in the bucket is not given out as whole', async () => {
    const object = await put(new TextEncoder().encode('quantity 1'))
    const changed = { ...object, sha256: sha256(new Uint8Array(1)) }
    await expect(bytesOf(changed)).rejects.toMatchObject({ code: 'storage-unavailable' })
  })
})

describe('with a cloud that fails 20 % of the time', () => {
  it('every stored object is whole, and nothing dangles after the sweep', async () => {
    const random = randomFor(seed, 'storage')
    let kind = 0
    troubled.decide(() =>
      random.next() < 0.2 ? troubles[kind++ % troubles.length] ?? 'cut' : 'none'
    )
    const stored: { object: StoredObject; sha256: string }[] = []
    let failed = 0
    // as a job does: what fails is tried again, as another object
    const storeOne = async (at: number): Promise<void> => {
      const size = at % 97 === 96 ? 9_000_000 : 20_000 + random.int(0, 40_000)
      const whole = new Uint8Array(size).fill(at)
      for (let attempt = 0; attempt < 5; attempt++) {
        try {
          const object = await put(whole)
          await keep(object)
          stored.push({ object, sha256: sha256(whole) })
          return
        } catch (error) {
          expect(error).toMatchObject({ code: 'storage-unavailable' })
          failed += 1
        }
      }
    }
    let next = 0
    await Promise.all(Array.from({ length: 8 }, async () => {
      while (next < objects) await storeOne(next++)
    }))
    expect(stored.length).toBe(objects)
    // read in trouble: what breaks off, or says that half is the whole, is an error and never a file
    let cut = 0
    for (let pass = 0; pass < 20 && (pass === 0 || cut === 0); pass++) {
      for (const { object, sha256: told } of stored) {
        try {
          expect(sha256(await bytesOf(object))).toBe(told)
        } catch (error) {
          expect(error).toMatchObject({ code: 'storage-unavailable' })
          cut += 1
        }
      }
    }
    const count = troubled.count()
    for (const trouble of troubles) expect(count[trouble], trouble).toBeGreaterThan(0)
    expect(cut).toBeGreaterThan(0)
    troubled.decide(() => 'none')
    for (const { object, sha256: told } of stored) {
      expect(object.sha256).toBe(told)
      expect(sha256(await bytesOf(object))).toBe(told)
    }
    const swept = await sweep(25)
    const left = await rows()
    expect(left.every(({ state }) => state === 'STORED')).toBe(true)
    expect(left.map(({ storage_key }) => storage_key).sort())
      .toEqual(stored.map(({ object }) => object.storageKey).sort())
    // and in the bucket lies nothing that no row tells of
    expect(await keys()).toEqual(left.map(({ storage_key }) => storage_key).sort())
    const figures = { objects, seed, failedPuts: failed, cutReads: cut, swept, troubles: count }
    process.stdout.write(`Stored: ${JSON.stringify(figures)}\n`)
  }, 60_000 + objects * 1_000)

  it('what is away altogether says so, and leaves a row that never says stored', async () => {
    troubled.decide(() => 'error')
    await expect(put(new Uint8Array(10))).rejects.toMatchObject({ code: 'storage-unavailable' })
    expect((await rows()).filter(({ state }) => state === 'PENDING')).toHaveLength(1)
    // not while it may still be coming
    troubled.decide(() => 'none')
    expect(await sweep(5)).toBe(0)
    expect(await sweep(7)).toBe(1)
    expect((await rows()).filter(({ state }) => state === 'PENDING')).toHaveLength(0)
  })
})

describe('the sweep', () => {
  it('removes what nothing refers to, and what was let go; nothing else', async () => {
    const kept = await put(new Uint8Array(3))
    const loose = await put(new Uint8Array(4))
    const dropped = await put(new Uint8Array(5))
    await keep(kept)
    await keep(dropped)
    await fresh.db.withSellerScope(seller.entry, (scope) => dropObjects(scope, [dropped.id]))
    expect(await sweep(25)).toBe(2)
    expect(await sweep(25)).toBe(0)
    const there = await keys()
    expect(there).toContain(kept.storageKey)
    expect(there).not.toContain(loose.storageKey)
    expect(there).not.toContain(dropped.storageKey)
    await expect(keep(loose)).rejects.toThrow(/not stored/)
  })

  it('is held up by none that cannot be removed', async () => {
    const held = await put(new Uint8Array(7))
    const loose = await put(new Uint8Array(8))
    const over = {
      remove: (object: StoredObject) =>
        object.storageKey === held.storageKey
          ? Promise.reject(new Error('AccessDenied'))
          : files.remove(object),
    }
    const removed = await sweepObjects({
      ...{ db: fresh.db, files: over as Pick<Files, 'remove'>, log: silentLog },
      now: () => Date.now() + 25 * 3_600_000,
    })
    expect(removed).toBe(1)
    expect(await keys()).not.toContain(loose.storageKey)
    expect(await sweep(25)).toBe(1)
  })

  it('comes again for what it could not remove', async () => {
    const loose = await put(new Uint8Array(6))
    troubled.decide(() => 'error')
    expect(await sweep(25)).toBe(0)
    await expect(keep(loose)).rejects.toThrow(/not stored/)
    troubled.decide(() => 'none')
    expect(await sweep(25)).toBe(1)
    expect(await keys()).not.toContain(loose.storageKey)
  })
})
