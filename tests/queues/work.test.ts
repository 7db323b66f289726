import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { runWorkItem, type WorkHandler } from '../../core/queues/run-work.ts'
import { claimWork, extendWork, finishWork, requestWork } from '../../core/queues/work.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { collectLog, makeWork, queue } from './support.ts'

let fresh: FreshDatabase
let seller: TestSeller
let other: TestSeller
let accountId: string
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  seller = await makeSeller(fresh.db)
  other = await makeSeller(fresh.db)
})
beforeEach(async () => {
  accountId = await makeAccount(fresh, seller)
})
afterAll(() => fresh.close())

const asked = () => ({
  sellerId: seller.sellerId,
  accountId,
  target: 'ORDERS' as const,
  reason: 'manual' as const,
  queue,
})
const itemOf = async (itemId: string) => {
  const [item] = await fresh.asSuperuser((admin) =>
    admin<{ state: string; lease: string | null; attempts: number }[]>`
      select state, lease, attempts from work_items where id = ${itemId}`
  )
  return item
}
const messagesOf = (itemId: string) =>
  fresh.asSuperuser((admin) =>
    admin<{ queue: string; group_key: string; body: unknown; due_in_ms: number }[]>`
      select queue, group_key, body,
        extract(epoch from not_before - now())::float8 * 1000 as due_in_ms
      from outbox where body ->> 'workItemId' = ${itemId} order by created_at`
  )
const bodyOf = (itemId: string, account = accountId) => ({
  sellerId: seller.sellerId,
  accountId: account,
  workItemId: itemId,
})
/** Ends the item as a sync does: in the scope of its lease. */
const finish: WorkHandler = async ({ entry, itemId, lease }) => {
  await fresh.db.withSellerScope(
    entry,
    (scope) => finishWork(scope, { itemId, lease, state: 'DONE' }),
  )
}
const never = new AbortController().signal
const calm = { signal: never, draining: never }
const options = { log: silentLog, signal: never }

test('two requests of one instant make one run, and a message for it', async () => {
  const requests = await Promise.all(
    Array.from(
      { length: 6 },
      () => fresh.db.withSellerScope(seller.entry, (scope) => requestWork(scope, asked())),
    ),
  )
  const runs = new Set(requests.map((request) => request?.runId))
  expect(runs.size).toBe(1)
  expect(requests.filter((request) => request?.created)).toHaveLength(1)
  const [row] = await fresh.asSuperuser((admin) =>
    admin<{ n: number }[]>`
      select count(*)::int as n from outbox where group_key = ${accountId}`
  )
  expect(row?.n).toBe(1)
})

test('a window is another item, and another target too', async () => {
  const window = { from: new Date('2022-04-01T00:00:00Z'), to: new Date('2022-05-01T00:00:00Z') }
  const created = await fresh.db.withPlatformScope('test', async (tx) => {
    const answers = [
      await requestWork(tx, { ...asked(), reason: 'schedule' }),
      await requestWork(tx, { ...asked(), reason: 'backfill', window }),
      await requestWork(tx, { ...asked(), target: 'RETURNS' }),
      await requestWork(tx, asked()),
    ]
    return answers.map((answer) => answer?.created)
  })
  expect(created).toEqual([true, true, true, false])
})

test("another seller's account cannot be asked for: it does not exist", async () => {
  const scoped = (accountId: string) =>
    fresh.db.withSellerScope(
      other.entry,
      (scope) => requestWork(scope, { ...asked(), sellerId: other.sellerId, accountId }),
    )
  expect(await scoped(accountId)).toBeNull()
  expect(await scoped(newId())).toBeNull()
  await expect(
    fresh.db.withSellerScope(other.entry, (scope) => requestWork(scope, asked())),
  ).rejects.toThrow('open scope')
})

test('an item is leased to one worker; its entry opens the scope until the item ends', async () => {
  const { itemId, runId } = await makeWork(fresh, seller, accountId)
  const claims = await Promise.all(
    Array.from(
      { length: 5 },
      () => claimWork(fresh.db, { sellerId: seller.sellerId, itemId, leaseMs: 5_000 }),
    ),
  )
  const [work, ...more] = claims.flatMap((claim) => claim?.claimed ? [claim] : [])
  expect(more).toEqual([])
  if (!work) throw new Error('nobody got it')
  expect(work).toMatchObject({ accountId, target: 'ORDERS', runId, attempts: 1 })
  expect(claims.every((claim) => claim?.claimed || (claim?.dueInMs ?? 0) > 4_000)).toBe(true)
  expect(await extendWork(fresh.db, work, 5_000)).toBe('yours')

  await finish(work, calm)
  await expect(finish(work, calm)).rejects.toMatchObject({ code: 'lease-lost' })
  expect(await extendWork(fresh.db, work, 5_000)).toBe('lost')
  expect(await claimWork(fresh.db, { sellerId: seller.sellerId, itemId, leaseMs: 1 })).toBeNull()
})

test('an item of another seller is not found, whoever asks', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  const asked = { sellerId: other.sellerId, itemId, leaseMs: 1_000 }
  expect(await claimWork(fresh.db, asked)).toMatchObject({ claimed: false, why: 'unknown' })
})

test('an item that goes back has a message for the time when it is due', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  await runWorkItem(fresh.db, bodyOf(itemId), async ({ entry, itemId, lease }) => {
    await fresh.db.withSellerScope(
      entry,
      (scope) => finishWork(scope, { itemId, lease, state: 'WAITING', delayMs: 90_000, queue }),
    )
  }, options)
  const [, second, ...more] = await messagesOf(itemId)
  expect(more).toEqual([])
  expect(second).toMatchObject({ queue, group_key: accountId, body: bodyOf(itemId) })
  expect(second?.due_in_ms).toBeGreaterThan(80_000)
  expect(await itemOf(itemId)).toMatchObject({ state: 'WAITING', attempts: 1 })
  // a message that comes long before its time: the one for that time is on its way already
  expect(await runWorkItem(fresh.db, bodyOf(itemId), finish, options)).toBe('done')
  expect(await itemOf(itemId)).toMatchObject({ state: 'WAITING' })
})

test('messages that come 1 to 5 times, shuffled, have one effect each', async () => {
  const items = await Promise.all(Array.from({ length: 12 }, async () => {
    const accountId = await makeAccount(fresh, seller)
    return { accountId, ...await makeWork(fresh, seller, accountId) }
  }))
  const deliveries = items
    .flatMap((item, i) => Array.from({ length: 1 + (i % 5) }, () => item))
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
  const effects: string[] = []
  const deliver = async ({ accountId, itemId }: (typeof items)[number]): Promise<void> => {
    const outcome = await runWorkItem(
      fresh.db,
      bodyOf(itemId, accountId),
      async (work, context) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 30))
        await finish(work, context)
        effects.push(work.itemId)
      },
      { ...options, leaseMs: 5_000, waitMs: 0 },
    )
    if (outcome === 'done') return
    // SQS would hand it out again
    await new Promise((resolve) => setTimeout(resolve, 20))
    await deliver({ accountId, itemId, runId: '' })
  }
  await Promise.all(deliveries.map(({ item }) => deliver(item)))
  expect(deliveries.length).toBeGreaterThan(items.length)
  expect(effects.toSorted()).toEqual(items.map(({ itemId }) => itemId).toSorted())
})

test('a long handler keeps its lease; a second message meets it and comes again', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const long = runWorkItem(fresh.db, bodyOf(itemId), async (work, context) => {
    begun.resolve()
    await gate.promise
    expect(context.signal.aborted).toBe(false)
    await finish(work, context)
  }, { ...options, leaseMs: 300 })
  await begun.promise
  // five leases long
  for (let i = 0; i < 5; i++) {
    const again = await runWorkItem(fresh.db, bodyOf(itemId), finish, {
      ...options,
      leaseMs: 300,
      waitMs: 0,
    })
    expect(again).toMatchObject({ retryInMs: expect.any(Number) })
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  gate.resolve()
  expect(await long).toBe('done')
  expect(await itemOf(itemId)).toMatchObject({ state: 'DONE', attempts: 1 })
})

test('what is due in a moment is waited for', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  await fresh.asSuperuser((admin) =>
    admin`update work_items set not_before = now() + interval '300 ms' where id = ${itemId}`
  )
  expect(await runWorkItem(fresh.db, bodyOf(itemId), finish, options)).toBe('done')
  expect(await itemOf(itemId)).toMatchObject({ state: 'DONE' })
})

test('a worker whose lease was taken is told to stop, and changes nothing any more', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  const { log, events } = collectLog()
  const outcome = await runWorkItem(fresh.db, bodyOf(itemId), async (work, context) => {
    const { signal } = context
    await fresh.asSuperuser((admin) =>
      admin`update work_items set lease = ${newId()} where id = ${itemId}`
    )
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await finish(work, context)
  }, { log, signal: never, leaseMs: 200 })
  expect(outcome).toBe('retry')
  expect(events()).toContain('work.lease-lost')
  expect(await itemOf(itemId)).toMatchObject({ state: 'RUNNING' })
})

test('a handler that fails gives its item back at once, for the same message to come again', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  const fail = () => Promise.reject(new Error('no page today'))
  await expect(runWorkItem(fresh.db, bodyOf(itemId), fail, options)).rejects.toThrow('no page')
  expect(await itemOf(itemId)).toMatchObject({ state: 'WAITING', lease: null, attempts: 1 })
  expect(await messagesOf(itemId)).toHaveLength(1)
  expect(await runWorkItem(fresh.db, bodyOf(itemId), finish, options)).toBe('done')
})

test('a message that names another account than its item is refused and changes nothing', async () => {
  const { itemId } = await makeWork(fresh, seller, accountId)
  const swapped = await makeAccount(fresh, seller)
  const { log, lines } = collectLog()
  let isHandled = false
  const handler = async () => {
    isHandled = true
    await Promise.resolve()
  }
  await expect(
    runWorkItem(fresh.db, bodyOf(itemId, swapped), handler, { log, signal: never }),
  ).rejects.toThrow('another account')
  expect(isHandled).toBe(false)
  expect(lines).toMatchObject([{ event: 'work.swapped', workItemId: itemId, accountId: swapped }])
  expect(await itemOf(itemId)).toMatchObject({ state: 'WAITING', lease: null })
})
