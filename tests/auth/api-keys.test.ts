/** API keys from the request down to the gate: what they open, and how they are made. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { type Ask, type Person, shapeOf } from '../http/access-world.ts'
import { makeSeller } from '../support/database.ts'
import { type KeyWorld, type MadeKey, openKeyWorld, path } from './key-world.ts'

let { access, ask, owner, make, rotate, rowOf, reading } = {} as KeyWorld
beforeAll(async () => {
  ;({ access, ask, owner, make, rotate, rowOf, reading } = await openKeyWorld())
})
afterAll(() => access?.close())

describe('a key', () => {
  it('is shown whole once, and stored as a hash', async () => {
    const { status, body } = await ask(owner, path, {
      json: { name: '  Warehouse ', scopes: ['orders:read', 'runs:read', 'orders:read'] },
    })
    expect(status).toBe(201)
    const { id, secret } = body
    expect(secret).toMatch(/^rk_[0-9A-Za-z]{12}_[\w-]{43}$/)
    expect(body).toEqual({
      ...{ id, secret, name: 'Warehouse', prefix: secret.slice(0, 15) },
      ...{ scopes: ['orders:read', 'runs:read'], allowed_ips: null, expires_at: null },
      ...{ created_at: expect.any(String), created_by_user_id: owner.userId },
      ...{ last_used_at: null, last_used_ip: null, rotated_to: null, rotated_from: null },
    })
    const row = await rowOf(id)
    expect(Buffer.from(row['secret_hash']))
      .toEqual(createHash('sha256').update(secret).digest())
    const listed = (await ask(owner, path)).text
    expect(listed).toContain(id)
    const hidden = secret.slice(16)
    for (const text of [listed, JSON.stringify(row), ...access.logged]) {
      expect(text).not.toContain(hidden)
    }
    const dump = await access.world.fresh.asSuperuser((admin) =>
      admin`select * from audit_events where target = ${`api-key:${id}`}`
    )
    expect(dump).toHaveLength(1)
    expect(JSON.stringify(dump)).not.toContain(hidden)
  })

  it('opens what its scopes name, and nothing else', async () => {
    const { secret } = await make({ scopes: ['orders:read', 'accounts:sync'] })
    const [shop] = access.accounts
    const statusOf = async (route: string, options?: Ask) => {
      const { status, body } = await ask(secret, route, options)
      return status < 300 ? status : body.code
    }
    expect(await statusOf('/v1/orders')).toBe(200)
    expect(await statusOf('/v1/runs')).toBe('out-of-scope')
    expect(await statusOf('/v1/users/x/overrides')).toBe('out-of-scope')
    expect(await statusOf(path)).toBe('not-for-keys')
    expect(await statusOf(`/v1/marketplace-accounts/${shop}/sync`, { method: 'POST' })).toBe(202)
    // without customers:read it sees buyers as a VIEWER does
    const { text } = await ask(secret, '/v1/orders?include=customer&limit=5')
    expect(text).toContain('xxxxxx')
    const clear = await make({ scopes: ['orders:read', 'customers:read'] })
    expect((await ask(clear.secret, '/v1/orders?include=customer&limit=5')).text)
      .not.toContain('xxxxxx')
  })

  it('says who it is', async () => {
    const { secret } = await make({ scopes: ['profile:read', 'permissions:read'] })
    const { body } = await ask(secret, '/v1/me')
    expect(body).toMatchObject({
      user: null,
      seller: { id: access.seller.sellerId },
      permissions: ['profile:read', 'permissions:read'],
    })
    const explained = await ask(secret, '/v1/permissions/explain?permission=orders:read')
    expect(explained.body).toMatchObject({ allowed: false, decided_by: 'scope', role: null })
  })

  it('acts under its own name in the trail', async () => {
    const { id, secret } = await make({ scopes: ['orders:read', 'customers:read'] })
    await ask(secret, '/v1/orders?include=customer&limit=1')
    const opened = await access.world.fresh.asSuperuser((admin) =>
      admin`select purpose from decrypt_ledger where actor = ${`key:${id}`}`
    )
    expect(opened.map(({ purpose }) => purpose)).toEqual(['orders.list'])

    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const maker = await make({ scopes: ['accounts:connect'] }, chief)
    const { externalAccountId, details, credentials } = access.world.sandbox.accounts[0] ?? {}
    const shop = { marketplace: 'BAZAAR', external_account_id: externalAccountId, name: 'Shop' }
    const json = { ...shop, details, credentials }
    expect((await ask(maker.secret, '/v1/marketplace-accounts', { json })).status).toBe(201)
    expect((await access.trail(seller.sellerId)).at(-1)).toMatchObject({
      ...{ action: 'marketplace-account.connected', actor_user_id: null, api_key_id: maker.id },
    })
  })

  it('belongs to the seller: it outlives whoever made it, and leaves with a revocation alone', async () => {
    const admin = await access.person('ADMIN')
    const { id, secret } = await make({}, admin)
    expect(await reading(secret)).toBe(200)
    await access.world.fresh.asSuperuser((sql) =>
      sql`update seller_users set removed_at = now() where id = ${admin.userId}`
    )
    expect((await ask(admin, '/v1/orders')).status).toBe(401)
    expect(await reading(secret)).toBe(200)
    expect((await ask(owner, `${path}/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect(await reading(secret)).toBe(401)
  })

  it('reads for a suspended seller, and does not write', async () => {
    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const { secret } = await make({ scopes: ['orders:read', 'accounts:sync'] }, chief)
    expect(await reading(secret)).toBe(200)
    const status = (word: string) =>
      access.world.fresh.asSuperuser((admin) =>
        admin`update sellers set status = ${word} where id = ${seller.sellerId}`
      )
    await status('SUSPENDED')
    expect(await reading(secret)).toBe(200)
    const route = `/v1/marketplace-accounts/${newId()}/sync`
    expect((await ask(secret, route, { method: 'POST' })).body.code).toBe('seller-suspended')
    await status('ACTIVE')
    expect((await ask(secret, route, { method: 'POST' })).body.code).toBe('not-found')
  })

  it("of one seller shows nothing of another's", async () => {
    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const mine = await make({ scopes: ['orders:read', 'accounts:read'] }, chief)
    expect((await ask(mine.secret, '/v1/orders')).body.data).toEqual([])
    const [shop] = access.accounts
    expect((await ask(mine.secret, `/v1/marketplace-accounts/${shop}`)).status).toBe(404)
    const theirs = await make()
    for (const [method, route] of [['DELETE', ''], ['POST', '/rotate']] as const) {
      const answers = [theirs.id, newId()].map((id) =>
        ask(chief, `${path}/${id}${route}`, { method })
      )
      const [foreign, unknown] = (await Promise.all(answers)).map(shapeOf)
      expect(foreign).toBe(unknown)
      expect(foreign).toContain('not-found')
    }
    expect(await reading(theirs.secret)).toBe(200)
    const listed = (await ask(chief, path)).body.data.map((one: MadeKey) => one.id)
    expect(listed).toEqual([mine.id])
  })
})

describe('making a key', () => {
  const refusal = async (json: object, by: Person = owner) => {
    const { status, body } = await ask(by, path, {
      json: { name: 'x', scopes: ['orders:read'], ...json },
    })
    return [status, body.code, body.errors?.map(({ pointer }: { pointer: string }) => pointer)]
  }

  it('is for managers, by a fresh proof of who they are', async () => {
    for (const role of ['OPERATOR', 'FINANCE', 'VIEWER'] as const) {
      expect(await refusal({}, await access.person(role))).toEqual([403, 'forbidden', undefined])
    }
    const admin = await access.person('ADMIN')
    const { id } = await make({}, admin)
    access.clock.offsetMs = 11 * 60_000
    expect(await refusal({}, admin)).toEqual([401, 'step-up-required', undefined])
    expect((await rotate(admin, id)).body.code).toBe('step-up-required')
    // whoever finds that a key is lost shall not look for the second factor first
    expect((await ask(admin, `${path}/${id}`, { method: 'DELETE' })).status).toBe(204)
    access.clock.offsetMs = 0
  })

  it('gives no more than the maker has', async () => {
    const { services: { overrideDesk }, seller } = access
    const admin = await access.person('ADMIN')
    const by = { userId: admin.userId, by: owner.userId }
    const deny = (permission: string, accountId?: string) =>
      overrideDesk.add(seller.entry, by, {
        ...{ permission, effect: 'DENY', reason: 'a test of limits' },
        ...(accountId === undefined ? {} : { accountId }),
      })
    await make({ scopes: ['customers:read', 'orders:read', 'accounts:connect'] }, admin)
    await deny('customers:read')
    expect(await refusal({ scopes: ['orders:read', 'customers:read'] }, admin))
      .toEqual([403, 'forbidden', ['/scopes/1']])
    // a key knows no accounts, so what is limited to some is not to be given
    await deny('orders:read', access.accounts[0])
    expect(await refusal({ scopes: ['orders:read', 'customers:read'] }, admin))
      .toEqual([403, 'forbidden', ['/scopes/0', '/scopes/1']])
    await make({ scopes: ['runs:read'] }, admin)
    // nor does the way around lead there: the secret of another's key, by rotating it
    const rich = await make({ scopes: ['customers:read'] })
    expect((await rotate(admin, rich.id)).body.code).toBe('forbidden')
    expect((await rotate(owner, rich.id)).status).toBe(201)
  })

  it('gives nothing that is not for keys, and nothing unknown', async () => {
    for (
      const scope of [
        ...[
          'users:manage',
          'api-keys:manage',
          'api-keys:read',
          'customers:reveal',
          'seller:transfer',
        ],
        ...['orders:erase', 'orders:*', '*', '', 'ORDERS:READ', '__proto__', 'staff:sellers'],
      ]
    ) {
      expect(await refusal({ scopes: [scope] }), scope).toEqual([400, 'invalid-request', [
        '/scopes/0',
      ]])
    }
    expect(await refusal({ scopes: [] })).toEqual([400, 'invalid-request', ['/scopes']])
    expect(await refusal({ scopes: 'orders:read' })).toEqual([400, 'invalid-request', ['/scopes']])
  })

  it('takes nothing else from the body', async () => {
    const columns = [
      ...[
        'id',
        'seller_id',
        'prefix',
        'secret_hash',
        'secret',
        'authz_version',
        'created_by_user_id',
      ],
      ...['created_at', 'last_used_at', 'last_used_ip', 'revoked_at', 'rotated_to', 'kind', 'role'],
    ]
    for (const column of columns) {
      expect(await refusal({ [column]: 'x' }), column).toEqual([400, 'invalid-request', ['']])
    }
  })

  it('asks for an end in the future, and for addresses in their shortest form', async () => {
    expect(await refusal({ expires_at: '2020-01-01' }))
      .toEqual([400, 'invalid-request', ['/expires_at']])
    expect(await refusal({ allowed_ips: ['203.0.113.0/24', '010.0.0.0/8'] }))
      .toEqual([400, 'invalid-request', ['/allowed_ips/1']])
    expect(await refusal({ allowed_ips: [] })).toEqual([400, 'invalid-request', ['/allowed_ips']])
  })

  it('is done once, however often the request comes, and the secret is in the first answer alone', async () => {
    const json = { name: 'Once', scopes: ['orders:read'] }
    const headers = { 'idempotency-key': newId() }
    const first = await ask(owner, path, { json, headers })
    const again = await ask(owner, path, { json, headers })
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual({ ...first.body, secret: null })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const { body: { data } } = await ask(owner, path)
    expect(data.filter(({ name }: { name: string }) => name === 'Once')).toHaveLength(1)
    const stored = await access.world.fresh.asSuperuser((admin) =>
      admin`select * from idempotency_keys`
    )
    expect(JSON.stringify(stored)).not.toContain(first.body.secret.slice(16))
  })

  it('has its bound: a hundred keys that are good', async () => {
    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const { id } = await make({}, chief)
    await access.world.fresh.asSuperuser((admin) =>
      admin`insert into api_keys (seller_id, id, name, prefix, secret_hash, scopes, created_by_user_id)
        select seller_id, gen_random_uuid(), name, prefix, secret_hash, scopes, created_by_user_id
        from api_keys, generate_series(1, 99) where id = ${id}`
    )
    expect(await refusal({}, chief)).toEqual([409, 'limit-reached', undefined])
    expect((await rotate(chief, id)).body.code).toBe('limit-reached')
    expect((await ask(chief, `${path}/${id}`, { method: 'DELETE' })).status).toBe(204)
    await make({}, chief)
  })

  it('and all that comes after is in the trail, by the person', async () => {
    const seller = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', seller)
    const { id } = await make({ expires_at: '2099-01-31' }, chief)
    const next = (await rotate(chief, id)).body
    await ask(chief, `${path}/${next.id}`, { method: 'DELETE' })
    expect(await access.trail(seller.sellerId)).toEqual([
      {
        action: 'api-key.created',
        target: `api-key:${id}`,
        data: { scopes: ['orders:read'], expires_at: '2099-01-31T18:30:00.000Z' },
      },
      {
        action: 'api-key.rotated',
        target: `api-key:${id}`,
        data: { to: next.id, until: expect.any(String) },
      },
      { action: 'api-key.revoked', target: `api-key:${next.id}`, data: {} },
    ].map((event) => ({ ...event, actor_user_id: chief.userId, api_key_id: null })))
  })
})
