/** Shipments that go into an open manifest and out of it, at a person's word. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../core/ids.ts'
import { loadManifest } from '../../../core/ledger/documents/load-record.ts'
import { type House, type Opened, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

const open = async (orders: readonly Opened[]) => {
  await house.start(orders, { closure: 'MANUAL' })
  await house.drain('PROCESSING')
}
const openManifest = async () => {
  const { entry } = house.seller
  const { manifests: [one] } = await house.manifests.list(entry, { limit: 1, state: 'OPEN' })
  if (!one) throw new Error('There is no open manifest')
  return one
}

describe('an open manifest', () => {
  const change = (
    manifestId: string,
    { add = [], remove = [] }: {
      readonly add?: readonly string[]
      readonly remove?: readonly string[]
    },
  ) => house.processing.changeManifest(house.seller.entry, manifestId, { add, remove }, null)
  const insideOf = async (id: string) => {
    const manifest = await house.manifests.get(house.seller.entry, id)
    expect(manifest?.shipments).toHaveLength(manifest?.shipment_count ?? -1)
    return manifest?.shipments.map((one) => one.id) ?? []
  }

  it('gives shipments away and takes them up, here and at the marketplace', async () => {
    const orders = await house.openOrders(4)
    await open(orders.slice(0, 3))
    const manifest = await openManifest()
    const { id } = manifest
    const [first = '', second = '', third = ''] = await insideOf(id)
    const asked = await change(id, { remove: [first] })
    expect(asked).toMatchObject({ state: 'QUEUED', orders: { total: 0 } })
    expect(await house.drain('PROCESSING')).toBe('DONE')
    expect(await house.batch(asked?.id ?? '')).toMatchObject({ state: 'DONE' })
    expect(await insideOf(id)).toEqual([second, third])

    // both at once; what is in it already stays
    const both = await change(id, { add: [first, second], remove: [third] })
    // an answer that is lost behind the write: the next slice finds what it has done
    let lost = false
    const losing: typeof fetch = async (input, init) => {
      const answer = await house.world.deps.fetch(input, init)
      const url = input instanceof Request ? input.url : String(input)
      if (lost || !url.endsWith('/add')) return answer
      lost = true
      throw new TypeError('The line is cut')
    }
    expect(await house.drain('PROCESSING', { fetch: losing })).toBe('DONE')
    expect(lost).toBe(true)
    expect(await house.batch(both?.id ?? '')).toMatchObject({ state: 'DONE' })
    expect((await insideOf(id)).toSorted()).toEqual([first, second].toSorted())
    const there = (await house.atBazaar()).lots.find(({ lot }) =>
      lot === manifest.external_manifest_id
    )
    expect(there?.parcels).toHaveLength(2)
    const events = await house.world.fresh.asSuperuser((admin) =>
      admin`select data from audit_events where action = 'manifest.change-requested'
        and target = ${`manifest:${id}`} order by seq`
    )
    expect(events.map(({ data }) => JSON.parse(data))).toEqual([
      { batch: asked?.id, added: 0, removed: 1 },
      { batch: both?.id, added: 2, removed: 1 },
    ])

    await house.processing.closeManifest(house.seller.entry, id, null)
    await house.drain('PROCESSING')
    await expect(change(id, { remove: [first] })).rejects.toMatchObject({ code: 'manifest-closed' })
    // what was taken out goes with the next one; what is closed goes into no other
    await open(orders.slice(3))
    const { id: next } = await openManifest()
    const [inNext = ''] = await insideOf(next)
    await expect(change(next, { add: [third, first], remove: [second] })).rejects
      .toMatchObject({
        code: 'invalid-request',
        errors: [
          { pointer: '/add/1', message: 'is in another manifest' },
          { pointer: '/remove/0', message: 'is not in the manifest' },
        ],
      })
    await change(next, { add: [third] })
    await house.drain('PROCESSING')
    expect((await insideOf(next)).toSorted()).toEqual([third, inNext].toSorted())
    await house.processing.closeManifest(house.seller.entry, next, null)
    await house.drain('PROCESSING')
  })

  it('takes no shipment that is not ready or of nobody, and no more than 250', async () => {
    await open(await house.openOrders(2))
    const manifest = await openManifest()
    const { id } = manifest
    const [first = '', second = ''] = await insideOf(id)
    const admin = house.world.fresh.asSuperuser
    await change(id, { remove: [first] })
    await house.drain('PROCESSING')
    await admin((sql) => sql`update shipments set status = 'CANCELLED' where id = ${first}`)
    await expect(change(id, { add: [first, newId()] })).rejects.toMatchObject({
      errors: [
        { pointer: '/add/0', message: 'is not ready to ship' },
        { pointer: '/add/1', message: 'is no shipment of the account' },
      ],
    })
    await admin((sql) => sql`update shipments set status = 'READY_TO_SHIP' where id = ${first}`)
    await admin((sql) => sql`update manifests set shipment_count = 250 where id = ${id}`)
    await expect(change(id, { add: [first] })).rejects.toMatchObject({
      errors: [{ pointer: '/add' }],
    })
    // one for another is no more than before
    expect(await change(id, { add: [first], remove: [second] })).toMatchObject({ state: 'QUEUED' })
    await house.drain('PROCESSING')
    expect(await insideOf(id)).toEqual([first])
    await house.processing.closeManifest(house.seller.entry, id, null)
    await house.drain('PROCESSING')
  })

  it('is listed on paper with every parcel of it, also one that is unknown here', async () => {
    const { manifests: [closed] } = await house.manifests.list(house.seller.entry, {
      ...{ limit: 1, state: 'CLOSED' },
    })
    const shown = await house.manifests.get(house.seller.entry, closed?.id ?? '')
    const known = shown?.shipments.map((one) => one.external_shipment_id) ?? []
    expect(known).toHaveLength(closed?.shipment_count ?? -1)
    const record = await house.world.fresh.db.withSellerScope(
      house.seller.entry,
      (scope) =>
        loadManifest(scope, {
          ...{ accountId: house.accountId, marketplaceName: 'Bazaar', gstin: null },
          row: {
            ...{ externalId: 'LOT-1', state: 'CLOSED', dispatchDate: null, updatedAt: new Date(0) },
            shipmentExternalIds: ['ZZ-unknown', ...known],
          },
        }),
    )
    expect(record.parcels.map(({ number }) => number)).toEqual([...known, 'ZZ-unknown'])
    expect(record.parcels.at(-1)).toMatchObject({ orderNumber: null, pieces: null })
    for (const { pieces } of record.parcels.slice(0, -1)) expect(pieces).toBeGreaterThan(0)
  })
})
