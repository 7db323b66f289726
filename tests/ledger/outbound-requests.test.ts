/** Where a plugin's requests may go, and what they look like when they get there. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createUpstream } from '../../core/ledger/upstream.ts'
import { failureOf, type HttpInit } from '../../core/plugin.ts'
import { address, errorFrom, failureFrom, host, outbound } from './support/outbound.ts'

const Any = z.unknown()

describe('a plugin cannot ask', () => {
  it.each([
    ['a host without encryption', `http://${host}/v3/orders`],
    ['a host that it does not declare', 'https://evil.example/v3/orders'],
    ['a host that begins with a declared one', `https://${host}.evil.example/`],
    ['a host that ends with a declared one', `https://x${host}/`],
    ['a subdomain of a declared host', `https://admin.${host}/`],
    ['the declared host with a dot behind', `https://${host}./`],
    ['another port of the declared host', `https://${host}:8443/`],
    ['the port of plain http', `https://${host}:80/`],
    ['with a user in the address', `https://someone@${host}/`],
    ['with a password in the address', `https://:secret@${host}/`],
    ['another host behind a user that looks like one', `https://${host}@evil.example/`],
    ['another scheme', `ftp://${host}/`],
    ['a file', 'file:///etc/hostname'],
    ['data', 'data:application/json,{}'],
    ['what is no address', '/v3/orders'],
  ])('%s', async (_what, url) => {
    const { http, sent } = outbound()
    const error = await errorFrom(http(Any, url))
    expect(error).toBeInstanceOf(Error)
    // a fault of the plugin, not something that the marketplace or the seller did
    // some addresses stand in answers: a wrong one is the marketplace's fault, as a wrong amount is
    expect(failureOf(error)?.kind).toBe('bad-response')
    expect(sent).toEqual([])
  })

  it('a declared host by name alone when the port is declared', async () => {
    const marketplace = { id: 'bazaar', hosts: [`${host}:8443`] }
    const { http, sent } = outbound(undefined, { marketplace })
    await errorFrom(http(Any, address))
    expect(sent).toEqual([])
    await http(Any, `https://${host}:8443/v3/orders`)
    expect(sent).toHaveLength(1)
  })
})

describe('a request', () => {
  it('reaches a declared host however it is spelt', async () => {
    const { http, sent } = outbound()
    await http(Any, `https://${host.toUpperCase()}:443/v3/orders`)
    expect(sent.map(({ url }) => url.href)).toEqual([address])
  })

  it('does not follow a redirect', async () => {
    let asked = 0
    const elsewhere = await listen((_path, respond) => {
      asked += 1
      respond(200, {})
    })
    const first = await listen((_path, respond) => respond(302, { location: `${elsewhere}/x` }))
    const { http } = outbound(undefined, {
      fetch,
      upstream: createUpstream({ url: first }, Date.now),
    })
    await failureFrom(http(Any, address))
    expect(asked).toBe(0)
  })

  it('carries its query: lists by commas, nothing for what is undefined', async () => {
    const { http, sent } = outbound()
    const query = { ids: ['a', 'b c'], limit: 50, since: undefined, q: 'x&y' }
    await http(Any, `${address}?kept=1`, { query })
    expect(sent[0]?.url.search).toBe('?kept=1&ids=a%2Cb+c&limit=50&q=x%26y')
    expect(sent[0]?.init).toMatchObject({ method: 'GET', redirect: 'error' })
    expect(sent[0]?.init.body).toBeUndefined()
  })

  it('carries JSON or a form, and says which', async () => {
    const { http, sent } = outbound()
    await http(Any, address, { method: 'POST', json: { a: [1, null] } })
    await http(Any, address, { method: 'PUT', form: { key: 'a b', other: '&' } })
    expect(sent.map(({ init, headers }) => [
      ...[init.method, headers.get('content-type'), init.body],
    ])).toEqual([
      ['POST', 'application/json', '{"a":[1,null]}'],
      ['PUT', 'application/x-www-form-urlencoded', 'key=a+b&other=%26'],
    ])
  })

  it('carries the headers of the plugin', async () => {
    const { http, sent } = outbound()
    await http(Any, address, { headers: { authorization: 'Key k', accept: 'text/json' } })
    expect(sent[0]?.headers.get('authorization')).toBe('Key k')
    expect(sent[0]?.headers.get('accept')).toBe('text/json')
  })
})

describe('a plugin in plain JavaScript cannot', () => {
  it.each([
    ...['Host', 'Connection', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade'],
    ...['Expect', 'Content-Length', 'Accept-Encoding', 'Proxy-Authorization', 'a b', 'a\r\nb', ''],
  ])('set the header %j', async (name) => {
    const { http, sent } = outbound()
    const error = await errorFrom(http(Any, address, { headers: { [name]: 'evil.example' } }))
    expect(error).toMatchObject({ message: expect.stringContaining('cannot set') })
    expect(sent).toEqual([])
  })

  it.each(['a\r\nhost: evil.example', 'a\nb', 'a\0b', 'क'])(
    'put %j into a header, and no error tells the value',
    async (value) => {
      const { http, sent } = outbound()
      const error = await errorFrom(http(Any, address, { headers: { 'x-key': `secret${value}` } }))
      expect(String(error)).toContain('"x-key"')
      expect(String(error)).not.toContain('secret')
      expect(sent).toEqual([])
    },
  )

  it.each(['CONNECT', 'TRACE', 'HEAD', 'get', 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', 7])(
    'ask by the method %j',
    async (method) => {
      const { http, sent } = outbound()
      const init = { method } as unknown as HttpInit
      expect(String(await errorFrom(http(Any, address, init)))).toContain('The method of a request')
      expect(sent).toEqual([])
    },
  )

  it('send a header twice by another spelling', async () => {
    const { http, sent } = outbound()
    await http(Any, address, {
      json: {},
      method: 'POST',
      headers: { Accept: 'a', 'Content-TYPE': 'b' },
    })
    expect(sent[0]?.init.headers).toEqual({ accept: 'a', 'content-type': 'application/json' })
  })
})

describe('a replaced upstream', () => {
  const replaced = () =>
    outbound(undefined, {
      upstream: createUpstream({ url: 'http://127.0.0.1:4010' }, Date.now),
    })

  it('is asked with the path and the query, and told the host that was meant', async () => {
    const { http, sent } = replaced()
    await http(Any, `${address}/a%2Fb/ü`, { query: { at: '2026-01-01T00:00:00+05:30' } })
    expect(sent[0]?.url.href).toBe(
      'http://127.0.0.1:4010/v3/orders/a%2Fb/%C3%BC?at=2026-01-01T00%3A00%3A00%2B05%3A30',
    )
    expect(sent[0]?.headers.get('x-robnu-upstream-host')).toBe(host)
  })

  it('cannot be told another host by the plugin', async () => {
    const { http, sent } = replaced()
    await http(Any, address, { headers: { 'x-robnu-upstream-host': 'evil.example' } })
    expect(sent[0]?.headers.get('x-robnu-upstream-host')).toBe(host)
  })

  it('is not asked for a host that is not declared', async () => {
    const { http, sent } = replaced()
    await errorFrom(http(Any, 'https://evil.example/'))
    expect(sent).toEqual([])
  })

  it('is not named to the real one', async () => {
    const { http, sent } = outbound()
    await http(Any, address)
    expect([...sent[0]?.headers.keys() ?? []]).toEqual(['accept'])
  })
})

type Respond = (status: number, headers: Readonly<Record<string, string>>) => void

const listen = async (handle: (path: string, respond: Respond) => void): Promise<string> => {
  const server = createServer((incoming, outgoing) => {
    handle(incoming.url ?? '', (status, headers) => outgoing.writeHead(status, headers).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
