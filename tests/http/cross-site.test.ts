/** What a page of another site can make a browser send, cell by cell. */
import { expect, it } from 'vitest'
import { makeWorld } from './fakes.ts'

const own = 'http://robnu.test'
const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'rubbish'] as const
const origins = [
  undefined,
  own,
  'http://robnu.test:81',
  'https://robnu.test',
  'http://sub.robnu.test',
  'http://evil.test',
  'null',
  '',
] as const
const types = [
  undefined,
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
] as const

it('no request of a foreign page that carries the cookie changes anything', async () => {
  let calls = 0
  const world = await makeWorld()
  const { cookie } = await world.signedIn(world.addUser())
  const path = '/v1/marketplace-accounts/01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f/sync'
  for (const site of sites) {
    for (const origin of origins) {
      for (const type of types) {
        for (const method of ['POST', 'GET']) {
          const before = world.entries.length
          const target = method === 'POST' ? path : '/v1/orders'
          const response = await world.ask(target, {
            method,
            cookie,
            headers: {
              ...(site === undefined ? {} : { 'sec-fetch-site': site }),
              ...(origin === undefined ? {} : { origin }),
              ...(type === undefined ? {} : { 'content-type': type }),
            },
          })
          const isOurs = (site === undefined || site === 'same-origin' || site === 'none') &&
            (origin === undefined || origin === own)
          const cell = `${method} site=${site} origin=${origin} type=${type}`
          const isJson = type === undefined || type.startsWith('application/json')
          // a foreign page may not read the answer to a GET: nothing here allows it to
          const expected = method === 'GET' ? 200 : !isOurs ? 403 : isJson ? 202 : 415
          expect(response.status, cell).toBe(expected)
          expect(response.headers.get('access-control-allow-origin'), cell).toBeNull()
          if (expected === 403) {
            expect(await response.json(), cell).toMatchObject({ code: 'cross-site' })
            expect(world.entries.length, cell).toBe(before)
          }
          calls++
        }
      }
    }
  }
  expect(calls).toBe(sites.length * origins.length * types.length * 2)
})

it('nobody is signed in or out by a foreign page, with or without a cookie', async () => {
  const world = await makeWorld()
  const user = world.addUser()
  const json = { email: user.email, password: user.password }
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'http://evil.test' }
  for (const path of ['/v1/auth/login', '/v1/auth/logout']) {
    const response = await world.ask(path, { json, headers: foreign })
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
  }
  expect((await world.ask('/v1/auth/login', { json, headers: { origin: own } })).status).toBe(200)
})

it('a token that is brought by hand is no affair of browsers', async () => {
  const world = await makeWorld()
  const { cookie } = await world.signedIn(world.addUser())
  const response = await world.ask(
    '/v1/marketplace-accounts/01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f/sync',
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${cookie.split('=')[1]}`,
        'sec-fetch-site': 'cross-site',
        origin: 'http://tool.test',
      },
    },
  )
  expect(response.status).toBe(202)
})

it('behind a proxy, our origin is the configured one', async () => {
  const world = await makeWorld({ deps: { origin: 'https://api.example.in' } })
  const user = world.addUser()
  const json = { email: user.email, password: user.password }
  const statusOf = async (origin: string) =>
    (await world.ask('/v1/auth/login', { json, headers: { origin } })).status
  expect(await statusOf('https://api.example.in')).toBe(200)
  expect(await statusOf(own)).toBe(403)
})
