/** The functions behind the door: another seller's ids are as good as none, and leases hold. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { claimWork, extendWork, finishWork, requestWork } from '../../core/queues/work.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import {
  asSuperuser,
  type Connection,
  countRows,
  inScope,
  leaseWork,
  outcomeOf,
  rowsOf,
} from './attempts.ts'
import { waitingForLock } from './ledger.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const request = (as: TestSeller, sellerId: string, accountId: string) =>
  fresh.db.withSellerScope(as.entry, (scope) =>
    requestWork(scope, {
      sellerId,
      accountId,
      target: 'ORDERS',
      reason: 'manual',
      queue: 'account-sync',
    }))
const counts = async () => ({
  runs: await countRows(admin, 'job_runs'),
  items: await countRows(admin, 'work_items'),
  messages: await countRows(admin, 'outbox'),
})

describe('request_work', () => {
  it('answers for an account of another seller as for one that is not there', async () => {
    const account = await makeAccount(fresh, a)
    const before = await counts()
    expect(await request(b, b.sellerId, account)).toBe(null)
    expect(await request(b, b.sellerId, newId())).toBe(null)
    expect(await outcomeOf(() => request(b, a.sellerId, account))).toBe('42501')
    expect(await outcomeOf(() => request(b, a.sellerId, newId()))).toBe('42501')
    expect(await counts()).toEqual(before)
  })

  it('makes one run, one item and one message for many who ask at once', async () => {
    const account = await makeAccount(fresh, a)
    const before = await counts()
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => request(a, a.sellerId, account)),
    )
    expect(new Set(answers.map((answer) => answer?.runId)).size).toBe(1)
    expect(answers.filter((answer) => answer?.created)).toHaveLength(1)
    const { runs, items, messages } = await counts()
    expect({ runs, items, messages }).toEqual({
      runs: before.runs + 1,
      items: before.items + 1,
      messages: before.messages + 1,
    })
  })

  it('lets a second who asks at that instant join the run of the first', async () => {
    const accountId = await makeAccount(fresh, a)
    const asked = { sellerId: a.sellerId, accountId, target: 'ORDERS', queue: 'q' } as const
    const held = Promise.withResolvers<void>()
    const first = fresh.db.withSellerScope(a.entry, async (scope) => {
      const answer = await requestWork(scope, { ...asked, reason: 'manual' })
      held.resolve()
      await waitingForLock(admin, 1)
      return answer
    })
    await held.promise
    const second = await request(a, a.sellerId, accountId)
    expect(second).toEqual({ runId: (await first)?.runId, created: false })
  })

  it('names who asked, and leaves nothing behind when the transaction fails', async () => {
    const account = await makeAccount(fresh, a)
    const before = await counts()
    const failed = outcomeOf(() =>
      fresh.db.withSellerScope(a.entry, async (scope) => {
        await requestWork(scope, {
          ...{ sellerId: a.sellerId, accountId: account, target: 'ORDERS', queue: 'q' },
          reason: 'manual',
        })
        throw new Error('no')
      })
    )
    expect(await failed).toBe('Error: no')
    expect(await counts()).toEqual(before)
    const run = (await request(a, a.sellerId, account))?.runId ?? ''
    const [row] = await admin.sql`select requested_by_user_id from job_runs where id = ${run}`
    expect(row).toEqual({ requested_by_user_id: a.userId })
  })

  it('takes no window with one end', async () => {
    const account = await makeAccount(fresh, a)
    const half = `select request_work('${a.sellerId}', '${account}', 'ORDERS', 'backfill',
      '${newId()}', '${newId()}', '${newId()}', 'q', now(), null)`
    expect(await outcomeOf(() => inScope(fresh.db, a.entry, half))).toBe('23514')
  })
})

describe('claim_work and extend_work', () => {
  it('answer for an item of another seller as for one that is not there', async () => {
    const account = await makeAccount(fresh, a)
    await request(a, a.sellerId, account)
    const [item] = await admin.sql`
      select id from work_items where marketplace_account_id = ${account}`
    const leaseMs = 60_000
    const asked = { itemId: String(item?.id), leaseMs }
    const nothing = { claimed: false, why: 'unknown', dueInMs: 0 }
    for (
      const foreign of [
        { ...asked, sellerId: b.sellerId },
        { ...asked, sellerId: newId() },
        { sellerId: b.sellerId, itemId: newId(), leaseMs },
      ]
    ) expect(await claimWork(fresh.db, foreign)).toEqual(nothing)

    const claims = await Promise.all(
      Array.from({ length: 8 }, () => claimWork(fresh.db, { ...asked, sellerId: a.sellerId })),
    )
    const work = claims.filter((claim) => claim?.claimed)
    expect(work).toHaveLength(1)
    const [held] = work
    if (!held?.claimed) throw new Error('unreachable')
    const asB = { ...held, entry: { ...held.entry, sellerId: b.sellerId } }
    expect(await extendWork(fresh.db, asB, leaseMs)).toBe('lost')
    expect(await extendWork(fresh.db, { ...held, lease: newId() }, leaseMs)).toBe('lost')
    expect(await extendWork(fresh.db, held, leaseMs)).toBe('yours')
  })

  it('are called by the login alone, and show the item to no seller', async () => {
    const work = await leaseWork(fresh, a, await makeAccount(fresh, a))
    const claim = `select claim_work('${a.sellerId}', '${work.itemId}', '${newId()}', 1000)`
    expect(await outcomeOf(() => inScope(fresh.db, a.entry, claim))).toBe('42501')
    expect(await outcomeOf(() => inScope(fresh.db, work.entry, 'select from work_items')))
      .toBe('42501')
    expect(await outcomeOf(() => rowsOf(fresh.db.bare, 'select from work_items'))).toBe('42501')
  })
})

describe('finish_work', () => {
  it('answers for an item of another seller, of nobody and of another worker alike', async () => {
    const work = await leaseWork(fresh, a, await makeAccount(fresh, a))
    const own = await leaseWork(fresh, b, await makeAccount(fresh, b))
    const finish = (itemId: string, lease: string) =>
      outcomeOf(() =>
        fresh.db.withSellerScope(
          own.entry,
          (scope) => finishWork(scope, { itemId, lease, state: 'WAITING', queue: 'q' }),
        )
      )
    const before = await counts()
    expect(await finish(work.itemId, work.lease)).toBe('lease-lost')
    expect(await finish(newId(), work.lease)).toBe('lease-lost')
    expect(await finish(own.itemId, newId())).toBe('lease-lost')
    expect(await counts()).toEqual(before)
    expect(await finish(own.itemId, own.lease)).toBe('accepted')
    expect(await finish(own.itemId, own.lease)).toBe('lease-lost')
    expect(await counts()).toEqual({ ...before, messages: before.messages + 1 })
  })

  it('commits nothing of a slice whose lease is over', async () => {
    const work = await leaseWork(fresh, a, await makeAccount(fresh, a))
    const outcome = await outcomeOf(() =>
      fresh.db.withSellerScope(work.entry, async (scope) => {
        await rowsOf(scope, `update job_runs set pages = 9 where id = '${work.runId}'`)
        await admin.sql`update work_items set lease = ${newId()} where id = ${work.itemId}`
        await finishWork(scope, { ...work, state: 'DONE' })
      })
    )
    expect(outcome).toBe('lease-lost')
    expect(await countRows(admin, 'job_runs', `id = '${work.runId}' and pages = 0`)).toBe(1)
  })
})

describe('advance_cursor', () => {
  const advance = (as: TestSeller, account: string, seq: number) =>
    outcomeOf(() =>
      inScope(fresh.db, as.entry, `select advance_cursor('${account}', 'ORDERS', '{}', ${seq})`)
    )

  it('moves a cursor one step at a time, for one of many workers', async () => {
    const account = await makeAccount(fresh, a)
    for (const seq of [0, 1, 2]) {
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => advance(a, account, seq)))
      expect(outcomes.toSorted()).toEqual(['accepted', ...Array(7).fill('lease-lost')])
    }
    expect(await advance(a, account, 7)).toBe('lease-lost')
    expect(await countRows(admin, 'sync_cursors', `seq = 3`)).toBe(1)
  })

  it('moves no cursor of another seller', async () => {
    const account = await makeAccount(fresh, a)
    await advance(a, account, 0)
    expect(await advance(b, account, 0)).toBe(await advance(b, newId(), 0))
    expect(await advance(b, account, 1)).toBe(await advance(b, newId(), 1))
    expect(
      await countRows(
        admin,
        'sync_cursors',
        `marketplace_account_id = '${account}'
      and seq = 1`,
      ),
    ).toBe(1)
  })
})
