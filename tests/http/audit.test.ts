/** The routes of the audit trail: what they ask for, and what leaves through them. */
import { describe, expect, it, vi } from 'vitest'
import type { AuditTrail } from '../../core/audit/trail.ts'
import { fault } from '../../core/errors.ts'
import type { AuditServices } from '../../core/http/services.ts'
import { newId } from '../../core/ids.ts'
import { anchorId, fakeAudit } from './fake-audit.ts'
import { makeWorld } from './fakes.ts'

const made = fakeAudit((_entry, value) => Promise.resolve(value))
const worldWith = async (audit: Partial<AuditServices> = {}, role: 'OWNER' | 'ADMIN' = 'OWNER') => {
  const world = await makeWorld({ services: { audit: { ...made, ...audit } } })
  const user = world.addUser(role)
  const { cookie } = await world.signedIn(user)
  const ask = (path: string, init: Parameters<typeof world.ask>[1] = {}) =>
    world.ask(path, { cookie, ...init })
  const json = async (path: string, init?: Parameters<typeof world.ask>[1]) => {
    const response = await ask(path, init)
    const body = await response.json() as Record<string, unknown> & {
      readonly code?: string
      readonly page: { readonly next: string | null }
      readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
    }
    return { status: response.status, body }
  }
  return { world, ask, json, user, cookie }
}

describe('the list', () => {
  it('takes filters as they are written, and pages by what it signed', async () => {
    const list = vi.fn<AuditTrail['list']>(made.trail.list)
    const { json } = await worldWith({ trail: { ...made.trail, list } })
    const actor = newId()
    const query = `action=user.added&actor=${actor}&staff=false&target=user:x` +
      '&from=2026-01-31&to=2026-01-31&limit=7'
    const first = await json(`/v1/audit?${query}`)
    expect(first.status).toBe(200)
    const filters = {
      ...{ action: 'user.added', actorUserId: actor, staff: false, target: 'user:x' },
      // days of India
      ...{ from: new Date('2026-01-30T18:30:00Z'), to: new Date('2026-01-31T18:30:00Z') },
    }
    expect(list.mock.calls.at(-1)?.[1]).toEqual({ filters, limit: 7 })
    const next = first.body.page.next
    const second = await json(`/v1/audit?${query}&cursor=${next}`)
    expect(second).toMatchObject({ status: 200, body: { page: { next: null } } })
    expect(list.mock.calls.at(-1)?.[1]).toEqual({ filters, limit: 7, after: 2 })
    await json('/v1/audit')
    expect(list.mock.calls.at(-1)?.[1]).toEqual({ filters: {}, limit: 50 })
    // a cursor belongs to its filters
    for (const other of ['', `${query.replace('false', 'true')}&`, 'action=user.removed&']) {
      expect((await json(`/v1/audit?${other}cursor=${next}`)).body.code).toBe('invalid-cursor')
    }
    expect((await json(`/v1/audit/digests?cursor=${next}`)).body.code).toBe('invalid-cursor')
  })

  it('refuses what is no filter, at its place', async () => {
    const { json } = await worldWith()
    for (
      const [query, pointer] of [
        ['actor=me', '/query/actor'],
        ['staff=yes', '/query/staff'],
        ['from=yesterday', '/query/from'],
        ['from=2026-02-01&to=2026-01-01', '/query/to'],
        ['action=', '/query/action'],
        ['action=User%20added', '/query/action'],
        ['target=', '/query/target'],
        ['target=a%00b', '/query/target'],
        [`target=${'x'.repeat(201)}`, '/query/target'],
        ['surprise=1', ''],
      ] as const
    ) {
      for (const path of ['/v1/audit', '/v1/audit/export']) {
        const { status, body } = await json(`${path}?${query}`)
        expect([status, body.code], query).toEqual([400, 'invalid-request'])
        expect(body.errors?.[0]?.pointer.startsWith(pointer), query).toBe(true)
      }
    }
    // an export is no page
    expect((await json('/v1/audit/export?limit=5')).body.code).toBe('invalid-request')
  })
})

describe('the export', () => {
  it('is a stream of JSON lines that nobody keeps', async () => {
    const { ask } = await worldWith()
    const response = await ask('/v1/audit/export')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await response.text()).toBe('{"type":"export"}\n{"type":"event"}\n')
  })

  it('is read as fast as the client takes it, and ends when the client goes', async () => {
    let given = 0
    let isOver = false
    const endless = async function* () {
      try {
        for (;;) {
          given++
          yield await Promise.resolve(`${'x'.repeat(1_000)}\n`)
        }
      } finally {
        isOver = true
      }
    }
    const trail = { ...made.trail, export: () => Promise.resolve(endless()) }
    const { ask } = await worldWith({ trail })
    const reader = (await ask('/v1/audit/export')).body?.getReader()
    for (let i = 0; i < 5; i++) expect((await reader?.read())?.done).toBe(false)
    expect(given).toBeLessThan(10)
    await reader?.cancel()
    expect(isOver).toBe(true)
  })

  it('answers with a problem before the first line, and breaks off behind it', async () => {
    const refused = { ...made.trail, export: () => Promise.reject(fault('database-unavailable')) }
    const { json } = await worldWith({ trail: refused })
    expect(await json('/v1/audit/export'))
      .toMatchObject({ status: 503, body: { code: 'database-unavailable' } })
    const failing = async function* () {
      yield await Promise.resolve('{"type":"export"}\n')
      throw fault('session-over')
    }
    const late = { ...made.trail, export: () => Promise.resolve(failing()) }
    const { ask } = await worldWith({ trail: late })
    const response = await ask('/v1/audit/export')
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })
})

describe('keys', () => {
  it('are open to everybody, without their private parts', async () => {
    const key = {
      ...{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'one', alg: 'EdDSA', use: 'sig' } as const,
    }
    const { world } = await worldWith({ keys: [key] })
    const response = await world.ask('/v1/audit/keys')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ keys: [key] })
  })
})

describe('anchors', () => {
  const path = '/v1/audit/anchors'

  it('take a hook or a bucket, and nothing between', async () => {
    const add = vi.fn(made.anchors.add)
    const { json } = await worldWith({ anchors: { ...made.anchors, add } })
    const post = (body: unknown) => json(path, { json: body })
    const hook = { kind: 'hook', url: 'https://hooks.seller.in/robnu' }
    const bucket = { kind: 'bucket', bucket: 'seller-trail' }
    for (
      const body of [
        hook,
        bucket,
        { ...bucket, region: 'ap-south-1', bucket_owner: '123456789012' },
        { ...bucket, region: 'us-gov-west-1' },
      ]
    ) {
      expect((await post(body)).status).toBe(201)
      expect(add.mock.calls.at(-1)?.[1]).toEqual(body)
    }
    for (
      const body of [
        {},
        { kind: 'ftp' },
        { kind: 'hook' },
        { ...hook, bucket: 'x' },
        { ...hook, url: '' },
        { ...bucket, url: hook.url },
        { kind: 'bucket' },
        ...['Trail', 'a', 'a.b.c', '-trail', 'trail-', '../x', 'x'.repeat(64), 'a/b', 'a b']
          .map((name) => ({ ...bucket, bucket: name })),
        ...['mumbai', 'ap-south', '127.0.0.1', 'x.y/z', 'ap-south-1.evil.in'].map((region) => ({
          ...bucket,
          region,
        })),
        { ...bucket, bucket_owner: '12' },
        { ...bucket, prefix: 'documents/' },
      ]
    ) {
      const { status, body: answer } = await post(body)
      expect([status, answer.code], JSON.stringify(body)).toEqual([400, 'invalid-request'])
    }
    expect(add).toHaveBeenCalledTimes(4)
  })

  it('tell the secret once', async () => {
    const { json } = await worldWith()
    const { body } = await json(path, { json: { kind: 'hook', url: 'https://hooks.seller.in/' } })
    expect(body).toMatchObject({ id: anchorId, kind: 'hook', secret: 'whsec_c2VjcmV0' })
    const list = await json(path)
    expect(JSON.stringify(list.body)).not.toContain('whsec_')
    expect(list.body).toMatchObject({ data: [{ id: anchorId }], page: { next: null } })
    // a repeated request finds the anchor, and no secret
    const find = { find: () => Promise.resolve({ status: 201, resourceId: anchorId }) }
    const again = await makeWorld({
      services: {
        audit: made,
        idempotency: { ...find, fingerprint: () => new Uint8Array(32) },
      },
    })
    const other = await again.signedIn(again.addUser())
    const repeated = await again.ask(path, {
      cookie: other.cookie,
      json: { kind: 'hook', url: 'https://hooks.seller.in/' },
    })
    expect(repeated.status).toBe(201)
    expect(await repeated.json()).toMatchObject({ id: anchorId, secret: null })
  })

  it('are taken away by their id', async () => {
    const { ask } = await worldWith()
    expect((await ask(`${path}/${anchorId}`, { method: 'DELETE' })).status).toBe(204)
    for (const id of [newId(), 'x']) {
      expect((await ask(`${path}/${id}`, { method: 'DELETE' })).status).toBe(404)
    }
  })

  it('are for the OWNER alone', async () => {
    const { ask } = await worldWith({}, 'ADMIN')
    expect((await ask(path)).status).toBe(403)
    expect((await ask('/v1/audit')).status).toBe(200)
    expect((await ask('/v1/audit/export')).status).toBe(200)
  })
})
