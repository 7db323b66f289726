/** S3 of the loopback cloud, asked by the real client: what it cannot do it refuses. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms'
import { expect, onTestFinished, test } from 'vitest'
import { startCloud } from '../../scripts/local/cloud.ts'

const Bucket = 'robnu-raw'
const alias = 'alias/robnu/seller-1'

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const open = async (dir?: string) => {
  const cloud = await startCloud(dir === undefined ? {} : { dir })
  const options = {
    endpoint: cloud.url,
    region: 'ap-south-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  }
  const [s3, kms] = [new S3Client({ ...options, forcePathStyle: true }), new KMSClient(options)]
  const close = async (): Promise<void> => {
    s3.destroy()
    kms.destroy()
    await cloud.stop()
  }
  onTestFinished(close)
  await s3.send(new CreateBucketCommand({ Bucket }))
  const put = (Key: string, Body: string | Uint8Array, more: Partial<PutObjectCommandInput> = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
  const get = async (Key: string): Promise<string | undefined> => {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }))
    return await got.Body?.transformToString()
  }
  return { cloud, s3, kms, close, put, get }
}

const makeKey = async (kms: KMSClient): Promise<{ KeyId: string; arn: string }> => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.KeyId ?? ''
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }))
  return { KeyId, arn: KeyMetadata?.Arn ?? '' }
}

const sealed = {
  ServerSideEncryption: 'aws:kms',
  SSEKMSKeyId: alias,
  BucketKeyEnabled: true,
} as const

/** A request as a browser sends it to a presigned address. */
const plainRequest = (url: string, method = 'GET') =>
  new Promise<{ status?: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const asked = request(url, { method }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk) => text += chunk)
        answer.on('end', () => {
          const { statusCode: status, headers } = answer
          resolve({ ...(status === undefined ? {} : { status }), headers, text })
        })
      })
      asked.once('error', reject).end()
    },
  )

test('an object comes back as it was put, also an empty one, also after a restart', async () => {
  const dir = join(makeFolder(), 'cloud')
  const first = await open(dir)
  const key = 'raw/2026/01/á b+c%.json'
  await first.put(key, '{"a":1}', { ContentType: 'application/json', Metadata: { run: '7' } })
  await first.put('empty', new Uint8Array())
  await first.put('gone', 'x')
  await first.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))
  await first.close()

  const { s3, get } = await open(dir)
  expect(await get(key)).toBe('{"a":1}')
  expect(await get('empty')).toBe('')
  await expect(get('gone')).rejects.toMatchObject({ name: 'NoSuchKey' })
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: key }))
  expect(head).toMatchObject({ ContentType: 'application/json', Metadata: { run: '7' } })
})

test('a plain PUT stores its bytes, whatever its type, and none when it has none', async () => {
  const { cloud, get } = await open()
  const url = `${cloud.url}/${Bucket}/plain`
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await fetch(url, { method: 'PUT', headers: form, body: 'a=1&b' })).status).toBe(200)
  expect(await get('plain')).toBe('a=1&b')
  expect((await fetch(url, { method: 'PUT' })).status).toBe(200)
  expect(await get('plain')).toBe('')
  expect((await fetch(cloud.url, { method: 'POST', headers: form, body: 'A=1' })).status).toBe(501)
})

test("encryption under a seller's key is told at every step and kept over a restart", async () => {
  const dir = join(makeFolder(), 'cloud')
  const { s3, kms, put, close } = await open(dir)
  const { arn } = await makeKey(kms)
  const told = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: arn, BucketKeyEnabled: true }
  expect(await put('a', 'x', { ...sealed, Metadata: { own: '1' } })).toMatchObject(told)
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))
  expect(head).toMatchObject({ ...told, Metadata: { own: '1' } })
  await close()
  const again = await open(dir)
  expect(await again.s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))).toMatchObject(told)

  await again.put('a', 'y')
  const plain = await again.s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))
  expect(plain.ServerSideEncryption).toBeUndefined()
  await again.put('a', 'z', { Metadata: { 'robnu-encryption': 'aws:kms;forged;true' } })
  const forged = await again.s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))
  expect(forged).toMatchObject({ Metadata: {} })
  expect(forged.ServerSideEncryption).toBeUndefined()
})

test('a missing or disabled key lets nobody write or read', async () => {
  const { kms, put, get } = await open()
  await expect(put('a', 'x', sealed)).rejects.toMatchObject({ name: 'KMS.NotFoundException' })
  const { KeyId } = await makeKey(kms)
  await put('a', 'x', sealed)
  await kms.send(new DisableKeyCommand({ KeyId }))
  const disabled = { name: 'KMS.DisabledException' }
  await expect(put('b', 'x', sealed)).rejects.toMatchObject(disabled)
  await expect(get('a')).rejects.toMatchObject(disabled)
})

test('parts make one object, with its encryption', async () => {
  const { s3, kms } = await open()
  const { arn } = await makeKey(kms)
  const Key = 'large'
  const begun = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...sealed }))
  expect(begun.SSEKMSKeyId).toBe(arn)
  const { UploadId } = begun
  const sizes = [5 * 1_048_576, 10]
  const Parts = await Promise.all(sizes.map(async (size, at) => {
    const part = { Bucket, Key, UploadId, PartNumber: at + 1, Body: new Uint8Array(size).fill(at) }
    const { ETag } = await s3.send(new UploadPartCommand(part))
    return { ETag, PartNumber: at + 1 }
  }))
  const finish = { Bucket, Key, UploadId, MultipartUpload: { Parts } }
  expect((await s3.send(new CompleteMultipartUploadCommand(finish))).SSEKMSKeyId).toBe(arn)
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }))
  expect(head).toMatchObject({ ContentLength: 5 * 1_048_576 + 10, SSEKMSKeyId: arn })
})

test('a conditional write happens once, also when many try at the same moment', async () => {
  const { put, get } = await open()
  const tries = await Promise.allSettled(
    Array.from({ length: 8 }, (_, at) => put('once', String(at), { IfNoneMatch: '*' })),
  )
  const won = tries.flatMap((one, at) => one.status === 'fulfilled' ? [String(at)] : [])
  expect(won).toEqual([await get('once')])
  await expect(put('once', 'late', { IfNoneMatch: '*' })).rejects.toMatchObject({
    name: 'PreconditionFailed',
  })
  const { ETag } = await put('once', 'second')
  await put('once', 'third', { IfMatch: ETag })
  await expect(put('once', 'fourth', { IfMatch: ETag })).rejects.toMatchObject({
    name: 'PreconditionFailed',
  })
  expect(await get('once')).toBe('third')
})

test('a listing by pages leaves out no key, in the order of bytes', async () => {
  const { s3, put } = await open()
  const keys = ['a', 'B', 'b', 'C', 'ä', 'Z/1', 'Z/2', 'z']
  for (const key of keys) await put(key, key)
  const seen: string[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken }))
    seen.push(...(page.Contents ?? []).map((object) => object.Key ?? ''))
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken)
  expect(seen).toEqual(['B', 'C', 'Z/1', 'Z/2', 'a', 'b', 'z', 'ä'])
  const folders = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', Prefix: 'Z' }))
  expect(folders.CommonPrefixes).toEqual([{ Prefix: 'Z/' }])
})

test('what is not emulated answers 501 and harms nothing', async () => {
  const { s3, put, get } = await open()
  await put('a', 'unharmed')
  const Tagging = { TagSet: [{ Key: 'k', Value: 'v' }] }
  const rules = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] }
  const calls = [
    () => s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'a', Tagging })),
    () =>
      s3.send(
        new PutBucketVersioningCommand({
          Bucket,
          VersioningConfiguration: { Status: 'Enabled' },
        }),
      ),
    () =>
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: rules as never, // the type names fewer methods than AWS has
        }),
      ),
    () => s3.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` })),
    () => put('a', 'x', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date() }),
    () => put('a', 'x', { Tagging: 'k=v' }),
  ]
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } })
  }
  expect(await get('a')).toBe('unharmed')
})

test('a key that climbs out of its bucket is refused', async () => {
  const { cloud, put } = await open()
  await put('a..b', 'allowed')
  for (
    const path of [
      '/robnu-raw/../other/x',
      '/robnu-raw/%2e%2e/x',
      '/robnu-raw/a/./b',
      '/robnu-raw/%',
    ]
  ) {
    const { port } = cloud
    const status = await new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method: 'PUT' }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.once('error', reject).end()
    })
    expect(status, path).toBe(400)
  }
})

test('a presigned address works until it expires, and names the download', async () => {
  const { cloud, put } = await open()
  await put('label.pdf', 'pages')
  const signed = (at: Date, seconds: number | string) => {
    const date = at.toISOString().replace(/[-:]|\.\d+/g, '')
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=${date}&X-Amz-Expires=${seconds}`
    return `${cloud.url}/${Bucket}/label.pdf?${query}&response-content-disposition=attachment`
  }
  const now = new Date()
  const good = await plainRequest(signed(now, 60))
  expect(good).toMatchObject({ status: 200, text: 'pages' })
  expect(good.headers['content-disposition']).toBe('attachment')
  const late = await plainRequest(signed(new Date(now.getTime() - 61_000), 60))
  expect(late).toMatchObject({ status: 403 })
  expect(late.text).toContain('Request has expired')
  for (const seconds of [0, -1, 604_801, 'x']) {
    expect((await plainRequest(signed(now, seconds))).status).toBe(400)
  }
})
