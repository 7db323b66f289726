import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database, Tx } from '../../core/db/database.ts'
import { command } from '../../core/db/sql.ts'
import { silentLog } from '../../core/log.ts'
import { sendLater } from '../../core/queues/outbox.ts'
import { relayOnce } from '../../core/queues/relay-flight.ts'
import { startRelay } from '../../core/queues/relay.ts'
import type { Sqs } from '../../core/queues/sqs.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { collectLog, fakeSender, fillOutbox, queue, type Sent, until } from './support.ts'

let fresh: FreshDatabase
let seller: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
  seller = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())

const unsent = async (): Promise<number> => {
  const [row] = await fresh.asSuperuser((admin) =>
    admin<{ n: number }[]>`select count(*)::int as n from outbox where sent_at is null`
  )
  return row?.n ?? -1
}
const clear = () => fresh.asSuperuser((admin) => admin`delete from outbox`)
const idsOf = (sent: readonly Sent[], group?: string): string[] =>
  sent.filter((message) => group === undefined || message.group === group).map(({ id }) => id)

test('what a scope stores leaves once it has committed, in order, and only then', async () => {
  const { sqs, sent } = fakeSender()
  const store = (groups: readonly string[], fails: boolean) =>
    fresh.db.withSellerScope(seller.entry, async (scope) => {
      for (const group of groups) await sendLater(scope, { queue, group, body: { group } })
      if (fails) throw new Error('rolled back')
    })
  await store(['a', 'b', 'a'], false)
  await expect(store(['c'], true)).rejects.toThrow('rolled back')

  const flight = await relayOnce({ db: fresh.db, sqs })
  expect(flight).toMatchObject({ claimed: 3, sent: 3 })
  expect(sent.map(({ group }) => group)).toEqual(['a', 'b', 'a'])
  expect(JSON.parse(sent[0]?.body ?? '')).toEqual({ group: 'a' })
  expect(await relayOnce({ db: fresh.db, sqs })).toMatchObject({ claimed: 0, dueInMs: null })
})

test('a row leaves when it is due, and the flight says when that is', async () => {
  const { sqs, sent } = fakeSender()
  await fillOutbox(fresh, seller, ['late'], { dueInMs: 400 })
  const before = await relayOnce({ db: fresh.db, sqs })
  expect(before.claimed).toBe(0)
  expect(before.dueInMs).toBeGreaterThan(0)
  expect(before.dueInMs).toBeLessThanOrEqual(400)
  // one that is due goes first: an item that waits for its marketplace holds up no other
  const [early] = await fillOutbox(fresh, seller, ['late'])
  await relayOnce({ db: fresh.db, sqs })
  expect(idsOf(sent)).toEqual([early])
  await until('the late one is due', async () => (await relayOnce({ db: fresh.db, sqs })).sent > 0)
})

test('what SQS refuses waits, and its group waits with it', async () => {
  let isBroken = true
  const [first, second, other] = await fillOutbox(fresh, seller, ['g', 'g', 'h'])
  const { sqs, sent } = fakeSender(({ id }) => isBroken && id === first ? 'Throttled' : undefined)
  const options = { db: fresh.db, sqs, retryMs: 200 }
  const flight = await relayOnce(options)
  expect(flight.queues).toMatchObject([
    { queue, sent: [other], failed: 2, reasons: ['Throttled', 'earlier-one-failed'] },
  ])
  const [third] = await fillOutbox(fresh, seller, ['g'])
  expect(await relayOnce(options)).toMatchObject({ claimed: 0 })
  isBroken = false
  await until('the group goes on', async () => (await relayOnce(options)).sent > 0)
  await relayOnce(options)
  expect(idsOf(sent, 'g')).toEqual([first, second, third])
})

test('two relays at once send every row once, and keep the order of each group', async () => {
  const groups = Array.from({ length: 120 }, (_, i) => `two-${i % 7}`)
  const ids = await fillOutbox(fresh, seller, groups)
  const slow = fakeSender()
  const calls: string[] = []
  const sqs: Pick<Sqs, 'sendBatch'> = {
    sendBatch: async (name, messages) => {
      calls.push(...messages.map(({ id }) => id))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      return await slow.sqs.sendBatch(name, messages)
    },
  }
  const stop = new AbortController()
  const relays = Array.from({ length: 3 }, () =>
    startRelay({
      ...{ db: fresh.db, sqs, log: silentLog, signal: stop.signal },
      ...{ limit: 9, pollMs: 5, idleMs: 10 },
    }))
  await until('everything has left', async () => await unsent() === 0)
  stop.abort()
  await Promise.all(relays.map(({ done }) => done))
  expect(calls.toSorted()).toEqual(ids.toSorted())
  for (const group of new Set(groups)) {
    expect(idsOf(slow.sent, group)).toEqual(ids.filter((_, i) => groups[i] === group))
  }
})

/** Dies before or after the n-th thing it waits for; from then on nothing works, as after a kill. */
const mortal = (dieAt: number) => {
  let step = 0
  const die = () => {
    if (step++ >= dieAt) throw new Error('killed')
  }
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    die()
    const value = await work()
    die()
    return value
  }
  return {
    database: (db: Database): Pick<Database, 'withPlatformScope'> => ({
      withPlatformScope: (reason, work) =>
        around(() =>
          db.withPlatformScope(reason, (tx) => {
            const statement: Tx['any'] = (asked) => around(() => tx.any(asked))
            const run: Tx['run'] = (asked) => around(() => tx.run(asked))
            return work({ ...tx, any: statement, run })
          })
        ),
    }),
    sender: (sqs: Pick<Sqs, 'sendBatch'>): Pick<Sqs, 'sendBatch'> => ({
      sendBatch: (queue, messages) =>
        around(async () => {
          const results = []
          // the kill may also come between two requests of one batch
          for (const message of messages) {
            die()
            results.push(...await sqs.sendBatch(queue, [message]))
          }
          return results
        }),
    }),
  }
}

test('a relay that is killed at any await loses nothing; without an outbox something is lost', async () => {
  await clear()
  let kills = 0
  let isOver = false
  for (let dieAt = 0; !isOver; dieAt++) {
    const ids = await fillOutbox(fresh, seller, ['k', 'k', 'l', 'm', 'l', 'k'])
    const { sqs, sent } = fakeSender()
    const life = mortal(dieAt)
    const killed = await relayOnce({
      ...{ db: life.database(fresh.db), sqs: life.sender(sqs) },
      ...{ claimMs: 60, retryMs: 60 },
    }).then(() => false, () => true)
    isOver = !killed
    if (killed) kills++
    const next = { db: fresh.db, sqs, claimMs: 60, retryMs: 1 }
    await until('the next relay has sent the rest', async () => {
      await relayOnce(next)
      return await unsent() === 0
    })
    expect(idsOf(sent).toSorted()).toEqual(ids.toSorted())
    expect(idsOf(sent, 'k')).toEqual([ids[0], ids[1], ids[5]])
    await clear()
  }
  expect(kills).toBeGreaterThanOrEqual(14)

  // the control: commit, then send
  const { sqs, sent } = fakeSender()
  const life = mortal(2)
  const write = async (): Promise<void> => {
    await life.database(fresh.db).withPlatformScope('control', (tx) => tx.run(command`select 1`))
    await life.sender(sqs).sendBatch(queue, [{ id: 'x', group: 'x', body: '{}' }])
  }
  await write().catch(() => {})
  expect(sent).toHaveLength(0)
})

test('a queue that takes nothing holds up no other, and is said to be down once', async () => {
  const broken = await fillOutbox(fresh, seller, Array.from({ length: 30 }, (_, i) => `b${i}`), {
    queue: 'of-a-removed-plugin',
  })
  const { sqs, sent } = fakeSender()
  const strict: Pick<Sqs, 'sendBatch'> = {
    sendBatch: (name, messages) => {
      if (name !== queue) throw new Error(`Cannot use the queue "${name}": it was not ensured`)
      return sqs.sendBatch(name, messages)
    },
  }
  const { log, events } = collectLog()
  const stop = new AbortController()
  const relay = startRelay({
    ...{ db: fresh.db, sqs: strict, log, signal: stop.signal },
    ...{ limit: 10, retryMs: 50, pollMs: 10, idleMs: 20 },
  })
  const good = await fillOutbox(fresh, seller, ['fine'])
  relay.wake()
  await until('the good one has left', () => sent.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  stop.abort()
  await relay.done
  expect(idsOf(sent)).toEqual(good)
  expect(events().filter((event) => event === 'relay.queue.down')).toHaveLength(1)
  expect(await unsent()).toBe(broken.length)
  await clear()
})

test('a wake sends at once, and the stop waits for the flight in hand', async () => {
  const gate = Promise.withResolvers<void>()
  const { sqs, sent } = fakeSender()
  const held: Pick<Sqs, 'sendBatch'> = {
    sendBatch: async (name, messages) => {
      await gate.promise
      return await sqs.sendBatch(name, messages)
    },
  }
  const stop = new AbortController()
  const relay = startRelay({
    ...{ db: fresh.db, sqs: held, log: silentLog, signal: stop.signal, idleMs: 60_000 },
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await fillOutbox(fresh, seller, ['woken'])
  relay.wake()
  await until('it is claimed', async () => {
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select 1 from outbox where claimed_until is not null`
    )
    return row !== undefined
  }, 2_000)
  stop.abort()
  gate.resolve()
  await relay.done
  expect(sent).toHaveLength(1)
  expect(await unsent()).toBe(0)
})

test('while the database is away the relay waits, says so once, and goes on', async () => {
  let isAway = true
  const db: Pick<Database, 'withPlatformScope'> = {
    withPlatformScope: (reason, work) =>
      isAway ? Promise.reject(new Error('away')) : fresh.db.withPlatformScope(reason, work),
  }
  const { sqs, sent } = fakeSender()
  const { log, events } = collectLog()
  const stop = new AbortController()
  const relay = startRelay({ db, sqs, log, signal: stop.signal, pollMs: 5, idleMs: 20 })
  await fillOutbox(fresh, seller, ['after'])
  await new Promise((resolve) => setTimeout(resolve, 200))
  isAway = false
  await until('it is back', () => sent.length === 1)
  stop.abort()
  await relay.done
  expect(events().filter((event) => event.startsWith('relay'))).toEqual(['relay.down', 'relay.up'])
})

test('what was sent is kept for a day', async () => {
  await clear()
  const [old, young] = await fillOutbox(fresh, seller, ['p', 'p'])
  await fresh.asSuperuser(async (admin) => {
    await admin`update outbox set sent_at = now() - interval '25 hours' where id = ${old ?? ''}`
    await admin`update outbox set sent_at = now() - interval '23 hours' where id = ${young ?? ''}`
  })
  const stop = new AbortController()
  const { sqs } = fakeSender()
  const relay = startRelay({ db: fresh.db, sqs, log: silentLog, signal: stop.signal, idleMs: 10 })
  const left = () => fresh.asSuperuser((admin) => admin<{ id: string }[]>`select id from outbox`)
  await until('the old one is gone', async () => (await left()).length === 1)
  stop.abort()
  await relay.done
  expect((await left()).map(({ id }) => id)).toEqual([young])
})
