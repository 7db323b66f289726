/** Uploads through the real signer and the local cloud, which refuses what S3 refuses. */
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKms } from '../../../core/crypto/kms.ts'
import { newId } from '../../../core/ids.ts'
import {
  createUploads,
  type Uploads,
  type UploadView,
} from '../../../core/ledger/uploads/uploads.ts'
import { silentLog } from '../../../core/log.ts'
import { createFiles, type Files } from '../../../core/storage/files.ts'
import { takeObject } from '../../../core/storage/rows.ts'
import { sweepObjects } from '../../../core/storage/sweep.ts'
import { type Cloud, startCloud } from '../../../scripts/local/cloud.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../../support/database.ts'

const bucket = 'robnu-test-uploads'
const region = 'ap-south-1'
const alias = 'alias/test'
let fresh: FreshDatabase
let cloud: Cloud
let client: S3Client
let files: Files
let uploads: Uploads
let seller: TestSeller
let accountId: string
const clock = { ms: 0 }
beforeAll(async () => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  ;[fresh, cloud] = await Promise.all([freshDatabase(), startCloud()])
  const reached = { region, endpoint: cloud.url }
  const kms = createKms({ ...reached, log: silentLog })
  await kms.ensureAlias(alias)
  await kms.close()
  client = new S3Client({ ...reached, forcePathStyle: true })
  files = createFiles({
    ...{ db: fresh.db, bucket, ...reached, aliasOf: () => alias },
    ensureKey: () => Promise.resolve(),
  })
  await files.ensureBucket()
  uploads = createUploads({ db: fresh.db, files, now: () => clock.ms })
  seller = await makeSeller(fresh.db)
  accountId = await makeAccount(fresh, seller)
})
afterAll(async () => {
  files?.close()
  client?.destroy()
  await cloud?.stop()
  await fresh?.close()
  vi.unstubAllEnvs()
})
beforeEach(() => {
  clock.ms = Date.now()
})

const file = new TextEncoder().encode('Order Number,Quantity\nBZ-1,1\n')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const announce = (changes: { readonly byteSize?: number; readonly sha256?: string } = {}) =>
  uploads.make(seller.entry, {
    ...{ accountId, accounts: null, purpose: 'IMPORT', fileName: 'orders.csv', mime: 'text/csv' },
    ...{ byteSize: file.length, sha256: sha256(file), ...changes },
  })
const put = (
  { put: to }: UploadView,
  body: Uint8Array = file,
  changes: Readonly<Record<string, string | undefined>> = {},
) => {
  const headers = Object.entries({ ...to?.headers, ...changes })
    .filter((one): one is [string, string] => one[1] !== undefined)
  return fetch(to?.url ?? '', {
    method: 'PUT',
    headers: Object.fromEntries(headers),
    body: body as Uint8Array<ArrayBuffer>,
  })
}
const complete = (id: string) => uploads.complete(seller.entry, id, null)

describe('an upload', () => {
  it('is announced, put by its address, and stored when it was looked for', async () => {
    const made = await announce()
    expect(made).toMatchObject({ state: 'PENDING', marketplace_account_id: accountId })
    await expect(complete(made.id)).rejects.toMatchObject({ code: 'upload-missing' })
    await expect(uploads.fileOf(seller.entry, made.id, null))
      .rejects.toMatchObject({ code: 'upload-missing' })
    expect((await put(made)).status).toBe(200)
    const done = { ...made, state: 'STORED', put: null }
    // while one looks, another one has found it
    const slower = createUploads({
      ...{ db: fresh.db, now: () => clock.ms },
      files: {
        ...files,
        findUpload: async (...what) => {
          const found = await files.findUpload(...what)
          expect(await complete(made.id)).toEqual(done)
          return found
        },
      },
    })
    expect(await slower.complete(seller.entry, made.id, null)).toEqual(done)
    expect(await complete(made.id)).toEqual(done)
    expect(await uploads.get(seller.entry, made.id, null)).toEqual(done)
    const { object, name } = await uploads.fileOf(seller.entry, made.id, null)
    expect(object).toEqual({
      ...{ id: made.id, bucket, mime: 'text/csv', byteSize: file.length, sha256: sha256(file) },
      ...{ kmsKeyAlias: alias, versionId: null },
      storageKey: `documents/${seller.sellerId}/${accountId}/imports/${made.id}.csv`,
    })
    expect(name).toBe('orders.csv')
    const head = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: object.storageKey }),
    )
    expect(head.ServerSideEncryption).toBe('aws:kms')
    const chunks: Uint8Array[] = []
    for await (const chunk of files.get(object)) chunks.push(chunk)
    expect(await new Blob(chunks as BlobPart[]).text()).toBe(new TextDecoder().decode(file))
  })

  it('is refused by the storage when anything of it is other than announced', async () => {
    const made = await announce()
    const other = new TextEncoder().encode('Order Number,Quantity\nBZ-1,9\n')
    const digest = createHash('sha256').update(other).digest('base64')
    const kmsKey = 'x-amz-server-side-encryption-aws-kms-key-id'
    const tries = [
      // of the same length, and with a digest of its own
      [other, {}, 'BadDigest'],
      [other, { 'x-amz-checksum-sha256': digest }, 'SignatureDoesNotMatch'],
      [other, { 'x-amz-checksum-sha256': undefined }, 'SignatureDoesNotMatch'],
      [file.subarray(0, 10), {}, 'SignatureDoesNotMatch'],
      [new Uint8Array([...file, 1]), {}, 'SignatureDoesNotMatch'],
      [file, { 'x-amz-server-side-encryption': 'AES256' }, 'SignatureDoesNotMatch'],
      [file, { 'x-amz-server-side-encryption': undefined }, 'SignatureDoesNotMatch'],
      [file, { [kmsKey]: 'alias/robnu/of-another-seller' }, 'SignatureDoesNotMatch'],
      [file, { 'content-type': 'text/html' }, 'SignatureDoesNotMatch'],
    ] as const
    for (const [body, headers, why] of tries) {
      const answer = await put(made, body, headers)
      expect([answer.status >= 400, await answer.text()], JSON.stringify(headers))
        .toEqual([true, expect.stringContaining(`<Code>${why}</Code>`)])
    }
    const url = new URL(made.put?.url ?? '')
    url.pathname += 'x'
    const elsewhere = { ...made, put: { url: url.href, headers: made.put?.headers ?? {} } }
    expect((await put(elsewhere)).status).toBe(403)
    await expect(complete(made.id)).rejects.toMatchObject({ code: 'upload-missing' })
    expect((await put(made)).status).toBe(200)
    expect(await complete(made.id)).toMatchObject({ state: 'STORED' })
  })

  it('is compared once more when it is looked for, where the storage has let it in', async () => {
    const { id } = await announce()
    const Key = `documents/${seller.sellerId}/${accountId}/imports/${id}.csv`
    const same = new TextEncoder().encode('Order Number,Quantity\nBZ-1,9\n')
    for (
      const [Body, differs] of [
        [same, ['/sha256']],
        [new Uint8Array(3), ['/byte_size', '/sha256']],
      ] as const
    ) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
      await expect(complete(id)).rejects.toMatchObject({
        code: 'upload-differs',
        errors: differs.map((pointer) => ({ pointer, message: expect.any(String) })),
      })
    }
    expect(await uploads.get(seller.entry, id, null)).toMatchObject({ state: 'PENDING' })
  })

  it('has an address for half an hour; what never came is forgotten, with its row', async () => {
    const { id, expires_at } = await announce()
    expect(expires_at.getTime() - clock.ms).toBeCloseTo(1_800_000, -3)
    clock.ms += 1_800_000
    expect(await uploads.get(seller.entry, id, null)).toMatchObject({ state: 'PENDING', put: null })
    const sweep = (hours: number) =>
      sweepObjects({
        ...{ db: fresh.db, files, log: silentLog, now: () => Date.now() + hours * 3_600_000 },
      })
    await sweep(7)
    expect(await uploads.get(seller.entry, id, null)).toBeNull()
    expect(await complete(id)).toBeNull()
    await expect(uploads.fileOf(seller.entry, id, null)).rejects.toMatchObject({
      code: 'not-found',
    })
    const [left] = await fresh.asSuperuser((admin) => admin`select from uploads where id = ${id}`)
    expect(left).toBeUndefined()
  })

  it('is nobody else’s, and of no account that one may not see', async () => {
    const { id } = await announce()
    const other = await makeSeller(fresh.db)
    expect(await uploads.get(other.entry, id, null)).toBeNull()
    expect(await uploads.complete(other.entry, id, null)).toBeNull()
    const nothing = { only: [newId()], except: [] }
    expect(await uploads.get(seller.entry, id, nothing)).toBeNull()
    await expect(
      uploads.make(other.entry, {
        ...{ accountId, accounts: null, purpose: 'IMPORT', fileName: 'x', mime: 'text/csv' },
        ...{ byteSize: 1, sha256: sha256(file) },
      }),
    ).rejects.toMatchObject({ code: 'not-found' })
  })

  it('is taken by one import at a time', async () => {
    const made = await announce()
    await put(made)
    await complete(made.id)
    const taken = await Promise.all(
      [0, 1, 2].map(() =>
        fresh.db.withSellerScope(seller.entry, (scope) => takeObject(scope, made.id))
      ),
    )
    expect(taken.toSorted()).toEqual([false, false, true])
  })
})
