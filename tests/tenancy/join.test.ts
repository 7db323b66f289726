/** Taking an invitation: by the person of its address, once. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import {
  type Answer,
  chosen,
  type Member,
  openTenancyWorld,
  password,
  type World,
} from './world.ts'

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
const peopleOf = (sellerId: string) =>
  world.fresh.asSuperuser(async (admin) =>
    (await admin`
      select u.id, u.role, i.email from seller_users u join identities i on i.id = u.identity_id
      where u.seller_id = ${sellerId} and u.removed_at is null order by u.created_at`)
      .map((row) => ({ ...row }))
  )
const plain = ({ status, body, headers }: Answer) =>
  JSON.stringify([status, { ...body, instance: '' }, headers.get('set-cookie')])

describe('taking it', () => {
  it('makes the person of the address, who is signed in with the role', async () => {
    const email = address()
    const { body } = await invite(email, 'FINANCE')
    const joined = await accept(await world.mails.tokenFor(email), chosen)
    expect(joined.body).toMatchObject({
      user: { role: 'FINANCE' },
      seller: { id: owner.sellerId },
    })
    const me = await world.ask('/v1/me', { cookie: joined.cookie })
    expect(me.body.user).toEqual(joined.body.user)
    expect(await peopleOf(owner.sellerId)).toMatchObject([
      { role: 'OWNER' },
      { id: joined.body.user.id, role: 'FINANCE', email },
    ])
    expect(await stateOf(body.id)).toBe('ACCEPTED')
    expect(outcome(await act(body.id, 'DELETE'))).toBe('invitation-closed')
    expect((await world.auditOf(owner.sellerId)).at(-1)).toEqual({
      action: 'user.joined',
      target: `user:${joined.body.user.id}`,
      data: { role: 'FINANCE', invitation: body.id },
      actor: joined.body.user.id,
    })
    expect(outcome(await world.signIn(email, chosen))).toBe(200)
  })

  it('asks a known person for their own password, and not for a new one', async () => {
    const known = await world.owner()
    await invite(known.email, 'VIEWER')
    const token = await world.mails.tokenFor(known.email)
    expect(outcome(await accept(token, chosen))).toBe('sign-in-refused')
    expect(outcome(await accept(token, password))).toBe(200)
    expect((await peopleOf(owner.sellerId)).map(({ email }) => email))
      .toEqual([owner.email, known.email])
    expect(outcome(await world.signIn(known.email))).toBe(200)
  })

  it('asks who is signed in with the address for nothing', async () => {
    const known = await world.owner()
    await invite(known.email, 'VIEWER')
    const joined = await accept(await world.mails.tokenFor(known.email), undefined, known.cookie)
    expect(joined.body).toMatchObject({ user: { role: 'VIEWER' }, seller: { id: owner.sellerId } })
    // the session stays where it is
    expect(joined.cookie).toBe(undefined)
    expect((await world.ask('/v1/me', known)).body.seller.id).toBe(known.sellerId)
    const gone = await world.ask('/v1/auth/switch', {
      cookie: known.cookie,
      json: { seller_id: owner.sellerId },
    })
    expect((await world.ask('/v1/me', { cookie: gone.cookie })).body.user)
      .toEqual(joined.body.user)
  })

  it('is for nobody with another address, whatever they bring', async () => {
    const email = address()
    const { body } = await invite(email)
    const token = await world.mails.tokenFor(email)
    const [thief, plainThief] = [await world.owner(), await world.owner()]
    const refused = await accept(token, undefined, thief.cookie)
    expect(outcome(refused)).toBe('link-refused')
    expect(plain(refused)).toBe(plain(await accept('f'.repeat(64), undefined, thief.cookie)))
    expect(outcome(await accept(token))).toBe('link-refused')
    // whatever password they give is that of the invited address, and not theirs
    const joined = await accept(token, chosen, plainThief.cookie)
    expect(outcome(joined)).toBe(200)
    const people = await peopleOf(owner.sellerId)
    expect(people.map((one) => one.email)).toEqual([owner.email, email])
    const own = await world.ask('/v1/auth/sellers', plainThief)
    expect(JSON.stringify(own.body)).not.toContain(owner.sellerId)
    expect(await stateOf(body.id)).toBe('ACCEPTED')
  })

  it('goes to the person whose password was given, whoever was signed in before', async () => {
    const known = await world.owner()
    await invite(known.email, 'ADMIN')
    const token = await world.mails.tokenFor(known.email)
    const other = await world.owner()
    expect(outcome(await accept(token, chosen, other.cookie))).toBe('sign-in-refused')
    const joined = await accept(token, password, other.cookie)
    const me = await world.ask('/v1/me', { cookie: joined.cookie })
    expect(me.body).toMatchObject({ user: joined.body.user, seller: { id: owner.sellerId } })
    expect((await peopleOf(owner.sellerId)).map(({ email }) => email))
      .toEqual([owner.email, known.email])
  })

  it('happens once, of a hundred who bring it at once', async () => {
    const email = address()
    await invite(email)
    const token = await world.mails.tokenFor(email)
    const answers = await Promise.all(Array.from({ length: 100 }, () => accept(token, chosen)))
    const outcomes = answers.map(outcome)
    expect(outcomes.filter((one) => one === 200)).toHaveLength(1)
    const others = new Set(outcomes.filter((one) => one !== 200))
    for (const one of others) {
      expect(['link-refused', 'sign-in-throttled', 'sign-in-refused', 'database-unavailable'])
        .toContain(one)
    }
    expect(await peopleOf(owner.sellerId)).toHaveLength(2)
  })

  it('comes back as somebody new, with a history that stays', async () => {
    const email = address()
    await invite(email, 'ADMIN')
    const first = (await accept(await world.mails.tokenFor(email), chosen)).body.user.id
    await world.ask(`/v1/users/${first}`, { cookie: owner.cookie, method: 'DELETE' })
    await invite(email, 'VIEWER')
    const second = (await accept(await world.mails.tokenFor(email), chosen)).body.user.id
    expect(second).not.toBe(first)
    const all = (await world.ask('/v1/users?include=removed', owner)).body.data
    expect(all.filter((one: { email: string }) => one.email === email)).toMatchObject([
      { id: first, role: 'ADMIN', removed_at: expect.any(String) },
      { id: second, role: 'VIEWER', removed_at: null },
    ])
  })

  it('is a write: a suspended seller takes nobody in', async () => {
    const email = address()
    await invite(email)
    const token = await world.mails.tokenFor(email)
    await world.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'SUSPENDED' where id = ${owner.sellerId}`
    )
    expect(outcome(await accept(token, chosen))).toBe('seller-suspended')
    await world.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'ACTIVE' where id = ${owner.sellerId}`
    )
    expect(outcome(await accept(token, chosen))).toBe(200)
  })

  it('does not make somebody twice who has come another way', async () => {
    const email = address()
    await invite(email)
    const token = await world.mails.tokenFor(email)
    await world.addMember(owner.sellerId, 'VIEWER', email)
    expect(outcome(await accept(token, password))).toBe('user-exists')
    expect(await peopleOf(owner.sellerId)).toHaveLength(2)
  })
})
