/** Unmasking one buyer: who may, for which account, how often, and what is written down about it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revealPolicy } from '../../core/ledger/reveal.ts'
import { newId } from '../../core/ids.ts'
import { roles } from '../../core/rbac/permissions.ts'
import { makeSeller } from '../support/database.ts'
import { type AccessWorld, openAccessWorld, type Person } from './access-world.ts'

const reason = 'the courier cannot find the address'
const all = ['name', 'phone', 'email', 'address']
let access: AccessWorld
let ask: AccessWorld['ask']
/** An order with a buyer of the first and of the second shop, and as its OWNER sees it. */
let orders: readonly { readonly id: string; readonly customer: Record<string, unknown> }[]
beforeAll(async () => {
  access = await openAccessWorld()
  ask = access.ask
  orders = await Promise.all(access.accounts.map(async (account) => {
    const path = `/v1/orders?account=${account}&include=customer&limit=200`
    const { body } = await ask(access.owner, path)
    return body.data.find(({ customer }: { customer: unknown }) => customer !== null)
  }))
})
afterAll(() => access?.close())

const [first, second] = [0, 1]
const pathOf = (at: number): string => `/v1/orders/${orders[at]?.id}/reveal`
const reveal = (by: Person | string, at = first, json: object = {}) =>
  ask(by, pathOf(at), { json: { fields: all, reason, ...json } })
const ledger = (actor: string) =>
  access.world.fresh.asSuperuser((admin) =>
    admin`select purpose, table_name, columns, row_ids, opened, reason from decrypt_ledger
      where actor = ${actor} order by id`
  )
const revealed = async () =>
  (await access.trail()).filter(({ action }) => action === 'customer.revealed')

describe('a reveal', () => {
  it('shows in clear what the role sees masked, and writes down who, which, what and why', async () => {
    const finance = await access.person('FINANCE')
    const clear = orders[first]?.customer
    const masked = (await ask(finance, `/v1/orders/${orders[first]?.id}`)).body.customer
    expect(masked).not.toEqual(clear)
    const { status, body, headers } = await reveal(finance, first, { fields: ['phone', 'name'] })
    expect(status).toBe(200)
    expect(body).toEqual({
      order_id: orders[first]?.id,
      customer: { phone: clear?.['phone'], name: clear?.['name'] },
    })
    expect(headers.get('cache-control')).toBe('no-store')

    expect((await revealed()).at(-1)).toEqual({
      action: 'customer.revealed',
      target: `order:${orders[first]?.id}`,
      data: { fields: ['phone', 'name'], reason },
      actor_user_id: finance.userId,
      api_key_id: null,
    })
    const rows = await ledger(`user:${finance.userId}`)
    expect(rows.at(-1)).toMatchObject({
      ...{ purpose: 'orders.reveal', table_name: 'orders', opened: 2, reason },
      ...{ columns: ['customer_phone_enc', 'customer_name_enc'], row_ids: [orders[first]?.id] },
    })
    // what opens by the role alone has no reason
    expect(rows[0]).toMatchObject({ purpose: 'orders.detail', reason: null })
  })

  it('leaves no value behind: not in the trail, the ledger or the log', async () => {
    const finance = await access.person('FINANCE')
    const { body: { customer } } = await reveal(finance)
    expect(Object.keys(customer).toSorted()).toEqual(all.toSorted())
    const values = [customer.name, customer.phone, customer.email, customer.address.line1]
    const { sellerId } = access.seller
    const kept = await access.world.fresh.asSuperuser(async (admin) => [
      await admin`select * from audit_events where seller_id = ${sellerId}`,
      await admin`select * from decrypt_ledger where seller_id = ${sellerId}`,
      await admin`select * from idempotency_keys where seller_id = ${sellerId}`,
    ])
    const text = JSON.stringify(kept) + access.logged.join('\n')
    expect(text).toContain('orders.reveal')
    for (const value of values) {
      expect(value).toMatch(/^.{3,}$/)
      expect(text).not.toContain(value)
    }
  })

  it('asked for twice is two', async () => {
    const finance = await access.person('FINANCE')
    const before = (await revealed()).length
    await reveal(finance)
    await reveal(finance)
    expect((await revealed()).length - before).toBe(2)
  })

  it('of an order without a buyer shows nothing, and is written down all the same', async () => {
    const { body: { data } } = await ask(access.owner, '/v1/orders?include=customer&limit=200')
    const bare = data.find(({ customer }: { customer: unknown }) => customer === null)
    const finance = await access.person('FINANCE')
    const before = (await revealed()).length
    const { status, body } = await ask(finance, `/v1/orders/${bare.id}/reveal`, {
      json: { fields: all, reason },
    })
    expect([status, body.customer]).toEqual([200, {
      name: null,
      phone: null,
      email: null,
      address: null,
    }])
    expect((await revealed()).length - before).toBe(1)
  })
})

describe('who may', () => {
  it.each(roles)('for %s is what the table says', async (role) => {
    const person = await access.person(role)
    const { status, body } = await reveal(person)
    expect(role === 'VIEWER' ? [status, body.code] : [status]).toEqual(
      role === 'VIEWER' ? [403, 'forbidden'] : [200],
    )
    const clear = orders[first]?.customer
    const list = await ask(person, '/v1/orders?include=customer&limit=200')
    const masksAll = role === 'VIEWER' || role === 'FINANCE'
    expect(list.text.includes(String(clear?.['phone']))).toBe(!masksAll)
  })

  it('is no key, whatever its scopes', async () => {
    const { body } = await ask(access.owner, '/v1/api-keys', {
      json: { name: 'x', scopes: ['orders:read', 'customers:read'] },
    })
    expect((await reveal(body.secret)).body.code).toBe('not-for-keys')
  })

  it('is somebody who was granted it, for the accounts of the grant', async () => {
    const viewer = await access.person('VIEWER')
    const grant = (permission: string, account_id: string | undefined, effect = 'GRANT') =>
      ask(access.owner, `/v1/users/${viewer.userId}/overrides`, {
        json: { permission, account_id, effect, reason },
      })
    await grant('customers:reveal', access.accounts[second])
    expect((await reveal(viewer, second)).status).toBe(200)
    const before = (await revealed()).length
    const hidden = await reveal(viewer, first)
    const unknown = await ask(viewer, `/v1/orders/${newId()}/reveal`, {
      json: { fields: all, reason },
    })
    const plain = (text: string) => text.replace(/"urn:uuid:[^"]*"/, '')
    expect([hidden.status, plain(hidden.text)]).toEqual([404, plain(unknown.text)])
    expect((await revealed()).length).toBe(before)
  })

  it('is nobody of another seller: its order is one that is not there', async () => {
    const other = await makeSeller(access.world.fresh.db)
    const chief = await access.person('OWNER', other)
    expect((await reveal(chief)).body.code).toBe('not-found')
    expect(await access.trail(other.sellerId)).toEqual([])
  })

  it('is nobody of a suspended seller', async () => {
    const finance = await access.person('FINANCE')
    const status = (word: string) =>
      access.world.fresh.asSuperuser((admin) =>
        admin`update sellers set status = ${word} where id = ${access.seller.sellerId}`
      )
    await status('SUSPENDED')
    expect((await reveal(finance)).body.code).toBe('seller-suspended')
    await status('ACTIVE')
    expect((await reveal(finance)).status).toBe(200)
  })
})

describe('how', () => {
  it('is with a reason of ten characters, and fields that there are', async () => {
    const finance = await access.person('FINANCE')
    const wrong: readonly (readonly [object, string])[] = [
      [{ reason: '' }, '/reason'],
      [{ reason: 'too short' }, '/reason'],
      [{ reason: `   ${' '.repeat(20)}x` }, '/reason'],
      [{ reason: 'x'.repeat(501) }, '/reason'],
      [{ reason: undefined }, '/reason'],
      [{ fields: [] }, '/fields'],
      [{ fields: ['gst'] }, '/fields/0'],
      [{ fields: [...all, ...all] }, '/fields'],
      [{ fields: ['__proto__'] }, '/fields/0'],
      [{ fields: 'name' }, '/fields'],
      ...['user_id', 'order_id', 'accounts', 'masked'].map((name) =>
        [{ [name]: 'x' }, ''] as const
      ),
    ]
    const before = (await revealed()).length
    for (const [json, pointer] of wrong) {
      const { status, body } = await reveal(finance, first, json)
      expect([status, body.errors?.[0]?.pointer], JSON.stringify(json)).toEqual([400, pointer])
    }
    expect((await revealed()).length).toBe(before)
    const { body } = await reveal(finance, first, { fields: ['phone', 'phone'] })
    expect(Object.keys(body.customer)).toEqual(['phone'])
  })

  it('is sixty times an hour for each person, and then no more until the hour is over', async () => {
    const [one, two] = [await access.person('FINANCE'), await access.person('FINANCE')]
    expect(revealPolicy).toMatchObject({ quota: 60, windowSeconds: 3_600 })
    const before = (await revealed()).length
    // more at once than there may be: the count is exact
    const answers = await Promise.all(Array.from({ length: 70 }, () => reveal(one, second)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(60)
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.body.code).toBe('quota-exceeded')
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(3_000)
    expect((await revealed()).length - before).toBe(60)
    expect((await reveal(two, second)).status).toBe(200)
    // orders that are not there count as well
    expect(
      (await ask(one, `/v1/orders/${newId()}/reveal`, { json: { fields: all, reason } })).status,
    )
      .toBe(429)
    access.clock.offsetMs = 3_601_000
    expect((await reveal(one, second)).status).toBe(200)
    access.clock.offsetMs = 0
  })
})
