/** `robnu retention`: what is due, and the asking for its end. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { openPages, type Pages } from '../ledger/support/pages.ts'
import { orderRow } from '../ledger/support/rows.ts'
import { environmentOf, robnu } from './support.ts'

let fresh: FreshDatabase
let env: Record<string, string>
let pages: Pages
let other: Pages
beforeAll(async () => {
  fresh = await freshDatabase()
  env = environmentOf(fresh)
  pages = await openPages(fresh)
  other = await openPages(fresh)
  // the terminal of these tests shows the first of February 2026
  const old = { updatedAt: new Date('2025-10-01T00:00:00Z'), status: 'DELIVERED' as const }
  await pages.store('ORDERS', [orderRow(old), orderRow({ externalId: 'BZ-2' })])
  await other.store('ORDERS', [orderRow()])
})
afterAll(async () => {
  await pages?.close()
  await other?.close()
  await fresh?.close()
})

const run = (...args: readonly string[]) => robnu(['retention', ...args], { env })
const asked = () =>
  fresh.asSuperuser((sql) =>
    sql<{ seller_id: string }[]>`
      select seller_id from work_items where lane = 'job:retention'`
  )

it('counts what is due, account by account, and changes nothing', async () => {
  const { sellerId } = pages.seller
  const dry = await run('--dry-run', '--json')
  expect(dry.json()).toEqual({
    due: [{
      ...{ seller_id: sellerId, marketplace_account_id: pages.accountId, marketplace: 'BAZAAR' },
      ...{ days: 90, ended_before: '2025-11-04T00:00:00.000Z' },
      ...{ orders: 1, documents: 0, raw_rows: 0, files: 0 },
    }],
    archive_months: [],
  })
  expect((await run('--dry-run')).out).toContain('BAZAAR')
  expect((await run('--dry-run', '--seller', other.seller.sellerId)).out).toBe('Nothing is due\n')
  expect(await run('--dry-run', '--seller', newId()))
    .toMatchObject({ code: 1, err: expect.stringContaining('There is no seller of this id') })
  expect(await asked()).toEqual([])
})

it('asks for it with a reason that stands in the trail of the seller', async () => {
  const { sellerId } = pages.seller
  expect(await run()).toMatchObject({ code: 2, err: expect.stringContaining('--reason') })
  const done = await run('--reason', 'The audit of Amazon', '--by', 'meera', '--json')
  expect(done.json()).toEqual({ asked: [sellerId] })
  expect((await asked()).map((row) => row.seller_id)).toEqual([sellerId])
  const trail = await fresh.asSuperuser((sql) =>
    sql<{ data: string }[]>`select data from audit_events where action = 'retention.requested'`
  )
  expect(trail.map(({ data }) => JSON.parse(data)))
    .toEqual([{ reason: 'The audit of Amazon', by: 'meera' }])
})
