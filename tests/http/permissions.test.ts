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
