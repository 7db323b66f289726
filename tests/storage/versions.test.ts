/** A bucket with versions, as it is on AWS: what is removed is removed with all of them. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFiles, type Files } from '../../core/storage/files.ts'
import * as keys from '../../core/storage/keys.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

interface Version {
  readonly key: string
  readonly id: string
  /** Null: a mark that something was deleted. */
  readonly body: Uint8Array | null
}
const bucket = 'robnu-test-versions'
let versions: Version[] = []
let serial = 0
/** Bytes that the storage has lost on the way. */
let lost = 0
let server: Server
let fresh: FreshDatabase
let files: Files
let seller: TestSeller

const xml = (text: string): string => `<?xml version="1.0" encoding="UTF-8"?>${text}`
/** What of S3 a bucket with versions needs here. */
const answerOf = (method: string, url: URL, body: Uint8Array) => {
  const key = decodeURIComponent(url.pathname).slice(`/${bucket}/`.length)
  const asked = url.searchParams
  const newest = versions.findLast((one) => one.key === key)
  if (method === 'PUT') {
    const id = `v${++serial}`
    versions.push({ key, id, body })
    return { status: 200, headers: { 'x-amz-version-id': id, etag: '"e"' } }
  }
  if (method === 'HEAD') {
    if (!newest?.body) return { status: 404 }
    const encryption = { 'x-amz-server-side-encryption': 'aws:kms' }
    return {
      status: 200,
      headers: {
        ...{ 'x-amz-version-id': newest.id, 'content-length': String(newest.body.length - lost) },
        ...encryption,
      },
    }
  }
  if (method === 'DELETE') {
    const id = `v${++serial}`
    versions.push({ key, id, body: null })
    return { status: 204, headers: { 'x-amz-version-id': id, 'x-amz-delete-marker': 'true' } }
  }
  if (method === 'GET' && asked.has('versions')) {
    const prefix = asked.get('prefix') ?? ''
    const found = versions.filter((one) => one.key.startsWith(prefix)).slice(0, 2)
    const all = versions.filter((one) => one.key.startsWith(prefix)).length
    const entries = found.map(({ key, id, body }) => {
      const name = body ? 'Version' : 'DeleteMarker'
      return `<${name}><Key>${key}</Key><VersionId>${id}</VersionId></${name}>`
    })
    const cut = `<IsTruncated>${all > found.length}</IsTruncated>`
    return {
      status: 200,
      text: xml(`<ListVersionsResult>${cut}${entries.join('')}</ListVersionsResult>`),
    }
  }
  if (method === 'GET') {
    const rooms = new Set(versions.map((one) => `${one.key.split('/')[0]}/`))
    const prefixes = [...rooms].map((room) =>
      `<CommonPrefixes><Prefix>${room}</Prefix></CommonPrefixes>`
    )
    return { status: 200, text: xml(`<ListBucketResult>${prefixes.join('')}</ListBucketResult>`) }
  }
  for (
    const [, one, id] of new TextDecoder().decode(body)
      .matchAll(/<Key>([^<]+)<\/Key><VersionId>([^<]+)<\/VersionId>/g)
  ) {
    versions = versions.filter((version) => version.key !== one || version.id !== id)
  }
  return { status: 200, text: xml('<DeleteResult></DeleteResult>') }
}

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
    const told = Number(request.headers['x-amz-decoded-content-length'] ?? body.length)
    const url = new URL(request.url ?? '/', 'http://localhost')
    const answer = answerOf(
      request.method ?? '',
      url,
      body.subarray(0, Math.max(told, body.length)),
    )
    // the length of what was meant, for a body in chunks
    const headers: Record<string, string> = { ...answer.headers }
    if (request.method === 'PUT') {
      const last = versions.at(-1)
      if (last) versions[versions.length - 1] = { ...last, body: new Uint8Array(told) }
    }
    response.writeHead(answer.status, headers)
    response.end('text' in answer ? answer.text : undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fresh = await freshDatabase()
  seller = await makeSeller(fresh.db)
  const { port } = server.address() as AddressInfo
  files = createFiles({
    ...{ db: fresh.db, bucket, region: 'ap-south-1', endpoint: `http://127.0.0.1:${port}` },
    ...{ aliasOf: () => 'alias/test', ensureKey: () => Promise.resolve() },
  })
})
afterAll(async () => {
  files?.close()
  await fresh?.close()
  server?.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  vi.unstubAllEnvs()
})
beforeEach(() => {
  versions = []
})

const put = (name: string) =>
  files.put(seller.entry, {
    ...{ folder: `documents/${seller.sellerId}/a`, name, mime: 'application/pdf', maxBytes: 99 },
    body: (async function* () {
      yield await new Uint8Array(10)
    })(),
  })

describe('in a bucket with versions', () => {
  it('an object tells its version, and goes with all of them and their marks', async () => {
    const object = await put('slip.pdf')
    expect(object.versionId).toMatch(/^v\d+$/)
    const [first] = versions
    if (!first) throw new Error('Nothing was put')
    // sent twice, since the answer was lost; and one that only begins alike
    versions.push({ ...first, id: 'twice' }, { ...first, id: 'other', key: `${first.key}.copy` })
    await files.remove(object)
    expect(versions.map(({ id }) => id)).toEqual(['other'])
    await files.remove(object)
    expect(versions.filter(({ body }) => body).map(({ id }) => id)).toEqual(['other'])
  })

  it('an object that is there in part is not stored', async () => {
    lost = 1
    await expect(put('half.pdf')).rejects.toMatchObject({ code: 'storage-unavailable' })
    lost = 0
    const states = await fresh.asSuperuser((admin) =>
      admin`select state from storage_objects where storage_key like '%/half.pdf'`
    )
    expect(states.map(({ state }) => state)).toEqual(['PENDING'])
  })

  it('all that a seller has goes, whatever room it lies in, and nobody else’s', async () => {
    const { sellerId } = seller
    const body = new Uint8Array(1)
    for (const room of ['documents', 'raw-payloads', 'exports', 'a-plugin']) {
      for (const id of ['1', '2', '3']) versions.push({ key: `${room}/${sellerId}/x`, id, body })
      versions.push({ key: `${room}/another/${sellerId}`, id: 'other', body })
    }
    versions.push({ key: `exports/${sellerId}/y`, id: 'mark', body: null })
    let removed = 0
    for (let more = 1; more > 0;) {
      more = await files.removeSome(sellerId)
      removed += more
    }
    expect(removed).toBe(13)
    expect(versions.map(({ id }) => id)).toEqual(['other', 'other', 'other', 'other'])
  })
})

describe('the keys of objects', () => {
  it('are those of the layout, each below its seller', () => {
    const sellerId = 's'
    const ofOrder = { sellerId, accountId: 'a', orderId: 'o' }
    const hour = { sellerId, marketplaceCode: 'BAZAAR', hour: new Date('2026-01-31T23:59:59Z') }
    expect({
      order: keys.orderFolder(ofOrder, 'PACKING_SLIP'),
      shipment: keys.shipmentFolder({ sellerId, accountId: 'a', shipmentId: 'p' }),
      raw: keys.rawPayloadKey(hour, 1),
      late: keys.rawPayloadKey(hour, 2),
      part: keys.rawPartKey(hour, 'id'),
      export: keys.exportKey({ sellerId, date: '2026-02-01', exportId: 'e' }),
      extraction: keys.extractionKey({ sellerId, extractionId: 'x' }),
    }).toEqual({
      order: 'documents/s/a/orders/o/packing-slip',
      shipment: 'documents/s/a/shipments/p',
      raw: 'raw-payloads/s/BAZAAR/2026-01-31/23.jsonl.gz',
      late: 'raw-payloads/s/BAZAAR/2026-01-31/23-2.jsonl.gz',
      part: 'raw-payloads/s/BAZAAR/2026-01-31/23/id.jsonl.gz',
      export: 'exports/s/2026-02-01/e.csv',
      extraction: 'ai-extractions/s/x/source.pdf',
    })
  })
})
