/**
 * Days of every marketplace with trouble: what the ledger shows is what the sandbox's books say.
 * `ROBNU_MONTH_DAYS` says how many, `ROBNU_MONTH_OF` of which, `ROBNU_TEST_SEED` by which chance.
 */
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { booksOf, differences, ledgerOf, type Shown } from './books.ts'
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

test('every marketplace was held against its books', () => {
  expect(Object.keys(figures).toSorted()).toEqual(ids.toSorted())
  process.stdout.write(`Months: ${JSON.stringify({ days, seed, ...figures })}\n`)
})
