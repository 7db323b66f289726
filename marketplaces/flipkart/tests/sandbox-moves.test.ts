import { moves } from 'robnu/testing'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Json, packed, startShop } from './sandbox-shop.ts'

test('it has every move by the names that Flipkart gave them', async () => {
  const shop = await startShop()
  const list = await (await fetch(`${shop.sandbox.url}/_control`)).json() as Json
  expect(Object.keys(list.verbs)).toEqual(expect.arrayContaining(Object.keys(moves)))
  const { orderId } = await packed(shop)
  await shop.control('advance', { orderId, to: 'READY_TO_DISPATCH' })
  for (const verb of ['pick_up_complete', 'shipped', 'delivered']) {
    await shop.control(verb, { orderId })
  }
  const [{ orderItems: [{ orderItemId, status, quantity }] }] = await shop.shipments(orderId)
  expect(status).toBe('DELIVERED')
  await expect(shop.control('shipped', { orderId })).rejects.toThrow('cannot become SHIPPED')
  const { returnIds } = await shop.control('create_returns', { orderItemId })
  expect(returnIds).toHaveLength(quantity)
  const returnsNow = async () =>
    (await shop.get(`/v2/returns?source=customer_return&returnIds=${returnIds.join(',')}`)).json
      .returnItems
  expect(await returnsNow()).toMatchObject(
    returnIds.map(() => ({ status: 'CREATED', trackingId: null, quantity: 1 })),
  )
  await shop.control('return_events', { orderItemId, eventType: 'tracking_id_update' })
  expect((await returnsNow())[0].trackingId).toMatch(/^MYSR/)
  await shop.control('return_events', { orderItemId, eventType: 'return_completed' })
  expect((await returnsNow())[0]).toMatchObject({ status: 'COMPLETED' })
})

test('a parcel that nobody took comes back, and its waybill is told later', async () => {
  const shop = await startShop()
  const lines = [{ sku: 'CAP-SPT-S', quantity: 2 }]
  const { orderIds: [orderId] } = await shop.place({ lines, fate: 'rto' })
  await shop.control('advance', { orderId, to: 'RTO' })
  const list = async () =>
    (await shop.get('/v2/returns?source=courier_return&modifiedAfter=2026-08-14T10:00:00%2B05:30'))
      .json.returnItems.filter((one: Json) => one.orderId === orderId)
  expect(await list()).toMatchObject([{ trackingId: null }, { trackingId: null }])
  expect((await shop.shipments(orderId))[0].orderItems[0]).toMatchObject({
    ...{ status: 'SHIPPED', courierReturn: true },
  })
  await shop.wait(21 * 3600)
  const [{ courierDetails }] =
    (await shop.get(`/v3/shipments/${(await list())[0].shipmentId}`)).json
      .shipments
  expect((await list())[0].trackingId).toBe(courierDetails.pickupDetails.trackingId)
  await shop.wait(9 * 86_400)
  expect(await list()).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }])
  const { accounts } = await shop.control('ledger', { account: shop.id })
  expect(accounts[shop.id].orders.find((one: Json) => one.id === orderId)).toMatchObject({
    ...{ state: 'RTO_RECEIVED', onHold: false },
  })
})

test('returns come in pages of twenty-five', async () => {
  const shop = await startShop()
  const { orderIds } = await shop.place({ count: 9, lines: [{ sku: 'CAP-SPT-S', quantity: 3 }] })
  for (const orderId of orderIds) {
    await shop.control('advance', { orderId, to: 'DELIVERED' })
    const [{ orderItems: [{ orderItemId }] }] = await shop.shipments(orderId)
    await shop.control('createReturn', { orderItemId })
  }
  const { json } = await shop.get(
    '/v2/returns?source=customer_return&createdAfter=2026-08-14T10:00:00%2B05:30',
  )
  expect(json.returnItems).toHaveLength(25)
  const next = (await shop.get(json.nextUrl)).json
  expect([next.returnItems.length, next.hasMore, next.nextUrl]).toEqual([2, false, null])
  expect((await shop.get('/v2/returns?source=both')).status).toBe(400)
  const ids = Array.from({ length: 26 }, (_, at) => `R${at}`).join(',')
  expect((await shop.get(`/v2/returns?source=customer_return&returnIds=${ids}`)).status).toBe(400)
})

test('notifications are signed, in order in their group, doubled, and blocked by a failure', async () => {
  const shop = await startShop()
  const url = 'https://api.robnu.example/webhooks/flipkart/1'
  const due = async (failed: readonly number[] = []) =>
    (await shop.control('pushes', { account: shop.id, url, failed })).pushes as Json[]
  const { shipmentIds } = await shop.place({ count: 40 })
  const [first] = await due()
  const seconds = Date.parse(first.headers.x_date) / 1000
  const signature = createHash('sha1')
    .update(`${seconds}${url}POST${shop.secret.app_secret}`).digest('hex')
  expect(first.headers.x_authorization).toBe(
    `FKLOGIN ${btoa(`${shop.secret.app_id}:${signature}`)}`,
  )
  expect(JSON.parse(first.body)).toMatchObject({
    ...{ eventType: 'shipment_created', source: 'flipkart', shipmentId: expect.any(String) },
  })
  // doubled ones come again, late ones come for the first time
  const later = await due()
  const { shipmentId } = JSON.parse(first.body)
  await shop.control('hold', { shipmentId })
  await shop.control('unhold', { shipmentId })
  await shop.wait(5)
  const ofGroup = (pushes: Json[]) =>
    pushes.map(({ id, body }) => ({ id, ...JSON.parse(body) }))
      .filter((one) => one.shipmentId === shipmentId)
  const blocked = ofGroup(await due([first.id]))
  expect(blocked.map(({ id }) => id)).toEqual([first.id])
  await shop.wait(3 * 3600)
  const rest = ofGroup(await due())
  expect(rest.map(({ eventType }) => eventType).filter((one) => one !== 'shipment_created'))
    .toEqual(['shipment_hold', 'shipment_unhold'])
  const all = new Set([first, ...later, ...await due()].map(({ id }) => id))
  expect(all.size).toBeGreaterThan(0)
  expect(shipmentIds).toContain(shipmentId)
  await shop.control('duplicateNextPush', { operation: 'pushes' })
  await shop.control('hold', { shipmentId })
  await shop.wait(5)
  const doubled = ofGroup(await due()).filter(({ eventType }) => eventType === 'shipment_hold')
  // late by chance, and then it comes alone
  expect([0, 2]).toContain(doubled.length)
})
