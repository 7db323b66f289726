/** Easy Ship and self-ship from the open order to the hand-over, against the sandbox. */
import { expect, test } from 'vitest'
import amazon from '../mod.ts'
import { batchOf, drain, killed, ledgerOf, newOrders, openShop } from './processing-host.ts'

const whole = ['accept', 'package', 'packing-slip', 'label', 'check', 'manifest', 'close']
const easyShip = { ef_enabled: false }

test('a batch books slots, fetches labels and invoices, and hands over', async () => {
  const shop = await openShop({ ...easyShip, package_weight_g: 750 })
  const orders = await newOrders(shop, 3)
  const batch = await drain(shop, batchOf(orders))
  for (const { externalId } of orders) expect(batch.steps(externalId)).toEqual(whole)

  const labels = batch.done.filter(({ step, order }) => step === 'label' && order !== null)
  for (const { documents, order } of labels) {
    expect(documents?.map(({ type }) => type)).toEqual(['LABEL', 'CUSTOMER_INVOICE'])
    const text = shop.papers.get(documents?.[0]?.download.storageKey ?? '') ?? ''
    expect(text).toContain(order?.slice(3))
    expect(text).toMatch(/^%PDF/)
  }
  const asked = shop.world.ctx.requests.filter(({ operation }) => operation === 'listHandoverSlots')
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
    packageDimensions: { length: 30, width: 25, height: 5, unit: 'cm' },
    packageWeight: { value: 750, unit: 'g' },
  })
  const { orders: stand, parcels } = await ledgerOf(shop)
  for (const { externalId } of orders) {
    expect(parcels[externalId]).toBe(1)
    expect(stand.find(({ id }) => id === externalId)?.state).toBe('READY_TO_SHIP')
  }
  const manifest = batch.done.find(({ step, order }) => step === 'close' && order === null)
    ?.manifest
  const parcelsOf = batch.done.filter(({ step }) => step === 'check').map(({ shipment }) =>
    shipment
  )
  expect(manifest?.shipmentExternalIds).toEqual(parcelsOf.map((row) => row?.externalId))
})

test('only papers that show the buyer are asked for with a restricted token, each with its own', async () => {
  const shop = await openShop(easyShip)
  const batch = await drain(shop, batchOf(await newOrders(shop, 2)))
  expect(batch.done.filter(({ outcome }) => outcome === 'held')).toEqual([])
  const restricted = shop.world.ctx.requests.filter(({ headers }) =>
    headers['x-amz-access-token']?.startsWith('Atz.sprdt|')
  )
  expect(restricted.map(({ operation }) => operation))
    .toEqual(['getReportDocument', 'getReportDocument'])
  const [first, second] = restricted
  // the token of one document opens no other
  const answer = await fetch(
    shop.world.sandbox.url + second?.url.pathname + second?.url.search,
    { headers: { 'x-amz-access-token': first?.headers['x-amz-access-token'] ?? '' } },
  )
  expect(answer.status).toBe(403)
})

test('whichever answer is lost, and wherever the worker is killed, there is one parcel', async () => {
  const shop = await openShop(easyShip)
  const orders = await newOrders(shop, 5)
  for (const operation of ['createScheduledPackage', 'createFeed', 'uploadDocument']) {
    await shop.world.control('timeoutAfterCommit', { operation, times: 2, after: 1 })
  }
  let seen = 0
  const batch = await drain(shop, batchOf(orders), () => {
    if (++seen % 7 === 0) throw killed()
  })
  const { parcels } = await ledgerOf(shop)
  for (const { externalId } of orders) {
    expect([batch.heldWith(externalId), parcels[externalId]]).toEqual([undefined, 1])
  }
})

test('a parcel that is there already is taken over, and an expired slot is replaced', async () => {
  const shop = await openShop(easyShip)
  const orders = await newOrders(shop, 2)
  await drain(shop, batchOf(orders.slice(0, 1), { closure: 'MANUAL' }))
  await shop.pass(130)
  const booked = () =>
    shop.world.ctx.requests.filter(({ operation }) => operation === 'createScheduledPackage').length
  expect(booked()).toBe(1)
  let late = false
  const again = batchOf(orders, { id: '0199c0de-0000-7000-8000-00000000cafe' })
  const batch = await drain(shop, again, async ({ step, outcome }) => {
    // the slots were asked for; until one is booked, more than half an hour goes by
    if (step !== 'package' || outcome !== 'started' || late) return
    late = true
    await shop.pass(1900)
  })
  expect(late).toBe(true)
  for (const { externalId } of orders) expect(batch.steps(externalId)).toEqual(whole)
  expect(booked()).toBe(3)
  const { parcels } = await ledgerOf(shop)
  expect(orders.map(({ externalId }) => parcels[externalId])).toEqual([1, 1])
})

test('orders that cannot be sent are held with the reason, and nothing is booked', async () => {
  const shop = await openShop({ ...easyShip, package_weight_g: 40_000 })
  const [held, gone, heavy] = await newOrders(shop, 3)
  const [own] = await newOrders(shop, 1, { selfShip: true })
  if (!held || !gone || !heavy || !own) throw new Error('there are four orders')
  await shop.world.control('hold', { orderId: held.externalId })
  await shop.world.control('cancelAs', { orderId: gone.externalId, by: 'buyer' })
  await shop.pass(130)
  const nobody = { ...heavy, id: 'id-171-0000000-0000000', externalId: '171-0000000-0000000' }
  const orders = [held, gone, heavy, own, nobody]
  const batch = await drain(shop, batchOf(orders))
  expect(orders.map(({ externalId }) => batch.heldWith(externalId)))
    .toEqual(['on-hold', 'cancelled', 'time-slot-not-available', 'awb-missing', 'not-found'])
  const { parcels } = await ledgerOf(shop)
  expect(orders.map(({ externalId }) => parcels[externalId] ?? 0)).toEqual([0, 0, 0, 0, 0])
})

test('a label that is void when the parcel is to be handed over keeps the order behind', async () => {
  const shop = await openShop(easyShip)
  const [order] = await newOrders(shop, 1)
  if (!order) throw new Error('there is an order')
  const batch = await drain(shop, batchOf([order]), async ({ step, outcome }) => {
    if (step !== 'label' || outcome !== 'done') return
    await shop.world.control('cancelLabel', { orderId: order.externalId })
  })
  expect(batch.heldWith(order.externalId)).toBe('label-cancelled')
  await shop.pass(130)
  const again = batchOf([order], { id: '0199c0de-0000-7000-8000-00000000cafe' })
  expect((await drain(shop, again)).steps(order.externalId)).toEqual(whole)
  expect((await ledgerOf(shop)).parcels[order.externalId]).toBe(1)
})

test('a seller who delivers himself tells Amazon when the parcel leaves, once', async () => {
  const own = { self_ship_carrier: 'Own riders', b2b_invoice_series: 'OWN' }
  const shop = await openShop({ ...easyShip, ...own })
  const orders = await newOrders(shop, 3, { selfShip: true })
  await shop.world.control('timeoutAfterCommit', { operation: 'confirmShipment', times: 2 })
  const batch = await drain(shop, batchOf(orders))
  await shop.pass(130)
  const { orders: stand, parcels } = await ledgerOf(shop)
  for (const { externalId, invoice } of orders) {
    expect(batch.steps(externalId)).toEqual([
      ...['accept', 'package', 'packing-slip', 'invoice', 'label', 'check', 'manifest', 'close'],
    ])
    const row = batch.done.find(({ shipment }) =>
      shipment?.externalId === `${externalId}/${invoice?.number}`
    )?.shipment
    expect([row?.awb, row?.carrier]).toEqual([invoice?.number, 'Own riders'])
    expect(parcels[externalId]).toBe(1)
    expect(stand.find(({ id }) => id === externalId)?.state).toBe('SHIPPED')
  }
  expect(amazon.adapter.fullProcessing).toBeDefined()
})
