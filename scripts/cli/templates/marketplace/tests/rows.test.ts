/** What is special about this marketplace, beside what the kit asks of all of them. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'vitest'
import { readOrders } from '../rows.ts'

const order = {
  number: '0001-00001',
  state: 'placed',
  placed_at: '2026-01-09T10:00:00Z',
  changed_at: '2026-01-09T10:30:00Z',
  total: '647.50',
  lines: [{ id: '0001-00001-1', sku: 'LAMP', title: 'Clay lamp', quantity: 2, amount: '647.50' }],
}

test('an order without a buyer is an order', () => {
  const [row] = readOrders([order]).rows
  deepEqual([row?.externalId, row?.status, row?.totalPaise, row?.customer], [
    '0001-00001',
    'NEW',
    64750,
    null,
  ])
})

test('a word that nobody knows moves no state and is kept', () => {
  const [row] = readOrders([{ ...order, state: 'in the clouds' }]).rows
  deepEqual([row?.status, row?.rawStatus], [null, 'in the clouds'])
})

test('a bad order is put aside with its reason, and the good one beside it stays', () => {
  const { rows, rejected, received } = readOrders([{ ...order, total: '1.005' }, 7, order])
  deepEqual(rejected.map(({ reason }) => reason), ['money-not-in-paise', 'unreadable-order'])
  equal(rows.length + rejected.length, received)
})
