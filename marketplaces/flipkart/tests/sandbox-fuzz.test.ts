import { randomFor } from 'robnu/testing'
import { expect, test } from 'vitest'
import { reports } from '../imports/reports.ts'
import files from '../sample-files.json' with { type: 'json' }
import { type Json, packing, startShop } from './sandbox-shop.ts'

const seed = 20_260_814
const strange = [
  ...[null, '', 'NA', 0, -1, 1.5, 1e21, true, [], {}, 'x'.repeat(200), '२', '\u0000', '__proto__'],
  ...['2026-02-30', '2026-08-14T10:00:00+05:30', "'12", '1.2E+16', '#REF!'],
]

test('no request, however strange, breaks the sandbox', async () => {
  const shop = await startShop()
  for (const operation of ['orders', 'returns', 'listings', 'reports']) {
    await shop.control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
  }
  const { orderIds: [orderId] } = await shop.place()
  const [shipment] = await shop.shipments(orderId)
  const { shipmentId, locationId } = shipment
  const one = { shipmentId, locationId }
  const bodies: Readonly<Record<string, Json>> = {
    '/v3/shipments/filter': {
      filter: { type: 'preDispatch', states: ['APPROVED'], modifiedDate: { from: 'x' } },
      pagination: { pageSize: 5 },
      sort: { field: 'orderDate', order: 'desc' },
    },
    '/v3/shipments/labels': { shipments: [packing(shipment)] },
    '/v3/shipments/forms/updateAck': {
      shipments: [{ ...one, forms: [{ name: 'x', ackNumber: 'y' }] }],
    },
    '/v3/shipments/dispatch': { shipmentIds: [shipmentId], locationId },
    '/v3/shipments/cancel': { shipments: [{ ...one, reason: 'x', cancellationGroupIds: [] }] },
    '/v3/shipments/manifest': { params: { vendorGroupCode: 'x', locationId } },
    '/v3/shipments/selfShip/delivery': { shipments: [{ ...one, deliveryDate: 'x' }] },
    '/v2/returns/complete': { returnIds: ['1'] },
    '/listings/v3/update/inventory': {
      'CAP-SPT-S': { product_id: 'x', locations: [{ id: 'x', inventory: 1 }] },
    },
    '/listings/v3/search': { filters: {}, page_id: '0' },
  }
  const random = randomFor(seed, 'bodies')
  for (let turn = 0; turn < 200; turn++) {
    const path = random.pick(Object.keys(bodies))
    const { status } = await shop.post(path, mutated(bodies[path], random.pick))
    expect([path, [200, 400, 404].includes(status)]).toEqual([path, true])
  }
  for (const text of ['', '{', 'null', '[]', '"x"']) {
    const headers = { authorization: `Bearer ${shop.secret.access_token}` }
    const { status } = await shop.ask('/sellers/v3/shipments/labels', {
      ...{ method: 'POST', headers, body: text },
    })
    expect(status).toBe(400)
  }
})

test('no file, however strange, loses a line or breaks its reader', async () => {
  const random = randomFor(seed, 'cells')
  const now = new Date('2026-08-14T10:00:00Z')
  const texts = strange.map((one) =>
    typeof one === 'object' ? '' : String(one).replaceAll('\0', '')
  )
  for (const report of reports) {
    const { columns, lines } = (files as unknown as Record<string, Json>)[report.id]
    for (let turn = 0; turn < 60; turn++) {
      const broken: string[][] = lines.map((line: string[]) =>
        line.map((cell) => random.chance(0.06) ? random.pick(texts) : cell)
          .slice(0, random.chance(0.05) ? random.int(0, line.length) : line.length)
      )
      const records = async function* () {
        for (const [at, cells] of broken.entries()) yield { line: at + 2, cells }
      }
      const account = { externalAccountId: 'fk', now }
      const results = await Array.fromAsync(report.rows(columns, records(), account))
      const told = results.flatMap((one) => one.lines).toSorted((a, b) => a - b)
      expect(told).toEqual(broken.map((_, at) => at + 2))
      for (const one of results) {
        const word = 'rejected' in one ? one.rejected : 'skipped' in one ? one.skipped : 'row'
        expect(word).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
      }
    }
  }
})

/** One member somewhere in it is another, or gone. */
const mutated = (value: Json, pick: <T>(list: readonly T[]) => T): Json => {
  if (!value || typeof value !== 'object' || pick([true, false, false])) return pick(strange)
  if (Array.isArray(value)) return value.length ? [mutated(value[0], pick)] : [pick(strange)]
  const names = Object.keys(value)
  const name = names.length ? pick(names) : ''
  if (pick([true, false, false, false])) {
    return Object.fromEntries(Object.entries(value).filter(([one]) => one !== name))
  }
  return { ...value, [name]: mutated(value[name], pick) }
}
