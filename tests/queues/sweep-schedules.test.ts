import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../../core/log.ts'
import type { Target } from '../../core/plugin.ts'
import { repairLostWork } from '../../core/queues/repair-work.ts'
import { sweepSchedules } from '../../core/queues/sweep-schedules.ts'
import { claimWork } from '../../core/queues/work.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { collectLog, makeWork, queue } from './support.ts'

let fresh: FreshDatabase
let sellers: readonly TestSeller[]
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  sellers = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
})
beforeEach(() =>
  fresh.asSuperuser((admin) => admin`truncate outbox, work_items, job_runs, schedules cascade`)
)
afterAll(() => fresh.close())

const noon = new Date('2022-06-01T06:30:20Z')
const options = { now: () => noon, queueOf: () => queue, log: silentLog }
const schedule = async (
  rows: readonly { seller: TestSeller; accountId: string; target?: Target; cron?: string }[],
): Promise<void> => {
  await fresh.asSuperuser(async (admin) => {
    for (const { seller, accountId, target = 'ORDERS', cron = '*/15 * * * *' } of rows) {
      await admin`
        insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
        values (${seller.sellerId}, ${accountId}, ${target}, ${cron}, ${noon})`
    }
  })
}
const accounts = async (n: number) => {
  const made = []
  for (let i = 0; i < n; i++) {
    const seller = sellers[i % 2]
    if (seller) made.push({ seller, accountId: await makeAccount(fresh, seller) })
  }
  return made
}
const count = async () => {
  const [row] = await fresh.asSuperuser((admin) =>
    admin<{ items: number; runs: number; messages: number }[]>`
      select (select count(*)::int from work_items) as items,
        (select count(*)::int from job_runs) as runs,
        (select count(*)::int from outbox) as messages`
  )
  return row
}

test('a due schedule becomes a run and is moved on; a second sweep changes nothing', async () => {
  await schedule(await accounts(3))
  expect(await sweepSchedules(fresh.db, options)).toEqual({ due: 3, created: 3 })
  expect(await count()).toEqual({ items: 3, runs: 3, messages: 3 })
  const rows = await fresh.asSuperuser((admin) =>
    admin<{ next_run_at: Date; reason: string; requested_by_user_id: string | null }[]>`
      select s.next_run_at, r.reason, r.requested_by_user_id
      from schedules s join job_runs r using (seller_id, marketplace_account_id, target)`
  )
  for (const row of rows) {
    expect(row.next_run_at.toISOString()).toBe('2022-06-01T06:45:00.000Z')
    expect(row).toMatchObject({ reason: 'schedule', requested_by_user_id: null })
  }
  expect(await sweepSchedules(fresh.db, options)).toEqual({ due: 0, created: 0 })
  expect(await count()).toEqual({ items: 3, runs: 3, messages: 3 })
})

test('sweeps that run at once make one run for each schedule', async () => {
  const made = await accounts(12)
  await schedule(made)
  await schedule(made.toReversed().map((row) => ({ ...row, target: 'RETURNS' as const })))
  const counts = await Promise.all(
    Array.from({ length: 4 }, () => sweepSchedules(fresh.db, options)),
  )
  expect(counts.reduce((sum, { created }) => sum + created, 0)).toBe(24)
  expect(await count()).toEqual({ items: 24, runs: 24, messages: 24 })
})

test('an account whose item is still open gets no second one, however often it is due', async () => {
  const [row] = await accounts(1)
  if (!row) throw new Error('unreachable')
  await schedule([row])
  await sweepSchedules(fresh.db, options)
  for (let hour = 1; hour <= 4; hour++) {
    const later = { ...options, now: () => new Date(noon.getTime() + hour * 3_600_000) }
    expect(await sweepSchedules(fresh.db, later)).toEqual({ due: 1, created: 0 })
  }
  expect(await count()).toEqual({ items: 1, runs: 1, messages: 1 })
})

test('what is paused makes no run; what nobody can read is moved on', async () => {
  const made = await accounts(3)
  const [paused, ...more] = made
  await schedule([...made.slice(0, 1), ...made.slice(1, 2).map((row) => ({ ...row, cron: 'x' }))])
  await schedule(more.slice(1).map((row) => ({ ...row, target: 'PAYOUTS' as const })))
  await fresh.asSuperuser((admin) =>
    admin`
      update schedules set paused = true where marketplace_account_id = ${paused?.accountId ?? ''}`
  )
  const { log, events } = collectLog()
  expect(await sweepSchedules(fresh.db, { ...options, log })).toEqual({
    due: 2,
    created: 2,
  })
  expect(events()).toEqual(['sweep.unreadable-cron'])
  expect(await sweepSchedules(fresh.db, { ...options, log })).toEqual({
    due: 0,
    created: 0,
  })
})

test('a thousand due schedules are swept in batches', async () => {
  const [seller] = sellers
  if (!seller) throw new Error('unreachable')
  await fresh.asSuperuser(async (admin) => {
    await admin`
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
      select ${seller.sellerId}, gen_random_uuid(), m.id, 'bulk-' || n, 'Bulk'
      from marketplaces m, generate_series(1, 1100) n`
    await admin`
      insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
      select seller_id, id, 'ORDERS', '*/15 * * * *', ${noon}::timestamptz
      from marketplace_accounts where external_account_id like 'bulk-%'`
  })
  expect(await sweepSchedules(fresh.db, options)).toEqual({ due: 1100, created: 1100 })
})

test('an item that no message leads to any more gets one, and only one', async () => {
  const [a, b, c, d] = await accounts(4)
  if (!a || !b || !c || !d) throw new Error('unreachable')
  const lost = await makeWork(fresh, a.seller, a.accountId)
  const died = await makeWork(fresh, b.seller, b.accountId)
  const unsent = await makeWork(fresh, c.seller, c.accountId)
  const young = await makeWork(fresh, d.seller, d.accountId)
  const work = { sellerId: b.seller.sellerId, itemId: died.itemId, leaseMs: 1 }
  expect(await claimWork(fresh.db, work)).toMatchObject({ claimed: true })
  await fresh.asSuperuser(async (admin) => {
    await admin`
      update outbox set sent_at = now() - interval '11 min'
      where body ->> 'workItemId' <> ${unsent.itemId}`
    await admin`
      update work_items set not_before = now() - interval '11 min',
        lease_until = lease_until - interval '11 min'
      where id <> ${young.itemId}`
  })
  const real = { ...options, now: () => new Date() }
  expect(await repairLostWork(fresh.db, real)).toBe(2)
  expect(await repairLostWork(fresh.db, real)).toBe(0)
  const messages = await fresh.asSuperuser((admin) =>
    admin<{ body: unknown; group_key: string; queue: string }[]>`
      select body, group_key, queue from outbox
      where sent_at is null and body ->> 'workItemId' <> ${unsent.itemId} order by group_key`
  )
  const expected = [{ ...a, ...lost }, { ...b, ...died }]
    .map(({ seller, accountId, itemId }) => ({
      body: { sellerId: seller.sellerId, accountId, workItemId: itemId },
      group_key: accountId,
      queue,
    }))
    .toSorted((x, y) => x.group_key < y.group_key ? -1 : 1)
  expect(messages).toEqual(expected)
  // sent a moment ago, and not handled yet: no reason for another one
  await fresh.asSuperuser((admin) => admin`update outbox set sent_at = now()`)
  expect(await repairLostWork(fresh.db, real)).toBe(0)
})
