/** Signing in, from the address down to the session and what is written down of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPasswordHasher, nobodysPhc, type PasswordHasher } from '../../core/auth/passwords.ts'
import type { SignInAsk } from '../../core/auth/sign-in.ts'
import { totpCode } from '../../core/auth/totp.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import type { Database } from '../../core/db/database.ts'
import { command, type Statement } from '../../core/db/sql.ts'
import { isFault } from '../../core/errors.ts'
import { createLog } from '../../core/log.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { openAuth, plainHasher, testSecrets } from '../support/sign-in.ts'
import { secretOf, withFactor } from './factors.ts'

const password = 'eleven purple geese'
const client = { ip: '192.0.2.1', userAgent: 'curl/8.9.1' }

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const open = async (hasher: PasswordHasher = plainHasher) => {
  const clock = { now: Date.now() }
  const lines: string[] = []
  const now = () => new Date(clock.now)
  const { auth } = await openAuth(fresh.db, {
    hasher,
    now,
    log: createLog((line) => lines.push(line), now),
  })
  const codeOf = async (ask: Omit<SignInAsk, 'client'>, from = client): Promise<string> => {
    try {
      await auth.signIn({ ...ask, client: from })
      return 'signed in'
    } catch (error) {
      if (!isFault(error)) throw error
      // nobody expects this one: it says what was the matter
      return error.code === 'database-unavailable' ? `${error.code}: ${error.cause}` : error.code
    }
  }
  return { auth, clock, codeOf, lines }
}
const person = () => makeSeller(fresh.db, { passwordHash: `plain:${password}` })
const eventsOf = (sellerId: string) =>
  fresh.asSuperuser((sql) =>
    sql`select action, target, data, actor_kind, actor_user_id from audit_events
      where seller_id = ${sellerId} order by seq`
  )

describe('signing in', () => {
  it('opens a session of 30 days, at most 90, and writes it down with the seller', async () => {
    const { auth, lines } = await open()
    const { email, sellerId, userId } = await person()
    const { principal, sellerName } = await auth.signIn({ email, password, client })
    expect(principal).toMatchObject({ kind: 'user', sellerId, userId, role: 'OWNER' })
    expect(sellerName).toBe(`Seller ${sellerId}`)
    const { sessionId } = principal
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select extract(epoch from expires_at - created_at)::int / 86400 as idle,
          extract(epoch from absolute_expires_at - created_at)::int / 86400 as absolute,
          client_ip, device, stepped_up_at
        from sessions where seller_id = ${sellerId} and id = ${sessionId}`
    )
    expect(row).toEqual({
      ...{ idle: 30, absolute: 90, client_ip: '192.0.2.1', device: 'curl', stepped_up_at: null },
    })
    expect(await eventsOf(sellerId)).toEqual([{
      action: 'session.opened',
      target: `session:${sessionId}`,
      data: '{"method":"password"}',
      actor_kind: 'user',
      actor_user_id: userId,
    }])
    expect(lines.join()).toContain('auth.signed-in')
    expect(lines.join()).not.toContain(email)
    expect(lines.join()).not.toContain(password)
  })

  it('spends one hash, whether or not the address is known, and opens nothing before', async () => {
    const checked: string[] = []
    const counting: PasswordHasher = {
      ...plainHasher,
      verify: (word, stored) => {
        checked.push(stored)
        return plainHasher.verify(word, stored)
      },
    }
    const { codeOf } = await open(counting)
    const { email, sellerId } = await person()
    expect(await codeOf({ email, password: 'wrong' })).toBe('sign-in-refused')
    expect(await codeOf({ email: 'nobody@example.in', password: 'wrong' })).toBe('sign-in-refused')
    expect(await codeOf({ email: 'nobody@example.in', password })).toBe('sign-in-refused')
    expect(checked).toEqual([`plain:${password}`, nobodysPhc, nobodysPhc])
    expect(await eventsOf(sellerId)).toEqual([])
  })

  it('asks the database the same, in the same order, whether or not the address is known', async () => {
    const asked: string[] = []
    const spy = <Row>(statement: Statement<Row>): Statement<Row> => {
      asked.push(statement.sql.trim())
      return statement
    }
    const { gate } = fresh.db
    const watched: Database = {
      ...fresh.db,
      gate: {
        any: (statement) => gate.any(spy(statement)),
        one: (statement) => gate.one(spy(statement)),
        maybeOne: (statement) => gate.maybeOne(spy(statement)),
        run: (statement) => gate.run(spy(statement)),
      },
      withPlatformScope: () => Promise.reject(new Error('not before the password is right')),
      withSellerScope: () => Promise.reject(new Error('not before the password is right')),
    }
    const { auth } = await openAuth(watched, { hasher: plainHasher })
    const statements = async (email: string): Promise<readonly string[]> => {
      asked.length = 0
      await expect(auth.signIn({ email, password: 'wrong', client })).rejects.toThrow()
      return [...asked]
    }
    const known = await statements((await person()).email)
    expect(known.map((text) => /auth_\w+/.exec(text)?.[0])).toEqual(['auth_try', 'auth_identity'])
    expect(await statements('nobody@example.in')).toEqual(known)
    const other = await person()
    await withFactor((await open()).auth, other, Date.now)
    expect(await statements(other.email)).toEqual(known)
  })

  it('is refused to who was removed, and goes to the next seller of who works for two', async () => {
    const { auth, codeOf } = await open()
    const [one, other] = [await person(), await person()]
    const { email } = one
    await fresh.asSuperuser(async (sql) => {
      await sql`insert into seller_users (seller_id, id, identity_id, role)
        values (${other.sellerId}, gen_random_uuid(), ${one.identityId}, 'VIEWER')`
      await sql`update seller_users set removed_at = now() where id = ${one.userId}`
    })
    const { principal } = await auth.signIn({ email, password, client })
    expect(principal).toMatchObject({ sellerId: other.sellerId, role: 'VIEWER' })
    await fresh.asSuperuser((sql) =>
      sql`update seller_users set removed_at = now() where identity_id = ${one.identityId}`
    )
    expect(await codeOf({ email, password })).toBe('sign-in-refused')
  })

  it('is slowed down, but for the device that has been here', async () => {
    const { auth, codeOf, clock } = await open()
    const { email } = await person()
    const { deviceToken } = await auth.signIn({ email, password, client })
    const tries = []
    for (let at = 0; at < 12; at++) tries.push(await codeOf({ email, password: 'wrong' }))
    expect(tries.filter((code) => code === 'sign-in-refused')).toHaveLength(10)
    expect(await codeOf({ email, password })).toBe('sign-in-throttled')
    const known = { ...client, deviceToken }
    expect(await codeOf({ email, password }, known)).toBe('signed in')
    // the cookie is of this account, of ours, and not for ever
    const other = await person()
    for (let at = 0; at < 10; at++) await codeOf({ email: other.email, password: 'wrong' })
    expect(await codeOf({ email: other.email, password }, known)).toBe('sign-in-throttled')
    const another = deviceToken.startsWith('A') ? 'B' : 'A'
    const forged = { ...client, deviceToken: another + deviceToken.slice(1) }
    expect(await codeOf({ email, password }, forged)).toBe('sign-in-throttled')
    clock.now += 400 * 86_400_000
    for (let at = 0; at < 10; at++) await codeOf({ email, password: 'wrong' })
    expect(await codeOf({ email, password }, known)).toBe('sign-in-throttled')
  })
})

describe('a stored password', () => {
  it('is hashed anew by the sign-in that finds it weaker than today, or without the pepper', async () => {
    const [before, today] = [
      createPasswordHasher(),
      createPasswordHasher({ secrets: testSecrets }),
    ]
    const old = await before.hash(password)
    const { codeOf } = await open(today)
    const { email, identityId } = await makeSeller(fresh.db, { passwordHash: old })
    const stored = async () =>
      String(
        (await fresh.asSuperuser((sql) =>
          sql`select password_hash from identities where id = ${identityId}`
        ))[0]?.['password_hash'],
      )
    expect(await codeOf({ email, password: 'wrong' })).toBe('sign-in-refused')
    expect(await stored()).toBe(old)
    expect(await codeOf({ email, password })).toBe('signed in')
    const fresher = await stored()
    expect(fresher).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=MA\$/)
    expect(await codeOf({ email, password })).toBe('signed in')
    expect(await stored()).toBe(fresher)

    // the secret changes: old hashes stay good under their number, and move to the new one
    const next = 'the next secret, of 32 characters or more'
    const moved = numberSecrets(next, { 0: 'a secret of a test, 32 characters or more', 1: next })
    const later = await open(createPasswordHasher({ secrets: moved }))
    expect(await later.codeOf({ email, password })).toBe('signed in')
    expect(await stored()).toContain(',keyid=MQ$')
    // who forgets the old secret locks everybody out who has not signed in since, and nobody in
    const lost = await open(createPasswordHasher({ secrets: numberSecrets(next) }))
    expect(await lost.codeOf({ email, password })).toBe('sign-in-refused')
  })
})

describe('a second factor', () => {
  it('is asked for behind the right password, and by the database itself', async () => {
    const { auth, codeOf, clock } = await open()
    const one = await person()
    const { email, identityId } = one
    await withFactor(auth, one, () => clock.now)
    expect(await codeOf({ email, password: 'wrong' })).toBe('sign-in-refused')
    expect(await codeOf({ email, password })).toBe('mfa-required')
    const opened = await fresh.db.gate.any(command`
      select from auth_open_session(${identityId}, null, gen_random_uuid(), now() + '1 h')`)
    expect(opened).toEqual([])
  })

  it('opens once with each code, whoever brings it, and with none that is older', async () => {
    const { auth, codeOf, clock } = await open()
    const one = await person()
    const { email } = one
    await withFactor(auth, one, () => clock.now)
    const secret = await secretOf(fresh, one.identityId)
    const code = (steps: number) => totpCode(secret, Math.floor(clock.now / 30_000) + steps)
    clock.now += 90_000
    const wrong = code(0) === '000000' ? '000001' : '000000'
    expect(await codeOf({ email, password, code: wrong })).toBe('mfa-refused')
    expect(await codeOf({ email, password: 'wrong', code: code(0) })).toBe('sign-in-refused')
    const asks = await Promise.all(
      Array.from({ length: 6 }, () => codeOf({ email, password, code: code(0) })),
    )
    expect(asks.toSorted()).toEqual([...Array(5).fill('mfa-refused'), 'signed in'])
    expect(await codeOf({ email, password, code: code(-1) })).toBe('mfa-refused')
    clock.now += 15 * 60_000
    expect(await codeOf({ email, password, code: code(0) })).toBe('signed in')
    const [, event] = (await eventsOf(one.sellerId)).filter(({ action }) =>
      action === 'session.opened'
    )
    expect(event?.['data']).toBe('{"method":"password+totp"}')
  })

  it('has stand-ins, each good once, and written down', async () => {
    const { auth, codeOf } = await open()
    const one = await person()
    const { email, sellerId, userId } = one
    const { recoveryCodes: [first = '', second = ''] } = await withFactor(auth, one, Date.now)
    const asks = await Promise.all(
      Array.from({ length: 5 }, () => codeOf({ email, password, recoveryCode: first })),
    )
    expect(asks.toSorted()).toEqual([...Array(4).fill('mfa-refused'), 'signed in'])
    const signedIn = await auth.signIn({
      ...{ email, password, client },
      recoveryCode: second.toUpperCase().replaceAll('-', ' '),
    })
    expect(signedIn.recoveryCodesLeft).toBe(8)
    const used = (await eventsOf(sellerId)).filter(({ action }) => action === 'mfa.recovery-used')
    expect(used.map(({ target, data }) => [target, data])).toEqual([
      [`user:${userId}`, '{"left":9}'],
      [`user:${userId}`, '{"left":8}'],
    ])
    const [row] = await fresh.asSuperuser((sql) =>
      sql<{ all: string }[]>`select string_agg(c::text, ' ') as all from recovery_codes c`
    )
    expect(row?.all).not.toContain(first)
    const other = await person()
    await withFactor(auth, other, Date.now)
    expect(await codeOf({ email: other.email, password, recoveryCode: second })).toBe('mfa-refused')
  })

  it('cannot be guessed: ten codes, and the source waits', async () => {
    const { auth, codeOf, clock } = await open()
    const one = await person()
    await withFactor(auth, one, () => clock.now)
    const codes: string[] = []
    for (let at = 0; at < 12; at++) {
      const code = String(at).padStart(6, '0')
      codes.push(await codeOf({ email: one.email, password, code }))
    }
    expect(codes.slice(10)).toEqual(['sign-in-throttled', 'sign-in-throttled'])
  })
})
