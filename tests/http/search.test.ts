/** Search over the API: who may, and how far; and what a buyer may ask, of the same sellers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { searchPolicy } from '../../core/ledger/search/search.ts'
import { roles } from '../../core/rbac/permissions.ts'
import type { AccessWorld, Person } from './access-world.ts'
import { dataPrincipalTests } from './data-principal-tests.ts'
import { email, openSelling, phone, type Selling } from './selling.ts'

let selling: Selling
let access: AccessWorld
let ask: AccessWorld['ask']
let [large, small] = ['', '']
let chief: Person
beforeAll(async () => {
  selling = await openSelling()
  ;({ access, large, small, chief } = selling)
  ask = access.ask
})
afterAll(() => access?.close())

const search: Selling['search'] = (...asked) => selling.search(...asked)
const found: Selling['found'] = (...asked) => selling.found(...asked)
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

  it('with its question in the body answers the same', async () => {
    const post = (json: object, by: Person | string = access.owner) =>
      ask(by, '/v1/search', { json })
    for (const q of ['QA-', phone, 'nothing of the kind']) {
      expect((await post({ q })).body).toEqual((await search(access.owner, q)).body)
    }
    const { body } = await post({ q: 'QA-4', kinds: ['return', 'payout'], limit: 20 })
    expect(body).toEqual({ data: [], searched: ['return', 'payout'] })
    expect((await post({ q: phone }, await access.person('VIEWER'))).body.data).toEqual([])
    for (
      const more of [{ kinds: [] }, { kinds: ['user'] }, { limit: 21 }, { limit: '5' }, { x: 1 }]
    ) {
      const { status, text } = await post({ q: phone, ...more })
      expect([status, text.includes('98765')], text).toEqual([400, false])
    }
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

dataPrincipalTests(() => selling)
