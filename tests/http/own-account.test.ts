/** Sign-in over HTTP, from the first cookie to the last: what a browser sees of it. */
import { describe, expect, it } from 'vitest'
import { totpCode } from '../../core/auth/totp.ts'
import { newId } from '../../core/ids.ts'
import { bytesOfSecret } from '../auth/factors.ts'
import { forgedRefreshTokens } from '../auth/refresh-forgeries.ts'
import { makeSeller } from '../support/database.ts'
import { type Answer, type Browser, useSignInWorld } from './browser.ts'

const password = 'eleven purple geese'
const next = 'a kite over the river'
const [access, refresh, device] = ['__Host-robnu', '__Host-robnu-refresh', '__Host-robnu-device']
const minute = 60_000

const world = useSignInWorld()
const person = () => makeSeller(world.fresh.db, { passwordHash: `plain:${password}` })
const signedIn = async (ip?: string) => {
  const who = await person()
  const browser = world.browser(ip)
  const answer = await browser.ask('POST', '/v1/auth/login', { email: who.email, password })
  expect(answer.status).toBe(200)
  return { who, browser, answer }
}
const codeOf = async (asked: Promise<Answer>): Promise<unknown> => (await asked).body['code']
const me = (browser: Browser) => browser.ask('GET', '/v1/me')
/** Status, headers and body, without what is each request's own. */
const shapeOf = ({ status, headers, body: { instance: _instance, ...body } }: Answer): string => {
  // counts of the rate limit go down with each request
  const told = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'ratelimit')
  return JSON.stringify([status, told, body])
}

describe('cookies', () => {
  it('are three, each closed to scripts, to other sites and to plain connections', async () => {
    const { answer } = await signedIn()
    const names = answer.cookies.map((line) => line.split('=')[0])
    expect(names).toEqual([access, refresh, device])
    const ages = [900, 30 * 86_400, 400 * 86_400]
    for (const [at, line] of answer.cookies.entries()) {
      expect(line.split('; ').slice(1)).toEqual([
        ...[`Max-Age=${ages[at]}`, 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax'],
      ])
      expect(line.length).toBeLessThan(4096)
      expect(answer.text).not.toContain(line.split(/[=;]/)[1])
    }
    expect(new Set(names).size).toBe(3)
  })

  it('carry a person on after 15 minutes, by a refresh', async () => {
    const { browser, who } = await signedIn()
    const before = new Map(browser.jar)
    world.clock.now += 15 * minute
    expect(await codeOf(me(browser))).toBe('not-signed-in')
    const answer = await browser.ask('POST', '/v1/auth/refresh')
    expect(answer).toMatchObject({
      status: 200,
      body: { user: { id: who.userId, role: 'OWNER' }, seller: { id: who.sellerId } },
    })
    expect(answer.cookies.map((line) => line.split('=')[0])).toEqual([access, refresh])
    expect(browser.jar.get(access)).not.toBe(before.get(access))
    expect(browser.jar.get(refresh)).not.toBe(before.get(refresh))
    expect((await me(browser)).status).toBe(200)
  })

  it('are left alone where another tab was faster, and cleared where somebody has a copy', async () => {
    const { browser } = await signedIn()
    const [tab, thief] = [browser.copy(), browser.copy()]
    expect((await browser.ask('POST', '/v1/auth/refresh')).status).toBe(200)
    const raced = await tab.ask('POST', '/v1/auth/refresh')
    expect([raced.status, raced.body['code'], raced.cookies]).toEqual([409, 'refresh-raced', []])
    expect((await me(browser)).status).toBe(200)

    world.clock.now += 10_000
    const replayed = await thief.ask('POST', '/v1/auth/refresh')
    expect([replayed.status, replayed.body['code']]).toEqual([401, 'session-over'])
    expect(replayed.cookies.map((line) => /^[^=]+=;.*Max-Age=0/.test(line))).toEqual([true, true])
    expect([...thief.jar.keys()]).toEqual([device])
    expect(await codeOf(me(browser))).toBe('session-over')
    expect(await codeOf(browser.ask('POST', '/v1/auth/refresh'))).toBe('not-signed-in')
  })

  it('that are made up get one answer, and clear nothing', async () => {
    const { browser, who } = await signedIn()
    const known = { ...who, sessionId: who.sessionId, generation: 0 }
    const corpus = Object.entries(forgedRefreshTokens(known))
      // the headers of a request hold no line breaks
      .filter(([, token]) => !/[\n\r]/.test(token))
    expect(corpus.length).toBeGreaterThanOrEqual(20)
    const token = browser.jar.get(access) ?? ''
    const shapes = new Set<string>()
    for (const [name, forged] of [...corpus, ['an access token', token] as const]) {
      const stranger = world.browser()
      stranger.jar.set(refresh, forged)
      const answer = await stranger.ask('POST', '/v1/auth/refresh')
      expect([answer.status, answer.body['code'], answer.cookies], name)
        .toEqual([401, 'not-signed-in', []])
      shapes.add(shapeOf(answer))
    }
    shapes.add(shapeOf(await world.browser().ask('POST', '/v1/auth/refresh')))
    expect(shapes.size).toBe(1)
    // and a refresh token is no access token
    const swapped = world.browser()
    swapped.jar.set(access, browser.jar.get(refresh) ?? '')
    expect(await codeOf(me(swapped))).toBe('not-signed-in')
    expect((await me(browser)).status).toBe(200)
  })

  it('are refreshed by no page of another site', async () => {
    const { browser } = await signedIn()
    const from = (headers: Record<string, string>) =>
      codeOf(browser.ask('POST', '/v1/auth/refresh', undefined, headers))
    expect(await from({ 'sec-fetch-site': 'cross-site' })).toBe('cross-site')
    expect(await from({ origin: 'https://evil.example' })).toBe('cross-site')
    expect(await from({ 'sec-fetch-site': 'same-origin' })).toBeUndefined()
  })

  it('are of no use once the person has signed out, by either of them', async () => {
    for (const kept of [access, refresh]) {
      const { browser } = await signedIn()
      const copy = browser.copy()
      const one = browser.copy()
      for (const name of [access, refresh]) if (name !== kept) one.jar.delete(name)
      const answer = await one.ask('POST', '/v1/auth/logout')
      expect(answer.status).toBe(204)
      expect([...one.jar.keys()]).toEqual([device])
      expect(await codeOf(me(copy)), kept).toBe('session-over')
      expect(await codeOf(browser.ask('POST', '/v1/auth/refresh')), kept).toBe('session-over')
    }
  })
})

describe('a known device', () => {
  it('signs in while its address is slowed down', async () => {
    const { browser, who } = await signedIn('198.51.100.1')
    await browser.ask('POST', '/v1/auth/logout')
    const stranger = world.browser('198.51.100.1')
    const login = (from: Browser, word: string) =>
      from.ask('POST', '/v1/auth/login', { email: who.email, password: word })
    for (let tries = 0; tries < 10; tries++) await login(stranger, 'wrong')
    const refused = await login(stranger, password)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '900'])
    expect((await login(browser, password)).status).toBe(200)
  })
})

describe('the own sessions', () => {
  it('are listed, ended one by one, and all but this one', async () => {
    const { browser, who } = await signedIn()
    const others = []
    for (let at = 0; at < 3; at++) {
      const other = world.browser()
      await other.ask('POST', '/v1/auth/login', { email: who.email, password }, {
        'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1',
      })
      others.push(other)
    }
    const { body, status } = await browser.ask('GET', '/v1/auth/sessions')
    expect(status).toBe(200)
    const data = body['data'] as readonly Record<string, unknown>[]
    expect(data.map((one) => one['is_current'])).toEqual([false, false, false, true, false])
    expect(data[0]).toMatchObject({ client_ip: '192.0.2.1', device: 'Safari on iOS' })
    expect(JSON.stringify(body)).not.toContain('hash')

    const end = (id: unknown) => browser.ask('DELETE', `/v1/auth/sessions/${id}`)
    expect((await end(data[0]?.['id'])).status).toBe(204)
    const [first, second, third] = others.toReversed()
    if (!first || !second || !third) throw new Error('unreachable')
    expect(await codeOf(me(first))).toBe('session-over')
    expect((await me(second)).status).toBe(200)
    for (const unknown of [data[0]?.['id'], newId(), 'x']) {
      expect(await codeOf(end(unknown))).toBe('not-found')
    }
    // two of the test, and that of makeSeller
    expect((await browser.ask('POST', '/v1/auth/sessions/revoke-others')).body)
      .toEqual({ revoked: 3 })
    for (const other of [second, third]) expect(await codeOf(me(other))).toBe('session-over')
    expect((await me(browser)).status).toBe(200)
  })

  it('lead to the other sellers of the person, and to nobody else’s', async () => {
    const { browser, who } = await signedIn()
    const other = await person()
    await world.fresh.asSuperuser((sql) =>
      sql`insert into seller_users (seller_id, id, identity_id, role)
        values (${other.sellerId}, ${newId()}, ${who.identityId}, 'VIEWER')`
    )
    const { body } = await browser.ask('GET', '/v1/auth/sellers')
    expect(body['data']).toMatchObject([
      { id: who.sellerId, role: 'OWNER', is_current: true },
      { id: other.sellerId, role: 'VIEWER', is_current: false },
    ])
    const stranger = await person()
    for (const seller_id of [stranger.sellerId, newId()]) {
      expect(await codeOf(browser.ask('POST', '/v1/auth/switch', { seller_id }))).toBe('not-found')
    }
    const before = browser.copy()
    const switched = await browser.ask('POST', '/v1/auth/switch', { seller_id: other.sellerId })
    expect(switched.body).toMatchObject({
      user: { role: 'VIEWER' },
      seller: { id: other.sellerId },
    })
    expect((await me(browser)).body).toMatchObject({ seller: { id: other.sellerId } })
    expect(await codeOf(me(before))).toBe('session-over')
    expect((await browser.ask('POST', '/v1/auth/refresh')).status).toBe(200)
  })
})

describe('a step-up', () => {
  it('opens what is dangerous for ten minutes, to the second', async () => {
    const { browser } = await signedIn()
    const enrol = () => browser.ask('POST', '/v1/auth/mfa/totp')
    expect(await codeOf(enrol())).toBe('step-up-required')
    const stepUp = (json: object) => browser.ask('POST', '/v1/auth/step-up', json)
    expect(await codeOf(stepUp({ password: 'wrong' }))).toBe('step-up-refused')
    expect(await codeOf(enrol())).toBe('step-up-required')
    const answer = await stepUp({ password })
    expect(answer.body).toEqual({ until: new Date(world.clock.now + 10 * minute).toISOString() })
    world.clock.now += 10 * minute - 1_000
    expect((await enrol()).status).toBe(200)
    world.clock.now += 1_000
    expect(await codeOf(enrol())).toBe('step-up-required')
  })

  it('is of this session, and open to the people of a suspended seller', async () => {
    const { browser, who } = await signedIn()
    const other = world.browser()
    await other.ask('POST', '/v1/auth/login', { email: who.email, password })
    await world.fresh.asSuperuser((sql) =>
      sql`update sellers set status = 'SUSPENDED' where id = ${who.sellerId}`
    )
    expect((await browser.ask('POST', '/v1/auth/step-up', { password })).status).toBe(200)
    expect(await codeOf(other.ask('POST', '/v1/auth/mfa/totp'))).toBe('step-up-required')
    expect((await browser.ask('POST', '/v1/auth/mfa/totp')).status).toBe(200)
  })
})

describe('a second factor', () => {
  it('is set up, asked for, replaced by a recovery code, and taken away', async () => {
    const { browser, who } = await signedIn()
    await browser.ask('POST', '/v1/auth/step-up', { password })
    const enrolled = await browser.ask('POST', '/v1/auth/mfa/totp')
    const secret = bytesOfSecret(String(enrolled.body['secret']))
    expect(enrolled.body['uri']).toContain(`secret=${enrolled.body['secret']}`)
    const code = () => totpCode(secret, Math.floor(world.clock.now / 30_000))
    const confirm = (one: string) => browser.ask('POST', '/v1/auth/mfa/totp/confirm', { code: one })
    expect(await codeOf(confirm('000000'))).toBe('mfa-refused')
    const confirmed = await confirm(code())
    const codes = confirmed.body['recovery_codes'] as readonly string[]
    expect(codes).toHaveLength(10)
    expect((await browser.ask('GET', '/v1/auth/mfa')).body)
      .toEqual({ totp: true, recovery_codes_left: 10 })

    const other = world.browser()
    const login = (more: object) =>
      other.ask('POST', '/v1/auth/login', { email: who.email, password, ...more })
    const asked = await login({})
    expect([asked.status, asked.body['code'], asked.cookies]).toEqual([401, 'mfa-required', []])
    expect(await codeOf(login({ password: 'wrong' }))).toBe('sign-in-refused')
    expect(await codeOf(login({ code: code() }))).toBe('mfa-refused')
    world.clock.now += 30_000
    expect((await login({ code: code() })).status).toBe(200)
    expect((await login({ recovery_code: codes[0] })).body['recovery_codes_left']).toBe(9)
    expect(await codeOf(login({ recovery_code: codes[0] }))).toBe('mfa-refused')

    world.clock.now += 30_000
    expect((await other.ask('POST', '/v1/auth/step-up', { code: code() })).status).toBe(200)
    expect((await other.ask('DELETE', '/v1/auth/mfa/totp')).status).toBe(204)
    expect(await codeOf(other.ask('DELETE', '/v1/auth/mfa/totp'))).toBe('mfa-off')
    expect((await login({})).status).toBe(200)
  })
})

describe('a password', () => {
  it('is changed behind a step-up, and the other sessions end', async () => {
    const { browser, who } = await signedIn()
    const other = world.browser()
    await other.ask('POST', '/v1/auth/login', { email: who.email, password })
    const change = (json: object) => browser.ask('POST', '/v1/auth/password/change', json)
    expect(await codeOf(change({ current: password, next }))).toBe('step-up-required')
    await browser.ask('POST', '/v1/auth/step-up', { password })
    const weak = await change({ current: password, next: 'password1' })
    expect([weak.status, weak.body['code']]).toEqual([422, 'password-refused'])
    expect(weak.body['errors']).toEqual([
      { pointer: '/next', message: expect.stringContaining('everybody') },
    ])
    expect(weak.text).not.toContain('password1')
    expect(await codeOf(change({ current: 'wrong', next }))).toBe('step-up-refused')
    expect((await change({ current: password, next })).status).toBe(204)
    expect((await me(browser)).status).toBe(200)
    expect(await codeOf(me(other))).toBe('session-over')
    const again = (word: string) =>
      codeOf(world.browser().ask('POST', '/v1/auth/login', { email: who.email, password: word }))
    expect([await again(password), await again(next)]).toEqual(['sign-in-refused', undefined])
  })

  it('is reset by a link, though nobody is told whether there is anybody', async () => {
    const { who, browser } = await signedIn()
    const stranger = world.browser()
    const forgot = (email: string) => stranger.ask('POST', '/v1/auth/password/forgot', { email })
    const shapes = new Set<string>()
    for (const email of [who.email, 'nobody@example.in', 'no address', who.email.toUpperCase()]) {
      const answer = await forgot(email)
      expect([answer.status, answer.text]).toEqual([202, ''])
      shapes.add(shapeOf(answer))
    }
    expect(shapes.size).toBe(1)
    const token = await world.mails.tokenFor(who.email)
    const reset = (json: object) => stranger.ask('POST', '/v1/auth/password/reset', json)
    expect(await codeOf(reset({ token: 'x', password: next }))).toBe('link-refused')
    expect(await codeOf(reset({ token, password: who.email }))).toBe('password-refused')
    expect((await reset({ token, password: next })).status).toBe(204)
    expect(await codeOf(reset({ token, password: next }))).toBe('link-refused')
    expect(await codeOf(me(browser))).toBe('session-over')
    expect(world.lines.join()).not.toContain(token)
  })
})
