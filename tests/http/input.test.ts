/** Bodies and queries that are wrong, each in its own way. */
import { describe, expect, it } from 'vitest'
import { makeWorld } from './fakes.ts'
import { marker, problemOf } from './problem.ts'

describe('input', () => {
  const bodies: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['nothing', {}, ['/email', '/password']],
    ['a list', [marker], ['']],
    ['a text', marker, ['']],
    ['null', null, ['']],
    ['wrong types', { email: 1, password: { a: marker } }, ['/email', '/password']],
    ['an empty text', { email: '', password: '' }, ['/email', '/password']],
    ['too long', { email: marker.repeat(100), password: marker.repeat(2_000) }, [
      '/email',
      '/password',
    ]],
    ['more members than known', { email: 'a@b', password: marker, [marker]: 1, role: 'OWNER' }, [
      '',
    ]],
  ]
  it.each(bodies)(
    'of %s is refused with pointers and without an echo',
    async (_, json, pointers) => {
      const world = await makeWorld()
      const problem = await problemOf(
        await world.ask('/v1/auth/login', { json }),
        'invalid-request',
      )
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers)
      for (const { message } of problem.errors ?? []) expect(message).toMatch(/^(?:must|has|is) /)
    },
  )

  const send = async (
    body: string | Uint8Array<ArrayBuffer> | undefined,
    headers: Record<string, string>,
    path = '/v1/auth/login',
  ) => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    return await world.app.fetch(
      new Request(`http://robnu.test${path}`, {
        method: 'POST',
        headers: { cookie, 'idempotency-key': crypto.randomUUID(), ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    )
  }
  const json = { 'content-type': 'application/json' }

  it('that is no JSON is refused', async () => {
    for (const body of ['{', `{"email":"${marker}"`, `${marker}`, '{"a":1}}', "{'a':1}", 'NaN']) {
      await problemOf(await send(body, json), 'invalid-request')
    }
    const notUtf8 = new Uint8Array([0x22, 0xff, 0x22])
    await problemOf(await send(notUtf8, json), 'invalid-request')
  })

  it('of another content type is refused, whatever it holds', async () => {
    const good = JSON.stringify({ email: 'a@b', password: marker })
    for (
      const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/jsonx',
        'application/json, text/plain',
        'text/html',
        'application/json; charset=utf-16',
        marker,
      ]
    ) {
      await problemOf(await send(good, { 'content-type': type }), 'unsupported-media-type')
    }
    await problemOf(
      await send(new TextEncoder().encode(good), {}),
      'unsupported-media-type',
    )
    await problemOf(
      await send(good, { ...json, 'content-encoding': 'gzip' }),
      'unsupported-media-type',
    )
  })

  it('with a charset of UTF-8 is read', async () => {
    for (
      const type of [
        'application/json',
        'application/JSON; charset=utf-8',
        'application/json;charset="UTF-8"',
      ]
    ) {
      const response = await send('{}', { 'content-type': type })
      await problemOf(response, 'invalid-request')
    }
  })

  it('is limited to 64 KiB where one signs in, and to 1 MiB elsewhere', async () => {
    const sized = (bytes: number) => JSON.stringify({ a: 'x'.repeat(bytes - 8) })
    const limits = [['/v1/auth/login', 64], ['/v1/marketplace-accounts', 1024]] as const
    for (const [path, kib] of limits) {
      const limit = kib * 1024
      await problemOf(await send(sized(limit), json, path), 'invalid-request')
      await problemOf(await send(sized(limit + 1), json, path), 'payload-too-large')
      // a length that is told counts, and so do the bytes when it was a lie
      const told = { ...json, 'content-length': String(limit + 1) }
      await problemOf(await send('{}', told, path), 'payload-too-large')
      const lie = { ...json, 'content-length': '2' }
      await problemOf(await send(sized(limit + 1), lie, path), 'payload-too-large')
    }
  })

  it('of an odd shape is refused', async () => {
    const account = (details: string) =>
      `{"marketplace":"BAZAAR","external_account_id":"x","name":"x","details":${details},` +
      '"credentials":{}}'
    const deep = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)
    const path = '/v1/marketplace-accounts'
    expect((await send(account(deep(20)), json, path)).status).toBe(201)
    for (
      const details of [
        deep(40),
        '['.repeat(100_000) + ']'.repeat(100_000),
        '{"__proto__":{"isAdmin":true}}',
        '{"a":[{"__proto__":1}]}',
        '{"a":"\\u0000"}',
        '{"\\u0000":"a"}',
        '[]',
        'null',
      ]
    ) {
      await problemOf(await send(account(details), json, path), 'invalid-request')
    }
  })

  it('that is missing is told from input that is wrong', async () => {
    const problem = await problemOf(await send(undefined, json), 'invalid-request')
    expect(problem.errors).toEqual([{ pointer: '', message: 'must be an object' }])
    await problemOf(await send(undefined, {}), 'invalid-request')
  })

  it('in a query is refused with pointers and without an echo', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const wrong: Readonly<Record<string, string>> = {
      'limit=0': '/query/limit',
      'limit=201': '/query/limit',
      'limit=-1': '/query/limit',
      'limit=1e2': '/query/limit',
      'limit=0x10': '/query/limit',
      'limit=5.5': '/query/limit',
      'limit=': '/query/limit',
      [`limit=${marker}`]: '/query/limit',
      'limit=5&limit=6': '/query/limit',
      [`account=${marker}`]: '/query/account',
      [`status=${marker}`]: '/query/status',
      'status=packed': '/query/status',
      'ordered_from=2026-02-30': '/query/ordered_from',
      'ordered_from=2026-02-01T00:00:00': '/query/ordered_from',
      [`ordered_to=${marker}`]: '/query/ordered_to',
      'ordered_from=2026-02-02&ordered_to=2026-02-01': '/query/ordered_to',
      [`include=${marker}`]: '/query/include',
      [`${marker}=1`]: '/query',
      '__proto__=1': '/query',
      'constructor=1': '/query',
    }
    for (const [query, pointer] of Object.entries(wrong)) {
      const response = await world.ask(`/v1/orders?${query}`, { cookie })
      const problem = await problemOf(response, 'invalid-request')
      expect(problem.errors?.map((one) => one.pointer), query).toEqual([pointer])
    }
  })
})
