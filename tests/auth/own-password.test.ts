/** Passwords that change: by who knows the old one, by who reads the mailbox, and by nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryOf, type UserPrincipal } from '../../core/auth/principal.ts'
import { command } from '../../core/db/sql.ts'
import { isFault } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { createLog } from '../../core/log.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { mailBox, openAuth, plainHasher } from '../support/sign-in.ts'

const password = 'eleven purple geese'
const next = 'a kite over the river'
const client = { ip: '192.0.2.1', userAgent: null }

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

/** A person of two sellers, signed in twice with each. */
const open = async (options: { readonly appUrl?: string } = {}) => {
  const clock = { now: Date.now() }
  const lines: string[] = []
  const now = () => new Date(clock.now)
  const log = createLog((line) => lines.push(line), now)
  const { auth, mails } = await openAuth(fresh.db, {
    ...{ hasher: plainHasher, now, log, mails: mailBox(log), ...options },
  })
  const one = await makeSeller(fresh.db, { passwordHash: `plain:${password}` })
  const two = await makeSeller(fresh.db)
  const second = newId()
  await fresh.asSuperuser((sql) =>
    sql`insert into seller_users (seller_id, id, identity_id, role)
      values (${two.sellerId}, ${second}, ${one.identityId}, 'ADMIN')`
  )
  const sessions: UserPrincipal[] = []
  for (const sellerId of [one.sellerId, two.sellerId, one.sellerId, two.sellerId]) {
    const { principal } = await auth.signIn({ email: one.email, password, client })
    const other = principal.sellerId === sellerId
      ? principal
      : (await auth.own.sessions.switchTo(principal, sellerId))?.principal
    if (other) sessions.push(other)
  }
  const [current] = sessions
  if (current === undefined || sessions.length < 4) throw new Error('unreachable')
  const alive = () => Promise.all(sessions.map(isAlive))
  const signIn = (word: string) => codeOf(auth.signIn({ email: one.email, password: word, client }))
  return { auth, mails, clock, lines, one, two, second, sessions, current, alive, signIn }
}
const isAlive = async (principal: UserPrincipal): Promise<boolean> =>
  await codeOf(fresh.db.inSellerScope(entryOf(principal)).run(command`select`)) === 'done'
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'done'
  } catch (error) {
    if (isFault(error)) return error.code
    throw error
  }
}
const eventsOf = (sellerId: string, like: string) =>
  fresh.asSuperuser((sql) =>
    sql`select action, target, data, actor_kind, actor_user_id from audit_events
      where seller_id = ${sellerId} and action like ${like} order by seq`
  )

describe('changing a password', () => {
  it('ends every other session of the person, with all sellers, and tells each', async () => {
    const { auth, mails, one, two, second, current, alive, signIn } = await open()
    expect(await alive()).toEqual([true, true, true, true])
    await auth.own.password.change(current, { current: password, next })
    expect(await alive()).toEqual([true, false, false, false])
    expect([await signIn(password), await signIn(next)]).toEqual(['sign-in-refused', 'done'])
    for (
      const [sellerId, userId] of [[one.sellerId, one.userId], [two.sellerId, second]] as const
    ) {
      expect(await eventsOf(sellerId, 'password.%')).toEqual([{
        ...{ action: 'password.changed', target: `user:${userId}`, data: '{}' },
        ...{ actor_kind: 'user', actor_user_id: userId },
      }])
    }
    // in the order of the sellers, so that two who change something at once do not wait in a ring
    const order = await fresh.asSuperuser((sql) =>
      sql`select seller_id from audit_events
        where seller_id in (${one.sellerId}, ${two.sellerId})
          and (data like '%PASSWORD_CHANGED%' or action = 'password.changed')
        order by at`
    )
    const sellers = order.map((row) => String(row['seller_id']))
    // those of four sessions, and two of the password
    expect(sellers.length).toBe(6)
    expect(sellers).toEqual(sellers.toSorted())
    const ended = (await eventsOf(two.sellerId, 'session.revoked')).at(-1)
    expect(ended).toMatchObject({ data: '{"reason":"PASSWORD_CHANGED"}', actor_user_id: second })
    await mails.post.drain()
    expect(mails.mails).toMatchObject([{ to: one.email, subject: 'Your sign-in has changed' }])
  })

  it('takes the old one, and a new one that may be chosen', async () => {
    const { auth, current, alive, one, signIn } = await open()
    const change = (from: string, to: string) =>
      codeOf(auth.own.password.change(current, { current: from, next: to }))
    expect(await change('wrong', next)).toBe('step-up-refused')
    expect(await change(password, 'password1')).toBe('password-refused')
    expect(await change(password, one.email)).toBe('password-refused')
    expect(await change(password, `Seller ${one.sellerId}`)).toBe('password-refused')
    expect(await alive()).toEqual([true, true, true, true])
    expect(await signIn(password)).toBe('done')
    for (let tries = 0; tries < 10; tries++) await change('wrong', next)
    expect(await change(password, next)).toBe('sign-in-throttled')
  })

  it('by two at once has one winner', async () => {
    const { auth, sessions } = await open()
    const asks = sessions.map((principal, at) =>
      codeOf(auth.own.password.change(principal, { current: password, next: `${next} ${at}` }))
    )
    const codes = await Promise.all(asks)
    expect(codes.filter((code) => code === 'done')).toHaveLength(1)
    expect(codes.filter((code) => ['session-over', 'step-up-refused'].includes(code))).toHaveLength(
      3,
    )
  })
})

describe('a forgotten password', () => {
  it('is reset by a link, once: all sessions end, and each seller is told', async () => {
    const { auth, mails, one, two, second, alive, signIn } = await open()
    auth.own.password.forgot({ email: ` ${one.email.toUpperCase()}`, clientIp: client.ip })
    const token = await mails.tokenFor(one.email)
    const asks = await Promise.all(
      Array.from({ length: 5 }, () => codeOf(auth.own.password.reset({ token, password: next }))),
    )
    expect(asks.toSorted()).toEqual(['done', ...Array(4).fill('link-refused')])
    expect(await alive()).toEqual([false, false, false, false])
    expect([await signIn(password), await signIn(next)]).toEqual(['sign-in-refused', 'done'])
    for (
      const [sellerId, userId] of [[one.sellerId, one.userId], [two.sellerId, second]] as const
    ) {
      const events = await eventsOf(sellerId, 'password.%')
      expect(events).toMatchObject([{ action: 'password.reset', actor_user_id: userId }])
    }
    const [row] = await fresh.asSuperuser((sql) =>
      sql`select email_verified_at is not null as verified from identities
        where id = ${one.identityId}`
    )
    expect(row).toEqual({ verified: true })
  })

  it('is reset within the hour, to the second, and by the newest link or the one before', async () => {
    const { auth, mails, one, clock } = await open()
    const ask = async () => {
      auth.own.password.forgot({ email: one.email, clientIp: client.ip })
      return await mails.tokenFor(one.email)
    }
    const [first, other] = [await ask(), await ask()]
    expect(first).not.toBe(other)
    clock.now += 60 * 60_000
    expect(await codeOf(auth.own.password.reset({ token: first, password: next }))).toBe(
      'link-refused',
    )
    const third = await ask()
    clock.now += 60 * 60_000 - 1
    const fourth = await ask()
    expect(await codeOf(auth.own.password.reset({ token: third, password: next }))).toBe('done')
    // and no link outlives a reset
    for (const token of [other, fourth]) {
      expect(await codeOf(auth.own.password.reset({ token, password: next }))).toBe('link-refused')
    }
  })

  it('is not lost by a new one that may not be chosen', async () => {
    const { auth, mails, one, signIn } = await open()
    auth.own.password.forgot({ email: one.email, clientIp: client.ip })
    const token = await mails.tokenFor(one.email)
    const reset = (word: string) => codeOf(auth.own.password.reset({ token, password: word }))
    expect(await reset('password1')).toBe('password-refused')
    expect(await signIn(password)).toBe('done')
    expect(await reset(next)).toBe('done')
    for (const wrong of ['', 'x', token.slice(1), `${token} `]) {
      expect(await codeOf(auth.own.password.reset({ token: wrong, password: next })))
        .toBe('link-refused')
    }
  })

  it('is written to nobody for an address that nobody has, and seldom to anybody', async () => {
    const { auth, mails, one, lines } = await open()
    for (const email of ['nobody@example.in', '', 'no address', 'a@b\0.in']) {
      auth.own.password.forgot({ email, clientIp: '203.0.113.5' })
    }
    await mails.post.drain()
    expect(mails.mails).toEqual([])
    for (let at = 0; at < 10; at++) {
      auth.own.password.forgot({ email: one.email, clientIp: `203.0.113.${at}` })
    }
    await mails.post.drain()
    expect(mails.mails.map(({ to }) => to)).toEqual([one.email, one.email, one.email])
    expect(lines.join()).not.toContain('example.in')
    for (const { text } of mails.mails) {
      const token = /: ([\w-]{40,})/.exec(text)?.[1] ?? ''
      expect(token).toHaveLength(43)
      expect(lines.join()).not.toContain(token)
      const [row] = await fresh.asSuperuser((sql) =>
        sql<{ all: string }[]>`select string_agg(t::text, ' ') as all from mail_tokens t`
      )
      expect(row?.all).not.toContain(token)
    }
  })

  it('has a link into the pages of the seller where there are some, behind the #', async () => {
    const { auth, mails, one } = await open({ appUrl: 'https://app.example.in' })
    auth.own.password.forgot({ email: one.email, clientIp: client.ip })
    const token = await mails.tokenFor(one.email)
    expect(mails.mails[0]?.text).toContain(`https://app.example.in/reset-password#token=${token}\n`)
  })

  it('lets the person in whom others have locked out', async () => {
    const { auth, mails, one, signIn } = await open()
    for (let at = 0; at < 120; at++) {
      const from = { ...client, ip: `198.51.100.${at}` }
      await codeOf(auth.signIn({ email: one.email, password: 'wrong', client: from }))
    }
    expect(await signIn(password)).toBe('sign-in-throttled')
    auth.own.password.forgot({ email: one.email, clientIp: client.ip })
    const token = await mails.tokenFor(one.email)
    await auth.own.password.reset({ token, password: next })
    expect(await signIn(next)).toBe('done')
  })
})
