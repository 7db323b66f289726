/** From the open sub-order to the manifest, against the sandbox and its own books. */
import { failureOf, type StepResult } from 'robnu/plugin'
import { expect, test } from 'vitest'
import meesho from '../mod.ts'
import { variantOf } from '../variant.ts'
import { batchOf, killed, ordersOf, placed, process, startWorld, type World } from './world.ts'

const asks = (world: World, path: string, method = 'POST') =>
  world.ctx.requests.filter((one) => one.method === method && one.url.pathname.endsWith(path))
const stateOf = async (world: World, no: string) =>
  (await world.ledger()).orders.find(({ id }) => id === no)?.state
const manifestsOf = (done: readonly StepResult[]) =>
  done.flatMap(({ manifest }) => manifest ? [manifest] : [])

test('three sub-orders are accepted, labelled and handed over, a manifest for each courier', async () => {
  const world = await startWorld()
  const numbers = await placed(world, { count: 3 })
  const yielded: StepResult[] = []
  const { outcomeOf } = await process(
    world,
    await batchOf(world, numbers),
    (one) => yielded.push(one),
  )
  for (const no of numbers) {
    for (const step of ['read', 'accept', 'pack', 'label', 'check', 'manifest']) {
      expect(outcomeOf(no, step)).toBe('done')
    }
    expect(await stateOf(world, no)).toBe('MANIFESTED')
    expect((await world.ledger()).parcels[no]).toBe(1)
  }
  const rows = await ordersOf(world)
  const couriers = new Set(numbers.map((no) => rows.get(no)?.shipments?.[0]?.carrier))
  const manifests = manifestsOf(yielded)
  expect(manifests).toHaveLength(couriers.size)
  expect(manifests.flatMap((one) => one.shipmentExternalIds).sort())
    .toEqual(numbers.map((no) => rows.get(no)?.shipments?.[0]?.externalId).sort())
  for (const one of manifests) {
    expect([one.state, one.dispatchDate]).toEqual(['CLOSED', '2026-08-14'])
  }
  // the paper is that of the sub-order, and is label and invoice at once
  for (const no of numbers) {
    const { documents = [] } = yielded.find((one) =>
      one.order === `id-${no}` && one.step === 'label' && one.outcome === 'done'
    ) ?? {}
    expect(documents.map(({ type }) =>
      type
    )).toEqual(['LABEL', 'CUSTOMER_INVOICE'])
    const paper = world.papers.get(documents[0]?.download.storageKey ?? '')
    expect(paper).toContain(no)
  }
})

test('killed behind any step, recorded or not, it ends alike: one parcel and one manifest each', async () => {
  const count = 2
  const plain = await startWorld()
  const steps: StepResult[] = []
  const numbers = await placed(plain, { count })
  await process(plain, await batchOf(plain, numbers), (one) => steps.push(one))
  expect(steps.length).toBeGreaterThan(12)
  for (let at = 0; at < steps.length; at += 2) {
    const world = await startWorld()
    const own = await placed(world, { count })
    let seen = 0
    const { done } = await process(world, await batchOf(world, own), () => {
      if (seen++ === at) throw killed()
    })
    expect(done.filter(({ outcome }) => outcome !== 'done')).toEqual([])
    for (const no of own) expect(await stateOf(world, no)).toBe('MANIFESTED')
  }
})

test.each(['accept', 'labels', 'manifests'])(
  'an answer of %s that is lost changes nothing: no second parcel, no second manifest',
  async (operation) => {
    const world = await startWorld()
    const numbers = await placed(world, { count: 2 })
    const batch = await batchOf(world, numbers)
    await world.control('timeoutAfterCommit', { operation })
    const { done } = await process(world, batch)
    expect(done.filter(({ outcome }) => outcome !== 'done')).toEqual([])
    const rows = await ordersOf(world)
    const held = new Set(numbers.map((no) => rows.get(no)?.shipments?.[0]?.manifestExternalId))
    const carriers = new Set(numbers.map((no) => rows.get(no)?.shipments?.[0]?.carrier))
    expect(held.size).toBe(carriers.size)
    expect((await world.ledger()).parcels[numbers[0] ?? '']).toBe(1)
    // what was made already is read, and not asked for again
    if (operation !== 'labels') {
      expect(asks(world, operation)).toHaveLength(operation === 'accept' ? 1 : carriers.size)
    }
  },
)

test('what cannot go on is held with its reason, and the others go on', async () => {
  const world = await startWorld()
  const supplier = world.account.externalAccountId
  const [fine = '', gone = '', hold = '', left = ''] = await placed(world, { count: 4 })
  const [unverified = ''] = await placed(world, { verified: false })
  await world.control('cancelAs', { orderId: gone, by: 'buyer' })
  await world.control('hold', { orderId: hold })
  await world.control('advance', { orderId: left, to: 'SHIPPED' })
  const numbers = [fine, gone, hold, left, unverified, '999_1']
  const { heldWith } = await process(world, await batchOf(world, numbers))
  expect(numbers.map(heldWith)).toEqual([
    ...[undefined, 'cancelled', 'on-hold', 'already-shipped', 'unverified', 'not-found'],
  ])
  expect(await stateOf(world, fine)).toBe('MANIFESTED')
  expect(await stateOf(world, unverified)).toBe('NEW')
  expect(supplier).toBe('SUP100001')
})

test('what is not in stock, or only a part of it, is not accepted', async () => {
  const world = await startWorld()
  const numbers = await placed(world, { count: 1, quantity: 2 })
  const [no = ''] = numbers
  const none = await process(world, await batchOf(world, numbers, { confirm: () => 0 }))
  expect(none.heldWith(no)).toBe('no-stock')
  const half = await process(world, await batchOf(world, numbers, { confirm: () => 1 }))
  expect(half.heldWith(no)).toBe('cannot-split')
  expect(await stateOf(world, no)).toBe('NEW')
  expect(asks(world, '/accept')).toHaveLength(0)
})

test('ALWAYS: Meesho accepts by itself, and we never do', async () => {
  const world = await startWorld(0, { acceptance_preference: 'ALWAYS' })
  const supplier = world.account.externalAccountId
  const [waiting = ''] = await placed(world)
  const early = await process(world, await batchOf(world, [waiting]))
  expect([await stateOf(world, waiting), early.heldWith(waiting)]).toEqual(['NEW', 'not-accepted'])
  await world.control('prefer', { supplier, preference: 'ALWAYS' })
  const [accepted = ''] = await placed(world)
  expect(await stateOf(world, accepted)).toBe('ACKNOWLEDGED')
  const { heldWith } = await process(world, await batchOf(world, [waiting, accepted]))
  expect([heldWith(waiting), heldWith(accepted)]).toEqual([undefined, undefined])
  expect(asks(world, '/accept')).toHaveLength(0)
})

test('BY_INVENTORY: what Meesho has accepted is not accepted again, the rest is by us', async () => {
  const world = await startWorld(1)
  const supplier = world.account.externalAccountId
  const [first = '', second = ''] = Object.keys((await world.ledger()).stock)
  await world.control('setStock', { supplier, sku: first, quantity: 0 })
  await world.control('setStock', { supplier, sku: second, quantity: 9 })
  const [waiting = ''] = await placed(world, variantOf(first))
  const [accepted = ''] = await placed(world, variantOf(second))
  expect([await stateOf(world, waiting), await stateOf(world, accepted)])
    .toEqual(['NEW', 'ACKNOWLEDGED'])
  const { done } = await process(world, await batchOf(world, [waiting, accepted]))
  expect(done.filter(({ outcome }) => outcome === 'held')).toEqual([])
  const sent = asks(world, '/accept').map(({ body }) => JSON.parse(body ?? ''))
  expect(sent).toEqual([{ sub_order_nos: [waiting] }])
})

test('a sub-order accepted meanwhile by somebody else is a success', async () => {
  const world = await startWorld()
  const [no = ''] = await placed(world)
  const batch = await batchOf(world, [no])
  const { outcomeOf } = await process(world, batch, async ({ step, outcome }) => {
    if (step === 'accept' && outcome === 'started') {
      await world.control('advance', { orderId: no, to: 'ACCEPTED' })
    }
  })
  expect(outcomeOf(no, 'accept')).toBe('done')
})

test('MANUAL closing leaves the parcels with their labels; a later batch hands them over', async () => {
  const world = await startWorld()
  const numbers = await placed(world, { count: 2 })
  await process(world, await batchOf(world, numbers, { closure: 'MANUAL' }))
  for (const no of numbers) expect(await stateOf(world, no)).toBe('READY_TO_SHIP')
  expect(asks(world, '/manifests')).toHaveLength(0)
  const { done } = await process(world, await batchOf(world, numbers, { id: 'batch-2' }))
  for (const no of numbers) expect(await stateOf(world, no)).toBe('MANIFESTED')
  // such a manifest is closed from its beginning, and cannot be changed
  const [manifest] = manifestsOf(done)
  const id = manifest?.externalId ?? ''
  const closed = await process(
    world,
    await batchOf(world, [], { id: 'batch-3', closeManifests: [id, 'MN-NONE'] }),
  )
  const [told] = manifestsOf(closed.done)
  expect(closed.done.at(-1)).toMatchObject({ step: 'close', outcome: 'done' })
  expect(told?.state ?? 'CLOSED').toBe('CLOSED')
  const changed = await process(
    world,
    await batchOf(world, [], {
      id: 'batch-4',
      manifestChanges: { externalId: id, add: [], remove: ['PK1'] },
    }),
  )
  expect(changed.done).toMatchObject([{ outcome: 'failed', code: 'manifest-closed' }])
})

test('labels and manifests can be fetched later, by parcel and by manifest', async () => {
  const world = await startWorld()
  const [no = ''] = await placed(world)
  const { done } = await process(world, await batchOf(world, [no]))
  const parcel = (await ordersOf(world)).get(no)?.shipments?.[0]
  const fetchIt = async (ask: { shipmentExternalId?: string; manifestExternalId?: string }) => {
    const type = ask.manifestExternalId === undefined ? 'LABEL' : 'MANIFEST'
    for (let tries = 0; tries < 20; tries++) {
      try {
        return await meesho.adapter.fetchDocument?.(world.account, { type, ...ask }, world.ctx)
      } catch (error) {
        if (failureOf(error)?.code !== 'not-ready') throw error
        await world.pass(60)
      }
    }
    throw new Error('it never came')
  }
  await world.pass(86_400)
  const label = await fetchIt({ shipmentExternalId: parcel?.externalId ?? '' })
  expect(world.papers.get(label?.storageKey ?? '')).toContain(parcel?.awb ?? 'none')
  const [manifest] = manifestsOf(done)
  const paper = await fetchIt({ manifestExternalId: manifest?.externalId ?? '' })
  expect(world.papers.get(paper?.storageKey ?? '')).toContain(parcel?.awb ?? 'none')
  await expect(fetchIt({ shipmentExternalId: 'PK-NONE' })).rejects.toMatchObject({
    ...{ kind: 'rejected', code: 'not-found' },
  })
})
