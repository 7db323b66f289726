/** Staff sign in, prove it again, and leave: beside the people of sellers, and never in their place. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createStaffEnrolment } from '../../core/auth/staff-enrolment.ts'
import { removeSuperAdmin } from '../../core/auth/staff-people.ts'
import { createTotpVault } from '../../core/auth/totp-vault.ts'
import { systemRandom } from '../../core/crypto/random.ts'
import { plainHasher, testSecrets } from '../support/sign-in.ts'
import {
  type Answer,
  type Ask,
  openStaffWorld,
  type StaffPerson,
  type StaffWorld,
} from '../tenancy/staff-world.ts'

let world: StaffWorld
let person: StaffPerson
beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())
beforeEach(async () => {
  world.clock.aheadMs = 0
  person = await world.hire()
})

interface Proof {
  readonly email?: string
  readonly password?: string
  readonly code?: string
}
/** With all that is right, but for what is given. */
const proofOf = ({ email, password, code }: Proof) => ({
  email: email ?? person.email,
  password: password ?? person.password,
  code: code ?? person.nextCode(),
})
const login = (proof: Proof = {}): Promise<Answer> =>
  world.anonymous('POST', '/v1/staff/login', proofOf(proof))
const cookieOf = ({ headers }: Answer): string => headers.getSetCookie()[0] ?? ''
const signIn = async (proof: Proof = {}): Promise<Ask> => {
  const answer = await login(proof)
  expect(answer.status).toBe(200)
  return world.withCookie(cookieOf(answer).split(';')[0] ?? '')
}
const sessionsOf = async ({ id }: StaffPerson) =>
  await world.sql`select * from staff_sessions where super_admin_id = ${id} order by id`
const orgEvents = async (target: string) =>
  await world.sql`
    select action, actor_kind, actor_super_admin_id as admin, data::jsonb as data
    from org_audit_events where target = ${target} order by seq`

describe('signing in', () => {
  it('takes password and code, and gives a cookie for twelve hours that nothing renews', async () => {
    const answer = await login()
    expect(answer.body).toEqual({
      staff: { id: person.id, name: person.name },
      expires_at: expect.any(String),
    })
    expect(cookieOf(answer)).toMatch(
      /^__Host-robnu-staff=rs_[\w-]{43}; Max-Age=43200; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    expect(JSON.stringify(answer.body)).not.toContain('rs_')
    const [session] = await sessionsOf(person)
    expect(session?.['expires_at'] - session?.['created_at']).toBe(12 * 3_600_000)
    const cookie = cookieOf(answer).split(';')[0] ?? ''
    const me = await world.withCookie(cookie)('GET', '/v1/staff/me')
    expect(me.body).toMatchObject({
      staff: { id: person.id, name: person.name, email: person.email },
      impersonation: null,
    })
    expect(me.headers.getSetCookie()).toEqual([])
    expect((await sessionsOf(person))[0]?.['expires_at']).toEqual(session?.['expires_at'])
    // the token itself is nowhere
    const [dump] = await world.sql`select staff_sessions::text as row from staff_sessions
      where super_admin_id = ${person.id}`
    expect(dump?.['row']).not.toContain(cookie.slice(-20))
    expect(await orgEvents(`super-admin:${person.id}`)).toMatchObject([
      { action: 'staff.added', actor_kind: 'system' },
      { action: 'staff.signed-in', actor_kind: 'staff', admin: person.id },
    ])
    await expect(world.sql`
      update staff_sessions set expires_at = expires_at + interval '1 second'
      where super_admin_id = ${person.id}`).rejects.toThrow('staff_sessions__length')
  })

  it('refuses with one answer, whatever was wrong', async () => {
    const gone = await world.hire()
    await removeSuperAdmin(world.world.fresh.db, gone.email)
    const seller = await world.openSeller()
    const answers = [
      await login({ password: 'wrong' }),
      await login({ code: '000000' }),
      await login({ code: 'abc' }),
      await login({ email: 'nobody@robnu.example' }),
      await login({ email: gone.email, password: gone.password, code: gone.nextCode() }),
      // a person of a seller, with the right password
      await login({ email: seller.email, password: 'none' }),
    ]
    const told = answers.map(({ status, body, headers }) =>
      JSON.stringify([status, { ...body, instance: '' }, headers.getSetCookie()])
    )
    expect(new Set(told).size).toBe(1)
    expect(answers[0]?.code).toBe('sign-in-refused')
    expect(await sessionsOf(person)).toEqual([])
  })

  it('takes a code once, also from two who bring it at the same moment', async () => {
    const code = person.nextCode()
    const answers = await Promise.all([login({ code }), login({ code }), login({ code })])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401])
    expect((await login({ code })).code).toBe('sign-in-refused')
    expect((await sessionsOf(person)).length).toBe(1)
    const ask = await signIn()
    const again = person.nextCode()
    expect((await ask('POST', '/v1/staff/step-up', { code: again })).status).toBe(204)
    expect((await login({ code: again })).code).toBe('sign-in-refused')
  })

  it('is slowed down for who guesses, and not for who has the same address elsewhere', async () => {
    for (let tries = 0; tries < 10; tries++) {
      expect((await login({ password: `wrong ${tries}` })).code).toBe('sign-in-refused')
    }
    const slowed = await login()
    expect(slowed.code).toBe('sign-in-throttled')
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
    const { email } = person
    const asUser = await world.anonymous('POST', '/v1/auth/login', { email, password: 'x' })
    expect(asUser.code).toBe('sign-in-refused')
  })

  it('asks for a new password after a year, and takes none that is weak, old or known', async () => {
    const old = await signIn()
    await world.sql`
      update super_admins set password_changed_at = now() - interval '365 days'
      where id = ${person.id}`
    expect((await login()).code).toBe('password-expired')
    const change = (next: string, proof: Proof = {}) =>
      world.anonymous('POST', '/v1/staff/password', { ...proofOf(proof), new_password: next })
    for (
      const weak of ['Short-1-word', 'all-small-letters-1', 'NODIGITS-nodigits', person.password]
        .map((password, at) => at === 0 ? password.slice(0, 11) : password)
    ) expect((await change(weak)).code, weak).toBe('password-refused')
    const next = 'Nine-Copper-Kites-4'
    expect((await change(next, { password: 'wrong' })).code).toBe('sign-in-refused')
    expect((await change(next, { code: '000000' })).code).toBe('sign-in-refused')
    const changed = await change(next)
    expect([changed.status, cookieOf(changed)]).toEqual([
      204,
      expect.stringMatching(/^__Host-robnu-staff=; Max-Age=0/),
    ])
    expect((await old('GET', '/v1/staff/me')).code).toBe('not-signed-in')
    expect((await login()).code).toBe('sign-in-refused')
    await signIn({ password: next })
  })
})

describe('a session', () => {
  it('of staff is none of a person, and the other way round', async () => {
    const seller = await world.openSeller()
    const answer = await login()
    const token = /=(rs_[\w-]+);/.exec(cookieOf(answer))?.[1] ?? ''
    const cookie = await world.cookieOf(seller)
    const userToken = cookie.split('=')[1] ?? ''
    const asked: Record<string, Record<string, string>> = {
      'as bearer': { authorization: `Bearer ${token}` },
      "in people's cookie": { cookie: `__Host-robnu=${token}` },
      'in its own cookie': { cookie: `__Host-robnu-staff=${token}` },
      'as an API key': { authorization: `Bearer rk_${token.slice(3)}` },
    }
    for (const [how, headers] of Object.entries(asked)) {
      expect((await world.anonymous('GET', '/v1/me', undefined, headers)).code, how)
        .toBe('not-signed-in')
    }
    const foreign: Record<string, Record<string, string>> = {
      'as bearer': { authorization: `Bearer ${userToken}` },
      "in staff's cookie": { cookie: `__Host-robnu-staff=${userToken}` },
      'in its own cookie': { cookie },
      'with the prefix': { authorization: `Bearer rs_${userToken}` },
      'cut short': { authorization: `Bearer ${token.slice(0, -1)}` },
      'and more': { authorization: `Bearer ${token}A` },
    }
    for (const [how, headers] of Object.entries(foreign)) {
      const refused = await world.anonymous('GET', '/v1/staff/me', undefined, headers)
      expect(refused.code, how).toBe('not-signed-in')
      const inside = { ...headers, 'x-robnu-impersonation': seller.sellerId }
      expect((await world.anonymous('GET', '/v1/me', undefined, inside)).code, how)
        .toBe('not-signed-in')
    }
    expect((await world.withCookie(cookie)('GET', '/v1/me')).status).toBe(200)
    const bearer = { authorization: `Bearer ${token}` }
    expect((await world.anonymous('GET', '/v1/staff/me', undefined, bearer)).status).toBe(200)
  })

  it('ends at once when it is left, by the clock, and with its person', async () => {
    const ask = await signIn()
    const left = await ask('POST', '/v1/staff/logout')
    expect([left.status, cookieOf(left)]).toEqual([
      204,
      '__Host-robnu-staff=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict',
    ])
    expect((await ask('GET', '/v1/staff/me')).code).toBe('not-signed-in')
    expect((await ask('POST', '/v1/staff/logout')).code).toBe('not-signed-in')

    const late = await signIn()
    await world.sql`
      update staff_sessions set created_at = created_at - interval '12 hours',
        expires_at = expires_at - interval '12 hours'
      where super_admin_id = ${person.id}`
    expect((await late('GET', '/v1/staff/me')).code).toBe('not-signed-in')

    const removed = await signIn()
    await removeSuperAdmin(world.world.fresh.db, person.email)
    expect((await removed('GET', '/v1/staff/me')).code).toBe('not-signed-in')
    // who comes back is somebody new, with another password
    const before = person
    person = await world.hire(before.email)
    expect((await login({ password: before.password })).code).toBe('sign-in-refused')
    expect((await login()).body.staff.id).toBe(person.id)
  })

  it('is fresh for ten minutes after a code, for what asks for it', async () => {
    const seller = await world.openSeller()
    const ask = await signIn()
    const suspend = () =>
      ask('POST', `/v1/staff/sellers/${seller.sellerId}/suspend`, { reason: 'A reason of ten' })
    expect((await suspend()).status).toBe(200)
    world.clock.aheadMs += 10 * 60_000
    expect((await suspend()).code).toBe('step-up-required')
    expect((await ask('POST', '/v1/staff/step-up', { code: '000000' })).code)
      .toBe('step-up-refused')
    const code = person.nextCode()
    expect((await ask('POST', '/v1/staff/step-up', { code })).status).toBe(204)
    expect((await ask('POST', '/v1/staff/step-up', { code })).code).toBe('step-up-refused')
    expect((await suspend()).status).toBe(200)
  })

  it('guesses no second factor', async () => {
    const ask = await signIn()
    for (let tries = 0; tries < 10; tries++) {
      expect((await ask('POST', '/v1/staff/step-up', { code: '000000' })).status).toBe(401)
    }
    const code = person.nextCode()
    expect((await ask('POST', '/v1/staff/step-up', { code })).code).toBe('sign-in-throttled')
  })
})

describe('enrolment', () => {
  const vault = createTotpVault(testSecrets)
  const enrolment = () =>
    createStaffEnrolment({
      ...{ db: world.world.fresh.db, hasher: plainHasher, vault, random: systemRandom },
    })

  it('shows a password and an authenticator once, and anew when either is lost', async () => {
    const email = `New-${person.id}@Robnu.example`
    const made = await enrolment().add({ email, name: 'Ravi' })
    expect(made).toMatchObject({
      email: email.toLowerCase(),
      password: expect.stringMatching(/^[\w-]{24}$/),
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      uri: expect.stringMatching(/^otpauth:\/\/totp\/Robnu%20staff:/),
    })
    expect(await enrolment().add({ email, name: 'Ravi' })).toBeNull()
    const renewed = await enrolment().renew(email)
    expect(renewed?.password).not.toBe(made?.password)
    expect(renewed?.secret).not.toBe(made?.secret)
    expect(await enrolment().renew('nobody@robnu.example')).toBeNull()
    expect(await removeSuperAdmin(world.world.fresh.db, email.toLowerCase())).toBe(true)
    // who was removed may come back, as somebody new
    expect(await enrolment().add({ email, name: 'Ravi' })).not.toBeNull()
  })

  it('takes no address or name that could be something else', async () => {
    for (
      const email of ['', 'nobody', 'a@b', 'a b@robnu.example', 'a@robnu.example\r\nBcc: x@y.z']
    ) {
      await expect(enrolment().add({ email, name: 'Ravi' })).rejects.toThrow('address')
    }
    for (const name of ['', 'Ravi\nBcc: x', '\u202eivaR', 'x'.repeat(101)]) {
      await expect(enrolment().add({ email: 'ravi@robnu.example', name })).rejects.toThrow('name')
    }
  })

  it('of a new password and factor ends what was signed in', async () => {
    const ask = await signIn()
    await enrolment().renew(person.email)
    expect((await ask('GET', '/v1/staff/me')).code).toBe('not-signed-in')
    expect((await login()).code).toBe('sign-in-refused')
  })
})
