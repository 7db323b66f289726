/** Two who meet at one product, one SKU or one order: whichever commits first, both are counted. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { SellerScope } from '../../../core/db/database.ts'
import { stockHealth } from '../../../core/ledger/inventory/health.ts'
import { createListings } from '../../../core/ledger/inventory/listings.ts'
import { lookAtOrders } from '../../../core/ledger/inventory/look-at-orders.ts'
import { noteStock } from '../../../core/ledger/inventory/note.ts'
import { type Hold, planHolds, type StockLine } from '../../../core/ledger/inventory/plan-holds.ts'
import { recordPush } from '../../../core/ledger/inventory/push-rows.ts'
import { createStock } from '../../../core/ledger/inventory/stock.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { openShelf, placeOrder, rowsOf, settle, type Shelf, work, writeOrder } from './shelf.ts'

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
const line = (sku: string) => ({ sku, quantity: 1 })
const look = (scope: SellerScope, accountId: string) =>
  lookAtOrders(
    scope,
    shelf.deps,
    { accountId, upstream: shelf.deps.upstreamOf('bazaar'), now: Date.now() },
    200,
  )
const product = async () => (await stock().list(shelf.seller.entry, { limit: 1 })).stock[0]

/** `act` does its part and is held open until somebody waits for it, or `other` is through. */
const whileOpen = async (
  act: (scope: SellerScope) => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<void> => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: done, resolve: finish } = Promise.withResolvers<void>()
  const held = world.fresh.db.withSellerScope(shelf.seller.entry, async (scope) => {
    await act(scope)
    finish()
    await gate
  })
  await done
  let isThrough = false
  const meeting = other().finally(() => {
    isThrough = true
  })
  await world.fresh.asSuperuser(async (admin) => {
    for (let waits = 0; waits === 0 && !isThrough;) {
      const rows = await admin`
        select from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`
      waits = rows.length
    }
  })
  open()
  await Promise.all([held, meeting])
}

it('two accounts that hold one product at once both come off what is offered', async () => {
  const { entry } = shelf.seller
  await stock().change(entry, 'TEA', { on_hand: 5, reason: 'COUNT' })
  for (const accountId of shelf.accounts) await listings().map(entry, { accountId, sku: 'TEA' })
  for (const account of shelf.accounts) {
    await placeOrder(shelf, account, { externalId: 'A', status: 'NEW', lines: [line('TEA')] })
  }
  await whileOpen((scope) => look(scope, first), () => work(shelf, 'STOCK', second))
  await settle(shelf)
  expect(await product()).toMatchObject({ held: 2, available: 3 })
  for (const account of shelf.accounts) expect(shelf.shopOf(account).stock.get('TEA')).toBe(3)
})

it('a line that is being looked at while its SKU gets a product holds all the same', async () => {
  const { entry } = shelf.seller
  await stock().change(entry, 'TEA', { on_hand: 5, reason: 'COUNT' })
  await placeOrder(shelf, first, { externalId: 'A', status: 'NEW', lines: [line('TEA')] })
  await whileOpen(
    (scope) => look(scope, first),
    () => listings().map(entry, { accountId: first, sku: 'TEA' }),
  )
  await settle(shelf)
  expect(await product()).toMatchObject({ held: 1 })
  expect((await listings().unmapped(entry, { limit: 1 })).skus).toEqual([])
})

it('an order that changes while its task is taken is looked at once more', async () => {
  const { entry } = shelf.seller
  await stock().change(entry, 'TEA', { on_hand: 5, reason: 'COUNT' })
  await listings().map(entry, { accountId: first, sku: 'TEA' })
  const order = { externalId: 'A', lines: [line('TEA')] }
  await placeOrder(shelf, first, { ...order, status: 'NEW' })
  await whileOpen(
    (scope) => writeOrder(scope, first, { ...order, status: 'CANCELLED' }),
    () => work(shelf, 'STOCK', first),
  )
  await world.fresh.db.withSellerScope(entry, (scope) => noteStock(scope, first))
  await settle(shelf)
  expect(await product()).toMatchObject({ held: 0, available: 5 })
})

it('a line that has shipped is never looked at again', () => {
  const line: StockLine = {
    ...{ itemId: 'i', orderId: 'o', sku: 'TEA', listingId: null, productId: 'p', quantity: 2 },
    ...{ status: 'CANCELLED', ours: true, orderedAt: new Date(0) },
  }
  const hold: Hold = { ...line, quantity: 3, state: 'SHIPPED' }
  for (const status of ['NEW', 'SHIPPED', 'CANCELLED'] as const) {
    expect(planHolds([{ ...line, status }], [hold], () => new Date(0)))
      .toEqual({ holds: [], departures: [] })
  }
})

it('an answer to an older version that comes late changes nothing', async () => {
  const { entry } = shelf.seller
  await stock().change(entry, 'TEA', { on_hand: 5, reason: 'COUNT' })
  await listings().map(entry, { accountId: first, sku: 'TEA' })
  await stock().change(entry, 'TEA', { on_hand: 4, reason: 'COUNT' })
  const [row] = await rowsOf<{ id: string }>(shelf, 'catalog_listings')
  const runs = await rowsOf<{ id: string; target: string }>(shelf, 'job_runs')
  const runId = runs.find(({ target }) => target === 'INVENTORY')?.id ?? ''
  for (const [version, quantity] of [[2, 4], [1, 5]] as const) {
    await world.fresh.db.withSellerScope(entry, (scope) =>
      recordPush(
        scope,
        runId,
        [{ id: row?.id ?? '', sku: 'TEA', listingId: null, version, quantity }],
        [{ sku: 'TEA', outcome: 'accepted' }],
      ))
  }
  const { listings: [listing] } = await listings().list(entry, { limit: 1 })
  expect(listing?.pushed).toMatchObject({ quantity: 4, version: 2 })
})

it('one difference is no drift yet', async () => {
  const { entry } = shelf.seller
  await listings().map(entry, { accountId: first, sku: 'TEA' })
  for (const [differences, drifting] of [[1, 0], [2, 1]] as const) {
    await world.fresh.asSuperuser((admin) =>
      admin`
        update catalog_listings set differences = ${differences}
        where seller_id = ${shelf.seller.sellerId}`
    )
    expect(await stockHealth(world.fresh.db.inSellerScope(entry), first)).toMatchObject({
      drifting,
    })
  }
})
