/** What holds work back, and lets it go on at once: pauses, switches, suspensions. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { command, sql } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { repairLostWork } from '../../core/queues/repair-work.ts'
import { runWorkItem } from '../../core/queues/run-work.ts'
import { sweepSchedules } from '../../core/queues/sweep-schedules.ts'
import { sweepsOff } from '../../core/queues/switches.ts'
import {
  claimWork,
  extendWork,
  finishWork,
  type LeasedWork,
  requestWork,
} from '../../core/queues/work.ts'
import { resumeSeller, suspendSeller } from '../../core/tenancy/suspension.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { makeWork, queue } from './support.ts'

let fresh: FreshDatabase
let seller: TestSeller
let accountId: string
let code: string
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh?.close())
beforeEach(async () => {
  seller = await makeSeller(fresh.db)
  // a marketplace of the test's own: switches and breakers are for all its accounts
  code = `M${newId().replaceAll('-', '').slice(-12).toUpperCase()}`
  accountId = await makeAccount(fresh, seller, { code })
})

const asAdmin = <T extends object[]>(text: string): Promise<T> =>
  fresh.asSuperuser((admin) => admin.unsafe(text)) as unknown as Promise<T>
const setSwitch = (key: string, enabled: boolean) =>
  asAdmin(`insert into switches (key, enabled, reason, changed_by)
    values ('${key}', ${enabled}, 'a test', 'test')
    on conflict (key) do update set enabled = excluded.enabled`)
const claim = (itemId: string, by = seller) =>
  claimWork(fresh.db, { sellerId: by.sellerId, itemId, leaseMs: 60_000 })
const leased = async (itemId: string, by = seller): Promise<LeasedWork> => {
  const work = await claim(itemId, by)
  if (!work?.claimed || work.target === 'JOB') throw new Error('The item cannot be leased')
  return work
}
const wake = () =>
  fresh.db.withPlatformScope('test', async (tx) => {
    const row = await tx.one(sql.type(z.object({ n: z.number() }))`
      select wake_work(${seller.sellerId}, ${accountId}) as n`)
    return row.n
  })
const unsent = async (itemId: string) =>
  (await asAdmin<{ n: number }[]>(`select count(*)::int as n from outbox
    where sent_at is null and body ->> 'workItemId' = '${itemId}'`))[0]?.n
const sentAll = () => asAdmin(`update outbox set sent_at = now() where sent_at is null`)
const pauseAccount = (paused: boolean) =>
  asAdmin(`update marketplace_accounts set paused_at = ${paused ? 'now()' : 'null'},
    pause_reason = ${paused ? "'a test'" : 'null'} where id = '${accountId}'`)

const holds: Readonly<Record<string, (held: boolean) => Promise<unknown>>> = {
  'a pause': pauseAccount,
  'a switch of the account': (held) => setSwitch(`account:${accountId}`, !held),
  'a switch of the marketplace': (held) => setSwitch(`marketplace:${code}`, !held),
  'a suspension': (held) =>
    fresh.db.withPlatformScope('test', (tx) => {
      const change = held ? suspendSeller : resumeSeller
      return change(tx, { sellerId: seller.sellerId, reason: 'a test' })
    }),
}

describe.each(Object.entries(holds))('%s', (name, hold) => {
  it('keeps work from beginning, tells what runs to end, and lets it go on at once', async () => {
    const { itemId } = await makeWork(fresh, seller, accountId)
    const work = await leased(itemId)
    await sentAll()
    await hold(true)
    expect(await extendWork(fresh.db, work, 60_000)).toBe('held')
    await fresh.db.withSellerScope(
      work.entry,
      (scope) => finishWork(scope, { ...work, state: 'WAITING', progress: true }),
    )
    // the message that comes finds nothing to do, and is not kept
    await sentAll()
    expect(await claim(itemId)).toBeNull()
    const message = { sellerId: seller.sellerId, accountId, workItemId: itemId }
    const never = new AbortController().signal
    const nobody = () => Promise.reject(new Error('nothing may begin'))
    const quiet = { log: silentLog, signal: never }
    expect(await runWorkItem(fresh.db, message, nobody, quiet)).toBe('done')
    // neither does the repair of lost work, however long it lasts
    await asAdmin(`update work_items set not_before = now() - interval '1 h'`)
    const sweep = { now: () => new Date(), queueOf: () => queue, log: silentLog }
    expect(await repairLostWork(fresh.db, sweep)).toBe(0)

    await hold(false)
    if (name !== 'a suspension') expect(await wake()).toBe(1)
    expect(await unsent(itemId)).toBe(1)
    expect(await wake()).toBe(0)
    expect(await claim(itemId)).toMatchObject({ claimed: true })
  })

  it('leaves what is due by its schedule due', async () => {
    await asAdmin(`insert into schedules
      (seller_id, marketplace_account_id, target, cron, next_run_at)
      values ('${seller.sellerId}', '${accountId}', 'ORDERS', '*/15 * * * *', now())`)
    const sweep = { now: () => new Date(Date.now() + 1_000), queueOf: () => queue, log: silentLog }
    const runs = async () =>
      (await asAdmin(`select 1 from job_runs where marketplace_account_id = '${accountId}'`)).length
    await hold(true)
    await sweepSchedules(fresh.db, sweep)
    expect(await runs()).toBe(0)
    await hold(false)
    await sweepSchedules(fresh.db, sweep)
    expect(await runs()).toBe(1)
  })
})

it('a slice that runs is told by its next heartbeat, and keeps its lease to end in order', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  const never = new AbortController().signal
  const body = { sellerId: seller.sellerId, accountId, workItemId: itemId }
  const outcome = await runWorkItem(fresh.db, body, async (work, { signal, draining }) => {
    await setSwitch(`marketplace:${code}`, false)
    if (!draining.aborted) {
      await new Promise((resolve) => draining.addEventListener('abort', resolve))
    }
    expect(signal.aborted).toBe(false)
    const { entry, itemId, lease, queue } = work
    await fresh.db.withSellerScope(
      entry,
      (scope) => finishWork(scope, { itemId, lease, queue, state: 'WAITING', progress: true }),
    )
  }, { log: silentLog, signal: never, leaseMs: 600 })
  expect(outcome).toBe('done')
  expect(await claim(itemId)).toBeNull()
})

it('a sweep is off by its row, else by the environment, else on', async () => {
  const ids = ['a-sweep', 'b-sweep', 'c-sweep', 'd-sweep']
  const defaults = { 'b-sweep': false, 'c-sweep': false }
  const off = async () => [...await sweepsOff(fresh.db, ids, defaults)]
  expect(await off()).toEqual(['b-sweep', 'c-sweep'])
  await setSwitch('sweep:c-sweep', true)
  await setSwitch('sweep:d-sweep', false)
  expect(await off()).toEqual(['b-sweep', 'd-sweep'])
})

it('an account that is held holds no other one', async () => {
  const other = await makeAccount(fresh, seller, { code })
  const held = await makeWork(fresh, seller, accountId)
  const free = await makeWork(fresh, seller, other)
  await pauseAccount(true)
  expect(await claim(held.itemId)).toBeNull()
  expect(await claim(free.itemId)).toMatchObject({ claimed: true, accountId: other })
})

it('an account that fails for hours never has more than one item, and one message', async () => {
  const asked = { sellerId: seller.sellerId, accountId, target: 'ORDERS', queue } as const
  const request = () =>
    fresh.db.withPlatformScope('test', (tx) => requestWork(tx, { ...asked, reason: 'schedule' }))
  await request()
  const [item] = await asAdmin<{ id: string }[]>(
    `select id from work_items where marketplace_account_id = '${accountId}'`,
  )
  for (let hours = 0; hours < 20; hours++) {
    await sentAll()
    await asAdmin(`update work_items set not_before = now() where id = '${item?.id}'`)
    const work = await leased(item?.id ?? '')
    await request()
    await fresh.db.withSellerScope(
      work.entry,
      (scope) =>
        finishWork(scope, {
          ...work,
          state: 'WAITING',
          delayMs: 30_000,
          error: 'bad-response: no',
        }),
    )
    expect(await request()).toMatchObject({ created: false })
  }
  const [left] = await asAdmin<{ items: number; messages: number }[]>(`
    select (select count(*)::int from work_items where marketplace_account_id = '${accountId}')
      as items,
      (select count(*)::int from outbox where group_key = '${accountId}' and sent_at is null)
      as messages`)
  expect(left).toEqual({ items: 1, messages: 1 })
})

it('nobody wakes the work of another seller', async () => {
  const other = await makeSeller(fresh.db)
  await makeWork(fresh, seller, accountId)
  await sentAll()
  await expect(
    fresh.db.withSellerScope(
      other.entry,
      (scope) => scope.run(command`select wake_work(${seller.sellerId}, ${accountId})`),
    ),
  ).rejects
    .toThrow('open scope')
})
