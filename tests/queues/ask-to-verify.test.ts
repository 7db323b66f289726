import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../../core/log.ts'
import { askToVerify } from '../../core/queues/ask-to-verify.ts'
import { sweepSchedules } from '../../core/queues/sweep-schedules.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

const hourMs = 3_600_000
let fresh: FreshDatabase
let sellers: readonly TestSeller[]
let pluginId: string
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  sellers = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
})
beforeEach(async () => {
  await fresh.asSuperuser(async (admin) => {
    await admin`truncate outbox, work_items, job_runs, schedules cascade`
    await admin`update marketplace_accounts set last_validated_at = now(), needs_reconnect = false`
  })
})
afterAll(() => fresh.close())

/** An account that was confirmed so long ago. */
const account = async (at: 0 | 1, hoursAgo: number, change = {}): Promise<string> => {
  const seller = sellers[at]
  if (!seller) throw new Error('unreachable')
  const id = await makeAccount(fresh, seller)
  const [row] = await fresh.asSuperuser((admin) =>
    admin<{ plugin_id: string }[]>`
      update marketplace_accounts a
      set ${admin({ last_validated_at: new Date(Date.now() - hoursAgo * hourMs), ...change })}
      from marketplaces m where a.id = ${id} and m.id = a.marketplace_id returning m.plugin_id`
  )
  pluginId = row?.plugin_id ?? ''
  return id
}
const asked = () =>
  fresh.asSuperuser((admin) =>
    admin<{ account: string; target: string; queue: string; reason: string }[]>`
      select w.marketplace_account_id as account, w.target, w.queue, r.reason
      from work_items w join job_runs r on r.seller_id = w.seller_id and r.id = w.job_run_id
      order by 1`.then((rows) => rows.map((row) => ({ ...row })))
  )
const ask = (idleMs = 4 * hourMs) =>
  askToVerify(fresh.db, { pluginId, idleMs, queue: 'account-sync' })

test('accounts that were not confirmed for long are asked for, each once, of every seller', async () => {
  const idle = [await account(0, 5), await account(1, 50)]
  await account(0, 3)
  expect(await ask()).toBe(2)
  expect(await asked()).toEqual(
    idle.toSorted().map((id) => ({
      ...{ account: id, target: 'SESSION', queue: 'account-sync', reason: 'schedule' },
    })),
  )
  expect(await ask()).toBe(0)
  expect(await asked()).toHaveLength(2)
})

test('who has to sign in again, is paused or of another plugin is left alone', async () => {
  await account(0, 5, { needs_reconnect: true, reconnect_reason: 'over' })
  await account(0, 5, { paused_at: new Date(), pause_reason: 'holidays' })
  expect(await ask()).toBe(0)
  await account(0, 5)
  expect(await askToVerify(fresh.db, { pluginId: 'other', idleMs: 0, queue: 'q' })).toBe(0)
  expect(await asked()).toEqual([])
})

test('a sweep of one plugin takes the due schedules of its own accounts and target alone', async () => {
  const noon = new Date('2022-06-01T06:30:20Z')
  const id = await account(0, 0)
  await fresh.asSuperuser(async (admin) => {
    for (const target of ['ORDERS', 'RETURNS']) {
      await admin`
        insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
        values (${sellers[0]?.sellerId ?? ''}, ${id}, ${target}, '0 * * * *', ${noon})`
    }
  })
  const sweep = (only: { pluginId: string; target: 'ORDERS' }) =>
    sweepSchedules(fresh.db, { now: () => noon, queueOf: () => 'q', log: silentLog, only })
  expect(await sweep({ pluginId: 'other', target: 'ORDERS' })).toEqual({ due: 0, created: 0 })
  expect(await sweep({ pluginId, target: 'ORDERS' })).toEqual({ due: 1, created: 1 })
  expect((await asked()).map(({ target }) => target)).toEqual(['ORDERS'])
  expect(await sweep({ pluginId, target: 'ORDERS' })).toEqual({ due: 0, created: 0 })
})
