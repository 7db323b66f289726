/** Bodies that were made to hurt: each is refused, over real sockets too, and what follows is heard. */
import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { readJson } from '../../core/http/body.ts'
import { listen, type Listener } from '../../core/http/listen.ts'
import { makeWorld, type World } from './fakes.ts'
import { problemOf } from './problem.ts'
import { rawAnswer } from './raw.ts'

/** By `ROBNU_BOMBS`: `npm run proof -- bombs` takes more, and looks at the clock. */
const isProof = process.env['ROBNU_BOMBS'] !== undefined
const rounds = Number(process.env['ROBNU_BOMBS'] ?? 1)

let world: World
let cookie = ''
let server: Listener
beforeAll(async () => {
  world = await makeWorld()
  cookie = (await world.signedIn(world.addUser())).cookie
  server = await listen(world.app.fetch, { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close())
afterEach(() => void vi.useRealTimers())

const path = '/v1/marketplace-accounts'
const account = (details: string): string =>
  `{"marketplace":"BAZAAR","external_account_id":"x","name":"x","details":${details},` +
  '"credentials":{}}'
const send = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  to = path,
) =>
  world.app.fetch(
    new Request(`http://robnu.test${to}`, {
      method: 'POST',
      headers: {
        cookie,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
        ...headers,
      },
      body,
    }),
  )

const keys = Array.from({ length: 10_000 }, (_, n) => `"k${n}":${n}`).join(',')
const bombs: Readonly<Record<string, string>> = {
  'arrays in arrays': account('['.repeat(400_000) + ']'.repeat(400_000)),
  'objects in objects': account('{"a":'.repeat(150_000) + '1' + '}'.repeat(150_000)),
  'open arrays': account('['.repeat(900_000)),
  'many small things': account(`{"a":[${'{},'.repeat(300_000)}1]}`),
  'many small things in a row': `[${'1,'.repeat(400_000)}1]`,
  'a prototype': account('{"__proto__":{"isAdmin":true}}'),
  'a prototype by escape': account('{"__pr\\u006fto__":{"isAdmin":true}}'),
  'ten thousand unknown members': `{${keys}}`,
  'a number in place of text': `{"marketplace":${'9'.repeat(900_000)}}`,
  'an endless number': `{"marketplace":1e999999999}`,
  'a number that is none': '{"marketplace":-}',
  'text that never ends': `{"marketplace":"${'x'.repeat(1_000_000)}`,
  'escapes': `{"marketplace":"${'\\u0041'.repeat(150_000)}"}`,
  'half a pair': account('{"a":"\\ud800"}').replace('"x"', '"\\ud800"'),
  'a byte order mark': `\ufeff${account('{}')}`,
  'nothing but blanks': ' '.repeat(500_000),
  'many values': '1 '.repeat(400_000),
}

describe('a body', () => {
  it('that is deep, wide, long or double is refused, or is the same as a plain one', async () => {
    for (const [name, bomb] of Object.entries(bombs)) {
      const response = await send(bomb)
      if (response.status === 201) {
        // a mark that the decoder drops, and text that no JSON forbids
        expect(['a byte order mark', 'half a pair']).toContain(name)
      } else await problemOf(response, 'invalid-request')
    }
    // many members where any are taken are no harm
    expect((await send(account(`{${keys}}`))).status).toBe(201)
    expect(Object.getPrototypeOf({})).not.toHaveProperty('isAdmin')
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  it('has 32 levels and 50,000 values, and not one more', async () => {
    // the account is one level, and 13 values beside what its details hold
    const deep = (levels: number) => account('{"a":'.repeat(levels) + '1' + '}'.repeat(levels))
    const wide = (values: number) => account(`{"a":[${Array(values).fill('1').join(',')}]}`)
    expect((await send(deep(31))).status).toBe(201)
    await problemOf(await send(deep(32)), 'invalid-request')
    expect((await send(wide(49_990))).status).toBe(201)
    await problemOf(await send(wide(50_010)), 'invalid-request')
    // signs inside of text are text
    expect((await send(account(`{"a":"${'[{,'.repeat(60_000)}\\""}`))).status).toBe(201)
  })

  it('that is packed is refused before it is unpacked', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50_000_000, 0x20)))
    expect(bomb.byteLength).toBeLessThan(100_000)
    for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'identity', 'gzip, gzip', 'x']) {
      await problemOf(
        await send(bomb, { 'content-encoding': encoding }),
        'unsupported-media-type',
      )
    }
  })

  it('is too large at the same byte, however it is sent', async () => {
    const limits = [['/v1/auth/login', 64 * 1024], [path, 1024 * 1024]] as const
    for (const [to, limit] of limits) {
      for (const [bytes, code] of [[limit, 'invalid-request'], [limit + 1, 'payload-too-large']]) {
        const body = JSON.stringify({ a: 'x'.repeat(Number(bytes) - 8) })
        await problemOf(await send(body, {}, to), code as 'invalid-request')
        const stream = new Request('http://robnu.test', {
          method: 'POST',
          body: new Blob([body]).stream(),
          duplex: 'half',
        } as RequestInit)
        const streamed = readJson(
          new Request(stream, { headers: { 'content-type': 'application/json' } }),
          limit,
        )
        if (code === 'payload-too-large') await expect(streamed).rejects.toMatchObject({ code })
        else expect(await streamed).toHaveProperty('a')
      }
    }
  })

  it('that comes too slowly is given up after half a minute', async () => {
    vi.useFakeTimers()
    const trickle = (length: string | undefined) =>
      new Request('http://robnu.test', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(length === undefined ? {} : { 'content-length': length }),
        },
        // its first bytes, and nothing more
        body: new ReadableStream({
          start: (stream) => stream.enqueue(new TextEncoder().encode('{"a":')),
        }),
        duplex: 'half',
      } as RequestInit)
    for (const length of [undefined, '20']) {
      const read = readJson(trickle(length), 1_000)
      const outcome = read.then(() => 'read', ({ code }) => code)
      await vi.advanceTimersByTimeAsync(29_999)
      expect(await Promise.race([outcome, Promise.resolve('waits')])).toBe('waits')
      await vi.advanceTimersByTimeAsync(1)
      expect(await outcome).toBe('request-timeout')
    }
  })
})

it('every bomb is answered at once, and leaves no memory behind', async () => {
  const all: Readonly<Record<string, readonly [string | Uint8Array<ArrayBuffer>, string?]>> = {
    ...Object.fromEntries(Object.entries(bombs).map(([name, body]) => [name, [body] as const])),
    'packed': [new Uint8Array(gzipSync(Buffer.alloc(50_000_000, 0x20))), 'gzip'],
    'too large': [account(`"${'x'.repeat(3_000_000)}"`)],
  }
  // what the first of each costs is compiled once
  const slowest = new Map<string, number>()
  let heap = 0
  for (let round = 0; round <= rounds; round++) {
    for (const [name, [body, encoding]] of Object.entries(all)) {
      const before = process.memoryUsage().heapUsed
      const began = process.cpuUsage()
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: {
          cookie,
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
          ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
        },
        body,
      })
      await response.arrayBuffer()
      const { user, system } = process.cpuUsage(began)
      const ms = (user + system) / 1_000
      expect([201, 400, 413, 415], name).toContain(response.status)
      if (round > 0) slowest.set(name, Math.max(ms, slowest.get(name) ?? 0))
      heap = Math.max(heap, process.memoryUsage().heapUsed - before)
    }
  }
  const [[name, cpuMs] = ['', 0]] = [...slowest].toSorted(([, a], [, b]) => b - a)
  const heapMiB = Math.round(heap / 1024 / 1024)
  const figures = { rounds, bombs: slowest.size, slowest: name, cpuMs: Math.round(cpuMs), heapMiB }
  process.stdout.write(`Bombs: ${JSON.stringify(figures)}\n`)
  // client and server are both in this process; what else runs on the machine is not counted
  if (!isProof) return
  expect(cpuMs, name).toBeLessThan(100)
  expect(heapMiB).toBeLessThan(50)
}, 30_000 + rounds * 20_000)

describe('over the wire', () => {
  const head = (to: string, headers: string): string =>
    `POST ${to} HTTP/1.1\r\nHost: robnu.test\r\nConnection: close\r\nCookie: ${cookie}\r\n` +
    `Idempotency-Key: ${crypto.randomUUID()}\r\nContent-Type: application/json\r\n${headers}\r\n`
  /** 0: the server has said nothing, and waits or has hung up. */
  const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
  const body = account('{}')
  const chunks = (...parts: string[]): string =>
    parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')

  it('lengths that lie, and chunks that lie, never become a request of their own', async () => {
    const hidden = `GET /v1/orders HTTP/1.1\r\nHost: robnu.test\r\nCookie: ${cookie}\r\n\r\n`
    const { length } = body
    const cases: Readonly<Record<string, readonly [string, string, readonly number[]]>> = {
      'honest': [`Content-Length: ${length}\r\n`, body, [201]],
      'in chunks': ['Transfer-Encoding: chunked\r\n', `${chunks(body)}0\r\n\r\n`, [201]],
      'short': [`Content-Length: ${length - 9}\r\n`, body, [400]],
      'shorter, with a request behind': ['Content-Length: 2\r\n', `{}${hidden}`, [400]],
      'long': [`Content-Length: ${length + 50}\r\n`, body, [400, 408, 0]],
      'both': [
        `Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n`,
        `0\r\n\r\n${hidden}`,
        [400],
      ],
      'two lengths': [`Content-Length: ${length}\r\nContent-Length: 2\r\n`, body, [400]],
      'a length of words': ['Content-Length: many\r\n', body, [400]],
      'a length below nothing': ['Content-Length: -1\r\n', body, [400]],
      'a length beyond numbers': [`Content-Length: ${'9'.repeat(30)}\r\n`, body, [400, 413, 0]],
      'another coding': ['Transfer-Encoding: gzip, chunked\r\n', `${chunks(body)}0\r\n\r\n`, [
        ...[201, 400, 415, 501],
      ]],
      'chunks without an end': ['Transfer-Encoding: chunked\r\n', chunks(body), [400, 408, 0]],
      'chunks of no number': ['Transfer-Encoding: chunked\r\n', `zz\r\n${body}\r\n`, [400, 0]],
      'chunks beyond numbers': [
        'Transfer-Encoding: chunked\r\n',
        `ffffffffffffffffff\r\n${body}\r\n`,
        [400, 0],
      ],
    }
    for (const [name, [headers, sent, statuses]] of Object.entries(cases)) {
      const answer = await rawAnswer(server.port, head(path, headers) + sent)
      expect(statuses, `${name}: ${answer.slice(0, 80)}`).toContain(statusOf(answer))
      // whatever was hidden behind the body was not served to this connection as somebody
      expect(answer, name).not.toContain('"data"')
    }
  })

  it('more than the limit is refused, in chunks as well, and the server goes on', async () => {
    const part = 'x'.repeat(64 * 1024)
    for (const to of ['/v1/auth/login', path]) {
      const many = chunks(...Array<string>(to === path ? 20 : 3).fill(part))
      const answer = await rawAnswer(
        server.port,
        `${head(to, 'Transfer-Encoding: chunked\r\n')}${many}0\r\n\r\n`,
      )
      expect([413, 0], to).toContain(statusOf(answer))
      const told = await rawAnswer(server.port, head(to, 'Content-Length: 2000000\r\n'))
      expect(statusOf(told), to).toBe(413)
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('a body that nobody asked for is not waited for', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const status = await new Promise<number>((resolve) => {
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
        if (answer.includes('\r\n\r\n')) resolve(statusOf(answer))
      })
      socket.on('error', () => {})
      socket.write(
        'POST /v1/auth/logout HTTP/1.1\r\nHost: robnu.test\r\nContent-Length: 1000000\r\n\r\nx',
      )
    })
    socket.destroy()
    expect(status).toBe(204)
  })
})
