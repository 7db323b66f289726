/** Search and data principals over the API: who may, how far, and what is left behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { principalPolicy } from '../../core/ledger/principals/principals.ts'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { searchPolicy } from '../../core/ledger/search/search.ts'
import { storeOrders } from '../../core/ledger/store-orders.ts'
import { roles } from '../../core/rbac/permissions.ts'
import { askForRun } from '../ledger/support/runs.ts'
import { orderRow } from '../ledger/support/rows.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { type AccessWorld, openAccessWorld, type Person } from './access-world.ts'

const phone = '+919876543212'
const email = 'asha.rao@example.in'
const address = { line1: '12 Laxmi Road', line2: null, city: 'Pune', state: 'MH', postalCode: null }
const buyer = { name: 'Asha Rao', phone: '098765 43212', email: 'Asha.Rao@example.in', address }
const reason = 'the buyer has asked by letter'

let access: AccessWorld
let ask: AccessWorld['ask']
let large = ''
let small = ''
/** A second seller, who sells to the same buyer. */
let stranger: TestSeller
let chief: Person
beforeAll(async () => {
  access = await openAccessWorld()
  ask = access.ask
  ;[large, small] = access.accounts
  stranger = await makeSeller(access.world.fresh.db)
  chief = await access.person('OWNER', stranger)
  await sell(access.seller, large, ['QA-1', 'QA-2', 'QA-3'])
  await sell(access.seller, small, ['QA-4'])
  await sell(stranger, await access.world.connectShop(stranger, 0), ['QA-5'])
})
afterAll(() => access?.close())

const sell = async (
  by: TestSeller,
  accountId: string,
  ids: readonly string[],
  customer: NonNullable<ReturnType<typeof orderRow>['customer']> = buyer,
) => {
  const { runId } = await askForRun(access.world, by, accountId)
  const keys = await access.world.keyring.forSeller(by.entry, { willSeal: 4 * ids.length })
  const rows = ids.map((externalId) => orderRow({ externalId, customer }))
  const { orders } = prepareOrders(keys, accountId, rows)
  await access.world.fresh.db.withSellerScope(
    by.entry,
    (scope) => storeOrders(scope, keys, { accountId, runId }, orders),
  )
}
const search = (by: Person | string, q: string, more = '') =>
  ask(by, `/v1/search?q=${encodeURIComponent(q)}${more}`)
const found = async (...args: Parameters<typeof search>): Promise<readonly string[]> => {
  const { status, body, text } = await search(...args)
  if (status !== 200) throw new Error(text)
  return body.data.map(({ title }: { title: string }) => title).toSorted()
}
const act = (by: Person | string, verb: string, json: object, headers = {}) =>
  ask(by, `/v1/data-principals/${verb}`, { json: { reason, ...json }, headers })
const override = (person: Person, effect: string, permission: string, account_id?: string) =>
  ask(access.owner, `/v1/users/${person.userId}/overrides`, {
    json: { effect, permission, account_id, reason: 'for one shop alone' },
  })

describe('a search', () => {
  it('finds an order by its id, and says where it is read', async () => {
    const { body } = await search(access.owner, 'qa-4')
    expect(body.data).toEqual([{
      ...{ kind: 'order', id: expect.any(String), title: 'QA-4', matched: 'id', exact: true },
      ...{ marketplace_account_id: small, at: expect.stringMatching(/Z$/) },
      href: `/v1/orders/${body.data[0].id}`,
    }])
    expect(body.searched).toEqual(['order', 'shipment', 'return', 'payout'])
    expect((await ask(access.owner, body.data[0].href)).body.external_order_id).toBe('QA-4')
    expect(await found(access.owner, 'QA-', '&limit=2')).toHaveLength(2)
    expect(await found(access.owner, 'QA-4', '&kinds=return,payout')).toEqual([])
  })

  it.each(roles)('by %s finds buyers if the role sees buyers', async (role) => {
    const person = await access.person(role)
    const sees = role !== 'VIEWER' && role !== 'FINANCE'
    for (const q of [phone, '98765 43212', email.toUpperCase()]) {
      expect(await found(person, q)).toEqual(sees ? ['QA-1', 'QA-2', 'QA-3', 'QA-4'] : [])
      expect((await search(person, q)).body.searched.includes('buyer')).toBe(sees)
    }
    expect((await search(person, 'QA-4')).body.data).toHaveLength(1)
    const parts = (await search(person, 'QA-4')).body.searched
    expect(parts.includes('payout')).toBe(role !== 'OPERATOR')
  })

  it('by a key needs the scopes of what it finds', async () => {
    const keyOf = async (...scopes: readonly string[]): Promise<string> =>
      (await ask(access.owner, '/v1/api-keys', { json: { name: newId(), scopes } })).body.secret
    expect((await search(await keyOf('orders:read'), 'QA-4')).body.code).toBe('out-of-scope')
    const plain = await keyOf('search:use', 'orders:read')
    expect([await found(plain, 'QA-4'), await found(plain, phone)]).toEqual([['QA-4'], []])
    expect(await found(await keyOf('search:use', 'customers:read'), phone)).toEqual([])
    const whole = await keyOf('search:use', 'orders:read', 'customers:read')
    expect(await found(whole, phone)).toHaveLength(4)
  })

  it('ends where exceptions end: by account, of orders and of buyers', async () => {
    const [denied, granted] = [await access.person('OPERATOR'), await access.person('VIEWER')]
    await override(denied, 'DENY', 'orders:read', large)
    await override(granted, 'GRANT', 'customers:read', small)
    expect(await found(denied, 'QA-')).toEqual(['QA-4'])
    expect(await found(denied, phone)).toEqual(['QA-4'])
    expect(await found(granted, 'QA-')).toHaveLength(4)
    expect(await found(granted, phone)).toEqual(['QA-4'])
    const shut = await access.person('VIEWER')
    await override(shut, 'DENY', 'search:use')
    expect((await search(shut, 'QA-4')).body.code).toBe('forbidden')
  })

  it('is for each seller its own', async () => {
    expect(await found(chief, phone)).toEqual(['QA-5'])
    expect(await found(chief, 'QA-')).toEqual(['QA-5'])
    expect(await found(access.owner, 'QA-5')).toEqual([])
  })

  it('is refused in a wrong form, without an echo', async () => {
    const wrong = [
      ...['', '?q=', '?q=ab', '?q=%20%20a%20', `?q=${'x'.repeat(255)}`, '?q=a%00bc', '?q=a%0abc'],
      ...['?q=abc&q=abc', '?q=abc&kinds=', '?q=abc&kinds=user'],
      ...['?q=abc&limit=0', '?q=abc&limit=21', '?q=abc&limit=x', '?q=abc&account=1'],
    ]
    for (const query of wrong) {
      const { status, body } = await ask(access.owner, `/v1/search${query}`)
      expect([status, body.code], query).toEqual([400, 'invalid-request'])
    }
  })

  it('for buyers is counted by person', async () => {
    expect(searchPolicy).toMatchObject({ quota: 300, windowSeconds: 3_600 })
    const person = await access.person('OPERATOR')
    const take = () => search(person, email)
    const answers = await Promise.all(Array.from({ length: 310 }, take))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(300)
    expect(answers.find(({ status }) => status === 429)?.body.code).toBe('quota-exceeded')
    expect(await found(person, 'QA-4')).toEqual(['QA-4'])
    expect((await search(person, '9876543212')).body.searched).not.toContain('buyer')
  })
})

describe('a data principal', () => {
  it('is found in all accounts, page by page', async () => {
    for (const by of [{ phone: '98765-43212' }, { email: ` ${email.toUpperCase()} ` }]) {
      const first = (await act(access.owner, 'find', { ...by, limit: 3 })).body
      expect([first.data.length, first.total]).toEqual([3, 4])
      const cursor = first.page.next
      const rest = (await act(access.owner, 'find', { ...by, limit: 3, cursor })).body
      expect([rest.data.length, rest.page.next]).toEqual([1, null])
      const titles = [...first.data, ...rest.data]
        .map((order: { external_order_id: string }) => order.external_order_id)
      expect(titles.toSorted()).toEqual(['QA-1', 'QA-2', 'QA-3', 'QA-4'])
      expect(first.data[0]).toMatchObject({
        ...{ marketplace: 'BAZAAR', holds: ['name', 'phone', 'email', 'address'] },
      })
    }
    expect((await act(access.owner, 'find', { phone: '+919876543213' })).body)
      .toEqual({ data: [], page: { next: null }, total: 0 })
    expect((await act(chief, 'find', { phone })).body.total).toBe(1)
  })

  it('gets all that is kept, and the ledger has every field with the reason', async () => {
    const { status, body, headers } = await act(access.owner, 'export', { phone })
    expect([status, body.data.length, headers.get('cache-control')]).toEqual([200, 4, 'no-store'])
    expect(body.data[0]).toMatchObject({
      customer: { ...buyer, address: { line1: '12 Laxmi Road', city: 'Pune' } },
      items: [{ title: 'Kurta', quantity: 1, total_paise: 99_900 }, {}],
      ...{ currency: 'INR', shipments: [], returns: [], documents: [] },
    })
    const [row] = await access.world.fresh.asSuperuser((admin) =>
      admin`select opened, reason, row_ids from decrypt_ledger
        where purpose = 'principals.export' and seller_id = ${access.seller.sellerId}`
    )
    expect(row).toMatchObject({ opened: 16, reason })
    expect(row?.['row_ids']).toHaveLength(4)
  })

  it('is erased from the orders that were seen, and money stays', async () => {
    const money = () =>
      access.world.fresh.asSuperuser((admin) =>
        admin`select id, status, total_paise, item_count, state_code from orders order by id`
      )
    const before = await money()
    const wrong = await act(access.owner, 'erase', { phone, orders: 3 })
    expect([wrong.status, wrong.body.code]).toEqual([409, 'buyer-orders-changed'])
    const key = { 'idempotency-key': newId() }
    const { status, body } = await act(access.owner, 'erase', { phone, orders: 4 }, key)
    expect([status, body.orders]).toEqual([200, 4])
    expect(body.erasures.map((one: { orders: number; fields: number }) => [one.orders, one.fields]))
      .toEqual(expect.arrayContaining([[3, 12], [1, 4]]))
    const again = await act(access.owner, 'erase', { phone, orders: 4 }, key)
    expect(again.body).toEqual(body)
    expect(again.headers.get('idempotency-replayed')).toBe('true')

    expect(await money()).toEqual(before)
    expect((await act(access.owner, 'find', { phone })).body.total).toBe(0)
    expect((await act(access.owner, 'find', { email })).body.total).toBe(0)
    expect(await found(access.owner, phone)).toEqual([])
    expect(await found(access.owner, 'QA-')).toHaveLength(4)
    // the next seller's copy is the next seller's
    expect(await found(chief, phone)).toEqual(['QA-5'])
    // told again, it stays away
    await sell(access.seller, small, ['QA-4'], { ...buyer, name: 'Asha R.' })
    expect(await found(access.owner, phone)).toEqual([])
  })

  it('leaves no value behind: not in the trail, the ledger, the erasures or the log', async () => {
    const { sellerId } = access.seller
    await search(access.owner, `+91 11111 2222`)
    const kept = await access.world.fresh.asSuperuser(async (admin) => [
      await admin`select * from audit_events where seller_id = ${sellerId}`,
      await admin`select * from decrypt_ledger where seller_id = ${sellerId}`,
      await admin`select * from erasures where seller_id = ${sellerId}`,
      await admin`select * from idempotency_keys where seller_id = ${sellerId}`,
      await admin`select * from limit_windows`,
    ])
    const text = JSON.stringify(kept) + access.logged.join('\n')
    const [trail] = [await access.trail()]
    const actions = trail.map(({ action }) => action)
    for (const verb of ['found', 'exported', 'erased']) {
      expect(actions).toContain(`data-principal.${verb}`)
    }
    expect(text).toContain('/v1/search')
    for (const value of ['98765', '43212', '11111', 'asha', 'Asha', 'Laxmi']) {
      expect(text.includes(value), value).toBe(false)
    }
  })

  it('is answered by an OWNER or ADMIN in person, and erased after a fresh proof', async () => {
    for (const role of roles) {
      const person = await access.person(role)
      const { status } = await act(person, 'find', { phone })
      expect(status, role).toBe(['OWNER', 'ADMIN'].includes(role) ? 200 : 403)
    }
    const admin = await access.person('ADMIN')
    await access.world.fresh.asSuperuser((sql) =>
      sql`update sessions set stepped_up_at = now() - interval '1 hour'
        where id = ${admin.sessionId}`
    )
    expect((await act(admin, 'erase', { phone, orders: 1 })).body.code).toBe('step-up-required')
    expect((await act(admin, 'export', { phone })).status).toBe(200)
  })

  it('is answered by a suspended seller as well, as far as reading goes', async () => {
    const status = (word: string) =>
      access.world.fresh.asSuperuser((sql) =>
        sql`update sellers set status = ${word} where id = ${stranger.sellerId}`
      )
    await status('SUSPENDED')
    expect((await act(chief, 'find', { phone })).body.total).toBe(1)
    expect((await act(chief, 'export', { phone })).body.data).toHaveLength(1)
    expect(await found(chief, phone)).toEqual(['QA-5'])
    expect((await act(chief, 'erase', { phone, orders: 1 })).body.code).toBe('seller-suspended')
    await status('ACTIVE')
  })

  it('is asked for in one way, with a reason that does not tell who', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      ...[{}, { phone, email }].map((json) => [json, '/phone'] as const),
      [{ phone: 'not a number' }, '/phone'],
      [{ email: 'nobody' }, '/email'],
      [{ phone, reason: 'short' }, '/reason'],
      [{ phone, reason: 'it is about 98765 43212, who has asked' }, '/reason'],
      [{ email, reason: `${email.toUpperCase()} has asked for it` }, '/reason'],
      [{ phone, limit: 0 }, '/limit'],
      [{ phone, name: 'Asha' }, ''],
    ]
    for (const [json, pointer] of wrong) {
      const { status, body, text } = await act(chief, 'find', json)
      expect([status, body.errors?.[0]?.pointer], JSON.stringify(json)).toEqual([400, pointer])
      expect(text).not.toContain('98765')
    }
    for (const orders of [0, 1_001, 1.5, undefined]) {
      expect((await act(chief, 'erase', { phone, orders })).status).toBe(400)
    }
  })

  it('is asked for sixty times an hour by one person', async () => {
    expect(principalPolicy).toMatchObject({ quota: 60, windowSeconds: 3_600 })
    const admin = await access.person('ADMIN')
    const answers = await Promise.all(
      Array.from({ length: 65 }, () => act(admin, 'find', { phone: '7000000001' })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60)
  })
})
