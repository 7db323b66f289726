/** When manifests are closed: with the batch, before the cut-off, or by hand; and what ends badly. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeAt, cutoffOf, dispatchDay } from '../../../core/ledger/processing/cutoff.ts'
import { forAdapter } from '../../../core/ledger/processing/load-batch.ts'
import { sweepManifests } from '../../../core/ledger/processing/sweep-manifests.ts'
import { failure } from '../../../core/plugin.ts'
import { requestWork } from '../../../core/queues/work.ts'
import { type House, type Opened, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

const processed = async (orders: readonly Opened[], closure: 'DELAYED' | 'MANUAL') => {
  const { id } = await house.start(orders, { closure })
  await house.drain('PROCESSING')
  return await house.batch(id)
}
const openManifests = async () =>
  (await house.manifests.list(house.seller.entry, { limit: 50, state: 'OPEN' })).manifests

describe('the cut-off', () => {
  it.each([
    ['before it, of the same day', '2026-08-14T11:59:00Z', '17:30', '2026-08-14'],
    ['at it, of the same day', '2026-08-14T12:00:00Z', '17:30', '2026-08-14'],
    ['behind it, of the next day', '2026-08-14T12:00:01Z', '17:30', '2026-08-15'],
    ['after midnight in India, of the new day', '2026-08-14T18:31:00Z', '17:30', '2026-08-15'],
    ['behind the last one of a year', '2026-12-31T12:30:00Z', '17:30', '2027-01-01'],
    ['of an account with another one', '2026-08-14T09:31:00Z', '15:00', '2026-08-15'],
  ])('makes a hand-over %s', (_what, at, cutoff, day) => {
    expect(dispatchDay(new Date(at), cutoff)).toBe(day)
  })

  it("is the account's, or half past five", () => {
    expect(cutoffOf({ manifest_cutoff: '15:00:00' })).toBe('15:00')
    expect(cutoffOf({ manifest_cutoff: '25:00' })).toBe('17:30')
    expect(cutoffOf({})).toBe('17:30')
  })

  it('is met a quarter of an hour early, today or tomorrow', () => {
    expect(closeAt(new Date('2026-08-14T05:00:00Z'), '17:30'))
      .toEqual(new Date('2026-08-14T11:45:00Z'))
    expect(closeAt(new Date('2026-08-14T11:45:00Z'), '17:30'))
      .toEqual(new Date('2026-08-15T11:45:00Z'))
  })
})

describe('a delayed manifest', () => {
  it('stays open, takes up the next batch, and is closed by the sweep when it is due', async () => {
    await processed(await house.openOrders(2), 'DELAYED')
    await processed(await house.openOrders(1), 'DELAYED')
    const [open, ...more] = await openManifests()
    expect(more).toEqual([])
    expect(open).toMatchObject({ closure: 'DELAYED', shipment_count: 3 })
    const now = house.world.deps.upstreamOf('bazaar').now()
    expect(open?.close_at).toEqual(closeAt(now, '17:30'))

    const { db, registry, queueOf, upstreamOf } = house.world.deps
    expect(await sweepManifests({ db, registry, queueOf, upstreamOf })).toBe(0)
    const later = {
      ...upstreamOf('bazaar'),
      now: () => new Date((open?.close_at?.getTime() ?? 0) + 60_000),
    }
    const due = { db, registry, queueOf, upstreamOf: () => later }
    expect(await sweepManifests(due)).toBe(1)
    // asked again, it is the same work
    expect(await sweepManifests(due)).toBe(1)
    expect(await house.drain('PROCESSING', { upstreamOf: () => later })).toBe('DONE')
    expect(await house.slice('PROCESSING')).toBe('NONE')
    expect(await house.manifests.get(house.seller.entry, open?.id ?? '')).toMatchObject({
      ...{ state: 'CLOSED', shipment_count: 3 },
    })
    expect(await sweepManifests(due)).toBe(0)
  })
})

describe('a manifest that is closed by hand', () => {
  it('is handed to the adapter with what the ledger has in it', async () => {
    await processed(await house.openOrders(2), 'MANUAL')
    const [open] = await openManifests()
    const { db, keyring } = house.deps
    const keys = await keyring.forSeller(house.seller.entry)
    const id = open?.external_manifest_id ?? ''
    const batch = await db.withSellerScope(
      house.seller.entry,
      (scope) =>
        forAdapter(scope, keys, house.accountId, {
          ...{ id: house.accountId, state: 'RUNNING', closure: 'MANUAL', open: [], failure: null },
          ...{ closeManifests: [id, 'another'], manifestChanges: null },
        }),
    )
    const { lots } = await house.atBazaar()
    const inside = lots.find(({ lot }) => lot === id)?.parcels ?? []
    expect(inside).toHaveLength(2)
    expect(batch.manifestShipments).toEqual({ [id]: [...inside].sort() })
    await house.processing.closeManifest(house.seller.entry, open?.id ?? '', null)
    await house.drain('PROCESSING')
  })

  it('waits for it, is closed once, and no second time', async () => {
    await processed(await house.openOrders(1), 'MANUAL')
    const [open] = await openManifests()
    expect(open).toMatchObject({ closure: 'MANUAL', close_at: null, state: 'OPEN' })
    const id = open?.id ?? ''
    const asked = await house.processing.closeManifest(house.seller.entry, id, null)
    expect(asked).toMatchObject({ state: 'QUEUED', orders: { total: 0 } })
    expect(await house.drain('PROCESSING')).toBe('DONE')
    expect(await house.manifests.get(house.seller.entry, id)).toMatchObject({ state: 'CLOSED' })
    await expect(house.processing.closeManifest(house.seller.entry, id, null))
      .rejects.toMatchObject({ code: 'manifest-closed' })
    const { lots } = await house.atBazaar()
    expect(lots.every(({ closed }) => closed)).toBe(true)
  })

  it('is not there for who may not see its account', async () => {
    const { manifests: [first] } = await house.manifests.list(house.seller.entry, { limit: 1 })
    const nobody = { only: [], except: [] }
    const { entry } = house.seller
    expect(await house.manifests.get(entry, first?.id ?? '', nobody)).toBeNull()
    expect(await house.processing.closeManifest(entry, first?.id ?? '', nobody)).toBeNull()
    expect((await house.manifests.list(entry, { limit: 9, accounts: nobody })).manifests).toEqual(
      [],
    )
  })
})

describe('a batch', () => {
  it('of a schedule takes all that is ready, in the order of their haste', async () => {
    const [later] = await house.openOrders(1, { ship_by: '2026-03-02T00:00:00.000Z' })
    const [sooner] = await house.openOrders(1, { ship_by: '2026-03-01T00:00:00.000Z' })
    await house.openOrders(1, { state: 'held' })
    await house.world.fresh.db.withSellerScope(house.seller.entry, (scope) =>
      requestWork(scope, {
        ...{ sellerId: house.seller.sellerId, accountId: house.accountId },
        ...{ target: 'PROCESSING', reason: 'schedule', queue: 'account-sync' },
      }))
    expect(await house.drain('PROCESSING')).toBe('DONE')
    const { batches: [batch] } = await house.processing.list(house.seller.entry, {
      ...{ limit: 1, accounts: null },
    })
    const report = await house.processing.lines(house.seller.entry, batch?.id ?? '', {
      ...{ limit: 50, accounts: null },
    })
    const order = [...new Set(report?.lines.map(({ order_id }) => order_id))]
    expect(order).toEqual([sooner?.id, later?.id])
    expect(batch).toMatchObject({ state: 'DONE', orders: { total: 2, done: 2 } })
  })

  it('that nobody can go on with fails, and sets its orders free', async () => {
    const orders = await house.openOrders(1)
    const { id } = await house.start(orders)
    const broken: typeof fetch = () =>
      Promise.reject(failure('bad-response', 'Nobody can read this'))
    expect(await house.drain('PROCESSING', { fetch: broken })).toBe('FAILED')
    expect(await house.batch(id)).toMatchObject({
      ...{ state: 'FAILED', orders: { stopped: 1, held: 0 } },
      failure: { code: 'bad-response', message: 'Nobody can read this' },
    })
    const again = await house.start(orders)
    await house.drain('PROCESSING')
    expect(await house.batch(again.id)).toMatchObject({ orders: { done: 1 } })
  })

  it('whose run has ended without it, as a dead letter does, holds no order for ever', async () => {
    const orders = await house.openOrders(1)
    const dead = await house.start(orders)
    await house.world.fresh.asSuperuser(async (admin) => {
      await admin`update work_items set state = 'FAILED' where job_run_id = ${dead.run_id}`
      await admin`update job_runs set state = 'FAILED' where id = ${dead.run_id}`
    })
    const again = await house.start(orders)
    expect(await house.batch(dead.id)).toMatchObject({
      ...{ state: 'FAILED', failure: { code: 'run-ended' }, orders: { stopped: 1 } },
    })
    await house.drain('PROCESSING')
    expect(await house.batch(again.id)).toMatchObject({ state: 'DONE', orders: { done: 1 } })
  })

  it('whose token ends in its middle goes on with a new slice', async () => {
    const orders = await house.openOrders(2)
    const { id } = await house.start(orders)
    let asked = 0
    const ending: typeof fetch = async (input, init) => {
      asked += 1
      if (asked === 3) throw failure('auth', 'The token is over', { code: 'token-expired' })
      return await house.world.deps.fetch(input, init)
    }
    expect(await house.slice('PROCESSING', { fetch: ending })).toBe('WAITING')
    expect(await house.drain('PROCESSING', { fetch: ending })).toBe('DONE')
    expect(await house.batch(id)).toMatchObject({ orders: { done: 2 } })
  })
})
