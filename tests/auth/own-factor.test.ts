/** Proving once more who one is, and the second factor: set up, used, taken away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { totpCode } from '../../core/auth/totp.ts'
import { isFault } from '../../core/errors.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { openAuth, plainHasher } from '../support/sign-in.ts'
import { bytesOfSecret, principalOf, withFactor } from './factors.ts'

const password = 'eleven purple geese'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const open = async () => {
  const clock = { now: Date.now() }
  const { auth, mails } = await openAuth(fresh.db, {
    hasher: plainHasher,
    now: () => new Date(clock.now),
  })
  const person = await makeSeller(fresh.db, { passwordHash: `plain:${password}` })
  const principal = principalOf(person)
  const code = (secret: Uint8Array, steps = 0) =>
    totpCode(secret, Math.floor(clock.now / 30_000) + steps)
  return { auth, mails, clock, person, principal, factor: auth.own.factor, code }
}
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'done'
  } catch (error) {
    if (isFault(error)) return error.code
    throw error
  }
}
const actionsOf = async (sellerId: string): Promise<readonly string[]> =>
  (await fresh.asSuperuser((sql) =>
    sql`select action from audit_events where seller_id = ${sellerId} order by seq`
  )).map((row) => String(row['action']))

describe('a step-up', () => {
  it('is by the password where there is no second factor', async () => {
    const { factor, principal, clock } = await open()
    expect(await factor.steppedUpAt(principal)).toBeNull()
    for (const ask of [{}, { password: 'wrong' }, { code: '000000' }, { recoveryCode: 'x' }]) {
      expect(await codeOf(factor.stepUp(principal, ask))).toBe('step-up-refused')
    }
    expect(await factor.steppedUpAt(principal)).toBeNull()
    expect(await factor.stepUp(principal, { password })).toEqual(new Date(clock.now))
    expect(await factor.steppedUpAt(principal)).toEqual(new Date(clock.now))
  })

  it('is by a code where there is one, and the password does not stand in for it', async () => {
    const { auth, factor, person, principal, clock, code } = await open()
    const { secret, recoveryCodes: [recoveryCode] } = await withFactor(
      auth,
      person,
      () => clock.now,
    )
    expect(await codeOf(factor.stepUp(principal, { password }))).toBe('step-up-refused')
    // the code that has set it up is used
    expect(await codeOf(factor.stepUp(principal, { code: code(secret) }))).toBe('step-up-refused')
    clock.now += 30_000
    expect(await codeOf(factor.stepUp(principal, { code: code(secret) }))).toBe('done')
    expect(await codeOf(factor.stepUp(principal, { code: code(secret) }))).toBe('step-up-refused')
    expect(await codeOf(factor.stepUp(principal, { recoveryCode }))).toBe('done')
    expect(await codeOf(factor.stepUp(principal, { recoveryCode }))).toBe('step-up-refused')
    expect((await actionsOf(person.sellerId)).at(-1)).toBe('mfa.recovery-used')
  })

  it('cannot be guessed, and is for who is signed in', async () => {
    const { auth, factor, principal, clock } = await open()
    for (let tries = 0; tries < 10; tries++) {
      expect(await codeOf(factor.stepUp(principal, { password: 'wrong' }))).toBe('step-up-refused')
    }
    expect(await codeOf(factor.stepUp(principal, { password }))).toBe('sign-in-throttled')
    clock.now += 15 * 60_000
    expect(await codeOf(factor.stepUp(principal, { password }))).toBe('done')
    await auth.signOut({ principal })
    expect(await codeOf(factor.stepUp(principal, { password }))).toBe('session-over')
    expect(await factor.steppedUpAt(principal)).toBeNull()
  })
})

describe('a second factor', () => {
  it('is good once a code of the app has confirmed it', async () => {
    const { factor, principal, person, code, mails } = await open()
    expect(await codeOf(factor.confirm(principal, '000000'))).toBe('mfa-off')
    expect(await codeOf(factor.disable(principal))).toBe('mfa-off')
    const forgotten = bytesOfSecret((await factor.enrol(principal)).secret)
    const { secret, uri } = await factor.enrol(principal)
    expect(new URL(uri).searchParams.get('secret')).toBe(secret)
    const bytes = bytesOfSecret(secret)
    expect(await codeOf(factor.confirm(principal, code(forgotten)))).toBe('mfa-refused')
    expect(await factor.status(principal)).toEqual({ isOn: false, recoveryCodesLeft: 0 })
    const codes = await factor.confirm(principal, code(bytes))
    expect(new Set(codes).size).toBe(10)
    expect(await factor.status(principal)).toEqual({ isOn: true, recoveryCodesLeft: 10 })
    expect(await codeOf(factor.confirm(principal, code(bytes)))).toBe('mfa-on')
    expect(await codeOf(factor.enrol(principal))).toBe('mfa-on')
    expect(await actionsOf(person.sellerId)).toEqual(['mfa.enabled'])
    await mails.post.drain()
    expect(mails.mails).toMatchObject([{ to: person.email }])
    expect(mails.mails[0]?.text).not.toContain(secret)
  })

  it('that is confirmed by many at once gives its recovery codes to one', async () => {
    const { factor, principal, code } = await open()
    const secret = bytesOfSecret((await factor.enrol(principal)).secret)
    // connections that are open already: else the first is done before the others are there
    await Promise.all(Array.from({ length: 8 }, () => factor.status(principal)))
    const asks = await Promise.allSettled(
      Array.from({ length: 5 }, () => factor.confirm(principal, code(secret))),
    )
    expect(asks.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await factor.status(principal)).toEqual({ isOn: true, recoveryCodesLeft: 10 })
  })

  it('is sealed for its person, and taken away with all its codes', async () => {
    const { auth, factor, person, principal, clock } = await open()
    const { secret } = await withFactor(auth, person, () => clock.now)
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select encode(totp_secret_enc, 'hex') as sealed from identities
        where id = ${person.identityId}`
    )
    const hex = [...secret].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    expect(row?.['sealed']).toHaveLength(100)
    expect(row?.['sealed']).not.toContain(hex)
    await factor.disable(principal)
    expect(await factor.status(principal)).toEqual({ isOn: false, recoveryCodesLeft: 0 })
    const client = { ip: '192.0.2.1', userAgent: null }
    expect(await codeOf(auth.signIn({ email: person.email, password, client }))).toBe('done')
    expect(await actionsOf(person.sellerId)).toEqual([
      ...['mfa.enabled', 'mfa.disabled', 'session.opened'],
    ])
  })
})
