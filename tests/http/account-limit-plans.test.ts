/** How limited lists are read: a page of each account, by an index that the seller leads. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { anything } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { createRuns } from '../../core/ledger/runs.ts'
import { type AccessWorld, openAccessWorld } from './access-world.ts'

let access: AccessWorld
let [large, small] = ['', '']
beforeAll(async () => {
  access = await openAccessWorld()
  ;[large, small] = access.accounts
})
afterAll(() => access?.close())

interface Plan {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}
const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
/** The nodes that read `relation` when the work reads by the database that it is given. */
const readsOf = async (
  work: (db: AccessWorld['world']['fresh']['db']) => Promise<unknown>,
  index: RegExp,
): Promise<readonly Plan[]> => {
  const { db } = access.world.fresh
  const plans: Plan[] = []
  const spied = {
    ...db,
    inSellerScope: (entry: Parameters<typeof db.inSellerScope>[0]) => {
      const queries = db.inSellerScope(entry)
      return {
        ...queries,
        any: async (statement: Parameters<typeof queries.any>[0]) => {
          const explained = `explain (analyze, format json) ${statement.sql}`
          const [row] = await queries.any({ ...statement, sql: explained, parser: anything })
          const [{ Plan: plan }] = (row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN']
          plans.push(plan)
          return []
        },
      }
    },
  }
  await work(spied as typeof db)
  return plans.flatMap(nodesOf).filter((node) => index.test(node['Index Name'] ?? ''))
}
const after = { orderedAt: new Date('2021-06-01T00:00:00Z'), id: newId() }
const shapes = () => [
  { only: [small], except: [] },
  { only: [small, large], except: [] },
  { only: null, except: [large] },
  { only: null, except: [small] },
]
beforeAll(async () => {
  const { asSuperuser } = access.world.fresh
  await asSuperuser(async (admin) => {
    // 20,000 newer orders of the large shop stand in front of those of the small one
    await admin`insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
        status_rank, raw_status, on_hold, ordered_at, source_updated_at, currency, item_count,
        content_hash, job_run_id)
      select seller_id, gen_random_uuid(), marketplace_account_id, 'more ' || n, status, status_rank,
        raw_status, on_hold, now() + n * interval '1 second', now(), currency, 0, content_hash,
        job_run_id
      from (select * from orders where marketplace_account_id = ${large} limit 1) o,
        generate_series(1, 20000) n`
    await admin`insert into job_runs (seller_id, id, marketplace_account_id, target, reason, state)
      select ${access.seller.sellerId}, uuidv7(), ${large}, 'ORDERS', 'schedule', 'SUCCEEDED'
      from generate_series(1, 5000)`
    await admin`analyze orders`
    await admin`analyze job_runs`
  })
})

it('a plan of a limited list of orders reads a page of each account by an index that the seller leads', async () => {
  const { entry } = access.seller
  for (const accounts of shapes()) {
    for (const more of [{}, { after }]) {
      const reads = await readsOf(
        (db) =>
          createOrders({ db, keyring: access.world.keyring })
            .list(entry, { filter: {}, limit: 50, customer: false, accounts, ...more }),
        /^orders__/,
      )
      expect(reads.length).toBeGreaterThan(0)
      for (const read of reads) {
        expect(read['Index Name']).toBe('orders__newest_of_account')
        expect(read['Index Cond']).toMatch(/^\(\(seller_id = .*\(marketplace_account_id = /)
        expect(read['Rows Removed by Filter'] ?? 0).toBe(0)
        expect(read['Actual Rows']).toBeLessThanOrEqual(51)
        expect(read['Actual Loops']).toBeLessThanOrEqual(2)
      }
    }
  }
})

it('a plan of a limited list of runs does the same', async () => {
  for (const accounts of shapes()) {
    const reads = await readsOf(
      (db) => createRuns(db).list(access.seller.entry, { limit: 50, accounts }),
      /^job_runs/,
    )
    expect(reads.length).toBeGreaterThan(0)
    for (const read of reads) {
      expect(read['Index Name']).toBe('job_runs__by_account')
      expect(read['Index Cond']).toMatch(/^\(\(seller_id = .*\(marketplace_account_id = /)
      expect(read['Rows Removed by Filter'] ?? 0).toBe(0)
      expect(read['Actual Rows']).toBeLessThanOrEqual(51)
    }
  }
})

it('a plan without a limit is the one that it was', async () => {
  const reads = await readsOf(
    (db) =>
      createOrders({ db, keyring: access.world.keyring })
        .list(access.seller.entry, { filter: {}, limit: 50, customer: false }),
    /^orders__/,
  )
  expect(reads.map((read) => [read['Index Name'], read['Actual Rows']])).toEqual([[
    'orders__newest',
    51,
  ]])
})
