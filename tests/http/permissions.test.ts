/** Permissions as data, and why a decision falls: the same as that of the guard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { createPermissions, roles } from '../../core/rbac/permissions.ts'
import { makeSeller } from '../support/database.ts'
import { type AccessWorld, openAccessWorld, type Person } from './access-world.ts'

const reason = 'for the week of the sale'
const permissions = createPermissions()
let access: AccessWorld
let ask: AccessWorld['ask']
let owner: Person
beforeAll(async () => {
  access = await openAccessWorld()
  ask = access.ask
  owner = access.owner
})
afterAll(() => access?.close())

const given = async ({ userId }: Person, json: object): Promise<string> => {
  const path = `/v1/users/${userId}/overrides`
  const { status, body, text } = await ask(owner, path, { json: { reason, ...json } })
  if (status !== 201) throw new Error(text)
  return body.id
}
const explain = async (by: Person | string, query: string) =>
  (await ask(by, `/v1/permissions/explain?${query}`)).body

describe('the catalogue', () => {
  it('is the table, for whoever asks', async () => {
    for (const role of roles) {
      const { status, body } = await ask(await access.person(role), '/v1/permissions')
      expect(status).toBe(200)
      expect(body.data).toHaveLength(permissions.size)
      for (const one of body.data) {
        const { what, roles: holders, keys, staff, byAccount, grantable, deniable } =
          permissions.get(one.permission) ?? {}
        expect(one).toEqual({
          ...{ permission: one.permission, what, roles: holders, keys, staff, grantable, deniable },
          ...{ by_account: byAccount, plugin: null },
        })
      }
    }
  })
})

describe('an explanation', () => {
  const names = [...permissions.keys()]

  it('of oneself is for everyone; of others, for whoever sees the people', async () => {
    const viewer = await access.person('VIEWER')
    const query = (person: Person) => `permission=users:read&user_id=${person.userId}`
    expect(await explain(viewer, query(viewer))).toMatchObject({ allowed: false, role: 'VIEWER' })
    expect((await explain(viewer, query(owner))).code).toBe('forbidden')
    expect(await explain(await access.person('ADMIN'), query(viewer))).toMatchObject({
      ...{ permission: 'users:read', allowed: false, decided_by: 'role', role: 'VIEWER' },
      ...{ overrides: [], accounts: null, until: null, reading_only: false },
    })
  })

  it('names the rows that decided, and until when', async () => {
    const viewer = await access.person('VIEWER')
    const [a, b] = access.accounts
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const grant = { permission: 'customers:read', effect: 'GRANT' }
    const one = await given(viewer, { ...grant, account_id: a, expires_at: soon })
    const two = await given(viewer, { ...grant, account_id: b })
    const rows = (told: { overrides: { id: string }[] }) =>
      told.overrides.map(({ id }) => id).toSorted()
    const query = `permission=customers:read&user_id=${viewer.userId}`
    const whole = await explain(owner, query)
    expect(whole).toMatchObject({ allowed: true, decided_by: 'override', until: soon })
    expect(rows(whole)).toEqual([one, two].toSorted())
    const { only, except } = whole.accounts
    expect([only.toSorted(), except]).toEqual([[a, b].toSorted(), []])
    const ofOne = await explain(owner, `${query}&account_id=${a}`)
    expect(ofOne).toMatchObject({ allowed: true, until: soon, accounts: null })
    expect(rows(ofOne)).toEqual([one])
    expect(ofOne.overrides[0]).toEqual({
      id: one,
      effect: 'GRANT',
      account_id: a,
      expires_at: soon,
    })
    const deny = await given(viewer, { permission: 'customers:read', effect: 'DENY' })
    const denied = await explain(viewer, `${query}&account_id=${b}`)
    expect(denied).toMatchObject({ allowed: false, decided_by: 'override', until: null })
    expect(rows(denied)).toEqual([deny])
    // the reason is for whoever gave it, and not for whom it is about
    expect(JSON.stringify(denied)).not.toContain(reason)
  })

  it('is that of the guard, for every role and permission, with overrides and without', async () => {
    const allows = async (person: Person, permission: string) =>
      (await explain(person, `permission=${permission}`)).allowed
    const may = async (person: Person): Promise<readonly string[]> =>
      (await ask(person, '/v1/me')).body.permissions
    for (const role of roles) {
      const person = await access.person(role)
      for (const effect of [undefined, 'GRANT', 'DENY'] as const) {
        for (const [permission, row] of permissions) {
          if (effect === 'GRANT' && row.grantable || effect === 'DENY' && row.deniable) {
            await given(person, { permission, effect })
          }
        }
        const own = await may(person)
        const told = await Promise.all(names.map((name) => allows(person, name)))
        expect(names.filter((_, at) => told[at]), `${role} ${effect}`).toEqual(own)
        const expected = names.filter((name) => {
          const row = permissions.get(name)
          if (effect === 'DENY' && row?.deniable) return false
          return row?.roles.includes(role) || effect !== undefined && row?.grantable
        })
        expect(own, `${role} ${effect}`).toEqual(expected)
      }
    }
  })

  it('of an account that is not there is none', async () => {
    const foreign = await access.world.connectShop(await makeSeller(access.world.fresh.db), 1)
    for (const account of [foreign, newId()]) {
      expect((await explain(owner, `permission=orders:read&account_id=${account}`)).code).toBe(
        'not-found',
      )
    }
  })

  it('says when nothing can be changed, whatever is allowed', async () => {
    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const query = 'permission=accounts:connect'
    expect(await explain(chief, query)).toMatchObject({ allowed: true, reading_only: false })
    await access.world.fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'SUSPENDED' where id = ${seller.sellerId}`
    )
    expect(await explain(chief, query)).toMatchObject({ allowed: true, reading_only: true })
  })

  it('is asked with a permission of the table, and says nothing back of another', async () => {
    const { status, body, text } = await ask(
      owner,
      '/v1/permissions/explain?permission=needle:haystack',
    )
    expect([status, body.code]).toEqual([400, 'invalid-request'])
    expect(text).not.toContain('needle')
  })
})

describe('the list of who may open buyers', () => {
  const openers = async (): Promise<readonly Record<string, unknown>[]> => {
    const { status, text, body } = await ask(owner, '/v1/openings/openers')
    if (status !== 200) throw new Error(text)
    return body.data
  }
  const rowOf = async (id: string) => (await openers()).find((row) => row['id'] === id)
  const list = (by: Person | string) => ask(by, '/v1/orders?include=customer&limit=5')
  const may = ['customers:read', 'customers:reveal', 'data-principals:answer', 'seller:export']

  it('has people by role and exception, keys by scope, and when each was here and opened last', async () => {
    const [admin, finance, viewer] = [
      await access.person('ADMIN'),
      await access.person('FINANCE'),
      await access.person('VIEWER'),
    ]
    const { body: { data: orders } } = await list(owner)
    const one = orders.find(({ customer }: { customer: unknown }) => customer !== null)
    await ask(finance, `/v1/orders/${one.id}/reveal`, { json: { fields: ['name'], reason } })
    expect(await rowOf(owner.userId)).toMatchObject({ kind: 'user', role: 'OWNER', may })
    expect(await rowOf(admin.userId)).toMatchObject({
      ...{ may: may.slice(0, 3), last_opened_at: null, opened: 0, removed_at: null },
      ...{ name: expect.stringMatching(/@/), last_seen_at: expect.stringMatching(/Z$/) },
    })
    expect(await rowOf(finance.userId)).toMatchObject({
      ...{ may: ['customers:reveal'], opened: 1, last_opened_at: expect.stringMatching(/Z$/) },
    })
    expect(await rowOf(viewer.userId)).toBeUndefined()
    await ask(owner, `/v1/users/${viewer.userId}/overrides`, {
      json: {
        effect: 'GRANT',
        permission: 'customers:read',
        account_id: access.accounts[0],
        reason,
      },
    })
    expect(await rowOf(viewer.userId)).toMatchObject({ role: 'VIEWER', may: ['customers:read'] })
    for (const person of [finance, viewer]) {
      expect((await ask(person, '/v1/openings/openers')).body.code).toBe('forbidden')
    }

    const key = async (...scopes: readonly string[]) =>
      (await ask(owner, '/v1/api-keys', { json: { name: 'Desk', scopes } })).body
    const [blind, seeing] = [await key('orders:read'), await key('orders:read', 'customers:read')]
    const { body: { data } } = await list(seeing.secret)
    expect(await rowOf(blind.id)).toBeUndefined()
    expect(await rowOf(seeing.id)).toMatchObject({
      ...{ kind: 'key', name: `Desk (${seeing.prefix})`, may: ['customers:read'], role: null },
      ...{ made_by: owner.userId, maker_is_gone: false },
      last_opened_at: expect.stringMatching(/Z$/),
    })
    expect((await rowOf(seeing.id))?.['opened']).toBeGreaterThan(data.length)

    // staff see buyers masked, and what was opened for that is told as well
    const [staff, longGone, ...sessions] = [newId(), newId(), newId(), newId()]
    await access.world.fresh.asSuperuser(async (sql) => {
      const { sellerId } = access.seller
      for (const [at, id] of [staff, longGone].entries()) {
        await sql`insert into super_admins (id, email, name, password_hash, totp_secret_enc)
          values (${id}, ${`meera${at}@robnu.in`}, 'Meera', 'none', '\\x00')`
      }
      for (const id of sessions) {
        await sql`insert into impersonation_sessions (seller_id, id, super_admin_id, staff_name,
            mode, consent, reason, ticket, minutes, expires_at)
          values (${sellerId}, ${id}, ${staff}, 'Meera', 'READ_ONLY', 'REQUIRED',
            'A parcel was lost', 'T-1', 30, now())`
      }
      const opened = (days: number, actor: string) =>
        sql`insert into decrypt_ledger (seller_id, id, actor, purpose, table_name, columns, row_ids,
            opened, created_at)
          values (${sellerId}, ${newId()}, ${actor}, 'orders.list', 'orders', '{address_enc}',
            ${[newId()]}, 0, now() - ${days} * interval '1 day')`
      for (const id of sessions) await opened(1, `staff:${staff}/${id}`)
      await opened(93, `staff:${longGone}/${sessions[0] ?? ''}`)
    })
    const ofStaff = (await openers()).filter(({ kind }) => kind === 'staff')
    expect(ofStaff).toEqual([expect.objectContaining({ id: staff, name: 'Meera', may: [] })])
  })

  it('shows who is gone, whose key stays; by then sessions have ended, and keys if so asked', async () => {
    const [one, two] = [await access.person('ADMIN'), await access.person('ADMIN')]
    const make = async (by: Person) =>
      (await ask(by, '/v1/api-keys', {
        json: { name: 'Export', scopes: ['orders:read', 'customers:read'] },
      })).body
    const [kept, revoked, ofOwner] = [await make(one), await make(two), await make(owner)]
    for (const by of [one, two, kept.secret, revoked.secret]) {
      expect((await list(by)).status).toBe(200)
    }
    const cookies = [await one.cookie(), await two.cookie()]
    const remove = (person: Person, query = '') =>
      ask(owner, `/v1/users/${person.userId}${query}`, { method: 'DELETE' })
    expect((await remove(one, '?api_keys=other')).status).toBe(400)
    const named = ({ id, name, prefix }: typeof kept) => ({ api_keys: [{ id, name, prefix }] })
    expect((await remove(one)).body).toEqual(named(kept))
    expect((await remove(two, '?api_keys=revoke')).body).toEqual(named(revoked))

    // at once: the very next request, with the token that they have
    for (const cookie of cookies) {
      const { status, body } = await ask(null, '/v1/orders', { headers: { cookie } })
      expect([status, body.code]).toEqual([401, 'session-over'])
    }
    expect((await list(revoked.secret)).status).toBe(401)
    expect((await list(kept.secret)).status).toBe(200)
    expect((await list(ofOwner.secret)).status).toBe(200)
    expect(await rowOf(revoked.id)).toBeUndefined()
    expect(await rowOf(kept.id)).toMatchObject({ made_by: one.userId, maker_is_gone: true })
    expect(await rowOf(one.userId)).toMatchObject({
      ...{ may: [], removed_at: expect.stringMatching(/Z$/) },
    })
    const told = (await access.trail()).filter(({ target }) => target.endsWith(revoked.id))
    expect(told.map(({ action }) => action)).toEqual(['api-key.created', 'api-key.revoked'])
  })
})

it('the days of openings that are counted at once are 92 at most', async () => {
  const daily = async (query: string) => (await ask(owner, `/v1/openings/daily?${query}`)).status
  expect(await daily('from=2026-01-01T00:00:00Z&to=2026-04-03T00:00:00Z')).toBe(200)
  expect(await daily('from=2026-01-01T00:00:00Z&to=2026-04-03T00:00:01Z')).toBe(400)
  // without an end they begin where they are asked to, and end as soon as they must
  expect(await daily('from=2026-01-01T00:00:00Z')).toBe(200)
  expect(await daily('to=2026-01-01T00:00:00Z')).toBe(200)
})
