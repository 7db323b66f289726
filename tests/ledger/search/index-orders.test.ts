/** Orders from before the blind indexes get theirs: in slices, killed or not, and once for all. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { sql } from '../../../core/db/sql.ts'
import {
  askForIndexes,
  type IndexDeps,
  indexOrders,
} from '../../../core/ledger/search/index-orders.ts'
import { silentLog } from '../../../core/log.ts'
import { claimWork, type LeasedJob } from '../../../core/queues/work.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { orderRow } from '../support/rows.ts'

let fresh: FreshDatabase
let pages: Pages
beforeAll(async () => {
  fresh = await freshDatabase()
  pages = await openPages(fresh)
  await pages.store('ORDERS', Array.from({ length: 25 }, (_, at) => orderRow(oldOrder(at))))
})
afterAll(async () => {
  await pages?.close()
  await fresh?.close()
})

/** Every fifth number is none. */
const oldOrder = (at: number) => ({
  externalId: `BZ-${at}`,
  customer: {
    ...{ name: 'Asha Rao', address: null, email: at % 2 === 0 ? `b${at}@buyers.invalid` : null },
    phone: at % 5 === 0 ? 'none' : `98765000${String(at).padStart(2, '0')}`,
  },
})
const never = new AbortController().signal
const deps = (): IndexDeps => ({
  ...{ db: fresh.db, keyring: pages.keyring, log: silentLog, now: () => 0, sliceMs: 20_000 },
})
const itemRow = z.object({ id: z.string(), state: z.string() })
const lease = async (): Promise<LeasedJob> => {
  const { sellerId } = pages.seller
  const { id: itemId } = await fresh.db.withPlatformScope('test', (tx) =>
    tx.one(sql.type(itemRow)`
      select id, state from work_items where seller_id = ${sellerId}
        and lane = 'job:index-orders' and state in ('WAITING', 'RUNNING')`))
  await fresh.asSuperuser((admin) =>
    admin`update work_items set not_before = now(), lease_until = now() where id = ${itemId}`
  )
  const work = await claimWork(fresh.db, { sellerId, itemId, leaseMs: 60_000 })
  if (!work?.claimed || work.target !== 'JOB') throw new Error('The job cannot be claimed')
  return work
}
const walkOf = async () => {
  const rows = await fresh.asSuperuser((admin) =>
    admin`select passes_left, position is null as begins, due_at > now() as rests
      from order_index_walks where seller_id = ${pages.seller.sellerId}`
  )
  return rows.map((row) => ({ ...row }))
}
const indexes = async () => {
  const rows = await fresh.asSuperuser((admin) =>
    admin<{ order: string; phone: string | null; email: string | null }[]>`
      select external_order_id as order, encode(customer_phone_idx, 'hex') as phone,
        encode(customer_email_idx, 'hex') as email
      from orders where seller_id = ${pages.seller.sellerId} order by external_order_id`
  )
  return rows.map((row) => ({ ...row }))
}
const opened = async (): Promise<unknown> => {
  const [row] = await fresh.asSuperuser((admin) =>
    admin`select coalesce(sum(opened), 0)::int as n, array_agg(distinct purpose) as purposes
      from decrypt_ledger`
  )
  return [row?.['n'], row?.['purposes']]
}
const asBefore = () =>
  fresh.asSuperuser(async (admin) => {
    // one has one of its two
    await admin`update orders set customer_email_idx = null, customer_phone_idx = case
      when external_order_id = 'BZ-2' then customer_phone_idx end`
    await admin`insert into order_index_walks (seller_id) values (${pages.seller.sellerId})`
  })

it('gives each order the indexes that it would have got, whoever dies in between', async () => {
  const { sellerId } = pages.seller
  const wanted = await indexes()
  expect(wanted.filter(({ phone }) => phone !== null)).toHaveLength(20)
  expect(wanted.filter(({ email }) => email !== null)).toHaveLength(13)
  expect(await askForIndexes(fresh.db)).toBe(0)
  await asBefore()
  expect(await askForIndexes(fresh.db)).toBe(1)
  // asked again within the hour, nobody is asked twice
  expect(await askForIndexes(fresh.db)).toBe(0)

  // one batch, and its worker is gone before the next one
  const killed = new AbortController()
  const dies = {
    ...deps(),
    keyring: {
      toOpen: (entry: Parameters<IndexDeps['keyring']['toOpen']>[0]) => {
        if (calls++ === 1) killed.abort(new Error('killed'))
        return pages.keyring.toOpen(entry)
      },
    },
  }
  let calls = 0
  const signals = { signal: killed.signal, draining: never }
  await expect(indexOrders(dies, await lease(), signals, 10)).rejects.toThrow('killed')
  const half = (await indexes()).filter(({ phone }) => phone !== null).length
  expect(half).toBeGreaterThan(1)
  expect(half).toBeLessThan(20)

  // a slice that must end after its first batch goes back
  const draining = AbortSignal.abort()
  await indexOrders(deps(), await lease(), { signal: never, draining }, 10)
  expect(await walkOf()).toEqual([{ passes_left: 2, begins: false, rests: true }])
  await indexOrders(deps(), await lease(), { signal: never, draining: never }, 10)
  expect(await indexes()).toEqual(wanted)
  expect(await walkOf()).toEqual([{ passes_left: 1, begins: true, rests: true }])
  // each value once, though what is no number was looked at, too
  expect(await opened()).toEqual([24 + 13, ['orders.index']])

  // the second pass: what another release has stored meanwhile
  await fresh.asSuperuser(async (admin) => {
    await admin`update orders set customer_phone_idx = null where external_order_id = 'BZ-3'`
    await admin`update order_index_walks set due_at = now() where seller_id = ${sellerId}`
  })
  expect(await askForIndexes(fresh.db)).toBe(1)
  await indexOrders(deps(), await lease(), { signal: never, draining: never }, 10)
  expect(await indexes()).toEqual(wanted)
  expect(await walkOf()).toEqual([])
  expect(await askForIndexes(fresh.db)).toBe(0)
})

it('leaves alone an order that somebody else has in hand, and what was erased', async () => {
  await asBefore()
  await fresh.asSuperuser((admin) =>
    admin`update orders set customer_erased_at = now(), customer_name_enc = null,
      customer_phone_enc = null, customer_email_enc = null where external_order_id = 'BZ-4'`
  )
  await askForIndexes(fresh.db)
  await fresh.asSuperuser((admin) =>
    admin.begin(async (tx) => {
      await tx`select from orders where external_order_id = 'BZ-1' for update`
      await indexOrders(deps(), await lease(), { signal: never, draining: never })
    })
  )
  const found = (await indexes()).filter(({ order }) => ['BZ-1', 'BZ-2', 'BZ-4'].includes(order))
  expect(found.map(({ phone }) => phone !== null)).toEqual([false, true, false])
})
