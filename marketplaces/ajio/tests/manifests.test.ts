/** Manifests: how they are filled, changed and closed. */
import type { StepResult } from 'robnu/plugin'
import { expect, test } from 'vitest'
import { batchOf, killed, process } from './host.ts'
import { asBefore, bookedOf, rowsOf, seeded } from './orders.ts'
import { startWorld, type World } from './world.ts'

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

test('a batch of 260 ends in two closed manifests, of 250 at most, and every package is in one', async () => {
  const world = await startWorld()
  const { orderIds } = await world.control('seedDay', { n: 260 }) as { orderIds: string[] }
  const rows = await rowsOf(world, orderIds)
  const batch = await process(world, batchOf(rows))
  for (const { externalId } of rows) expect(batch.outcomeOf(externalId, 'close')).toBe('done')
  const own = (await world.books()).manifests.filter((one) => one.reference.startsWith('batch-'))
  expect(own.map(({ status, shipments }) => [status, shipments.length]))
    .toEqual([['CLOSED', 250], ['CLOSED', 10]])
  const packages = (await bookedOf(world, rows)).map((one) => one?.shipment?.id)
  expect(own.flatMap(({ shipments }) => shipments).toSorted()).toEqual(packages.toSorted())
})

/** Four packages, three of them in an open manifest. */
const halfFilled = async (world: World) => {
  const rows = await seeded(world, { count: 4 })
  await process(world, batchOf(rows.slice(0, 3), { closure: 'MANUAL' }))
  const fourth = batchOf(rows).orders.slice(3)
  await process(world, { ...batchOf([], { id: 'batch-2', closure: 'MANUAL' }), orders: fourth })
  const packages = (await bookedOf(world, rows)).map((one) => one?.shipment?.id ?? '')
  const idOf = async (reference: string) =>
    (await world.books()).manifests.find((one) => one.reference === reference)?.id ?? ''
  const [externalId, other] = [await idOf('batch-1'), await idOf('batch-2')]
  const change = (add: readonly string[], remove: readonly string[], id = 'change-1') =>
    batchOf([], { id, manifestChanges: { externalId, add, remove } })
  const inside = async (id: string) => {
    const { manifests } = await world.books()
    return manifests.find((one) => one.id === id)?.shipments
  }
  return { packages, externalId, other, change, inside }
}

test('an open manifest is changed once, however its answers are lost and whoever asks again', async () => {
  for (const killsAt of ['nothing', 'started', 'done']) {
    const world = await startWorld()
    const { packages, externalId, other, change, inside } = await halfFilled(world)
    const [first = '', second = '', third = '', fourth = ''] = packages
    // what lies in another one is taken out of it first
    const out = { externalId: other, add: [], remove: [fourth] }
    await process(world, batchOf([], { id: 'change-0', manifestChanges: out }))
    expect(await inside(other)).toEqual([])

    const since = await asBefore(world)
    const kind = { operation: 'manifestShipments', kind: 'timeout-after-commit', times: 2 }
    if (killsAt === 'nothing') await world.control('failNext', kind)
    let kills = 0
    const seen: StepResult[] = []
    await process(world, change([first, fourth], [third]), (result) => {
      seen.push(result)
      if (result.outcome !== killsAt || kills > 0) return
      kills += 1
      throw killed()
    })
    expect(kills).toBe(killsAt === 'nothing' ? 0 : 1)
    expect(await inside(externalId)).toEqual([first, second, fourth])
    const told = seen.at(-1)
    expect(told).toMatchObject({ step: 'manifest', order: null, outcome: 'done' })
    expect(told?.manifest?.shipmentExternalIds.toSorted()).toEqual(
      [first, second, fourth].toSorted(),
    )
    // asked for again, nothing is written
    await process(world, change([first, fourth], [third], 'change-2'))
    expect(since('manifestShipments', await world.books()), killsAt).toBe(1)
  }
})

test('a change that AJIO refuses fails with the reason, and nothing of it is done', async () => {
  const world = await startWorld()
  const { packages, externalId, other, change, inside } = await halfFilled(world)
  const [first = '', , , fourth = ''] = packages
  const failed = async (batch: ReturnType<typeof change>) =>
    (await process(world, batch)).done.map(({ outcome, code, message, manifest }) => ({
      ...{ outcome, code, message, state: manifest?.state },
    }))
  expect(await failed(change([fourth], [first]))).toEqual([{
    ...{ outcome: 'failed', code: 'in-other-manifest', state: 'OPEN' },
    message: `Cannot change manifest ${externalId}: the package lies in another manifest`,
  }])
  expect(await inside(externalId)).toContain(first)
  await process(world, batchOf([], { id: 'close-1', closeManifests: [externalId] }))
  expect(await failed(change([], [first], 'change-2')))
    .toMatchObject([{ outcome: 'failed', code: 'manifest-closed', state: 'CLOSED' }])
  expect(await inside(other)).toEqual([fourth])
  const unknown = { externalId: 'MF0', add: [first], remove: [] }
  expect(await failed(batchOf([], { id: 'change-3', manifestChanges: unknown })))
    .toMatchObject([{ outcome: 'failed', code: 'not-found' }])
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
