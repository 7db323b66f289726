/**
 * What went wrong elsewhere with addresses and headers, against every guarded route of ours.
 * @see quality.md B2: failures of other people's servers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen, type Listener } from '../../core/http/listen.ts'
import { makeWorld, type World } from './fakes.ts'
import { problemOf } from './problem.ts'
import { rawAnswer } from './raw.ts'

let world: World
let cookie = ''
let server: Listener
beforeAll(async () => {
  world = await makeWorld()
  cookie = (await world.signedIn(world.addUser())).cookie
  server = await listen(world.app.fetch, { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close())

const guarded = () =>
  world.app.routes.filter(({ permission }) => permission !== 'public')
    .map(({ method, path }) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f'),
    }))

/** The same address in all the ways that fooled somebody's prefix. */
const disguises = (path: string): readonly string[] => {
  const rest = path.slice(1)
  const [top = '', ...parts] = rest.split('/')
  const below = parts.join('/')
  const encoded = [...rest].map((sign) =>
    /[a-z]/.test(sign) ? `%${sign.charCodeAt(0).toString(16)}` : sign
  ).join('')
  return [
    `//${rest}`,
    `/./${rest}`,
    `/%2e/${rest}`,
    `/%2E%2e/${rest}`,
    `/x/../${rest}`,
    `/x/%2e%2e/${rest}`,
    `/x/..%2f${rest}`,
    `/healthz/%2e%2e/${rest}`,
    `/docs/../${rest}`,
    `/docs/..%2f${rest}`,
    `/docs/assets/..%2f..%2f${rest}`,
    `/docs/assets/%2e%2e/%2e%2e/${rest}`,
    `/docs/assets/..%252f..%252f${rest}`,
    `/security/proofs/..%2f..%2f${rest}`,
    `/problems/%2e%2e/${rest}`,
    `/v1/auth/login/..%2f..%2f..%2f${rest}`,
    `/${top}%2f${below}`,
    `/${top}%2F${below.replaceAll('/', '%2F')}`,
    `/${top}%252f${below}`,
    `/${top}/%2e/${below}`,
    `/${top}/%252e/${below}`,
    `/${top}//${below}`,
    `/${top}\\${below}`,
    `/${top}%5c${below}`,
    `/${top}/./${below}/.`,
    `/${encoded}`,
    `/${encoded.replaceAll('%', '%25')}`,
    `${path}/`,
    `${path}//`,
    `${path}/.`,
    `${path}/%2e`,
    `${path}%2f`,
    `${path}%00`,
    `${path}%20`,
    `${path}%0d%0aset-cookie:%20a=b`,
    `${path};x=1`,
    `${path}.json`,
    `${path}#x`,
    `${path}%23x`,
    `${path}?`,
    `${path}%3fx=1`,
    path.toUpperCase(),
    `/%76%31${rest.slice(2)}`,
    `/v1%c0%af${below}`,
    `/v1/%e0%80%af${below}`,
    `/v1/%u002f${below}`,
    `/%ff${path}`,
  ]
}

describe('the guard', () => {
  it('is in front of every route, however its address is spelt', async () => {
    const routes = guarded()
    expect(routes.length).toBeGreaterThanOrEqual(9)
    let asked = 0
    for (const { method, path } of routes) {
      for (const disguise of disguises(path)) {
        const entries = world.entries.length
        const response = await world.ask(disguise, {
          method,
          headers: { 'content-type': 'application/json' },
        })
        const name = `${method} ${disguise}`
        expect([401, 404, 405], name).toContain(response.status)
        await problemOf(response)
        expect(response.headers.getSetCookie(), name).toEqual([])
        expect(world.entries.length, name).toBe(entries)
        asked++
      }
    }
    expect(asked).toBeGreaterThan(400)
  })

  it('is there for who comes over the wire, where nobody has tidied the address', async () => {
    for (const disguise of disguises('/v1/orders')) {
      const answer = await rawAnswer(
        server.port,
        `GET ${disguise} HTTP/1.1\r\nHost: robnu.test\r\nConnection: close\r\n\r\n`,
      )
      expect(answer, disguise).toMatch(/^HTTP\/1\.1 4(?:00|01|04|05) /)
      expect(answer, disguise).not.toMatch(/"data"|^set-cookie/im)
    }
  })

  it('judges by the route that answers: who may not call one may not by another spelling', async () => {
    const viewer = await world.signedIn(world.addUser('VIEWER'))
    for (const disguise of disguises('/v1/marketplace-accounts')) {
      const response = await world.ask(disguise, { json: {}, cookie: viewer.cookie })
      expect([403, 404, 405], disguise).toContain(response.status)
    }
  })
})

describe('an Authorization header', () => {
  const token = () => cookie.split('=')[1] ?? ''

  it('of any other form is no credential, and never an error', async () => {
    const good = { headers: { authorization: `Bearer ${token()}` } }
    expect((await world.ask('/v1/orders', good)).status).toBe(200)
    const wrong = [
      '',
      ' ',
      'Bearer',
      'Bearer ',
      'Bearer  ',
      `Bearer\t${token()}`,
      `Bearer ${token()}, Bearer ${token()}`,
      `Bearer ${token()} ${token()}`,
      `Basic ${token()}`,
      `Digest ${token()}`,
      `Token ${token()}`,
      token(),
      `Bearer="${token()}"`,
      `Bearer:${token()}`,
      'Bearer ..',
      'Bearer ...',
      'Bearer rk_',
      `Bearer rk_${'x'.repeat(10_000)}`,
      `Bearer ${'x'.repeat(100_000)}`,
      `Bearer ${'.'.repeat(10_000)}`,
      'Bearer %00',
      'Bearer \u00ff\u00fe',
      'Basic Og==',
      'Basic not base64',
      'Negotiate',
      'null',
      'undefined',
      '[object Object]',
    ]
    const bodies = new Set<string>()
    for (const authorization of wrong) {
      // also when a good cookie comes along: the header decides alone
      for (const more of [{}, { cookie }]) {
        const response = await world.ask('/v1/orders', { headers: { authorization }, ...more })
        const { instance: _instance, ...problem } = await problemOf(response, 'not-signed-in')
        bodies.add(JSON.stringify(problem))
      }
    }
    expect(bodies.size).toBe(1)
  })
})

describe('a Cookie header', () => {
  it('of an odd form is read as a browser writes it, or not at all', async () => {
    const value = cookie.split('=')[1] ?? ''
    const statusOf = async (header: string) =>
      (await world.ask('/v1/orders', { cookie: header })).status
    for (const header of [cookie, ` ${cookie} `, `a=b; ${cookie}`, `${cookie};`, `=;;${cookie}`]) {
      expect(await statusOf(header), header).toBe(200)
    }
    for (
      const header of [
        '__Host-robnu',
        '__Host-robnu=',
        `__host-robnu=${value}`,
        `x__Host-robnu=${value}`,
        `__Host-robnu="${value}"`,
        `__Host-robnu%3d${value}`,
        `__Host-robnu=;__Host-robnu=${value}`,
        `__Host-robnu=${value}x`,
        `__Host-robnu=${'x'.repeat(50_000)}`,
        ';;;;',
        '=',
      ]
    ) {
      expect(await statusOf(header), header).toBe(401)
    }
  })
})
