import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import startSandbox from '../sandbox.ts'
import { booksOf, connect, seed, startWorld, type World } from './support.ts'

const orders = '/orders/2026-01-01/orders'

interface Answer {
  readonly status: number
  readonly headers: Headers
  // deno-lint-ignore no-explicit-any -- a test looks wherever it likes
  readonly body: any
}
const client = async (world: World, at = 0) => {
  const { credentials } = await connect(world, at)
  return async (query: Record<string, string>, path = orders): Promise<Answer> => {
    const headers = { 'x-amz-access-token': credentials.access_token ?? '' }
    const url = `${world.sandbox.url}${path}?${new URLSearchParams(query)}`
    const answer = await fetch(url, { headers })
    return { status: answer.status, headers: answer.headers, body: await answer.json() }
  }
}
const iso = (ms: number) => new Date(ms).toISOString()

test('every rule for parameters has its 400', async () => {
  const world = await startWorld()
  const ask = await client(world)
  const after = '2022-06-01T00:00:00Z'
  const wrong: Record<string, string>[] = [
    {},
    { createdAfter: after, lastUpdatedAfter: after },
    { createdAfter: after, lastUpdatedBefore: after },
    { lastUpdatedAfter: after, createdBefore: after },
    { lastUpdatedAfter: after, lastUpdatedBefore: '2022-05-31T00:00:00Z' },
    { lastUpdatedAfter: after, lastUpdatedBefore: iso(world.now() - 119_000) },
    { createdAfter: after, createdBefore: iso(world.now()) },
    { lastUpdatedAfter: 'yesterday' },
    { lastUpdatedAfter: after, maxResultsPerPage: '0' },
    { lastUpdatedAfter: after, maxResultsPerPage: '101' },
    { lastUpdatedAfter: after, maxResultsPerPage: 'all' },
    { lastUpdatedAfter: after, includedData: 'BUYER,EVERYTHING' },
    { lastUpdatedAfter: after, fulfillmentStatuses: 'Shipped' },
    { lastUpdatedAfter: after, fulfilledBy: 'ME' },
    { lastUpdatedAfter: after, paginationToken: 'invented' },
  ]
  for (const query of wrong) {
    const { status, body, headers } = await ask(query)
    expect([status, body.errors[0].code], JSON.stringify(query)).toEqual([400, 'InvalidInput'])
    expect(headers.get('x-amzn-RateLimit-Limit')).not.toBeNull()
  }
  const right = { lastUpdatedAfter: after, lastUpdatedBefore: iso(world.now() - 120_000) }
  expect((await ask(right)).status).toBe(200)
})

test('parts are absent unless they are asked for, and a pending order tells no price', async () => {
  const world = await startWorld()
  const ask = await client(world)
  const query = { lastUpdatedAfter: iso(world.now() - 3 * 86_400_000) }
  const bare = (await ask(query)).body.orders
  for (const order of bare) {
    for (const part of ['buyer', 'recipient', 'proceeds', 'fulfillment', 'packages', 'payment']) {
      expect(order[part]).toBeUndefined()
    }
  }
  const parts = 'BUYER,RECIPIENT,PROCEEDS,FULFILLMENT,PACKAGES,PAYMENT'
  await world.control('createOrders', { count: 3 })
  await world.control('clock', { bySeconds: 240 })
  const full = (await ask({ ...query, includedData: parts, maxResultsPerPage: '100' })).body
  const byStatus = Object.groupBy(
    full.orders as Answer['body'][],
    (order) => order.fulfillment.fulfillmentStatus === 'PENDING' ? 'pending' : 'placed',
  )
  for (const order of byStatus.placed ?? []) {
    expect([order.buyer, order.recipient, order.proceeds].includes(undefined)).toBe(false)
  }
  const pages = await ask({ ...query, fulfillmentStatuses: 'PENDING', includedData: parts })
  expect(pages.body.orders.length).toBeGreaterThanOrEqual(3)
  for (const order of pages.body.orders) {
    expect([order.buyer, order.recipient, order.proceeds]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(order.orderItems[0].product.price).toBeUndefined()
  }
})

test('a page token dies with its filters, its partner and its day', async () => {
  const world = await startWorld()
  const [ask, askAsOther] = [await client(world), await client(world, 1)]
  const query = {
    lastUpdatedAfter: '2022-06-01T00:00:00Z',
    lastUpdatedBefore: iso(world.now() - 200_000),
  }
  const paginationToken = (await ask(query)).body.pagination.nextToken
  const next = { ...query, paginationToken }
  expect((await ask({ ...next, maxResultsPerPage: '7', includedData: 'BUYER' })).status).toBe(200)
  expect((await ask({ ...next, fulfilledBy: 'AMAZON' })).status).toBe(400)
  expect((await ask({ ...next, lastUpdatedAfter: '2022-06-02T00:00:00Z' })).status).toBe(400)
  expect((await ask({ ...next, paginationToken: `${paginationToken}x` })).status).toBe(400)
  expect((await askAsOther(next)).status).toBe(400)
  await world.control('clock', { bySeconds: 86_401 })
  const later = await client(world)
  expect((await later(next)).status).toBe(400)
})

test('a partner sees only its own orders', async () => {
  const world = await startWorld()
  const [first, second] = [booksOf(0)[0], booksOf(1)[0]]
  const ask = await client(world, 1)
  expect((await ask({}, `${orders}/${second?.id}`)).body.order.orderId).toBe(second?.id)
  const foreign = await ask({}, `${orders}/${first?.id}`)
  const nowhere = await ask({}, `${orders}/171-0000000-0000000`)
  expect([foreign.status, foreign.body]).toEqual([nowhere.status, nowhere.body])
  expect(foreign.status).toBe(404)
})

test('a bucket belongs to one partner and one operation, and fills on the clock', async () => {
  const world = await startWorld({ limited: true })
  const [ask, askAsOther] = [await client(world), await client(world, 1)]
  const query = { lastUpdatedAfter: '2022-06-29T00:00:00Z' }
  for (let request = 0; request < 20; request++) {
    const { status, headers } = await ask(query)
    expect([status, headers.get('x-amzn-RateLimit-Limit')]).toEqual([200, '0.0056'])
  }
  const refused = await ask(query)
  expect([refused.status, refused.body.errors[0].code]).toEqual([429, 'QuotaExceeded'])
  expect(refused.headers.get('x-amzn-RateLimit-Limit')).toBeNull()
  expect(refused.headers.get('x-amzn-RequestId')).toMatch(/^[0-9a-f-]{36}$/)
  expect((await askAsOther(query)).status).toBe(200)
  expect((await ask({}, `${orders}/171-0000000-0000000`)).status).toBe(404)
  await world.control('clock', { bySeconds: 179 })
  expect((await ask(query)).status).toBe(200)
  expect((await ask(query)).status).toBe(429)
})

test('a change shows after two minutes, not before', async () => {
  const world = await startWorld()
  const ask = await client(world)
  const { orderIds } = await world.control('createOrders') as { orderIds: string[] }
  const path = `${orders}/${orderIds[0]}`
  await world.control('clock', { bySeconds: 119 })
  expect((await ask({}, path)).status).toBe(404)
  await world.control('clock', { bySeconds: 2 })
  expect((await ask({}, path)).status).toBe(200)
})

test('orders of more than two years ago are gone', async () => {
  const world = await startWorld()
  await world.control('clock', { bySeconds: 3 * 365 * 86_400 })
  const ask = await client(world)
  expect((await ask({ createdAfter: '2022-01-01T00:00:00Z' })).body.orders).toEqual([])
  expect((await ask({}, `${orders}/${booksOf(0)[0]?.id}`)).status).toBe(404)
})

test('a dead access token is forbidden, and there is no rate header on the refusal', async () => {
  const world = await startWorld()
  const ask = await client(world)
  await world.control('clock', { bySeconds: 3601 })
  const { status, headers, body } = await ask({ lastUpdatedAfter: '2022-06-01T00:00:00Z' })
  expect([status, body.errors[0].code]).toEqual([403, 'Unauthorized'])
  expect(headers.get('x-amzn-RateLimit-Limit')).toBeNull()
})

test('verbs turn the story of an order', async () => {
  const world = await startWorld()
  const ask = await client(world)
  const { orderIds: [id = ''] } = await world.control('createOrders') as { orderIds: string[] }
  await world.control('cancelAs', { orderId: id, by: 'buyer' })
  await world.control('clock', { bySeconds: 200 })
  const query = { includedData: 'FULFILLMENT,CANCELLATION' }
  const { order } = (await ask(query, `${orders}/${id}`)).body
  expect(order.fulfillment.fulfillmentStatus).toBe('CANCELLED')
  expect(order.orderItems[0].cancellation.cancellationExecution.cancelledBy).toBe('BUYER')
  await expect(world.control('cancelAs', { orderId: id, by: 'seller' })).rejects.toThrow(
    'CANCELLED',
  )
  await expect(world.control('cancelAs', { orderId: 'none', by: 'seller' })).rejects.toThrow(
    'no order',
  )
  await expect(world.control('explode')).rejects.toThrow('no verb')
})

test('the same seed gives the same orders, tokens outlive a restart, the clock never goes back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'amazon-sandbox-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const options = { seed, speed: 3600, dir, env: {} }
  const first = await startSandbox(options)
  const path = `${orders}/${booksOf(0)[5]?.id}?includedData=BUYER,RECIPIENT,PROCEEDS`
  const ask = async (url: string, token: string) => {
    const answer = await fetch(url + path, { headers: { 'x-amz-access-token': token } })
    return { status: answer.status, body: await answer.json() }
  }
  const { sandbox: other, ctx } = await startWorld()
  const { credentials } = await connect({ sandbox: other, ctx })
  const token = credentials.access_token ?? ''
  const before = await ask(first.url, token)
  const clock = first.clock
  await first.stop()
  const second = await startSandbox(options)
  onTestFinished(() => second.stop())
  expect(Date.parse(second.clock.upstream)).toBeGreaterThan(Date.parse(clock.upstream))
  expect(second.accounts).toEqual(first.accounts)
  // at this speed the token may have died between the two
  const after = await ask(second.url, token)
  if (after.status === 200) expect(after).toEqual(before)
  else expect(after.status).toBe(403)
})
