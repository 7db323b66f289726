/** Poison: what cannot be handled is written down with its reason, holds nobody up, and can come again. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { createDeadLetters } from '../../core/ledger/dead-letters.ts'
import { silentLog } from '../../core/log.ts'
import { failure } from '../../core/plugin.ts'
import { buryOnce, forgetStrays } from '../../core/queues/dead-letters.ts'
import { runWorkItem, type WorkHandler } from '../../core/queues/run-work.ts'
import type { ReceivedMessage, Sqs } from '../../core/queues/sqs.ts'
import { claimWork, finishWork } from '../../core/queues/work.ts'
import type { AccountLimit } from '../../core/rbac/decide.ts'
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
let other: TestSeller
let accountId: string
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  other = await makeSeller(fresh.db)
})
afterAll(() => fresh?.close())
beforeEach(async () => {
  seller = await makeSeller(fresh.db)
  accountId = await makeAccount(fresh, seller)
})

const never = new AbortController().signal
const messageOf = (body: unknown, receives = 6): ReceivedMessage => ({
  messageId: newId(),
  receipt: newId(),
  group: 'g',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  receives,
})
/** A dead-letter queue of these messages; answers what was deleted from it. */
const bury = async (...messages: ReceivedMessage[]): Promise<string[]> => {
  const deleted: string[] = []
  const sqs: Pick<Sqs, 'receive' | 'deleteBatch'> = {
    receive: (name) => {
      expect(name).toBe(`${queue}-dlq`)
      return Promise.resolve(messages)
    },
    deleteBatch: (_name, receipts) => {
      deleted.push(...receipts)
      return Promise.resolve([])
    },
  }
  expect(await buryOnce({ db: fresh.db, sqs, log: silentLog }, queue)).toBe(deleted.length)
  return deleted
}
const bodyOf = (itemId: string, of = seller) => ({
  sellerId: of.sellerId,
  accountId,
  workItemId: itemId,
})
const wakes: string[] = []
const desk = () => createDeadLetters({ db: fresh.db, wake: () => void wakes.push('wake') })
const list = async (of = seller) =>
  (await desk().list(of.entry, { limit: 50, accounts: null })).letters
const run = (itemId: string, handler: WorkHandler) =>
  runWorkItem(fresh.db, bodyOf(itemId), handler, { log: silentLog, signal: never, waitMs: 0 })
const finish: WorkHandler = async ({ entry, itemId, lease }) => {
  await fresh.db.withSellerScope(
    entry,
    (scope) => finishWork(scope, { itemId, lease, state: 'DONE' }),
  )
}
const stateOf = async (itemId: string) => {
  const [row] = await fresh.asSuperuser((admin) =>
    admin<{ item: string; run: string; kind: string | null; attempts: number }[]>`
      select w.state as item, r.state as run, r.failure_kind as kind, w.attempts
      from work_items w join job_runs r on r.id = w.job_run_id where w.id = ${itemId}`
  )
  return row
}
const unsent = async (itemId: string) =>
  (await fresh.asSuperuser((admin) =>
    admin`select 1 from outbox where sent_at is null and body ->> 'workItemId' = ${itemId}`
  )).length
/** An item that has failed for a reason each time, and whose message is dead. */
const dead = async (error: unknown = failure('bad-response', 'The answer made no sense')) => {
  const { itemId, runId } = await makeWork(fresh, seller, accountId)
  await fresh.asSuperuser((admin) => admin`update outbox set sent_at = now()`)
  for (let receipt = 1; receipt <= 5; receipt++) {
    await expect(run(itemId, () => Promise.reject(error))).rejects.toBe(error)
  }
  const message = messageOf(bodyOf(itemId))
  expect(await bury(message)).toEqual([message.receipt])
  const [letter] = await list()
  if (!letter) throw new Error('unreachable: the letter is there')
  return { itemId, runId, letter, message }
}

describe('a dead message', () => {
  it('makes its item dead and its run a failed one, and keeps why', async () => {
    const { itemId, runId, letter } = await dead()
    expect(await stateOf(itemId)).toMatchObject({
      ...{ item: 'DEAD', run: 'FAILED', kind: 'dead-letter' },
    })
    expect(letter).toMatchObject({
      ...{ target: 'ORDERS', queue, run_id: runId, marketplace_account_id: accountId },
      ...{ state: 'DEAD', receives: 6, reason: 'bad-response: The answer made no sense' },
    })
    expect(await list(other)).toEqual([])
    const [event] = await fresh.asSuperuser((admin) =>
      admin`select action, target, data from audit_events where seller_id = ${seller.sellerId}
        order by seq desc limit 1`
    )
    expect(event).toMatchObject({
      ...{ action: 'dead-letter.written', target: `dead-letter:${letter.id}` },
      data: JSON.stringify({ queue }),
    })
  })

  it('repeats nothing of an error that was not meant for people', async () => {
    const { letter } = await dead(new TypeError('Asha Rao, +91 98765 43210 has no address'))
    expect(letter.reason).toBe('internal: TypeError')
  })

  it('that is met again, because it could not be deleted, is one letter', async () => {
    const { message } = await dead()
    expect(await bury(message)).toEqual([message.receipt])
    expect(await list()).toHaveLength(1)
    const events = await fresh.asSuperuser((admin) =>
      admin`select 1 from audit_events where seller_id = ${seller.sellerId}
        and action = 'dead-letter.written'`
    )
    expect(events).toHaveLength(1)
  })

  it('of work that has ended, or goes on, is no letter', async () => {
    const ended = await makeWork(fresh, seller, accountId)
    await run(ended.itemId, finish)
    expect(await bury(messageOf(bodyOf(ended.itemId)))).toHaveLength(1)
    const later = await makeWork(fresh, seller, await makeAccount(fresh, seller))
    await fresh.asSuperuser((admin) =>
      admin`update work_items set not_before = now() + interval '1 h' where id = ${later.itemId}`
    )
    expect(await bury(messageOf(bodyOf(later.itemId)))).toHaveLength(1)
    expect(await list()).toEqual([])
    expect(await stateOf(later.itemId)).toMatchObject({ item: 'WAITING' })
  })

  it('of work that somebody has in hand waits for them', async () => {
    const { itemId } = await makeWork(fresh, seller, accountId)
    const { sellerId } = seller
    expect(await claimWork(fresh.db, { sellerId, itemId, leaseMs: 60_000 })).toMatchObject({
      claimed: true,
    })
    expect(await bury(messageOf(bodyOf(itemId)))).toEqual([])
    expect(await stateOf(itemId)).toMatchObject({ item: 'RUNNING' })
  })

  it('that names no work of its seller is stray, whatever it is, and cut', async () => {
    const { itemId } = await makeWork(fresh, seller, accountId)
    const messages = [
      messageOf('not JSON\0'),
      messageOf({ hello: 'world' }),
      messageOf(`"${'x'.repeat(200_000)}"`),
      messageOf(bodyOf(itemId, other)),
      messageOf({ ...bodyOf(newId()), sellerId: newId() }),
    ]
    expect(await bury(...messages)).toHaveLength(5)
    expect(await bury(...messages)).toHaveLength(5)
    const strays = await fresh.asSuperuser((admin) =>
      admin<{ reason: string; body_bytes: number; kept: number }[]>`
        select reason, body_bytes, length(body) as kept from stray_messages order by reason`
    )
    expect(strays.map(({ reason }) => reason)).toEqual([
      'names no work item of its seller',
      'names no work item of its seller',
      'not JSON',
      'wrong shape: (whole)',
      'wrong shape: sellerId, workItemId',
    ])
    expect(Math.max(...strays.map(({ body_bytes }) => body_bytes))).toBe(200_002)
    expect(Math.max(...strays.map(({ kept }) => kept))).toBe(4096)
    expect(await list()).toEqual([])
    expect(await list(other)).toEqual([])
    expect(await forgetStrays(fresh.db, new Date(Date.now() - 60_000))).toBe(0)
    expect(await forgetStrays(fresh.db, new Date(Date.now() + 60_000))).toBe(5)
    // the work of whom it is goes on
    expect(await run(itemId, finish)).toBe('done')
  })
})

describe('a redrive', () => {
  const redrive = (id: string, accounts: AccountLimit | null = null) =>
    desk().decide(seller.entry, { id, decision: 'redrive', reason: 'mended', accounts })

  it('sends the work again with a fresh count, and twice is once', async () => {
    const { itemId, letter } = await dead()
    wakes.length = 0
    const told = await Promise.all([redrive(letter.id), redrive(letter.id), redrive(letter.id)])
    expect(wakes).not.toEqual([])
    for (const one of told) expect(one).toMatchObject({ id: letter.id, state: 'REDRIVEN' })
    expect(told[0]).toMatchObject({
      ...{ change_reason: 'mended', changed_by: `user:${seller.userId}` },
    })
    expect(await unsent(itemId)).toBe(1)
    expect(await stateOf(itemId)).toMatchObject({
      ...{ item: 'WAITING', run: 'QUEUED', kind: null, attempts: 0 },
    })
    expect(await run(itemId, finish)).toBe('done')
    expect(await stateOf(itemId)).toMatchObject({ item: 'DONE' })
    const events = await fresh.asSuperuser((admin) =>
      admin`select data from audit_events where seller_id = ${seller.sellerId}
        and action = 'dead-letter.redriven'`
    )
    expect(events).toEqual([{ data: JSON.stringify({ reason: 'mended' }) }])
  })

  it('that fails again is one more letter', async () => {
    const { itemId, letter } = await dead()
    await redrive(letter.id)
    for (let receipt = 1; receipt <= 5; receipt++) {
      await expect(run(itemId, () => Promise.reject(new Error('again')))).rejects.toThrow('again')
    }
    await bury(messageOf(bodyOf(itemId)))
    expect((await list()).map(({ state }) => state)).toEqual(['DEAD', 'REDRIVEN'])
  })

  it('joins work of the same lane that has begun meanwhile', async () => {
    const { itemId, letter } = await dead()
    const next = await makeWork(fresh, seller, accountId)
    expect(await redrive(letter.id)).toMatchObject({ state: 'REDRIVEN' })
    expect(await unsent(itemId)).toBe(0)
    expect(await stateOf(itemId)).toMatchObject({ item: 'DEAD' })
    expect(await stateOf(next.itemId)).toMatchObject({ item: 'WAITING' })
  })

  it('is for those of the seller who may see the account', async () => {
    const { itemId, letter } = await dead()
    const ask = { id: letter.id, decision: 'redrive', reason: 'not mine' } as const
    expect(await desk().decide(other.entry, { ...ask, accounts: null })).toBeNull()
    expect(await redrive(letter.id, { only: [newId()], except: [] })).toBeNull()
    expect(await redrive(letter.id, { only: null, except: [accountId] })).toBeNull()
    expect(await redrive(newId())).toBeNull()
    expect(await unsent(itemId)).toBe(0)
    const theirs = command`
      select redrive_work(${seller.sellerId}, ${letter.id}, ${newId()}, 'theirs', false)`
    await expect(fresh.db.withSellerScope(other.entry, (scope) => scope.run(theirs))).rejects
      .toThrow('open scope')
  })

  it('comes too late for what was let be', async () => {
    const { itemId, letter } = await dead()
    const ask = { id: letter.id, reason: 'It is settled by hand', accounts: null }
    expect(await desk().decide(seller.entry, { ...ask, decision: 'dismiss' })).toMatchObject({
      state: 'DISMISSED',
    })
    expect(await redrive(letter.id)).toMatchObject({ state: 'DISMISSED' })
    expect(await unsent(itemId)).toBe(0)
    expect(await desk().list(seller.entry, { state: 'DEAD', limit: 5, accounts: null }))
      .toEqual({ letters: [], next: null })
  })
})

it('a list comes in pages, newest first, with nothing twice and nothing lost', async () => {
  for (let i = 0; i < 5; i++) {
    accountId = await makeAccount(fresh, seller)
    await dead()
  }
  const ids: string[] = []
  let after: { createdAt: Date; id: string } | undefined
  for (;;) {
    const page = await desk().list(seller.entry, {
      ...{ limit: 2, accounts: null },
      ...after ? { after } : {},
    })
    ids.push(...page.letters.map(({ id }) => id))
    if (!page.next) break
    after = page.next
  }
  expect(ids).toHaveLength(5)
  expect(new Set(ids).size).toBe(5)
  expect(ids).toEqual((await list()).map(({ id }) => id))
  const ofAccount = { limit: 9, accounts: null, accountId }
  expect((await desk().list(seller.entry, ofAccount)).letters).toHaveLength(1)
})
