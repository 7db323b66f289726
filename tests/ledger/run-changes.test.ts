/** Orders that change, and orders that cannot be accepted, from one run to the next. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { throughPages } from './support/adapters.ts'
import { stored, sync, versions } from './support/runs.ts'

let base: World
let world: World
let seller: TestSeller
let accountId: string
beforeAll(async () => {
  // every run looks back to the first order
  base = await openWorld({ config: { overlapHours: 100_000 } })
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  onTestFinished(() => world.close())
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 1)
})

const numberOf = async (index: number): Promise<string> => {
  const order = (await world.orders(1))[index]
  if (!order) throw new Error('The shop has no such order')
  return order.number
}
const change = (number: string | undefined, members: object) =>
  world.control('change', { shop: 'SHOP-0002', number, members })

describe('a changed order', () => {
  it('writes the orders that have changed, and no other', async () => {
    await sync(world, seller, accountId)
    const before = await versions(world, accountId)
    const number = await numberOf(3)
    await change(number, { total: '1.00', state: 'delivered', lines: [] })

    const run = await sync(world, seller, accountId)
    expect(run).toMatchObject({ received: 40, new: 0, changed: 1, unchanged: 39 })
    expect(await stored(world, accountId)).toEqual(await world.totals(1))
    const kept = new Set((await versions(world, accountId)).map((row) => JSON.stringify(row)))
    const gone = before.filter((row) => !kept.has(JSON.stringify(row)))
    // the order and its one to three lines
    expect(gone.length).toBeGreaterThanOrEqual(2)
    expect(gone.length).toBeLessThanOrEqual(4)
  })

  it('that comes in an older form is left as it is', async () => {
    await sync(world, seller, accountId)
    const before = await versions(world, accountId)
    const older = throughPages(world, (page) => ({
      ...page,
      rows: page.rows.map((row) => ({
        ...row,
        ...{ status: null, rawStatus: 'long ago' },
        updatedAt: new Date(row.updatedAt.getTime() - 1),
      })),
    }))
    expect(await sync(world, seller, accountId, older)).toMatchObject({ changed: 0, unchanged: 40 })
    expect(await versions(world, accountId)).toEqual(before)
  })

  it('keeps its buyer and its total when the shop tells less than before', async () => {
    await sync(world, seller, accountId)
    const { get, list } = createOrders({ db: world.fresh.db, keyring: world.keyring })
    const asked = { filter: {}, limit: 50, customer: true }
    const known = (await list(seller.entry, asked)).orders.find(({ customer }) => customer)
    const number = known?.external_order_id
    await change(number, { buyer: null, total: null, lines: [], state: 'delivered' })

    expect(await sync(world, seller, accountId)).toMatchObject({ changed: 1, unchanged: 39 })
    const after = await get(seller.entry, known?.id ?? '')
    expect(after).toMatchObject({
      ...{ customer: known?.customer, total_paise: known?.total_paise, raw_status: 'delivered' },
      ...{ items: [], item_count: 0 },
    })
    expect(known?.customer?.name).toBeTruthy()
  })

  it('has the lines that it has now: one more, one less, one other', async () => {
    const number = await numberOf(7)
    const line = (id: string, pieces: number) => ({
      ...{ line_id: id, sku: 'S', title: 'T', pieces, amount: '10.00' },
    })
    const linesOf = () =>
      world.fresh.asSuperuser((admin) =>
        admin`select i.external_item_id as id, i.quantity, i.line from order_items i
          join orders o on o.seller_id = i.seller_id and o.id = i.order_id
          where o.marketplace_account_id = ${accountId} and o.external_order_id = ${number}
          order by i.line`
      ).then((rows) => rows.map(({ id, quantity, line }) => [id, quantity, line]))
    await change(number, { lines: [line('a', 1), line('b', 2)] })
    await sync(world, seller, accountId)
    expect(await linesOf()).toEqual([['a', 1, 1], ['b', 2, 2]])
    await change(number, { lines: [line('c', 3), line('b', 5)] })
    await sync(world, seller, accountId)
    expect(await linesOf()).toEqual([['c', 3, 1], ['b', 5, 2]])
  })
})

describe('the state of an order', () => {
  it('never goes back, but the word of the marketplace is kept', async () => {
    const number = await numberOf(5)
    const walk = ['placed', 'shipped', 'packed', 'at the seaside', 'delivered', 'cancelled']
    const seen: unknown[] = []
    for (const state of walk) {
      await change(number, { state })
      await sync(world, seller, accountId)
      const [row] = await world.fresh.asSuperuser((admin) =>
        admin`select status, raw_status from orders
          where marketplace_account_id = ${accountId} and external_order_id = ${number}`
      )
      seen.push([row?.['status'], row?.['raw_status']])
    }
    expect(seen).toEqual([
      ...[['NEW', 'placed'], ['SHIPPED', 'shipped'], ['SHIPPED', 'packed']],
      ...[['SHIPPED', 'at the seaside'], ['DELIVERED', 'delivered'], ['DELIVERED', 'cancelled']],
    ])
  })
})

describe('what cannot be accepted', () => {
  it('is counted by its reason, kept sealed, and kept once', async () => {
    const spoilt = [{ placed_at: 'yesterday' }, { channel: 'fair' }, { currency: 'rupees' }]
    const numbers = [await numberOf(10), await numberOf(11), await numberOf(12)]
    for (const [index, members] of spoilt.entries()) {
      await change(numbers[index], members)
    }
    const first = await sync(world, seller, accountId)
    expect(first).toMatchObject({ state: 'SUCCEEDED', received: 40, new: 37, rejected: 3 })
    expect(first.rejected_reasons).toEqual({
      ...{ 'unreadable-order': 1, 'not-a-bazaar-order': 1, 'malformed-row': 1 },
    })
    const again = await sync(world, seller, accountId)
    expect(again).toMatchObject({ new: 0, unchanged: 37, rejected: 3 })

    const kept = await world.fresh.asSuperuser((admin) =>
      admin`select external_key, reason, encode(raw_enc, 'escape') as raw from quarantined_rows
        where marketplace_account_id = ${accountId} order by reason`
    )
    expect(kept.map(({ external_key, reason }) => [external_key, reason])).toEqual([
      [numbers[2], 'malformed-row'],
      [numbers[1], 'not-a-bazaar-order'],
      [numbers[0], 'unreadable-order'],
    ])
    for (const { raw } of kept) expect(raw).not.toMatch(/BZ-0002|buyers\.invalid/)
  })
})
