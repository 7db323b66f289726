/** Orders that were there before their days were counted are counted by the migration. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { coreLine, type EmptyDatabase, emptyDatabase } from './empty-database.ts'

let database: EmptyDatabase
beforeEach(async () => {
  database = await emptyDatabase()
})
afterEach(() => database.close())

it('counts the orders of each seller by the day of India', async () => {
  const line = await coreLine()
  const before = line.files.filter(({ number }) => number < 11)
  expect(before).toHaveLength(10)
  await database.migrate({ ...line, files: before })
  const [a, b, marketplace, org] = [newId(), newId(), newId(), newId()]
  await database.asSuperuser(async (sql) => {
    await sql`insert into orgs (id, name) values (${org}, 'Robnu')`
    await sql`
      insert into marketplaces (id, code, name, plugin_id)
      values (${marketplace}, 'BAZAAR', 'Bazaar', 'bazaar')`
    for (const seller of [a, b]) {
      const [account, run] = [newId(), newId()]
      await sql`insert into sellers (id, org_id, name) values (${seller}, ${org}, 'Seller')`
      await sql`
        insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
        values (${seller}, ${account}, ${marketplace}, 'SHOP', 'Shop')`
      await sql`
        insert into job_runs (seller_id, id, marketplace_account_id, target, reason)
        values (${seller}, ${run}, ${account}, 'ORDERS', 'manual')`
      const times = ['2026-01-10T18:29:00Z', '2026-01-10T18:31:00Z', '2026-01-11T01:00:00Z']
      for (const at of seller === a ? times : times.slice(1)) {
        const id = newId()
        await sql`
          insert into orders (seller_id, id, marketplace_account_id, external_order_id, status,
            status_rank, raw_status, on_hold, ordered_at, source_updated_at, currency, item_count,
            content_hash, job_run_id)
          values (${seller}, ${id}, ${account}, ${id}, 'NEW', 0, 'new', false, ${at}, ${at}, 'INR',
            0, '\\x00', ${run})`
      }
    }
  })
  await database.migrate(line)
  const rows = await database.asSuperuser((sql) =>
    sql`select seller_id, day::text, orders from plan_usage order by day, seller_id`
  )
  expect(rows.map(({ seller_id, day, orders }) => [seller_id, day, orders])).toEqual([
    [a, '2026-01-10', 1],
    ...[a, b].toSorted().map((seller) => [seller, '2026-01-11', 2]),
  ])
})
