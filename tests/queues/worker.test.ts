import { expect, test } from 'vitest'
import { z } from 'zod'
import type { ReceivedMessage, Sqs } from '../../core/queues/sqs.ts'
import { type ConsumerOptions, type Outcome, startConsumer } from '../../core/queues/worker.ts'
import { collectLog, until } from './support.ts'

const body = z.object({ n: z.number() })
type Body = z.infer<typeof body>

/** A queue whose long polls the test answers one by one. */
const scripted = () => {
  const waiting: ((messages: readonly ReceivedMessage[]) => void)[] = []
  const deleted: string[][] = []
  const hidden: { readonly receipt: string; readonly seconds: number }[] = []
  const asked: number[] = []
  let lost: string[] = []
  let isOver = false
  const sqs: Pick<Sqs, 'receive' | 'deleteBatch' | 'changeVisibility'> = {
    receive: (_queue, { max = 10, signal } = {}) =>
      new Promise((resolve) => {
        asked.push(max)
        if (isOver) resolve([])
        waiting.push(resolve)
        signal?.addEventListener('abort', () => resolve([]))
      }),
    deleteBatch: (_queue, receipts) => {
      deleted.push([...receipts])
      return Promise.resolve([])
    },
    changeVisibility: (_queue, changes) => {
      hidden.push(...changes)
      return Promise.resolve(lost.filter((one) => changes.some(({ receipt }) => receipt === one)))
    },
  }
  return {
    ...{ sqs, deleted, hidden, asked },
    /** The long poll comes to its end, as it does after its seconds. */
    end: () => {
      isOver = true
      for (const resolve of waiting) resolve([])
    },
    lose: (receipts: string[]) => {
      lost = receipts
    },
    deliver: async (messages: readonly ReceivedMessage[]) => {
      await until('a poll waits', () => waiting.length > 0)
      waiting.shift()?.(messages)
    },
  }
}
const message = (n: number, group: string, more: Partial<ReceivedMessage> = {}) => ({
  messageId: `m${n}`,
  receipt: `r${n}`,
  group,
  body: JSON.stringify({ n }),
  receives: 1,
  ...more,
})
const start = (
  { sqs, end }: Pick<ReturnType<typeof scripted>, 'sqs' | 'end'>,
  handle: ConsumerOptions<Body>['handle'],
  more: Partial<ConsumerOptions<Body>> = {},
) => {
  const log = collectLog()
  const consumer = startConsumer({ sqs, queue: 'q', body, handle, log: log.log, ...more })
  const drain = async () => {
    const drained = consumer.drain()
    end()
    await drained
  }
  return { drain, ...log }
}

test('of a group one message is in hand at a time, of several groups several', async () => {
  const { sqs, end, deliver, deleted } = scripted()
  const inHand = new Map<string, number>()
  let most = 0
  const seen: number[] = []
  const { drain } = start({ sqs, end }, async ({ n }) => {
    const group = n < 10 ? 'a' : 'b'
    inHand.set(group, (inHand.get(group) ?? 0) + 1)
    expect(inHand.get(group)).toBe(1)
    most = Math.max(most, inHand.size)
    await new Promise((resolve) => setTimeout(resolve, 5))
    inHand.delete(group)
    seen.push(n)
    return 'done'
  })
  await deliver([1, 2, 3].map((n) => message(n, 'a')).concat([11, 12].map((n) => message(n, 'b'))))
  await until('all are handled', () => seen.length === 5)
  await drain()
  expect(seen.filter((n) => n < 10)).toEqual([1, 2, 3])
  expect(most).toBe(2)
  expect(deleted.flat().toSorted()).toEqual(['r1', 'r11', 'r12', 'r2', 'r3'])
})

test('it asks for as many messages as it has hands free', async () => {
  const { sqs, end, deliver, asked } = scripted()
  const gate = Promise.withResolvers<Outcome>()
  const { drain } = start({ sqs, end }, () => gate.promise, { concurrency: 3 })
  await deliver([message(1, 'a')])
  await deliver([message(2, 'b')])
  await deliver([message(3, 'c')])
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(asked).toEqual([3, 2, 1])
  gate.resolve('done')
  await until('it asks again', () => asked.length === 4)
  await drain()
})

test('what was handled together is deleted together', async () => {
  const { sqs, end, deliver, deleted } = scripted()
  const { drain } = start({ sqs, end }, () => Promise.resolve('done'), { concurrency: 20 })
  await deliver(Array.from({ length: 10 }, (_, n) => message(n, `g${n}`)))
  await until('they are deleted', () => deleted.flat().length === 10)
  expect(deleted.length).toBeLessThanOrEqual(2)
  await drain()
})

test('a deletion that fails is tried again', async () => {
  const { sqs, end, deliver, deleted } = scripted()
  let failures = 1
  const flaky: typeof sqs = {
    ...sqs,
    deleteBatch: (queue, receipts) =>
      failures-- > 0 ? Promise.reject(new Error('away')) : sqs.deleteBatch(queue, receipts),
  }
  const { drain } = start({ sqs: flaky, end }, () => Promise.resolve('done'))
  await deliver([message(1, 'a')])
  await until('it is deleted', () => deleted.length === 1)
  await drain()
})

test('after a failure the later ones of the group go back unhandled', async () => {
  const { sqs, end, deliver, hidden, deleted } = scripted()
  const seen: number[] = []
  const { drain, lines } = start({ sqs, end }, ({ n }) => {
    seen.push(n)
    return n === 1 ? Promise.reject(new Error('no')) : Promise.resolve('done')
  })
  await deliver([message(1, 'a'), message(2, 'a'), message(3, 'b')])
  await until('they are settled', () => hidden.length === 2 && deleted.length === 1)
  await drain()
  expect(seen.toSorted()).toEqual([1, 3])
  expect(hidden).toEqual([{ receipt: 'r1', seconds: 1 }, { receipt: 'r2', seconds: 1 }])
  expect(lines).toMatchObject([{ event: 'queue.failed', queue: 'q', messageId: 'm1', receives: 1 }])
})

test('in a standard queue a failure holds up nothing, and no group takes all hands', async () => {
  const { sqs, end, deliver, hidden, deleted } = scripted()
  const [gate, seen] = [Promise.withResolvers<Outcome>(), [] as number[]]
  const handle = ({ n }: Body) =>
    seen.push(n) === 1 ? gate.promise : Promise.resolve('done' as const)
  const { drain } = start({ sqs, end }, handle, { ordered: false, concurrency: 2 })
  await deliver([1, 2, 3].map((n) => message(n, 'noisy')))
  await deliver([message(9, 'quiet')])
  await until('the quiet one has its turn', () => seen.includes(9))
  expect(seen).toEqual([1, 9])
  gate.reject(new Error('no'))
  await until('they are settled', () => hidden.length === 1 && deleted.flat().length === 3)
    .then(drain)
})

test('a queue full of one group is not taken into memory whole', async () => {
  const [{ sqs, end, deliver, asked }, gate] = [scripted(), Promise.withResolvers<Outcome>()]
  const { drain } = start({ sqs, end }, () => gate.promise, { concurrency: 20 })
  for (let tens = 0; tens < 10; tens++) {
    await deliver(Array.from({ length: 10 }, (_, n) => message(tens * 10 + n, 'noisy')))
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(asked).toHaveLength(10)
  gate.resolve('done')
  await until('it asks again', () => asked.length > 10).then(drain)
})

test('from the third failure on a message holds up its group no longer', async () => {
  const { sqs, end, deliver, hidden, deleted } = scripted()
  const { drain } = start({ sqs, end }, ({ n }) => Promise.resolve(n === 1 ? 'retry' : 'done'))
  await deliver([message(1, 'a', { receives: 3 }), message(2, 'a', { receives: 3 })])
  await until('they are settled', () => hidden.length === 1 && deleted.length === 1)
  await drain()
  expect(hidden).toEqual([{ receipt: 'r1', seconds: 4 }])
  expect(deleted).toEqual([['r2']])
})

test.each([
  ['not JSON', 'secret {', 'not JSON'],
  ['of another shape', '{"n":"secret"}', 'wrong shape: n'],
  ['no object', '"secret"', 'wrong shape: (whole)'],
])('a body that is %s is refused, holds up nothing and is never repeated', async (_, text, why) => {
  const { sqs, end, deliver, hidden, deleted } = scripted()
  const { drain, lines } = start({ sqs, end }, () => Promise.resolve('done'))
  await deliver([message(1, 'a', { body: text }), message(2, 'a')])
  await until('both are settled', () => hidden.length === 1 && deleted.length === 1)
  await drain()
  expect(hidden).toEqual([{ receipt: 'r1', seconds: 1 }])
  expect(lines).toMatchObject([{ event: 'queue.refused', messageId: 'm1', reason: why }])
  expect(JSON.stringify(lines)).not.toContain('secret')
})

test('a message that comes again later is hidden until then', async () => {
  const { sqs, end, deliver, hidden } = scripted()
  const { drain } = start({ sqs, end }, () => Promise.resolve({ retryInMs: 61_500 }))
  await deliver([message(1, 'a')])
  await until('it is hidden', () => hidden.length === 1)
  expect(hidden).toEqual([{ receipt: 'r1', seconds: 62 }])
  await drain()
})

test('a long handler keeps its message hidden, and what waits behind it', async () => {
  const { sqs, end, deliver, hidden } = scripted()
  const gate = Promise.withResolvers<Outcome>()
  const { drain } = start({ sqs, end }, () => gate.promise, { visibilityMs: 90 })
  await deliver([message(1, 'a'), message(2, 'a')])
  await until('there were heartbeats', () => hidden.length >= 6)
  expect(new Set(hidden.map(({ receipt }) => receipt))).toEqual(new Set(['r1', 'r2']))
  gate.resolve('done')
  await drain()
})

test('a handler whose message went to somebody else is told to stop', async () => {
  const { sqs, end, deliver, lose } = scripted()
  const told = Promise.withResolvers<void>()
  lose(['r1'])
  const { drain, events } = start(
    { sqs, end },
    (_body, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          told.resolve()
          reject(signal.reason)
        })
      }),
    { visibilityMs: 60 },
  )
  await deliver([message(1, 'a')])
  await told.promise
  await drain()
  expect(events()).toEqual(['queue.message-lost', 'queue.aborted'])
})

test('a drain takes nothing more, finishes what is in hand and gives back what is not begun', async () => {
  const { sqs, end, deliver, hidden, deleted } = scripted()
  const gate = Promise.withResolvers<Outcome>()
  let isDraining = false
  const { drain } = start({ sqs, end }, (_body, { draining }) => {
    draining.addEventListener('abort', () => {
      isDraining = true
    })
    return gate.promise
  })
  await deliver([message(1, 'a'), message(2, 'a')])
  await new Promise((resolve) => setTimeout(resolve, 10))
  const drained = drain()
  await until('the second is back', () => hidden.length === 1)
  expect(hidden).toEqual([{ receipt: 'r2', seconds: 1 }])
  expect(isDraining).toBe(true)
  gate.resolve('done')
  await drained
  await drain()
  expect(deleted).toEqual([['r1']])
})

test('what takes longer than the limit is aborted and given back', async () => {
  const { sqs, end, deliver, hidden, deleted } = scripted()
  const deaf = Promise.withResolvers<Outcome>()
  const { drain } = start(
    { sqs, end },
    ({ n }, { signal }) =>
      n === 1 ? deaf.promise : new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    { drainLimitMs: 30 },
  )
  await deliver([message(1, 'a'), message(2, 'b')])
  await new Promise((resolve) => setTimeout(resolve, 10))
  await drain()
  expect(hidden).toEqual([{ receipt: 'r2', seconds: 1 }, { receipt: 'r1', seconds: 1 }])
  expect(deleted).toEqual([])
  deaf.resolve('retry')
})

test('while SQS is away the consumer waits, says so once, and goes on', async () => {
  const { sqs, end, deliver } = scripted()
  let failures = 2
  const flaky: typeof sqs = {
    ...sqs,
    receive: (queue, options) =>
      failures-- > 0 ? Promise.reject(new Error('away')) : sqs.receive(queue, options),
  }
  const seen: number[] = []
  const { drain, events } = start({ sqs: flaky, end }, ({ n }) => {
    seen.push(n)
    return Promise.resolve('done')
  })
  await deliver([message(1, 'a')])
  await until('it is handled', () => seen.length === 1)
  await drain()
  expect(events()).toEqual(['queue.down', 'queue.up'])
})
