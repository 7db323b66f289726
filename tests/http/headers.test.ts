/** What every kind of answer tells browsers and caches; and what no answer tells anybody. */
import { describe, expect, it } from 'vitest'
import { orderId } from './fake-services.ts'
import { makeWorld, type World } from './fakes.ts'

const always = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}
/** Nothing of it is a page, and nothing is kept. */
const api = {
  ...always,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}
const json = { ...api, 'content-type': 'application/json; charset=utf-8' }
const problem = { ...api, 'content-type': 'application/problem+json' }
const challenged = { ...problem, 'www-authenticate': 'Bearer realm="robnu"' }
/** Checked again before it is shown again. */
const revalidated = { ...always, 'cache-control': 'no-cache' }
const page = {
  ...revalidated,
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
}
const text = {
  ...revalidated,
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

/** By what is asked: the status, and all headers but the id of the request. */
const classes: readonly (readonly [string, number, Readonly<Record<string, string>>])[] = [
  ['GET /v1/orders', 200, json],
  [`GET /v1/orders/${orderId}?include=customer`, 200, json],
  [`HEAD /v1/orders/${orderId}`, 200, json],
  ['GET /v1/orders?limit=x', 400, problem],
  ['GET /v1/orders/x', 404, problem],
  ['anonymous GET /v1/orders', 401, challenged],
  ['POST /v1/auth/login', 400, problem],
  ['GET /healthz', 200, json],
  ['GET /readyz', 200, json],
  ['GET /problems/not-found', 200, json],
  ['GET /nowhere', 404, problem],
  ['DELETE /v1/orders', 405, { ...problem, allow: 'GET, HEAD' }],
  ['OPTIONS /v1/orders', 405, { ...problem, allow: 'GET, HEAD' }],
  ['GET /openapi.json', 200, { ...page, 'content-type': 'application/json; charset=utf-8' }],
  ['GET /docs', 200, { ...page, 'content-type': 'text/html; charset=utf-8' }],
  ['GET /docs/assets/start.js', 200, { ...page, 'content-type': 'text/javascript; charset=utf-8' }],
  ['GET /', 302, { ...page, location: '/docs' }],
  ['GET /security', 200, { ...text, 'content-type': 'text/html; charset=utf-8' }],
  ['GET /.well-known/security.txt', 200, { ...text, 'content-type': 'text/plain; charset=utf-8' }],
]

const openWorld = () => makeWorld({ deps: { securityContact: 'mailto:security@example.in' } })
const askFor = async (world: World, asked: string, headers: Record<string, string> = {}) => {
  const [path = '', method = '', who] = asked.split(' ').reverse()
  const { cookie } = await world.signedIn(world.addUser())
  const signed = who === undefined && path.startsWith('/v1/') ? { cookie } : {}
  return await world.ask(path, { method, headers, ...signed })
}
const headersOf = (response: Response) => {
  const { 'x-request-id': id, ...others } = Object.fromEntries(response.headers)
  return { id, others }
}

describe('every kind of answer', () => {
  it.each(classes)('%s is sent with its headers, and no others', async (asked, status, wanted) => {
    const response = await askFor(await openWorld(), asked)
    const { id, others } = headersOf(response)
    expect([asked, response.status, others]).toEqual([asked, status, wanted])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('of every route that is public is one of them', async () => {
    const world = await openWorld()
    const known = new Set(classes.map(([, , { 'content-security-policy': csp }]) => csp))
    const open = world.app.routes.filter(({ permission, method }) =>
      permission === 'public' && method === 'get'
    )
    expect(open.length).toBeGreaterThanOrEqual(9)
    for (const { path } of open) {
      const response = await world.ask(path.replaceAll(/\{\w+\}/g, 'x'))
      expect(known, path).toContain(response.headers.get('content-security-policy'))
      for (const [name, value] of Object.entries(always)) {
        expect(response.headers.get(name), path).toBe(value)
      }
    }
  })
})

describe('no answer', () => {
  const strange = {
    'origin': 'http://evil.test',
    'access-control-request-method': 'DELETE',
    'access-control-request-headers': 'authorization, x-evil',
    'access-control-request-private-network': 'true',
    'vary': 'evil',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'ftp',
    'forwarded': 'host=evil.test',
    'x-http-method-override': 'DELETE',
    'x-original-url': '/v1/orders',
    'accept': 'text/html',
    'accept-encoding': 'evil',
    'accept-language': 'evil',
  }

  it('depends on what it is asked with, where that is not its subject', async () => {
    const world = await openWorld()
    for (const [asked] of classes) {
      // a foreign page may not sign anybody in
      if (asked.startsWith('POST')) continue
      const plain = await askFor(world, asked)
      const odd = await askFor(world, asked, strange)
      expect([asked, odd.status, headersOf(odd).others])
        .toEqual([asked, plain.status, headersOf(plain).others])
    }
  })

  it('lets another origin read it, whatever the origin says of itself', async () => {
    const world = await openWorld()
    for (const origin of ['http://evil.test', 'null', 'http://robnu.test.evil.test', '*']) {
      for (const [asked] of classes) {
        const response = await askFor(world, asked, { origin })
        const granted = [...response.headers.keys()].filter((name) =>
          name.startsWith('access-control-') || name === 'vary' || name === 'timing-allow-origin'
        )
        expect([asked, origin, granted]).toEqual([asked, origin, []])
      }
    }
  })

  it('sets a cookie whose attributes come from the request', async () => {
    const world = await makeWorld()
    const user = world.addUser()
    const evil = 'x; SameSite=None; Domain=evil.test; Priority=High'
    const response = await world.ask(`/v1/auth/login?redirect=${encodeURIComponent(evil)}`, {
      json: { email: user.email, password: user.password },
      cookie: `__Host-robnu=${evil}`,
      headers: { 'x-forwarded-host': evil, 'user-agent': evil },
    })
    expect(response.status).toBe(200)
    const cookies = response.headers.getSetCookie()
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) {
      expect(cookie).toMatch(
        /^__Host-robnu(?:-\w+)?=[\w.-]*; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=(?:Lax|Strict)$/,
      )
      expect(cookie.length).toBeLessThan(4_096)
    }
  })
})
