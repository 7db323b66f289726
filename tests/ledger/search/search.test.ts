/** Search: ids by their beginnings, buyers in every spelling, and nothing beyond one's reach. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Limiter } from '../../../core/auth/limits/limiter.ts'
import { fault } from '../../../core/errors.ts'
import {
  createSearch,
  type SearchAsk,
  searchKinds,
  searchPolicy,
} from '../../../core/ledger/search/search.ts'
import type { Pages } from '../support/pages.ts'
import { orderRow } from '../support/rows.ts'
import { all, buyer, freely, openSearchHouse, type SearchHouse } from './house.ts'

let house: SearchHouse
let pages: Pages
let other: Pages
beforeAll(async () => {
  house = await openSearchHouse()
  ;({ pages, other } = house)
})
afterAll(() => house?.close())

const none = { only: [], except: [] }
const spent: Limiter = {
  take: () => ({ policy: searchPolicy, isAllowed: false, remaining: 0, resetSeconds: 60 }),
}
const find = (
  q: string,
  { by = pages, limiter = freely, ...ask }:
    & Partial<SearchAsk>
    & { readonly by?: Pages; readonly limiter?: Limiter } = {},
) =>
  createSearch({ db: house.fresh.db, keyring: by.keyring, limiter })
    .find(by.seller.entry, { q, kinds: searchKinds, limit: 5, reach: all, asker: 'x', ...ask })
const titles = async (...of: Parameters<typeof find>) =>
  (await find(...of)).hits.map(({ kind, title, matched, exact }) =>
    `${kind} ${title} by ${matched}${exact ? '' : ' begins'}`
  )

describe('an id', () => {
  it('is found by itself first, then by its beginning, in capital and small letters', async () => {
    const found = [
      ...['order BZ-100 by id', 'order bz-100 by id', 'order BZ-1001 by id begins'],
      'order BZ-1002 by id begins',
    ]
    expect(await titles('BZ-100')).toEqual(found)
    expect(await titles('  bz-100 ')).toEqual(found)
    expect(await titles('BZ-1001')).toEqual(['order BZ-1001 by id'])
    expect(await titles('BZ-1003')).toEqual([])
    expect(await titles('Z-100')).toEqual([])
  })

  it('of a parcel, of a return and its legs, and of a settlement is found as well', async () => {
    expect(await titles('awb100')).toEqual([
      ...['shipment AWB100 by awb', 'return RT-100 by awb', 'shipment AWB1001 by awb begins'],
    ])
    // found in two ways, it is shown once
    expect(await titles('RT-100')).toEqual(['return RT-100 by id'])
    expect(await titles('UTR-1')).toEqual(['payout UTR-100 by id begins'])
    const { hits: [hit] } = await find('UTR-100')
    expect(hit).toMatchObject({ marketplace_account_id: pages.accountId, at: expect.any(Date) })
  })

  it('is looked for among the kinds that are asked for, each up to the limit', async () => {
    expect(await titles('awb100', { kinds: ['return'] })).toEqual(['return RT-100 by awb'])
    expect(await titles('BZ-1', { limit: 2 })).toHaveLength(2)
    expect((await find('BZ-1', { kinds: ['payout'] })).searched).toEqual(['payout'])
  })

  it('that is SQL, a pattern or a text of another kind finds nothing', async () => {
    const texts = [
      "' or 1=1 --",
      'BZ-%',
      'BZ_100',
      '%%%',
      '\\\\\\',
      '$1::text',
      '{"a":1}',
      '🧵🧵🧵',
    ]
    for (const text of texts) expect(await titles(text), text).toEqual([])
  })
})

describe('a buyer', () => {
  const orders = ['order BZ-100 by phone', 'order BZ-1001 by phone']
  it.each(['+919876543212', '+91 98765-43212', '098765 43212', '9876543212', '0091 9876543212'])(
    'is found by a phone number as "%s"',
    async (q) => {
      const { hits, searched } = await find(q)
      expect(hits.map(({ kind, title, matched }) => `${kind} ${title} by ${matched}`).toSorted())
        .toEqual(orders)
      expect(searched).toContain('buyer')
    },
  )

  it('is found by an e-mail address whatever its case, and by no part of one', async () => {
    expect(await titles(' ASHA.RAO@EXAMPLE.IN ')).toEqual(['order BZ-100 by email'])
    expect(await titles('asha.rao@example')).toEqual([])
    expect(await titles('+91 98765 4321')).toEqual([])
    expect(await titles('+91 98765 43213')).toEqual([])
  })

  it('of two sellers is found by each in its own orders, and has two indexes', async () => {
    const ids = async (by: Pages) => (await find('9876543212', { by })).hits.map(({ id }) => id)
    const [mine, theirs] = [await ids(pages), await ids(other)]
    expect([mine.length, theirs.length]).toEqual([2, 2])
    expect(mine.filter((id) => theirs.includes(id))).toEqual([])
    const rows = await house.fresh.asSuperuser((admin) =>
      admin`select seller_id, encode(customer_phone_idx, 'hex') as idx,
          length(customer_phone_idx) as bytes
        from orders where customer_phone_idx is not null group by 1, 2, 3`
    )
    // two spellings are one index; two sellers have none in common
    expect(rows.map(({ bytes }) => bytes)).toEqual([16, 16])
    expect(new Set(rows.map(({ idx }) => idx)).size).toBe(2)
  })

  it('whose number is none has no index, and whose number changes is found by the new one', async () => {
    const empty = await house.fresh.asSuperuser((admin) =>
      admin`select customer_phone_enc is null as enc, customer_phone_idx is null as idx
        from orders where external_order_id = 'BZ-1002'`
    )
    expect([...empty]).toEqual([{ enc: false, idx: true }, { enc: false, idx: true }])
    const later = (day: number, customer: object) =>
      other.store('ORDERS', [
        orderRow({
          ...{ externalId: 'BZ-7', updatedAt: new Date(Date.UTC(2026, 1, day)) },
          customer: { ...buyer, ...customer },
        }),
      ])
    const seen = (q: string) => titles(q, { by: other })
    await later(1, { phone: '7000000001' })
    expect(await seen('7000000001')).toEqual(['order BZ-7 by phone'])
    await later(2, { phone: '7000000002' })
    expect(await seen('7000000001')).toEqual([])
    expect(await seen('7000000002')).toEqual(['order BZ-7 by phone'])
    // what is told no more is kept, and its index with it
    await later(3, { name: 'A. Rao' })
    expect(await seen('7000000002')).toEqual(['order BZ-7 by phone'])
    await later(4, { phone: 'unknown' })
    expect(await seen('7000000002')).toEqual([])
  })

  it('is opened by nobody who searches', async () => {
    const [row] = await house.fresh.asSuperuser((admin) =>
      admin`select count(*)::int as n from decrypt_ledger`
    )
    expect(row?.['n']).toBe(0)
  })
})

describe('whoever searches', () => {
  it('sees the kinds and accounts that they may read', async () => {
    const only = { only: [house.second], except: [] }
    const reach = { ...all, order: only, return: only, shipment: none }
    const { hits, searched } = await find('BZ-1', { reach })
    expect([hits, searched]).toEqual([[], ['order', 'return', 'payout']])
    expect(await titles('awb100', { reach })).toEqual([])
    expect(await titles('awb100', { reach: { ...reach, return: null } }))
      .toEqual(['return RT-100 by awb'])
    expect(await titles('AWB100', { reach: { ...all, shipment: only }, kinds: ['shipment'] }))
      .toEqual([])
    const except = { only: null, except: [house.second] }
    expect(await titles('AWB100', { reach: { ...all, shipment: except }, kinds: ['shipment'] }))
      .toEqual(['shipment AWB100 by awb', 'shipment AWB1001 by awb begins'])
  })

  it('finds buyers where they may see buyers and orders, both', async () => {
    const q = '+919876543212'
    const of = async (reach: Partial<SearchAsk['reach']>) =>
      (await titles(q, { reach: { ...all, ...reach } })).length
    const here = { only: [pages.accountId], except: [] }
    const there = { only: [house.second], except: [] }
    expect(await of({ buyer: none })).toBe(0)
    expect(await of({ buyer: here })).toBe(2)
    expect(await of({ buyer: there })).toBe(0)
    expect(await of({ buyer: here, order: there })).toBe(0)
    expect(await of({ order: none })).toBe(0)
    expect((await find(q, { reach: { ...all, buyer: none } })).searched).not.toContain('buyer')
    expect(await titles(q, { kinds: ['return'] })).toEqual([])
  })

  it('goes on without buyers when the quota is used up, if an id may be meant', async () => {
    await expect(find('+919876543212', { limiter: spent })).rejects.toMatchObject({
      ...{ code: 'quota-exceeded', retryAfterSeconds: 60 },
    })
    const { hits, searched } = await find('9876543212', { limiter: spent })
    expect([hits, searched]).toEqual([[], [...searchKinds]])
    // what is no number counts for nothing
    expect(await titles('BZ-1001', { limiter: spent })).toHaveLength(1)
  })

  it('goes on without buyers when no key is to be had, if an id may be meant', async () => {
    const away = { toOpen: () => Promise.reject(fault('keys-unavailable')) }
    const search = createSearch({ db: house.fresh.db, keyring: away, limiter: freely })
    const ask = { kinds: searchKinds, limit: 5, reach: all, asker: 'x' }
    const { entry } = pages.seller
    await expect(search.find(entry, { ...ask, q: 'a@b.in' }))
      .rejects.toMatchObject({ code: 'keys-unavailable' })
    expect((await search.find(entry, { ...ask, q: '9876543212' })).searched)
      .toEqual([...searchKinds])
  })

  it('is asked for their scope also where there is nothing to look for', async () => {
    const over = { ...pages.seller.entry, ref: other.seller.entry.ref }
    const search = createSearch({ db: house.fresh.db, keyring: pages.keyring, limiter: freely })
    const nothing = { q: 'a@b.in', kinds: searchKinds, limit: 5, asker: 'x' }
    await expect(search.find(over, { ...nothing, reach: { ...all, buyer: none } }))
      .rejects.toMatchObject({ code: 'session-over' })
  })
})
