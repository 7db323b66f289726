/** Staying signed in: rotation, races, theft, and how long it lasts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Auth } from '../../core/auth/auth.ts'
import { entryOf } from '../../core/auth/principal.ts'
import type { OpenedSession } from '../../core/auth/sessions.ts'
import { isFault } from '../../core/errors.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { openAuth, plainHasher } from '../support/sign-in.ts'
import { command } from '../../core/db/sql.ts'

// the door of the database goes by its own clock: this one begins with it
const start = Date.now()
const [second, day] = [1_000, 86_400_000]
const password = 'eleven purple geese'
const client = { ip: '192.0.2.1', userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' }

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const signedIn = async () => {
  const clock = { now: start }
  const person = await makeSeller(fresh.db, { passwordHash: `plain:${password}` })
  const { auth } = await openAuth(fresh.db, {
    hasher: plainHasher,
    now: () => new Date(clock.now),
  })
  const session = await auth.signIn({ email: person.email, password, client })
  return { clock, person, auth, session }
}
/** 'REFRESHED', or the code of the refusal. */
const outcomeOf = async (auth: Auth, token: string | undefined): Promise<string> => {
  try {
    await auth.refresh(token)
    return 'REFRESHED'
  } catch (error) {
    if (isFault(error)) return error.code
    throw error
  }
}
const isAlive = async ({ principal }: OpenedSession): Promise<boolean> => {
  try {
    await fresh.db.inSellerScope(entryOf(principal)).run(command`select`)
    return true
  } catch (error) {
    if (isFault(error) && error.code === 'session-over') return false
    throw error
  }
}
const actionsOf = async (sellerId: string): Promise<readonly string[]> =>
  (await fresh.asSuperuser((sql) =>
    sql`select action from audit_events where seller_id = ${sellerId} order by seq`
  )).map((row) => String(row['action']))

describe('a refresh', () => {
  it('gives a new token each time, and the old one is good no more', async () => {
    const { auth, session, clock, person } = await signedIn()
    let { token } = session.refresh
    const seen = new Set([token])
    for (let turn = 0; turn < 5; turn++) {
      clock.now += 14 * 60 * second
      const next = await auth.refresh(token)
      expect(next.principal).toEqual(session.principal)
      expect(next.sellerName).toBe(`Seller ${person.sellerId}`)
      token = next.refresh.token
      expect(seen.has(token)).toBe(false)
      seen.add(token)
    }
    expect(await isAlive(session)).toBe(true)
  })

  it('tells what the person may do now', async () => {
    const { auth, session, person } = await signedIn()
    await fresh.asSuperuser((sql) =>
      sql`update seller_users set role = 'VIEWER' where id = ${person.userId}`
    )
    const next = await auth.refresh(session.refresh.token)
    expect(next.principal.role).toBe('VIEWER')
    expect(await isAlive(next)).toBe(true)
  })

  it('of two or a hundred at once has one winner, and nobody is thrown out', async () => {
    const { auth, session, clock } = await signedIn()
    let { token } = session.refresh
    for (let round = 0; round < 5; round++) {
      clock.now += 60 * second
      const asks = await Promise.allSettled(Array.from({ length: 100 }, () => auth.refresh(token)))
      const winners = asks.filter((ask) => ask.status === 'fulfilled')
      const codes = asks.flatMap((ask) => ask.status === 'rejected' ? [ask.reason.code] : [])
      expect(winners).toHaveLength(1)
      expect(new Set(codes)).toEqual(new Set(['refresh-raced']))
      token = winners[0]?.value.refresh.token ?? ''
    }
    expect(await outcomeOf(auth, token)).toBe('REFRESHED')
  })

  it('of the token before is a race for 10 seconds, and theft from then on', async () => {
    const { auth, session, clock, person } = await signedIn()
    const next = await auth.refresh(session.refresh.token)
    clock.now += 10 * second - 1
    expect(await outcomeOf(auth, session.refresh.token)).toBe('refresh-raced')
    expect(await isAlive(session)).toBe(true)
    clock.now += 1
    expect(await outcomeOf(auth, session.refresh.token)).toBe('session-over')
    // whoever has the newest one is out as well: nobody knows which of the two is the thief
    expect(await isAlive(session)).toBe(false)
    expect(await outcomeOf(auth, next.refresh.token)).toBe('session-over')
    expect(await outcomeOf(auth, session.refresh.token)).toBe('session-over')
    expect(await actionsOf(person.sellerId)).toEqual(['session.opened', 'session.replayed'])
  })

  it('of a token older than that ends the session at once', async () => {
    const { auth, session } = await signedIn()
    const second = await auth.refresh(session.refresh.token)
    const third = await auth.refresh(second.refresh.token)
    expect(await outcomeOf(auth, session.refresh.token)).toBe('session-over')
    expect(await outcomeOf(auth, third.refresh.token)).toBe('session-over')
    expect(await isAlive(third)).toBe(false)
  })

  it('ends no other session of the person', async () => {
    const { auth, session, person } = await signedIn()
    const other = await auth.signIn({ email: person.email, password, client })
    const next = await auth.refresh(session.refresh.token)
    await auth.refresh(next.refresh.token)
    await outcomeOf(auth, session.refresh.token)
    expect([await isAlive(session), await isAlive(other)]).toEqual([false, true])
  })

  it('is nothing that a made-up token gets, nor does it end anything', async () => {
    const { auth, session } = await signedIn()
    const { token: good } = session.refresh
    // by its first sign: bits of the last one may mean nothing
    const other = `${good.startsWith('A') ? 'B' : 'A'}${good.slice(1)}`
    for (const token of [undefined, '', 'x', other]) {
      expect(await outcomeOf(auth, token)).toBe('not-signed-in')
    }
    expect(await isAlive(session)).toBe(true)
  })

  it('is refused to who was signed out, removed or ended', async () => {
    const ends: Readonly<Record<string, (of: Awaited<ReturnType<typeof signedIn>>) => unknown>> = {
      'signed out': ({ auth, session }) => auth.signOut({ principal: session.principal }),
      'signed out by the refresh token': ({ auth, session }) =>
        auth.signOut({ principal: null, refreshToken: session.refresh.token }),
      'removed': ({ person }) =>
        fresh.asSuperuser((sql) =>
          sql`update seller_users set removed_at = now() where id = ${person.userId}`
        ),
      'ended from another device': async ({ auth, person, session }) => {
        const other = await auth.signIn({ email: person.email, password, client })
        await auth.own.sessions.end(other.principal, session.principal.sessionId)
      },
    }
    for (const [how, end] of Object.entries(ends)) {
      const all = await signedIn()
      await end(all)
      expect(await isAlive(all.session), how).toBe(false)
      expect(await outcomeOf(all.auth, all.session.refresh.token), how).toBe('session-over')
    }
  })
})

describe('a session', () => {
  it('is over when nobody refreshes it for 30 days, to the second', async () => {
    for (
      const [ms, outcome] of [[-second, 'REFRESHED'], [0, 'session-over'], [
        second,
        'session-over',
      ]] as const
    ) {
      const { auth, session, clock } = await signedIn()
      clock.now = start + 30 * day + ms
      expect(await outcomeOf(auth, session.refresh.token), `${ms} ms`).toBe(outcome)
    }
  })

  it('is over 90 days after the sign-in, however often it is refreshed', async () => {
    for (
      const [ms, outcome] of [[-second, 'REFRESHED'], [0, 'session-over'], [
        second,
        'session-over',
      ]] as const
    ) {
      const { auth, session, clock } = await signedIn()
      let { token, expiresAt } = session.refresh
      for (const days of [29, 58, 87]) {
        clock.now = start + days * day
        ;({ token, expiresAt } = (await auth.refresh(token)).refresh)
      }
      expect(expiresAt.getTime()).toBe(start + 90 * day)
      clock.now = start + 90 * day + ms
      expect(await outcomeOf(auth, token), `${ms} ms`).toBe(outcome)
    }
  })

  it('opens no scope from the moment on at which it ends', async () => {
    const { session, person } = await signedIn()
    const { sessionId } = session.principal
    for (const [seconds, alive] of [[1, true], [0, false], [-1, false]] as const) {
      await fresh.asSuperuser((sql) =>
        sql`update sessions set expires_at = clock_timestamp() + ${seconds} * interval '1 second'
          where seller_id = ${person.sellerId} and id = ${sessionId}`
      )
      expect(await isAlive(session), `${seconds} s`).toBe(alive)
    }
  })

  it('keeps a digest of its token, and nothing that would open it', async () => {
    const { session, person } = await signedIn()
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select s::text as all, octet_length(refresh_hash) as bytes, client_ip, device
        from sessions s where seller_id = ${person.sellerId} and refresh_hash is not null`
    )
    expect(row).toMatchObject({ bytes: 32, client_ip: '192.0.2.1', device: 'Firefox on Windows' })
    const token = session.refresh.token
    const bytes = [...atob(token.replaceAll('-', '+').replaceAll('_', '/'))]
      .map((one) => one.charCodeAt(0).toString(16).padStart(2, '0')).join('')
    const secret = bytes.slice(72, 136)
    expect(secret).toHaveLength(64)
    expect(row?.['all']).not.toContain(secret)
    expect(row?.['all']).not.toContain(token)
  })
})
