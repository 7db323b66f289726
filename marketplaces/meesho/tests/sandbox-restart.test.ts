import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import startSandbox from '../sandbox.ts'
import { Keys, sign, startWorld, type World } from './sandbox-world.ts'

const truthOf = async (world: World) => JSON.stringify((await world.control('ledger')).accounts)

test('the same seed is the same world, another seed another one', async () => {
  const worlds = [await startWorld(), await startWorld(), await startWorld({ seed: 8 })]
  const truths: string[] = []
  for (const world of worlds) {
    const [no = ''] = await world.as(0).place()
    await world.wait(3 * 24 * 60)
    truths.push(await truthOf(world) + JSON.stringify(await world.as(0).find(no)))
  }
  expect(truths[1]).toBe(truths[0])
  expect(truths[2]).not.toBe(truths[0])
  expect(worlds[0]?.sandbox.accounts).toEqual(worlds[1]?.sandbox.accounts)
  const { accounts } = worlds[0]?.sandbox ?? { accounts: [] }
  expect(accounts.map(({ seller }) => seller)).toEqual([0, 1])
  const sum = accounts.reduce((all, { orders }) => all + orders, 0)
  expect(sum).toBeGreaterThan(150)
  expect(sum).toBeLessThan(450)
})

test('a restart goes on where it stopped: what was done is done, and time went by', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'meesho-sandbox-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const first = await startWorld({ dir })
  const gateway = first.as(0)
  const numbers = await gateway.place({ count: 3 })
  await gateway.ask('POST', '/v2/orders/accept', { sub_order_nos: numbers.slice(0, 2) })
  const job = await gateway.label(numbers)
  const { courier } = await gateway.find(numbers[0] ?? '')
  await gateway.ask('POST', '/v2/manifests', { courier, sub_order_nos: numbers })
  await first.control('cancelAs', { orderId: numbers[2], by: 'buyer' })
  await gateway.ask('PUT', '/v2/inventory', {
    location_external_identifier: 'LOC-1-MAIN',
    items: [{ sku: 'DUPATTA', size: 'Free Size', quantity: 1 }],
  })
  await first.wait(5)
  const truth = await truthOf(first)
  await first.sandbox.stop()
  // a kill in the middle of a line
  const [file = ''] = (await readdir(dir)).filter((name) => name.startsWith('acts'))
  await appendFile(join(dir, file), '{"at":17')

  const second = await startWorld({ dir })
  expect(await truthOf(second)).toBe(truth)
  expect((await second.fetchFile(job.url ?? '')).status).toBe(200)
  await second.wait(24 * 60)
  expect((await second.as(0).find(numbers[0] ?? '')).status).not.toBe('READY_TO_SHIP')
})

test('new sub-orders come while the clock runs by itself, so many a day as one says', async () => {
  const counts: number[] = []
  for (const rate of ['0', '24']) {
    const world = await startWorld({ env: { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: rate } })
    const seeded = (await world.ledger()).orders.length
    expect(world.sandbox.accounts[0]?.orders).toBe(seeded)
    await world.wait(4 * 24 * 60)
    const { orders } = await world.ledger()
    // exchanges come of what was delivered before
    counts.push(orders.filter(({ id }) => id.endsWith('_1')).length - seeded)
  }
  expect(counts[0]).toBeLessThanOrEqual(0)
  expect(counts[1]).toBeGreaterThan(75)
  expect(counts[1]).toBeLessThan(115)
  const env = { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: 'many' }
  await expect(startSandbox({ seed: 1, speed: 0, env })).rejects.toThrow('no number')
})

const Push = z.object({
  account: z.string(),
  method: z.literal('POST'),
  path: z.literal(''),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
})
const Event = z.object({
  event_id: z.string(),
  type: z.string(),
  occurred_at: z.string(),
  supplier_identifier: z.string(),
  data: z.object({ sub_order_no: z.string(), updated_at: z.string() }),
})

test('pushes are signed, told once, and some are lost, doubled or late', async () => {
  const world = await startWorld({ env: { ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY: '60' } })
  expect((await world.control('pushes')).pushes).toEqual([])
  const told: z.infer<typeof Event>[] = []
  let late = 0
  for (let n = 0; n < 48; n++) {
    await world.wait(30)
    const pushes = z.array(Push).parse((await world.control('pushes')).pushes)
    for (const { account, headers, body } of pushes) {
      const at = account === 'SUP100001' ? 0 : 1
      const { webhook_secret } = Keys.parse(world.sandbox.accounts[at]?.credentials)
      const timestamp = headers['x-timestamp'] ?? ''
      const path = '/webhooks/meesho'
      expect(Math.abs(Number(timestamp) - world.now() / 1000)).toBeLessThan(5)
      expect(headers['x-signature']).toBe(sign(webhook_secret, 'POST', path, timestamp, body))
      const event = Event.parse(JSON.parse(body))
      expect(event.supplier_identifier).toBe(account)
      if (Date.parse(event.occurred_at) < world.now() - 30 * 60_000) late += 1
      told.push(event)
    }
  }
  const ids = new Set(told.map(({ event_id: id }) => id))
  expect(ids.size).toBeGreaterThan(150)
  expect(told.length).toBeGreaterThan(ids.size)
  expect(late).toBeGreaterThan(0)
  const numbers = [...ids].filter((id) => id.startsWith('ev-1-')).map((id) => Number(id.slice(5)))
  // some were never told
  expect(Math.max(...numbers)).toBeGreaterThan(numbers.length)
  expect(new Set(told.map(({ type }) => type))).toEqual(
    new Set(['ORDER_CREATED', 'ORDER_UPDATED', 'RETURN_UPDATED']),
  )
})

test('every verb is there, and a wrong one is told', async () => {
  const world = await startWorld()
  const answer = await fetch(`${world.sandbox.url}/_control/`)
  const list = await answer.json() as { verbs: object; absent: object }
  expect(Object.keys(list.verbs)).toEqual([
    ...['advance', 'books', 'cancelAs', 'chaos', 'clock', 'closeSettlement', 'connect'],
    ...['createOrders', 'createReturn', 'delivered', 'download', 'duplicateNextPush', 'failNext'],
    'hold',
    ...['lag', 'ledger', 'pickUpComplete', 'prefer', 'pushes', 'reorderPushes', 'returnEvent'],
    ...['revokeToken', 'seedDay', 'setStock', 'shiftPages', 'shipped', 'throttle'],
    ...['timeoutAfterCommit', 'unhold', 'updateDispatchSlot', 'verify'],
  ])
  expect(list.absent).toEqual({})
  await expect(world.control('cancelAs', { orderId: 'none', by: 'seller' })).rejects.toThrow(
    'no sub-order',
  )
  await expect(world.control('createOrders', { supplier: 'SUP0' })).rejects.toThrow('SUP0')
  await expect(world.control('createOrders', { sku: 'NONE' })).rejects.toThrow('NONE')
  const [no = ''] = await world.as(0).place()
  await world.control('cancelAs', { orderId: no, by: 'seller' })
  for (const to of ['ACCEPTED', 'SHIPPED', 'end']) {
    await expect(world.control('advance', { orderId: no, to })).rejects.toThrow('CANCELLED')
  }
  const { orderIds } = await world.control('seedDay', { n: 20 })
  expect(orderIds).toHaveLength(20)
  const { suppliers } = await world.control('books')
  expect(suppliers).toMatchObject({ SUP100001: { preference: 'MANUAL' } })
})
