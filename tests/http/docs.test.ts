/** The page needs nothing from outside, and every kind of answer carries its headers. */
import { describe, expect, it } from 'vitest'
import { makeWorld } from './fakes.ts'

const absolute = /(?:https?:)?\/\/[\w.-]+/

describe('the docs page', () => {
  it('comes with all it needs from its own origin, under a policy that allows nothing else', async () => {
    const world = await makeWorld()
    const page = await world.ask('/docs')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy.split('; ')).toEqual([
      "default-src 'self'",
      "img-src 'self' data:",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ])
    expect(policy).not.toContain('unsafe')

    const html = await page.text()
    expect(html).not.toMatch(absolute)
    // no inline script, no inline style, no handler: the policy would stop them
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/)
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses.length).toBe(4)
    for (const address of addresses) {
      expect(address).toMatch(/^\/docs\/assets\//)
      const asset = await world.ask(address ?? '')
      expect(asset.status, address).toBe(200)
      expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(100)
    }
    const start = await (await world.ask('/docs/assets/start.js')).text()
    expect(start).not.toMatch(absolute)
    expect(start).toContain('validatorUrl: null')
    const document = /url: '([^']*)'/.exec(start)?.[1] ?? ''
    expect((await world.ask(document)).status).toBe(200)
  })

  it('sends each file as what it is', async () => {
    const world = await makeWorld()
    const typeOf = async (file: string) =>
      (await world.ask(`/docs/assets/${file}`)).headers.get('content-type')
    expect(await typeOf('swagger-ui.css')).toBe('text/css; charset=utf-8')
    expect(await typeOf('swagger-ui-bundle.js')).toBe('text/javascript; charset=utf-8')
    expect(await typeOf('start.js')).toBe('text/javascript; charset=utf-8')
    expect(await typeOf('favicon-32x32.png')).toBe('image/png')
  })

  it('serves no other file', async () => {
    const world = await makeWorld()
    const others = [
      'package.json',
      'index.html',
      'swagger-ui-bundle.js.map',
      '..%2fpackage.json',
      '%2e%2e%2f%2e%2e%2fzod%2fpackage.json',
      'swagger-ui.css%00.js',
      '__proto__',
      'constructor',
    ]
    for (const file of others) {
      expect((await world.ask(`/docs/assets/${file}`)).status, file).toBe(404)
    }
  })

  it('is where the root leads to, and can be left out', async () => {
    const world = await makeWorld()
    const root = await world.ask('/')
    expect([root.status, root.headers.get('location')]).toEqual([302, '/docs'])
    const without = await makeWorld({ deps: { docs: false } })
    for (const path of ['/', '/docs', '/docs/assets/start.js']) {
      expect((await without.ask(path)).status, path).toBe(404)
    }
    expect((await without.ask('/openapi.json')).status).toBe(200)
  })
})

describe('every kind of answer', () => {
  it('carries the headers of its kind', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const pages = ['/', '/docs', '/docs/assets/start.js', '/openapi.json']
    const answers = [
      '/v1/orders',
      '/v1/me',
      '/v1/nothing',
      '/healthz',
      '/readyz',
      '/problems/internal',
    ]
    for (const path of [...pages, ...answers]) {
      const { headers } = await world.ask(path, { cookie })
      expect(headers.get('strict-transport-security'), path).toMatch(/^max-age=63072000/)
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('referrer-policy'), path).toBe('no-referrer')
      expect(headers.get('cross-origin-resource-policy'), path).toBe('same-origin')
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
      expect(headers.get('server'), path).toBeNull()
      expect(headers.get('x-powered-by'), path).toBeNull()
      if (pages.includes(path)) continue
      expect(headers.get('cache-control'), path).toBe('no-store')
      expect(headers.get('content-security-policy'), path)
        .toBe("default-src 'none'; frame-ancestors 'none'")
    }
  })

  it('is JSON with a charset, or nothing at all', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const page = await world.ask('/v1/orders', { cookie })
    expect(page.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const head = await world.ask('/v1/orders', { cookie, method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const gone = await world.ask('/v1/auth/logout', { cookie, method: 'POST' })
    expect(gone.headers.get('content-type')).toBeNull()
  })
})
