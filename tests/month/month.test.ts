/**
 * Days of every marketplace with trouble: what the ledger shows is what the sandbox's books say.
 * `ROBNU_MONTH_DAYS` says how many, `ROBNU_MONTH_OF` of which, `ROBNU_TEST_SEED` by which chance.
 */
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whatStays } from '../ledger/retention/support.ts'
import { lookAtArchive } from './archive.ts'
import { booksOf, differences, ledgerOf, type Shown } from './books.ts'
import { eraseLater, heldLater, keptOfRuns, papersOf, wordsOfBuyers } from './buyers.ts'
import { type House, openHouse, type Shop } from './house.ts'

const folder = new URL('../../marketplaces/', import.meta.url)
const all = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory()).map(({ name }) => name)
const ids = process.env['ROBNU_MONTH_OF']?.split(',') ?? all
const days = Number(process.env['ROBNU_MONTH_DAYS'] || 1)
const seed = Number(process.env['ROBNU_TEST_SEED'] || 20260814)
const perDay = 6
/** From so many days on every account has them, else the last of each marketplace. */
const wholeDays = 7
const hourMs = 3_600_000
/** A day is looked at in so many parts. */
const parts = 3

let house: House
const figures: Record<string, object> = {}

beforeAll(async () => {
  house = await openHouse({ ids, seed, perDay })
}, 120_000)
afterAll(async () => {
  await house?.close()
})

const trouble = async (id: string, rate: number): Promise<void> => {
  await house.control(id, 'chaos', { seed, rate })
  await house.control(id, 'reorderPushes', { on: rate > 0 })
}

const bring = async (shop: Shop): Promise<void> => {
  // money waits for reports, and the world goes on meanwhile
  for (const target of ['PAYOUTS', 'RETURNS', 'ORDERS'] as const) {
    await house.sync(shop, target)
  }
}

/** The world goes on while one looks: what is late comes with the next look, what is wrong stays. */
const agreed = async (shop: Shop): Promise<Shown> => {
  for (let turn = 1;; turn++) {
    await bring(shop)
    const [books, ledger] = [await booksOf(house, shop), await ledgerOf(house, shop)]
    const found = differences(books, ledger)
    if (found.length === 0 || turn === 5) {
      expect(found, shop.externalAccountId).toEqual([])
      return ledger
    }
    await house.pass(hourMs / 6)
  }
}

test.each(ids)('%s: days with trouble end as the books have it', async (id) => {
  const all = house.shops.filter(({ marketplace }) => marketplace.id === id)
  expect(all.length).toBeGreaterThan(1)
  const shops = days < wholeDays ? all.slice(-1) : all
  for (const shop of shops) await bring(shop)
  await trouble(id, 0.05)
  let pushes = 0
  for (let part = 0; part < days * parts; part++) {
    await house.pass(24 * hourMs / parts)
    pushes += await house.carry(id)
    for (const shop of shops) {
      await house.sync(shop, 'ORDERS')
      if (part % parts === 1) await house.process(shop)
      if (part % parts === parts - 1) await bring(shop)
    }
  }
  await trouble(id, 0)
  // what is told late by design has come by then
  await house.pass(3 * hourMs)
  const told = { orders: 0, returns: 0, payouts: 0 }
  for (const shop of shops) {
    const ledger = await agreed(shop)
    expect(ledger.orders.length).toBeGreaterThan(20)
    for (const kind of ['orders', 'returns', 'payouts'] as const) told[kind] += ledger[kind].length
  }
  expect(told.returns).toBeGreaterThan(0)
  expect(told.payouts).toBeGreaterThan(0)
  const [plugin] = shops.map(({ marketplace }) => marketplace)
  const tells = Boolean(plugin?.notifications) || (plugin?.webhooks ?? []).length > 0
  expect(pushes > 0).toBe(tells)
  const asked = await house.fresh.asSuperuser((sql) =>
    sql`select from job_runs where reason = 'push' and target in ('ORDERS', 'RETURNS')
      and marketplace_account_id = any (${shops.map(({ accountId }) => accountId)})`
  )
  expect(asked.length > 0).toBe(tells)
  figures[id] = { ...told, pushes }
}, 60_000 + days * 60_000)

test('logs, work, messages and trails of all that name no buyer', async () => {
  const words = await wordsOfBuyers(house)
  // Meesho tells of no buyer
  expect(words.length).toBeGreaterThan(ids.join() === 'meesho' ? -1 : 20)
  const kept = await keptOfRuns(house)
  expect(kept.length).toBeGreaterThan(10_000)
  expect(words.filter((word) => kept.includes(word))).toEqual([])
})

test('the archive of all that holds every answer, and names no buyer', async () => {
  let words = 0
  for (const id of ids) {
    const shop = house.shops.findLast(({ marketplace }) => marketplace.id === id)
    if (!shop) throw new Error(`There is no shop of ${id}`)
    const archived = await lookAtArchive(house, shop)
    figures[id] = { ...figures[id], archived }
    words += archived.words
  }
  // some tell no more of a buyer than the town
  if (ids.length === all.length) expect(words).toBeGreaterThan(100)
})

test(
  'buyers end on their day in every marketplace; orders and money stay as they are',
  async () => {
    const sellers = new Set(house.shops.map(({ seller }) => seller))
    const [first, ...others] = sellers
    if (first === undefined) throw new Error('Nobody sells')
    const daysOf = (id: string) => id === 'amazon' ? 30 : 90
    const before = await whatStays(house.fresh)
    const papers = await papersOf(house)
    expect(papers).toBeGreaterThan(0)
    const held: Record<string, number>[] = []
    for (const later of [0, 30, 61, 200]) {
      await eraseLater(house, later, later === 200 ? new Set([first]) : sellers)
      if (later === 200) {
        // of a seller that nobody asked for nothing goes
        const [left] = await house.fresh.asSuperuser((sql) =>
          sql<{ n: number }[]>`select count(*)::int as n from orders
          where seller_id = any (${others.map(({ sellerId }) => sellerId)})
            and customer_erased_at is null`
        )
        expect(left?.n).toBeGreaterThan(0)
        await eraseLater(house, later, new Set(others))
      }
      const found = await heldLater(house, later, daysOf)
      expect(Object.values(found).map(({ expired }) => expired), `${later} days later`)
        .toEqual(Object.keys(found).map(() => 0))
      held.push(Object.fromEntries(Object.entries(found).map(([id, one]) => [id, one.held])))
    }
    const [now, , months, last] = held
    for (const id of ids) {
      if (id !== 'meesho') expect(now?.[id], id).toBeGreaterThan(0)
      expect(last?.[id], id).toBe(0)
    }
    if (ids.length === all.length) expect(months).toMatchObject({ amazon: 0, meesho: 0 })
    expect(await papersOf(house)).toBe(0)
    expect(await whatStays(house.fresh)).toEqual(before)

    const erasures = () => house.fresh.asSuperuser((sql) => sql`select * from erasures order by id`)
    const told = await erasures()
    expect(told.length).toBeGreaterThanOrEqual(sellers.size)
    await eraseLater(house, 200, sellers)
    expect(await erasures()).toEqual(told)

    // the marketplace tells all of it once more
    const shop = house.shops.findLast(({ marketplace: { id } }) => id !== 'meesho') ??
      house.shops.at(-1)
    if (shop === undefined) throw new Error('There is no shop')
    await house.forgetCursor(shop)
    await house.sync(shop, 'ORDERS')
    const [again] = await house.fresh.asSuperuser((sql) =>
      sql<{ received: number; unchanged: number }[]>`select received, unchanged from job_runs
      where marketplace_account_id = ${shop.accountId} and target = 'ORDERS'
      order by created_at desc limit 1`
    )
    const [refilled] = await house.fresh.asSuperuser((sql) =>
      sql<{ n: number; erased: number }[]>`
      select count(*) filter (where customer_name_enc is not null or address_enc is not null)::int as n,
        count(*)::int as erased
      from orders where customer_erased_at is not null`
    )
    expect(refilled?.n).toBe(0)
    expect(refilled?.erased).toBeGreaterThan(100)
    expect(again?.unchanged).toBeGreaterThan(20)
    figures['buyers'] = { held, papers, erased: refilled?.erased, again }
  },
  120_000,
)

test('every marketplace was held against its books', () => {
  expect(Object.keys(figures).toSorted()).toEqual([...ids, 'buyers'].toSorted())
  process.stdout.write(`Months: ${JSON.stringify({ days, seed, ...figures })}\n`)
})
