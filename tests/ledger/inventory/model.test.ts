/**
 * Random days of orders, cancellations, shipments, counts, mappings and pushes, with workers that die
 * and answers that are lost, against a book. `ROBNU_ROUNDS` says how many days, `ROBNU_SEED` which.
 */
import { randomInt } from 'node:crypto'
import process from 'node:process'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../../core/db/database.ts'
import { createListings } from '../../../core/ledger/inventory/listings.ts'
import { createStock } from '../../../core/ledger/inventory/stock.ts'
import { failure, type OrderState, orderStateRank } from '../../../core/plugin.ts'
import { requestWork } from '../../../core/queues/work.ts'
import { type Draw, drawFrom } from '../../isolation/draw.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { type Book, type ModelOrder, openBook } from './model.ts'
import {
  depsWith,
  openItems,
  openShelf,
  placeOrder,
  rowsOf,
  settle,
  type Shelf,
  take,
  work,
} from './shelf.ts'

const days = Number(process.env.ROBNU_ROUNDS ?? 5)
const movesADay = 40

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const products = ['TEA', 'CUP', 'POT']
const skus = ['TEA', 'CUP', 'POT', 'TEA-2', 'CUP-2']
const steps: readonly OrderState[] = [
  ...['NEW', 'ACKNOWLEDGED', 'PACKED', 'READY_TO_SHIP', 'MANIFESTED'] as const,
  ...['SHIPPED', 'OUT_FOR_DELIVERY', 'DELIVERED'] as const,
]

interface Day {
  readonly draw: Draw
  readonly shelf: Shelf
  readonly book: Book
  readonly orders: ModelOrder[]
  readonly stock: ReturnType<typeof createStock>
  readonly listings: ReturnType<typeof createListings>
  kills: number
}

const openDay = async (draw: Draw): Promise<Day> => {
  const shelf = await openShelf(world)
  const deps = { ...shelf.deps, db: world.fresh.db }
  const stock = createStock(deps)
  const book = openBook()
  // stock is kept from the beginning on: what is over before is never looked at
  await stock.change(shelf.seller.entry, 'TEA', { on_hand: 5, reason: 'COUNT' })
  book.count('TEA', 5)
  const listings = createListings(deps)
  return { draw, shelf, book, orders: [], stock, listings, kills: 0 }
}

const send = async ({ shelf, book }: Day, order: ModelOrder, before?: OrderState) => {
  const now = shelf.deps.upstreamOf('bazaar').now().getTime()
  const { account, externalId, status, lines, late } = order
  const orderedAt = new Date(now + (late ? 3_600_000 : -31_536_000_000))
  await placeOrder(shelf, account, { externalId, status, lines, orderedAt })
  const isNoted = before === undefined
    ? status !== 'CANCELLED'
    : before === 'CANCELLED' || orderStateRank(before) < orderStateRank('SHIPPED')
  if (isNoted) book.note(order)
}

const order = async (day: Day): Promise<void> => {
  const { draw, shelf, orders } = day
  const lines = Array.from({ length: 1 + draw.below(3) }, () => ({
    sku: draw.pick(skus),
    quantity: 1 + draw.below(3),
  }))
  const made: ModelOrder = {
    account: draw.pick(shelf.accounts),
    externalId: `O${orders.length}`,
    status: draw.chance(80) ? 'NEW' : draw.pick([...steps, 'CANCELLED']),
    lines,
    late: draw.chance(50),
  }
  orders.push(made)
  await send(day, made)
}

const advance = async (day: Day): Promise<void> => {
  const { draw, orders } = day
  if (orders.length === 0) return
  const one = draw.pick(orders)
  const before = one.status
  if (before === 'CANCELLED' || before === 'DELIVERED') return
  const next = steps.slice(steps.indexOf(before) + 1)
  one.status = draw.pick(next)
  await send(day, one, before)
}

const cancel = async (day: Day): Promise<void> => {
  const { draw, orders } = day
  if (orders.length === 0) return
  const one = draw.pick(orders)
  const before = one.status
  if (orderStateRank(before) >= orderStateRank('SHIPPED')) return
  if (draw.chance(50)) one.status = 'CANCELLED'
  else {
    const at = draw.below(one.lines.length)
    one.lines = one.lines.map((line, n) =>
      n === at ? { ...line, cancelled: draw.below(line.quantity + 1) } : line
    )
  }
  await send(day, one, before)
}

const count = async ({ draw, shelf, book, stock }: Day): Promise<void> => {
  const sku = draw.pick(products)
  const on_hand = draw.below(12)
  await stock.change(shelf.seller.entry, sku, { on_hand, reason: 'COUNT' })
  book.count(sku, on_hand)
}

const receive = async ({ draw, shelf, book, stock }: Day): Promise<void> => {
  const sku = draw.pick(products)
  const { stock: all } = await stock.list(shelf.seller.entry, { limit: 10 })
  const version = all.find((one) => one.sku === sku)?.version
  if (version === undefined || version === null) return
  const delta = 1 + draw.below(5)
  await stock.change(shelf.seller.entry, sku, { delta, reason: 'RECEIVED', version })
  book.add(sku, delta)
}

const reserve = async ({ draw, shelf, book, stock }: Day): Promise<void> => {
  const sku = draw.pick(products)
  const [safety, quantity] = [draw.below(3), draw.below(3)]
  const account = draw.pick(shelf.accounts)
  const accounts = [{ marketplace_account_id: account, quantity }]
  const known = await stock.reserve(shelf.seller.entry, sku, { safety_stock: safety, accounts })
  if (known) book.reserve(sku, safety, new Map([[account, quantity]]))
}

const map = async ({ draw, shelf, book, listings }: Day): Promise<void> => {
  const sku = draw.pick(skus)
  const accountId = draw.pick(shelf.accounts)
  if (book.isMapped(accountId, sku)) return
  const productSku = sku.replace('-2', '')
  await listings.map(shelf.seller.entry, { accountId, sku, productSku })
  book.map(accountId, sku, productSku)
}

/** A transaction that dies at its very end, with the process. */
const killedAt = (db: Database, nth: number): Database => {
  let left = nth
  return {
    ...db,
    withSellerScope: (entry, act) =>
      db.withSellerScope(entry, async (scope) => {
        const value = await act(scope)
        if (--left === 0) throw new Error('killed')
        return value
      }),
  }
}
const dying = async (day: Day, act: () => Promise<unknown>): Promise<void> => {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Error && error.message === 'killed')) throw error
    day.kills++
  }
}

const lookAt = async (day: Day): Promise<void> => {
  const { draw, shelf, book } = day
  const account = draw.pick(shelf.accounts)
  // 1: before anything is stored, 2: behind the batch, 3: not at all
  const kill = draw.chance(40) ? 1 + draw.below(2) : 3
  const deps = { ...shelf.deps, db: killedAt(world.fresh.db, kill) }
  const isAsked = (await openItems(shelf, 'STOCK', account)).length > 0
  await dying(day, () => work({ ...shelf, deps }, 'STOCK', account))
  if (isAsked && kill > 1) book.look(account)
}

const push = async (day: Day): Promise<void> => {
  const { draw, shelf } = day
  const fate = draw.pick(['well', 'killed', 'lost', 'down'] as const)
  const deps = depsWith(world, {
    ...shelf.own,
    pushInventory: (account, changes) => {
      if (fate === 'down') throw failure('unavailable', 'Nobody is there')
      const results = take(shelf.shopOf(account.id), changes)
      if (fate === 'lost') throw failure('unavailable', 'The line was cut')
      return Promise.resolve(results)
    },
  })
  const db = fate === 'killed' ? killedAt(world.fresh.db, 1 + draw.below(6)) : world.fresh.db
  await dying(day, () => work({ ...shelf, deps: { ...deps, db } }, 'INVENTORY'))
}

/** Everything is done that was asked for, and what has failed is asked for by the day. */
const rest = async ({ shelf, book }: Day): Promise<void> => {
  const { sellerId, entry } = shelf.seller
  for (const accountId of shelf.accounts) {
    await world.fresh.db.withSellerScope(entry, (scope) =>
      requestWork(scope, {
        ...{ sellerId, accountId, target: 'INVENTORY', reason: 'schedule' },
        queue: 'account-sync',
      }))
  }
  await settle(shelf)
  for (const account of shelf.accounts) book.look(account)
}

const compare = async ({ shelf, book, stock, listings }: Day): Promise<readonly string[]> => {
  const { entry } = shelf.seller
  const shown = await stock.list(entry, { limit: 10 })
  expect(shown.stock).toMatchObject(book.stock())
  const listed = await listings.list(entry, { limit: 50 })
  const offers = listed.listings
    .map((one) => `${one.marketplace_account_id} ${one.sku} ${one.quantity}`).toSorted()
  expect(offers).toEqual(book.offers())
  const { skus: waiting } = await listings.unmapped(entry, { limit: 50 })
  expect(
    waiting.map((one) => `${one.marketplace_account_id} ${one.sku} ${one.pieces} ${one.shipped}`)
      .toSorted(),
  ).toEqual(book.unmapped())
  return offers
}

const compareShops = async (day: Day, offers: readonly string[]): Promise<void> => {
  const { shelf } = day
  const told = shelf.accounts.flatMap((account) =>
    [...shelf.shopOf(account).stock].map(([sku, pieces]) => `${account} ${sku} ${pieces}`)
  )
  expect(told.toSorted()).toEqual(offers.filter((offer) => !offer.endsWith('null')))
  const sums = new Map<string, number>()
  const movements = await rowsOf<{ product_id: string; delta: number }>(
    shelf,
    'inventory_movements',
  )
  for (const { product_id, delta } of movements) {
    sums.set(product_id, (sums.get(product_id) ?? 0) + delta)
  }
  const levels = await rowsOf<{ product_id: string; on_hand: number }>(shelf, 'inventory_levels')
  expect(new Map(levels.map(({ product_id, on_hand }) => [product_id, on_hand]))).toEqual(sums)
}

const moves: readonly (readonly [number, (day: Day) => Promise<void>])[] = [
  ...[[25, order], [20, advance], [8, cancel], [20, lookAt], [16, push]] as const,
  ...[[5, count], [4, receive], [4, reserve], [16, map]] as const,
]
const all = moves.flatMap(([share, move]) => Array.from({ length: share }, () => move))

it(`${days} random days end as the book says`, async () => {
  const seed = Number(process.env.ROBNU_SEED ?? randomInt(2 ** 31))
  const figures = { days: 0, moves: 0, orders: 0, kills: 0, pushes: 0 }
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => {
      const day = await openDay(drawFrom(gen, fc))
      for (let n = 0; n < movesADay; n++) {
        const move = day.draw.pick(all)
        await move(day)
        if (move === lookAt) await compare(day)
      }
      await rest(day)
      await compareShops(day, await compare(day))
      figures.days++
      figures.moves += movesADay
      figures.orders += day.orders.length
      figures.kills += day.kills
      figures.pushes += day.shelf.accounts
        .reduce((sum, account) => sum + day.shelf.shopOf(account).pushes.length, 0)
    }),
    { numRuns: days, seed, endOnFailure: true },
  )
  process.stdout.write(`Kept: ${JSON.stringify({ seed, ...figures })}\n`)
  expect(figures.orders).toBeGreaterThan(days)
  expect(figures.kills).toBeGreaterThan(0)
  expect(figures.pushes).toBeGreaterThan(0)
}, 600_000)
