/** Files of rows that a marketplace gives to a sync: what is read of them, and what is a failure. */
import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../core/db/database.ts'
import { fault } from '../../core/errors.ts'
import { createTable } from '../../core/ledger/outbound-table.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import type { Files } from '../../core/storage/files.ts'
import { workbookOf, zipOf } from '../../core/testing/sandbox/xlsx.ts'
import { memoryFiles } from '../../scripts/conformance/memory-files.ts'
import { errorFrom, failureFrom, host, noon } from './support/outbound.ts'

const entry: Entry = { sellerId: 's', kind: 'work', ref: 'i/l' }
const address = `https://${host}/v3/report`
const ask = { signature: ['Settlement Id', 'Amount'] }
const text = (lines: readonly string[]) => new TextEncoder().encode(lines.join('\n'))
const settled = text([
  'A report of Bazaar',
  'Settlement  Id\tAmount\tnote',
  'S1\t12.50\t',
  '\t\t',
  'settlement id\tamount\tNote',
  'S2\t-3\ttwo',
  'S1\t1\t',
])

const table = (answer: () => Response, changes: Partial<Files> = {}) => {
  const memory = memoryFiles()
  const folders: string[] = []
  const put: Files['put'] = (at, file) => {
    folders.push(file.folder)
    return memory.put(at, file)
  }
  const read = createTable({
    marketplace: { id: 'bazaar', hosts: [host] },
    upstream: createUpstream(undefined, () => noon),
    fetch: () => Promise.resolve(answer()),
    signal: new AbortController().signal,
    files: { ...memory, put, ...changes },
    entry,
    folder: 'documents/s/a/reports',
  })
  return { read, folders }
}
const of = (bytes: Uint8Array, headers: Record<string, string> = {}) => () =>
  new Response(bytes as BodyInit, { headers })

const linesOf = async (found: Awaited<ReturnType<ReturnType<typeof table>['read']>>) => {
  const lines: (readonly [number, ...string[]])[] = []
  for await (const { line, cells } of found?.records ?? []) lines.push([line, ...cells])
  return { columns: found?.columns, lines }
}
const whole = {
  columns: ['Settlement Id', 'Amount', 'note'],
  lines: [[3, 'S1', '12.50', ''], [6, 'S2', '-3', 'two'], [7, 'S1', '1', '']],
}

describe('a file of rows', () => {
  it.each([
    ['plain', settled],
    ['packed by gzip', gzipSync(settled)],
    ['in a zip file', zipOf([{ name: 'report.txt', bytes: settled }])],
  ])('%s is the table below its headings, by way of the storage', async (_how, bytes) => {
    const { read, folders } = table(of(bytes))
    expect(await linesOf(await read(address, ask))).toEqual(whole)
    expect(folders).toEqual(['documents/s/a/reports'])
  })

  it('is one sheet of a workbook, where the adapter names it', async () => {
    const rows = [['Settlement Id', 'Amount'], ['S1', { number: '0.1' }]]
    const file = workbookOf([{ name: 'Ads', rows }, { name: 'Payments', rows }])
    const { read } = table(of(file))
    const found = await read(address, { ...ask, sheet: 'payments' })
    expect((await linesOf(found)).lines).toEqual([[2, 'S1', '0.1']])
    expect(await failureFrom(read(address, ask))).toMatchObject({ kind: 'bad-response' })
  })

  it('hands over the lines of one row together', async () => {
    const { read } = table(of(settled))
    const { lines } = await linesOf(await read(address, { ...ask, groupBy: ['Settlement Id'] }))
    expect(lines.map(([line]) => line)).toEqual([6, 3, 7])
  })

  it.each([
    ['other headings', of(text(['a,b', '1,2']))],
    ['nothing, and says so', of(new Uint8Array(), { 'content-length': '0' })],
  ])('with %s is none', async (_what, answer) => {
    expect(await table(answer).read(address, ask)).toBeNull()
  })

  it.each([
    ['a page for people', text(['<!doctype html><p>Sign in'])],
    ['a damaged packing', gzipSync(settled).subarray(0, 40)],
    ['half of a zip file', zipOf([{ name: 'a.csv', bytes: settled }]).subarray(0, 60)],
  ])('that is %s is a bad response', async (_what, bytes) => {
    const { read } = table(of(bytes))
    const failed = await failureFrom(read(address, ask).then(linesOf))
    expect(failed).toMatchObject({ kind: 'bad-response' })
    expect(failed?.message).toMatch(/^The file of the marketplace cannot be read: /)
  })

  it.each([
    ['in part', of(settled, { 'content-length': '1000' })],
    ['with nothing in it', of(new Uint8Array())],
  ])('that comes %s is asked for again', async (_what, answer) => {
    const { read, folders } = table(answer)
    expect(await failureFrom(read(address, ask))).toMatchObject({ kind: 'unavailable' })
    expect(folders).toHaveLength(1)
  })

  it('that is damaged far behind its headings is found there, and no line is made up', async () => {
    const many = text([
      'Settlement Id,Amount',
      ...Array.from({ length: 9000 }, (_, at) => `S${at},${Math.sin(at)}`),
    ])
    const packed = gzipSync(many)
    const found = await table(of(packed.subarray(0, packed.length - 20))).read(address, ask)
    let last = 0
    const failed = await failureFrom((async () => {
      for await (const { line, cells } of found?.records ?? []) {
        expect(cells[0]).toBe(`S${line - 2}`)
        last = line
      }
    })())
    expect(failed).toMatchObject({ kind: 'bad-response' })
    expect(last).toBeGreaterThan(1000)
  })

  it('is read only where its digest is the one that the adapter knows', async () => {
    const known = hash('sha256', settled).toUpperCase()
    const { read } = table(of(settled))
    expect(await linesOf(await read(address, { ...ask, sha256: known }))).toEqual(whole)
    const other = read(address, { ...ask, sha256: hash('sha256', 'another') })
    expect(await failureFrom(other))
      .toMatchObject({ kind: 'bad-response', code: 'digest-differs' })
  })

  it('that is too large is a bad response, and a storage that is away is no fault of it', async () => {
    const large = table(of(settled), { put: () => Promise.reject(fault('payload-too-large')) })
    expect(await failureFrom(large.read(address, ask))).toMatchObject({ kind: 'bad-response' })
    const away = table(of(settled), { put: () => Promise.reject(fault('storage-unavailable')) })
    expect(await errorFrom(away.read(address, ask))).toMatchObject({ code: 'storage-unavailable' })
  })

  it('that is not ready is what the plugin makes of the status', async () => {
    const { read } = table(() => Response.json({ error: 'NOT_READY' }, { status: 404 }))
    const explain = () => ({ kind: 'unavailable', message: 'Wait', code: 'not-ready' }) as const
    expect(await failureFrom(read(address, ask, { explain }))).toMatchObject({ code: 'not-ready' })
  })

  it('comes from declared hosts alone', async () => {
    const { read } = table(of(settled))
    expect(String(await errorFrom(read('https://elsewhere.example/x', ask)))).toMatch(/declare/)
  })
})
