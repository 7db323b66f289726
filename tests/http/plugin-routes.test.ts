/** Routes of plugins: the same guard, the same answers, the same document. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { PluginMount } from '../../core/http/plugin-routes.ts'
import type { JobContext, Route, Schema } from '../../core/plugin.ts'
import { failure } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { makeWorld } from './fakes.ts'

/** A schema of no library. */
const even: Schema<number> = {
  '~standard': {
    version: 1,
    vendor: 'handmade',
    validate: (value) =>
      Promise.resolve(
        typeof value === 'number' && value % 2 === 0
          ? { value }
          : { issues: [{ message: `odd: ${String(value)}`, path: [{ key: 'n' }] }] },
      ),
  },
}
const seen: unknown[] = []
const resolve: Route = {
  method: 'post',
  path: '/claims/{id}/resolve',
  permission: 'claims:resolve',
  summary: 'Resolve a claim',
  params: z.object({ id: z.uuid() }),
  query: z.object({ loud: z.stringbool().optional() }),
  body: z.object({ amount_paise: z.int().min(1) }),
  answer: z.object({ resolved: z.boolean() }),
  handle: (input, ctx) => {
    seen.push([input, ctx.key])
    return Promise.resolve({ resolved: true, secret: 'undeclared' })
  },
}
const count: Route = {
  method: 'get',
  path: '/claims/count',
  permission: 'claims:read',
  summary: 'Count claims',
  answer: even,
  handle: () => Promise.resolve(4),
}
const permissions = createPermissions([{
  id: 'claims',
  permissions: { 'claims:resolve': ['OWNER', 'FINANCE'], 'claims:read': ['OWNER'] },
}])

const mountOf = (...routes: Route[]): PluginMount => ({
  pluginId: 'claims',
  routes,
  contextOf: ({ requestId }) => ({ key: requestId }) as JobContext,
})
const worldWith = (...routes: Route[]) =>
  makeWorld({ deps: { permissions, plugins: [mountOf(...routes)] } })
const path = '/v1/claims/01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f/resolve'
const json = { amount_paise: 5 }

describe('a route of a plugin', () => {
  it('is given parsed input, and answers with what it declares and no more', async () => {
    const world = await worldWith(resolve)
    const { cookie } = await world.signedIn(world.addUser('FINANCE'))
    const response = await world.ask(`${path}?loud=true`, { cookie, json })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ resolved: true })
    expect(seen.at(-1)).toEqual([
      { params: { id: path.split('/')[3] }, query: { loud: true }, body: { amount_paise: 5 } },
      response.headers.get('x-request-id'),
    ])
  })

  it('with a replay takes a key, and answers a repetition by it', async () => {
    const replay: Route['replay'] = (resourceId) => {
      seen.push(resourceId)
      return Promise.resolve({ resolved: true, secret: 'undeclared' })
    }
    let made: { status: number; resourceId: string } | null = null
    const world = await makeWorld({
      deps: { permissions, plugins: [mountOf({ ...resolve, replay })] },
      services: {
        idempotency: {
          find: () => Promise.resolve(made),
          fingerprint: () => new Uint8Array(32),
        },
      },
    })
    const { cookie } = await world.signedIn(world.addUser('FINANCE'))
    const missing = await world.ask(path, { cookie, json, headers: { 'idempotency-key': '' } })
    expect(await missing.json()).toMatchObject({ code: 'idempotency-key-missing' })
    // its handler makes nothing, and must not answer as if it had
    expect((await world.ask(path, { cookie, json })).status).toBe(500)
    made = { status: 200, resourceId: 'claim-1' }
    const again = await world.ask(path, { cookie, json })
    expect([again.status, await again.json()]).toEqual([200, { resolved: true }])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(seen.at(-1)).toBe('claim-1')
  })

  it('stands behind the guard', async () => {
    const world = await worldWith(resolve)
    const statusOf = async (cookie?: string) =>
      (await world.ask(path, { json, ...(cookie === undefined ? {} : { cookie }) })).status
    expect(await statusOf()).toBe(401)
    expect(await statusOf((await world.signedIn(world.addUser('OPERATOR'))).cookie)).toBe(403)
    const suspended = await world.signedIn(world.addUser('OWNER', 'SUSPENDED'))
    expect(await statusOf(suspended.cookie)).toBe(403)
  })

  it('refuses input by its schema without an echo, whatever the schema says', async () => {
    const world = await worldWith(resolve, {
      ...resolve,
      path: '/claims/even',
      params: undefined,
      body: even,
    } as unknown as Route)
    const { cookie } = await world.signedIn(world.addUser())
    const wrong = await world.ask(path, { cookie, json: { amount_paise: 'MARKER' } })
    expect(await wrong.json()).toMatchObject({
      code: 'invalid-request',
      errors: [{ pointer: '/amount_paise', message: 'must be a number' }],
    })
    const odd = await world.ask('/v1/claims/even', { cookie, json: 7 })
    expect(await odd.json()).toMatchObject({
      errors: [{ pointer: '/n', message: 'is not what this route asks for' }],
    })
    const unknown = await world.ask('/v1/claims/no-id/resolve', { cookie, json })
    expect(await unknown.json()).toMatchObject({ code: 'not-found' })
  })

  it('answers {ok} when it returns nothing, and 500 when it breaks its word', async () => {
    const world = await worldWith(
      { ...count, path: '/claims/nothing', handle: () => Promise.resolve(undefined) },
      { ...count, path: '/claims/odd', handle: () => Promise.resolve(3) },
      {
        ...count,
        path: '/claims/away',
        handle: () => Promise.reject(failure('unavailable', 'MARKER')),
      },
    )
    const { cookie } = await world.signedIn(world.addUser())
    const bodyOf = async (name: string) =>
      await (await world.ask(`/v1/claims/${name}`, { cookie })).json()
    expect(await bodyOf('nothing')).toEqual({ ok: true })
    expect(await bodyOf('odd')).toMatchObject({ code: 'internal' })
    expect(await bodyOf('away')).toMatchObject({ code: 'marketplace-unavailable' })
  })

  it('stands in the document, described by its zod schemas or as open', async () => {
    const world = await worldWith(resolve, count)
    const document = JSON.parse(world.app.document)
    const result = await new Validator().validate(JSON.parse(world.app.document))
    expect(result.errors ?? []).toEqual([])
    const operation = document.paths['/v1/claims/{id}/resolve'].post
    expect(operation).toMatchObject({ 'x-permission': 'claims:resolve', tags: ['claims'] })
    expect(operation.parameters).toMatchObject([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
      { name: 'loud', in: 'query', required: false },
    ])
    expect(operation.requestBody.content['application/json'].schema).toMatchObject({
      type: 'object',
      properties: { amount_paise: { type: 'integer', minimum: 1 } },
    })
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '403', '404']))
    const open = document.paths['/v1/claims/count'].get.responses['200']
    expect(open.content['application/json'].schema).toEqual({ type: 'object' })
  })

  it('cannot start without a permission that its plugin, or core, declares', async () => {
    const { permission: _permission, ...bare } = count
    await expect(worldWith(bare as Route)).rejects.toThrow(
      '/v1/claims/count: it declares no permission',
    )
    await expect(worldWith({ ...count, permission: 'claims:burn' })).rejects
      .toThrow('nobody declares its permission "claims:burn"')
    await expect(worldWith({ ...count, permission: 'public' })).rejects
      .toThrow('it must not be public')
    await expect(worldWith({ ...count, path: '/orders' })).rejects
      .toThrow('another route has the same method and path')
  })
})
