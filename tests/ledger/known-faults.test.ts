/**
 * Sentences that should be true and are not yet: each fails today. When one is mended its test turns
 * red here; it then moves, without `.fails`, to the file of what it is about.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { createAccounts } from '../../core/ledger/accounts.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { createPermits } from '../../core/ledger/permits.ts'
import { openAccount } from '../../core/ledger/run-load.ts'
import { createRuns, type RunPosition } from '../../core/ledger/runs.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import { fault } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { failure, type OrderRow, type Page } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { failing, throughPages, withAdapter } from './support/adapters.ts'
import { address, errorFrom, failureFrom, outbound } from './support/outbound.ts'
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
  it.fails.each<[string, (row: OrderRow) => object]>([
    ['a zero character', () => ({ rawStatus: 'pac\0ked' })],
    ['a line that stands in its order twice', ({ items: [one] }) => ({ items: [one, one] })],
    ['a bigint for money, as a plugin may give it', () => ({ totalPaise: 100n })],
    ['a time before there were calendars', () => ({ shipBy: new Date(-8.64e15) })],
  ])('with %s is put aside, and the others are stored', async (_what, changes) => {
    const run = await runToEnd(world, asked, spoiling(changes))
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: 40, new: 39, rejected: 1 })
  })

  it.fails('with a year of five digits breaks no list behind it', async () => {
    const orderedAt = new Date('+020222-01-01T00:00:00Z')
    await runToEnd(world, asked, spoiling(() => ({ orderedAt })))
    const { list } = createOrders({ db: world.fresh.db, keyring: world.keyring })
    const ask = { filter: {}, limit: 1, customer: false }
    const { next } = await list(seller.entry, ask)
    expect((await list(seller.entry, { ...ask, ...(next ? { after: next } : {}) })).orders)
      .toHaveLength(1)
  })

  it.fails('in the key of a rejection is put aside like any other', async () => {
    const rejected = [{ key: 'a\0b', reason: 'not-an-order', raw: '{}' }]
    const spoilt = throughPages(
      world,
      (page) => ({ ...page, rejected, received: page.received + 1 }),
    )
    expect(await runToEnd(world, asked, spoilt)).toMatchObject({ state: 'SUCCEEDED', rejected: 1 })
  })
})

describe('a page', () => {
  it.fails('that does not count is a bad response, not a fault of ours', async () => {
    const uncounted = throughPages(
      world,
      (page) => ({ ...page, received: undefined as unknown as number }),
    )
    const run = await runToEnd(world, asked, uncounted)
    expect(run.failure?.kind).toBe('bad-response')
  })

  it.fails('whose cursor does not move is no progress', async () => {
    const standing = throughPages(world, (page, number) => {
      if (number === 2) throw new TypeError('always at the second page')
      return { ...page, cursor: { since: '2020-01-01T00:00:00.000Z', after: null } }
    })
    const config = { pageSize: 10 }
    const run = await runToEnd(world, asked, { ...standing, configOf: () => config }, 12)
    expect(run.state).toBe('FAILED')
  })

  it.fails('begins with a cursor that has passed the schema of the plugin', async () => {
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
  it.fails('for a rate limit is no failed attempt', async () => {
    const wait = failing(world, failure('rate-limit', 'slowly', { retryAfterMs: 1 }))
    for (let slice = 0; slice < 5; slice++) await runSlice(world, asked, wait)
    const puzzled = await runSlice(world, asked, failing(world, failure('bad-response', 'once')))
    expect(puzzled.state).toBe('WAITING')
  })

  it.fails('takes a moment even when the marketplace says that it needs none', async () => {
    const now = failing(world, failure('rate-limit', 'at once', { retryAfterMs: 0 }))
    expect((await runSlice(world, asked, now)).dueInMs).toBeGreaterThan(0)
  })

  it.fails('lasts a day at the most, whatever the marketplace says', async () => {
    const years = failing(world, failure('rate-limit', 'no', { retryAfterMs: 1e11 }))
    expect((await runSlice(world, asked, years)).dueInMs).toBeLessThanOrEqual(86_400_000)
  })

  it.fails('for a marketplace that is down lasts about three hours, as the comment says', async () => {
    const down = failing(world, failure('unavailable', 'down'))
    let totalMs = 0
    for (let slice = 0; slice < 40; slice++) {
      const { state, dueInMs } = await runSlice(world, asked, down)
      if (state !== 'WAITING') break
      totalMs += dueInMs
    }
    expect(totalMs / 3_600_000).toBeGreaterThan(2.5)
  })

  it.fails('for the key service is waiting for something that is down', async () => {
    const forSeller = () => Promise.reject(fault('keys-unavailable', { retryAfterSeconds: 5 }))
    const keyring = { ...world.keyring, forSeller }
    for (let slice = 0; slice < 5; slice++) await runSlice(world, asked, { keyring })
    expect(await itemOf(world, asked)).toMatchObject({ state: 'WAITING' })
  })

  it.fails('ends when its signal aborts', async () => {
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

describe('credentials', () => {
  it.fails('that the plugin made without their form are not stored', async () => {
    const rubbish = withAdapter(world, {
      syncOrders: () => {
        throw failure('auth', 'no')
      },
      refresh: () => Promise.resolve({ api_key: 'x', session_token: { not: 'text' } }),
    })
    await runSlice(world, asked, rubbish).catch(() => {})
    const keys = await world.keyring.forSeller(seller.entry)
    const opened = await world.fresh.db.withSellerScope(
      seller.entry,
      (scope) => openAccount(scope, keys, world.marketplace, accountId, 'test'),
    )
    expect(opened.account.credentials).toMatchObject(world.sandbox.accounts[1]?.credentials ?? {})
  })

  it.fails('that are refused without a refresh are told in the words of the plugin', async () => {
    const words = 'Give Robnu the role for orders in the shop panel'
    const { registry: { all: [bazaar] } } = failing(world, failure('auth', words))
    if (!bazaar) throw new Error('unreachable')
    const { refresh: _none, ...adapter } = bazaar.adapter
    const plain = { ...bazaar, adapter }
    const run = await runToEnd(world, asked, { registry: { all: [plain], find: () => plain } })
    expect(run.failure).toEqual({ kind: 'auth', message: words })
  })

  it.fails('are read by a release that does not know the newest column yet', async () => {
    const own = await openWorld()
    onTestFinished(() => own.close())
    const by = await makeSeller(own.fresh.db)
    const id = await own.connectShop(by, 1)
    const keys = await own.keyring.forSeller(by.entry)
    const open = () =>
      own.fresh.db.withSellerScope(
        by.entry,
        (scope) => openAccount(scope, keys, own.marketplace, id, 'test'),
      )
    await open()
    await own.fresh.asSuperuser((admin) =>
      admin`alter table bazaar_account_details add column newest text`
    )
    expect(await open()).toMatchObject({ version: 1 })
  })
})

describe('asking', () => {
  it.fails('a replaced upstream never leads to another host', () => {
    const { resolve } = createUpstream({ url: 'http://127.0.0.1:4010' }, Date.now)
    const { url } = resolve(new URL('https://api.bazaar.example//evil.example/orders'))
    expect(url.host).toBe('127.0.0.1:4010')
  })

  it.fails('for an answer without an end is a bad response, which is not asked for all day', async () => {
    const chunk = new Uint8Array(1024 * 1024)
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(chunk)
    const { http } = outbound(() => new Response(new ReadableStream({ pull })))
    expect(await failureFrom(http(z.unknown(), address))).toMatchObject({ kind: 'bad-response' })
  })

  it.fails('a marketplace that is silent while a person waits says that it is down', async () => {
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late)
    onTestFinished(() => timeout.mockRestore())
    const { details, credentials } = world.sandbox.accounts[0] ?? {}
    const error = await errorFrom(
      createAccounts(world.deps).connect(seller.entry, {
        ...{ marketplace: 'BAZAAR', external_account_id: 'SHOP-0001', name: 'x' },
        ...{ details, credentials },
      }),
    )
    expect(error).toMatchObject({ code: 'marketplace-unavailable' })
  })

  it.fails('for another window is not answered by a run over the first', async () => {
    const days = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => new Date(day))
    const ask = async (at: number) =>
      await createAccounts(world.deps).requestSync(seller.entry, accountId, {
        ...{ target: 'ORDERS', from: days[at] ?? new Date(), to: days[at + 1] ?? new Date() },
      })
    await ask(0)
    expect((await ask(1))?.run).toMatchObject({ window_from: days[1], window_to: days[2] })
  })
})

describe('the rate of a bucket', () => {
  it.fails('goes back to what the plugin declares when the marketplace says so', async () => {
    const worker = () =>
      createPermits({
        ...{ db: world.fresh.db, entry: seller.entry, accountId },
        limits: [{ operation: 'list', ratePerSecond: 2, burst: 4 }],
        upstream: createUpstream(undefined, Date.now),
        sleep: () => Promise.resolve(),
      })
    await worker().take('list', new AbortController().signal)
    await worker().learn('list', { rate: 0.1 })
    await worker().learn('list', { rate: 2 })
    const [row] = await world.fresh.asSuperuser((admin) =>
      admin`select rate from rate_buckets where marketplace_account_id = ${accountId}`
    )
    expect(row?.['rate']).toBe(2)
  })
})

describe('a list of runs', () => {
  it.fails('has runs of one instant each once', async () => {
    const window = { from: new Date('2026-01-01'), to: new Date('2026-01-02') }
    const second = await askForRun(world, seller, accountId, window)
    await world.fresh.asSuperuser((admin) =>
      admin`update job_runs set created_at = '2026-01-10T06:00:00.123456Z'
        where seller_id = ${seller.sellerId}`
    )
    const found: string[] = []
    let after: RunPosition | undefined
    do {
      const ask = { limit: 1, ...(after ? { after } : {}) }
      const page = await createRuns(world.fresh.db).list(seller.entry, ask)
      found.push(...page.runs.map(({ id }) => id))
      after = page.next ?? undefined
    } while (after && found.length < 5)
    expect(found.toSorted()).toEqual([asked.runId, second.runId].toSorted())
  })
})

describe('the log', () => {
  it.fails("does not repeat what a plugin's own error quotes", async () => {
    const quoting = throughPages(world, (page) => {
      for (const { customer } of page.rows) if (customer?.name) JSON.parse(customer.name)
      return page
    })
    await runSlice(world, asked, quoting)
    const name = (await world.orders(1)).find(({ buyer }) => buyer)?.buyer?.['name'] ?? 'nobody'
    expect(world.logged.join()).toContain('sync.interrupted')
    expect(world.logged.join()).not.toContain(name.slice(0, 8))
  })

  it.fails('says why a marketplace did not answer', async () => {
    const refused: typeof fetch = () => Promise.reject(new Error('connect ECONNREFUSED'))
    await runSlice(world, asked, { fetch: refused })
    expect(await runOf(world, asked)).toMatchObject({ state: 'RUNNING' })
    expect(world.logged.join()).toContain('ECONNREFUSED')
  })
})
