/** The sandbox's world lives by its clock, and outlives a restart with all that was done to it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callVerb, type RunningSandbox } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'
import startSandbox from '../sandbox.ts'
import { batchOf, drain, newOrders, openShop } from './processing-host.ts'
import { connect, seed, startWorld } from './support.ts'

interface Book {
  readonly orders: readonly { readonly id: string; readonly state: string }[]
  readonly parcels: Readonly<Record<string, number>>
}
const second = 'A2DEMOSELLERIN'
const bookOf = async (sandbox: RunningSandbox): Promise<Book> => {
  const told = await callVerb(sandbox, 'ledger') as { accounts: Record<string, Book> }
  const book = told.accounts[second]
  if (!book) throw new Error('the sandbox has no second account')
  return book
}
const stateIn = ({ orders }: Book, id: string) => orders.find((one) => one.id === id)?.state

/** A request in the second account's name. */
const asker = async (sandbox: RunningSandbox) => {
  const demo = sandbox.accounts[1] as {
    details: Record<string, string>
    credentials: Record<string, string>
  }
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: demo.credentials.lwa_refresh_token ?? '',
    client_id: demo.details.lwa_client_id ?? '',
    client_secret: demo.credentials.lwa_client_secret ?? '',
  })
  const signedIn = await fetch(`${sandbox.url}/auth/o2/token`, { method: 'POST', body: form })
  const { access_token: token } = await signedIn.json()
  return async (method: string, path: string, body?: object) => {
    const headers = { 'x-amz-access-token': token }
    const init = body ? { method, headers, body: JSON.stringify(body) } : { method, headers }
    const answer = await fetch(sandbox.url + path, init)
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
}

test('writes and verbs are there after a restart, and what was to come comes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'amazon-world-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const options = { seed, speed: 0, dir, env: { ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY: '12' } }
  const first = await startSandbox(options)
  const ask = await asker(first)
  const { orderIds: [id = ''] } = await callVerb(first, 'createOrders', {
    ...{ partner: second, ready: true },
  }) as { orderIds: string[] }
  const order = { marketplaceId: 'A21TJRUUN4KGV', amazonOrderId: id }
  const { body: { timeSlots } } = await ask('POST', '/easyShip/2022-03-23/timeSlot', {
    ...order,
    packageDimensions: { length: 10, width: 10, height: 10, unit: 'cm' },
    packageWeight: { value: 200, unit: 'g' },
  })
  const made = await ask('POST', '/easyShip/2022-03-23/package', {
    ...order,
    packageDetails: { packageTimeSlot: { slotId: timeSlots[0].slotId } },
  })
  expect(made.status).toBe(200)
  await callVerb(first, 'clock', { bySeconds: 86_400 })
  const before = await bookOf(first)
  await first.stop()

  const again = await startSandbox(options)
  onTestFinished(() => again.stop())
  expect(await bookOf(again)).toEqual(before)
  const path = `/easyShip/2022-03-23/package?marketplaceId=A21TJRUUN4KGV&amazonOrderId=${id}`
  const found = await (await asker(again))('GET', path)
  expect(found.body.trackingDetails).toEqual(made.body.trackingDetails)
  expect(before.parcels[id]).toBe(1)
  await callVerb(again, 'clock', { bySeconds: 20 * 86_400 })
  const end = stateIn(await bookOf(again), id)
  expect(['DELIVERED', 'RTO_RECEIVED', 'CANCELLED', 'LOST']).toContain(end)
})

test('orders come through the day while the clock runs, and wait a week to be packed', async () => {
  const still = await startWorld()
  const { orders } = await bookOf(still.sandbox)
  const world = await startWorld({ env: { ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY: '10' } })
  await world.control('clock', { bySeconds: 3 * 86_400 })
  const later = await bookOf(world.sandbox)
  const fresh = later.orders.slice(orders.length)
  expect(fresh.length).toBeGreaterThan(20)
  expect(fresh.length).toBeLessThan(40)
  const waiting = later.orders.filter(({ state, id }) => state === 'NEW' && later.parcels[id] === 0)
  expect(waiting.length).toBeGreaterThan(5)
  await world.control('clock', { bySeconds: 9 * 86_400 })
  const end = await bookOf(world.sandbox)
  // what Amazon ships itself has left
  expect(new Set(waiting.map(({ id }) => stateIn(end, id))))
    .toEqual(new Set(['CANCELLED', 'SHIPPED']))
  await expect(startSandbox({ env: { ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY: 'many' } })).rejects
    .toThrow('ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY')
})

test('the time to ship by can be moved', async () => {
  const world = await startWorld()
  const ask = await asker(world.sandbox)
  const { orderIds: [orderId = ''] } = await world.control('createOrders', {
    ...{ partner: second, ready: true },
  }) as { orderIds: string[] }
  await world.control('update_dispatch_slot', { orderId, dispatchBy: '2022-07-09T18:29:59Z' })
  await world.control('clock', { bySeconds: 121 })
  const { body } = await ask('GET', `/orders/2026-01-01/orders/${orderId}?includedData=FULFILLMENT`)
  expect(body.order.fulfillment.shipByWindow.latestDateTime).toBe('2022-07-09T18:29:59Z')
})

test('External Fulfillment refuses what is out of turn', async () => {
  const shop = await openShop()
  const [order] = await newOrders(shop, 1)
  const ask = await asker(shop.world.sandbox)
  const { body } = await ask(
    'GET',
    `/orders/2026-01-01/orders/${order?.externalId}?includedData=FULFILLMENT_ORDERS`,
  )
  const id = body.order.fulfillmentOrders[0].fulfillmentOrderId
  const path = `/externalFulfillment/2024-09-11/shipments/${id}`
  const side = { value: '10.0', dimensionUnit: 'CM' }
  const packed = (grams: string, quantity: number) => ({
    packages: [{
      ...{ id: '001', dimensions: { length: side, width: side, height: side } },
      weight: { value: grams, weightUnit: 'G' },
      packageLineItems: (order?.lines ?? []).map((line, at) => ({
        packageLineItemId: String(at + 1),
        quantity: line.quantity + quantity,
      })),
    }],
  })
  const label = { packageIds: ['001'] }
  const asked = async (method: string, under: string, given?: object) =>
    (await ask(method, path + under, given)).status
  expect([
    await asked('POST', '/packages', packed('200.0', 0)),
    await asked('POST', '?operation=CONFIRM'),
    await asked('POST', '?operation=CONFIRM'),
    await asked('PUT', '/shipLabels?operation=GENERATE', label),
    await asked('POST', '/packages', packed('200.0', 1)),
    await asked('POST', '/packages', packed('4.0', 0)),
    await asked('POST', '/packages', packed('200.0', 0)),
    await asked('POST', '/packages', packed('200.0', 0)),
    await asked('PUT', '/shipLabels?operation=GENERATE', label),
    await asked('PATCH', '/packages/001', { status: 'SHIPPED' }),
    await asked('POST', '/invoice'),
    await asked('GET', '/invoice'),
    await asked('PUT', '/shipLabels?operation=REGENERATE', label),
    await asked('PATCH', '/packages/002', { status: 'SHIPPED' }),
    (await ask('GET', '/externalFulfillment/2024-09-11/shipments/1')).status,
  ]).toEqual([409, 204, 409, 404, 422, 422, 204, 409, 409, 409, 200, 200, 409, 404, 404])
})

test('a batch keeps to the true rates, and comes to its end', async () => {
  const shop = await openShop()
  const orders = await newOrders(shop, 8)
  // as many as Amazon gives: six feeds, then one in two minutes
  await shop.world.control('throttle', { operation: 'createFeed', ratePerSecond: 0.0083, burst: 6 })
  const account = await connect(shop.world, 1)
  shop.account = { ...account, details: { ...account.details, ef_enabled: false } }
  const batch = await drain(shop, batchOf(orders))
  expect(batch.done.filter(({ outcome }) => outcome === 'held')).toEqual([])
  expect(orders.map(({ externalId }) => batch.steps(externalId).at(-1)))
    .toEqual(orders.map(() => 'close'))
})
