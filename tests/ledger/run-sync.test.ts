/** Whole runs against the sandbox: what the books of the shop say is what the ledger holds. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { askForRun, countIn, runToEnd, stored, sync, versions } from './support/runs.ts'

let world: World
let seller: TestSeller
beforeAll(async () => {
  // every run looks back to the first order
  world = await openWorld({ config: { overlapHours: 100_000 } })
})
afterAll(() => world.close())
beforeEach(async () => {
  seller = await makeSeller(world.fresh.db)
})

describe('a first run', () => {
  it('brings what is in the books of the shop', async () => {
    const accountId = await world.connectShop(seller, 0)
    const run = await sync(world, seller, accountId)
    expect(run).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 250, new: 250, changed: 0, unchanged: 0, rejected: 0 },
      ...{ pages: 5, failure: null, target: 'ORDERS', reason: 'manual' },
    })
    expect(run.finished_at?.getTime()).toBeGreaterThan(run.started_at?.getTime() ?? Infinity)
    expect(await stored(world, accountId)).toEqual(await world.totals(0))
    expect(await stored(world, accountId)).toMatchObject({ orders: 250 })
  })

  it('writes one audit event for each page that changed something', async () => {
    const accountId = await world.connectShop(seller, 0)
    const run = await sync(world, seller, accountId)
    const events = await world.fresh.asSuperuser((admin) =>
      admin`select action, target, actor_kind, job_run_id, data from audit_events
        where seller_id = ${seller.sellerId} order by seq`
    )
    expect(events).toHaveLength(5)
    for (const event of events) {
      expect(event).toMatchObject({
        action: 'orders.synced',
        target: `marketplace-account:${accountId}`,
        actor_kind: 'run',
        job_run_id: run.id,
      })
    }
    const counts = events.map(({ data }) => JSON.parse(String(data)).created)
    expect(counts).toEqual([50, 50, 50, 50, 50])
  })

  it('seals every buyer, and leaves nothing of them in the clear or in the log', async () => {
    const accountId = await world.connectShop(seller, 1)
    await sync(world, seller, accountId)
    const buyers = (await world.orders(1)).flatMap(({ buyer }) => buyer ? [buyer] : [])
    expect(buyers.length).toBeGreaterThan(20)
    const [{ dump } = { dump: '' }] = await world.fresh.asSuperuser((admin) =>
      admin<{ dump: string }[]>`
        select string_agg(t::text, ' ') as dump from (
          select o::text as t from orders o union all select i::text from order_items i
          union all select r::text from job_runs r union all select e::text from audit_events e
          union all select c::text from sync_cursors c union all select x::text from outbox x
        ) s`
    )
    const log = world.logged.join('\n')
    expect(dump).toContain('BZ-0002-00001')
    expect(log).toContain('sync.page')
    const { credentials } = world.sandbox.accounts[1] ?? {}
    const words = buyers.flatMap(({ name = '', phone = '', mail = '', street = '' }) => [
      ...[name, phone, mail, street],
    ])
    for (const word of [...words, (credentials as { api_key: string }).api_key]) {
      expect(dump).not.toContain(word)
      expect(log).not.toContain(word)
    }
  })

  it('of a shop without anything new says so', async () => {
    const accountId = await world.connectShop(seller, 1)
    const [from, to] = ['2026-02-01', '2026-02-02'].map((day) => new Date(day))
    if (!from || !to) throw new Error('unreachable')
    const asked = await askForRun(world, seller, accountId, { from, to })
    expect(await runToEnd(world, asked)).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 0, new: 0, pages: 1 },
    })
  })
})

describe('a second run over the same orders', () => {
  it('says that nothing changed, and changes nothing', async () => {
    const accountId = await world.connectShop(seller, 0)
    await sync(world, seller, accountId)
    const before = await versions(world, accountId)
    expect(before.length).toBeGreaterThan(500)
    const audited = await countIn(world, seller, 'audit_events')

    const run = await sync(world, seller, accountId)
    expect(run).toMatchObject({
      ...{ state: 'SUCCEEDED', received: 250, new: 0, changed: 0, unchanged: 250, rejected: 0 },
    })
    expect(await versions(world, accountId)).toEqual(before)
    expect(await countIn(world, seller, 'audit_events')).toBe(audited)
  })
})

describe('two runs', () => {
  it('of two sellers at the same shop share nothing', async () => {
    const other = await makeSeller(world.fresh.db)
    const mine = await world.connectShop(seller, 0)
    const theirs = await world.connectShop(other, 0)
    await Promise.all([sync(world, seller, mine), sync(world, other, theirs)])
    expect(await countIn(world, seller, 'orders')).toBe(250)
    expect(await countIn(world, other, 'orders')).toBe(250)
    const [{ shared } = { shared: -1 }] = await world.fresh.asSuperuser((admin) =>
      admin<{ shared: number }[]>`
        select count(*)::int as shared from orders a join orders b
          on a.id = b.id or a.content_hash = b.content_hash
        where a.marketplace_account_id = ${mine} and b.marketplace_account_id = ${theirs}`
    )
    expect(shared).toBe(0)
  })

  it('of one account at once leave each order once, and readable', async () => {
    const accountId = await world.connectShop(seller, 0)
    const from = new Date('2020-01-01T00:00:00Z')
    const live = await askForRun(world, seller, accountId)
    const window = await askForRun(world, seller, accountId, { from, to: new Date() })
    expect(window.runId).not.toBe(live.runId)
    const runs = await Promise.all([runToEnd(world, live), runToEnd(world, window)])
    expect(runs.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    expect(runs.reduce((sum, run) => sum + run.new, 0)).toBe(250)
    expect(await stored(world, accountId)).toEqual(await world.totals(0))

    const { list } = createOrders({ db: world.fresh.db, keyring: world.keyring })
    const ask = { filter: {}, limit: 300, customer: true }
    const names = (await list(seller.entry, ask)).orders.map(({ customer }) => customer?.name)
    const expected = (await world.orders(0)).map(({ buyer }) => buyer?.['name'])
    expect(names.toSorted()).toEqual(expected.toSorted())
  })
})
