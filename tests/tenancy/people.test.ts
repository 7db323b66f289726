/** The people of a seller: roles, removal, leaving, and the last OWNER. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { chosen, type Member, openTenancyWorld, type World } from './world.ts'

let world: World
let owner: Member
beforeAll(async () => {
  world = await openTenancyWorld()
})
afterAll(() => world.close())

const fresh = async () => {
  owner = await world.owner()
  return owner
}
const me = (member: Pick<Member, 'cookie'>) => world.ask('/v1/me', member)
const patch = (as: Member, id: string, role: string) =>
  world.ask(`/v1/users/${id}`, { cookie: as.cookie, method: 'PATCH', json: { role } })
const remove = (as: Member, id: string) =>
  world.ask(`/v1/users/${id}`, { cookie: as.cookie, method: 'DELETE' })
const leave = (as: Member) => world.ask('/v1/users/leave', { cookie: as.cookie, method: 'POST' })
const transfer = (as: Member, user_id: string) =>
  world.ask('/v1/seller/transfer', { cookie: as.cookie, json: { user_id } })
const ownersOf = (sellerId: string) =>
  world.fresh.asSuperuser(async (admin) => {
    const rows = await admin`
      select id from seller_users where seller_id = ${sellerId} and role = 'OWNER'
        and removed_at is null`
    return rows.map(({ id }) => String(id))
  })
const outcome = ({ status, body }: Awaited<ReturnType<World['ask']>>) =>
  status < 400 ? status : body.code

describe('the list', () => {
  it('tells who is there, since when, and whether a second factor guards them', async () => {
    const { sellerId, userId, email } = await fresh()
    const viewer = await world.addMember(sellerId, 'VIEWER')
    await world.fresh.asSuperuser((admin) =>
      admin`update identities set totp_secret_enc = '\\x00', totp_enabled_at = now()
        where id = ${viewer.identityId}`
    )
    const { body } = await world.ask('/v1/users', owner)
    expect(body.data).toMatchObject([
      { id: userId, email, role: 'OWNER', removed_at: null, has_second_factor: false },
      { id: viewer.userId, email: viewer.email, role: 'VIEWER', has_second_factor: true },
    ])
    for (const { last_seen_at } of body.data) {
      expect(Date.parse(last_seen_at)).toBeGreaterThanOrEqual(world.clock.now)
    }
    expect(Object.keys(body.data[0]).toSorted()).toEqual([
      ...['email', 'has_second_factor', 'id', 'joined_at', 'last_seen_at', 'removed_at', 'role'],
    ])
  })

  it('is for OWNER and ADMIN, and holds nobody of another seller', async () => {
    const { sellerId } = await fresh()
    const [admin, other] = [await world.addMember(sellerId, 'ADMIN'), await world.owner()]
    expect((await world.ask('/v1/users', admin)).body.data).toHaveLength(2)
    for (const role of ['OPERATOR', 'FINANCE', 'VIEWER'] as const) {
      const member = await world.addMember(sellerId, role)
      expect((await world.ask('/v1/users', member)).body.code).toBe('forbidden')
    }
    expect((await world.ask('/v1/users', other)).body.data).toHaveLength(1)
    const foreign = await world.ask(`/v1/users/${owner.userId}`, other)
    const nobody = await world.ask(`/v1/users/${newId()}`, other)
    expect([foreign.status, foreign.body.code]).toEqual([404, 'not-found'])
    expect({ ...foreign.body, instance: '' }).toEqual({ ...nobody.body, instance: '' })
  })
})

describe('a change of role', () => {
  it('is one row, holds from the next request on, and is written down', async () => {
    const { sellerId, userId } = await fresh()
    const member = await world.addMember(sellerId, 'ADMIN')
    const rows = () =>
      world.fresh.asSuperuser((admin) =>
        admin`select id, xmin::text from seller_users where seller_id = ${sellerId} order by id`
      ).then((all) => new Map(all.map(({ id, xmin }) => [id, xmin])))
    const before = await rows()
    expect((await world.ask('/v1/users', member)).status).toBe(200)
    const changed = await patch(owner, member.userId, 'VIEWER')
    expect([changed.status, changed.body.role]).toEqual([200, 'VIEWER'])
    // with the token that still says ADMIN
    expect((await world.ask('/v1/users', member)).body.code).toBe('forbidden')
    const after = await rows()
    expect([...after].filter(([id, xmin]) => before.get(id) !== xmin).map(([id]) => id))
      .toEqual([member.userId])
    expect(await world.auditOf(sellerId)).toEqual([{
      action: 'user.role-changed',
      target: `user:${member.userId}`,
      data: { from: 'ADMIN', to: 'VIEWER' },
      actor: userId,
    }])
    await patch(owner, member.userId, 'VIEWER')
    expect(await world.auditOf(sellerId)).toHaveLength(1)
  })

  it('is for OWNERs, for people of the seller, and for roles that there are', async () => {
    const { sellerId } = await fresh()
    const [admin, other] = [await world.addMember(sellerId, 'ADMIN'), await world.owner()]
    expect(outcome(await patch(admin, owner.userId, 'VIEWER'))).toBe('forbidden')
    expect(outcome(await patch(admin, admin.userId, 'OWNER'))).toBe('forbidden')
    expect(outcome(await patch(owner, other.userId, 'VIEWER'))).toBe('not-found')
    expect(outcome(await patch(owner, newId(), 'VIEWER'))).toBe('not-found')
    expect(outcome(await patch(owner, admin.userId, 'ROOT'))).toBe('invalid-request')
    expect(await ownersOf(sellerId)).toEqual([owner.userId])
    expect(await ownersOf(other.sellerId)).toEqual([other.userId])
    expect(await world.auditOf(sellerId)).toEqual([])
  })

  it('makes an OWNER only after a fresh proof of who asks', async () => {
    const { sellerId } = await fresh()
    const admin = await world.addMember(sellerId, 'ADMIN')
    expect(outcome(await patch(owner, admin.userId, 'OWNER'))).toBe('step-up-required')
    await world.stepUp(owner)
    expect(outcome(await patch(owner, admin.userId, 'OWNER'))).toBe(200)
    expect((await ownersOf(sellerId)).toSorted()).toEqual([owner.userId, admin.userId].toSorted())
  })

  it('never takes the last OWNER away', async () => {
    const { sellerId } = await fresh()
    expect(outcome(await patch(owner, owner.userId, 'ADMIN'))).toBe('last-owner')
    expect(outcome(await remove(owner, owner.userId))).toBe('last-owner')
    expect(outcome(await leave(owner))).toBe('last-owner')
    expect(await ownersOf(sellerId)).toEqual([owner.userId])
    const second = await world.addMember(sellerId, 'OWNER')
    expect(outcome(await patch(owner, owner.userId, 'ADMIN'))).toBe(200)
    expect(outcome(await leave(second))).toBe('last-owner')
    // an OWNER who is gone is none
    const third = await world.addMember(sellerId, 'OWNER')
    expect(outcome(await remove(second, third.userId))).toBe(200)
    expect(outcome(await leave(second))).toBe('last-owner')
  })

  it('takes no other member of the row along', async () => {
    const { sellerId } = await fresh()
    const member = await world.addMember(sellerId, 'VIEWER')
    const columns = await world.fresh.asSuperuser((admin) =>
      admin`select distinct column_name from information_schema.columns
        where table_name in ('seller_users', 'identities', 'sellers')`
    )
    expect(columns.length).toBeGreaterThan(15)
    for (const { column_name } of columns) {
      if (column_name === 'role') continue
      const answer = await world.ask(`/v1/users/${member.userId}`, {
        cookie: owner.cookie,
        method: 'PATCH',
        json: { role: 'ADMIN', [column_name]: newId() },
      })
      expect(outcome(answer), column_name).toBe('invalid-request')
    }
  })
})

describe('removal', () => {
  it('ends the sessions at once, refuses sign-in, and leaves the history', async () => {
    const { sellerId, userId } = await fresh()
    const member = await world.addMember(sellerId, 'ADMIN')
    const again = await world.signIn(member.email)
    expect((await me(member)).status).toBe(200)
    await world.ask('/v1/invitations', {
      cookie: owner.cookie,
      json: { email: 'later@example.in', role: 'VIEWER' },
    })
    expect(outcome(await remove(owner, member.userId))).toBe(200)
    for (const cookie of [member.cookie, again.cookie]) {
      expect(outcome(await world.ask('/v1/me', { cookie }))).toBe('session-over')
      expect(outcome(await world.ask('/v1/users', { cookie }))).toBe('session-over')
    }
    expect(outcome(await world.signIn(member.email))).toBe('sign-in-refused')
    expect((await world.ask('/v1/users', owner)).body.data).toHaveLength(1)
    const gone = (await world.ask(`/v1/users/${member.userId}`, owner)).body
    expect(gone).toMatchObject({ email: member.email, role: 'ADMIN' })
    expect(Date.parse(gone.removed_at)).toBeGreaterThan(0)
    const all = (await world.ask('/v1/users?include=removed', owner)).body.data
    expect(all.map(({ id }: { id: string }) => id)).toEqual([userId, member.userId])
    expect((await world.auditOf(sellerId)).at(-1)).toEqual({
      action: 'user.removed',
      target: `user:${member.userId}`,
      data: { role: 'ADMIN' },
      actor: userId,
    })
    expect(outcome(await remove(owner, member.userId))).toBe('not-found')
  })

  it('names the API keys that stay, and they stay', async () => {
    const { sellerId } = await fresh()
    const member = await world.addMember(sellerId, 'ADMIN')
    const id = newId()
    await world.fresh.asSuperuser((admin) =>
      admin`insert into api_keys (seller_id, id, name, prefix, secret_hash, scopes,
          created_by_user_id)
        values (${sellerId}, ${id}, 'Warehouse', '1234', sha256('x'), '{orders:read}',
          ${member.userId})`
    )
    const { body } = await remove(owner, member.userId)
    expect(body).toEqual({ api_keys: [{ id, name: 'Warehouse', prefix: 'rk_1234' }] })
    const [key] = await world.fresh.asSuperuser((admin) =>
      admin`select revoked_at from api_keys where id = ${id}`
    )
    expect(key?.revoked_at).toBe(null)
  })

  it('withdraws what the person had asked others to', async () => {
    const { sellerId } = await fresh()
    const second = await world.addMember(sellerId, 'OWNER')
    const email = `asked-${newId()}@example.in`
    const made = await world.ask('/v1/invitations', {
      cookie: second.cookie,
      json: { email, role: 'ADMIN' },
    })
    expect(made.status).toBe(201)
    const token = await world.mails.tokenFor(email)
    await remove(owner, second.userId)
    const { body } = await world.ask(`/v1/invitations/${made.body.id}`, owner)
    expect(body.state).toBe('REVOKED')
    const taken = await world.ask('/v1/auth/invitations/accept', {
      json: { token, password: chosen },
    })
    expect(outcome(taken)).toBe('link-refused')
    expect((await world.auditOf(sellerId)).map(({ action }) => action)).toEqual([
      ...['user.invited', 'user.invitation-revoked', 'user.removed'],
    ])
  })

  it('is for OWNERs', async () => {
    const { sellerId } = await fresh()
    const [admin, viewer] = [
      await world.addMember(sellerId, 'ADMIN'),
      await world.addMember(sellerId, 'VIEWER'),
    ]
    expect(outcome(await remove(admin, viewer.userId))).toBe('forbidden')
    expect((await me(viewer)).status).toBe(200)
  })
})

describe('leaving', () => {
  it('ends the own sessions with this seller, of a suspended one too', async () => {
    const { sellerId } = await fresh()
    const viewer = await world.addMember(sellerId, 'VIEWER')
    await world.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'SUSPENDED' where id = ${sellerId}`
    )
    const left = await leave(viewer)
    expect(left.status).toBe(204)
    expect(left.headers.getSetCookie().join()).toContain('Max-Age=0')
    expect(outcome(await me(viewer))).toBe('session-over')
    expect((await world.auditOf(sellerId)).at(-1)).toEqual({
      action: 'user.left',
      target: `user:${viewer.userId}`,
      data: { role: 'VIEWER' },
      actor: viewer.userId,
    })
  })
})

describe('a transfer', () => {
  it('asks for a fresh proof, makes the other OWNER, and leaves ADMIN behind', async () => {
    const { sellerId, userId } = await fresh()
    const member = await world.addMember(sellerId, 'OPERATOR')
    expect(outcome(await transfer(owner, member.userId))).toBe('step-up-required')
    await world.stepUp(owner)
    const done = await transfer(owner, member.userId)
    expect(done.body).toMatchObject({ id: member.userId, role: 'OWNER' })
    expect(await ownersOf(sellerId)).toEqual([member.userId])
    expect((await me(owner)).body.user).toEqual({ id: userId, role: 'ADMIN' })
    expect((await world.ask('/v1/users', member)).status).toBe(200)
    expect((await world.auditOf(sellerId)).map(({ action, data }) => [action, data])).toEqual([
      ['seller.ownership-transferred', { from: userId, to: member.userId }],
      ['user.role-changed', { from: 'OPERATOR', to: 'OWNER' }],
      ['user.role-changed', { from: 'OWNER', to: 'ADMIN' }],
    ])
    // it is no repetition: who hands over is OWNER no more
    expect(outcome(await transfer(owner, member.userId))).toBe('forbidden')
  })

  it('goes to nobody else, and not to oneself', async () => {
    const { sellerId } = await fresh()
    await world.stepUp(owner)
    const [admin, other] = [await world.addMember(sellerId, 'ADMIN'), await world.owner()]
    const gone = await world.addMember(sellerId, 'ADMIN')
    await remove(owner, gone.userId)
    expect(outcome(await transfer(owner, owner.userId))).toBe('not-on-oneself')
    for (const id of [other.userId, gone.userId, newId()]) {
      expect(outcome(await transfer(owner, id))).toBe('not-found')
    }
    await world.stepUp(admin)
    expect(outcome(await transfer(admin, admin.userId))).toBe('forbidden')
    expect(await ownersOf(sellerId)).toEqual([owner.userId])
  })
})
