/** Overrides that nobody may make, or that would count for nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { makeSeller } from '../support/database.ts'
import { type AccessWorld, openAccessWorld, type Person } from './access-world.ts'
import { codeOf, members, overrideAsks, pathOf, reason } from './override-asks.ts'

const permissions = createPermissions()
let access: AccessWorld
let ask: AccessWorld['ask']
let owner: Person
let { add, given } = {} as ReturnType<typeof overrideAsks>
beforeAll(async () => {
  access = await openAccessWorld()
  ;({ ask, owner } = access)
  ;({ add, given } = overrideAsks(access))
})
afterAll(() => access?.close())

describe('what is refused', () => {
  it('is overrides by anybody but an OWNER', async () => {
    const viewer = await access.person('VIEWER')
    const id = await given(viewer, { permission: 'audit:read', effect: 'GRANT' })
    const { body: { secret } } = await ask(owner, '/v1/api-keys', {
      json: { name: 'x', scopes: ['users:read'] },
    })
    for (const role of ['ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const) {
      const person = await access.person(role)
      const json = { permission: 'audit:read', effect: 'GRANT' }
      expect(await codeOf(add(viewer, json, person))).toBe('forbidden')
      expect(await codeOf(ask(person, `${pathOf(viewer)}/${id}`, { method: 'DELETE' }))).toBe(
        'forbidden',
      )
    }
    expect(await codeOf(add(viewer, { permission: 'audit:read', effect: 'GRANT' }, secret)))
      .toBe('not-for-keys')
    // reading them is for whoever sees the people
    expect(await codeOf(ask(secret, pathOf(viewer)))).toBe(200)
    expect(await codeOf(ask(await access.person('OPERATOR'), pathOf(viewer)))).toBe('forbidden')
  })

  it('is an override on oneself, and taking one from oneself', async () => {
    const other = await access.person('OWNER')
    const own = { permission: 'audit:read', effect: 'GRANT' }
    expect(await codeOf(add(owner, own))).toBe('not-on-oneself')
    expect(await codeOf(add(other, own, other))).toBe('not-on-oneself')
    const id = await given(other, { permission: 'audit:read', effect: 'DENY' })
    expect(await codeOf(ask(other, '/v1/audit'))).toBe('forbidden')
    expect(await codeOf(ask(other, `${pathOf(other)}/${id}`, { method: 'DELETE' }))).toBe(
      'not-on-oneself',
    )
    expect(await codeOf(ask(other, '/v1/audit'))).toBe('forbidden')
    // and the database says the same of whoever forgets to ask
    const refused = access.world.fresh.asSuperuser((admin) =>
      admin`insert into permission_overrides (seller_id, id, user_id, permission, effect, reason,
          created_by_user_id)
        values (${owner.sellerId}, ${newId()}, ${other.userId}, 'audit:read', 'GRANT', ${reason},
          ${other.userId})`
    )
    await expect(refused).rejects.toThrow('permission_overrides__not_oneself')
  })

  it('is granting what is held by role alone, and denying what a seller is ruled by', async () => {
    const admin = await access.person('ADMIN')
    for (const [permission, row] of permissions) {
      for (const effect of ['GRANT', 'DENY'] as const) {
        const answer = await add(admin, { permission, effect, expires_at: '2099-01-01' })
        const isOpen = effect === 'GRANT' ? row.grantable : row.deniable
        expect(answer.status, `${effect} ${permission}`).toBe(isOpen ? 201 : 400)
        if (!isOpen) expect(members(answer)).toEqual(['/permission'])
      }
    }
    for (const permission of ['users:manage', 'api-keys:manage', 'seller:transfer']) {
      expect(permissions.get(permission)?.grantable, permission).toBe(false)
    }
    for (const permission of ['orders:erase', 'staff:sellers', '', '*', '__proto__']) {
      expect(members(await add(admin, { permission, effect: 'GRANT' }))).toEqual(['/permission'])
    }
  })

  it('is a grant slipped past the desk: it counts for nothing', async () => {
    const admin = await access.person('ADMIN')
    await access.world.fresh.asSuperuser((sql) =>
      sql`insert into permission_overrides (seller_id, id, user_id, permission, effect, reason,
          created_by_user_id)
        values (${owner.sellerId}, ${newId()}, ${admin.userId}, 'users:manage', 'GRANT', ${reason},
          ${owner.userId})`
    )
    const viewer = await access.person('VIEWER')
    expect(await codeOf(add(viewer, { permission: 'audit:read', effect: 'GRANT' }, admin)))
      .toBe('forbidden')
  })

  it('is an account where none counts, of nobody, or of another seller', async () => {
    const viewer = await access.person('VIEWER')
    const [account_id] = access.accounts
    const whole = await add(viewer, { permission: 'audit:read', effect: 'GRANT', account_id })
    expect([whole.status, ...members(whole)]).toEqual([400, '/account_id'])
    const other = await makeSeller(access.world.fresh.db)
    const foreign = await access.world.connectShop(other, 1)
    const told = async (account: string) => {
      const { status, text } = await add(viewer, {
        ...{ permission: 'customers:read', effect: 'GRANT', account_id: account },
      })
      return [status, text.replace(/"urn:uuid:[^"]*"/, '')]
    }
    expect(await told(foreign)).toEqual(await told(newId()))
    expect((await told(foreign))[0]).toBe(400)
  })

  it("is another seller's person, or one who is gone, as if they were not there", async () => {
    const stranger = await access.person('VIEWER', await makeSeller(access.world.fresh.db))
    const gone = await access.person('VIEWER')
    await access.world.fresh.asSuperuser((admin) =>
      admin`update seller_users set removed_at = now() where id = ${gone.userId}`
    )
    const nobody = { ...gone, userId: newId() }
    for (const person of [stranger, gone, nobody]) {
      expect(await codeOf(ask(owner, pathOf(person)))).toBe('not-found')
      const json = { permission: 'audit:read', effect: 'GRANT' }
      expect(await codeOf(add(person, json))).toBe('not-found')
      const one = `${pathOf(person)}/${newId()}`
      expect(await codeOf(ask(owner, one, { method: 'DELETE' }))).toBe('not-found')
      const query = `permission=orders:read&user_id=${person.userId}`
      expect(await codeOf(ask(owner, `/v1/permissions/explain?${query}`))).toBe('not-found')
    }
    // an override of one person is not found under another
    const viewer = await access.person('VIEWER')
    const id = await given(viewer, { permission: 'audit:read', effect: 'GRANT' })
    const elsewhere = `${pathOf(await access.person('VIEWER'))}/${id}`
    expect(await codeOf(ask(owner, elsewhere, { method: 'DELETE' }))).toBe('not-found')
  })

  it('is what has no reason, is over already, or brings more than was asked for', async () => {
    const viewer = await access.person('VIEWER')
    const json = { permission: 'audit:read', effect: 'GRANT' }
    const wrong: readonly (readonly [object, string])[] = [
      [{ ...json, reason: 'short' }, '/reason'],
      [{ ...json, reason: ' '.repeat(40) }, '/reason'],
      [{ ...json, reason: 'x'.repeat(501) }, '/reason'],
      [{ ...json, expires_at: '2020-01-01' }, '/expires_at'],
      [{ ...json, expires_at: 'tomorrow' }, '/expires_at'],
      [{ ...json, effect: 'ALLOW' }, '/effect'],
      [{ ...json, permission: 'audit:*' }, '/permission'],
      ...['id', 'user_id', 'seller_id', 'created_by_user_id', 'created_at', 'role', 'grantable']
        .map((name) => [{ ...json, [name]: 'x' }, ''] as const),
    ]
    for (const [body, pointer] of wrong) {
      const answer = await add(viewer, body)
      expect([answer.status, ...members(answer)], JSON.stringify(body)).toEqual([400, pointer])
    }
    expect((await ask(owner, pathOf(viewer))).body.data).toEqual([])
  })
})
