/** What a page of another site can make a browser send, cell by cell. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cookieName, refreshCookieName, staffCookieName } from '../../core/http/cookie.ts'
import type { Route as PluginRoute } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { contentTypes, isHeard, origins, safe, sites } from './cross-site-table.ts'
import { makeWorld, type World } from './fakes.ts'

const own = 'http://robnu.test'
const addressOf = { own, foreign: 'http://evil.test', null: 'null' } as const

/** One address that takes every method, and counts. */
const openProbe = async () => {
  const heard: string[] = []
  const probe = (method: PluginRoute['method']): PluginRoute => ({
    method,
    path: '/probe',
    permission: 'probe:use',
    summary: 'Counts',
    answer: z.object({ ok: z.boolean() }),
    handle: () => {
      heard.push(method)
      return Promise.resolve({ ok: true })
    },
  })
  const routes = (['get', 'post', 'put', 'patch', 'delete'] as const).map(probe)
  const world = await makeWorld({
    deps: {
      permissions: createPermissions([{ id: 'probe', permissions: { 'probe:use': ['OWNER'] } }]),
      plugins: [{ pluginId: 'probe', routes, contextOf: () => ({}) as never }],
    },
  })
  const { cookie } = await world.signedIn(world.addUser())
  return { world, cookie, heard }
}

const headersOf = (
  site: string | undefined,
  origin: keyof typeof addressOf | undefined,
  type: string | undefined,
): Record<string, string> => ({
  ...(site === undefined ? {} : { 'sec-fetch-site': site }),
  ...(origin === undefined ? {} : { origin: addressOf[origin] }),
  ...(type === undefined ? {} : { 'content-type': type }),
})

describe('the matrix', () => {
  it('is the table: in every cell, for every method, content type and cookie', async () => {
    const { world, cookie, heard } = await openProbe()
    const cookies = {
      none: undefined,
      access: cookie,
      refresh: `${refreshCookieName}=x`,
      staff: `${staffCookieName}=x`,
      all: `a=b; ${cookie}; ${refreshCookieName}=x; ${staffCookieName}=x`,
    }
    let cells = 0
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const [kind, cookie] of Object.entries(cookies)) {
        for (const site of sites) {
          for (const origin of origins) {
            for (const type of contentTypes) {
              const before = heard.length
              const response = await world.ask('/v1/probe', {
                method,
                headers: headersOf(site, origin, type),
                ...(cookie === undefined ? {} : { cookie }),
              })
              const isRefused = !safe.has(method) && kind !== 'none' && !isHeard(site, origin)
              const isSignedIn = kind === 'access' || kind === 'all'
              const expected = method === 'OPTIONS' ? 405 : isRefused ? 403 : isSignedIn ? 200 : 401
              const cell = `${method} ${kind} ${site} ${origin} ${type}`
              expect(response.status, cell).toBe(expected)
              expect(heard.length - before, cell).toBe(expected === 200 ? 1 : 0)
              expect(response.headers.get('access-control-allow-origin'), cell).toBeNull()
              if (expected === 403) {
                expect(await response.json(), cell).toMatchObject({ code: 'cross-site' })
              }
              cells++
            }
          }
        }
      }
    }
    expect(cells).toBe(7 * 5 * sites.length * origins.length * contentTypes.length)
  })

  it('holds for every route that changes something, whatever it is sent', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const changing = world.app.routes.filter(({ method }) => method !== 'get')
    expect(changing.length).toBeGreaterThanOrEqual(4)
    const cookies = [cookie, `${refreshCookieName}=x`, `${staffCookieName}=x`]
    for (const route of changing) {
      // a public one sets a cookie, and nobody shall be signed in or out unasked
      const carried = route.permission === 'public' ? [undefined, ...cookies] : cookies
      const path = route.path.replaceAll(/\{\w+\}/g, '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f')
      for (const one of carried) {
        for (const site of sites) {
          for (const origin of origins.filter((from) => !isHeard(site, from))) {
            for (const type of contentTypes) {
              const entries = world.entries.length
              const response = await world.ask(path, {
                method: route.method.toUpperCase(),
                headers: headersOf(site, origin, type),
                ...(one === undefined ? {} : { cookie: one }),
              })
              const cell = `${route.method} ${path} ${one?.split('=')[0]} ${site} ${origin} ${type}`
              expect([cell, response.status, (await response.json()).code]).toEqual([
                cell,
                403,
                'cross-site',
              ])
              expect(response.headers.getSetCookie(), cell).toEqual([])
              expect(world.entries.length, cell).toBe(entries)
            }
          }
        }
      }
    }
  })
})

describe('an origin', () => {
  const sync = '/v1/marketplace-accounts/01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f/sync'
  const statusOf = async (world: World, cookie: string, headers: Record<string, string>) =>
    (await world.ask(sync, { method: 'POST', cookie, headers })).status

  it('is ours to the letter', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    expect(await statusOf(world, cookie, { origin: own })).toBe(202)
    for (
      const origin of [
        'http://robnu.test:81',
        'https://robnu.test',
        'http://sub.robnu.test',
        'http://robnu.test.evil.test',
        'http://evil.test/http://robnu.test',
        'http://robnu.test@evil.test',
        'http://robnu.test/',
        'HTTP://ROBNU.TEST',
        'http://robnu.test, http://evil.test',
        'file://',
        'null',
        '',
      ]
    ) {
      expect(await statusOf(world, cookie, { origin }), origin).toBe(403)
    }
    for (const site of ['Same-Origin', 'same-origin, cross-site', 'SAME-ORIGIN', '', '?1']) {
      expect(await statusOf(world, cookie, { 'sec-fetch-site': site }), site).toBe(403)
    }
  })

  it('is the configured one behind a proxy', async () => {
    const world = await makeWorld({ deps: { origin: 'https://api.example.in' } })
    const { cookie } = await world.signedIn(world.addUser())
    expect(await statusOf(world, cookie, { origin: 'https://api.example.in' })).toBe(202)
    expect(await statusOf(world, cookie, { origin: own })).toBe(403)
  })
})

describe('a token that is brought by hand', () => {
  it('is no affair of browsers, unless a cookie comes with it', async () => {
    const { world, cookie } = await openProbe()
    const headers = {
      'authorization': `Bearer ${cookie.split('=')[1]}`,
      'sec-fetch-site': 'cross-site',
      'origin': 'http://tool.test',
    }
    expect((await world.ask('/v1/probe', { method: 'POST', headers })).status).toBe(200)
    for (const name of [cookieName, refreshCookieName, staffCookieName]) {
      const asked = { method: 'POST', headers, cookie: `${name}=x` }
      expect((await world.ask('/v1/probe', asked)).status, name).toBe(403)
    }
  })
})
