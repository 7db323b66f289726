/** The guard in front of the input, and what a declaration of a route must have. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkRoutes, type Route, route } from '../../core/http/route.ts'
import { corePermissions } from '../../core/rbac/core-permissions.ts'
import { newId } from '../../core/ids.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { makeWorld, type World } from './fakes.ts'

const permissions = createPermissions()
const closed = (world: World): readonly Route[] =>
  world.app.routes.filter(({ permission }) => !/^(?:public$|staff:)/.test(permission))

describe('the guard', () => {
  it('is asked before the input: who may not call learns nothing of how to', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser('VIEWER'))
    const path = '/v1/marketplace-accounts'
    const refused = await world.ask(path, { cookie, json: { wrong: true } })
    expect(refused.status).toBe(403)
    expect((await world.ask(path, { json: { wrong: true } })).status).toBe(401)
  })

  it('changes with the table: without the permission nobody passes', async () => {
    const asked = new Set(closed(await makeWorld()).map(({ permission }) => permission))
    expect(asked.size).toBeGreaterThan(4)
    for (const [permission, row] of permissions) {
      if (!asked.has(permission)) continue
      const weakened = new Map(permissions)
      weakened.set(permission, { ...row, roles: ['VIEWER'] })
      const world = await makeWorld({ deps: { permissions: weakened } })
      const { cookie } = await world.signedIn(world.addUser('OWNER'))
      for (const one of closed(world)) {
        if (one.permission !== permission) continue
        const response = await world.ask(one.path.replaceAll(/\{\w+\}/g, newId()), {
          method: one.method.toUpperCase(),
          cookie,
          ...(one.body === undefined ? {} : { json: one.examples?.body }),
        })
        const { code } = await response.json() as { code: string }
        expect(code, `${one.method} ${one.path}`).toBe('forbidden')
      }
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
    const empty = new Map([['orders:read', { ...corePermissions['orders:read'], roles: [] }]])
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
