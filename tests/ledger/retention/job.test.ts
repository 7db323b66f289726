/** The job of retention: killed, cut short, suspended, by whose clock; and the sweep that asks for it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anything } from '../../../core/db/sql.ts'
import { dueOrders } from '../../../core/ledger/retention/due.ts'
import { lookWhatIsDue, sweepRetention } from '../../../core/ledger/retention/look.ts'
import { eraseExpired } from '../../../core/ledger/retention/run-retention.ts'
import { spanOf } from '../../../core/ledger/retention/span.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { day, depsAt, erasuresOf, heldBy, leaseJob, never, order, runJob } from './support.ts'

let fresh: FreshDatabase
let pages: Pages
let other: Pages
const opened: Pages[] = []
beforeAll(async () => {
  fresh = await freshDatabase()
})
beforeEach(async () => {
  pages = await openPages(fresh)
  other = await openPages(fresh)
  opened.push(pages, other)
})
afterAll(async () => {
  for (const one of opened) await one.close()
  await fresh.close()
})
const heldIn = (of: Pages) => heldBy(fresh, of.seller)

describe('the job', () => {
  const manyOrders = async (of: Pages, count: number) => {
    const rows = Array.from({ length: count }, (_, n) => order(`n${n}`, 'DELIVERED', 1))
    await of.store('ORDERS', rows)
  }

  it('goes on where it was killed, whatever it was doing', async () => {
    await manyOrders(pages, 12)
    const { sellerId } = pages.seller
    let kills = 0
    for (let at = 1; at < 20; at++) {
      const work = await leaseJob(fresh, sellerId)
      let transactions = 0
      const dying: typeof fresh.db = {
        ...fresh.db,
        withSellerScope: async (entry, run) => {
          transactions++
          // by turns in the middle of a transaction and right behind one
          if (transactions > 1 && at % 2 === 0) throw new Error('killed')
          return await fresh.db.withSellerScope(entry, async (scope) => {
            const done = await run(scope)
            if (transactions > 1) throw new Error('killed')
            return done
          })
        },
      }
      const deps = { ...depsAt(fresh, day(200)), db: dying }
      const end = await eraseExpired(deps, work, { signal: never, draining: never }, 5)
        .then(() => 'done', () => 'killed')
      await fresh.asSuperuser((admin) =>
        admin`update work_items set lease_until = now() where id = ${work.itemId}`
      )
      if (end === 'done') break
      kills++
      if ((await heldIn(pages)).length === 0) break
    }
    expect(kills).toBe(3)
    await runJob(fresh, sellerId, depsAt(fresh, day(200)), 5)
    expect(await heldIn(pages)).toEqual([])
    expect(await erasuresOf(pages)).toEqual([expect.objectContaining({ orders: 12, fields: 48 })])
  })

  it('ends its slice when the time is up, or the process is to stop', async () => {
    await manyOrders(pages, 6)
    const { sellerId } = pages.seller
    let ms = day(200).getTime()
    const ticking = depsAt(fresh, day(200), { now: () => ms += 1, sliceMs: 3 })
    expect(await runJob(fresh, sellerId, ticking, 1)).toBeGreaterThan(1)
    expect(await heldIn(pages)).toEqual([])

    await manyOrders(other, 3)
    const work = await leaseJob(fresh, other.seller.sellerId)
    const draining = AbortSignal.abort()
    await eraseExpired(depsAt(fresh, day(200)), work, { signal: never, draining }, 1)
    expect((await heldIn(other)).length).toBe(3)
  })

  it('is done for a suspended seller as well, of a marketplace whose plugin is not here', async () => {
    await manyOrders(pages, 2)
    const { sellerId } = pages.seller
    await fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'SUSPENDED' where id = ${sellerId}`
    )
    expect(await sweepRetention(depsAt(fresh, day(200)))).toBeGreaterThan(0)
    await runJob(fresh, sellerId, depsAt(fresh, day(200)))
    // who was signed in has to come in anew, so we look from outside
    const left = await fresh.asSuperuser((admin) =>
      admin`select from orders where seller_id = ${sellerId} and customer_erased_at is null`
    )
    expect(left.length).toBe(0)
  })

  it('takes the days of the plugin, shortened by the configuration', async () => {
    await manyOrders(pages, 1)
    await manyOrders(other, 1)
    await fresh.asSuperuser(async (admin) => {
      await admin`update marketplaces set buyer_days = 30`
    })
    try {
      await runJob(fresh, pages.seller.sellerId, depsAt(fresh, day(30)))
      expect(await heldIn(pages)).toEqual(['n0'])
      await runJob(fresh, pages.seller.sellerId, depsAt(fresh, day(31)))
      expect(await heldIn(pages)).toEqual([])
      const config = { ROBNU_BUYER_DAYS: 7 }
      await runJob(fresh, other.seller.sellerId, depsAt(fresh, day(8), { config }))
      expect(await heldIn(other)).toEqual([])
    } finally {
      await fresh.asSuperuser((admin) => admin`update marketplaces set buyer_days = null`)
    }
  })

  it('heeds the clock of the marketplace for orders', async () => {
    await manyOrders(pages, 1)
    await runJob(fresh, pages.seller.sellerId, depsAt(fresh, day(2), { upstream: day(89) }))
    expect(await heldIn(pages)).toEqual(['n0'])
    await runJob(fresh, pages.seller.sellerId, depsAt(fresh, day(2), { upstream: day(92) }))
    expect(await heldIn(pages)).toEqual([])
  })
})

describe('the sweep', () => {
  it('asks for sellers of whom something is due, once, and counts what would go', async () => {
    await pages.store('ORDERS', [order('a', 'DELIVERED', 1), order('b', 'SHIPPED', 1)])
    await pages.store('ORDERS', [order('c', 'NEW', 1), order('d', 'DELIVERED', 150)])
    await other.store('ORDERS', [order('a', 'DELIVERED', 150)])
    const deps = depsAt(fresh, day(200))
    const of = async (sellerId: string) => {
      const found = []
      for await (const due of lookWhatIsDue(deps, { sellerId })) found.push(due)
      return found
    }
    expect(await of(pages.seller.sellerId)).toEqual([{
      ...{ seller_id: pages.seller.sellerId, marketplace_account_id: pages.accountId },
      ...{ marketplace: 'BAZAAR', days: 90, ended_before: day(111) },
      ...{ orders: 3, documents: 0, raw_rows: 0, files: 0 },
    }])
    expect(await of(other.seller.sellerId)).toEqual([])
    // the gate counts what the job finds
    const span = spanOf({ declared: null, most: null, upstreamNow: day(200), now: day(200) })
    const due = await pages.inScope((scope) => dueOrders(scope, pages.accountId, span, 100))
    expect(due.length).toBe(3)

    for (let turn = 0; turn < 2; turn++) await sweepRetention(deps)
    const items = await fresh.asSuperuser((admin) =>
      admin`select seller_id from work_items where lane = 'job:retention' and state = 'WAITING'
        and seller_id = any (${[pages.seller.sellerId, other.seller.sellerId]})`
    )
    expect(items.map((row) => row['seller_id'])).toEqual([pages.seller.sellerId])
    // without keys there is nobody left to erase, and no scope to do it in
    await fresh.asSuperuser((admin) =>
      admin`update sellers set status = 'OFFBOARDED' where id = ${pages.seller.sellerId}`
    )
    expect(await of(pages.seller.sellerId)).toEqual([])
  })

  it('is served by indexes that the seller leads', async () => {
    await pages.store('ORDERS', [order('model', 'DELIVERED', 1)])
    await fresh.asSuperuser(async (admin) => {
      await admin`
        insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
          status_rank, own_status, own_at, raw_status, on_hold, ordered_at, source_updated_at,
          currency, item_count, content_hash, job_run_id)
        select seller_id, gen_random_uuid(), marketplace_account_id, 'more ' || n,
          case when n % 2 = 0 then 'SHIPPED' else status end, 60,
          case when n % 2 = 0 then 'SHIPPED' else status end, now() - n * interval '1 minute',
          raw_status, false, now(), now() - n * interval '1 minute', currency, 0, content_hash,
          job_run_id
        from orders, generate_series(1, 4000) n
        where seller_id = ${pages.seller.sellerId}`
      await admin`analyze orders`
    })
    const span = spanOf({ declared: null, most: null, upstreamNow: day(200), now: day(200) })
    const plans: string[] = []
    await pages.inScope(async (scope) => {
      const spied = {
        ...scope,
        any: async (statement: Parameters<typeof scope.any>[0]) => {
          const explained = { ...statement, sql: `explain ${statement.sql}`, parser: anything }
          plans.push(JSON.stringify(await scope.any(explained)))
          return []
        },
      } as typeof scope
      await dueOrders(spied, pages.accountId, span, 20)
    })
    expect(plans).toHaveLength(1)
    expect(plans[0]).toMatch(/orders__buyers_over/)
    expect(plans[0]?.match(/orders__buyers_silent/g)).toHaveLength(2)
    expect(plans[0]).toMatch(/orders__buyers_kept/)
    expect(plans[0]).not.toMatch(/Seq Scan|"Sort/)
    await fresh.asSuperuser((admin) =>
      admin`delete from orders where external_order_id like 'more %'`
    )
  })
})
