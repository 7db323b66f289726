/** Rate limits as clients see them. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLimits, type Limits } from '../../core/auth/limits/limits.ts'
import { memoryStore } from '../../core/auth/limits/store.ts'
import { newId } from '../../core/ids.ts'
import { defaultPolicies, readPolicies } from '../../core/rate-limits.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { accountId } from './fake-services.ts'
import { makeWorld, startTime } from './fakes.ts'
import { problemOf } from './problem.ts'
import { parseList } from './structured-fields.ts'

const openLimited = async (text: string, more: Parameters<typeof makeWorld>[0] = {}) => {
  // the clock of the world is made with it
  const clock = { now: startTime }
  const limits: Limits = createLimits({
    policies: readPolicies(text) ?? defaultPolicies,
    store: memoryStore(() => clock.now),
    now: () => clock.now,
  })
  const world = await makeWorld({ ...more, services: { limits, ...more.services } })
  return { world, clock }
}
const fieldsOf = (response: Response) => ({
  policy: parseList(response.headers.get('ratelimit-policy') ?? ''),
  limit: parseList(response.headers.get('ratelimit') ?? ''),
})
const sync = `/v1/marketplace-accounts/${accountId}/sync`

describe('the headers', () => {
  it('are structured fields on every answer of a seller’s route, whatever the answer', async () => {
    const { world } = await openLimited('burst=600/60,write=120/60')
    const { cookie } = await world.signedIn(world.addUser('VIEWER'))
    const asked = [
      ['GET', '/v1/orders', 200],
      ['GET', '/v1/orders?limit=x', 400],
      ['GET', '/v1/orders/x', 404],
      ['HEAD', '/v1/orders', 200],
      ['POST', sync, 403],
      ['POST', '/v1/marketplace-accounts', 403],
    ] as const
    let left = 600
    let writes = 120
    for (const [method, path, status] of asked) {
      const response = await world.ask(path, { method, cookie })
      expect([path, response.status]).toEqual([path, status])
      left--
      const isWrite = method === 'POST'
      if (isWrite) writes--
      expect(fieldsOf(response)).toEqual({
        policy: [
          { value: 'burst', parameters: { q: 600, w: 60 } },
          ...(isWrite ? [{ value: 'write', parameters: { q: 120, w: 60 } }] : []),
        ],
        limit: [
          { value: 'burst', parameters: { r: left, t: 60 } },
          ...(isWrite ? [{ value: 'write', parameters: { r: writes, t: 60 } }] : []),
        ],
      })
    }
  })

  it('are on no answer that counts for nothing: health, documents, what is not there', async () => {
    const { world } = await openLimited('burst=1/60,write=1/60,address=1/60')
    const paths = world.app.routes.filter((route) => route.unlimited === true)
      .map(({ path }) => path.replaceAll(/\{\w+\}/g, 'x'))
    expect(paths.length).toBeGreaterThanOrEqual(8)
    for (let again = 0; again < 3; again++) {
      for (const path of [...paths, '/nowhere']) {
        const response = await world.ask(path)
        expect([200, 302, 404], path).toContain(response.status)
        expect(response.headers.has('ratelimit'), path).toBe(false)
      }
    }
  })
})

describe('over the limit', () => {
  it('the answer says so, and when to come back; then it is heard again', async () => {
    const { world, clock } = await openLimited('burst=5/60')
    const { cookie } = await world.signedIn(world.addUser())
    for (let n = 0; n < 5; n++) {
      expect((await world.ask('/v1/orders', { cookie })).status).toBe(200)
      clock.now += 1_000
    }
    const entries = world.entries.length
    const refused = await world.ask('/v1/orders', { cookie })
    await problemOf(refused, 'quota-exceeded')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('55')
    expect(fieldsOf(refused).limit).toEqual([{ value: 'burst', parameters: { r: 0, t: 55 } }])
    // nothing was asked of anybody
    expect(world.entries.length).toBe(entries)
    clock.now += 55_000
    expect((await world.ask('/v1/orders', { cookie })).status).toBe(200)
  })

  it('of writing, reading goes on', async () => {
    const { world } = await openLimited('burst=100/60,write=2/60')
    const { cookie } = await world.signedIn(world.addUser())
    const statusOf = async (method: string, path: string) =>
      (await world.ask(path, { method, cookie })).status
    expect(await statusOf('POST', sync)).toBe(202)
    expect(await statusOf('POST', sync)).toBe(202)
    expect(await statusOf('POST', sync)).toBe(429)
    expect(await statusOf('GET', '/v1/orders')).toBe(200)
  })

  it('one seller’s people are refused together, and nobody of another seller', async () => {
    const { world } = await openLimited('burst=6/60')
    const noisy = world.addUser()
    const [first, second] = [await world.signedIn(noisy), await world.signedIn(noisy)]
    const quiet = await world.signedIn(world.addUser())
    for (let n = 0; n < 300; n++) {
      const { status } = await world.ask('/v1/orders', { cookie: (n % 2 ? first : second).cookie })
      expect(status).toBe(n < 6 ? 200 : 429)
    }
    for (let n = 0; n < 6; n++) {
      expect((await world.ask('/v1/orders', { cookie: quiet.cookie })).status).toBe(200)
    }
  })

  it('a plugin’s routes are refused as well', async () => {
    const { world } = await openLimited('burst=2/60', {
      deps: {
        permissions: createPermissions([{ id: 'probe', permissions: { 'probe:use': ['OWNER'] } }]),
        plugins: [{
          pluginId: 'probe',
          routes: [{
            ...{ method: 'get', path: '/probe', permission: 'probe:use', summary: 'Answers' },
            answer: z.object({ ok: z.boolean() }),
            handle: () => Promise.resolve({ ok: true }),
          }],
          contextOf: () => ({}) as never,
        }],
      },
    })
    const { cookie } = await world.signedIn(world.addUser())
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await world.ask('/v1/probe', { cookie })).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})

describe('who is nobody', () => {
  const from = (
    world: Awaited<ReturnType<typeof makeWorld>>,
    ip: string,
    path: string,
    headers: Record<string, string> = {},
  ) => {
    const method = path.includes('/auth/') ? 'POST' : 'GET'
    const json = { 'content-type': 'application/json' }
    return world.app.fetch(
      new Request(`http://robnu.test${path}`, {
        method,
        headers: { ...(method === 'POST' ? json : {}), ...headers },
        ...(method === 'POST' ? { body: JSON.stringify({ email: newId(), password: 'x' }) } : {}),
      }),
      { ip },
    )
  }

  it('counts for the address, on public routes and where nobody is signed in', async () => {
    const { world } = await openLimited('address=4/60')
    const statuses: number[] = []
    for (const path of ['/v1/orders', '/v1/auth/login', '/v1/orders', '/v1/auth/login']) {
      statuses.push((await from(world, '192.0.2.9', path)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401])
    const refused = await from(world, '192.0.2.9', '/v1/orders')
    await problemOf(refused, 'quota-exceeded')
    expect((await from(world, '192.0.2.9', '/v1/auth/login')).status).toBe(429)
    expect((await from(world, '192.0.2.10', '/v1/orders')).status).toBe(401)
    // who is somebody is not held up by strangers of the same address
    const { cookie } = await world.signedIn(world.addUser())
    expect((await from(world, '192.0.2.9', '/v1/orders', { cookie })).status).toBe(200)
  })

  it('counts for the address that our own proxy has seen, and none that is made up', async () => {
    const { world } = await openLimited('address=2/60', { deps: { proxies: 1 } })
    const statusOf = async (forwarded: string) =>
      (await from(world, '10.0.0.1', '/v1/orders', { 'x-forwarded-for': forwarded })).status
    expect(await statusOf('198.51.100.1')).toBe(401)
    expect(await statusOf('203.0.113.5, 198.51.100.1')).toBe(401)
    expect(await statusOf('203.0.113.6,198.51.100.1:4711')).toBe(429)
    expect(await statusOf('198.51.100.1, 198.51.100.2')).toBe(401)
    const direct = await openLimited('address=2/60')
    for (const [n, status] of [401, 401, 429].entries()) {
      const headers = { 'x-forwarded-for': `198.51.100.${n}` }
      expect((await from(direct.world, '192.0.2.1', '/v1/orders', headers)).status).toBe(status)
    }
  })
})
