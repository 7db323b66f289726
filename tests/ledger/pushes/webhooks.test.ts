/** Requests of a marketplace: what is signed asks for a run once, what is not learns nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { forgetPushes } from '../../../core/ledger/pushes/events.ts'
import { newId } from '../../../core/ids.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { makeSeller } from '../../support/database.ts'
import { sync } from '../support/runs.ts'
import { openPushes, openShop, pushedOf, type PushingShop } from './shop.ts'

let world: World
let shop: PushingShop
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  shop = await openShop(world)
})
const admin = (text: string) => world.fresh.asSuperuser((sql) => sql.unsafe(text))

describe('a signed push', () => {
  it('is a run of its target, and the second of one event is none', async () => {
    const { take, woken } = openPushes(world)
    for (const id of ['E-1', 'E-1']) expect(await take(await shop.ask({ id }))).toBe('taken')
    expect(await take(await shop.ask({ id: 'E-2', about: 'returns' }))).toBe('taken')
    expect(await pushedOf(world, shop)).toEqual({
      events: ['E-1 ORDERS', 'E-2 RETURNS'],
      runs: ['ORDERS QUEUED', 'RETURNS QUEUED'],
    })
    expect(woken()).toBe(2)
  })

  it('of an event of which there are many at once is one', async () => {
    const { take } = openPushes(world)
    const asks = await Promise.all(Array.from({ length: 8 }, () => shop.ask({ id: 'E-9' })))
    expect(new Set(await Promise.all(asks.map(take)))).toEqual(new Set(['taken']))
    expect(await pushedOf(world, shop)).toEqual({ events: ['E-9 ORDERS'], runs: ['ORDERS QUEUED'] })
  })

  it('joins the run that waits already', async () => {
    const { take } = openPushes(world)
    for (const id of ['E-1', 'E-2', 'E-3']) await take(await shop.ask({ id }))
    const { events, runs } = await pushedOf(world, shop)
    expect([events.length, runs]).toEqual([3, ['ORDERS QUEUED']])
  })

  it('opens the secret in the seller’s scope, and the ledger of openings says for what', async () => {
    await openPushes(world).take(await shop.ask({ id: 'E-1' }))
    expect(
      await admin(`select actor, purpose from decrypt_ledger
      where seller_id = '${shop.seller.sellerId}'`),
    )
      .toEqual([{ actor: `push:${shop.accountId}`, purpose: 'webhook' }])
  })

  it('that says nothing, or what nobody can read, is thanked for', async () => {
    const { take, lines } = openPushes(world)
    for (
      const body of ['', 'no JSON', '7', '{"event": 7}', '{"event":"E","shop":"S","about":"x"}']
    ) {
      expect(await take(await shop.ask(body)), body).toBe('taken')
    }
    expect(await pushedOf(world, shop)).toEqual({ events: [], runs: [] })
    expect(lines.join('\n')).not.toContain('no JSON')
  })

  it('of an account with too many of them has to wait', async () => {
    const { take } = openPushes(world, 1)
    expect(await take(await shop.ask({ id: 'E-1' }))).toBe('taken')
    expect(await take(await shop.ask({ id: 'E-2' }))).toBe('too many')
  })

  it.each([
    [
      'paused',
      (id: string) =>
        `update marketplace_accounts set paused_at = now(), pause_reason = 'x' where id = '${id}'`,
    ],
    ['of a suspended seller', (id: string) =>
      `update sellers set status = 'SUSPENDED' where id =
        (select seller_id from marketplace_accounts where id = '${id}')`],
  ])('of an account that is %s does nothing', async (_how, change) => {
    await admin(change(shop.accountId))
    expect(await openPushes(world).take(await shop.ask({ id: 'E-1' }))).toBe('taken')
    expect(await pushedOf(world, shop)).toEqual({ events: [], runs: [] })
  })
})

describe('what is not signed by the account’s marketplace', () => {
  it('is one answer after one time, whatever is wrong with it', async () => {
    const { take, waits, lines } = openPushes(world)
    const other = await openShop(world, 1)
    const own = { id: 'E-1' }
    const asks = await Promise.all([
      shop.ask(own, { key: 'bzk_another_key' }),
      shop.ask(own, { body: '{"event":"E-2","shop":"SHOP-0001","about":"orders"}' }),
      shop.ask(own, { headers: {} }),
      shop.ask(own, { at: new Date(0) }),
      shop.ask(own, { path: '/orders' }),
      shop.ask(own, { accountId: other.accountId }),
      shop.ask(own, { accountId: newId() }),
      shop.ask(own, { accountId: `${shop.accountId}'--` }),
      shop.ask(own, { pluginId: 'amazon' }),
      shop.ask({ id: 'E-1', shop: 'SHOP-0002' }),
    ])
    for (const ask of asks) expect(await take(ask)).toBe('refused')
    // by a clock that goes 40 ms further with each look
    expect(waits).toEqual(asks.map(() => 210))
    expect(await pushedOf(world, shop)).toEqual({ events: [], runs: [] })
    expect(await pushedOf(world, other)).toEqual({ events: [], runs: [] })
    const told = lines.join('\n')
    for (const secret of ['E-1', 'E-2', 'bzk_', 'SHOP-0001']) expect(told).not.toContain(secret)
  })

  it('is refused for an account that has no credentials', async () => {
    const seller = await makeSeller(world.fresh.db)
    const [row] = await admin(`insert into marketplace_accounts
      (seller_id, id, marketplace_id, external_account_id, name)
      select '${seller.sellerId}', gen_random_uuid(), id, 'SHOP-0001', 'x' from marketplaces
      where code = 'BAZAAR' returning id`)
    const { take } = openPushes(world)
    expect(await take(await shop.ask({ id: 'E-1' }, { accountId: row?.['id'] }))).toBe('refused')
  })
})

describe('a push and the poll', () => {
  it('a late one finds what the poll has brought, and a lost one is healed by the schedule', async () => {
    const first = await sync(world, shop.seller, shop.accountId)
    expect(first).toMatchObject({ state: 'SUCCEEDED', reason: 'manual' })
    await openPushes(world).take(await shop.ask({ id: 'late' }))
    // the run that it asked for is joined here
    const late = await sync(world, shop.seller, shop.accountId)
    expect(late).toMatchObject({ state: 'SUCCEEDED', reason: 'push', new: 0, changed: 0 })
    // Bazaar tells of these, and nobody hears it
    await world.control('createOrders', { shop: 'SHOP-0001', count: 3 })
    const healed = await sync(world, shop.seller, shop.accountId)
    expect(healed).toMatchObject({ state: 'SUCCEEDED', new: 3 })
    await openPushes(world).take(await shop.ask({ id: 'later' }))
    const after = await sync(world, shop.seller, shop.accountId)
    expect(after).toMatchObject({ reason: 'push', new: 0, changed: 0 })
  })
})

it('a plugin in a process of its own judges its pushes there', async () => {
  const apart = await openWorld({ trust: 'isolated' })
  try {
    const own = await openShop(apart)
    const { take } = openPushes(apart)
    expect(await take(await own.ask({ id: 'E-1' }))).toBe('taken')
    expect(await take(await own.ask({ id: 'E-2' }, { key: 'bzk_another_key' }))).toBe('refused')
    expect((await pushedOf(apart, own)).events).toEqual(['E-1 ORDERS'])
  } finally {
    await apart.close()
  }
})

it('what came a week ago is forgotten', async () => {
  await openPushes(world).take(await shop.ask({ id: 'E-1' }))
  const now = Date.now()
  expect(await forgetPushes(world.fresh.db, new Date(now + 6 * 86_400_000))).toBe(0)
  expect(await forgetPushes(world.fresh.db, new Date(now + 8 * 86_400_000))).toBeGreaterThan(0)
  expect((await pushedOf(world, shop)).events).toEqual([])
})
