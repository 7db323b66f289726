/** The own sessions: seen, ended, and carried over to another seller. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forgetSessions } from '../../core/auth/forget-sessions.ts'
import { entryOf, type UserPrincipal } from '../../core/auth/principal.ts'
import { command } from '../../core/db/sql.ts'
import { isFault } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { openAuth, plainHasher } from '../support/sign-in.ts'
import { withFactor } from './factors.ts'

const password = 'eleven purple geese'
const client = { ip: '192.0.2.1', userAgent: 'Mozilla/5.0 (X11; Linux) Chrome/140.0 Safari/537.36' }
const day = 86_400_000

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

/** A person who works for two sellers. */
const open = async () => {
  const clock = { now: Date.now() }
  const { auth } = await openAuth(fresh.db, { hasher: plainHasher, now: () => new Date(clock.now) })
  const passwordHash = `plain:${password}`
  const [one, two] = [
    await makeSeller(fresh.db, { passwordHash }),
    await makeSeller(fresh.db, { passwordHash }),
  ]
  const second = newId()
  await fresh.asSuperuser(async (sql) => {
    await sql`insert into seller_users (seller_id, id, identity_id, role)
      values (${two.sellerId}, ${second}, ${one.identityId}, 'VIEWER')`
    // that of makeSeller
    await sql`update sessions set revoked_at = now() where seller_id = ${one.sellerId}`
  })
  const signIn = async () => (await auth.signIn({ email: one.email, password, client })).principal
  return { auth, clock, one, two, second, signIn }
}
const isAlive = async (principal: UserPrincipal): Promise<boolean> => {
  try {
    await fresh.db.inSellerScope(entryOf(principal)).run(command`select`)
    return true
  } catch (error) {
    if (isFault(error) && error.code === 'session-over') return false
    throw error
  }
}
const eventsOf = async (sellerId: string) =>
  (await fresh.asSuperuser((sql) =>
    sql`select action, target, data, actor_user_id from audit_events
      where seller_id = ${sellerId} order by seq`
  )).map(({ action, target, data, actor_user_id }) => [action, target, data, actor_user_id])

describe('the list', () => {
  it('has the own live sessions with all sellers, newest first, and nobody else’s', async () => {
    const { auth, one, two, signIn } = await open()
    const [first, second] = [await signIn(), await signIn()]
    const there = await auth.own.sessions.switchTo(second, two.sellerId)
    const list = await auth.own.sessions.list(first)
    expect(list.map(({ id }) => id)).toEqual([there?.principal.sessionId, first.sessionId])
    expect(list.map(({ isCurrent }) => isCurrent)).toEqual([false, true])
    expect(list.map(({ seller }) => seller.id)).toEqual([two.sellerId, one.sellerId])
    expect(list[1]).toMatchObject({ clientIp: '192.0.2.1', device: 'Chrome on Linux' })
    const stranger = await auth.own.sessions.list({ ...first, sellerId: two.sellerId })
    expect(stranger).toEqual([])
  })

  it('is empty for a session that is over', async () => {
    const { auth, signIn } = await open()
    const [first] = [await signIn(), await signIn()]
    await auth.signOut({ principal: first })
    expect(await auth.own.sessions.list(first)).toEqual([])
    expect(await auth.own.sessions.sellers(first)).toEqual([])
  })
})

describe('ending', () => {
  it('one of the own sessions ends that one, whatever the seller, and is written down there', async () => {
    const { auth, one, two, second, signIn } = await open()
    const [first, other, third] = [await signIn(), await signIn(), await signIn()]
    const there = (await auth.own.sessions.switchTo(third, two.sellerId))?.principal
    if (there === undefined) throw new Error('unreachable')
    expect(await auth.own.sessions.end(first, other.sessionId)).toBe(true)
    expect(await auth.own.sessions.end(first, there.sessionId)).toBe(true)
    expect(await Promise.all([first, other, there].map(isAlive))).toEqual([true, false, false])
    expect((await eventsOf(one.sellerId)).at(-1)).toEqual([
      ...['session.revoked', `session:${other.sessionId}`, '{"reason":"REVOKED"}', one.userId],
    ])
    expect((await eventsOf(two.sellerId)).at(-1)).toEqual([
      ...['session.revoked', `session:${there.sessionId}`, '{"reason":"REVOKED"}', second],
    ])
    // again, unknown, and of somebody else: all the same
    expect(await auth.own.sessions.end(first, other.sessionId)).toBe(false)
    expect(await auth.own.sessions.end(first, newId())).toBe(false)
    expect(await auth.own.sessions.end(first, two.sessionId)).toBe(false)
  })

  it('all others leaves the own one', async () => {
    const { auth, two, signIn } = await open()
    const [first, other, third] = [await signIn(), await signIn(), await signIn()]
    const there = (await auth.own.sessions.switchTo(third, two.sellerId))?.principal
    expect(await auth.own.sessions.endOthers(first)).toBe(2)
    expect([await isAlive(first), await isAlive(other)]).toEqual([true, false])
    expect(there && await isAlive(there)).toBe(false)
    expect(await auth.own.sessions.endOthers(first)).toBe(0)
    await expect(auth.own.sessions.endOthers(other)).rejects.toMatchObject({ code: 'session-over' })
  })

  it('by signing out may be repeated, and is written down once', async () => {
    const { auth, one, signIn } = await open()
    const principal = await signIn()
    await Promise.all([1, 2, 3].map(() => auth.signOut({ principal })))
    await auth.signOut({ principal })
    const ends = (await eventsOf(one.sellerId)).filter(([action]) => action === 'session.revoked')
    expect(ends).toEqual([
      ['session.revoked', `session:${principal.sessionId}`, '{"reason":"SIGNED_OUT"}', one.userId],
    ])
  })
})

describe('a session that is long over', () => {
  it('is forgotten after 30 days, with where it was', async () => {
    const { auth, signIn, clock, one } = await open()
    const [ended, idle, live] = [await signIn(), await signIn(), await signIn()]
    await auth.signOut({ principal: ended })
    await fresh.asSuperuser((sql) =>
      sql`update sessions set expires_at = now() where id = ${idle.sessionId}`
    )
    const left = async () =>
      (await fresh.asSuperuser((sql) =>
        sql`select id from sessions where seller_id = ${one.sellerId}
          and id in (${ended.sessionId}, ${idle.sessionId}, ${live.sessionId})`
      )).length
    await forgetSessions(fresh.db, new Date(clock.now + 29 * day))
    expect(await left()).toBe(3)
    expect(await forgetSessions(fresh.db, new Date(clock.now + 31 * day))).toBeGreaterThan(1)
    expect(await left()).toBe(1)
    expect(await isAlive(live)).toBe(true)
  })
})

describe('switching', () => {
  it('ends the one and opens the other, as somebody else of the same person', async () => {
    const { auth, one, two, second, signIn } = await open()
    const from = await signIn()
    expect(await auth.own.sessions.sellers(from)).toMatchObject([
      { id: one.sellerId, role: 'OWNER', status: 'ACTIVE', isCurrent: true },
      { id: two.sellerId, role: 'VIEWER', status: 'ACTIVE', isCurrent: false },
    ])
    const opened = await auth.own.sessions.switchTo(from, two.sellerId)
    if (opened === null) throw new Error('unreachable')
    const { principal } = opened
    expect(principal).toMatchObject({ sellerId: two.sellerId, userId: second, role: 'VIEWER' })
    expect([await isAlive(from), await isAlive(principal)]).toEqual([false, true])
    expect((await eventsOf(one.sellerId)).at(-1)).toEqual([
      ...['session.revoked', `session:${from.sessionId}`, '{"reason":"SWITCHED"}', one.userId],
    ])
    expect(await eventsOf(two.sellerId)).toEqual([
      ['session.opened', `session:${principal.sessionId}`, '{"method":"switch"}', second],
    ])
    expect((await auth.refresh(opened.refresh.token)).principal).toEqual(principal)
  })

  it('takes along the second factor, the step-up and the 90 days', async () => {
    const { auth, one, two, clock, signIn } = await open()
    const from = await signIn()
    const { recoveryCodes: [recoveryCode] } = await withFactor(
      auth,
      { ...one, sessionId: from.sessionId },
      () => clock.now,
    )
    await auth.own.factor.stepUp(from, { recoveryCode })
    const at = await auth.steppedUpAt(from)
    clock.now += 29 * day
    const opened = await auth.own.sessions.switchTo(from, two.sellerId)
    expect(opened && await auth.steppedUpAt(opened.principal)).toEqual(at)
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select extract(epoch from absolute_expires_at - created_at)::int / ${
        day / 1000
      }::int as days
        from sessions where id = ${opened?.principal.sessionId ?? ''}`
    )
    expect(row).toEqual({ days: 61 })
  })

  it('leads to no seller whom one does not work for', async () => {
    const { auth, two, second, signIn } = await open()
    const stranger = await makeSeller(fresh.db)
    const from = await signIn()
    expect(await auth.own.sessions.switchTo(from, stranger.sellerId)).toBeNull()
    expect(await auth.own.sessions.switchTo(from, newId())).toBeNull()
    await fresh.asSuperuser((sql) =>
      sql`update seller_users set removed_at = now() where id = ${second}`
    )
    expect(await auth.own.sessions.switchTo(from, two.sellerId)).toBeNull()
    expect(await isAlive(from)).toBe(true)
  })

  it('of one session by many at once has one winner', async () => {
    const { auth, two, signIn } = await open()
    const from = await signIn()
    const asks = Array.from({ length: 8 }, () => auth.own.sessions.switchTo(from, two.sellerId))
    const opened = (await Promise.all(asks)).filter((one) => one !== null)
    expect(opened).toHaveLength(1)
  })
})
