/** What changes while a token is still good: roles, sellers, people. */
import { describe, expect, it } from 'vitest'
import { fault } from '../../core/errors.ts'
import { cookieName } from '../../core/http/cookie.ts'
import { makeWorld } from './fakes.ts'

const cookieOf = (response: Response): string | undefined =>
  response.headers.getSetCookie()[0]?.split(';')[0]
const codeOf = async (response: Response): Promise<string> =>
  (await response.json() as { code: string }).code

describe('a change of role', () => {
  it('reaches the very next request, which is answered and brings a fresh cookie', async () => {
    const world = await makeWorld()
    const user = world.addUser('OWNER')
    const { cookie } = await world.signedIn(user)
    Object.assign(user, { role: 'VIEWER', version: 2 })
    const response = await world.ask('/v1/orders?include=customer', { cookie })
    expect(response.status).toBe(200)
    // masked: the old token still says OWNER
    expect(await response.text()).not.toContain('Rao')
    expect(world.reloads()).toBe(1)
    expect(world.entries.map(({ ref }) => ref.split('/')[1])).toEqual(['1.1', '2.1'])

    const fresh = cookieOf(response) ?? ''
    expect(fresh).not.toBe(cookie)
    expect((await world.ask('/v1/orders', { cookie: fresh })).headers.getSetCookie()).toEqual([])
    expect(world.reloads()).toBe(1)
  })

  it('takes away what the token still grants, before anything is done', async () => {
    const world = await makeWorld()
    const user = world.addUser('OWNER')
    const { cookie } = await world.signedIn(user)
    Object.assign(user, { role: 'VIEWER', version: 2 })
    const json = {
      marketplace: 'BAZAAR',
      external_account_id: 'x',
      name: 'x',
      details: {},
      credentials: {},
    }
    const response = await world.ask('/v1/marketplace-accounts', { cookie, json })
    expect(await codeOf(response)).toBe('forbidden')
    expect(cookieOf(response)).toBeDefined()
  })

  it('gives what the token does not grant yet', async () => {
    const world = await makeWorld()
    const user = world.addUser('VIEWER')
    const { cookie } = await world.signedIn(user)
    const sync = '/v1/marketplace-accounts/01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f/sync'
    expect(await codeOf(await world.ask(sync, { method: 'POST', cookie }))).toBe('forbidden')
    Object.assign(user, { role: 'OPERATOR', version: 2 })
    expect((await world.ask(sync, { method: 'POST', cookie })).status).toBe(202)
  })

  it('is not asked for twice: what changes again at once ends the session', async () => {
    const world = await makeWorld({
      services: {
        runs: {
          get: () => Promise.resolve(null),
          list: () => Promise.reject(fault('stale-authz')),
        },
      },
    })
    const { cookie } = await world.signedIn(world.addUser())
    expect(await codeOf(await world.ask('/v1/runs', { cookie }))).toBe('session-over')
    expect(world.reloads()).toBe(1)
  })

  it('suspends: reading goes on, writing does not', async () => {
    const world = await makeWorld()
    const user = world.addUser('OWNER')
    const { cookie } = await world.signedIn(user)
    Object.assign(user, { status: 'SUSPENDED', version: 2 })
    expect((await world.ask('/v1/orders', { cookie })).status).toBe(200)
    const sync = '/v1/marketplace-accounts/01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f/sync'
    const refused = await world.ask(sync, { method: 'POST', cookie })
    expect(await codeOf(refused)).toBe('seller-suspended')
    Object.assign(user, { status: 'ACTIVE', version: 3 })
    const again = await world.ask(sync, { method: 'POST', cookie: cookieOf(refused) ?? cookie })
    expect(again.status).toBe(202)
  })
})

describe('a removed user', () => {
  it('is out with the next request, on every route', async () => {
    const world = await makeWorld()
    const user = world.addUser()
    const { cookie } = await world.signedIn(user)
    user.isRemoved = true
    for (const route of world.app.routes) {
      if (/^(?:public$|staff:)/.test(route.permission) || route.method !== 'get') continue
      const path = route.path.replace('{id}', '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f')
      // what asks for nothing is refused before anybody is looked at
      const asked = path === '/v1/search' ? `${path}?q=AB-1` : path
      const response = await world.ask(asked, { cookie })
      expect(await codeOf(response), path).toBe('session-over')
      expect(cookieOf(response), path).toBe(`${cookieName}=`)
    }
  })
})
