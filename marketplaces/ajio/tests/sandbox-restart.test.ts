import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import startSandbox from '../sandbox.ts'
import { rates } from '../sandbox/rates.ts'
import {
  booksOf,
  confirmationOf,
  packageOf,
  packed,
  Page,
  startWorld,
  type World,
} from './sandbox-world.ts'

const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'ajio-sandbox-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}
/** Everything but how often one asked: reads leave no trace. */
const truthOf = async (world: World) => {
  const { pobs } = await world.control('books')
  return JSON.stringify(pobs, (key, value) => key === 'asked' ? undefined : value)
}

test('the same seed is the same world, another seed another one', async () => {
  const worlds = [await startWorld(), await startWorld(), await startWorld({ seed: 8 })]
  const truths: string[] = []
  for (const world of worlds) {
    const [no = ''] = await world.newOrders()
    await world.wait(3 * 24 * 60)
    truths.push(await truthOf(world) + JSON.stringify(await world.as(0).order(no)))
  }
  expect(truths[1]).toBe(truths[0])
  expect(truths[2]).not.toBe(truths[0])
  expect(worlds[0]?.sandbox.accounts).toEqual(worlds[1]?.sandbox.accounts)
})

test('a restart goes on where it stopped: what was done is done, tokens live, time went by', async () => {
  const dir = await newDir()
  const first = await startWorld({ dir })
  const gateway = first.as(0)
  const numbers = await first.newOrders({ count: 3, natural: true })
  await first.wait(90)
  const { shipmentId } = await packed(gateway, numbers[0] ?? '')
  await first.control('cancelAs', { orderId: numbers[1], by: 'buyer' })
  await gateway.send('PUT', '/inventory', {
    storeCode: gateway.storeCode,
    items: [{ sellerSku: 'BELT-LTH-S', quantity: 1 }],
  })
  await first.wait(20)
  const truth = await truthOf(first)
  const [before, pobs] = [first.now(), first.sandbox.accounts.length]
  await first.sandbox.stop()
  // a kill in the middle of a line
  const [file = ''] = (await readdir(dir)).filter((name) => name.startsWith('acts'))
  await appendFile(join(dir, file), '{"at":17')

  const second = await startWorld({ dir })
  expect(second.sandbox.accounts.length).toBe(pobs)
  expect(second.now()).toBeGreaterThanOrEqual(before)
  expect(await truthOf(second)).toBe(truth)
  const again = second.as(0)
  expect((await again.get(`/shipments/${shipmentId}/label`)).status).toBe(200)
  // the pair that the first one refreshed to is the one that lives
  await second.wait(40)
  const [after = ''] = await second.newOrders()
  await second.sandbox.stop()
  const third = await startWorld({ dir })
  expect((await third.as(0).order(after)).status).toBe('New')
})

test('new orders come while the clock runs by itself, so many a day as one says', async () => {
  const counts: number[] = []
  for (const rate of ['0', '24']) {
    const env = { ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY: rate }
    const world = await startWorld({ env })
    const seeded = (await booksOf(world, 'DV100001')).orders.length
    expect(world.sandbox.accounts[0]?.orders).toBe(seeded)
    await world.wait(4 * 24 * 60)
    counts.push((await booksOf(world, 'DV100001')).orders.length - seeded)
  }
  expect(counts[0]).toBe(0)
  expect(counts[1]).toBeGreaterThan(80)
  expect(counts[1]).toBeLessThan(110)
  const env = { ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY: 'many' }
  await expect(startSandbox({ seed: 1, speed: 0, env })).rejects.toThrow('no number')
})

test('every write with a lost answer is done, once', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = '', other = ''] = await world.newOrders({ count: 2 })
  const order = await gateway.order(no)
  const lose = async (operation: string, method: 'POST' | 'PUT', path: string, body: object) => {
    const before = (await booksOf(world, gateway.pob)).done[operation] ?? 0
    await world.control('failNext', { operation, kind: 'timeout-after-commit' })
    await expect(gateway.send(method, path, body), operation).rejects.toThrow()
    expect((await booksOf(world, gateway.pob)).done[operation], operation).toBe(before + 1)
  }
  await lose('acknowledge', 'POST', '/orders/acknowledge', { lines: confirmationOf(order) })
  await lose('createShipment', 'POST', '/shipments', packageOf(order))
  const [parcel] = (await gateway.order(no)).shipments
  await lose('createManifest', 'POST', '/manifests', {
    storeCode: gateway.storeCode,
    reference: 'lost',
  })
  const found = await gateway.get('/manifests?reference=lost')
  const [manifest] = (found.json as { content: { manifestId: string }[] }).content
  const manifestPath = `/manifests/${manifest?.manifestId}`
  await lose('manifestShipments', 'POST', `${manifestPath}/shipments`, {
    add: [parcel?.shipmentId],
  })
  await lose('closeManifest', 'POST', `${manifestPath}/close`, {})
  expect((await gateway.order(no)).shipments[0]?.status).toBe('Manifested')
  const [line] = (await gateway.order(other)).lines
  await lose('cancel', 'POST', `/orders/${other}/cancel`, {
    lines: [{ sellerOrderNo: line?.sellerOrderNo, jioCode: line?.jioCode, quantity: 1 }],
    reason: 'none left',
  })
  await lose('putInventory', 'PUT', '/inventory', {
    storeCode: gateway.storeCode,
    items: [{ sellerSku: 'BELT-LTH-S', quantity: 5 }],
  })
  const [done = ''] = await world.newOrders()
  await world.control('advance', { orderId: done, to: 'Delivered' })
  const { returnOrderNo } = await world.control('createReturn', { orderId: done })
  await world.control('returnEvent', { returnOrderNo, status: 'RETURN_DELIVERED' })
  await lose('processed', 'POST', `/returns/${returnOrderNo}/processed`, { disposition: 'GOOD' })
  // asked again, nothing happens twice
  expect(gateway.outcome(await gateway.send('POST', '/shipments', packageOf(order))))
    .toBe('409 ALREADY_SHIPPED')
  expect(gateway.outcome(await gateway.send('POST', `${manifestPath}/close`))).toBe('ok')
})

test('the other faults refuse before anything is done, or cut the answer off', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const [no = ''] = await world.newOrders()
  const body = { lines: confirmationOf(await gateway.order(no)) }
  for (const kind of ['429', '500', '503']) {
    await world.control('failNext', { operation: 'acknowledge', kind })
    const answer = await gateway.send('POST', '/orders/acknowledge', body)
    expect(answer.status).toBe(Number(kind))
    expect((await gateway.order(no)).status).toBe('New')
  }
  await world.control('failNext', { operation: 'orders', kind: 'truncated-body', after: 1 })
  expect(Page.safeParse((await gateway.get('/orders?size=3')).json).success).toBe(true)
  expect(Page.safeParse((await gateway.get('/orders?size=3')).json).success).toBe(false)
  const { shipmentId } = await packed(gateway, no)
  await world.wait(10)
  const label = `/shipments/${shipmentId}/label`
  expect((await gateway.get(label)).bytes.length).toBeGreaterThan(100)
  await world.control('failNext', { operation: 'document', kind: 'truncated-body' })
  await expect(gateway.get(label)).rejects.toThrow()
})

test('the verbs of §7 are all there, and a wrong one is told', async () => {
  const world = await startWorld()
  const answer = await fetch(`${world.sandbox.url}/_control/`)
  const list = await answer.json() as { verbs: object; absent: object }
  expect(Object.keys(list.verbs)).toEqual([
    ...['advance', 'books', 'cancelAs', 'chaos', 'clock', 'closeSettlement', 'connect'],
    ...['createOrders', 'createReturn', 'delivered', 'duplicateNextPush', 'failNext', 'hold'],
    ...['lag', 'poReady', 'reorderPushes', 'returnEvent', 'revokeToken', 'seedDay', 'setStock'],
    ...['shiftPages', 'shipped', 'throttle', 'timeoutAfterCommit', 'unhold', 'updateDispatchSlot'],
  ])
  expect(Object.keys(list.absent)).toEqual(['pickUpComplete'])
  await expect(world.control('closeSettlement', { pobs: 'DV100001' })).rejects.toThrow('pobs')
  await expect(world.control('cancelAs', { orderId: 'none', by: 'seller' })).rejects.toThrow(
    'no order',
  )
  await expect(world.control('createOrders', { pob: 'DV0' })).rejects.toThrow('DV0')
  const [no = ''] = await world.newOrders()
  await world.control('cancelAs', { orderId: no, by: 'seller' })
  await expect(world.control('advance', { orderId: no, to: 'end' })).rejects.toThrow('Cancelled')
  expect(Object.keys(rates)).toContain('write')
})
