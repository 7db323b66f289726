/** What a guarded request does besides refusing: it is a fetch like any other, over kept connections. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { createGuardedFetch } from '../../core/guarded-fetch.ts'
import { makeCertificate } from '../support/certificate.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const shopOf = async (answer: Answer, names: readonly string[] = ['api.shop.in']) => {
  const { cert, key } = makeCertificate(...names)
  const server = createServer({ cert, key }, (request, response) => {
    request.resume().on('end', () => answer(request, response))
  })
  let connections = 0
  let lookups = 0
  server.on('secureConnection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let ms = 0
  const { fetch, close } = createGuardedFetch({
    ca: cert,
    isPublic: () => true,
    resolve: () => {
      lookups++
      return Promise.resolve(['127.0.0.1'])
    },
    now: () => ms,
  })
  onTestFinished(() => {
    close()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    ...{ fetch, server },
    url: (path = '/', name = 'api.shop.in') => `https://${name}:${port}${path}`,
    seen: () => ({ connections, lookups }),
    pass: (more: number) => void (ms += more),
  }
}

it('asks over one connection, and for the name only now and then', async () => {
  const shop = await shopOf((request, response) => response.end(request.url))
  for (let i = 0; i < 20; i++) {
    expect(await (await shop.fetch(shop.url(`/${i}`))).text()).toBe(`/${i}`)
  }
  expect(shop.seen()).toEqual({ connections: 1, lookups: 1 })
  shop.pass(5_001)
  await (await shop.fetch(shop.url())).text()
  expect(shop.seen()).toEqual({ connections: 1, lookups: 2 })
})

it('shares no connection between two names of one address', async () => {
  const shop = await shopOf(
    (request, response) => response.end(request.headers.host),
    ['api.shop.in', 'other.shop.in'],
  )
  for (const name of ['api.shop.in', 'other.shop.in', 'api.shop.in']) {
    expect(await (await shop.fetch(shop.url('/', name))).text()).toContain(name)
  }
  expect(shop.seen()).toEqual({ connections: 2, lookups: 2 })
  await expect(shop.fetch(shop.url('/', 'third.shop.in'))).rejects.toThrow('cannot be reached')
})

it('carries method, headers and body; says itself whom it asks, and in what it is packed', async () => {
  const shop = await shopOf((request, response) => {
    response.end(JSON.stringify({ ...request.headers, method: request.method }))
  })
  const headers = {
    ...{ 'x-key': 'ü', host: 'evil.in', 'accept-encoding': 'br', 'content-length': '1' },
  }
  const answer = await shop.fetch(shop.url('/a?b=c'), { method: 'PUT', headers, body: '{"नाम":1}' })
  expect(await answer.json()).toMatchObject({
    ...{ method: 'PUT', host: new URL(shop.url()).host, 'accept-encoding': 'gzip' },
    ...{ 'content-length': '15', 'user-agent': 'robnu' },
  })
})

it('unpacks what is packed', async () => {
  const shop = await shopOf((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000)))
  })
  const answer = await shop.fetch(shop.url())
  expect(await answer.text()).toBe('x'.repeat(100_000))
  expect(answer.headers.get('content-encoding')).toBe('gzip')
})

it('tells status and every header', async () => {
  const shop = await shopOf((_request, response) => {
    response.writeHead(429, { 'retry-after': '7', 'x-a': ['1', '2'] }).end('later')
  })
  const answer = await shop.fetch(shop.url())
  expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('x-a')])
    .toEqual([429, '7', '1, 2'])
  expect(await answer.text()).toBe('later')
})

it.each([204, 304])('an answer %i has no body', async (status) => {
  const shop = await shopOf((_request, response) => response.writeHead(status).end())
  const answer = await shop.fetch(shop.url())
  expect([answer.status, answer.body]).toEqual([status, null])
})

it('an answer that breaks off is an error, and not a short answer', async () => {
  const shop = await shopOf((_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half')
    setImmediate(() => response.destroy())
  })
  await expect(shop.fetch(shop.url()).then((answer) => answer.text())).rejects.toThrow()
})

it('asks again when a kept connection is over, but never for what changes something', async () => {
  let asked = 0
  const shop = await shopOf((request, response) => {
    asked++
    // every second request meets a connection that is closed at that moment
    if (asked % 2 === 0) request.socket.destroy()
    else response.end('here')
  })
  const post = () => shop.fetch(shop.url(), { method: 'POST', body: '{}' })
  await (await shop.fetch(shop.url())).text()
  expect(await (await shop.fetch(shop.url())).text()).toBe('here')
  expect(asked).toBe(3)
  await expect(post()).rejects.toThrow()
  expect(asked).toBe(4)
  expect(await (await post()).text()).toBe('here')
  await expect(post()).rejects.toThrow()
  expect(asked).toBe(6)
})

it('ends when it is called off: before, while asked, and while it reads', async () => {
  const shop = await shopOf((request, response) => {
    if (request.url === '/half') response.writeHead(200).write('half')
  })
  await expect(shop.fetch(shop.url(), { signal: AbortSignal.abort() })).rejects.toThrow()
  const off = new AbortController()
  const waiting = shop.fetch(shop.url('/silent'), { signal: off.signal })
  shop.server.once('request', () => off.abort())
  await expect(waiting).rejects.toThrow()
  const reading = new AbortController()
  const half = await shop.fetch(shop.url('/half'), { signal: reading.signal })
  reading.abort()
  await expect(half.text()).rejects.toThrow()
})

it('takes text alone for a body', async () => {
  const shop = await shopOf((_request, response) => response.end())
  await expect(shop.fetch(shop.url(), { method: 'POST', body: new Uint8Array(1) })).rejects.toThrow(
    'The body of a request is text',
  )
  expect(shop.seen().connections).toBe(0)
})
