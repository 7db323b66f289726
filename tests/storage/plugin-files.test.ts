/** Files that plugins write part by part, through the real client and the local cloud. */
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKms } from '../../core/crypto/kms.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import type { PluginFiles } from '../../core/plugin.ts'
import { type Appending, createAppending } from '../../core/storage/appending.ts'
import { createFiles, type Files } from '../../core/storage/files.ts'
import { createPluginFiles } from '../../core/storage/plugin-files.ts'
import { sweepObjects } from '../../core/storage/sweep.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { startTroubledCloud, type TroubledCloud } from './support/troubled-cloud.ts'

const bucket = 'robnu-test-plugin-files'
const region = 'ap-south-1'
const alias = 'alias/robnu/plugin-files'
/** 23:00 in London is the next day in India. */
const now = () => Date.parse('2026-01-31T23:00:00Z')
let fresh: FreshDatabase
let cloud: Cloud
let troubled: TroubledCloud
let appending: Appending
let files: Files
let client: S3Client
let seller: TestSeller
let other: TestSeller
beforeAll(async () => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  ;[fresh, cloud] = await Promise.all([freshDatabase(), startCloud()])
  troubled = await startTroubledCloud(cloud.url)
  ;[seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
  const kms = createKms({ region, endpoint: cloud.url, log: silentLog })
  await kms.ensureAlias(alias)
  await kms.close()
  const at = { region, endpoint: troubled.url }
  client = new S3Client({ region, endpoint: cloud.url, forcePathStyle: true })
  appending = createAppending(at)
  files = createFiles({
    ...{ db: fresh.db, bucket, ...at, aliasOf: () => alias },
    ensureKey: () => Promise.resolve(),
  })
  await files.ensureBucket()
})
afterAll(async () => {
  files?.close()
  appending?.close()
  client?.destroy()
  await troubled?.close()
  await cloud?.stop()
  await fresh?.close()
  vi.unstubAllEnvs()
})
beforeEach(() => troubled.decide(() => 'none'))

const ofPlugin = (
  pluginId = 'claims',
  by = seller,
  changes: Partial<Appending> = {},
): PluginFiles =>
  createPluginFiles({
    ...{
      db: fresh.db,
      appending: { ...appending, ...changes },
      files,
      bucket,
      now,
      aliasOf: () => alias,
    },
    ensureKey: () => Promise.resolve(),
  })({ entry: by.entry, pluginId, signal: new AbortController().signal })
const newFile = (id: string = newId()) => ({ id, mime: 'text/csv', keepDays: 7 })
const large = (fill: number) => new Uint8Array(5 * 2 ** 20).fill(fill)
const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
const rowOf = async (id: string) => {
  const [row] = await fresh.asSuperuser((admin) =>
    admin`select o.state, o.kept_at is not null as kept, o.storage_key, o.kms_key_alias, f.upload_id,
        (select count(*)::int from plugin_file_parts p where p.file_id = o.id) as parts
      from storage_objects o left join plugin_files f on f.id = o.id where o.id = ${id}`
  )
  return row && { ...row }
}
const bytesAt = async (url: string, range?: string) => {
  const answer = await fetch(url, range === undefined ? {} : { headers: { range } })
  return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
}
const sweep = (hours: number) =>
  sweepObjects({
    ...{ db: fresh.db, files, appending, log: silentLog },
    now: () => Date.now() + hours * 3_600_000,
  })

describe('a file in parts', () => {
  it('is whole when it was read back, and PENDING until then', async () => {
    const own = ofPlugin()
    const file = newFile()
    const { writer, parts } = await own.write(file)
    expect(parts).toBe(0)
    await own.append(writer, 1, large(1))
    await own.append(writer, 2, new Uint8Array([1, 2, 3]))
    expect(await rowOf(file.id)).toMatchObject({ state: 'PENDING', kept: false, parts: 2 })
    const ask = { fileName: 'a.csv', seconds: 60 }
    await expect(own.url(file.id, ask)).rejects.toMatchObject({ code: 'not-found' })
    const whole = { byteSize: 5 * 2 ** 20 + 3, sha256: sha256(large(1), new Uint8Array([1, 2, 3])) }
    expect(await own.finish(writer)).toEqual(whole)
    expect(await own.finish(writer)).toEqual(whole)
    expect(await rowOf(file.id)).toMatchObject({
      ...{ state: 'STORED', kept: true, upload_id: null, kms_key_alias: alias },
      storage_key: `exports/${seller.sellerId}/2026-02-01/${file.id}.csv`,
    })
    const url = await own.url(file.id, ask)
    expect(sha256((await bytesAt(url)).bytes)).toBe(whole.sha256)
    expect(await bytesAt(url, `bytes=${5 * 2 ** 20}-`)).toEqual({
      status: 206,
      bytes: new Uint8Array([1, 2, 3]),
    })
    const Key = String((await rowOf(file.id))?.['storage_key'])
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }))
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', ContentType: 'text/csv' })
    // nobody writes on what is whole
    await expect(own.append(writer, 3, large(1))).rejects.toThrow('The file is whole')
  })

  it('is gone on with by whoever opens it next, and by nobody else', async () => {
    const [own, file] = [ofPlugin(), newFile()]
    const first = await own.write(file)
    await own.append(first.writer, 1, large(1))
    await own.append(first.writer, 2, large(2))
    const second = await own.write(file)
    expect(second.parts).toBe(2)
    const over = { kind: 'rejected', code: 'writer-over' }
    await expect(own.append(first.writer, 3, large(3))).rejects.toMatchObject(over)
    await expect(own.finish(first.writer)).rejects.toMatchObject(over)
    // what is sent again takes the place of what was there, and of what came behind it
    await own.append(second.writer, 1, large(9))
    expect(await own.finish(second.writer))
      .toEqual({ byteSize: 5 * 2 ** 20, sha256: sha256(large(9)) })
    expect(await own.write(file)).toMatchObject({ parts: 1 })
  })

  it('that has no part is empty', async () => {
    const [own, file] = [ofPlugin(), newFile()]
    const { writer } = await own.write(file)
    expect(await own.finish(writer)).toEqual({ byteSize: 0, sha256: sha256() })
    const url = await own.url(file.id, { fileName: 'a.csv', seconds: 60 })
    expect(await bytesAt(url)).toEqual({ status: 200, bytes: new Uint8Array() })
  })

  it.each([
    ['in their order', 2, 5],
    ['counted from 1', 0, 5],
    ['counted from 1', 10_001, 5],
    ['16 MiB at most', 1, 17],
  ])('takes parts %s', async (why, part, mib) => {
    const own = ofPlugin()
    const { writer } = await own.write(newFile())
    await expect(own.append(writer, part, new Uint8Array(mib * 2 ** 20))).rejects.toThrow(why)
  })

  it('takes small parts at its end alone', async () => {
    const own = ofPlugin()
    const { writer } = await own.write(newFile())
    await own.append(writer, 1, new Uint8Array(5))
    await expect(own.append(writer, 2, large(1))).rejects.toThrow('have 5 MiB or more')
  })

  it('is nothing to another plugin, to another seller, and to who invents a writer', async () => {
    const [own, file] = [ofPlugin(), newFile()]
    const { writer } = await own.write(file)
    await own.append(writer, 1, large(1))
    await own.finish(writer)
    const ask = { fileName: 'a.csv', seconds: 60 }
    const none = { code: 'not-found' }
    for (const strange of [ofPlugin('exports'), ofPlugin('claims', other)]) {
      await expect(strange.url(file.id, ask)).rejects.toMatchObject(none)
      await expect(strange.finish(writer)).rejects.toMatchObject({ code: 'writer-over' })
      await strange.remove(file.id)
    }
    await expect(ofPlugin('exports').write(file)).rejects.toMatchObject(none)
    await expect(own.append('x', 1, large(1))).rejects.toMatchObject({ code: 'writer-over' })
    expect(await rowOf(file.id)).toMatchObject({ state: 'STORED', kept: true })
    // what is not a plugin's is none of its files
    const foreign = newId()
    await fresh.asSuperuser((admin) =>
      admin`insert into storage_objects (seller_id, id, bucket, storage_key, mime)
        values (${seller.sellerId}, ${foreign}, ${bucket}, ${`documents/${seller.sellerId}/x.pdf`}, 'x')`
    )
    await expect(own.write(newFile(foreign))).rejects.toMatchObject(none)
    await fresh.asSuperuser((admin) => admin`delete from storage_objects where id = ${foreign}`)
  })
})

describe('with a storage that fails', () => {
  it('says that it does not answer, and goes on where it was', async () => {
    const [own, file] = [ofPlugin(), newFile()]
    const { writer } = await own.write(file)
    troubled.decide((method) => method === 'PUT' ? 'error' : 'none')
    const away = { kind: 'unavailable', code: 'storage-unavailable', retryAfterMs: 5_000 }
    await expect(own.append(writer, 1, large(1))).rejects.toMatchObject(away)
    troubled.decide(() => 'none')
    await own.append(writer, 1, large(1))
    // it was put together, and nobody was told
    troubled.decide((method, path) =>
      method === 'POST' && path.includes('uploadId') ? 'lost' : 'none'
    )
    await expect(own.finish(writer)).rejects.toMatchObject(away)
    // what is read back breaks off
    troubled.decide((method) => method === 'GET' ? 'cut' : 'none')
    await expect(own.finish(writer)).rejects.toMatchObject(away)
    expect(await rowOf(file.id)).toMatchObject({ state: 'PENDING', kept: false })
    troubled.decide(() => 'none')
    expect(await own.finish(writer)).toEqual({ byteSize: 5 * 2 ** 20, sha256: sha256(large(1)) })
  })

  it('begins anew where what lies there is not what was sent', async () => {
    const [own, file] = [ofPlugin(), newFile()]
    const { writer } = await own.write(file)
    await own.append(writer, 1, large(1))
    // somebody who was thought dead has sent other bytes
    const row = await rowOf(file.id)
    const object = { bucket, storageKey: String(row?.['storage_key']), mime: 'text/csv' }
    const late = { ...object, kmsKeyAlias: alias }
    await appending.append(late, String(row?.['upload_id']), 1, large(2))
    const broken = { kind: 'unavailable', code: 'file-broken' }
    await expect(own.finish(writer)).rejects.toMatchObject(broken)
    expect(await own.write(file)).toMatchObject({ parts: 0 })
    const next = await own.write(file)
    await own.append(next.writer, 1, large(3))
    expect(await own.finish(next.writer)).toMatchObject({ sha256: sha256(large(3)) })
    // and of a storage that puts together what nobody asked for
    const careless = ofPlugin('claims', seller, {
      complete: async (of, uploadId, parts) => {
        const etag = await appending.append(of, uploadId, 1, large(5)) ?? ''
        return await appending.complete(of, uploadId, parts.map((part) => ({ ...part, etag })))
      },
    })
    const fourth = await careless.write(newFile())
    await careless.append(fourth.writer, 1, large(4))
    await expect(careless.finish(fourth.writer)).rejects.toMatchObject(broken)
    // an upload that the bucket's own rule has ended
    const ended = newFile()
    const third = await own.write(ended)
    await own.append(third.writer, 1, large(1))
    const gone = await rowOf(ended.id)
    await appending.abort(
      { bucket, storageKey: String(gone?.['storage_key']) },
      String(gone?.['upload_id']),
    )
    await expect(own.append(third.writer, 2, large(1))).rejects.toMatchObject(broken)
    expect(await rowOf(ended.id)).toMatchObject({ state: 'PENDING', parts: 0, upload_id: null })
  })
})

describe('what is let go', () => {
  it('is removed by the sweep: removed files, those that nobody writes on, those past their days', async () => {
    await fresh.asSuperuser((admin) =>
      admin`update plugin_files set ends_at = null, written_at = now() - interval '1 year'`
    )
    await fresh.asSuperuser((admin) => admin`update storage_objects set kept_at = null`)
    await sweep(25)
    const own = ofPlugin()
    const [removed, left, kept, written] = [newFile(), newFile(), newFile(), newFile()]
    for (const file of [removed, left, kept, written]) {
      const { writer } = await own.write(file)
      await own.append(writer, 1, large(1))
      if (file === kept) await own.finish(writer)
    }
    await own.remove(removed.id)
    await own.remove(newId())
    await expect(own.write(removed)).rejects.toMatchObject({ code: 'not-found' })
    // one that still comes may take longer than a day
    await fresh.asSuperuser((admin) =>
      admin`update plugin_files set written_at = now() + interval '2 days' where id = ${written.id}`
    )
    expect(await sweep(7)).toBe(1)
    expect(await sweep(25)).toBe(1)
    expect(await sweep(6 * 24)).toBe(1)
    const states = async () =>
      await Promise.all([removed, left, kept, written].map(({ id }) => rowOf(id)))
    expect(await states()).toMatchObject([undefined, undefined, { state: 'STORED' }, undefined])
    expect(await sweep(8 * 24)).toBe(1)
    expect(await states()).toEqual([undefined, undefined, undefined, undefined])
  })
})
