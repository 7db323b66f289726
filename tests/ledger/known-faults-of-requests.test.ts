/**
 * Sentences that should be true and are not yet: each fails today. When one is mended its test turns
 * red here; it then moves, without `.fails`, to the file of what it is about.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { createAccounts } from '../../core/ledger/accounts.ts'
import { createPermits } from '../../core/ledger/permits.ts'
import { openAccount } from '../../core/ledger/run-load.ts'
import { createRuns, type RunPosition } from '../../core/ledger/runs.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import { failure } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { failing, withAdapter } from './support/adapters.ts'
import { address, errorFrom, failureFrom, outbound } from './support/outbound.ts'
import { type Asked, askForRun, runSlice, runToEnd } from './support/runs.ts'

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
