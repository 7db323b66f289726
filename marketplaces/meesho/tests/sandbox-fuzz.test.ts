import { type Random, randomFor } from 'robnu/testing'
import { expect, test } from 'vitest'
import { startWorld } from './sandbox-world.ts'

const seed = 20260814
const strange = [
  ...[null, true, 0, -1, 1.5, 1e21, '', 'nan', '__proto__', 'constructor', 'x'.repeat(5000)],
  ...['\u0000', '💥', [], {}, [[]], [null], { sub_order_nos: null }, '184000000000000001_1'],
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
  const ready = await gateway.place({ count: 20, accepted: true })
  await gateway.label(ready)
  const numbers = [...ready, ...await gateway.place({ count: 20 })]
  const random = randomFor(seed, 'fuzz')
  const statuses = new Set<number>()
  for (let asked = 0; asked < 160; asked++) {
    const some = [random.pick(numbers), random.pick(numbers)]
    const [method, path, body] = random.pick(
      [
        ['POST', '/v2/orders/accept', { sub_order_nos: some }],
        ['POST', '/v2/orders/cancel', { sub_order_no: some[0], reason_code: 'OTHER' }],
        ['POST', '/v2/shipments/labels', { sub_order_nos: some }],
        ['POST', '/v2/manifests', { courier: 'Valmo', sub_order_nos: some }],
        ['PUT', '/v2/inventory', {
          location_external_identifier: 'LOC-1-MAIN',
          items: [{ sku: 'KURTA-RED', size: 'M', quantity: 1 }],
        }],
      ] as const,
    )
    if (random.chance(0.1)) await world.wait(2)
    const isSpoiled = random.chance(0.6)
    const written = await gateway.ask(method, path, isSpoiled ? spoiled(body, random) : body)
    const name = random.pick(['cursor', 'limit', 'updated_from', 'status', 'from', 'packet_ids'])
    const query = new URLSearchParams({ [name]: String(random.pick(strange)) })
    const id = encodeURIComponent(String(random.pick(strange)))
    const lists = ['orders', 'returns', 'payments']
    const read = await gateway.ask(
      'GET',
      random.chance(0.6) ? `/v2/${random.pick(lists)}?${query}` : `/v2/jobs/${id}`,
    )
    for (const { status, headers } of [written, read]) {
      expect(headers.get('x-robnu-sandbox-error'), `seed ${seed}, ${path}`).toBeNull()
      statuses.add(status)
    }
  }
  expect([...statuses].sort()).toEqual([200, 201, 202, 400, 404, 409, 422])
  const { orders, parcels } = await world.ledger()
  expect(new Set(orders.map(({ id }) => id)).size).toBe(orders.length)
  expect(new Set(Object.values(parcels))).toEqual(new Set([0, 1]))
})
