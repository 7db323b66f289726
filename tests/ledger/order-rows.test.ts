/** Orders before they are stored: checked, named and hashed. */
import { describe, expect, it } from 'vitest'
import type { SellerKeys } from '../../core/crypto/keys.ts'
import { idOf } from '../../core/ids.ts'
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { type OrderRow, orderStates } from '../../core/plugin.ts'
import { fakeKeys, orderRow } from './support/rows.ts'

const prepared = (rows: readonly unknown[], keys: SellerKeys = fakeKeys()) =>
  prepareOrders(keys, 'account', rows as readonly OrderRow[])
const hashOf = (row: OrderRow, keys?: SellerKeys): string => {
  const { orders: [order] } = prepared([row], keys)
  if (!order) throw new Error('The row was not accepted')
  return Array.from(order.hash).join('.')
}

describe('an order of the contract', () => {
  it('has ids that depend on seller, account and external ids alone', () => {
    const [order] = prepared([orderRow()]).orders
    const names = [fakeKeys().sellerId, 'account']
    expect(order?.id).toBe(idOf(...names, 'order', 'BZ-1'))
    expect(order?.itemIds).toEqual([
      idOf(...names, 'order-item', 'BZ-1', 'L1'),
      idOf(...names, 'order-item', 'BZ-1', 'L2'),
    ])
    expect(prepared([orderRow({ status: 'CANCELLED' })]).orders[0]?.id).toBe(order?.id)
  })

  it('never shares its id with the same order of another account', () => {
    const rows = [orderRow()]
    const [one, other] = ['a', 'b'].map((account) => prepareOrders(fakeKeys(), account, rows))
    expect(one?.orders[0]?.id).not.toBe(other?.orders[0]?.id)
    expect(one?.orders[0]?.itemIds).not.toEqual(other?.orders[0]?.itemIds)
  })

  it.each(orderStates.map((state) => [state]))('may be %s', (status) => {
    expect(prepared([orderRow({ status })]).orders).toHaveLength(1)
  })

  it('may say nothing of its state, and then has the lowest rank', () => {
    expect(prepared([orderRow({ status: null })]).orders[0]?.rank).toBe(0)
  })

  it('loses what the contract does not name', () => {
    const [order] = prepared([{ ...orderRow(), password: 'x' }]).orders
    expect(order?.row).toEqual(orderRow())
  })
})

describe('the hash of an order', () => {
  it('is the same for the same content, however its members are ordered', () => {
    const row = orderRow()
    const reversed = Object.fromEntries(Object.entries(row).toReversed()) as unknown as OrderRow
    const extra = { ...row, somethingNew: true } as OrderRow
    expect(hashOf(reversed)).toBe(hashOf(row))
    expect(hashOf(extra)).toBe(hashOf(row))
    expect(hashOf(structuredClone(row))).toBe(hashOf(row))
  })

  const [first, second] = orderRow().items
  const changes: [string, Partial<OrderRow>][] = [
    ['state', { status: 'SHIPPED' }],
    ['word of the marketplace', { rawStatus: 'gone' }],
    ['hold', { onHold: true }],
    ['time of the order', { orderedAt: new Date('2026-01-07T00:00:00.000Z') }],
    ['time of the change', { updatedAt: new Date('2026-01-09T00:00:00.001Z') }],
    ['latest shipment', { shipBy: null }],
    ['currency', { currency: 'USD' }],
    ['total', { totalPaise: 0 }],
    ['missing total', { totalPaise: null }],
    ['fulfilment', { fulfilledBy: null }],
    ['place of supply', { stateCode: '07' }],
    ['missing buyer', { customer: null }],
    ['phone', { customer: { ...customerOf(orderRow()), phone: '+910000000001' } }],
    ['missing line', { items: first ? [first] : [] }],
    ['quantity of a line', { items: first && second ? [{ ...first, quantity: 9 }, second] : [] }],
  ]
  it.each(changes)('is another one with another %s', (_what, change) => {
    expect(hashOf(orderRow(change))).not.toBe(hashOf(orderRow()))
  })

  it('tells two sellers nothing about each other', () => {
    expect(hashOf(orderRow(), fakeKeys('other'))).not.toBe(hashOf(orderRow()))
  })
})

describe('a row that is not of the contract', () => {
  const [item] = orderRow().items
  it.each([
    ['without an id', { externalId: '' }],
    ['with a number for an id', { externalId: 7 }],
    ['with an endless id', { externalId: 'x'.repeat(201) }],
    ['in an unknown state', { status: 'LATE' }],
    ['without a word of the marketplace', { rawStatus: undefined }],
    ['with text for a time', { orderedAt: '2026-01-01T00:00:00Z' }],
    ['with no time at all', { updatedAt: new Date(Number.NaN) }],
    ['from before the marketplaces', { orderedAt: new Date('1989-12-31T23:59:59Z') }],
    ['with a year of five digits', { shipBy: new Date('+020222-01-01T00:00:00Z') }],
    ['with a character that no text column holds', { rawStatus: 'pac\0ked' }],
    ['with that character in the name', { customer: { ...customerOf(orderRow()), name: '\0' } }],
    ['in no currency', { currency: 'rupees' }],
    ['with a part of a paisa', { totalPaise: 10.5 }],
    ['with text for money', { totalPaise: '10' }],
    ['with more money than can be counted', { totalPaise: 2 ** 53 }],
    ['in an unknown state of India', { stateCode: 'MH' }],
    ['with a buyer who is only a name', { customer: 'Asha Rao' }],
    ['with an endless name', { customer: { ...customerOf(orderRow()), name: 'x'.repeat(2001) } }],
    ['without its lines', { items: undefined }],
    ['with a line without an id', { items: [{ ...item, externalId: '' }] }],
    ['with one line twice', { items: [item, item] }],
    ['with a part of a piece', { items: [{ ...item, quantity: 0.5 }] }],
    ['with less than nothing in it', { items: [{ ...item, quantity: -1 }] }],
  ])('%s is kept as it came, and the others pass', (_what, change) => {
    const bad = { ...orderRow({ externalId: 'BZ-2' }), ...change }
    const { orders, malformed, repeated } = prepared([
      orderRow(),
      bad,
      orderRow({ externalId: 'c' }),
    ])
    expect(orders.map(({ row }) => row.externalId)).toEqual(['BZ-1', 'c'])
    expect(malformed.map(({ raw }) => JSON.parse(raw))).toEqual([JSON.parse(JSON.stringify(bad))])
    expect(repeated).toBe(0)
  })

  it('is kept whatever JSON thinks of it', () => {
    const bigint = { ...orderRow(), totalPaise: 100n } as unknown
    expect(prepared([bigint, orderRow({ externalId: 'c' })])).toMatchObject({
      orders: [{ row: { externalId: 'c' } }],
      malformed: [{ key: 'BZ-1', raw: expect.stringContaining('"totalPaise":"100"') }],
    })
  })

  it.each([[null], [undefined], [7], ['text'], [[]]])('may be %j', (row) => {
    const { orders, malformed } = prepared([row])
    expect(orders).toEqual([])
    expect(malformed).toEqual([{ raw: JSON.stringify(row) ?? 'undefined' }])
  })

  it('is found again by its id where it has one', () => {
    const { malformed } = prepared([
      ...[orderRow({ currency: 'rs' }), { externalId: 'y'.repeat(300) }, { externalId: 7 }],
    ])
    expect(malformed.map(({ key }) => key)).toEqual(['BZ-1', 'y'.repeat(300), undefined])
  })
})

describe('an order that stands in a page twice', () => {
  const [before, after] = ['2026-01-09T00:00:00Z', '2026-01-09T00:00:01Z'].map((at) => new Date(at))
  const older = orderRow({ updatedAt: before ?? new Date(0), rawStatus: 'older' })
  const newer = orderRow({ updatedAt: after ?? new Date(0), rawStatus: 'newer' })

  it.each([['first', [newer, older]], ['last', [older, newer]]])(
    'is stored in its newer form when that comes %s',
    (_where, rows) => {
      const { orders, repeated } = prepared(rows)
      expect(orders.map(({ row }) => row.rawStatus)).toEqual(['newer'])
      expect(repeated).toBe(1)
    },
  )

  it('says nothing of an earlier time where it is told twice as it stands', () => {
    const { orders: [order], repeated } = prepared([newer, older, structuredClone(newer)])
    expect(order?.earlier.map(({ rawStatus }) => rawStatus)).toEqual(['older'])
    expect(repeated).toBe(2)
  })

  it('counts every repetition', () => {
    expect(prepared([older, older, newer, older])).toMatchObject({
      orders: [{ row: { rawStatus: 'newer' } }],
      repeated: 3,
    })
  })
})

function customerOf(row: OrderRow) {
  if (!row.customer) throw new Error('The sample has a buyer')
  return row.customer
}
