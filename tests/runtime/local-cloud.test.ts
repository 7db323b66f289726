/** The loopback cloud, asked by the real SQS client; S3 has a file of its own beside this one. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { type Cloud, startCloud } from '../../scripts/local/cloud.ts'

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const open = async (dir?: string) => {
  const cloud = await startCloud(dir === undefined ? {} : { dir })
  const sqs = new SQSClient({
    endpoint: cloud.url,
    region: 'ap-south-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  })
  const close = async (): Promise<void> => {
    sqs.destroy()
    await cloud.stop()
  }
  onTestFinished(close)
  return { cloud, sqs, close }
}

const makeQueue = async (
  sqs: SQSClient,
  QueueName: string,
  Attributes: Record<string, string> = {},
): Promise<string> => {
  const fifo: Record<string, string> = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
  const made = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { ...fifo, ...Attributes } }),
  )
  return made.QueueUrl ?? ''
}

const send = (sqs: SQSClient, QueueUrl: string, body: string, group?: string) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: body,
      ...(group ? { MessageGroupId: group, MessageDeduplicationId: `${group}-${body}` } : {}),
    }),
  )

const receive = async (sqs: SQSClient, QueueUrl: string, VisibilityTimeout = 30) => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  )
  return Messages.map((message) => ({
    body: message.Body,
    handle: message.ReceiptHandle ?? '',
    count: message.Attributes?.ApproximateReceiveCount,
  }))
}

const bodies = async (sqs: SQSClient, url: string, timeout?: number) =>
  (await receive(sqs, url, timeout)).map((message) => message.body).sort()

const arnOf = async (sqs: SQSClient, QueueUrl: string): Promise<string> => {
  const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] })
  return (await sqs.send(asked)).Attributes?.QueueArn ?? ''
}

test('a group is served in order and one at a time, and other groups do not wait', async () => {
  const { sqs } = await open()
  const url = await makeQueue(sqs, 'sync.fifo')
  for (const body of ['1', '2', '3']) await send(sqs, url, body, 'account-a')
  await send(sqs, url, 'b1', 'account-b')
  await send(sqs, url, '1', 'account-a') // the same deduplication id
  const seen: (string | undefined)[] = []
  const [first, second] = await receive(sqs, url)
  expect([first?.body, second?.body].sort()).toEqual(['1', 'b1'])
  expect(await bodies(sqs, url)).toEqual([])
  let held = first?.body === '1' ? first : second
  while (held) {
    seen.push(held.body)
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: held.handle }))
    held = (await receive(sqs, url))[0]
  }
  expect(seen).toEqual(['1', '2', '3'])
})

test.for(['persistent', 'in memory'])(
  'visibility 0 gives a message back at once, %s',
  async (kind) => {
    const dir = kind === 'persistent' ? join(makeFolder(), 'cloud') : undefined
    const { sqs, close } = await open(dir)
    const url = await makeQueue(sqs, 'sync.fifo')
    await send(sqs, url, '1', 'a')
    await send(sqs, url, '2', 'a')
    const giveBack = async () => {
      const [held] = await receive(sqs, url)
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: held?.handle,
          VisibilityTimeout: 0,
        }),
      )
      return held
    }
    expect(await giveBack()).toMatchObject({ body: '1', count: '1' })
    expect(await giveBack()).toMatchObject({ body: '1', count: '2' })
    if (dir === undefined) return
    await close()
    const again = await open(dir)
    expect(await receive(again.sqs, url)).toMatchObject([{ body: '1', count: '3' }])
  },
)

test('after the allowed receives a message goes to the dead letters, and a move brings it back', async () => {
  const { sqs } = await open()
  for (const end of ['', '.fifo']) {
    const group = end ? 'a' : undefined
    const dead = await makeQueue(sqs, `work-dlq${end}`)
    const deadLetterTargetArn = await arnOf(sqs, dead)
    const url = await makeQueue(sqs, `work${end}`, {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
    })
    await send(sqs, url, 'poison', group)
    await send(sqs, url, 'good', group && 'b')
    for (const _ of [1, 2]) expect(await bodies(sqs, url, 0)).toEqual(['good', 'poison'])
    expect(await bodies(sqs, url, 0)).toEqual([])
    const sources = new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead })
    expect((await sqs.send(sources)).queueUrls).toEqual([url])

    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }))
    expect(await bodies(sqs, dead)).toEqual([])
    const moved = await receive(sqs, url, 0)
    expect(moved.map((message) => message.count)).toEqual(['1', '1'])
  }
})

test('a move takes nothing out of the hands of a receiver, and needs dead letters', async () => {
  const { sqs } = await open()
  const dead = await makeQueue(sqs, 'dead.fifo')
  const SourceArn = await arnOf(sqs, dead)
  const move = new StartMessageMoveTaskCommand({ SourceArn })
  await expect(sqs.send(move)).rejects.toThrow('must be configured as a Dead Letter Queue')
  const policy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 })
  const url = await makeQueue(sqs, 'live.fifo', { RedrivePolicy: policy })
  for (const body of ['1', '2']) await send(sqs, dead, body, 'held')
  await send(sqs, dead, '3', 'free')
  expect(await bodies(sqs, dead)).toEqual(['1', '3'])
  await send(sqs, dead, '4', 'other')
  await sqs.send(move)
  expect(await bodies(sqs, url)).toEqual(['4'])
})

test('batches are sent, received and deleted', async () => {
  const { sqs } = await open()
  const QueueUrl = await makeQueue(sqs, 'returns-sync')
  const ids = ['0', '1', '2', '3', '4']
  const sent = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: ids.map((id) => ({ Id: id, MessageBody: `message ${id}` })),
    }),
  )
  expect(sent.Successful).toHaveLength(ids.length)
  const got = await receive(sqs, QueueUrl)
  expect(got.map((message) => message.body).sort()).toEqual(ids.map((id) => `message ${id}`))
  const Entries = got.map((message, at) => ({ Id: String(at), ReceiptHandle: message.handle }))
  const gone = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
  expect(gone.Successful).toHaveLength(ids.length)
})

test('a waiting receiver wakes when a message comes', async () => {
  const { sqs } = await open()
  const QueueUrl = await makeQueue(sqs, 'document-download')
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
  const startedAt = performance.now()
  await send(sqs, QueueUrl, 'now')
  expect((await waiting).Messages?.[0]?.Body).toBe('now')
  expect(performance.now() - startedAt).toBeLessThan(2000)
})

test('queues and messages outlive a restart, in closed files, in order', async () => {
  const dir = join(makeFolder(), 'cloud')
  const first = await open(dir)
  const url = await makeQueue(first.sqs, 'sync.fifo', { VisibilityTimeout: '77' })
  for (const body of ['1', '2', '3']) await send(first.sqs, url, body, 'a')
  const [held] = await receive(first.sqs, url)
  await first.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: held?.handle }))
  const modes = readdirSync(dir).map((name) => statSync(join(dir, name)).mode & 0o777)
  expect(modes.length).toBeGreaterThanOrEqual(2)
  expect(new Set(modes)).toEqual(new Set([0o600]))
  expect(statSync(dir).mode & 0o777).toBe(0o700)
  await first.close()

  const { sqs, cloud } = await open(dir)
  const found = await sqs.send(new GetQueueUrlCommand({ QueueName: 'sync.fifo' }))
  const QueueUrl = found.QueueUrl ?? ''
  expect([url, QueueUrl]).toEqual(
    [first.cloud, cloud].map((one) => `${one.url}/000000000000/sync.fifo`),
  )
  const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] })
  expect((await sqs.send(asked)).Attributes).toEqual({ VisibilityTimeout: '77' })
  expect(await bodies(sqs, QueueUrl)).toEqual(['2'])
})

/** A bare request, whose Host header can be anything. */
const status = (cloud: Cloud, options: { path?: string; host?: string; address?: string }) =>
  new Promise<number | string>((resolve) => {
    const { path = '/', host = '127.0.0.1', address = '127.0.0.1' } = options
    const asked = request({
      host: address,
      port: cloud.port,
      path,
      headers: { host },
      timeout: 500,
    })
    asked.once('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => resolve('no connection'))
    asked.end()
  })

test('only this machine is served, and only under its own name', async () => {
  const { cloud } = await open()
  expect(cloud.url).toBe(`http://127.0.0.1:${cloud.port}`)
  expect(await status(cloud, { path: '/health' })).toBe(200)
  expect(await status(cloud, { path: '/health', host: 'shop.example.com' })).toBe(403)
  expect(await status(cloud, { path: '/health', host: '127.0.0.1.example.com' })).toBe(403)
  const outside = Object.values(networkInterfaces()).flat().find((one) =>
    one?.family === 'IPv4' && !one.internal
  )
  if (!outside) return
  expect(await status(cloud, { address: outside.address })).toBe('no connection')
})

test('a port in use is told in one sentence', async () => {
  const { cloud } = await open()
  await expect(startCloud({ port: cloud.port })).rejects.toThrow(/another program uses the port/)
})
