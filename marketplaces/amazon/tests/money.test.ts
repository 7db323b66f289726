/** Payouts over the sandbox: settlements, open money, and that none of it counts twice. */
import type { PayoutRow } from 'robnu/plugin'
import { expect, test } from 'vitest'
import type { AnyCursor } from '../cursors.ts'
import {
  type Ask,
  type Books,
  emptyBooks,
  payoutsIn,
  runOf,
  sortedTruth,
  storePayout,
  syncPayouts,
  truthOf,
  unlimited,
} from './money-support.ts'
import { connect, type Connection, renewed, startWorld, type World } from './support.ts'

const env = { ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY: '12' }
const day = 86_400

const open = async (options: Parameters<typeof startWorld>[0] = { env }): Promise<World> => {
  const world = await startWorld(options)
  await unlimited(world)
  return world
}
const sameAsTruth = async (world: World, books: Books<PayoutRow>, account: Connection) =>
  expect(payoutsIn(books)).toEqual(sortedTruth((await truthOf(world, account)).payouts))

test(
  'settlements and open money are what the sandbox has in its books, day after day',
  async () => {
    const world = await open()
    const accounts = [await connect(world, 0), await connect(world, 1)]
    const ledgers = accounts.map(() => emptyBooks<PayoutRow>())
    const seen = new Set<string>()
    for (let days = 0; days <= 20; days += 4) {
      if (days === 8) await world.control('closeSettlement', { partner: 'A2DEMOSELLERIN' })
      for (const [at, account] of accounts.entries()) {
        const books = ledgers[at]
        // the large one is looked at twice
        if (!books || at === 0 && days !== 0 && days !== 8) continue
        await syncPayouts(world, books, await renewed(account, world.ctx))
        await sameAsTruth(world, books, account)
        for (const { status } of books.rows.values()) seen.add(String(status))
      }
      await world.control('clock', { bySeconds: 4 * day })
    }
    expect([...seen].sort()).toEqual(['OPEN', 'PAID', 'RELEASED'])
    for (const { rows, rejected } of ledgers) {
      const paid = [...rows.values()].filter((row) => row.status === 'PAID')
      expect(paid.length).toBeGreaterThan(6)
      for (const row of paid) {
        expect(row.amount).toBe(payoutsIn({ rows: new Map([['', row]]) } as never)[0]?.amount)
      }
      // what the account itself costs is of no order, and the settlement brings it
      expect(new Set(rejected.map(({ reason }) => reason))).toEqual(
        new Set(['transaction-without-order']),
      )
    }
  },
  60_000,
)

test('stopped after any page, the walk goes on from its cursor and misses nothing', async () => {
  const opened = await open()
  const world = { ...opened, ctx: { ...opened.ctx, config: { historyDays: 21 } } }
  const account = await connect(world, 0)
  const whole = emptyBooks<PayoutRow>()
  await syncPayouts(world, whole, account)
  expect(whole.pages).toBeGreaterThan(6)

  const pieces = emptyBooks<PayoutRow>()
  let cursor: AnyCursor | null = null
  let isLast = false
  for (let runs = 0; !isLast; runs++) {
    expect(runs).toBeLessThan(whole.pages)
    const ask: Ask = { account, cursor }
    for await (const page of runOf(world, 'syncPayouts', ask)) {
      for (const row of page.rows) storePayout(pieces, row as PayoutRow)
      cursor = page.cursor
      isLast = page.last === true
      break
    }
  }
  expect(payoutsIn(pieces)).toEqual(payoutsIn(whole))

  // and nothing is new after it
  const before = payoutsIn(whole)
  await syncPayouts(world, whole, account)
  expect(payoutsIn(whole)).toEqual(before)
}, 30_000)

test(
  'a window brings what was posted and paid in it, and leaves the daily walk alone',
  async () => {
    const world = await open()
    const account = await connect(world, 1)
    const books = emptyBooks<PayoutRow>()
    const [from, to] = [10, 40].map((days) => new Date(world.now() - days * day * 1000)).reverse()
    if (!from || !to) throw new Error('unreachable')
    await syncPayouts(world, books, account, { from, to })
    const paid = [...books.rows.values()].filter(({ status }) => status === 'PAID')
    expect(paid.length).toBeGreaterThanOrEqual(2)
    for (const { updatedAt } of books.rows.values()) {
      expect(updatedAt.getTime()).toBeGreaterThan(from.getTime() - 5 * day * 1000)
    }
    const { cursor } = books
    expect(cursor && 'payouts' in cursor && cursor.payouts.shelf.known).toEqual([])
    await syncPayouts(world, books, account)
    await sameAsTruth(world, books, account)
  },
  30_000,
)

test.each(['listTransactions', 'getReports', 'getReportDocument', 'document'])(
  'what fails at %s is met again, and counts once',
  async (operation) => {
    const world = await open()
    const account = await connect(world, 1)
    const books = emptyBooks<PayoutRow>()
    for (const kind of ['429', '500', '503', 'timeout-after-commit', 'truncated-body']) {
      await world.control('failNext', { operation, kind })
    }
    await syncPayouts(world, books, account)
    await sameAsTruth(world, books, account)
  },
  30_000,
)
