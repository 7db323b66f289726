/** Eight writers at once: no change is lost, nothing is offered twice, nothing is offered below zero. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../../core/db/scope.ts'
import { hasCode } from '../../../core/errors.ts'
import { createListings } from '../../../core/ledger/inventory/listings.ts'
import { noteStock } from '../../../core/ledger/inventory/note.ts'
import { createStock } from '../../../core/ledger/inventory/stock.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { testScopeKey } from '../../support/scope-key.ts'
import {
  openItems,
  openShelf,
  placeOrder,
  rowsOf,
  settle,
  type Shelf,
  work,
  writeOrder,
} from './shelf.ts'

const writers = 8

let world: World
/** With a connection for everybody. */
let db: OpenDatabase
beforeAll(async () => {
  world = await openWorld()
  const { app, platform } = world.fresh.urls
  const urls = { url: app, platformUrl: platform }
  db = await openDatabase({ ...urls, scopeKey: testScopeKey, maxConnections: 2 * writers })
})
afterAll(async () => {
  await db.close()
  await world.close()
})

const open = async () => {
  const small = await openShelf(world)
  const shelf: Shelf = {
    ...small,
    world: { ...world, fresh: { ...world.fresh, db } },
    deps: { ...small.deps, db },
  }
  return {
    shelf,
    stock: createStock({ ...shelf.deps, db }),
    listings: createListings({ ...shelf.deps, db }),
  }
}
const each = <T>(act: (writer: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: writers }, (_, writer) => act(writer)))

it('eight people who change one product at once lose no change', async () => {
  const { shelf, stock } = await open()
  const { entry } = shelf.seller
  await stock.change(entry, 'TEA', { on_hand: 100, reason: 'COUNT' })
  const tries = 6
  let conflicts = 0
  await each(async () => {
    for (let done = 0; done < tries;) {
      const { stock: [now] } = await stock.list(entry, { limit: 1 })
      try {
        await stock.change(entry, 'TEA', {
          ...{ delta: -1, reason: 'DAMAGED', version: now?.version ?? 0 },
        })
        done++
      } catch (error) {
        if (!hasCode(error, 'stock-changed')) throw error
        conflicts++
      }
    }
  })
  expect(conflicts).toBeGreaterThan(0)
  const { stock: [end] } = await stock.list(entry, { limit: 1 })
  expect(end).toMatchObject({ on_hand: 100 - writers * tries, version: 1 + writers * tries })
  const movements = await rowsOf<{ delta: number }>(shelf, 'inventory_movements')
  expect(movements.reduce((sum, { delta }) => sum + delta, 0)).toBe(end?.on_hand)
})

it('orders of two accounts for the last pieces hold them all, and every listing goes to nothing', async () => {
  const { shelf, stock, listings } = await open()
  const { accounts, seller: { entry } } = shelf
  const pieces = 5
  await stock.change(entry, 'TEA', { on_hand: pieces, reason: 'COUNT' })
  for (const accountId of accounts) await listings.map(entry, { accountId, sku: 'TEA' })
  await settle(shelf)
  const offeredAtFirst = accounts.map((account) => shelf.shopOf(account).stock.get('TEA'))
  expect(offeredAtFirst).toEqual([pieces, pieces])
  const { stock: [shown] } = await stock.list(entry, { limit: 1 })
  // what both offer together, less what is there
  expect(shown).toMatchObject({ exposure: pieces, oversold: 0 })

  // both sell everything that they offer before they hear of each other
  let watching = true
  const seen: number[] = []
  const watch = async () => {
    while (watching) {
      const rows = await rowsOf<{ quantity: number }>(shelf, 'catalog_listings')
      seen.push(...rows.map(({ quantity }) => quantity))
    }
  }
  const watched = watch()
  const workers = accounts.map(async (account) => {
    while (await soldOn(shelf, account) < pieces) await work(shelf, 'STOCK', account)
  })
  await each(async (writer) => {
    const account = accounts[writer % 2] ?? ''
    for (let n = Math.floor(writer / 2); n < pieces; n += writers / 2) {
      await placeOrder(shelf, account, {
        ...{ externalId: `A${n}`, status: 'NEW', lines: [{ sku: 'TEA', quantity: 1 }] },
      })
    }
  })
  await Promise.all(workers)
  watching = false
  await watched
  await settle(shelf)
  const { stock: [end] } = await stock.list(entry, { limit: 1 })
  expect(end).toMatchObject({ on_hand: pieces, held: 2 * pieces, available: 0, oversold: pieces })
  // no more than was shown as the worst
  expect(end?.oversold).toBeLessThanOrEqual(shown?.exposure ?? 0)
  expect(end?.exposure).toBe(0)
  expect(accounts.map((account) => shelf.shopOf(account).stock.get('TEA'))).toEqual([0, 0])
  expect(seen.length).toBeGreaterThan(0)
  expect(Math.min(...seen)).toBe(0)
})

const soldOn = async (shelf: Shelf, account: string): Promise<number> => {
  const holds = await rowsOf<{ marketplace_account_id: string }>(shelf, 'inventory_holds')
  return holds.filter((hold) => hold.marketplace_account_id === account).length
}

it('pages, people, mappings and workers at once never wait for each other in a ring', async () => {
  const { shelf, stock, listings } = await open()
  const { accounts, seller: { entry } } = shelf
  const skus = ['TEA', 'CUP', 'POT', 'JAR']
  for (const sku of skus) await stock.change(entry, sku, { on_hand: 1_000, reason: 'COUNT' })
  const rounds = 5
  let storing = true
  const workers = accounts.flatMap((account) =>
    (['STOCK', 'INVENTORY'] as const).map(async (target) => {
      while (storing) await work(shelf, target, account)
    })
  )
  await each(async (writer) => {
    const account = accounts[writer % 2] ?? ''
    // the products of a page, each time in another order
    const turned = [...skus.slice(writer % 4), ...skus.slice(0, writer % 4)]
    if (writer < 4) await listings.map(entry, { accountId: account, sku: skus[writer] ?? '' })
    if (writer >= 4) await listings.map(entry, { accountId: account, sku: skus[7 - writer] ?? '' })
    for (let round = 0; round < rounds; round++) {
      await db.withSellerScope(entry, async (scope) => {
        for (const n of [0, 1, 2]) {
          await writeOrder(scope, account, {
            externalId: `${writer}-${round}-${n}`,
            status: 'NEW',
            lines: turned.map((sku) => ({ sku, quantity: 1 })),
          })
        }
        await noteStock(scope, account)
      })
      await stock.reserve(entry, turned[0] ?? '', { safety_stock: round, accounts: [] })
    }
  })
  storing = false
  await Promise.all(workers)
  await settle(shelf)
  const mapped = await rowsOf<{ sku: string; marketplace_account_id: string }>(
    shelf,
    'catalog_listings',
  )
  const orders = writers / 2 * rounds * 3
  const { stock: end } = await stock.list(entry, { limit: 10 })
  for (const product of end) {
    const on = mapped.filter(({ sku }) => sku === product.sku)
    expect(product.held, product.sku).toBe(orders * on.length)
    for (const listing of on) {
      expect(shelf.shopOf(listing.marketplace_account_id).stock.get(listing.sku))
        .toBe(product.available)
    }
  }
  expect(await openItems(shelf, 'STOCK')).toEqual([])
  expect(await rowsOf(shelf, 'inventory_tasks')).toEqual([])
})
