/** Runs whose credentials are over: refreshed where that helps, told to the seller where not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { failure } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { keyRefusedMessage, refusedMessage } from '../support/bazaar/client.ts'
import { failing, throughPages, withAdapter } from './support/adapters.ts'
import { type Asked, askForRun, runSlice, runToEnd, stored, sync } from './support/runs.ts'

let base: World
let world: World
let seller: TestSeller
beforeAll(async () => {
  base = await openWorld()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await anotherBazaar(base)
  onTestFinished(() => world.close())
  seller = await makeSeller(world.fresh.db)
})

const tokensAsked = async (): Promise<number> =>
  (await world.control('asked') as { tokens: number }).tokens
const accountOf = async (accountId: string) => {
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin`select needs_reconnect, reconnect_reason, credentials_version
      from marketplace_accounts where id = ${accountId}`
  )
  return { ...row }
}
const revoke = (shop: string, kind: 'access' | 'session') =>
  world.control('revokeToken', { shop, kind })

describe('a token', () => {
  it('is asked for when there is none yet, and used by the runs to come', async () => {
    const accountId = await world.connectShop(seller, 0)
    expect(await sync(world, seller, accountId)).toMatchObject({ state: 'SUCCEEDED', new: 250 })
    await sync(world, seller, accountId)
    expect(await tokensAsked()).toBe(1)
    expect(await accountOf(accountId)).toMatchObject({ credentials_version: 2 })
  })

  it('is renewed in the middle of a run when its time is over', async () => {
    const accountId = await world.connectShop(seller, 0)
    const run = await sync(
      world,
      seller,
      accountId,
      throughPages(world, async (page, number) => {
        if (number === 3) await world.control('clock', { bySeconds: 900 })
        return page
      }),
    )
    // the moved clock reaches the host with its next slice: here the marketplace itself refuses
    expect(run).toMatchObject({ state: 'SUCCEEDED', received: 250, new: 250, pages: 5 })
    expect(await tokensAsked()).toBe(2)
  })

  it('is renewed in the middle of a run when the marketplace refuses it', async () => {
    const accountId = await world.connectShop(seller, 0)
    const asked = await askForRun(world, seller, accountId)
    let pages = 0
    const fetching: typeof fetch = async (input, init) => {
      if (String(input).includes('/orders') && ++pages === 3) await revoke('SHOP-0001', 'access')
      return await fetch(input, init)
    }
    expect(await runToEnd(world, asked, { fetch: fetching }, 1)).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 250, new: 250, pages: 5 },
    })
    expect(await accountOf(accountId)).toMatchObject({
      ...{ credentials_version: 3, needs_reconnect: false },
    })
  })
})

describe('a refusal', () => {
  it('of the key itself fails the run, and the seller is told what to do', async () => {
    const accountId = await world.connectShop(seller, 0)
    await revoke('SHOP-0001', 'session')
    const asked = await askForRun(world, seller, accountId)
    expect(await runToEnd(world, asked, {}, 1)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'auth', message: keyRefusedMessage },
    })
    expect(await accountOf(accountId)).toMatchObject({
      ...{ needs_reconnect: true, reconnect_reason: keyRefusedMessage },
    })
    expect(await tokensAsked()).toBe(1)
  })

  it('right after a refresh fails the run in the words of the plugin', async () => {
    const accountId = await world.connectShop(seller, 0)
    const words = 'The shop has not given Robnu the right to see orders'
    const asked = await askForRun(world, seller, accountId)
    const refused = failing(world, failure('auth', words))
    expect(await runToEnd(world, asked, refused, 1)).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'auth', message: words },
    })
    expect(await accountOf(accountId)).toMatchObject({
      ...{ needs_reconnect: true, reconnect_reason: words, credentials_version: 2 },
    })
    const kinds = await world.fresh.asSuperuser((admin) =>
      admin`select kind, message, job_run_id from marketplace_credential_events
        where marketplace_account_id = ${accountId} order by created_at`
    )
    expect(kinds.map((row) => ({ ...row }))).toEqual([
      { kind: 'REFRESHED', message: null, job_run_id: asked.runId },
      { kind: 'REFUSED', message: words, job_run_id: asked.runId },
    ])
  })

  it('is forgiven once a page has come in between', async () => {
    const accountId = await world.connectShop(seller, 1)
    const config = { pageSize: 10 }
    let calls = 0
    const moody = {
      configOf: () => config,
      ...throughPages(world, (page) => {
        if (++calls % 2 === 0) throw failure('auth', 'not now')
        return page
      }),
    }
    const asked = await askForRun(world, seller, accountId)
    expect(await runToEnd(world, asked, moody, 1)).toMatchObject({ state: 'SUCCEEDED', new: 40 })
    expect(await accountOf(accountId)).toMatchObject({ needs_reconnect: false })
  })

  it('is final where the plugin cannot refresh, and told in its own words', async () => {
    const accountId = await world.connectShop(seller, 1)
    await revoke('SHOP-0002', 'session')
    const { registry: { all: [bazaar] } } = withAdapter(world, {})
    if (!bazaar) throw new Error('unreachable')
    const { refresh: _none, ...adapter } = bazaar.adapter
    const plain = { ...bazaar, adapter }
    const asked = await askForRun(world, seller, accountId)
    const run = await runToEnd(world, asked, { registry: { all: [plain], find: () => plain } }, 1)
    expect(run).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'auth', message: refusedMessage },
    })
    expect(await accountOf(accountId)).toMatchObject({
      ...{ needs_reconnect: true, reconnect_reason: refusedMessage },
    })
  })

  it('is forgotten when a run has succeeded with the same key', async () => {
    const accountId = await world.connectShop(seller, 1)
    await revoke('SHOP-0002', 'session')
    expect(await sync(world, seller, accountId)).toMatchObject({ failure: { kind: 'auth' } })
    await world.control('restore', { shop: 'SHOP-0002' })
    expect(await sync(world, seller, accountId)).toMatchObject({ state: 'SUCCEEDED', new: 40 })
    expect(await accountOf(accountId)).toMatchObject({
      ...{ needs_reconnect: false, reconnect_reason: null },
    })
  })

  it('is heard once when five workers wait for fresh credentials', async () => {
    let calls = 0
    const accountId = await world.connectShop(seller, 1)
    const expired = failing(world, failure('auth', 'expired', { code: 'token-expired' }))
    const [bazaar] = expired.registry.all
    if (!bazaar) throw new Error('unreachable')
    const refresh = () => {
      calls += 1
      return Promise.reject(failure('auth', 'never again'))
    }
    const dead = { ...bazaar, adapter: { ...bazaar.adapter, refresh } }
    const day = (n: number) => ({ from: new Date(2026, 0, n), to: new Date(2026, 0, n + 1) })
    const runs: Asked[] = []
    for (let n = 1; n < 6; n++) runs.push(await askForRun(world, seller, accountId, day(n)))
    const deps = { registry: { all: [dead], find: () => dead } }
    const items = await Promise.all(runs.map((run) => runSlice(world, run, deps)))
    expect(items.map(({ state }) => state)).toEqual(Array.from(runs, () => 'FAILED'))
    expect(calls).toBe(1)
  })
})

describe('a refresh', () => {
  it('that brings what has no form of credentials changes nothing', async () => {
    const accountId = await world.connectShop(seller, 1)
    const rubbish = withAdapter(world, {
      syncOrders: () => {
        throw failure('auth', 'no')
      },
      refresh: () => Promise.resolve({ api_key: 'x', session_token: { not: 'text' } }),
    })
    const asked = await askForRun(world, seller, accountId)
    expect(await runSlice(world, asked, rubbish)).toMatchObject({ state: 'WAITING' })
    expect(await accountOf(accountId)).toMatchObject({
      ...{ needs_reconnect: false, credentials_version: 1 },
    })
    expect(await runToEnd(world, asked)).toMatchObject({ state: 'SUCCEEDED', new: 40 })
  })
})

it('a marketplace that is down while it is asked for a token is no refusal', async () => {
  const accountId = await world.connectShop(seller, 0)
  await world.control('failNext', { operation: 'token', kind: '503' })
  const asked = await askForRun(world, seller, accountId)
  expect(await runSlice(world, asked)).toMatchObject({ state: 'WAITING' })
  expect(await accountOf(accountId)).toMatchObject({ needs_reconnect: false })
  expect(await runToEnd(world, asked)).toMatchObject({ state: 'SUCCEEDED', new: 250 })
  expect(await stored(world, accountId)).toEqual(await world.totals(0))
})
