import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { createSqs, type OutgoingMessage, type Sqs } from '../../core/queues/sqs.ts'
import { nextBatch, sendInOrder } from '../../core/queues/sqs-send.ts'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'
import { collectLog } from './support.ts'

let cloud: Cloud
let sqs: Sqs
const open = (log = silentLog) =>
  createSqs({
    region: 'ap-south-1',
    endpoint: cloud.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    prefix: 'test-',
    log,
  })
beforeAll(async () => {
  cloud = await startCloud()
  sqs = open()
  await sqs.ensureQueues([{ name: 'fifo', kind: 'fifo' }, { name: 'plain', kind: 'standard' }])
})
afterAll(async () => {
  sqs.close()
  await cloud.stop()
})

const message = (group: string, body = '{}'): OutgoingMessage => ({ id: newId(), group, body })
const drop = async (queue: string, receipts: readonly { receipt: string }[]) =>
  await sqs.deleteBatch(queue, receipts.map(({ receipt }) => receipt))

test('queues are made once, by whoever comes first, each with its dead-letter queue', async () => {
  const { log, lines } = collectLog()
  const specs = [{ name: 'orders', kind: 'fifo' }, { name: 'returns', kind: 'standard' }] as const
  const [a, b] = [open(log), open(log)]
  const created = (await Promise.all([a.ensureQueues(specs), b.ensureQueues(specs)])).flat()
  expect([...new Set(created)].toSorted()).toEqual([
    'test-orders-dlq.fifo',
    'test-orders.fifo',
    'test-returns',
    'test-returns-dlq',
  ])
  expect(await a.ensureQueues(specs)).toEqual([])
  expect(await b.depth('orders-dlq')).toEqual({ ready: 0, inFlight: 0, delayed: 0 })
  expect(lines.every(({ event }) => event === 'sqs.created')).toBe(true)
  a.close()
  b.close()
})

test('a queue that was not ensured is refused by its name', async () => {
  await expect(sqs.receive('nowhere')).rejects.toThrow('the queue "nowhere"')
  await expect(sqs.sendBatch('nowhere', [])).rejects.toThrow('the queue "nowhere"')
})

test('many messages are sent in few requests, and a repeated one is dropped', async () => {
  const messages = Array.from({ length: 25 }, (_, i) => message(`g${i}`, JSON.stringify({ i })))
  expect((await sqs.sendBatch('fifo', messages)).every(({ sent }) => sent)).toBe(true)
  expect((await sqs.sendBatch('fifo', messages)).every(({ sent }) => sent)).toBe(true)
  expect(await sqs.depth('fifo')).toMatchObject({ ready: 25 })
  const bodies = new Set<string>()
  for (;;) {
    const received = await sqs.receive('fifo', { waitSeconds: 0 })
    if (received.length === 0) break
    for (const one of received) bodies.add(one.body)
    expect(received.every(({ receives, group }) => receives === 1 && group !== undefined)).toBe(
      true,
    )
    expect(await drop('fifo', received)).toEqual([])
  }
  expect(bodies.size).toBe(25)
  expect(await sqs.depth('fifo')).toEqual({ ready: 0, inFlight: 0, delayed: 0 })
})

test('a standard queue takes the same message twice', async () => {
  const one = message('g')
  await sqs.sendBatch('plain', [one])
  await sqs.sendBatch('plain', [one])
  const received = await sqs.receive('plain', { waitSeconds: 0 })
  expect(received.map(({ group }) => group)).toEqual([undefined, undefined])
  await drop('plain', received)
})

test('a message that is given back comes again, and counts its receipts', async () => {
  await sqs.sendBatch('fifo', [message('again')])
  const [first] = await sqs.receive('fifo', { waitSeconds: 1, visibilitySeconds: 30 })
  expect(await sqs.receive('fifo', { waitSeconds: 0 })).toEqual([])
  await sqs.changeVisibility('fifo', [{ receipt: first?.receipt ?? '', seconds: 0 }])
  const [second, ...more] = await sqs.receive('fifo', { waitSeconds: 2 })
  expect(more).toEqual([])
  expect(second).toMatchObject({ messageId: first?.messageId, receives: 2 })
  await drop('fifo', second ? [second] : [])
})

test('a long poll ends with its signal', async () => {
  const stop = new AbortController()
  const began = performance.now()
  const polling = sqs.receive('plain', { waitSeconds: 20, signal: stop.signal })
  setTimeout(() => stop.abort(), 50)
  expect(await polling).toEqual([])
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(await sqs.receive('plain', { signal: stop.signal })).toEqual([])
})

test('ping tells whether SQS answers', async () => {
  await sqs.ping()
  const other = open()
  await other.ping()
  other.close()
  const gone = createSqs({
    region: 'ap-south-1',
    endpoint: 'http://127.0.0.1:9',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    prefix: 'test-',
    log: silentLog,
  })
  await expect(gone.ping()).rejects.toThrow()
  gone.close()
})

test('a request holds ten messages of ten groups, and no more bytes than SQS takes', () => {
  const messages = ['a', 'b', 'a', 'c', 'b'].map((group) => message(group))
  expect(nextBatch(messages, true).map(({ group }) => group)).toEqual(['a', 'b', 'c'])
  expect(nextBatch(messages, false)).toHaveLength(5)
  const many = Array.from({ length: 15 }, (_, i) => message(`g${i}`))
  expect(nextBatch(many, true)).toHaveLength(10)
  const large = 'é'.repeat(60 * 1024)
  const heavy = ['a', 'b', 'c', 'd', 'c'].map((group) => message(group, large))
  // 120 KiB each: two fit, and what did not fit is not overtaken by its own group
  expect(nextBatch(heavy, true).map(({ group }) => group)).toEqual(['a', 'b'])
  expect(nextBatch([message('a', large.repeat(4))], true)).toHaveLength(1)
})

/** An SQS that refuses one entry in ten and drops one request in twenty, answer or no answer. */
const unreliable = (random: () => number) => {
  const taken: { id: string; group: string }[] = []
  const client = {
    send: async (command: { input: { Entries: readonly Record<string, string>[] } }) => {
      await Promise.resolve()
      if (random() < 0.05) {
        throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
      }
      const Successful: unknown[] = []
      const Failed: unknown[] = []
      for (const entry of command.input.Entries) {
        const { Id, MessageDeduplicationId: id = '', MessageGroupId: group = '' } = entry
        if (random() < 0.1) Failed.push({ Id, Code: 'InternalError' })
        else {
          if (!taken.some((before) => before.id === id)) taken.push({ id, group })
          Successful.push({ Id })
        }
      }
      if (random() < 0.05) throw Object.assign(new Error('lost'), { name: 'TimeoutError' })
      return { Successful, Failed }
    },
  }
  return { taken, client: client as unknown as Parameters<typeof sendInOrder>[0] }
}

test('a standard queue is told the group too, for a fair share, and no deduplication', async () => {
  const sent: Record<string, string>[] = []
  const client = {
    send: (command: { input: { Entries: readonly Record<string, string>[] } }) => {
      sent.push(...command.input.Entries)
      return Promise.resolve({ Successful: command.input.Entries.map(({ Id }) => ({ Id })) })
    },
  } as unknown as Parameters<typeof sendInOrder>[0]
  const [one, two] = [message('a'), message('a')]
  await sendInOrder(client, { url: 'http://x', isFifo: false }, [one, two])
  await sendInOrder(client, { url: 'http://x', isFifo: true }, [one])
  expect(sent.map(({ MessageGroupId }) => MessageGroupId)).toEqual(['a', 'a', 'a'])
  expect(sent.map((entry) => entry['MessageDeduplicationId'])).toEqual([
    undefined,
    undefined,
    one.id,
  ])
})

test('with 10% of entries refused and 5% of requests throttled nothing is lost or overtaken', async () => {
  let seed = 7
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
  const { client, taken } = unreliable(random)
  const messages = Array.from({ length: 600 }, (_, i) => message(`g${i % 13}`))
  let left: readonly OutgoingMessage[] = messages
  let rounds = 0
  while (left.length > 0 && rounds++ < 100) {
    const results = await sendInOrder(client, { url: 'http://x', isFifo: true }, left)
    expect(results.map(({ id }) => id)).toEqual(left.map(({ id }) => id))
    const failed = new Set(results.flatMap((result) => result.sent ? [] : [result.id]))
    left = left.filter(({ id }) => failed.has(id))
  }
  expect(rounds).toBeGreaterThan(1)
  expect(taken).toHaveLength(600)
  for (const group of new Set(messages.map(({ group }) => group))) {
    const order = (all: readonly { id: string; group: string }[]) =>
      all.filter((one) => one.group === group).map(({ id }) => id)
    expect(order(taken)).toEqual(order(messages))
  }
})
