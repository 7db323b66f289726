/** The token buckets of an account: shared by all workers, on the clock of the marketplace. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPermits, type Permits, type PermitsOptions } from '../../core/ledger/permits.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { errorFrom, failureFrom } from './support/outbound.ts'

let fresh: FreshDatabase
let seller: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase()
  seller = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())

const limits = [{ operation: 'list', ratePerSecond: 2, burst: 4 }]
const never = new AbortController().signal
const start = Date.parse('2026-01-10T12:00:00.000Z')

interface Bench {
  /** Real milliseconds; sleeping moves them. */
  now: number
  readonly slept: number[]
  readonly accountId: string
  /** One more worker at the same account. */
  readonly worker: (changes?: Partial<PermitsOptions>) => Permits
}
/** An account of its own, an upstream that runs `speed` times as fast, and sleep without waiting. */
const bench = async (speed = 1): Promise<Bench> => {
  const accountId = await makeAccount(fresh, seller)
  const clock = { at: new Date(start), upstream: new Date(start), speed }
  const made: Bench = {
    now: start,
    slept: [],
    accountId,
    worker: (changes = {}) =>
      createPermits({
        ...{ db: fresh.db, entry: seller.entry, accountId, limits },
        upstream: createUpstream({ url: 'http://127.0.0.1:9', clock }, () => made.now),
        sleep: (ms) => {
          made.slept.push(ms)
          made.now += ms
          return Promise.resolve()
        },
        ...changes,
      }),
  }
  return made
}
const takeAll = async (permits: Permits, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await permits.take('list', never)
}

describe('a bucket', () => {
  it('gives its burst at once, then makes each request wait for its permit', async () => {
    const { worker, slept } = await bench()
    const permits = worker()
    await takeAll(permits, 4)
    expect(slept).toEqual([])
    await takeAll(permits, 3)
    // two a second
    expect(slept).toEqual([500, 500, 500])
  })

  it('fills up while nobody asks, and not above its burst', async () => {
    const made = await bench()
    await takeAll(made.worker(), 4)
    made.now += 3_600_000
    await takeAll(made.worker(), 4)
    expect(made.slept).toEqual([])
    await takeAll(made.worker(), 1)
    expect(made.slept).toEqual([500])
  })

  it('does not run over when the clock of one worker is behind', async () => {
    const made = await bench()
    await takeAll(made.worker(), 4)
    made.now -= 60_000
    expect(await failureFrom(made.worker().take('list', never))).toMatchObject({
      kind: 'rate-limit',
      // until its own clock is where the others have been
      retryAfterMs: 60_500,
    })
  })

  it('gives ten workers at once no more than it holds', async () => {
    const { worker } = await bench()
    const slow = { sleep: () => Promise.reject(new Error('has to wait')) }
    const asked = await Promise.allSettled(
      Array.from({ length: 10 }, () => worker(slow).take('list', never)),
    )
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
  })

  it('belongs to one account and one operation', async () => {
    const [first, second] = [await bench(), await bench()]
    const two = [...limits, { operation: 'get', ratePerSecond: 2, burst: 1 }]
    await takeAll(first.worker(), 4)
    await takeAll(second.worker(), 4)
    await first.worker({ limits: two }).take('get', never)
    expect([...first.slept, ...second.slept]).toEqual([])
  })

  it('is not made for an operation that the plugin does not declare', async () => {
    const { worker } = await bench()
    expect(await errorFrom(worker().take('other', never))).toMatchObject({
      message: 'No rate limit is declared for operation "other"',
    })
  })
})

describe('a long wait', () => {
  it('gives the work back, and says how long on the clock of the marketplace', async () => {
    const slow = [{ operation: 'list', ratePerSecond: 0.01, burst: 1 }]
    const { worker, slept } = await bench()
    const permits = worker({ limits: slow })
    await permits.take('list', never)
    expect(await failureFrom(permits.take('list', never))).toMatchObject({
      kind: 'rate-limit',
      retryAfterMs: 100_000,
    })
    expect(slept).toEqual([])
  })

  it('is a short one where the upstream runs fast', async () => {
    const slow = [{ operation: 'list', ratePerSecond: 0.01, burst: 1 }]
    const { worker, slept } = await bench(1_000)
    await takeAll(worker({ limits: slow }), 2)
    expect(slept).toEqual([100])
  })

  it('is long all the same when a token of the upstream would run out meanwhile', async () => {
    const slower = [{ operation: 'list', ratePerSecond: 0.001, burst: 1 }]
    const permits = (await bench(100_000)).worker({ limits: slower })
    await permits.take('list', never)
    expect(await failureFrom(permits.take('list', never))).toMatchObject({
      retryAfterMs: 1_000_000,
    })
  })
})

describe('what an answer tells', () => {
  it('holds for every worker: the rate', async () => {
    const made = await bench()
    const permits = made.worker()
    await takeAll(permits, 4)
    await permits.learn('list', { rate: 10 })
    await takeAll(made.worker(), 2)
    expect(made.slept).toEqual([100, 100])
  })

  it('holds for every worker: that the bucket is empty', async () => {
    const made = await bench()
    const permits = made.worker()
    await takeAll(permits, 1)
    await permits.learn('list', { empty: true })
    await takeAll(made.worker(), 1)
    expect(made.slept).toEqual([500])
  })

  it('is written once, and not with every answer', async () => {
    const made = await bench()
    const permits = made.worker()
    await takeAll(permits, 1)
    const version = async () => {
      const [row] = await fresh.asSuperuser((admin) =>
        admin`select xmin::text, rate from rate_buckets
          where marketplace_account_id = ${made.accountId}`
      )
      return row
    }
    const declared = await version()
    await permits.learn('list', { rate: 2 })
    await permits.learn('list', {})
    expect(await version()).toEqual(declared)
    await permits.learn('list', { rate: 5 })
    const told = await version()
    expect(told).toMatchObject({ rate: 5 })
    await permits.learn('list', { rate: 5 })
    await made.worker().learn('list', { rate: 5 })
    expect(await version()).toEqual(told)
  })

  it('is forgotten when the marketplace tells the rate that the plugin declares', async () => {
    const made = await bench()
    await takeAll(made.worker(), 1)
    await made.worker().learn('list', { rate: 0.1 })
    await made.worker().learn('list', { rate: 2 })
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select rate from rate_buckets where marketplace_account_id = ${made.accountId}`
    )
    expect(row?.['rate']).toBe(2)
  })
})
