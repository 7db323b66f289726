/**
 * What leaves the database says whose it is: messages, files, keys of KMS, counts of limits; and is
 * believed by nobody.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createSqs } from '../../core/queues/sqs.ts'
import { silentLog } from '../../core/log.ts'
import { newId } from '../../core/ids.ts'
import { freshDatabase } from '../support/database.ts'
import { type CloudCall } from './cloud-tap.ts'
import { readRowMarks } from './look.ts'
import { uuidsIn } from './marks.ts'
import type { Party } from './parties.ts'
import { openWholeApp, type WholeApp } from './whole-app.ts'

let app: WholeApp
let a: Party
let b: Party
beforeAll(async () => {
  app = await openWholeApp(await freshDatabase())
  const [first, second] = app.parties
  if (!first || !second) throw new Error('There are too few sellers')
  ;[a, b] = [first, second]
}, 60_000)
afterAll(() => app?.close())

const sellerIds = (): readonly string[] => app.parties.map(({ sellerId }) => sellerId)
const callsOf = (operation: string): readonly CloudCall[] =>
  app.cloudCalls.filter((call) => call.operation.endsWith(`.${operation}`))

const Sent = z.object({
  QueueUrl: z.string(),
  Entries: z.array(z.object({ MessageBody: z.string(), MessageGroupId: z.string() })),
})
const Body = z.object({ sellerId: z.string(), accountId: z.string(), workItemId: z.string() })

const bucket = '/robnu-prod-files/'
/** `PUT object`, for calls of S3, which name no operation. */
const fileCall = ({ line }: CloudCall): string => {
  const [method, path = ''] = line.split(' ')
  if (path === bucket) return `${method} bucket`
  return isFile({ line }) ? `${method} object` : line
}
const isFile = ({ line }: Pick<CloudCall, 'line'>): boolean =>
  line.split(' ')[1]?.startsWith(`${bucket}documents/`) === true
const fileCalls = (): readonly CloudCall[] => app.cloudCalls.filter(isFile)

test('every call to the cloud is one that is looked at here', () => {
  const operations = new Set(app.cloudCalls.map((call) => call.operation || fileCall(call)))
  const known = [
    ...['AmazonSQS.GetQueueUrl', 'AmazonSQS.CreateQueue', 'AmazonSQS.GetQueueAttributes'],
    ...['AmazonSQS.SetQueueAttributes', 'AmazonSQS.ListQueues'],
    ...['AmazonSQS.SendMessageBatch', 'AmazonSQS.ReceiveMessage', 'AmazonSQS.DeleteMessageBatch'],
    ...['AmazonSQS.ChangeMessageVisibility', 'AmazonSQS.ChangeMessageVisibilityBatch'],
    ...['TrentService.GenerateDataKey', 'TrentService.Decrypt', 'TrentService.DescribeKey'],
    ...['TrentService.CreateKey', 'TrentService.CreateAlias', 'TrentService.ListAliases'],
    'TrentService.EnableKeyRotation',
    ...['HEAD bucket', 'PUT bucket', 'PUT object', 'HEAD object', 'GET object'],
  ]
  expect([...operations].filter((operation) => !known.includes(operation))).toEqual([])
  expect(callsOf('SendMessageBatch').length).toBeGreaterThan(3)
  // one for each seller: its root
  expect(callsOf('GenerateDataKey').length).toBeGreaterThanOrEqual(app.parties.length)
})

test('every message names its seller, whose account and item it is about', async () => {
  let messages = 0
  for (const { body } of callsOf('SendMessageBatch')) {
    const { QueueUrl, Entries } = Sent.parse(JSON.parse(body))
    expect(QueueUrl).toMatch(
      /robnu-(?:account-sync\.fifo|inventory-deduct\.fifo|[a-z]+-(?:sync|download))$/,
    )
    for (const { MessageBody, MessageGroupId } of Entries) {
      const { sellerId, accountId, workItemId } = Body.parse(JSON.parse(MessageBody))
      expect(sellerIds()).toContain(sellerId)
      const [row] = await app.sql`
        select from work_items
        where seller_id = ${sellerId} and marketplace_account_id = ${accountId}
          and id = ${workItemId}`
      expect(row, MessageBody).toBeDefined()
      expect(MessageGroupId).toContain(accountId)
      messages++
    }
  }
  expect(messages).toBeGreaterThanOrEqual(2 * sellerIds().length)
})

test('every file lies where its seller is named, and is sealed by the key of the seller', async () => {
  const seen = new Map<string, number>()
  for (const { line, sealedBy } of fileCalls()) {
    const [method, address = ''] = line.split(' ')
    const storageKey = new URL(address, app.url).pathname.slice(bucket.length)
    const [, sellerId = '', accountId = '', room, ofWhat = ''] = storageKey.split('/')
    const [row] = await app.sql`
      select from storage_objects o
      join marketplace_accounts a on a.seller_id = o.seller_id and a.id = ${accountId}
      where o.seller_id = ${sellerId} and o.storage_key = ${storageKey}`
    expect(row, line).toBeDefined()
    expect(['orders', 'manifests', 'imports'], line).toContain(room)
    if (room === 'orders' || room === 'manifests') {
      const [owner] = await app.sql`
        select from ${app.sql(room)} where seller_id = ${sellerId} and id = ${ofWhat}
          and marketplace_account_id = ${accountId}`
      expect(owner, line).toBeDefined()
    }
    if (method !== 'PUT') continue
    expect(sealedBy, line).toBe(`alias/robnu/seller-${sellerId}`)
    seen.set(sellerId, (seen.get(sellerId) ?? 0) + 1)
  }
  expect([...seen.keys()].toSorted()).toEqual(sellerIds().toSorted())
  for (const files of seen.values()) expect(files).toBeGreaterThan(10)
})

test('every key of a seller is made and opened under the name of the seller', () => {
  const seen = new Set<string>()
  for (const { body } of [...callsOf('GenerateDataKey'), ...callsOf('Decrypt')]) {
    const { EncryptionContext } = JSON.parse(body)
    expect(sellerIds()).toContain(EncryptionContext.seller)
    seen.add(EncryptionContext.seller)
  }
  expect(seen).toEqual(new Set(sellerIds()))
})

test('every count of a limit names whom it counts', async () => {
  const rows = await app.sql<{ key: string }[]>`select key from limit_windows`
  const keys = rows.map(({ key }) => key)
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) {
    expect(key).toMatch(/^(?:burst|write):(?:seller|staff):|^address:|^reveal:/)
  }
  for (const sellerId of sellerIds()) expect(keys).toContain(`burst:seller:${sellerId}`)
  // an address is nobody's alone, and the others are ids of rows that say whose they are
  for (const key of keys.filter((one) => !one.startsWith('address:'))) {
    expect(uuidsIn(key).length, key).toBeGreaterThan(0)
  }
})

test('a message that names another seller than its item opens nothing, and is told to the log', async () => {
  const sqs = createSqs({
    ...{ region: 'ap-south-1', endpoint: app.cloudUrl, prefix: 'robnu-', log: silentLog },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  await sqs.ensureQueues([{ name: 'account-sync', kind: 'fifo' }])
  const [item] = await app.sql<{ id: string; account: string }[]>`
    select id, marketplace_account_id as account from work_items
    where seller_id = ${a.sellerId} limit 1`
  const before = [await readRowMarks(app.sql, a.sellerId), await readRowMarks(app.sql, b.sellerId)]
  const lines = (event: string) =>
    app.logged.filter((line) => line.includes(`"${event}"`) && line.includes(item?.id ?? ''))
  const body = { sellerId: b.sellerId, accountId: item?.account, workItemId: item?.id }
  const message = { id: newId(), group: newId(), body: JSON.stringify(body) }
  await sqs.sendBatch('account-sync', [message])
  for (let left = 400; left > 0 && lines('work.not-ours').length === 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  expect(lines('work.not-ours')).toHaveLength(1)
  expect(lines('work.not-ours')[0]).toContain(b.sellerId)
  sqs.close()
  const after = [await readRowMarks(app.sql, a.sellerId), await readRowMarks(app.sql, b.sellerId)]
  expect(after).toEqual(before)
})
