/** External Fulfillment from the open order to the hand-over, against the sandbox. */
import { expect, test } from 'vitest'
import amazon from '../mod.ts'
import { batchOf, drain, killed, ledgerOf, newOrders, openShop } from './processing-host.ts'

const external = { ef_enabled: true, ef_location_ids: ['EXDL'] }
const whole = [
  ...['accept', 'confirm', 'package', 'packing-slip', 'invoice', 'label', 'check', 'manifest'],
  'close',
]

test('a batch goes through all steps, has one parcel an order and leaves', async () => {
  const shop = await openShop(external)
  const orders = await newOrders(shop, 4)
  const batch = await drain(shop, batchOf(orders))
  for (const { externalId } of orders) expect(batch.steps(externalId)).toEqual(whole)

  const labels = batch.done.filter(({ step, order }) => step === 'label' && order !== null)
  for (const { documents, shipment, order } of labels) {
    const text = shop.papers.get(documents?.[0]?.download.storageKey ?? '') ?? ''
    expect(text).toContain(order?.slice(3))
    expect(text).toContain(shipment?.awb)
    expect(shipment?.carrier).toBe('ATS')
  }
  for (const { documents, order } of batch.done.filter(({ step }) => step === 'invoice')) {
    expect(documents?.[0]?.type).toBe('CUSTOMER_INVOICE')
    const text = shop.papers.get(documents?.[0]?.download.storageKey ?? '') ?? ''
    expect([text.slice(0, 4), text.includes(order?.slice(3) ?? 'none')]).toEqual(['%PDF', true])
  }
  const manifest = batch.done.find(({ step, order }) => step === 'close' && order === null)
    ?.manifest
  expect(manifest?.state).toBe('CLOSED')
  expect(manifest?.shipmentExternalIds.toSorted())
    .toEqual(labels.map(({ shipment }) => shipment?.externalId).toSorted())

  await shop.pass(130)
  const { orders: stand, parcels } = await ledgerOf(shop)
  for (const { externalId } of orders) {
    expect(parcels[externalId]).toBe(1)
    expect(stand.find(({ id }) => id === externalId)?.state).toBe('SHIPPED')
  }
})

test('whichever answer is lost, and wherever the worker is killed, there is one parcel', async () => {
  const shop = await openShop(external)
  const orders = await newOrders(shop, 5)
  const writes = ['processShipment', 'createPackages', 'generateInvoice', 'generateShipLabels']
  for (const operation of [...writes, 'updatePackageStatus']) {
    await shop.world.control('timeoutAfterCommit', { operation, times: 2 })
  }
  let seen = 0
  const batch = await drain(shop, batchOf(orders), () => {
    if (++seen % 6 === 0) throw killed()
  })
  await shop.pass(130)
  const { parcels } = await ledgerOf(shop)
  for (const { externalId } of orders) {
    expect([batch.heldWith(externalId), parcels[externalId]]).toEqual([undefined, 1])
    expect(batch.steps(externalId)).toEqual(whole)
  }
})

test('what Amazon has cancelled, or keeps on hold, stays behind and the others go on', async () => {
  const shop = await openShop(external)
  const [held, gone, late, fine] = await newOrders(shop, 4)
  if (!held || !gone || !late || !fine) throw new Error('there are four orders')
  await shop.world.control('hold', { orderId: held.externalId })
  await shop.world.control('cancelAs', { orderId: gone.externalId, by: 'buyer' })
  await shop.pass(130)
  const orders = [held, gone, late, fine]
  const batch = await drain(shop, batchOf(orders), async ({ step, order, outcome }) => {
    const isLabelled = step === 'label' && order === late.id && outcome === 'done'
    if (isLabelled) {
      await shop.world.control('cancelAs', { orderId: late.externalId, by: 'buyer' })
    }
  })
  expect(orders.map(({ externalId }) => batch.heldWith(externalId)))
    .toEqual(['on-hold', 'cancelled', 'cancelled', undefined])
  expect(batch.steps(fine.externalId)).toEqual(whole)
})

test('less than the whole order is held, and nothing of it is written', async () => {
  const shop = await openShop(external)
  const [order] = await newOrders(shop, 1)
  if (!order) throw new Error('there is an order')
  const lines = order.lines.map((line) => ({ ...line, confirmedQuantity: 0 }))
  const batch = await drain(shop, batchOf([{ ...order, lines }]))
  expect(batch.heldWith(order.externalId)).toBe('partial-not-possible')
  expect((await ledgerOf(shop)).parcels[order.externalId]).toBe(0)
})

test('a manifest that stays open is closed by a batch that has no orders', async () => {
  const shop = await openShop(external)
  const orders = await newOrders(shop, 2)
  const first = await drain(shop, batchOf(orders, { closure: 'MANUAL' }))
  const open = first.done.find(({ step, order }) => step === 'manifest' && order === null)?.manifest
  expect(open?.state).toBe('OPEN')
  const id = open?.externalId ?? ''
  const [one = '', other = ''] = open?.shipmentExternalIds ?? []
  const change = { externalId: id, add: [], remove: [other] }
  const changed = await drain(
    shop,
    batchOf([], { manifestChanges: change, manifestShipments: { [id]: [one, other] } }),
  )
  expect(changed.done[0]?.manifest?.shipmentExternalIds).toEqual([one])
  const closing = batchOf([], { closeManifests: [id], manifestShipments: { [id]: [one, other] } })
  await shop.world.control('cancelAs', { orderId: other.split('/')[0], by: 'buyer' })
  await shop.pass(130)
  const closed = await drain(shop, closing)
  expect(closed.done.at(-1)?.manifest).toMatchObject({
    state: 'CLOSED',
    shipmentExternalIds: [one],
  })
  await shop.pass(130)
  const { orders: stand } = await ledgerOf(shop)
  const states = [one, other].map((shipment) =>
    stand.find((order) => order.id === shipment.split('/')[0])?.state
  )
  expect(states).toEqual(['SHIPPED', 'CANCELLED'])
})

test('a label is printed again, and no other paper', async () => {
  const shop = await openShop(external)
  const orders = await newOrders(shop, 1)
  const batch = await drain(shop, batchOf(orders, { closure: 'MANUAL' }))
  const shipment = batch.done.find(({ step }) => step === 'label')?.shipment
  const ask = { type: 'LABEL', shipmentExternalId: shipment?.externalId ?? '' } as const
  const download = await amazon.adapter.fetchDocument?.(shop.account, ask, shop.ctx)
  expect(shop.papers.get(download?.storageKey ?? '')).toContain(shipment?.awb)
  const wrong = { ...ask, type: 'CUSTOMER_INVOICE' } as const
  await expect(amazon.adapter.fetchDocument?.(shop.account, wrong, shop.ctx)).rejects
    .toMatchObject({ code: 'document-not-here' })
})
