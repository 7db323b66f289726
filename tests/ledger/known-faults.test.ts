/**
 * Sentences that should be true and are not yet: each fails today. When one is mended its test turns
 * red here; it then moves, without `.fails`, to the file of what it is about.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openSatellite, writeSatellite } from '../../core/ledger/satellite.ts'
import type { Permits } from '../../core/ledger/permits.ts'
import { failure } from '../../core/plugin.ts'
import { makeAccount, makeSeller, type TestSeller } from '../support/database.ts'
import { anotherBazaar, openWorld, type World } from '../support/bazaar/world.ts'
import { failing, throughPages, withAdapter } from './support/adapters.ts'
import { address, host, outbound } from './support/outbound.ts'
import { type Asked, askForRun, itemOf, runSlice, runToEnd, sync } from './support/runs.ts'

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

describe('the rate that an answer tells', () => {
  it.each([['-1'], ['Infinity'], ['1e999']])('is none when it is %s', async (rate) => {
    const told: unknown[] = []
    const permits: Permits = {
      take: () => Promise.resolve(),
      learn: (_operation, what) => Promise.resolve(void told.push(what)),
    }
    const limits = [{ operation: 'a', ratePerSecond: 1, burst: 1, rateHeader: 'x-rate' }]
    const marketplace = { id: 'bazaar', hosts: [host], limits }
    const answer = () => Response.json({}, { headers: { 'x-rate': rate } })
    await outbound(answer, { marketplace, permits }).http(z.unknown(), address, { operation: 'a' })
    expect(told).toEqual([{ empty: false }])
  })
})

describe('an account that had to be connected anew', () => {
  it('is well again when a run has succeeded with its key', async () => {
    await world.control('revoke', { shop: 'SHOP-0002', what: 'key' })
    expect(await runToEnd(world, asked)).toMatchObject({ failure: { kind: 'auth' } })
    await world.control('restore', { shop: 'SHOP-0002' })
    expect(await sync(world, seller, accountId)).toMatchObject({ state: 'SUCCEEDED', new: 40 })
    const [row] = await world.fresh.asSuperuser((admin) =>
      admin`select needs_reconnect from marketplace_accounts where id = ${accountId}`
    )
    expect(row?.['needs_reconnect']).toBe(false)
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

describe('a refusal', () => {
  it('is heard once when five workers wait for fresh credentials', async () => {
    let calls = 0
    const refused = {
      ...failing(world, failure('auth', 'expired', { code: 'token-expired' })),
    }
    const [bazaar] = refused.registry.all
    if (!bazaar) throw new Error('unreachable')
    const refresh = () => {
      calls += 1
      return Promise.reject(failure('auth', 'never again'))
    }
    const dead = { ...bazaar, adapter: { ...bazaar.adapter, refresh } }
    const day = (n: number) => ({ from: new Date(2026, 0, n), to: new Date(2026, 0, n + 1) })
    const runs = [asked]
    for (let n = 1; n < 5; n++) runs.push(await askForRun(world, seller, accountId, day(n)))
    const deps = { registry: { all: [dead], find: () => dead } }
    await Promise.all(runs.map((run) => runSlice(world, run, deps)))
    expect((await itemOf(world, asked)).state).toBe('FAILED')
    expect(calls).toBe(1)
  })
})

describe('a satellite', () => {
  it('holds objects as JSON', async () => {
    const own = await openWorld()
    onTestFinished(() => own.close())
    await own.fresh.asSuperuser((admin) =>
      admin`alter table bazaar_account_details add column extra jsonb`
    )
    const by = await makeSeller(own.fresh.db)
    const id = await makeAccount(own.fresh, by)
    const keys = await own.keyring.forSeller(by.entry, { willSeal: 2 })
    const extra = { hours: [9, 17], closed: null }
    const bazaar = { ...own.marketplace, details: z.looseObject({}) }
    const opened = await own.fresh.db.withSellerScope(by.entry, async (scope) => {
      const values = { details: { shop_id: 'x', extra }, credentials: { api_key: 'bzk_12345' } }
      await writeSatellite(scope, keys, bazaar, id, values)
      return await openSatellite(scope, keys, bazaar, id, 'test')
    })
    expect(opened.details).toMatchObject({ extra })
  })

  it('holds null inside of a list', async () => {
    const keys = await world.keyring.forSeller(seller.entry, { willSeal: 2 })
    const id = await makeAccount(world.fresh, seller)
    const bazaar = { ...world.marketplace, details: z.looseObject({}) }
    const details = { shop_id: 'x', warehouses: ['a', null] }
    const opened = await world.fresh.db.withSellerScope(seller.entry, async (scope) => {
      const values = { details, credentials: { api_key: 'bzk_12345' } }
      await writeSatellite(scope, keys, bazaar, id, values)
      return await openSatellite(scope, keys, bazaar, id, 'test')
    })
    expect(opened.details).toMatchObject({ warehouses: ['a', null] })
  })
})
