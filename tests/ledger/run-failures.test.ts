/** What a run does when something goes wrong: wait, try again, or say to the seller what to do. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createRegistry } from '../../core/ledger/registry.ts'
import type { SyncDeps } from '../../core/ledger/run-sync.ts'
import { failure } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { failing, throughPages } from './support/adapters.ts'
import { type Asked, askForRun, itemOf, runOf, runSlice, runToEnd, stored } from './support/runs.ts'

let base: World
let world: World
let seller: TestSeller
let accountId: string
let asked: Asked
const speed = 10
beforeAll(async () => {
  base = await openWorld()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base, { speed })
  onTestFinished(() => world.close())
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 0)
  asked = await askForRun(world, seller, accountId)
})

const failNext = (kind: string, times: number) =>
  world.control('failNext', { operation: 'listOrders', kind, times })
/** Slices until the item is closed; how long it had to wait after each, in whole seconds. */
const waits = async (changes: Partial<SyncDeps> = {}): Promise<readonly number[]> => {
  const seconds: number[] = []
  for (;;) {
    const { state, dueInMs } = await runSlice(world, asked, changes)
    if (state !== 'WAITING') return seconds
    seconds.push(Math.ceil(dueInMs / 1000))
    if (seconds.length > 40) throw new Error('The run does not end')
  }
}

describe('a rate limit', () => {
  it('puts the run back for as long as it lasts, in real time', async () => {
    const wait = failure('rate-limit', 'slowly', { retryAfterMs: 600_000 })
    const item = await runSlice(world, asked, failing(world, wait))
    expect(item.state).toBe('WAITING')
    expect(item.dueInMs).toBeLessThanOrEqual(600_000 / speed)
    expect(item.dueInMs).toBeGreaterThan(600_000 / speed - 5_000)
    expect(await runOf(world, asked)).toMatchObject({ state: 'RUNNING', failure: null })
  })

  it('of the marketplace is waited for as its answer says', async () => {
    await world.control('throttle', { operation: 'listOrders', ratePerSecond: 0.01, burst: 2 })
    const item = await runSlice(world, asked)
    expect(item).toMatchObject({ state: 'WAITING', attempts: 0 })
    expect(item.dueInMs).toBeLessThanOrEqual(100_000 / speed)
    expect(item.dueInMs).toBeGreaterThan(100_000 / speed - 5_000)
    expect(await stored(world, accountId)).toMatchObject({ orders: 100 })
  })

  it('that nobody gives a time for is waited out longer and longer', async () => {
    const refused = failing(world, failure('rate-limit', 'slowly'))
    const seconds: number[] = []
    for (let slice = 0; slice < 4; slice++) {
      seconds.push(Math.ceil((await runSlice(world, asked, refused)).dueInMs / 1000))
    }
    expect(seconds).toEqual([2, 4, 8, 16])
  })
})

describe('a marketplace that is down', () => {
  it.each([['500'], ['503'], ['timeout-after-commit']])(
    'is asked again after %s, and the run brings everything',
    async (kind) => {
      await failNext(kind, 2)
      expect(await waits()).toEqual([2, 4])
      expect(await runOf(world, asked)).toMatchObject({ state: 'SUCCEEDED', new: 250 })
    },
  )

  it('is asked more and more seldom, then the run fails', async () => {
    await failNext('503', 60)
    const seconds = await waits()
    const doubling = seconds.map((_wait, index) => Math.min(900, 2 ** (index + 1)))
    expect(seconds).toEqual(doubling)
    expect(seconds.length).toBeGreaterThan(10)
    expect(await runOf(world, asked)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'unavailable', message: 'The marketplace answered with status 503' },
    })
    expect(await itemOf(world, asked)).toMatchObject({ state: 'FAILED' })
  })

  it('is waited for anew once it has answered in between', async () => {
    await failNext('500', 2)
    await runSlice(world, asked)
    expect((await runSlice(world, asked)).dueInMs).toBeGreaterThan(2_000)
    const again = throughPages(world, (page, number) => {
      if (number === 2) throw failure('unavailable', 'down again')
      return page
    })
    const item = await runSlice(world, asked, again)
    expect(item.attempts).toBe(0)
    expect(item.dueInMs).toBeLessThanOrEqual(2_000)
  })
})

describe('an answer that makes no sense', () => {
  it('may be a passing one', async () => {
    await failNext('truncated-body', 1)
    expect(await waits()).toEqual([2])
    expect(await runOf(world, asked)).toMatchObject({ state: 'SUCCEEDED', new: 250 })
  })

  it('ends the run when it stays', async () => {
    await failNext('truncated-body', 60)
    expect(await waits()).toEqual([2, 4, 8])
    expect(await runOf(world, asked)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'bad-response', message: 'The marketplace did not answer in JSON' },
    })
  })

  it('is one that counts other rows than it brings, and nothing of it is stored', async () => {
    await world.control('trouble', { miscount: 1 })
    await waits()
    expect(await runOf(world, asked)).toMatchObject({
      ...{ state: 'FAILED', received: 0, failure: { kind: 'bad-response' } },
    })
    expect(await stored(world, accountId)).toMatchObject({ orders: 0 })
  })

  it('is the same page again and again', async () => {
    await world.control('trouble', { stuck: true })
    await waits()
    expect(await runOf(world, asked)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'bad-response', message: 'Bazaar gave the same page twice' },
    })
  })
})

describe('a fault of the plugin', () => {
  it('is tried again, then fails the run without a word of what it was', async () => {
    const buyers = (await world.orders(0)).flatMap(({ buyer }) => buyer ? [buyer] : [])
    const broken = throughPages(world, (page) => {
      const [row] = page.rows
      // what a plugin that trusts an answer too much runs into
      const street = row?.customer?.address?.line2 as unknown as { trim: () => string }
      street.trim()
      return page
    })
    expect(await waits(broken)).toEqual([2, 4, 8])
    const run = await runOf(world, asked)
    expect(run).toMatchObject({ state: 'FAILED', failure: { kind: 'internal' } })
    expect(run.failure?.message).not.toMatch(/TypeError|trim|null/)

    const lines = world.logged.filter((line) => line.includes('sync.interrupted'))
    expect(lines).toHaveLength(4)
    expect(lines.every((line) => JSON.parse(line).level === 'error')).toBe(true)
    expect(lines[0]).toContain('TypeError')
    for (const { name = '', phone = '' } of buyers) {
      expect(lines.join()).not.toContain(name)
      expect(lines.join()).not.toContain(phone)
    }
  })

  it('that is no error at all fails the run like one', async () => {
    expect(await waits(failing(world, 'just text'))).toEqual([2, 4, 8])
    expect(await runOf(world, asked)).toMatchObject({ failure: { kind: 'internal' } })
  })
})

describe('a request that the marketplace rejects', () => {
  it('fails the run at once, in the words of the plugin', async () => {
    const rejected = failing(world, failure('rejected', 'The shop is closed for the holidays'))
    expect(await waits(rejected)).toEqual([])
    expect(await runOf(world, asked)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'rejected', message: 'The shop is closed for the holidays' },
    })
  })
})

it('a run of a marketplace whose plugin was switched off fails, and says which', async () => {
  expect(await waits({ registry: createRegistry([]) })).toEqual([])
  const { state, failure: why } = await runOf(world, asked)
  expect(state).toBe('FAILED')
  expect(why?.message).toContain('BAZAAR')
})

it('a run that failed leaves the way free for the next', async () => {
  await runToEnd(world, asked, failing(world, failure('rejected', 'no')))
  const next = await askForRun(world, seller, accountId)
  expect(next.runId).not.toBe(asked.runId)
  expect(await runToEnd(world, next)).toMatchObject({ state: 'SUCCEEDED', new: 250 })
})
