/** Every way in which a request can go wrong answers with one kind of body. */
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorTable, fault } from '../../core/errors.ts'
import { failure } from '../../core/plugin.ts'
import { orderId } from './fake-services.ts'
import { makeWorld, type World } from './fakes.ts'
import { marker, problemOf } from './problem.ts'

const throwing = async (error: unknown) => {
  const world = await makeWorld({
    services: {
      orders: {
        list: () => Promise.reject(error),
        get: () => Promise.reject(error),
      },
    },
  })
  const { cookie } = await world.signedIn(world.addUser())
  return { world, response: await world.ask(`/v1/orders/${orderId}`, { cookie }) }
}
const lineOf = ({ lines }: World, event: string): string | undefined =>
  lines.find((line) => line.includes(`"event":"${event}"`))

describe('what a handler throws', () => {
  const outside = (Object.keys(errorTable) as ErrorCode[])
    .filter((code) => code !== 'stale-authz' && code !== 'lease-lost')

  it.each(outside)('"%s" becomes its own problem', async (code) => {
    const { response } = await throwing(fault(code))
    await problemOf(response, code)
  })

  it('says nothing of an unknown error to the client, and everything to the log', async () => {
    const cause = new Error(`${marker} cause`)
    const { world, response } = await throwing(new Error(`${marker} broke`, { cause }))
    await problemOf(response, 'internal')
    const line = lineOf(world, 'http.failed')
    expect(line).toContain(`${marker} broke`)
    expect(line).toContain(`${marker} cause`)
    expect(line).toContain(response.headers.get('x-request-id'))
  })

  it.each([null, undefined, marker, 7, { message: marker }, [marker]])(
    'answers for a thrown %j, which is no error at all',
    async (thrown) => {
      const { response } = await throwing(thrown)
      await problemOf(response, 'internal')
    },
  )

  it('keeps the cause of a fault to itself', async () => {
    const { world, response } = await throwing(
      fault('database-unavailable', { cause: new Error(marker), retryAfterSeconds: 7 }),
    )
    await problemOf(response, 'database-unavailable')
    expect(response.headers.get('retry-after')).toBe('7')
    expect(lineOf(world, 'http.unavailable')).toContain(marker)
  })

  it('tells when to come back, wherever the text promises it', async () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      if (!errorTable[code].next.includes('Retry-After') || code === 'sign-in-throttled') continue
      const { response } = await throwing(fault(code))
      expect(Number(response.headers.get('retry-after')), code).toBeGreaterThan(0)
    }
  })

  it('hides what is the affair of the server alone', async () => {
    await problemOf((await throwing(fault('lease-lost'))).response, 'internal')
  })

  it('understands the failures of plugins, and repeats none of their words', async () => {
    const expected = {
      'auth': 'credentials-refused',
      'rate-limit': 'marketplace-unavailable',
      'unavailable': 'marketplace-unavailable',
      'bad-response': 'marketplace-unavailable',
      'rejected': 'invalid-request',
    } as const
    for (const [kind, code] of Object.entries(expected)) {
      const thrown = failure(kind as keyof typeof expected, marker, { retryAfterMs: 1500 })
      const { response } = await throwing(thrown)
      await problemOf(response, code)
      const isLater = code === 'marketplace-unavailable'
      expect(response.headers.get('retry-after')).toBe(isLater ? '2' : null)
    }
  })

  it('answers by the code of a plugin’s refusal, where it is one of these', async () => {
    const told = [
      ...[['rejected', 'not-found'], ['rejected', 'forbidden'], ['rejected', 'limit-reached']],
      ...[['unavailable', 'storage-unavailable'], ['unavailable', 'keys-unavailable']],
    ] as const
    for (const [kind, code] of told) {
      await problemOf((await throwing(failure(kind, marker, { code }))).response, code)
    }
    const other = failure('rejected', marker, { code: 'internal' })
    await problemOf((await throwing(other)).response, 'invalid-request')
  })

  it('passes on the pointers of a service', async () => {
    const errors = [{ pointer: '/credentials/api_key', message: 'must be 20 characters long' }]
    const { response } = await throwing(fault('invalid-request', { errors }))
    expect((await problemOf(response, 'invalid-request')).errors).toEqual(errors)
  })
})

describe('addresses and methods', () => {
  it('know nothing of what is not there', async () => {
    const world = await makeWorld()
    for (const path of [`/${marker}`, '/v1', '/v1/', '/v1/orders/', '/V1/orders', '//v1/orders']) {
      await problemOf(await world.ask(`${path}?q=${marker}`), 'not-found')
    }
  })

  it('say which methods an address takes', async () => {
    const world = await makeWorld()
    const allow = async (path: string, method: string) => {
      const response = await world.ask(path, { method })
      if (method !== 'HEAD') await problemOf(response, 'method-not-allowed')
      return response.headers.get('allow')
    }
    expect(await allow('/v1/orders', 'DELETE')).toBe('GET, HEAD')
    expect(await allow(`/v1/orders/${orderId}`, 'PATCH')).toBe('GET, HEAD')
    expect(await allow('/v1/marketplace-accounts', 'PUT')).toBe('GET, HEAD, POST')
    expect(await allow('/v1/auth/login', 'GET')).toBe('POST')
    expect(await allow('/v1/auth/login', 'OPTIONS')).toBe('POST')
  })

  it('answer for an id that is no id as for one that does not exist', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const places = ['/v1/orders/', '/v1/runs/', '/v1/marketplace-accounts/']
    for (const place of places) {
      const bodies = await Promise.all(
        [
          '00000000-0000-7000-8000-000000000000',
          marker,
          '1',
          "'%20or%201=1--",
          '..%2f..%2fetc',
          '%00',
          '%ff',
          `${orderId}0`,
          '{id}',
        ].map(async (id) => {
          const response = await world.ask(`${place}${id}`, { cookie })
          const { instance: _instance, ...problem } = await problemOf(response, 'not-found')
          return JSON.stringify([problem, [...response.headers.keys()]])
        }),
      )
      expect(new Set(bodies).size).toBe(1)
    }
  })

  it('carry the path as a route in the log, and neither query nor body', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    await world.ask(`/v1/orders/${orderId}?x=${marker}`, { cookie })
    await world.ask(`/v1/${marker}?x=${marker}`)
    await world.ask('/v1/auth/login', { json: { email: marker, password: marker } })
    const lines = world.lines.filter((line) => line.includes('http.request'))
    expect(lines).toHaveLength(3)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      route: '/v1/orders/{id}',
      method: 'GET',
      status: 200,
      sellerId: world.entries[0]?.sellerId,
    })
    expect(world.lines.join('\n')).not.toContain(marker)
  })

  it('take the request id from nobody', async () => {
    const world = await makeWorld()
    const response = await world.ask('/healthz', { headers: { 'x-request-id': marker } })
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('every request', () => {
  it('of a thousand at random is answered, never with 500 and never with an echo', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    let seed = 42
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor(seed / 65_536) % below
    }
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
    const values = [
      marker,
      `${marker}\u0000`,
      '',
      '-1',
      '9'.repeat(400),
      '%',
      '%00',
      '%E0%A4%A',
      '../../x',
      '{id}',
      '[]',
      '\u202e',
      'null',
      "';--",
    ]
    const paths = world.app.routes.map(({ path }) => path)
    for (let round = 0; round < 1_000; round++) {
      const path = pick(paths).replaceAll(/\{\w+\}/g, () => encodeURIComponent(pick(values)))
      const method = pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])
      const query = pick(['', `?${pick(values)}=${pick(values)}`, `?cursor=${pick(values)}`])
      const hasBody = !['GET', 'HEAD'].includes(method)
      const response = await world.app.fetch(
        new Request(`http://robnu.test${path}${query}`, {
          method,
          headers: {
            ...(random(2) ? { cookie } : { authorization: `Bearer ${marker}` }),
            'content-type': pick(['application/json', 'text/plain', 'application/json; x=y']),
          },
          ...(hasBody
            ? { body: pick(['', '{', 'null', `{"email":"${marker}","password":1}`, '[[[]]]']) }
            : {}),
        }),
      )
      expect(response.status, `${method} ${path}${query}`).toBeLessThan(500)
      if (response.status >= 400 && method !== 'HEAD') await problemOf(response)
      else await response.text()
    }
  })
})

describe('the page of a problem', () => {
  it('is where every type points to', async () => {
    const world = await makeWorld()
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const response = await world.ask(`/problems/${code}`)
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ code, ...errorTable[code] })
    }
    await problemOf(await world.ask(`/problems/${marker}`), 'not-found')
    await problemOf(await world.ask('/problems/__proto__'), 'not-found')
  })
})
