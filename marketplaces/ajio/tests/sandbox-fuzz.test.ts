import { type Random, randomFor } from 'robnu/testing'
import { expect, test } from 'vitest'
import { booksOf, confirmationOf, packageOf, startWorld } from './sandbox-world.ts'

const seed = 20260814
const strange = [
  ...[null, true, 0, -1, 1.5, 2, 1e21, '', 'nan', '__proto__', 'constructor', 'x'.repeat(5000)],
  ...['\u0000', '💥', [], {}, [[]], [null], { lines: [] }, { lines: null }, 'FN260814100489'],
]

/** The value with one thing in it replaced, at any depth. */
const spoiled = (value: unknown, random: Random): unknown => {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) {
    return random.pick(strange)
  }
  const entries = Object.entries(value)
  if (entries.length === 0) return random.pick(strange)
  const at = random.int(0, entries.length - 1)
  const next = entries.map(([key, one], index) => [key, index === at ? spoiled(one, random) : one])
  return Array.isArray(value) ? next.map(([, one]) => one) : Object.fromEntries(next)
}

test('no request, however strange, makes the gateway fail or its books wrong', async () => {
  const world = await startWorld()
  const gateway = world.as(0)
  const numbers = await world.newOrders({ count: 40 })
  const random = randomFor(seed, 'fuzz')
  const reads = ['/orders', '/returns', '/settlements', '/inventory', '/manifests']
  const statuses = new Set<number>()
  for (let asked = 0; asked < 500; asked++) {
    const order = await gateway.order(random.pick(numbers))
    const [line] = order.lines
    const lines = [{ sellerOrderNo: line?.sellerOrderNo, jioCode: line?.jioCode, quantity: 1 }]
    const { storeCode } = gateway
    const [method, path, body] = random.pick(
      [
        ['POST', '/orders/acknowledge', { lines: confirmationOf(order) }],
        ['POST', `/orders/${order.custOrderNo}/cancel`, { lines, reason: 'none left' }],
        ['POST', '/shipments', packageOf(order)],
        ['POST', '/manifests', { storeCode, reference: 'fuzz' }],
        ['POST', '/manifests/MF100061/shipments', { add: ['SH100444'], remove: ['SH100443'] }],
        ['POST', '/returns/RT100001/processed', { disposition: 'GOOD' }],
        ['PUT', '/inventory', { storeCode, items: [{ sellerSku: 'KURTA-RED-M', quantity: 1 }] }],
      ] as const,
    )
    const written = await gateway.send(
      method,
      path,
      random.chance(0.8) ? spoiled(body, random) : body,
    )
    const name = random.pick(['page', 'size', 'updatedFrom', 'status', 'sellerSku', 'reference'])
    const query = new URLSearchParams({ [name]: String(random.pick(strange)) })
    const id = encodeURIComponent(String(random.pick(strange)))
    const read = await gateway.get(
      random.chance(0.5) ? `${random.pick(reads)}?${query}` : `/shipments/${id}/label`,
    )
    for (const { status, headers } of [written, read]) {
      expect(headers.get('x-robnu-sandbox-error'), `seed ${seed}, ${path}`).toBeNull()
      statuses.add(status)
    }
  }
  expect([...statuses].sort()).toEqual([200, 400, 403, 404, 409, 422])
  for (const { packages, lines } of (await booksOf(world, gateway.pob)).orders) {
    expect([0, 1]).toContain(packages)
    for (const { orderQty, cancelledQty, shippedQty } of lines) {
      expect(cancelledQty + shippedQty).toBeLessThanOrEqual(orderQty)
    }
  }
})
