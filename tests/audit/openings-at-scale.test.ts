/**
 * A decrypt ledger of many rows: lists, counts of days and the drill are exact, and read what they need by
 * an index. `ROBNU_OPENINGS` says how many rows; from 100,000 on the times are told as well.
 */
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { type BreachAsk, openDrill } from '../../core/audit/breach.ts'
import { createOpenings, type OpeningFilters } from '../../core/audit/openings.ts'
import type { Database } from '../../core/db/database.ts'
import { command, plainStatement } from '../../core/db/sql.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

const rows = Number(process.env['ROBNU_OPENINGS'] ?? 6_000)
const sellers = 20
const days = 30
/** Three in five are of the first seller. */
const share = (at: number) => at === 0 ? rows * 0.6 : rows * 0.4 / (sellers - 1)
const ordersOf = (at: number) => Math.max(50, Math.round(share(at) / 5))

let fresh: FreshDatabase
const all: TestSeller[] = []
const figures: Record<string, number> = { rows, sellers }
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const began = performance.now()
  const value = await work()
  figures[`${name}Ms`] = Math.round(performance.now() - began)
  return value
}
const from = new Date('2026-01-01T00:00:00+05:30')
const ask: BreachAsk = {
  ...{ from, to: new Date(from.getTime() + days * 86_400_000) },
  ...{ reason: 'A drill', by: 'test' },
}

beforeAll(async () => {
  fresh = await freshDatabase({ ledgerHasMore: 'forged rows: a month of a large platform' })
  for (let at = 0; at < sellers; at++) all.push(await makeSeller(fresh.db))
  await fresh.asSuperuser(async (admin) => {
    for (const [at, { sellerId, userId }] of all.entries()) {
      // from 1 to 15 orders a row, one in a hundred by staff, one in fifty a sync
      await admin`
        insert into decrypt_ledger (seller_id, id, actor, purpose, table_name, columns, row_ids, opened,
          created_at)
        select ${sellerId}, gen_random_uuid(),
          case when i % 100 = 0 then 'staff:' || ${userId} || '/' || ${userId}
            when i % 50 = 1 then 'run:' || gen_random_uuid() else 'user:' || ${userId} end,
          case when i % 50 = 1 then 'sync' when i % 1000 = 7 then 'orders.reveal' else 'orders.list' end,
          case when i % 50 = 1 then 'bazaar_account_details' else 'orders' end,
          case when i % 50 = 1 then '{api_key_enc}'::text[]
            else '{customer_name_enc,customer_phone_enc,address_enc}'::text[] end,
          r.ids, cardinality(r.ids) * 3,
          ${from}::timestamptz + i * ${`${days} days`}::interval / ${Math.ceil(share(at))}::int
        from generate_series(0, ${Math.ceil(share(at)) - 1}::int) as i
        cross join lateral (
          select array_agg(('00000000-0000-8000-8000-'
            || lpad(to_hex((i::bigint * 7919 + j * 104729) % ${
        ordersOf(at)
      }::int), 12, '0'))::uuid) as ids
          from generate_series(0, case when i % 50 = 1 then 0 else i % 15 end) as j) as r`
    }
    await admin`vacuum analyze decrypt_ledger`
  })
}, 900_000)
afterAll(async () => {
  if (rows >= 100_000) process.stdout.write(`Openings: ${JSON.stringify(figures)}\n`)
  await fresh?.close()
})

/** What each statement does, in the words of EXPLAIN. */
const plans: string[] = []
const explained: Pick<Database, 'inSellerScope'> = {
  inSellerScope: (entry) => {
    const queries = fresh.db.inSellerScope(entry)
    return {
      ...queries,
      any: async (statement) => {
        const text = `/* unprepared */ explain ${statement.sql.replaceAll('$slonik_', '$')}`
        const plan = await fresh.db.withSellerScope(entry, async (scope) => {
          // three in five of all rows may be read faster otherwise
          await scope.run(command`
            select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`)
          return await scope.any(plainStatement(text, statement.values))
        })
        plans.push(
          z.array(z.object({ 'QUERY PLAN': z.string() })).parse(plan)
            .map((line) => line['QUERY PLAN']).join('\n'),
        )
        return await queries.any(statement)
      },
    }
  },
}

it('lists and counts what the ledger holds of its seller', async () => {
  const [first] = all
  if (!first) throw new Error('unreachable')
  const openings = createOpenings(fresh.db)
  const list = (filters: OpeningFilters) => openings.list(first.entry, { filters, limit: 50 })
  const asked: Readonly<Record<string, OpeningFilters>> = {
    newest: {},
    purpose: { purpose: 'orders.reveal' },
    kind: { kind: 'staff' },
    person: { actorUserId: first.userId },
    nothing: { purpose: 'keys.rotate' },
    day: { from: new Date('2026-01-10T00:00:00+05:30'), to: new Date('2026-01-11T00:00:00+05:30') },
    table: { table: 'bazaar_account_details' },
  }
  for (const [name, filters] of Object.entries(asked)) {
    const { openings: found } = await timed(name, () => list(filters))
    expect(found.length > 0, name).toBe(name !== 'nothing')
  }
  const counted = await timed('daily', () => openings.daily(first.entry, ask))
  expect(counted.reduce((sum, { openings: count }) => sum + count, 0)).toBe(Math.ceil(share(0)))
})

const few = rows < 100_000 ? ' (left out: so few rows are read faster without)' : ''
it.skipIf(few !== '')(`reads one index alone${few}`, async () => {
  const [first] = all
  if (!first) throw new Error('unreachable')
  const known = createOpenings(explained)
  await known.list(first.entry, { filters: { purpose: 'orders.reveal' }, limit: 50 })
  await known.daily(first.entry, ask)
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    expect(plan).toMatch(/Index Only Scan(?: Backward)? using decrypt_ledger__by_time/)
    expect(plan).not.toContain('Seq Scan on decrypt_ledger')
  }
})

it('is drilled across sellers: counts and different rows are those of the ledger', async () => {
  const drill = await openDrill(fresh.db, ask)
  const found = await timed('drill', () => Array.fromAsync(drill.sellers()))
  expect(found).toHaveLength(sellers)
  const [truth] = await fresh.asSuperuser((admin) =>
    admin<{ openings: number; opened: number; buyers: number }[]>`
      select count(*)::int as openings, sum(opened)::float8 as opened, (
        select count(*)::int from (
          select distinct seller_id, unnest(row_ids) from decrypt_ledger where table_name = 'orders')
        as d) as buyers
      from decrypt_ledger`
  )
  const sum = (of: (one: typeof found[number]) => number) =>
    found.reduce((so, one) => so + of(one), 0)
  expect({
    openings: sum(({ openings }) => openings),
    opened: sum(({ opened }) => opened),
    buyers: sum(({ buyers }) => buyers),
  }).toEqual(truth)
  let ids = 0
  await timed('drillIds', async () => {
    for (const seller of found) {
      for await (const { row_ids } of drill.rowsOf(seller)) ids += row_ids.length
    }
  })
  expect(ids).toBeGreaterThan(sum(({ buyers }) => buyers) * 0.9)
  figures['idsByDay'] = ids
  const byStaff = await openDrill(fresh.db, { ...ask, actor: `staff:${all[0]?.userId}` })
  const staff = await timed('drillOfOneActor', () => Array.fromAsync(byStaff.sellers()))
  expect(staff.map(({ openings }) => openings)).toEqual([Math.ceil(share(0) / 100)])
}, 900_000)
