/** Parcels, manifests and returns: stored once, linked whichever comes first. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { moveOrder } from '../../core/ledger/order-moves.ts'
import { createReturns } from '../../core/ledger/read-returns.ts'
import { createShipments } from '../../core/ledger/read-shipments.ts'
import { storeManifests } from '../../core/ledger/store-manifests.ts'
import { storeShipments } from '../../core/ledger/store-shipments.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { orderIdIn } from './support/histories.ts'
import { ledgerVersions, openPages, type Pages } from './support/pages.ts'
import { orderRow, payoutRow, returnRow, shipmentRow } from './support/rows.ts'

let fresh: FreshDatabase
let pages: Pages
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(() => fresh?.close())
beforeEach(async () => {
  pages = await openPages(fresh)
})
afterEach(() => pages.close())

const at = (day: number) => new Date(Date.UTC(2026, 1, day))
const orderNow = async () => {
  const [row] = await pages.fresh.asSuperuser((admin) =>
    admin`select status, raw_status, dedup_key from orders
      where external_order_id = 'BZ-1' and marketplace_account_id = ${pages.accountId}`
  )
  return { ...row }
}
const all = { limit: 10, filter: {} }
const oneReturn = async () => {
  const { list, get } = createReturns(pages.fresh.db)
  const { rows } = await list(pages.seller.entry, all)
  return await get(pages.seller.entry, rows[0]?.id ?? '', null)
}
const parcels = async () => {
  const { rows } = await createShipments(pages.fresh.db).list(pages.seller.entry, all)
  return rows
}

describe('the same page ten times', () => {
  it('writes nothing behind the first time, whatever it holds', async () => {
    const orders = [1, 2, 3].map((n) =>
      orderRow({
        externalId: `BZ-${n}`,
        shipments: [
          shipmentRow({ externalId: `SH-${n}` }),
          shipmentRow({
            externalId: `SH-${n}b`,
            status: 'CANCELLED',
            rawStatus: 'cancelled',
          }),
        ],
      })
    )
    const returns = [returnRow(), returnRow({ externalId: 'RT-2', kind: 'RTO' })]
    const payouts = [payoutRow(), payoutRow({ externalId: 'ST-2', status: null })]
    await pages.store('ORDERS', orders)
    await pages.store('RETURNS', returns)
    await pages.store('PAYOUTS', payouts)
    const before = await ledgerVersions(pages)
    expect(before.length).toBeGreaterThan(40)
    for (let time = 0; time < 10; time++) {
      expect(await pages.store('ORDERS', orders)).toMatchObject({ changed: 0, unchanged: 3 })
      expect(await pages.store('RETURNS', returns)).toMatchObject({ changed: 0, unchanged: 2 })
      expect(await pages.store('PAYOUTS', payouts)).toMatchObject({ changed: 0, unchanged: 2 })
    }
    expect(await ledgerVersions(pages)).toEqual(before)
  })
})

describe('a return', () => {
  it('is its order’s, whichever of the two comes first, by the same key', async () => {
    await pages.store('RETURNS', [returnRow()])
    expect(await oneReturn()).toMatchObject({ order_id: null, shipment_id: null })
    await pages.store('ORDERS', [orderRow({ shipments: [shipmentRow()] })])
    const id = orderIdIn(pages, 'BZ-1')
    const [parcel] = await parcels()
    expect(await oneReturn()).toMatchObject({ order_id: id, shipment_id: parcel?.id })
    await pages.store('RETURNS', [returnRow({ externalId: 'RT-2' })])
    const linked = await pages.fresh.asSuperuser((admin) =>
      admin`select order_id, shipment_id, order_dedup_key from order_returns
        where marketplace_account_id = ${pages.accountId}`
    )
    const { dedup_key } = await orderNow()
    expect(dedup_key).toBe('bazaar:SHOP-1:order:BZ-1')
    expect(linked.map((row) => ({ ...row }))).toEqual(Array.from({ length: 2 }, () => ({
      ...{ order_id: id, shipment_id: parcel?.id, order_dedup_key: dedup_key },
    })))
  })

  it('keeps every waybill it ever had, and is found by any of them', async () => {
    const leg = (awb: string) => ({ awb, carrier: null })
    await pages.store('RETURNS', [returnRow({ awbs: [leg('A'), leg('B')] })])
    const later = returnRow({ awbs: [leg('C')], updatedAt: at(1) })
    await pages.store('RETURNS', [later])
    expect((await oneReturn())?.awbs.map(({ awb }) => awb)).toEqual(['A', 'B', 'C'])
    // an older row brings one more, and takes nothing away
    expect(await pages.store('RETURNS', [returnRow({ awbs: [leg('D')] })]))
      .toMatchObject({ changed: 1 })
    const { list } = createReturns(pages.fresh.db)
    for (const awb of ['A', 'B', 'C', 'D']) {
      const found = await list(pages.seller.entry, { limit: 10, filter: { awb } })
      expect(found.rows).toHaveLength(1)
    }
    const nobody = await list(pages.seller.entry, { limit: 10, filter: { awb: 'E' } })
    expect(nobody.rows).toEqual([])
  })

  it('may be claimed for as long as the marketplace says, else for 60 days', async () => {
    await pages.store('RETURNS', [returnRow()])
    expect(await oneReturn()).toMatchObject({ claim_due_at: new Date('2026-03-21T00:00:00Z') })
    await pages.store('RETURNS', [returnRow({ updatedAt: at(1) })], { claimWindowDays: 7 })
    expect(await oneReturn()).toMatchObject({ claim_due_at: new Date('2026-01-27T00:00:00Z') })
  })

  it('of what was never delivered moves its order, whichever comes first', async () => {
    const rto = returnRow({
      kind: 'RTO',
      status: 'DELIVERED',
      deliveredAt: at(3),
      updatedAt: at(3),
    })
    await pages.store('RETURNS', [rto])
    await pages.store('ORDERS', [orderRow({ status: 'SHIPPED' })])
    expect(await orderNow()).toMatchObject({ status: 'RTO_RECEIVED', raw_status: 'packed' })
  })
})

describe('parcels', () => {
  it('lead their order, to the one furthest behind of those that live', async () => {
    const two = (
      first: 'PACKED' | 'SHIPPED' | 'CANCELLED',
      second: 'PACKED' | 'SHIPPED',
      day = 1,
    ) =>
      orderRow({
        updatedAt: at(day),
        status: 'ACKNOWLEDGED',
        shipments: [
          shipmentRow({ status: first, updatedAt: at(day) }),
          shipmentRow({ externalId: 'SH-2', status: second, updatedAt: at(day) }),
        ],
      })
    await pages.store('ORDERS', [two('PACKED', 'PACKED')])
    expect(await orderNow()).toMatchObject({ status: 'PACKED' })
    await pages.store('ORDERS', [two('SHIPPED', 'PACKED', 2)])
    expect(await orderNow()).toMatchObject({ status: 'PACKED' })
    await pages.store('ORDERS', [two('SHIPPED', 'SHIPPED', 3)])
    expect(await orderNow()).toMatchObject({ status: 'SHIPPED' })
  })

  it('of a row that does not tell of any stay as they are', async () => {
    await pages.store('ORDERS', [orderRow({ shipments: [shipmentRow({ status: 'MANIFESTED' })] })])
    await pages.store('ORDERS', [orderRow({ updatedAt: at(1), rawStatus: 'waits' })])
    expect(await orderNow()).toMatchObject({ status: 'MANIFESTED', raw_status: 'waits' })
    expect(await parcels()).toMatchObject([{ status: 'MANIFESTED' }])
  })

  it('keep the waybill that they had when the marketplace tells none', async () => {
    await pages.store('ORDERS', [orderRow({ shipments: [shipmentRow()] })])
    const shipments = [shipmentRow({ awb: null, carrier: null, updatedAt: at(1) })]
    await pages.store('ORDERS', [orderRow({ updatedAt: at(1), shipments })])
    expect(await parcels()).toMatchObject([{ awb: '1490812345678', carrier: 'BAZAAR POST' }])
  })
})

describe('a step of our own', () => {
  const order = orderRow({ status: 'ACKNOWLEDGED' })
  it('is not undone by an older page, and gives way to a later word', async () => {
    await pages.store('ORDERS', [order])
    const id = orderIdIn(pages, 'BZ-1')
    const done = { status: 'READY_TO_SHIP', at: at(5) } as const
    expect(await pages.inScope((scope) => moveOrder(scope, pages.place, id, done))).toBe(true)
    const before = await ledgerVersions(pages)
    expect(await pages.inScope((scope) => moveOrder(scope, pages.place, id, done))).toBe(false)
    expect(await ledgerVersions(pages)).toEqual(before)
    await pages.store('ORDERS', [{ ...order, status: 'PACKED', updatedAt: at(4) }])
    expect(await orderNow()).toMatchObject({ status: 'READY_TO_SHIP' })
    await pages.store('ORDERS', [{ ...order, status: 'PACKED', updatedAt: at(6) }])
    expect(await orderNow()).toMatchObject({ status: 'PACKED' })
    await pages.store('ORDERS', [{ ...order, status: 'CANCELLED', updatedAt: at(7) }])
    expect(await orderNow()).toMatchObject({ status: 'CANCELLED' })
  })

  it('stores parcels and manifests; what is in a closed one is MANIFESTED', async () => {
    await pages.store('ORDERS', [order])
    const parcel = {
      order: { id: orderIdIn(pages, 'BZ-1'), externalId: 'BZ-1' },
      row: shipmentRow(),
    }
    const store = () =>
      pages.inScope((scope, keys) => storeShipments(scope, keys, pages.place, [parcel]))
    expect((await store()).written).toHaveLength(1)
    expect((await store()).written).toEqual([])
    const manifest = (
      state: 'OPEN' | 'CLOSED',
      day: number,
      inside: readonly string[] = ['SH-1'],
    ) =>
      pages.inScope((scope) =>
        storeManifests(scope, pages.place, [{
          ...{ externalId: 'M-1', state, dispatchDate: '2026-02-05', updatedAt: at(day) },
          shipmentExternalIds: inside,
        }])
      )
    const [id] = await manifest('OPEN', 1)
    expect(await parcels()).toMatchObject([{ manifest_id: id, status: 'PACKED' }])
    await manifest('OPEN', 2, [])
    expect(await parcels()).toMatchObject([{ manifest_id: null }])
    await manifest('CLOSED', 3)
    expect(await parcels()).toMatchObject([{ manifest_id: id, status: 'MANIFESTED' }])
    expect(await orderNow()).toMatchObject({ status: 'MANIFESTED' })
    const before = await ledgerVersions(pages)
    await manifest('CLOSED', 3)
    // a closed one never opens again
    await manifest('OPEN', 2, [])
    expect(await ledgerVersions(pages)).toEqual(before)
    expect(await parcels()).toMatchObject([{ manifest_id: id, status: 'MANIFESTED' }])
  })

  it('knows a parcel’s manifest when it comes later than the parcel', async () => {
    const shipments = [shipmentRow({ manifestExternalId: 'M-1' })]
    await pages.store('ORDERS', [orderRow({ shipments })])
    expect(await parcels()).toMatchObject([{ manifest_id: null }])
    const row = { externalId: 'M-1', state: 'OPEN', dispatchDate: null, updatedAt: at(1) } as const
    const [id] = await pages.inScope((scope) =>
      storeManifests(scope, pages.place, [{ ...row, shipmentExternalIds: ['SH-1'] }])
    )
    expect(await parcels()).toMatchObject([{ manifest_id: id }])
  })
})

describe('a word that nobody knows', () => {
  it('is counted by the run, and leaves the state as it was', async () => {
    const unknown = { status: null, rawStatus: 'Held at hub' }
    await pages.store('ORDERS', [orderRow(), orderRow({ externalId: 'BZ-2', ...unknown })])
    const later = orderRow({ ...unknown, updatedAt: at(1), shipments: [shipmentRow(unknown)] })
    const counts = await pages.store('ORDERS', [later])
    expect(counts.unknown).toEqual({ 'Held at hub': 3 })
    expect(await orderNow()).toMatchObject({ status: 'PACKED', raw_status: 'Held at hub' })
    const kept = await pages.fresh.asSuperuser((admin) =>
      admin`select unknown_words from job_runs
        where marketplace_account_id = ${pages.accountId} and unknown_words <> '{}'`
    )
    expect(kept.map((row) => ({ ...row }))).toEqual([{ unknown_words: { 'Held at hub': 3 } }])
  })
})
