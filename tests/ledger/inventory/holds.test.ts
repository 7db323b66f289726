/** Orders hold, ship and release stock: once, whatever happens on the way. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createListings } from '../../../core/ledger/inventory/listings.ts'
import { noteStock } from '../../../core/ledger/inventory/note.ts'
import { runStock } from '../../../core/ledger/inventory/run-stock.ts'
import { createStock } from '../../../core/ledger/inventory/stock.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import {
  countOf,
  leaseItem,
  openItems,
  openShelf,
  placeOrder,
  rowsOf,
  settle,
  type Shelf,
  work,
  writeOrder,
} from './shelf.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

let shelf: Shelf
let first: string
let second: string
beforeEach(async () => {
  shelf = await openShelf(world)
  ;[first, second] = shelf.accounts
})

const stock = () => createStock({ ...shelf.deps, db: world.fresh.db })
const listings = () => createListings({ ...shelf.deps, db: world.fresh.db })
const count = (sku: string, on_hand: number) =>
  stock().change(shelf.seller.entry, sku, { on_hand, reason: 'COUNT' })
const map = async (accountId: string, sku: string, productSku = sku) => {
  const made = await listings().map(shelf.seller.entry, { accountId, sku, productSku })
  if (!made) throw new Error('The SKU was not mapped')
  return made
}
const stockOf = async (sku: string) => {
  const { stock: all } = await stock().list(shelf.seller.entry, { limit: 200 })
  const found = all.find((one) => one.sku === sku)
  if (!found) throw new Error('There is no such product')
  return found
}
const offered = async (accountId: string, sku: string) => {
  const ask = { accountId, limit: 200 }
  const { listings: all } = await listings().list(shelf.seller.entry, ask)
  return all.find((one) => one.sku === sku)?.quantity
}
const line = (sku: string | null, quantity = 1) => ({ sku, quantity })

describe('an order', () => {
  it('holds when it is received, ships once, and never comes back by itself', async () => {
    await count('TEA', 10)
    await map(first, 'TEA')
    const order = { externalId: 'A1', lines: [line('TEA', 3)] }
    await placeOrder(shelf, first, { ...order, status: 'NEW' })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ on_hand: 10, held: 3, available: 7 })
    expect(shelf.shopOf(first).stock.get('TEA')).toBe(7)
    await placeOrder(shelf, first, { ...order, status: 'MANIFESTED' })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ on_hand: 10, held: 3 })
    for (
      const status of ['SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT', 'RTO_RECEIVED'] as const
    ) {
      await placeOrder(shelf, first, { ...order, status })
      await settle(shelf)
      expect(await stockOf('TEA'), status).toMatchObject({ on_hand: 7, held: 0, available: 7 })
    }
    expect(await countOf(shelf, 'inventory_movements')).toBe(2)
  })

  it('releases what is cancelled, whole or in part', async () => {
    await count('TEA', 10)
    await map(first, 'TEA')
    const order = { externalId: 'A1', status: 'NEW' } as const
    await placeOrder(shelf, first, { ...order, lines: [line('TEA', 3), line('TEA', 2)] })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ held: 5 })
    const partly = [{ ...line('TEA', 3), cancelled: 2 }, line('TEA', 2)]
    await placeOrder(shelf, first, { ...order, lines: partly })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ held: 3 })
    // the second line is taken out of the order
    await placeOrder(shelf, first, { ...order, lines: partly.slice(0, 1) })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ held: 1 })
    await placeOrder(shelf, first, { ...order, status: 'CANCELLED', lines: partly })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ on_hand: 10, held: 0, available: 10 })
  })

  it('that had shipped before it was seen takes from the shelf if it came behind the count', async () => {
    await count('TEA', 10)
    await map(first, 'TEA')
    // by the marketplace's clock, which shows another year here
    const now = shelf.deps.upstreamOf('bazaar').now().getTime()
    const shipped = { status: 'SHIPPED', lines: [line('TEA', 3)] } as const
    for (const [externalId, minutes, onHand] of [['old', -1, 10], ['new', 1, 7]] as const) {
      const orderedAt = new Date(now + minutes * 60_000)
      await placeOrder(shelf, first, { ...shipped, externalId, orderedAt })
      await settle(shelf)
      expect((await stockOf('TEA')).on_hand, externalId).toBe(onHand)
    }
  })

  it('that the marketplace fulfils holds nothing', async () => {
    await count('TEA', 10)
    await map(first, 'TEA')
    const order = { externalId: 'A1', status: 'NEW', lines: [line('TEA', 3)] } as const
    await placeOrder(shelf, first, { ...order, fulfilledBy: 'MARKETPLACE' })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ held: 0 })
  })

  it('that was thought to be cancelled and had shipped takes from the shelf', async () => {
    await count('TEA', 10)
    await map(first, 'TEA')
    const order = { externalId: 'A1', lines: [line('TEA', 3)] }
    for (const status of ['NEW', 'CANCELLED', 'DELIVERED'] as const) {
      await placeOrder(shelf, first, { ...order, status })
      await settle(shelf)
    }
    expect(await stockOf('TEA')).toMatchObject({ on_hand: 7, held: 0 })
  })
})

describe('a SKU without a product', () => {
  it('blocks nothing, stands in the queue, and is filled in by a later mapping', async () => {
    await count('TEA', 10)
    const order = { externalId: 'A1', lines: [line('TEA-A', 3), line(null, 1)] }
    await placeOrder(shelf, first, { ...order, status: 'NEW' })
    await placeOrder(shelf, first, { ...order, externalId: 'A2', status: 'PACKED' })
    await settle(shelf)
    await placeOrder(shelf, first, { ...order, externalId: 'A2', status: 'SHIPPED' })
    await settle(shelf)
    const ask = { limit: 10 }
    const { skus } = await listings().unmapped(shelf.seller.entry, ask)
    expect(skus).toMatchObject([
      { marketplace_account_id: first, sku: null, lines: 1, pieces: 1, shipped: 1 },
      { marketplace_account_id: first, sku: 'TEA-A', lines: 1, pieces: 3, shipped: 3 },
    ])
    const made = await map(first, 'TEA-A', 'TEA')
    expect(made).toMatchObject({ product_sku: 'TEA', quantity: 4 })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ on_hand: 7, held: 3, available: 4 })
    expect((await listings().unmapped(shelf.seller.entry, ask)).skus).toHaveLength(1)
    expect(shelf.shopOf(first).stock.get('TEA-A')).toBe(4)
  })

  it('that shipped before the count is not taken twice', async () => {
    const order = { externalId: 'A1', lines: [line('TEA-A', 3)] }
    await placeOrder(shelf, first, { ...order, status: 'NEW' })
    await settle(shelf)
    await placeOrder(shelf, first, { ...order, status: 'SHIPPED' })
    await settle(shelf)
    await count('TEA', 10)
    await map(first, 'TEA-A', 'TEA')
    expect(await stockOf('TEA')).toMatchObject({ on_hand: 10, held: 0 })
  })

  it('may be one more of a listing, and is refused where it leads somewhere', async () => {
    await count('TEA', 10)
    const { id } = await map(first, 'TEA')
    const { entry } = shelf.seller
    const alias = { accountId: first, sku: 'TEA-OLD', aliasOf: id }
    expect(await listings().map(entry, alias)).toMatchObject({ id, aliases: ['TEA-OLD'] })
    for (const sku of ['TEA', 'TEA-OLD']) {
      await expect(listings().map(entry, { accountId: first, sku })).rejects
        .toMatchObject({ code: 'listing-exists' })
    }
    expect(await listings().map(entry, { ...alias, sku: 'X', accountId: second })).toBeNull()
    await placeOrder(shelf, first, {
      ...{ externalId: 'A1', status: 'NEW', lines: [line('TEA-OLD', 2)] },
    })
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ held: 2 })
  })
})

describe('the worker', () => {
  it('leaves nothing behind that commits while it comes to its end', async () => {
    await count('TEA', 10)
    await map(first, 'TEA')
    const order = (externalId: string) => ({
      ...{ externalId, status: 'NEW', lines: [line('TEA')] } as const,
    })
    await placeOrder(shelf, first, order('A1'))
    const [itemId = ''] = await openItems(shelf, 'STOCK')
    const leased = await leaseItem(shelf, itemId)
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const { promise: noted, resolve: note } = Promise.withResolvers<void>()
    // a sync that has asked for the work and has not committed yet
    const storing = world.fresh.db.withSellerScope(shelf.seller.entry, async (scope) => {
      await writeOrder(scope, first, order('A2'))
      await noteStock(scope, first)
      note()
      await gate
    })
    await noted
    const never = new AbortController().signal
    const working = runStock(shelf.deps, leased, { signal: never, draining: never })
    await world.fresh.asSuperuser(async (admin) => {
      for (let waits = 0; waits === 0;) {
        const rows = await admin`
          select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
        waits = rows.length
      }
    })
    open()
    await Promise.all([storing, working])
    await settle(shelf)
    expect(await stockOf('TEA')).toMatchObject({ held: 2 })
    expect(await countOf(shelf, 'inventory_tasks')).toBe(0)
  })

  it('does the same when it is called twice, and counts what it has looked at', async () => {
    await count('TEA', 1_000)
    await map(first, 'TEA')
    await world.fresh.db.withSellerScope(shelf.seller.entry, async (scope) => {
      for (let n = 0; n < 450; n++) {
        await writeOrder(scope, first, {
          ...{ externalId: `A${n}`, status: 'NEW', lines: [line('TEA')] },
        })
      }
      await noteStock(scope, first)
    })
    await work(shelf, 'STOCK')
    expect(await stockOf('TEA')).toMatchObject({ held: 450 })
    expect(await work(shelf, 'STOCK')).toBe(0)
    const runs = await rowsOf<{ target: string; state: string; received: number; changed: number }>(
      shelf,
      'job_runs',
    )
    expect(runs.filter(({ target }) => target === 'STOCK')).toMatchObject([
      { state: 'SUCCEEDED', received: 450, changed: 450, unchanged: 0 },
    ])
  })
})

it('listings offer what is left when all accounts, reserves and safety are served', async () => {
  await count('TEA', 20)
  await map(first, 'TEA-1', 'TEA')
  await map(second, 'TEA-2', 'TEA')
  expect(await offered(first, 'TEA-1')).toBe(20)
  const { entry } = shelf.seller
  await stock().reserve(entry, 'TEA', {
    safety_stock: 2,
    accounts: [{ marketplace_account_id: second, quantity: 5 }],
  })
  await placeOrder(shelf, first, { externalId: 'A1', status: 'NEW', lines: [line('TEA-1', 4)] })
  await settle(shelf)
  expect(await offered(first, 'TEA-1')).toBe(9)
  expect(await offered(second, 'TEA-2')).toBe(14)
  expect(shelf.shopOf(first).stock.get('TEA-1')).toBe(9)
  expect(shelf.shopOf(second).stock.get('TEA-2')).toBe(14)
  const foreign = [{ marketplace_account_id: shelf.seller.sellerId, quantity: 5 }]
  expect(await stock().reserve(entry, 'TEA', { safety_stock: 0, accounts: foreign })).toBeNull()
})
