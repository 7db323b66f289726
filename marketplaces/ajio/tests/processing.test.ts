/** From the open order to the closed manifest: what is done once, however often it is begun. */
import { expect, test } from 'vitest'
import { steps } from '../processing/desk.ts'
import { batchOf, killed, process } from './host.ts'
import { asBefore, bookedOf, seeded } from './orders.ts'
import { startWorld, type World } from './world.ts'

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
