/** Orders that stay behind, each with a code and words, while the others come to their end. */
import type { Batch, BatchOrder, OrderRow, StepResult } from 'robnu/plugin'
import type { FakeAnswer } from 'robnu/testing'
import { expect, test } from 'vitest'
import { fullProcessing } from '../processing.ts'
import { anItem, answering, aShipment, connection, type Json } from './support.ts'
import { batchOf, newOrders, process, startWorld, type World } from './world.ts'

const idOf = (rows: readonly OrderRow[], at = 0): string => rows[at]?.externalId ?? ''

const heldBy = async (
  spoil: (world: World, orderId: string) => Promise<unknown>,
  body: object = {},
) => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 1, ...body })
  const good = await newOrders(world, { count: 1 })
  await spoil(world, idOf(rows))
  const { heldWith, outcomeOf, done } = await process(world, batchOf([...rows, ...good]))
  expect(outcomeOf(idOf(good), 'close')).toBe('done')
  const held = done.find(({ outcome }) => outcome === 'held')
  expect(held?.message).toMatch(/^Cannot .{20,}/)
  return heldWith(idOf(rows))
}

test.each<readonly [string, (world: World, orderId: string) => Promise<unknown>, object]>([
  ['cancelled', (world, orderId) => world.control('cancelAs', { orderId, by: 'buyer' }), {}],
  ['on-hold', (world, orderId) => world.control('hold', { orderId }), {}],
  ['already-shipped', (world, orderId) => world.control('advance', { orderId, to: 'SHIPPED' }), {}],
  ['too-early', () => Promise.resolve(), { waitMinutes: 600 }],
  ['form-failed', () => Promise.resolve(), { formFails: true }],
])('%s', async (code, spoil, body) => {
  expect(await heldBy(spoil, body)).toBe(code)
})

test('a buyer who cancels between the look and the pack holds that order alone', async () => {
  const world = await startWorld()
  const rows = await newOrders(world)
  const { heldWith, outcomeOf } = await process(world, batchOf(rows), async ({ step, order }) => {
    if (step !== 'pack' || order !== `id-${idOf(rows)}`) return
    await world.control('cancelAs', { orderId: idOf(rows), by: 'buyer' }).catch(() => {})
  })
  expect(heldWith(idOf(rows))).toBe('cancelled')
  expect(outcomeOf(idOf(rows, 1), 'close')).toBe('done')
})

test('what was begun at the portal is taken up where it stands', async () => {
  const world = await startWorld()
  const rows = await newOrders(world)
  await world.control('advance', { orderId: idOf(rows), to: 'PACKED' })
  await world.control('advance', { orderId: idOf(rows, 1), to: 'READY_TO_DISPATCH' })
  const { outcomeOf } = await process(world, batchOf(rows))
  expect(rows.map(({ externalId }) => outcomeOf(externalId, 'close'))).toEqual([
    'done',
    'done',
    'done',
  ])
})

test('less than was ordered cannot be packed, and is said before anything is written', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 1 })
  const batch = batchOf(rows, { confirm: (quantity) => quantity - 1 })
  expect((await process(world, batch)).heldWith(idOf(rows))).toBe('short-stock')
  expect((await world.books()).asked['pack'] ?? 0).toBe(0)
})

test('no invoice number, no pack', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 1 })
  const { orders, ...batch } = batchOf(rows)
  const without = orders.map(({ invoice: _, ...order }) => order)
  const { heldWith } = await process(world, { ...batch, orders: without })
  expect(heldWith(idOf(rows))).toBe('invoice-missing')
})

/** One order, in an answering function of its own. */
const steps = async (shipment: Json, lines: Json) => {
  const respond = ({ method, url }: { method: string; url: URL }): FakeAnswer => {
    if (method === 'POST') return { body: { shipments: lines } }
    return { body: { shipments: url.searchParams.has('orderIds') ? [shipment] : [] } }
  }
  const order: BatchOrder = {
    ...{ id: 'o1', externalId: 'OD1', status: 'NEW', onHold: false, postalCode: null },
    stateCode: null,
    lines: [{
      ...{ externalId: '11100001', sku: 'SKU-1', listingId: null, title: null, quantity: 1 },
      ...{ confirmedQuantity: 1, totalPaise: 60142, hsn: null, gstRateBp: null },
    }],
    invoice: { number: 'A/1', date: '2026-08-20' },
  }
  const batch: Batch = {
    ...{ id: 'b1', closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [] },
    orders: [order],
  }
  const results: StepResult[] = []
  const ctx = answering(respond)
  try {
    for await (const result of fullProcessing(connection(), batch, ctx)) results.push(result)
  } catch (error) {
    return { results, error, ctx }
  }
  return { results, error: undefined, ctx }
}

test.each<readonly [string, object]>([
  ['not-found', { orderItems: [anItem({ orderId: 'OD2' })] }],
  ['unknown-state', { orderItems: [anItem({ status: 'PONDERED' })] }],
  ['shared-shipment', { orderItems: [anItem(), anItem({ orderId: 'OD2', orderItemId: '2' })] }],
  ['fulfilled-by-marketplace', { orderItems: [anItem({ serviceProfile: 'FBF' })] }],
  ['location-missing', { locationId: null }],
  ['lines-differ', { orderItems: [anItem({ quantity: 2 })] }],
  ['lines-differ', { orderItems: [anItem({ orderItemId: '2' })] }],
  ['unreadable', { updatedAt: null }],
])('an order is held as %s', async (code, change) => {
  const { results, ctx } = await steps(aShipment(change), [])
  expect(results).toMatchObject([{ step: 'accept', outcome: 'held', code }])
  expect(ctx.requests.filter(({ method }) => method === 'POST')).toEqual([])
})

const line = { shipmentId: aShipment().shipmentId }
test.each<readonly [string, object]>([
  ['invalid-request-tax', { status: 'FAILURE', errorCode: 'INVALID_REQUEST_TAX' }],
  ['invalid-request-tax', { status: 'SUCCESS', errorCode: 'INVALID_REQUEST_TAX' }],
  ['unprocessable-entity', { status: 'failure' }],
  ['refused', { status: 'FAILURE', errorCode: 'Asha Rao' }],
])('a line of a 200 says %s', async (code, refusal) => {
  const { results } = await steps(aShipment(), [{ ...line, ...refusal }])
  expect(results.at(-1)).toMatchObject({ step: 'pack', outcome: 'held', code })
  expect(JSON.stringify(results)).not.toContain('Asha')
})

test('a request that is refused as a whole is sent by halves: one bad shipment keeps none back', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 5 })
  const { orders, ...batch } = batchOf(rows)
  const [first, ...others] = orders
  // no date: Flipkart calls the whole request wrong
  const bad = { ...first, invoice: { number: 'X/1', date: '' } } as BatchOrder
  const { heldWith, outcomeOf } = await process(world, { ...batch, orders: [...others, bad] })
  expect(heldWith(idOf(rows))).toBe('invalid-request')
  expect(others.map(({ externalId }) => outcomeOf(externalId, 'close')))
    .toEqual(['done', 'done', 'done', 'done'])
})

test.each<readonly [string, Json]>([
  ['success', [{ ...line, status: 'success' }]],
  ['another state', [{ ...line, status: 'FAILURE', errorCode: 'INVALID_ITEM_STATE' }]],
  ['nothing', []],
])('after %s the shipment is read, and waited for', async (_what, lines) => {
  const { results, error, ctx } = await steps(aShipment(), lines)
  expect(error).toMatchObject({ kind: 'unavailable', code: 'not-ready', retryAfterMs: 10_000 })
  expect(results.every(({ outcome }) => outcome !== 'held')).toBe(true)
  const [request] = ctx.requests.filter(({ method }) => method === 'POST')
  expect(JSON.parse(request?.body ?? '')).toEqual({
    shipments: [{
      shipmentId: line.shipmentId,
      locationId: 'LOC1',
      serialNumbers: [],
      taxItems: [{ orderItemId: '11100001', taxRate: 5, quantity: 1 }],
      invoices: [{ orderId: 'OD1', invoiceDate: '2026-08-20', invoiceNumber: 'A/1' }],
      subShipments: [{
        subShipmentId: 'SS-1',
        dimensions: { length: 30, breadth: 25, height: 5, weight: 0.5 },
      }],
    }],
  })
})
