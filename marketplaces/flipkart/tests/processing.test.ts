import { failure, type OrderRow } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { syncOrders } from '../orders.ts'
import { batchOf, newOrders, process, run, startWorld, type World } from './world.ts'

const packsOf = async (world: World, rows: readonly OrderRow[]) => {
  const { orders } = await world.books()
  return rows.map(({ externalId }) =>
    orders.find(({ id }) => id === externalId)?.shipments.map(({ packs }) => packs)
  )
}
const statesOf = async (world: World, rows: readonly OrderRow[]) => {
  const { orders } = await world.books()
  return rows.map(({ externalId }) =>
    orders.find(({ id }) => id === externalId)?.shipments.map(({ state }) => state)
  )
}

test('from approved to manifest: one pack, papers, one hand-over', async () => {
  const world = await startWorld()
  const rows = await newOrders(world)
  const { done, outcomeOf } = await process(world, batchOf(rows))
  expect(done.filter(({ outcome }) => outcome !== 'done')).toEqual([])
  for (const { externalId } of rows) expect(outcomeOf(externalId, 'close')).toBe('done')
  expect(await packsOf(world, rows)).toEqual([[1], [1], [1]])
  const { orders } = await world.books()
  const shipments = rows.flatMap(({ externalId }) =>
    orders.find(({ id }) => id === externalId)?.shipments ?? []
  )
  expect(shipments.map(({ state, manifested }) => [state, manifested]))
    .toEqual(rows.map(() => ['READY_TO_DISPATCH', true]))
  expect(shipments.map(({ invoice }) => invoice))
    .toEqual(['FKT/26-27/0001', 'FKT/26-27/0002', 'FKT/26-27/0003'])
  const [first] = rows
  const own = done.filter(({ order }) => order === `id-${first?.externalId}`)
  const label = own.flatMap(({ documents = [] }) => documents).find(({ type }) => type === 'LABEL')
  const text = world.papers.get(label?.download.storageKey ?? '') ?? ''
  expect(text).toContain(first?.externalId)
  const parcel = own.findLast(({ shipment }) => shipment)?.shipment
  expect(text).toContain(parcel?.awb)
  expect(parcel).toMatchObject({ status: 'READY_TO_SHIP', rawStatus: 'READY_TO_DISPATCH' })
  const manifests = done.flatMap(({ step, manifest }) =>
    step === 'close' && manifest ? [manifest] : []
  )
  expect(manifests.every(({ state }) => state === 'CLOSED')).toBe(true)
  // what the next sync brings is what the batch has told
  const { rows: later } = await run(world, syncOrders)
  expect(later.get(first?.externalId ?? '')?.shipments).toEqual([parcel])
})

test.each(['pack', 'dispatch', 'manifest', 'labels', 'invoices', 'shipments', 'handover'])(
  'an answer to "%s" that is lost leads to one pack and the same end',
  async (operation) => {
    const world = await startWorld()
    const rows = await newOrders(world)
    await world.control('timeoutAfterCommit', { operation, times: 2 })
    const { done } = await process(world, batchOf(rows))
    expect(done.filter(({ outcome }) => outcome !== 'done')).toEqual([])
    expect(await packsOf(world, rows)).toEqual([[1], [1], [1]])
  },
)

test('killed at every step, recorded or not, the batch comes to one pack and the same end', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 2 })
  let step = 0
  let kill = 0
  // each attempt gets one step further than the one before
  const { done } = await process(world, batchOf(rows), () => {
    if (step++ < kill) return
    kill += 1
    step = 0
    throw failure('unavailable', 'The worker was killed', { retryAfterMs: 1000 })
  })
  expect(kill).toBeGreaterThan(0)
  expect(done.filter(({ outcome }) => outcome !== 'done')).toEqual([])
  expect(await packsOf(world, rows)).toEqual([[1], [1]])
})

test('thirty orders go in two requests', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 30 })
  const { outcomeOf } = await process(world, batchOf(rows))
  expect(rows.filter(({ externalId }) => outcomeOf(externalId, 'close') !== 'done')).toEqual([])
  expect((await packsOf(world, rows)).flat().every((packs) => packs === 1)).toBe(true)
})

test('the batch waits for packages that take their time', async () => {
  const world = await startWorld()
  const slow = await newOrders(world, { count: 1, packSeconds: 1500 })
  const before = world.ctx.now().getTime()
  const { outcomeOf } = await process(world, batchOf(slow))
  expect(outcomeOf(slow[0]?.externalId ?? '', 'close')).toBe('done')
  expect(world.ctx.now().getTime() - before).toBeGreaterThanOrEqual(1_500_000)
  expect(await packsOf(world, slow)).toEqual([[1]])
})

test('an order in two shipments, and one of three packages, go whole', async () => {
  const world = await startWorld()
  const lines = ['KRT-PRN-S', 'SHT-SLM-M'].map((sku) => ({ sku, quantity: 1 }))
  const apart = await newOrders(world, { count: 1, apart: true, lines })
  const large = await newOrders(world, { count: 1, packages: 3 })
  const rows = [...apart, ...large]
  const { outcomeOf, done } = await process(world, batchOf(rows))
  expect(rows.map(({ externalId }) => outcomeOf(externalId, 'close'))).toEqual(['done', 'done'])
  expect(apart[0]?.shipments).toHaveLength(2)
  expect(await packsOf(world, rows)).toEqual([[1, 1], [1]])
  // a lot of several packages is one of its own
  const manifests = new Set(done.flatMap(({ manifest }) => manifest ? [manifest.externalId] : []))
  expect([...manifests].some((id) => id.includes('/mps/'))).toBe(true)
})

test('what the seller ships by itself goes on its way, without a courier of Flipkart', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 1, selfShip: true })
  expect(rows[0]?.customer?.name).toEqual(expect.any(String))
  const { outcomeOf, done } = await process(world, batchOf(rows))
  expect(outcomeOf(rows[0]?.externalId ?? '', 'close')).toBe('done')
  expect(await statesOf(world, rows)).toEqual([['SHIPPED']])
  expect(done.flatMap(({ manifest }) => manifest ?? [])).toEqual([])
})

test('a delayed manifest is closed later, with what the ledger has in it', async () => {
  const world = await startWorld()
  const rows = await newOrders(world, { count: 2 })
  const first = await process(world, batchOf(rows, { closure: 'DELAYED' }))
  const open = first.done.flatMap(({ manifest }) => manifest ? [manifest] : [])
  expect(open.every(({ state }) => state === 'OPEN')).toBe(true)
  expect(
    (await world.books()).orders.flatMap(({ shipments }) => shipments).some((one) =>
      one.state === 'READY_TO_DISPATCH' && one.manifested &&
      open.some(({ shipmentExternalIds }) => shipmentExternalIds.includes(one.id))
    ),
  ).toBe(false)
  const ids = open.map(({ externalId }) => externalId)
  const { done } = await process(
    world,
    batchOf([], {
      ...{ id: 'batch-2', closeManifests: [...ids, 'MF-1', 'LOC1/x/single/b'] },
      manifestShipments: Object.fromEntries(
        open.map((one) => [one.externalId, one.shipmentExternalIds]),
      ),
    }),
  )
  const [close] = done.filter(({ step }) => step === 'close')
  expect(close?.output).toEqual({ closed: [...ids, 'MF-1', 'LOC1/x/single/b'] })
  const { orders } = await world.books()
  const shipments = orders.filter(({ id }) => rows.some((row) => row.externalId === id))
    .flatMap((order) => order.shipments)
  expect(shipments.every(({ manifested }) => manifested)).toBe(true)
})
