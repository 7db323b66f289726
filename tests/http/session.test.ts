/** Signing in and out, the cookie, and what a token may and may not do. */
import { describe, expect, it } from 'vitest'
import { cookieName } from '../../core/http/cookie.ts'
import { forgeries, goodClaims, signedToken } from '../auth/forgeries.ts'
import { makeWorld, startTime, type World } from './fakes.ts'

const minutes = 60_000

const cookieOf = (response: Response): string | undefined =>
  response.headers.getSetCookie()[0]?.split(';')[0]
const attributesOf = (response: Response): string[] =>
  (response.headers.getSetCookie()[0] ?? '').split(';').slice(1).map((part) => part.trim())
const codeOf = async (response: Response): Promise<string> =>
  (await response.json() as { code: string }).code
/** Status, headers and body, without what is each request's own. */
const shapeOf = async (response: Response): Promise<string> => {
  const { instance: _instance, ...body } = await response.json() as Record<string, unknown>
  const headers = [...response.headers].filter(([name]) => name !== 'x-request-id')
  return JSON.stringify([response.status, headers, body])
}
const signIn = (world: World, email: string, password: string, headers = {}) =>
  world.ask('/v1/auth/login', { json: { email, password }, headers })

describe('signing in', () => {
  it('answers with user and seller, and keeps the token to the cookie', async () => {
    const world = await makeWorld()
    const user = world.addUser('ADMIN')
    const response = await signIn(world, user.email, user.password)
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(JSON.parse(text)).toEqual({
      user: { id: user.userId, role: 'ADMIN' },
      seller: { id: user.sellerId, name: 'Seller' },
    })
    expect(text).not.toContain(cookieOf(response)?.split('=')[1])
    expect(attributesOf(response).toSorted()).toEqual(
      ['HttpOnly', 'Max-Age=900', 'Path=/', 'SameSite=Lax', 'Secure'],
    )
    const line = response.headers.getSetCookie()[0] ?? ''
    expect(line.startsWith(`${cookieName}=`)).toBe(true)
    expect(cookieName.startsWith('__Host-')).toBe(true)
    expect(line.length).toBeLessThan(4096)
    expect(response.headers.get('cache-control')).toBe('no-store')

    const me = await world.ask('/v1/me', { cookie: cookieOf(response) ?? '' })
    expect(await me.json()).toEqual({
      user: { id: user.userId, role: 'ADMIN' },
      seller: { id: user.sellerId, name: 'Seller', status: 'ACTIVE' },
      support_sessions: [],
      permissions: expect.arrayContaining(['orders:read', 'accounts:connect']),
    })
  })

  it('does not tell an unknown address from a wrong password', async () => {
    const world = await makeWorld()
    const user = world.addUser()
    const removed = world.addUser()
    removed.isRemoved = true
    const shapes = await Promise.all([
      signIn(world, user.email, 'wrong'),
      signIn(world, 'nobody@example.in', 'wrong'),
      signIn(world, 'nobody@example.in', user.password),
      signIn(world, 'no address at all', 'wrong'),
      // the password is right, but there is no seller left to sign in to
      signIn(world, removed.email, removed.password),
    ].map(async (asked) => shapeOf(await asked)))
    expect(new Set(shapes).size).toBe(1)
    expect(shapes[0]).toContain('sign-in-refused')
    expect(shapes[0]).not.toContain('set-cookie')
  })

  it('takes an address however it is typed', async () => {
    const world = await makeWorld()
    const user = world.addUser()
    for (const email of [user.email.toUpperCase(), `  ${user.email}\t`]) {
      expect((await signIn(world, email, user.password)).status, email).toBe(200)
    }
    // looks like it, and is another one
    const fullWidth = user.email.replace('@', '\uff20')
    expect((await signIn(world, fullWidth, user.password)).status).toBe(401)
  })

  it('is slowed down after 10 wrong tries from one place, for that address alone', async () => {
    const world = await makeWorld()
    const [user, other] = [world.addUser(), world.addUser()]
    for (let tries = 0; tries < 10; tries++) {
      expect((await signIn(world, user.email, `wrong ${tries}`)).status).toBe(401)
    }
    const refused = await signIn(world, user.email.toUpperCase(), user.password)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe(String(15 * 60))
    expect((await signIn(world, other.email, other.password)).status).toBe(200)
    world.clock.now += 15 * minutes
    expect((await signIn(world, user.email, user.password)).status).toBe(200)
  })

  it('is not slowed down by mistakes before the right password', async () => {
    const world = await makeWorld()
    const user = world.addUser()
    for (let day = 0; day < 3; day++) {
      for (let tries = 0; tries < 9; tries++) await signIn(world, user.email, 'wrong')
      expect((await signIn(world, user.email, user.password)).status).toBe(200)
    }
  })

  it('is slowed down for addresses that nobody has, too', async () => {
    const world = await makeWorld()
    for (let tries = 0; tries < 10; tries++) await signIn(world, 'nobody@example.in', 'x')
    expect((await signIn(world, 'nobody@example.in', 'x')).status).toBe(429)
  })
})

describe('signing out', () => {
  it('ends the session for every copy of its token, and clears the cookie', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const response = await world.ask('/v1/auth/logout', { method: 'POST', cookie })
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(cookieOf(response)).toBe(`${cookieName}=`)
    expect(attributesOf(response)).toContain('Max-Age=0')
    const after = await world.ask('/v1/orders', { cookie })
    expect(await codeOf(after)).toBe('session-over')
    expect(cookieOf(after)).toBe(`${cookieName}=`)
  })

  it('is done for whoever is signed out already', async () => {
    const world = await makeWorld()
    expect((await world.ask('/v1/auth/logout', { method: 'POST' })).status).toBe(204)
    const cookie = `${cookieName}=rubbish`
    expect((await world.ask('/v1/auth/logout', { method: 'POST', cookie })).status).toBe(204)
  })
})

describe('a request', () => {
  it('is let in by the cookie or by a bearer token, whatever the case of the scheme', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const token = cookie.split('=')[1] ?? ''
    const statusOf = async (headers: Record<string, string>) =>
      (await world.ask('/v1/orders', { headers })).status
    expect(await statusOf({ cookie: `theme=dark; ${cookie}; x=y` })).toBe(200)
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(200)
    expect(await statusOf({ authorization: `bearer ${token}` })).toBe(200)
  })

  it('is not let in by anything else, and every refusal is the same', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    const token = cookie.split('=')[1] ?? ''
    const corpus: Record<string, Record<string, string>> = {
      'no header': {},
      'no cookie of ours': { cookie: 'a=b' },
      'an empty cookie': { cookie: `${cookieName}=` },
      'a cookie of another name': { cookie: `__Host-robnu2=${token}` },
      'the name in another case': { cookie: `__HOST-ROBNU=${token}` },
      'a cookie in quotes': { cookie: `${cookieName}="${token}"` },
      'an empty scheme': { authorization: '' },
      'no scheme': { authorization: token },
      'Basic': { authorization: `Basic ${token}` },
      'Token': { authorization: `Token ${token}` },
      'JWT': { authorization: `JWT ${token}` },
      'DPoP': { authorization: `DPoP ${token}` },
      'Bearer and no more': { authorization: 'Bearer' },
      'two tokens': { authorization: `Bearer ${token} ${token}` },
      'a comma': { authorization: `Bearer ${token}, Basic x` },
      'another scheme beside a good cookie': { authorization: 'Basic eDp5', cookie },
    }
    for (const [name, forged] of Object.entries(await forgeries(startTime))) {
      corpus[`cookie: ${name}`] = { cookie: `${cookieName}=${forged}` }
      corpus[`bearer: ${name}`] = { authorization: `Bearer ${forged}` }
    }
    const shapes = new Set<string>()
    for (const [name, headers] of Object.entries(corpus)) {
      const response = await world.ask('/v1/orders', { headers })
      expect(response.status, name).toBe(401)
      shapes.add(await shapeOf(response))
    }
    expect(Object.keys(corpus).length).toBeGreaterThan(120)
    expect([...shapes]).toHaveLength(1)
    expect(shapes.values().next().value).toContain('not-signed-in')
    expect(world.entries).toEqual([])
  })

  it('with a true token of a session that never was, is a session that is over', async () => {
    const world = await makeWorld()
    const token = await signedToken(goodClaims(startTime))
    const headers = { authorization: `Bearer ${token}` }
    const response = await world.ask('/v1/orders', { headers })
    expect(await codeOf(response)).toBe('session-over')
    // nobody clears the cookie of someone who sent none
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('the cookie', () => {
  it('lives for 15 minutes and is not renewed by use: that is what refreshing is for', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    world.clock.now = startTime + 14.9 * minutes
    const late = await world.ask('/v1/orders', { cookie })
    expect(late.status).toBe(200)
    expect(late.headers.getSetCookie()).toEqual([])
    world.clock.now = startTime + 15 * minutes
    expect((await world.ask('/v1/orders', { cookie })).status).toBe(401)
  })

  it('is not sent to whoever brings the token by hand', async () => {
    const world = await makeWorld()
    const { cookie } = await world.signedIn(world.addUser())
    world.clock.now = startTime + 14 * minutes
    const headers = { authorization: `Bearer ${cookie.split('=')[1]}` }
    expect((await world.ask('/v1/orders', { headers })).headers.getSetCookie()).toEqual([])
  })
})
