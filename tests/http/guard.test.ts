/** Every route by every role: the matrix is made from the route table, its cells from rbac's. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkRoutes, type Route, route } from '../../core/http/route.ts'
import type { Role } from '../../core/plugin.ts'
import { createPermissions, may, roles } from '../../core/rbac/permissions.ts'
import { accountId, orderId, runId } from './fake-services.ts'
import { makeWorld, type World } from './fakes.ts'

const permissions = createPermissions()

/** The outcome of a sound request. */
const call = async (world: World, one: Route, cookie: string | undefined): Promise<string> => {
  const ids: Readonly<Record<string, string>> = { orders: orderId, runs: runId }
  const id = ids[one.path.split('/')[2] ?? ''] ?? accountId
  const response = await world.ask(one.path.replace('{id}', id), {
    method: one.method.toUpperCase(),
    ...(cookie === undefined ? {} : { cookie }),
    ...(one.body === undefined ? {} : { json: one.examples?.body }),
  })
  if (response.status < 400) return 'passes'
  return (await response.json() as { code: string }).code
}
const closed = (world: World): readonly Route[] =>
  world.app.routes.filter(({ permission }) => permission !== 'public')

describe('the matrix', () => {
  it('holds for every route and role, of active and of suspended sellers', async () => {
    const world = await makeWorld()
    expect(closed(world).length).toBeGreaterThanOrEqual(9)
    for (const one of closed(world)) {
      for (const role of roles) {
        for (const status of ['ACTIVE', 'SUSPENDED'] as const) {
          const { cookie } = await world.signedIn(world.addUser(role, status))
          const before = world.entries.length
          const outcome = await call(world, one, cookie)
          const cell = `${one.method} ${one.path} ${role} ${status}`
          if (!may(permissions, role, one.permission)) expect(outcome, cell).toBe('forbidden')
          else if (status === 'SUSPENDED' && one.method !== 'get') {
            expect(outcome, cell).toBe('seller-suspended')
          } else expect(['passes', 'marketplace-unknown'], cell).toContain(outcome)
          // whoever is refused never reaches a scope
          if (outcome === 'forbidden' || outcome === 'seller-suspended') {
            expect(world.entries.length, cell).toBe(before)
          }
        }
      }
      expect(await call(world, one, undefined), one.path).toBe('not-signed-in')
    }
  })

  it('is asked before the input: who may not call learns nothing of how to', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser('VIEWER'))
    const path = '/v1/marketplace-accounts'
    const refused = await world.ask(path, { cookie, json: { wrong: true } })
    expect(refused.status).toBe(403)
    expect((await world.ask(path, { json: { wrong: true } })).status).toBe(401)
  })

  it('changes with the table: without the permission nobody passes', async () => {
    for (const permission of permissions.keys()) {
      const weakened = new Map(permissions)
      weakened.set(permission, new Set<Role>(['VIEWER']))
      const world = await makeWorld({ deps: { permissions: weakened } })
      const { cookie } = await world.signedIn(world.addUser('OWNER'))
      const guarded = closed(world).filter((one) => one.permission === permission)
      if (permission !== 'customers:read') expect(guarded.length, permission).toBeGreaterThan(0)
      for (const one of guarded) expect(await call(world, one, cookie)).toBe('forbidden')
    }
  })
})

describe('a route', () => {
  const sound: Route = route({
    method: 'get',
    path: '/v1/things',
    permission: 'orders:read',
    tag: 'Things',
    summary: 'List things',
    handle: () => {},
  })
  const start = (...routes: readonly unknown[]) => () =>
    checkRoutes(routes as readonly Route[], permissions)

  it('cannot be declared without a permission', () => {
    expect(start(sound)).not.toThrow()
    // @ts-expect-error: the compiler asks for it
    const without = route({
      method: 'get',
      path: '/v1/open',
      tag: 'Things',
      summary: 'Nobody said who may',
      handle: () => {},
    })
    expect(start(without)).toThrow('Cannot serve GET /v1/open: it declares no permission')
  })

  it('cannot start without a permission that some role has', () => {
    const { permission: _permission, ...bare } = sound
    expect(start(bare)).toThrow('it declares no permission')
    for (const permission of ['', null, undefined, 0, true, [], ['orders:read']]) {
      expect(start({ ...sound, permission }), String(permission)).toThrow('declares no permission')
    }
    for (const permission of ['orders:erase', 'Public', 'PUBLIC', '*', '__proto__']) {
      expect(start({ ...sound, permission })).toThrow(
        `nobody declares its permission "${permission}"`,
      )
    }
    const empty = new Map([['orders:read', new Set<Role>()]])
    expect(() => checkRoutes([sound], empty)).toThrow('no role has its permission')
  })

  it('has one method and path, and schemas for its parameters', () => {
    const item = { ...sound, path: '/v1/things/{id}', params: z.object({ id: z.string() }) }
    expect(start(sound, item)).not.toThrow()
    expect(start(sound, { ...sound })).toThrow('another route has the same method and path')
    expect(start(item, { ...item, path: '/v1/things/{other}' })).toThrow('same method and path')
    expect(start({ ...sound, path: '/v1/things/{id}' })).toThrow('its parameters have no schema')
    for (const path of ['', 'v1', '/v1/*', '/v1/:id', '/v1//x', '/v1/', '/v1/x?y']) {
      expect(start({ ...sound, path }), path).toThrow('its path has the wrong form')
    }
  })

  it('names all faults at once', () => {
    const broken = [{ ...sound, permission: '' }, { ...sound, path: '/v1/*' }]
    expect(start(...broken)).toThrow(/no permission[^]*wrong form/)
  })
})
