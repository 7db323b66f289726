/** What a plugin's route is given: the seller's own rows, and nothing by accident. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { madeBefore } from '../../core/db/once.ts'
import { createJobContext, createPluginContext } from '../../core/ledger/plugin-context.ts'
import { definePlugin, type Plugin } from '../../core/plugin.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import tally from '../support/bazaar/tally/mod.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { errorFrom } from './support/outbound.ts'
import { countIn, stored, sync } from './support/runs.ts'

let world: World
let seller: TestSeller
let other: TestSeller
let accountId: string
beforeAll(async () => {
  world = await openWorld()
  seller = await makeSeller(world.fresh.db)
  other = await makeSeller(world.fresh.db)
  accountId = await world.connectShop(seller, 1)
  await sync(world, seller, accountId)
})
afterAll(() => world.close())

const job = { key: 'request-1', signal: new AbortController().signal }
const contextOf = (plugin: Plugin, by = seller) =>
  createJobContext(world.deps, plugin, { ...job, entry: by.entry })
const withQueue: Plugin = definePlugin({
  ...tally,
  queues: [{ name: 'tally-later', kind: 'fifo' }],
  consumers: [{ queue: 'tally-later', body: z.unknown(), handle: () => Promise.resolve() }],
})
const Count = z.object({ n: z.number() })

describe("a plugin's route", () => {
  const nothing = { params: undefined, query: undefined, body: undefined }

  it('counts the orders of the seller who asks, and no others', async () => {
    const [route] = tally.routes
    const { data } = await route.handle(nothing, contextOf(tally))
    expect(data.reduce((sum, { orders }) => sum + orders, 0)).toBe(40)
    expect(data.length).toBeGreaterThan(2)
    expect(await route.handle(nothing, contextOf(tally, other))).toEqual({ data: [] })
  })
})

describe('what a plugin makes', () => {
  const once = {
    ...{ route: 'POST /v1/things', key: 'key-1', status: 200, onMade: () => {} },
    fingerprint: new Uint8Array(32),
  }
  const keyed = () =>
    createJobContext(world.deps, withQueue, { ...job, entry: { ...seller.entry, once } })

  it('is made once for a key, and told to whoever asks again', async () => {
    const before = await countIn(world, seller, 'audit_events')
    const make = (resourceId: string) =>
      keyed().make(async (tx) => {
        await tx.audit('counted', 'tally:1')
        tx.made(resourceId)
        return resourceId
      })
    expect(await make('thing-1')).toBe('thing-1')
    expect(madeBefore(await errorFrom(make('thing-2')))).toEqual({
      status: 200,
      resourceId: 'thing-1',
    })
    expect(await countIn(world, seller, 'audit_events')).toBe(before + 1)
    // a scope that makes nothing is not kept from its work
    expect(await keyed().scope((tx) => Promise.resolve(tx.sellerId))).toBe(seller.sellerId)
  })

  it('is named, or not made', async () => {
    const before = await countIn(world, seller, 'audit_events')
    const forgotten = contextOf(withQueue).make((tx) => tx.audit('counted', 'tally:1'))
    expect(String(await errorFrom(forgotten))).toContain('does not say what it made')
    expect(await countIn(world, seller, 'audit_events')).toBe(before)
  })

  it('asks no marketplace inside of the transaction', async () => {
    const ctx = contextOf(tally)
    const inside = ctx.make(() => ctx.http(z.unknown(), 'https://x.invalid').then(() => null))
    expect(String(await errorFrom(inside))).toContain('inside a scope')
  })
})

describe('what asks for more than the database', () => {
  it('is no part of a transaction', async () => {
    const ctx = contextOf(tally)
    const { files } = ctx
    const id = crypto.randomUUID()
    const asked: readonly (() => Promise<unknown>)[] = [
      () => files.write({ id, mime: 'text/csv', keepDays: 1 }),
      () => files.append('w', 1, new Uint8Array()),
      ...[() => files.finish('w'), () => files.remove(id)],
      () => files.url(id, { fileName: 'a', seconds: 1 }),
    ]
    for (const ask of asked) {
      expect(String(await errorFrom(ctx.scope(ask)))).toContain('inside a scope')
      // this house has no storage
      expect(await errorFrom(ask())).toMatchObject({ kind: 'unavailable' })
    }
  })

  it('reaches as far as whoever asks, and nowhere where nobody does', async () => {
    expect(await contextOf(tally).reach('orders:read')).toEqual({ only: [], except: [] })
    const reach = (permission: string) => permission === 'orders:read' ? null : nobody
    const ctx = createJobContext(world.deps, tally, { ...job, entry: seller.entry, reach })
    expect(await ctx.reach('orders:read')).toBe(null)
    expect(await ctx.reach('payouts:read')).toEqual(nobody)
  })
})
const nobody = { only: [], except: [] }

describe("the scope of a plugin's job", () => {
  it('has the seller, and rows as its schema gives them', async () => {
    const rows = await contextOf(tally).scope(async (tx) => {
      expect(tx.sellerId).toBe(seller.sellerId)
      const At = z.object({ at: z.date().transform((date) => date.getUTCFullYear()) })
      return await tx.any(At, `select ordered_at as at from orders where $1 = $2 limit 2`, [1, 1])
    })
    expect(rows).toEqual([{ at: 2026 }, { at: 2026 }])
  })

  it('tells the paths of rows that do not fit, and no value', async () => {
    const asked = contextOf(tally).scope((tx) =>
      tx.any(z.object({ name: z.number() }), `select 'Asha Rao' as name`)
    )
    const error = await errorFrom(asked)
    expect(String(error)).toContain('name')
    expect(String(error)).not.toContain('Asha')
  })

  it.each([
    ['commit'],
    ['/* a word in front */ RESET ROLE'],
    ['-- and a line\nset role robnu_app'],
    ['truncate orders'],
    ['do $$ begin end $$'],
    ['select 1; commit'],
  ])('does not say "%s"', async (text) => {
    const before = await countIn(world, seller, 'orders')
    const said = contextOf(tally).scope((tx) => tx.any(z.unknown(), text))
    expect(await errorFrom(said)).toBeInstanceOf(Error)
    expect(await countIn(world, seller, 'orders')).toBe(before)
  })

  it('undoes everything when it throws', async () => {
    const failed = contextOf(withQueue).scope(async (tx) => {
      await tx.audit('counted', 'orders')
      await tx.send('tally-later', { n: 1 })
      throw new Error('changed my mind')
    })
    expect(await errorFrom(failed)).toMatchObject({ message: 'changed my mind' })
    const rows = await world.fresh.asSuperuser((admin) =>
      admin`select 1 from outbox where queue = 'tally-later'`
    )
    expect(rows).toHaveLength(0)
  })

  it('records under the name of the plugin who asked for what', async () => {
    const before = await countIn(world, seller, 'audit_events')
    await contextOf(tally).scope((tx) => tx.audit('counted', 'orders'))
    const [event] = await world.fresh.asSuperuser((admin) =>
      admin`select action, target, actor_user_id from audit_events
        where seller_id = ${seller.sellerId} order by seq desc limit 1`
    )
    expect({ ...event }).toEqual({
      ...{ action: 'tally.counted', target: 'orders', actor_user_id: seller.userId },
    })
    expect(await countIn(world, seller, 'audit_events')).toBe(before + 1)
  })

  it('sends to queues of the plugin, and to no other', async () => {
    await contextOf(withQueue).scope(async (tx) => {
      await tx.send('tally-later', { n: 7 })
      await tx.send('tally-later', { n: 8 }, { account: accountId })
    })
    const rows = await world.fresh.asSuperuser((admin) =>
      admin`select o.seller_id, o.group_key, o.body, w.body as job, w.target
        from outbox o join work_items w on w.id::text = o.body ->> 'workItemId'
        where o.queue = 'tally-later' order by w.body ->> 'n'`
    )
    const { sellerId } = seller
    expect(rows).toMatchObject([
      { seller_id: sellerId, group_key: sellerId, job: { n: 7 }, target: 'JOB' },
      { seller_id: sellerId, group_key: accountId, job: { n: 8 }, body: { accountId } },
    ])
    // what is sent is asked for by its id alone
    expect(Object.keys(rows[0]?.['body'])).toEqual(['sellerId', 'workItemId'])
    const huge = contextOf(withQueue).scope((tx) => tx.send('tally-later', 'x'.repeat(70_000)))
    expect(String(await errorFrom(huge))).toContain('too long')
    const foreign = contextOf(withQueue, other)
      .scope((tx) => tx.send('tally-later', 1, { account: accountId }))
    expect(await errorFrom(foreign)).toBeInstanceOf(Error)
    const elsewhere = contextOf(withQueue).scope((tx) => tx.send('account-sync', {}))
    expect(String(await errorFrom(elsewhere))).toContain('"account-sync"')
  })

  it('has no network while it is open, and has it again afterwards', async () => {
    const asked: string[] = []
    const fetching: typeof fetch = (input) => {
      asked.push(String(input))
      return Promise.resolve(Response.json({ n: 1 }))
    }
    const deps = { ...world.deps, fetch: fetching }
    const context = createJobContext(deps, world.marketplace, { ...job, entry: seller.entry })
    const address = 'https://api.bazaar.example/v3/hello'
    const inside = context.scope(async () => await context.http(Count, address))
    expect(String(await errorFrom(inside))).toContain('inside a scope')
    expect(asked).toEqual([])
    expect(await context.http(Count, address)).toEqual({ n: 1 })
    expect(asked).toHaveLength(1)
  })
})

describe("a plugin's context", () => {
  it('of a surface reaches no host at all', async () => {
    const context = createPluginContext(world.deps, tally, job)
    const error = await errorFrom(context.http(Count, 'https://api.bazaar.example/'))
    expect(String(error)).toContain('api.bazaar.example')
  })

  it('logs under the name of the plugin, and stands on its clock', () => {
    const context = createPluginContext(world.deps, world.marketplace, job)
    context.log('hello', { n: 1 })
    expect(JSON.parse(world.logged.at(-1) ?? '{}')).toMatchObject({ event: 'bazaar.hello', n: 1 })
    expect(context.now().toISOString()).toMatch(/^2026-01-10T06:/)
    expect(context).toMatchObject({ key: 'request-1', config: { pageSize: 50 } })
  })
})

it('what a plugin reads changes nothing of the ledger', async () => {
  expect(await stored(world, accountId)).toEqual(await world.totals(1))
})
