/** Messages that a marketplace puts into a queue of ours: for all accounts, in any order, at least once. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { queueUrlOf, takeNotification } from '../../../core/ledger/pushes/notifications.ts'
import { createLog } from '../../../core/log.ts'
import { startInbox } from '../../../core/queues/notifications.ts'
import { type Cloud, startCloud } from '../../../scripts/local/cloud.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { openShop, pushedOf, type PushingShop } from './shop.ts'

vi.setConfig({ testTimeout: 20_000 })

let cloud: Cloud
let client: SQSClient
let world: World
let url: string
let shop: PushingShop
let lines: string[]
const region = 'ap-south-1'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
beforeAll(async () => {
  cloud = await startCloud()
  client = new SQSClient({ region, endpoint: cloud.url, credentials, useQueueUrlAsEndpoint: false })
  const made = await client.send(new CreateQueueCommand({ QueueName: 'of-bazaar' }))
  url = made.QueueUrl ?? ''
  world = await openWorld({ config: { queueUrl: url } })
})
afterAll(async () => {
  await world?.close()
  client?.destroy()
  await cloud?.stop()
})
beforeEach(async () => {
  shop = await openShop(world)
  lines = []
})

const log = createLog((line) => void lines.push(line), () => new Date())
const send = (message: unknown) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: url,
      MessageBody: typeof message === 'string' ? message : JSON.stringify(message),
    }),
  )
const event = (id: string, of = 'SHOP-0001', about = 'orders') => ({
  payload: { event: id, shop: of, about },
})
const left = async (): Promise<number> => {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] })
  const { Attributes } = await client.send(asked)
  return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0)
}
/** Reads until nothing is left, and tells what came of each message. */
const readAll = async (
  fails: (body: string) => boolean = () => false,
): Promise<readonly string[]> => {
  const outcomes: string[] = []
  const stop = startInbox({
    ...{ url, region, credentials, endpoint: cloud.url, log },
    ...{ waitSeconds: 0, visibilitySeconds: 1 },
    handle: async (message) => {
      if (fails(message.body)) throw new Error('the database is away')
      const deps = { ...world.deps, log }
      outcomes.push(await takeNotification(deps, world.marketplace, message))
    },
  })
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 15_000, interval: 50 })
  await stop()
  return outcomes.toSorted()
}

it('the queue is the one that the plugin’s configuration names', async () => {
  expect(await queueUrlOf(world.deps, world.marketplace)).toBe(url)
  const configOf = () => ({ queueUrl: null })
  expect(await queueUrlOf({ ...world.deps, configOf }, world.marketplace)).toBeNull()
})

it('each event is one run of its account, however often it comes', async () => {
  for (const id of ['N-1', 'N-1', 'N-2']) await send(event(id))
  await send(event('N-3', 'SHOP-0001', 'returns'))
  expect(await readAll()).toEqual(['again', 'new', 'new', 'new'])
  expect(await pushedOf(world, shop)).toEqual({
    events: ['N-1 ORDERS', 'N-2 ORDERS', 'N-3 RETURNS'],
    runs: expect.arrayContaining(['ORDERS QUEUED', 'RETURNS QUEUED']),
  })
  expect((await pushedOf(world, shop)).runs).toHaveLength(2)
})

it('what nobody can read or nobody has goes, and nothing of it is logged', async () => {
  await send('no JSON at all')
  await send({ payload: 7 })
  await send('null')
  await send(event('N-1', 'SHOP-9999'))
  await send(event('N-4', ''))
  expect(await readAll()).toEqual(['nobody', 'nobody', 'nothing', 'nothing', 'nothing'])
  const told = lines.join('\n')
  expect(told).toContain('push.unreadable')
  for (const word of ['no JSON at all', 'SHOP-9999', 'N-4']) expect(told).not.toContain(word)
  expect((await pushedOf(world, shop)).events).toEqual([])
})

it('what cannot be stored now comes again', async () => {
  await send(event('N-7'))
  let failures = 0
  expect(await readAll(() => failures++ < 1)).toEqual(['new'])
  expect(failures).toBe(2)
  expect((await pushedOf(world, shop)).events).toEqual(['N-7 ORDERS'])
  expect(lines.join('\n')).toContain('notification.failed')
})

it('nothing begins for an account that is paused', async () => {
  await world.fresh.asSuperuser((admin) =>
    admin`update marketplace_accounts set paused_at = now(), pause_reason = 'x'
      where id = ${shop.accountId}`
  )
  await send(event('N-8'))
  // accounts of earlier tests have the same shop: they alone are meant
  expect(await readAll()).toEqual(['new'])
  expect(await pushedOf(world, shop)).toEqual({ events: [], runs: [] })
})
