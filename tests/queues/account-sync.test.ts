/** The whole way with real parts: outbox, relay, SQS FIFO, consumer, work item. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { relayOnce } from '../../core/queues/relay-flight.ts'
import { startRelay } from '../../core/queues/relay.ts'
import { runWorkItem } from '../../core/queues/run-work.ts'
import { createSqs, type Sqs } from '../../core/queues/sqs.ts'
import { finishWork, workBody } from '../../core/queues/work.ts'
import { type Outcome, startConsumer } from '../../core/queues/worker.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { collectLog, fillOutbox, makeWork, until } from './support.ts'

let fresh: FreshDatabase
let cloud: Cloud
let sqs: Sqs
let seller: TestSeller
beforeAll(async () => {
  ;[fresh, cloud] = await Promise.all([freshDatabase({ maxConnections: 8 }), startCloud()])
  seller = await makeSeller(fresh.db)
  sqs = createSqs({
    region: 'ap-south-1',
    endpoint: cloud.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    prefix: 'test-',
    log: silentLog,
  })
})
afterAll(async () => {
  sqs.close()
  await Promise.all([fresh.close(), cloud.stop()])
})

/** A queue of the test's own, so that no other test's messages are in it. */
const ownQueue = async (): Promise<string> => {
  const name = `q-${newId().slice(-8)}`
  await sqs.ensureQueues([{ name, kind: 'fifo' }])
  return name
}
const fake = z.object({ id: z.string(), group: z.string() })
const isEmpty = async (queue: string): Promise<boolean> => {
  const { ready, inFlight } = await sqs.depth(queue)
  return ready + inFlight === 0
}

test('from the outbox to the consumer every group keeps its order', async () => {
  const queue = await ownQueue()
  const groups = Array.from({ length: 60 }, (_, i) => `g${i % 5}`)
  const ids = await fillOutbox(fresh, seller, groups, { queue })
  const stop = new AbortController()
  const seen: { id: string; group: string }[] = []
  const consumer = startConsumer({
    ...{ sqs, queue, body: fake, log: silentLog, waitSeconds: 1 },
    handle: async (message) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
      seen.push(message)
      return 'done'
    },
  })
  const relay = startRelay({ db: fresh.db, sqs, log: silentLog, signal: stop.signal })
  await until('all have come', () => seen.length >= ids.length, 20_000)
  await until('all are deleted', () => isEmpty(queue))
  await consumer.drain()
  stop.abort()
  await relay.done
  for (const group of new Set(groups)) {
    const order = seen.filter((one) => one.group === group).map(({ id }) => id)
    expect(order).toEqual(ids.filter((_, i) => groups[i] === group))
  }
})

test(
  'a bad message reaches the dead-letter queue after five receipts; the good ones go on',
  async () => {
    const queue = await ownQueue()
    const send = (body: string, group: string) =>
      sqs.sendBatch(queue, [{ id: newId(), group, body }])
    await send('not JSON', 'bad')
    await send(JSON.stringify({ id: 'behind', group: 'bad' }), 'bad')
    await send(JSON.stringify({ id: 'throws', group: 'worse' }), 'worse')
    for (let i = 0; i < 20; i++) {
      await send(
        JSON.stringify({ id: `good-${i}`, group: 'g' }),
        `g${i}`,
      )
    }

    const { log, lines } = collectLog()
    const seen: string[] = []
    let goodMs = 0
    const began = performance.now()
    const consumer = startConsumer({
      ...{ sqs, queue, body: fake, log, waitSeconds: 1, retryDelayMs: () => 1_000 },
      handle: ({ id }) => {
        if (id === 'throws') return Promise.reject(new Error('cannot'))
        seen.push(id)
        if (seen.length === 20) goodMs = performance.now() - began
        return Promise.resolve('done')
      },
    })
    await until('both bad ones are dead', async () => {
      const { ready } = await sqs.depth(`${queue}-dlq`)
      return ready === 2
    }, 20_000)
    await until('the one behind has come', () => seen.includes('behind'))
    await consumer.drain()
    expect(goodMs).toBeLessThan(3_000)
    expect(seen.filter((id) => id.startsWith('good'))).toHaveLength(20)
    const receives = (event: string) =>
      lines.filter((line) => line['event'] === event).map((line) => line['receives'])
    expect(receives('queue.refused')).toEqual([1, 2, 3, 4, 5])
    expect(receives('queue.failed')).toEqual([1, 2, 3, 4, 5])
    const dead = await sqs.receive(`${queue}-dlq`, { waitSeconds: 0 })
    expect(dead.map(({ body }) => body)).toContain('not JSON')
  },
  40_000,
)

test('a handler that takes five visibility timeouts stays alone with its message', async () => {
  const queue = await ownQueue()
  await sqs.sendBatch(queue, [{ id: newId(), group: 'g', body: '{"id":"long","group":"g"}' }])
  let handled = 0
  const options = {
    ...{ sqs, queue, body: fake, log: silentLog, waitSeconds: 1, visibilityMs: 1_000 },
    handle: async (): Promise<Outcome> => {
      handled++
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      return 'done'
    },
  }
  const consumers = [startConsumer(options), startConsumer(options)]
  await until('it is handled', () => handled > 0)
  await until('it is deleted', () => isEmpty(queue), 15_000)
  await Promise.all(consumers.map(({ drain }) => drain()))
  expect(handled).toBe(1)
}, 30_000)

test('what a killed worker had in hand is taken over after its visibility timeout', async () => {
  const queue = await ownQueue()
  await sqs.sendBatch(queue, [{ id: newId(), group: 'g', body: '{"id":"a","group":"g"}' }])
  // a killed worker says nothing any more
  expect(await sqs.receive(queue, { waitSeconds: 1, visibilitySeconds: 2 })).toHaveLength(1)
  const began = performance.now()
  const taken = Promise.withResolvers<number>()
  const consumer = startConsumer({
    ...{ sqs, queue, body: fake, log: silentLog, waitSeconds: 1 },
    handle: (_body, { receives }) => {
      taken.resolve(receives)
      return Promise.resolve('done')
    },
  })
  expect(await taken.promise).toBe(2)
  expect(performance.now() - began).toBeLessThan(5_000)
  await consumer.drain()
})

test('drains under load lose nothing and double nothing', async () => {
  const queue = await ownQueue()
  const groups = Array.from({ length: 120 }, (_, i) => `d${i % 8}`)
  const ids = await fillOutbox(fresh, seller, groups, { queue })
  expect(await relayOnce({ db: fresh.db, sqs })).toMatchObject({ sent: 120 })
  const seen: string[] = []
  const startOne = () =>
    startConsumer({
      ...{ sqs, queue, body: fake, log: silentLog, waitSeconds: 1 },
      handle: async ({ id }) => {
        await new Promise((resolve) => setTimeout(resolve, 10))
        seen.push(id)
        return 'done'
      },
    })
  for (let i = 0; i < 6; i++) {
    const consumer = startOne()
    const before = seen.length
    await until('it is at work', () => seen.length > before + 1, 5_000)
    const began = performance.now()
    await consumer.drain()
    expect(performance.now() - began).toBeLessThan(3_000)
  }
  const last = startOne()
  await until('all have come', () => seen.length >= ids.length, 15_000)
  await until('all are deleted', () => isEmpty(queue))
  await last.drain()
  expect(seen.toSorted()).toEqual(ids.toSorted())
}, 40_000)

test('a run in slices: every message claims the item once, until it is done', async () => {
  const queue = 'account-sync'
  await sqs.ensureQueues([{ name: queue, kind: 'fifo' }])
  const accounts = await Promise.all([1, 2, 3].map(() => makeAccount(fresh, seller)))
  const items = await Promise.all(accounts.map((account) => makeWork(fresh, seller, account)))
  const stop = new AbortController()
  const relay = startRelay({ db: fresh.db, sqs, log: silentLog, signal: stop.signal })
  const slices = new Map<string, number>()
  const { log, events } = collectLog()
  const consumer = startConsumer({
    ...{ sqs, queue, body: workBody, log, waitSeconds: 1 },
    handle: (body, { signal }) =>
      runWorkItem(fresh.db, body, async ({ entry, itemId, lease }) => {
        const slice = (slices.get(itemId) ?? 0) + 1
        await fresh.db.withSellerScope(entry, (scope) =>
          finishWork(
            scope,
            slice < 4
              ? { itemId, lease, state: 'WAITING', delayMs: 20, queue, progress: true }
              : { itemId, lease, state: 'DONE' },
          ))
        slices.set(itemId, slice)
        relay.wake()
      }, { log, signal }),
  })
  const open = () =>
    fresh.asSuperuser((admin) =>
      admin`select 1 from work_items where state in ('WAITING', 'RUNNING')`
    )
  await until('all items are done', async () => (await open()).length === 0, 15_000)
  await until('all messages are deleted', () => isEmpty(queue))
  await consumer.drain()
  stop.abort()
  await relay.done
  expect(items.map(({ itemId }) => slices.get(itemId))).toEqual([4, 4, 4])
  expect(events()).toEqual([])
})
