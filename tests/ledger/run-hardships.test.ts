/** Hard rows, odd pages and long waits: none of them ends a run that could go on, or never. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { fault } from '../../core/errors.ts'
import { endOfError } from '../../core/ledger/run-finish.ts'
import { newId } from '../../core/ids.ts'
import { failure, type OrderRow, type Page } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { failing, throughPages, withAdapter } from './support/adapters.ts'
import { type Asked, askForRun, itemOf, runOf, runSlice, runToEnd } from './support/runs.ts'

let base: World
let world: World
let seller: TestSeller
let accountId: string
let asked: Asked
beforeAll(async () => {
  base = await openWorld()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  onTestFinished(() => world.close())
  seller = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 1)
  asked = await askForRun(world, seller, accountId)
})

/** The first row of the first page, with these members. */
const spoiling = (changes: (row: OrderRow) => object) =>
  throughPages(world, (page, number): Page<OrderRow, unknown> => {
    const [row, ...rows] = page.rows
    if (number !== 1 || !row) return page
    return { ...page, rows: [{ ...row, ...changes(row) }, ...rows] }
  })

describe('one row that PostgreSQL cannot store', () => {
  it.each<[string, (row: OrderRow) => object]>([
    ['a zero character', () => ({ rawStatus: 'pac\0ked' })],
    ['a line that stands in its order twice', ({ items: [one] }) => ({ items: [one, one] })],
    ['a bigint for money, as a plugin may give it', () => ({ totalPaise: 100n })],
    ['a time before there were calendars', () => ({ shipBy: new Date(-8.64e15) })],
  ])('with %s is put aside, and the others are stored', async (_what, changes) => {
    const run = await runToEnd(world, asked, spoiling(changes))
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: 40, new: 39, rejected: 1 })
  })

  it('with a year of five digits breaks no list behind it', async () => {
    const orderedAt = new Date('+020222-01-01T00:00:00Z')
    await runToEnd(world, asked, spoiling(() => ({ orderedAt })))
    const { list } = createOrders({ db: world.fresh.db, keyring: world.keyring })
    const ask = { filter: {}, limit: 1, customer: false }
    const { next } = await list(seller.entry, ask)
    expect((await list(seller.entry, { ...ask, ...(next ? { after: next } : {}) })).orders)
      .toHaveLength(1)
  })

  it('in the key of a rejection is put aside like any other', async () => {
    const rejected = [{ key: 'a\0b', reason: 'not-an-order', raw: '{}' }]
    const spoilt = throughPages(
      world,
      (page) => ({ ...page, rejected, received: page.received + 1 }),
    )
    expect(await runToEnd(world, asked, spoilt)).toMatchObject({ state: 'SUCCEEDED', rejected: 1 })
  })
})

describe('a page', () => {
  it('that does not count is a bad response, not a fault of ours', async () => {
    const uncounted = throughPages(
      world,
      (page) => ({ ...page, received: undefined as unknown as number }),
    )
    const run = await runToEnd(world, asked, uncounted)
    expect(run.failure?.kind).toBe('bad-response')
  })

  it('whose cursor does not move is no progress', async () => {
    const standing = throughPages(world, (page, number) => {
      if (number === 2) throw new TypeError('always at the second page')
      return { ...page, cursor: { since: '2020-01-01T00:00:00.000Z', after: null } }
    })
    const config = { pageSize: 10 }
    const run = await runToEnd(world, asked, { ...standing, configOf: () => config }, 12)
    expect(run.state).toBe('FAILED')
  })

  it('whose cursor does not move is no progress either of a worker that it kills', async () => {
    const config = { pageSize: 10 }
    const killed = async (cursorOf: (page: Page<OrderRow, unknown>) => unknown) => {
      const dying = throughPages(world, (page, number) => {
        if (number === 2) throw fault('lease-lost')
        return { ...page, cursor: cursorOf(page) }
      })
      await expect(runSlice(world, asked, { ...dying, configOf: () => config })).rejects.toThrow()
      // nobody has told of it
      return (await itemOf(world, asked)).attempts
    }
    const attempts: number[] = []
    for (let i = 0; i < 2; i++) attempts.push(await killed(({ cursor }) => cursor))
    const standing = { since: '2020-01-01T00:00:00.000Z', after: null }
    for (let i = 0; i < 4; i++) attempts.push(await killed(() => standing))
    expect(attempts).toEqual([1, 1, 1, 1, 2, 3])
  })

  it('begins with a cursor that has passed the schema of the plugin', async () => {
    const seen: unknown[] = []
    const cursor = z.object({ since: z.string(), after: z.null(), added: z.number().default(7) })
    const { registry } = withAdapter(world, {
      // deno-lint-ignore require-yield -- it looks at its cursor only
      async *syncOrders(_account, request) {
        await Promise.resolve()
        seen.push(request.cursor)
      },
    })
    const [bazaar] = registry.all
    if (!bazaar) throw new Error('unreachable')
    await runToEnd(world, asked)
    const upgraded = { ...bazaar, cursor }
    const next = await askForRun(world, seller, accountId)
    await runToEnd(world, next, { registry: { all: [upgraded], find: () => upgraded } })
    expect(seen).toMatchObject([{ added: 7 }])
  })
})

describe('waiting', () => {
  it('for a rate limit is no failed attempt', async () => {
    const wait = failing(world, failure('rate-limit', 'slowly', { retryAfterMs: 1 }))
    for (let slice = 0; slice < 5; slice++) await runSlice(world, asked, wait)
    const puzzled = await runSlice(world, asked, failing(world, failure('bad-response', 'once')))
    expect(puzzled.state).toBe('WAITING')
  })

  it('takes a moment even when the marketplace says that it needs none', async () => {
    const now = failing(world, failure('rate-limit', 'at once', { retryAfterMs: 0 }))
    expect((await runSlice(world, asked, now)).dueInMs).toBeGreaterThan(0)
  })

  it('lasts a day at the most, whatever the marketplace says', async () => {
    const years = failing(world, failure('rate-limit', 'no', { retryAfterMs: 1e11 }))
    expect((await runSlice(world, asked, years)).dueInMs).toBeLessThanOrEqual(86_400_000)
  })

  it('for a marketplace that is down lasts about three hours, as the comment says', () => {
    const down = failure('unavailable', 'down')
    const { upstreamOf } = world.deps
    let totalMs = 0
    for (let attempts = 1;; attempts++) {
      const end = endOfError(down, { attempts, progress: false, upstream: upstreamOf('bazaar') })
      if (end.end !== 'again') break
      totalMs += end.delayMs
    }
    expect(totalMs / 3_600_000).toBeGreaterThan(2.5)
    expect(totalMs / 3_600_000).toBeLessThan(3.5)
  })

  it('for the key service is waiting for something that is down', async () => {
    const forSeller = () => Promise.reject(fault('keys-unavailable', { retryAfterSeconds: 5 }))
    const keyring = { ...world.keyring, forSeller }
    for (let slice = 0; slice < 5; slice++) await runSlice(world, asked, { keyring })
    expect(await itemOf(world, asked)).toMatchObject({ state: 'WAITING' })
  })

  it('ends when its signal aborts', async () => {
    await world.fresh.asSuperuser((admin) =>
      admin`update marketplace_accounts
        set refresh_lease = ${newId()}, refresh_lease_until = now() + interval '1 hour'
        where id = ${accountId}`
    )
    const dead = failing(world, failure('auth', 'no'))
    const stop = new AbortController()
    const running = runSlice(world, asked, dead, { signal: stop.signal }).then(
      () => 'ended',
      () => 'ended',
    )
    stop.abort(new Error('stop'))
    const outcome = await Promise.race([
      running,
      new Promise((resolve) => setTimeout(() => resolve('still polling'), 1_000)),
    ])
    // whoever polls finds newer credentials and goes home
    await world.fresh.asSuperuser((admin) =>
      admin`update marketplace_accounts set credentials_version = 9 where id = ${accountId}`
    )
    await running
    expect(outcome).toBe('ended')
  })
})

describe('an adapter', () => {
  it('that waits for nothing holds no worker that was told to give up', async () => {
    const forever = withAdapter(world, {
      // deno-lint-ignore require-yield -- it never comes to its first page
      async *syncOrders() {
        await new Promise(() => {})
      },
    })
    const stop = new AbortController()
    const running = runSlice(world, asked, forever, { signal: stop.signal }).catch(() => 'ended')
    stop.abort(new Error('stop'))
    const late = new Promise((resolve) => setTimeout(() => resolve('still there'), 1_000))
    expect(await Promise.race([running, late])).toBe('ended')
  })

  it('whose last words are an error does not hide why the run was put back', async () => {
    const { registry } = throughPages(world, (page) => page)
    const [bazaar] = registry.all
    if (!bazaar) throw new Error('unreachable')
    const shutting = withAdapter(world, {
      syncOrders: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(failure('rejected', 'the shop is closed')),
          return: () => Promise.reject(new TypeError('a fault while closing')),
        }),
      }),
    })
    const run = await runToEnd(world, asked, shutting)
    expect(run.failure).toEqual({ kind: 'rejected', message: 'the shop is closed' })
  })

  it('that forgets its cursor has given a bad response', async () => {
    const forgetful = throughPages(world, (page) => ({ ...page, cursor: undefined }))
    const run = await runToEnd(world, asked, forgetful)
    expect(run.failure?.kind).toBe('bad-response')
  })
})

describe('the log', () => {
  it("does not repeat what a plugin's own error quotes", async () => {
    const quoting = throughPages(world, (page) => {
      for (const { customer } of page.rows) if (customer?.name) JSON.parse(customer.name)
      return page
    })
    await runSlice(world, asked, quoting)
    const name = (await world.orders(1)).find(({ buyer }) => buyer)?.buyer?.['name'] ?? 'nobody'
    expect(world.logged.join()).toContain('sync.interrupted')
    expect(world.logged.join()).not.toContain(name.slice(0, 8))
  })

  it('says why a marketplace did not answer', async () => {
    const refused: typeof fetch = () => Promise.reject(new Error('connect ECONNREFUSED'))
    await runSlice(world, asked, { fetch: refused })
    expect(await runOf(world, asked)).toMatchObject({ state: 'RUNNING' })
    expect(world.logged.join()).toContain('ECONNREFUSED')
  })
})
