/** Real sockets, on whichever runtime runs the suite. */
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fetch, listen, type Listener } from '../../core/http/listen.ts'
import { makeWorld } from './fakes.ts'

const open: Listener[] = []
const start = async (fetch: Fetch, drainMs?: number): Promise<Listener> => {
  const listener = await listen(fetch, {
    host: '127.0.0.1',
    port: 0,
    ...(drainMs === undefined ? {} : { drainMs }),
  })
  open.push(listener)
  return listener
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()))
})

/** What the server writes back to these bytes, until it closes or has been quiet for a while. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('data', (chunk) => answer += chunk.toString())
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })

describe('listening', () => {
  it('serves the application at the address that it tells, and passes on who asks', async () => {
    const world = await makeWorld()
    const ips: string[] = []
    const { url, port } = await start((request, peer) => {
      ips.push(peer.ip)
      return world.app.fetch(request, peer)
    })
    expect(url).toBe(`http://127.0.0.1:${port}`)
    const user = world.addUser()
    const login = await fetch(`${url}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: user.email, password: user.password }),
    })
    expect(login.status).toBe(200)
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const orders = await fetch(`${url}/v1/orders?include=customer`, { headers: { cookie } })
    expect(orders.status).toBe(200)
    expect(await orders.json()).toHaveProperty('data.0.customer.name', 'Asha Rao')
    const gone = await fetch(`${url}/v1/auth/logout`, { method: 'POST', headers: { cookie } })
    expect([gone.status, await gone.text()]).toEqual([204, ''])
    expect(new Set(ips)).toEqual(new Set(['127.0.0.1']))
  })

  it('tells in one sentence that the port is in use', async () => {
    const { port } = await start(() => Promise.resolve(new Response('ok')))
    await expect(listen(() => Promise.resolve(new Response()), { host: '127.0.0.1', port })).rejects
      .toThrow(
        `Cannot listen on 127.0.0.1:${port}: the port is in use; end the other process or choose ` +
          'another port',
      )
    await expect(listen(() => Promise.resolve(new Response()), { host: '192.0.2.1', port: 0 }))
      .rejects.toThrow('Cannot listen on 192.0.2.1:0: this machine has no such address')
  })

  it('refuses a body that is too large in every way that it can be sent', async () => {
    const world = await makeWorld()
    const { url, port } = await start(world.app.fetch)
    const limit = 64 * 1024
    const big = JSON.stringify({ email: 'x'.repeat(limit), password: 'x' })
    const headers = { 'content-type': 'application/json' }
    const sized = await fetch(`${url}/v1/auth/login`, { method: 'POST', headers, body: big })
    expect(sized.status).toBe(413)
    expect(await sized.json()).toMatchObject({ code: 'payload-too-large' })

    const head = 'POST /v1/auth/login HTTP/1.1\r\nHost: robnu.test\r\nConnection: close\r\n' +
      'Content-Type: application/json\r\n'
    const chunk = `${(8192).toString(16)}\r\n${'x'.repeat(8192)}\r\n`
    const chunked = await raw(
      port,
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(9)}0\r\n\r\n`,
    )
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /)
    expect(chunked).toContain('payload-too-large')
    const small = '{"email":"a","password":"b"}'
    const fine = await raw(
      port,
      `${head}Transfer-Encoding: chunked\r\n\r\n${small.length.toString(16)}\r\n${small}\r\n` +
        '0\r\n\r\n',
    )
    expect(fine).toMatch(/^HTTP\/1\.1 401 /)
    // both lengths at once are an attempt to smuggle
    const both = await raw(
      port,
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    )
    expect(both).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(both).not.toContain(' 200 ')
  })

  it('answers malformed requests without a word of them, and goes on', async () => {
    const world = await makeWorld()
    const { url, port } = await start(world.app.fetch)
    const lines = [
      'GET /MARKER\\x HTTP/1.1\r\nHost: robnu.test\r\nConnection: close\r\n\r\n',
      'GET /v1/orders HTTP/1.1\r\nHost: MA RKER\r\nConnection: close\r\n\r\n',
      'GET /v1/orders HTTP/1.1\r\nHost: MARKER@x/y\r\nConnection: close\r\n\r\n',
      'GET http://[MARKER HTTP/1.1\r\nHost: robnu.test\r\nConnection: close\r\n\r\n',
      'MARKER MARKER MARKER\r\n\r\n',
    ]
    for (const line of lines) {
      const answer = await raw(port, line)
      expect(answer, line).not.toContain('MARKER')
      expect(answer, line).not.toMatch(/^HTTP\/1\.1 (?:2|5)\d\d/)
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })
})

describe('closing', () => {
  it('lets requests finish, and takes no new ones', async () => {
    let begun = () => {}
    const isUnderWay = new Promise<void>((resolve) => begun = resolve)
    let finish = () => {}
    const mayFinish = new Promise<void>((resolve) => finish = resolve)
    const { url, close } = await start(async () => {
      begun()
      await mayFinish
      return new Response('whole')
    })
    const asked = fetch(url).then((response) => response.text())
    await isUnderWay
    const closed = close()
    // a new connection is refused while the old request still runs
    await expect.poll(() => fetch(url).then(() => 'served', () => 'refused')).toBe('refused')
    finish()
    expect(await asked).toBe('whole')
    await closed
    // once more changes nothing
    await close()
  })

  it('does not wait for connections that rest', async () => {
    const { url, close } = await start(() => Promise.resolve(new Response('ok')), 60_000)
    await (await fetch(url)).text()
    await close()
  })

  it('ends what does not finish within the limit', async () => {
    let begun = () => {}
    const isUnderWay = new Promise<void>((resolve) => begun = resolve)
    const { url, close } = await start(() => {
      begun()
      return new Promise<Response>(() => {})
    }, 100)
    const asked = fetch(url).then(({ status }) => status, () => 'cut')
    await isUnderWay
    await close()
    expect(['cut', 503]).toContain(await asked)
  })
})
