/** Invitations: bound to an address, good once and for a week, and silent about everybody else. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { inScope, outcomeOf } from '../isolation/attempts.ts'
import { type Answer, chosen, type Member, openTenancyWorld, type World } from './world.ts'

let world: World
let owner: Member
beforeAll(async () => {
  world = await openTenancyWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  world.clock.now = Date.now()
  owner = await world.owner()
})
/** Time passes, and the OWNER signs in again. */
const later = async (ms: number): Promise<void> => {
  world.clock.now += ms
  owner = { ...owner, cookie: (await world.signIn(owner.email)).cookie ?? '' }
}

const day = 24 * 3_600_000
const address = () => `ravi-${newId()}@example.in`
const invite = (email: string, role = 'OPERATOR', as: Member = owner) =>
  world.ask('/v1/invitations', { cookie: as.cookie, json: { email, role } })
const act = (id: string, what: 'resend' | 'DELETE') =>
  what === 'DELETE'
    ? world.ask(`/v1/invitations/${id}`, { cookie: owner.cookie, method: 'DELETE' })
    : world.ask(`/v1/invitations/${id}/resend`, { cookie: owner.cookie, method: 'POST' })
const accept = (token: string, word?: string, cookie?: string) =>
  world.ask('/v1/auth/invitations/accept', {
    cookie,
    json: { token, ...word === undefined ? {} : { password: word } },
  })
const outcome = ({ status, body }: Answer) => status < 400 ? status : body.code
const stateOf = async (id: string): Promise<string> =>
  (await world.ask(`/v1/invitations/${id}`, owner)).body.state
const plain = ({ status, body, headers }: Answer) =>
  JSON.stringify([status, { ...body, instance: '' }, headers.get('set-cookie')])

describe('an invitation', () => {
  it('goes out by mail and is listed, without its token', async () => {
    const email = address()
    const made = await invite(email)
    expect(made).toMatchObject({ status: 201, body: { email, role: 'OPERATOR', state: 'OPEN' } })
    expect(made.headers.get('location')).toBe(`/v1/invitations/${made.body.id}`)
    const token = await world.mails.tokenFor(email)
    const listed = await world.ask('/v1/invitations', owner)
    expect(listed.body.data).toEqual([made.body])
    expect(JSON.stringify([made.body, listed.body])).not.toContain(token)
    const [stored] = await world.fresh.asSuperuser((admin) =>
      admin`select * from invitations where id = ${made.body.id}`
    )
    expect(JSON.stringify(stored)).not.toContain(token)
    // the address is in its row alone
    const audit = await world.auditOf(owner.sellerId)
    expect(audit).toEqual([{
      action: 'user.invited',
      target: `invitation:${made.body.id}`,
      data: { role: 'OPERATOR' },
      actor: owner.userId,
    }])
    expect(JSON.stringify(audit)).not.toContain(email)
  })

  it('is made by OWNERs, read by ADMINs, and makes no OWNER', async () => {
    const admin = await world.addMember(owner.sellerId, 'ADMIN')
    expect(outcome(await invite(address(), 'VIEWER', admin))).toBe('forbidden')
    expect((await world.ask('/v1/invitations', admin)).status).toBe(200)
    expect(outcome(await invite(address(), 'OWNER'))).toBe('invalid-request')
    const more = await world.ask('/v1/invitations', {
      cookie: owner.cookie,
      json: { email: address(), role: 'VIEWER', expires_at: '2099-01-01T00:00:00Z' },
    })
    expect(outcome(more)).toBe('invalid-request')
  })

  it('is another seller’s for nobody', async () => {
    const { body } = await invite(address())
    const other = await world.owner()
    const nobody = newId()
    for (const [method, tail] of [['GET', ''], ['DELETE', ''], ['POST', '/resend']] as const) {
      const ask = (id: string) =>
        world.ask(`/v1/invitations/${id}${tail}`, { cookie: other.cookie, method })
      expect(plain(await ask(body.id))).toBe(plain(await ask(nobody)))
    }
    expect(await stateOf(body.id)).toBe('OPEN')
    expect((await world.ask('/v1/invitations', other)).body.data).toEqual([])
  })

  it('tells nothing of who is known to us elsewhere', async () => {
    const elsewhere = await world.owner()
    const [known, unknown] = [await invite(elsewhere.email), await invite(address())]
    const shape = ({ status, body }: Answer) => [status, Object.keys(body), body.state, body.role]
    expect(shape(known)).toEqual(shape(unknown))
    const listed = (await world.ask('/v1/invitations', owner)).body.data
    expect(listed.map((one: object) => Object.keys(one).join()))
      .toEqual(Array(2).fill(Object.keys(known.body).join()))
  })

  it('is one for an address, and none for who is there', async () => {
    const email = address()
    const viewer = await world.addMember(owner.sellerId, 'VIEWER')
    expect(outcome(await invite(viewer.email))).toBe('user-exists')
    expect(outcome(await invite(email))).toBe(201)
    expect(outcome(await invite(email.toUpperCase()))).toBe('invitation-exists')
    // of another seller it is no hindrance
    expect(outcome(await invite(email, 'VIEWER', await world.owner()))).toBe(201)
    await world.ask(`/v1/users/${viewer.userId}`, { cookie: owner.cookie, method: 'DELETE' })
    expect(outcome(await invite(viewer.email))).toBe(201)
  })

  it('is made once for a key', async () => {
    const [email, key] = [address(), newId()]
    const ask = () =>
      world.ask('/v1/invitations', { cookie: owner.cookie, key, json: { email, role: 'ADMIN' } })
    const [first, again] = [await ask(), await ask()]
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    await world.mails.post.drain()
    expect(world.mails.mails.filter(({ to }) => to === email)).toHaveLength(1)
  })

  it('does not fill a mailbox by coming again and again', async () => {
    const email = address()
    for (let n = 0; n < 3; n++) {
      const { body } = await invite(email)
      expect(outcome(await act(body.id, 'DELETE'))).toBe(204)
    }
    const refused = await invite(email)
    expect(outcome(refused)).toBe('mail-throttled')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    await later(3_600_001)
    expect(outcome(await invite(email))).toBe(201)
  })
})

describe('sending once more', () => {
  it('takes a new token, a week from now, and not within a minute', async () => {
    const email = address()
    const { body } = await invite(email)
    const first = await world.mails.tokenFor(email)
    const early = await act(body.id, 'resend')
    expect(outcome(early)).toBe('mail-throttled')
    expect(Number(early.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    await later(6 * day)
    const sent = await act(body.id, 'resend')
    expect(Date.parse(sent.body.expires_at)).toBe(world.clock.now + 7 * day)
    const second = await world.mails.tokenFor(email)
    expect(second).not.toBe(first)
    await later(6 * day)
    expect(outcome(await accept(first, chosen))).toBe('link-refused')
    expect(outcome(await accept(second, chosen))).toBe(200)
    expect(outcome(await act(body.id, 'resend'))).toBe('invitation-closed')
  })

  it('ends after ten mails', async () => {
    const { body } = await invite(address())
    for (let n = 1; n < 10; n++) {
      world.clock.now += 61_000
      expect(outcome(await act(body.id, 'resend'))).toBe(200)
    }
    world.clock.now += 61_000
    expect(outcome(await act(body.id, 'resend'))).toBe('mail-throttled')
  })
})

describe('an end', () => {
  it('comes by revoking, once and for all', async () => {
    const email = address()
    const { body } = await invite(email)
    const token = await world.mails.tokenFor(email)
    expect(outcome(await act(body.id, 'DELETE'))).toBe(204)
    expect(outcome(await act(body.id, 'DELETE'))).toBe(204)
    expect(await stateOf(body.id)).toBe('REVOKED')
    expect(outcome(await accept(token, chosen))).toBe('link-refused')
    expect(outcome(await act(body.id, 'resend'))).toBe('invitation-closed')
    expect((await world.auditOf(owner.sellerId)).map(({ action }) => action)).toEqual([
      ...['user.invited', 'user.invitation-revoked'],
    ])
  })

  it('comes after a week, and makes room for another one', async () => {
    const email = address()
    const { body } = await invite(email)
    const token = await world.mails.tokenFor(email)
    await later(7 * day)
    expect(await stateOf(body.id)).toBe('EXPIRED')
    expect(outcome(await accept(token, chosen))).toBe('link-refused')
    expect(outcome(await invite(email))).toBe(201)
    expect(await stateOf(body.id)).toBe('REVOKED')
    expect(outcome(await accept(await world.mails.tokenFor(email), chosen))).toBe(200)
  })

  it('says the same of a token that is used, revoked, old, or nobody’s', async () => {
    const emails = [address(), address(), address()]
    const ids: string[] = []
    const tokens: string[] = []
    for (const email of emails) {
      ids.push((await invite(email)).body.id)
      tokens.push(await world.mails.tokenFor(email))
    }
    await accept(tokens[0] ?? '', chosen)
    await act(ids[1] ?? '', 'DELETE')
    await world.fresh.asSuperuser((admin) =>
      admin`update invitations set expires_at = now() - interval '1 day' where id = ${ids[2] ?? ''}`
    )
    const answers = []
    for (const token of [...tokens, 'f'.repeat(64), 'x']) answers.push(await accept(token, chosen))
    expect(new Set(answers.map(plain)).size).toBe(1)
    expect(answers[0]?.body.code).toBe('link-refused')
  })
})

it('is written by the seller’s people only as far as they may: no token, no end that is not theirs', async () => {
  const { body } = await invite(address())
  const entry = await world.entryOf(owner)
  const attempts = [
    'select token_hash from invitations',
    `update invitations set accepted_at = now() where id = '${body.id}'`,
    `update invitations set role = 'ADMIN' where id = '${body.id}'`,
    `update invitations set email = 'x@example.in' where id = '${body.id}'`,
    `delete from invitations where id = '${body.id}'`,
    `update seller_users set role = 'OWNER'`,
    `update sellers set support_consent = 'NOTIFY'`,
    `select password_hash from identities`,
  ]
  for (const attempt of attempts) {
    expect(await outcomeOf(() => inScope(world.fresh.db, entry, attempt)), attempt).toBe('42501')
  }
})
