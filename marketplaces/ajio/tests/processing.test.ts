import type { OrderRow, StepResult } from 'robnu/plugin'
import { expect, test } from 'vitest'
import ajio from '../mod.ts'
import { steps } from '../processing/desk.ts'
import { batchOf, emptyShelf, killed, process, run, startWorld, type World } from './world.ts'

const seeded = async (world: World, body: object): Promise<readonly OrderRow[]> => {
  const { orderIds } = await world.control('createOrders', {
    onHold: false,
    ...body,
  }) as {
    orderIds: string[]
  }
  return await rowsOf(world, orderIds)
}
const rowsOf = async (world: World, ids: readonly string[]): Promise<readonly OrderRow[]> => {
  const shelf = emptyShelf<OrderRow>()
  await run(world, ajio.adapter.syncOrders, shelf)
  return ids.map((id) => shelf.rows.get(id)).filter((row) => row !== undefined)
}
const bookedOf = async (world: World, rows: readonly OrderRow[]) => {
  const { orders } = await world.books()
  return rows.map(({ externalId }) => orders.find(({ no }) => no === externalId))
}
const asBefore = async (world: World) => {
  const { done } = await world.books()
  return (operation: string, now: { readonly done: Readonly<Record<string, number>> }) =>
    (now.done[operation] ?? 0) - (done[operation] ?? 0)
}

test('each order passes eleven stages in their order, and each write is begun before it is made', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const passed = new Map<string, string[]>()
  const begun = new Set<string>()
  let writes = 0
  const batch = await process(world, batchOf(rows), ({ step, order, outcome }) => {
    const written = world.ctx.requests.filter(({ method }) => method !== 'GET').length
    if (written > writes) expect([...begun], step).toContain(step)
    writes = written
    if (outcome === 'started') begun.add(step)
    if (outcome === 'done' && order !== null) {
      passed.set(order, [...passed.get(order) ?? [], step])
    }
  })
  for (const { externalId } of rows) expect(passed.get(`id-${externalId}`)).toEqual([...steps])
  expect([...begun]).toEqual(
    expect.arrayContaining(['upload', 'shipment', 'manifest', 'close']),
  )
  const rendered = batch.done.flatMap((step) => step.render ?? [])
  expect(rendered.filter((type) => type === 'PACKING_SLIP')).toHaveLength(3)
  expect(rendered.filter((type) => type === 'VENDOR_INVOICE')).toHaveLength(3)
})

const writes = [
  'acknowledge',
  'createShipment',
  'createManifest',
  'manifestShipments',
  'closeManifest',
] as const

test('an answer that is lost at any write leaves one package, one manifest and nothing twice', async () => {
  for (const operation of [...writes, 'all'] as const) {
    const world = await startWorld()
    const rows = await seeded(world, { count: 4 })
    const since = await asBefore(world)
    for (const one of operation === 'all' ? writes : [operation]) {
      await world.control('failNext', { operation: one, kind: 'timeout-after-commit', times: 2 })
    }
    const batch = await process(world, batchOf(rows))
    for (const { externalId } of rows) expect(batch.outcomeOf(externalId, 'close')).toBe('done')
    const books = await world.books()
    expect(writes.map((one) => since(one, books)), operation).toEqual([1, 4, 1, 1, 1])
    // what was in doubt was read, not written again; only a close is simply sent again
    const sent = writes.slice(0, 4).map((one) => books.asked[one])
    expect(sent, operation).toEqual([1, 4, 1, 1])
    for (const booked of await bookedOf(world, rows)) {
      expect([booked?.packages, booked?.shipment?.status]).toEqual([1, 'Manifested'])
    }
  }
})

test('a worker that is killed before and after each step ends where another one would', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const since = await asBefore(world)
  const lost = new Set<string>()
  // each result is lost once, with its write done, and stored when it is told again
  const batch = await process(world, batchOf(rows), ({ step, order, outcome }) => {
    const key = `${step} ${order} ${outcome}`
    if (lost.has(key)) return
    lost.add(key)
    throw killed()
  })
  expect(lost.size).toBeGreaterThan(3 * 11)
  for (const { externalId } of rows) expect(batch.outcomeOf(externalId, 'close')).toBe('done')
  const books = await world.books()
  expect(writes.map((one) => since(one, books))).toEqual([1, 3, 1, 1, 1])
})

test('refusals for a moment and answers cut in half change nothing', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 2 })
  const since = await asBefore(world)
  for (const operation of [...writes, 'order', 'b2bInfo', 'document', 'manifests']) {
    for (const kind of ['500', '503', '429']) {
      await world.control('failNext', { operation, kind, times: 1 })
    }
  }
  const batch = await process(world, batchOf(rows))
  for (const { externalId } of rows) expect(batch.outcomeOf(externalId, 'close')).toBe('done')
  const books = await world.books()
  expect(writes.map((one) => since(one, books))).toEqual([1, 2, 1, 1, 1])
})

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

test('an order that was acknowledged or packed before is taken up where it stands', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const [acknowledged, packed, shipped] = rows.map(({ externalId }) => externalId)
  await world.control('advance', { orderId: acknowledged, to: 'Acknowledged' })
  await world.control('advance', { orderId: packed, to: 'PO created' })
  await world.control('advance', { orderId: shipped, to: 'Shipped' })
  const since = await asBefore(world)
  const batch = await process(world, batchOf(rows))
  expect(rows.map(({ externalId }) => batch.heldWith(externalId)))
    .toEqual([undefined, undefined, 'already-shipped'])
  const books = await world.books()
  expect([since('acknowledge', books), since('createShipment', books)]).toEqual([0, 1])
})

test('what somebody does at the portal in the middle of a batch is taken as done', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const [acknowledged, packed] = rows.map(({ externalId }) => externalId)
  const batch = await process(world, batchOf(rows), async ({ step, order, outcome }) => {
    if (outcome !== 'started') return
    if (step === 'upload') {
      await world.control('advance', { orderId: acknowledged, to: 'Acknowledged' })
    }
    if (step === 'shipment' && order === `id-${packed}`) {
      await world.control('advance', { orderId: packed, to: 'PO created' })
    }
  })
  for (const { externalId } of rows) expect(batch.outcomeOf(externalId, 'close')).toBe('done')
  expect((await bookedOf(world, rows)).map((one) => one?.packages)).toEqual([1, 1, 1])
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

test('documents are waited for, and an order whose document never comes is held', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 2 })
  const [never] = rows.map(({ externalId }) => externalId)
  let waits = 0
  const { download } = world.ctx
  const shipmentOf = async () => (await bookedOf(world, rows))[0]?.shipment?.id
  const stubborn: World = {
    ...world,
    ctx: {
      ...world.ctx,
      download: async (url, init) => {
        const isNever = url.endsWith(`/${await shipmentOf()}/label`)
        if (!isNever) return await download(url, init)
        waits += 1
        const told = init?.explain?.(404, { code: 'NOT_READY' })
        throw Object.assign(new Error('no'), { [Symbol.for('robnu.failure')]: true, ...told })
      },
    },
  }
  const batch = await process(stubborn, batchOf(rows))
  expect(batch.heldWith(never ?? '')).toBe('label-not-made')
  expect(waits).toBeGreaterThan(60) // five minutes each, for six hours
  expect(batch.outcomeOf(rows[1]?.externalId ?? '', 'close')).toBe('done')
})

test('a manifest takes 250 packages, what has room is filled first, and the rest gets another', async () => {
  const world = await startWorld()
  const { orderIds } = await world.control('seedDay', { n: 260 }) as {
    orderIds: string[]
  }
  const rows = await rowsOf(world, orderIds)
  const first = await process(world, batchOf(rows.slice(0, 4), { closure: 'DELAYED' }))
  const open = (await world.books()).manifests.find(({ reference }) => reference === 'batch-1')
  expect([open?.status, open?.shipments.length]).toEqual(['OPEN', 4])
  expect(first.outcomeOf(orderIds[0] ?? '', 'close')).toBeUndefined()

  const many = batchOf(rows.slice(4)).orders.map((order) => ({
    ...order,
    ...(order.invoice ? { invoice: { ...order.invoice, number: `B${order.invoice.number}` } } : {}),
  }))
  const second = await process(world, {
    ...batchOf([], { id: 'batch-2' }),
    orders: many,
    openManifests: [{ externalId: open?.id ?? '', shipments: 4 }],
  })
  for (const { externalId } of many) expect(second.outcomeOf(externalId, 'close')).toBe('done')
  const { manifests } = await world.books()
  const own = manifests.filter(({ reference }) => reference.startsWith('batch-'))
  expect(own.map(({ reference, status, shipments }) => [reference, status, shipments.length]))
    .toEqual([['batch-1', 'CLOSED', 250], ['batch-2', 'CLOSED', 10]])
})

test('manifests alone can be closed; after the cut-off they count as the next day’s', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 2 })
  await process(world, batchOf(rows, { closure: 'MANUAL' }))
  const open = (await world.books()).manifests.find(({ reference }) => reference === 'batch-1')
  await world.pass(8 * 3600) // from ten in the morning to six in the evening, in India
  const rowsSeen: StepResult[] = []
  const only = batchOf([], { id: 'batch-2', closeManifests: [open?.id ?? ''] })
  await process(world, only, (result) => void rowsSeen.push(result))
  const closed = rowsSeen.find(({ manifest }) => manifest)?.manifest
  expect(closed).toMatchObject({
    externalId: open?.id,
    state: 'CLOSED',
    dispatchDate: '2026-08-15',
  })
  expect(closed?.shipmentExternalIds).toHaveLength(2)
  // closed again: the same
  const again = await process(world, { ...only, id: 'batch-3' })
  expect(again.done.find(({ step }) => step === 'close')?.outcome).toBe('done')
})

test('a token that dies in the middle of a batch is refreshed', async () => {
  const world = await startWorld()
  const rows = await seeded(world, { count: 3 })
  const batch = await process(world, batchOf(rows), () => world.pass(300))
  for (const { externalId } of rows) expect(batch.outcomeOf(externalId, 'close')).toBe('done')
  const { done } = await world.books()
  expect(done['refresh']).toBeGreaterThan(2)
})

test('orders of a JIT account are another flow, and are not touched', async () => {
  const world = await startWorld()
  const rows = await seeded(world, {})
  world.account = { ...world.account, details: { ...world.account.details, model: 'JIT' } }
  const asked = world.ctx.requests.length
  await expect(process(world, batchOf(rows))).rejects.toMatchObject({ code: 'jit-not-covered' })
  expect(world.ctx.requests.length).toBe(asked)
})

test('an empty batch asks nothing', async () => {
  const world = await startWorld()
  expect((await process(world, batchOf([]))).done).toEqual([])
  expect(world.ctx.requests).toEqual([])
})
