/** Documents of a marketplace on their way into storage: what is taken, and what is not. */
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../core/db/database.ts'
import { fault } from '../../core/errors.ts'
import { createDownload } from '../../core/ledger/outbound-download.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import type { Files } from '../../core/storage/files.ts'
import { errorFrom, failureFrom, host, noon } from './support/outbound.ts'

const entry: Entry = { sellerId: 's', kind: 'work', ref: 'i/l' }
const address = `https://${host}/v3/label`

/** A bucket that keeps what it is given, up to a size. */
const download = (answer: () => Response, put?: Files['put']) => {
  const kept: { folder: string; mime: string; text: string }[] = []
  const store: Files['put'] = async (_entry, { folder, mime, body, maxBytes }) => {
    const chunks: Uint8Array[] = []
    let byteSize = 0
    for await (const chunk of body) {
      byteSize += chunk.length
      if (byteSize > maxBytes) throw fault('payload-too-large')
      chunks.push(chunk)
    }
    kept.push({ folder, mime, text: await new Blob(chunks as BlobPart[]).text() })
    const where = { id: 'o', bucket: 'b', storageKey: `${folder}/o.pdf` }
    return { ...where, mime, byteSize, sha256: 'ab', kmsKeyAlias: null, versionId: null }
  }
  const fetched = createDownload({
    marketplace: { id: 'bazaar', hosts: [host] },
    upstream: createUpstream(undefined, () => noon),
    fetch: () => Promise.resolve(answer()),
    signal: new AbortController().signal,
    files: { put: put ?? store },
    entry,
    folder: () => 'documents/s/a',
  })
  return { fetched, kept }
}
const pdf = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { 'content-type': 'application/pdf; v=1', ...headers } })

describe('a document', () => {
  it('is stored where it belongs, and told by its key', async () => {
    const { fetched, kept } = download(() => pdf('%PDF'))
    expect(await fetched(address)).toEqual({
      ...{ sha256: 'ab', byteSize: 4, mime: 'application/pdf' },
      storageKey: 'documents/s/a/o.pdf',
    })
    expect(kept).toEqual([{ folder: 'documents/s/a', mime: 'application/pdf', text: '%PDF' }])
  })

  it.each([
    ['of another type', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['of no type', () => new Response(new Uint8Array(4))],
    ['of more than 32 MiB', () => pdf(new Uint8Array(33 * 1024 * 1024))],
  ])('%s is a bad response', async (_what, answer) => {
    const { fetched, kept } = download(answer)
    expect(await failureFrom(fetched(address))).toMatchObject({ kind: 'bad-response' })
    expect(kept).toEqual([])
  })

  it.each([
    ['in part', () => pdf('%PDF', { 'content-length': '9' })],
    ['with nothing in it', () => pdf('')],
  ])('that comes %s is asked for again', async (_what, answer) => {
    const { fetched, kept } = download(answer)
    expect(await failureFrom(fetched(address))).toMatchObject({ kind: 'unavailable' })
    expect(kept).toEqual([])
  })

  it('that is not ready is what the plugin makes of the status', async () => {
    const { fetched } = download(() => Response.json({ error: 'NOT_READY' }, { status: 404 }))
    const explain = () => ({ kind: 'unavailable', message: 'Wait', code: 'not-ready' }) as const
    expect(await failureFrom(fetched(address, { explain }))).toMatchObject({ code: 'not-ready' })
  })

  it('comes from declared hosts alone', async () => {
    const { fetched } = download(() => pdf('%PDF'))
    expect(String(await errorFrom(fetched('https://elsewhere.example/label')))).toMatch(/declare/)
  })

  it('that cannot be stored is a fault of ours, not of the marketplace', async () => {
    const away: Files['put'] = () => Promise.reject(fault('storage-unavailable'))
    const { fetched } = download(() => pdf('%PDF'), away)
    expect(await errorFrom(fetched(address))).toMatchObject({ code: 'storage-unavailable' })
  })

  it('that came inside of an answer is stored like any other, and nothing is asked for it', async () => {
    const { fetched, kept } = download(() => {
      throw new Error('something was asked')
    })
    const mime = 'application/pdf'
    expect(await fetched(`data:${mime};base64,${btoa('%PDF-1.4 \u00ff')}`)).toMatchObject({
      ...{ byteSize: 10, mime, storageKey: 'documents/s/a/o.pdf' },
    })
    expect(kept.map((one) => [one.folder, one.mime])).toEqual([['documents/s/a', mime]])
  })

  it.each([
    'data:text/html;base64,PGI+',
    'data:application/pdf,%PDF',
    'data:application/pdf;base64,',
    'data:application/pdf;base64,*',
    'data:application/pdf;charset=x;base64,JVBERg==',
  ])('%s is none', async (url) => {
    const { fetched, kept } = download(() => pdf('%PDF'))
    expect(await failureFrom(fetched(url))).toMatchObject({ kind: 'bad-response' })
    expect(kept).toEqual([])
  })
})
