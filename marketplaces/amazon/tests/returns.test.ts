/** Returns over the sandbox: by External Fulfillment, and by the flat file that has to be ordered. */
import type { ReturnRow } from 'robnu/plugin'
import { fakeContext, type FakeRequest } from 'robnu/testing'
import { describe, expect, test } from 'vitest'
import { toReturnRow } from '../external-returns.ts'
import { syncReturns as sync } from '../returns.ts'
import {
  emptyBooks,
  external,
  returnsIn,
  sortedTruth,
  syncReturns,
  truthOf,
  unlimited,
} from './money-support.ts'
import { connect, type Connection, renewed, startWorld, type World } from './support.ts'

const env = { ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY: '12' }
const day = 86_400

const open = async (): Promise<World> => {
  const world = await startWorld({ env })
  await unlimited(world)
  return world
}

describe('by External Fulfillment', () => {
  test('returns are what the sandbox has in its books, day after day', async () => {
    const world = await open()
    const account = await external(world)
    const books = emptyBooks<ReturnRow>()
    for (let days = 0; days <= 20; days += 4) {
      await syncReturns(world, books, await renewed(account, world.ctx) as Connection)
      expect(returnsIn(books)).toEqual(sortedTruth((await truthOf(world, account)).returns))
      if (days === 8) {
        const { orders } = await truthOf(world, account) as unknown as {
          orders: readonly { readonly id: string; readonly state: string }[]
        }
        const delivered = orders.find(({ state }) => state === 'DELIVERED')?.id
        const made = await world.control('createReturn', {
          orderId: delivered,
          exchange: true,
        }) as {
          readonly returnIds: readonly string[]
        }
        await world.control('clock', { bySeconds: 60 })
        const [returnId] = made.returnIds
        await world.control('returnEvent', {
          ...{ partner: account.externalAccountId, returnId, status: 'PICKED_FROM_CUSTOMER' },
        })
        await world.control('clock', { bySeconds: 600 })
      }
      await world.control('clock', { bySeconds: 4 * day })
    }
    const rows = [...books.rows.values()]
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(
      new Set(['RTO', 'CUSTOMER_RETURN', 'EXCHANGE']),
    )
    expect(books.rejected).toEqual([])
    expect(JSON.stringify(rows)).not.toMatch(/otp/i)
    for (const row of rows) expect(row.shipmentExternalId).toMatch(`${row.orderExternalId}/`)
  }, 60_000)

  test('what fails is met again', async () => {
    const world = await open()
    const account = await external(world, 0)
    const books = emptyBooks<ReturnRow>()
    for (const kind of ['429', '500', '503', 'timeout-after-commit', 'truncated-body']) {
      await world.control('failNext', { operation: 'listReturns', kind, after: 2 })
    }
    await world.control('shiftPages', { on: true })
    await syncReturns(world, books, account)
    expect(books.rows.size).toBeGreaterThan(60)
    expect(books.pages).toBeGreaterThan(15)
  })
})

describe('by the flat file', () => {
  test('returns are what the sandbox has in its books, day after day', async () => {
    const world = await open()
    const account = await connect(world, 0)
    const books = emptyBooks<ReturnRow>()
    for (let days = 0; days <= 12; days += 4) {
      // twice, for a report that dies is ordered again by the next run
      for (const _ of [1, 2]) {
        await syncReturns(world, books, await renewed(account, world.ctx) as Connection)
      }
      const told = new Map(returnsIn(books).map((one) => [one.id, one]))
      const { returns } = await truthOf(world, account)
      // the clock goes on while a report is waited for
      const late = returns.filter((one) => JSON.stringify(one) !== JSON.stringify(told.get(one.id)))
      expect(late.length).toBeLessThanOrEqual(1)
      expect(told.size).toBeGreaterThan(50)
      await world.control('clock', { bySeconds: 4 * day })
    }
    expect(books.rejected).toEqual([])
  }, 60_000)

  test('a lost answer to an order costs a report, and no return', async () => {
    const world = await open()
    const account = await connect(world, 0)
    const books = emptyBooks<ReturnRow>()
    for (const operation of ['createReport', 'getReport', 'getReportDocument', 'document']) {
      for (const kind of ['500', 'timeout-after-commit', 'truncated-body']) {
        await world.control('failNext', { operation, kind })
      }
    }
    await syncReturns(world, books, account)
    expect(books.rows.size).toBeGreaterThan(2)
  })

  const report = (processingStatus: string) => ({
    reportId: '7',
    processingStatus,
    createdTime: '2022-06-29T00:00:00Z',
  })
  const asked = async (word: string, status = 200) => {
    const world = await open()
    const account = await connect(world, 0)
    const respond = ({ method }: FakeRequest) =>
      method === 'POST' ? { status: 202, body: { reportId: '7' } } : { status, body: report(word) }
    const config = { historyDays: 30 }
    const ctx = fakeContext({ respond, now: () => new Date(world.now()), config })
    const pages = []
    try {
      for await (const page of sync(account, { cursor: null, reason: 'manual' }, ctx)) {
        pages.push(page)
      }
    } catch (error) {
      return { pages, error }
    }
    return { pages, error: undefined }
  }
  test('a report that is not made yet is waited for', async () => {
    for (const word of ['IN_QUEUE', 'IN_PROGRESS']) {
      const { pages, error } = await asked(word)
      expect(error).toMatchObject({ kind: 'unavailable', code: 'not-ready' })
      expect(pages.at(-1)?.cursor).toMatchObject({ returns: { walk: { at: { report: '7' } } } })
    }
  })
  test('a report that cannot be made ends the run, and the next one orders it again', async () => {
    for (const [word, status] of [['FATAL', 200], ['DONE', 200], ['x', 404]] as const) {
      const { pages, error } = await asked(word, status)
      expect(error).toMatchObject({ kind: 'rejected', code: 'report-failed' })
      expect(pages.at(-1)?.cursor).toMatchObject({ returns: { walk: { at: { report: null } } } })
    }
  })
  test('no data is no report', async () => {
    const { pages, error } = await asked('CANCELLED')
    expect(error).toBeUndefined()
    expect(pages.at(-1)).toMatchObject({
      received: 0,
      last: true,
      cursor: { returns: { walk: null } },
    })
  })
})

describe('one return', () => {
  const good = {
    id: 'r-1',
    returnType: 'CUSTOMER',
    status: 'IN_TRANSIT',
    lastUpdatedDateTime: '2022-06-29T00:00:00Z',
    marketplaceChannelDetails: { customerOrderId: '171-1234567-1234567' },
    otpDetails: { otp: '703669', validTill: 1 },
  }
  const reasonOf = (raw: unknown) => {
    const found = toReturnRow(raw)
    return 'rejected' in found ? found.rejected : undefined
  }
  test('is read without what it may do without', () => {
    expect(toReturnRow(good)).toMatchObject({
      row: { kind: 'CUSTOMER_RETURN', status: 'IN_TRANSIT', awbs: [], items: [{ quantity: 1 }] },
    })
    expect(toReturnRow({ ...good, status: 'TOMORROW' })).toMatchObject({
      row: { status: null, rawStatus: 'TOMORROW' },
    })
    expect(toReturnRow({ ...good, status: 'constructor' })).toMatchObject({ row: { status: null } })
  })
  test('is put aside by a word, and without its password', () => {
    expect(reasonOf(null)?.reason).toBe('malformed-return')
    expect(reasonOf({ ...good, returnType: 'NEW' })?.reason).toBe('unknown-return-type')
    const bare = reasonOf({ ...good, marketplaceChannelDetails: {} })
    expect(bare).toMatchObject({ reason: 'return-without-order', key: 'r-1' })
    expect(bare?.raw).not.toContain('703669')
  })
})
