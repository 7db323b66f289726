/** Orders that cannot be processed: each is held with its reason, and the others go on. */
import { expect, test } from 'vitest'
import { batchOf, process } from './host.ts'
import { asBefore, bookedOf, rowsOf, seeded } from './orders.ts'
import { startWorld } from './world.ts'

test('the bad order is held with its reason, and the batch goes on', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 6 })
  const [held, late, cancelled, partly] = rows.map(({ externalId }) => externalId)
  const spoiled = [
    ...await seeded(world, { spoiled: 'gstin' }),
    ...await seeded(world, { spoiled: 'pin' }),
  ]
  await world.control('hold', { orderId: held })
  await world.control('poReady', { orderId: late, ready: false })
  await world.control('cancelAs', { orderId: cancelled, by: 'buyer' })
  const all = [...rows, ...spoiled]
  const { orders } = batchOf(all)
  const wrong = orders.map((order) =>
    order.externalId === partly
      ? {
        ...order,
        lines: order.lines.map((line) => ({ ...line, confirmedQuantity: line.quantity + 1 })),
      }
      : order
  )
  const batch = await process(world, { ...batchOf(all), orders: wrong })
  expect(all.map(({ externalId }) => batch.heldWith(externalId))).toEqual([
    'on-hold',
    'po-not-ready',
    'cancelled',
    'quantity-above-order',
    undefined,
    undefined,
    'gstin-invalid',
    'pincode-mismatch',
  ])
  for (const one of batch.done) if (one.outcome === 'held') expect(one.message).toMatch(/^Cannot /)
  // before anything is sent
  for (const id of [held, cancelled]) expect(batch.outcomeOf(id ?? '', 'accept')).toBe('held')
  const booked = await bookedOf(world, all)
  expect(booked.map((one) => one?.packages)).toEqual([0, 0, 0, 0, 1, 1, 0, 0])
  const cancelledStep = batch.done.find(({ code }) => code === 'cancelled')
  expect(cancelledStep?.status).toBe('CANCELLED')

  // released, it goes the same way in another batch
  await world.control('unhold', { orderId: held })
  const again = await process(world, { ...batchOf(rows.slice(0, 1)), id: 'batch-2' })
  expect(again.outcomeOf(held ?? '', 'close')).toBe('done')
})

test('an order that AJIO refuses between the check and the list is held, the others go once more', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 5 })
  const [held, cancelled] = rows.map(({ externalId }) => externalId)
  const since = await asBefore(world)
  const batch = await process(world, batchOf(rows), async ({ step, order, outcome }) => {
    if (step !== 'upload' || order !== null || outcome !== 'started') return
    await world.control('hold', { orderId: held })
    await world.control('cancelAs', { orderId: cancelled, by: 'buyer' })
  })
  expect(rows.map(({ externalId }) => batch.heldWith(externalId)))
    .toEqual(['on-hold', 'cancelled', undefined, undefined, undefined])
  const books = await world.books()
  expect(since('acknowledge', books)).toBe(1)
  expect(since('createShipment', books)).toBe(3)
})

test('a line that was cancelled is not confirmed, and does not make the order a cancelled one', async () => {
  const world = await startWorld()
  const skus = Object.keys((await world.books()).stock).slice(0, 2)
  const wish = { count: 2, lines: skus.map((sku) => ({ sku, quantity: 1 })) }
  const rows = await seeded(world, wish)
  const [before, meanwhile] = await bookedOf(world, rows)
  const callOff = (order: typeof before) =>
    world.control('cancelAs', {
      orderId: order?.no,
      by: 'buyer',
      lines: [{ sellerOrderNo: order?.lines[0]?.sellerOrderNo, quantity: 1 }],
    })
  await callOff(before)
  const ids = rows.map(({ externalId }) => externalId)
  const { orders } = batchOf(await rowsOf(world, ids))
  const batch = await process(
    world,
    { ...batchOf([]), orders },
    async ({ step, order, outcome }) => {
      const isUpload = step === 'upload' && order === null && outcome === 'started'
      if (isUpload) await callOff(meanwhile)
    },
  )
  expect(ids.map((id) => batch.heldWith(id))).toEqual([undefined, 'quantity-above-order'])
  const booked = await bookedOf(world, rows)
  expect(booked.map((one) => one?.packages)).toEqual([1, 0])
})

test('a buyer who calls off after packing, and one after the manifest was filled, stay behind', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 4 })
  const [packed, inManifest] = rows.map(({ externalId }) => externalId)
  let filled = false
  const batch = await process(world, batchOf(rows), async ({ step, order, outcome }) => {
    if (step === 'label' && order === `id-${packed}` && outcome === 'done') {
      await world.control('cancelAs', { orderId: packed, by: 'buyer' })
    }
    if (step === 'close' && outcome === 'started' && !filled) {
      filled = true
      await world.control('cancelAs', { orderId: inManifest, by: 'buyer' })
    }
  })
  expect(rows.map(({ externalId }) => batch.heldWith(externalId)))
    .toEqual(['cancelled', 'taken-out', undefined, undefined])
  expect(batch.outcomeOf(packed ?? '', 'check')).toBe('held')
  const { manifests } = await world.books()
  expect(manifests.find(({ reference }) => reference === 'batch-1')?.shipments).toHaveLength(2)
})

test('a package that is called off while it is put into a manifest does not hold up the others', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const [gone] = rows.map(({ externalId }) => externalId)
  const batch = await process(world, batchOf(rows), async ({ step, order, outcome }) => {
    if (step === 'manifest' && order === null && outcome === 'started') {
      await world.control('cancelAs', { orderId: gone, by: 'buyer' }).catch(() => {})
    }
  })
  expect(batch.heldWith(gone ?? '')).toBe('cancelled')
  for (const { externalId } of rows.slice(1)) {
    expect(batch.outcomeOf(externalId, 'close')).toBe('done')
  }
})

test('what the stock does not allow is not confirmed; nothing at all is held', async () => {
  const world = await startWorld()
  const [sku] = Object.keys((await world.books()).stock)
  const rows = await seeded(world, { count: 2, lines: [{ sku, quantity: 3 }] })
  const half = batchOf(rows.slice(0, 1), { confirm: () => 2 })
  const none = batchOf(rows.slice(1), { confirm: () => 0 })
  const batch = await process(world, { ...half, orders: [...half.orders, ...none.orders] })
  expect(rows.map(({ externalId }) => batch.heldWith(externalId))).toEqual([undefined, 'no-stock'])
  const [booked, untouched] = await bookedOf(world, rows)
  expect(booked?.lines[0]).toMatchObject({ orderQty: 3, confirmedQty: 2, cancelledQty: 1 })
  expect(untouched).toMatchObject({ status: 'New', packages: 0 })
})

test('an invoice number of another order, or none, holds the order alone', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const { orders } = batchOf(rows)
  const [first, second, third] = orders
  if (!first || !second || !third) throw new Error('three orders were asked for')
  const { invoice: _, ...withoutInvoice } = third
  const same = first.invoice ? { ...second, invoice: first.invoice } : second
  const batch = await process(world, { ...batchOf([]), orders: [first, same, withoutInvoice] })
  expect(rows.map(({ externalId }) => batch.heldWith(externalId)))
    .toEqual([undefined, 'invoice-used', 'invoice-missing'])
})
