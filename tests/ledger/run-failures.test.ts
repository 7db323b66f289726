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
const breaker = async () => {
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin<{ failures: number; open: boolean }[]>`
      select failures, opened_at is not null as open from breakers
      where marketplace_code = 'BAZAAR'`
  )
  return row && { ...row }
}
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
    const seconds: number[] = []
    for (let slice = 0; slice < 7; slice++) {
      seconds.push(Math.ceil((await runSlice(world, asked)).dueInMs / 1000))
    }
    // it is back sooner than that, and found out within a minute
    expect(seconds).toEqual([2, 4, 8, 16, 30, 30, 30])
    await world.fresh.asSuperuser((admin) =>
      admin`update work_items set attempts = 357 where id = ${asked.itemId}`
    )
    expect(await waits()).toEqual([30, 30])
    expect(await runOf(world, asked)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'unavailable', message: 'The marketplace answered with status 503' },
    })
    expect(await itemOf(world, asked)).toMatchObject({ state: 'FAILED' })
  })

  it('for everybody is not given up: the slices of its open breaker count no attempt', async () => {
    await failNext('503', 8)
    await runSlice(world, asked)
    const alone = { isAlone: true }
    for (let slice = 0; slice < 4; slice++) await runSlice(world, asked, {}, alone)
    expect(await breaker()).toEqual({ failures: 5, open: true })
    for (let probe = 0; probe < 3; probe++) {
      expect(await runSlice(world, asked, {}, alone)).toMatchObject({
        ...{ state: 'WAITING', attempts: 5 },
        lastError: 'unavailable: The marketplace answered with status 503',
      })
    }
    expect(await runSlice(world, asked, {}, alone)).toMatchObject({ state: 'DONE' })
    expect(await breaker()).toEqual({ failures: 0, open: false })
  })

  it('is not one that loses an answer now and then, behind pages that it gave', async () => {
    const losing = throughPages(world, (page, number) => {
      if (number === 2) throw failure('unavailable', 'no answer')
      return page
    })
    const small = { ...losing, configOf: () => ({ pageSize: 10 }) }
    await runSlice(world, asked, failing(world, failure('unavailable', 'no answer')))
    for (let slice = 0; slice < 7; slice++) {
      const item = await runSlice(world, asked, small, { isAlone: true })
      expect(item).toMatchObject({ state: 'WAITING', attempts: 0 })
      expect(await breaker()).toEqual({ failures: 0, open: false })
    }
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
    // for support
    expect(await itemOf(world, asked)).toMatchObject({ lastError: 'internal: TypeError' })

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
    expect(await itemOf(world, asked)).toMatchObject({ lastError: 'internal: unknown' })
  })

  it.each([
    [{ code: 'ECONNRESET' }, 'internal: ECONNRESET'],
    [{ code: '23505' }, 'internal: 23505'],
    [{ code: '9876543210' }, 'internal: TypeError'],
    [{ code: 'Asha Rao', name: '12 MG Road' }, 'internal: unknown'],
  ])('whose error has %o is kept as a word that quotes nobody', async (members, kept) => {
    const error = Object.assign(new TypeError('Asha Rao, 9876543210'), members)
    expect(await runSlice(world, asked, failing(world, error))).toMatchObject({ lastError: kept })
    expect(world.logged.join()).not.toMatch(/Asha|98765|MG Road/)
    expect(world.logged.join()).toContain('sync.interrupted')
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
