/** Workers that die, answers that are lost, a bucket that fails: one parcel for each order all the same. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BatchView } from '../../../core/ledger/processing/read-batches.ts'
import { silentLog } from '../../../core/log.ts'
import { findObject } from '../../../core/storage/rows.ts'
import { sweepObjects } from '../../../core/storage/sweep.ts'
import { randomFor } from '../../../core/testing/sandbox/random.ts'
import { type House, type Opened, openHouse } from './house.ts'
import { mortal } from './mortal.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())

/** What must hold of these orders, whatever has happened on the way. */
const expectOneEach = async (orders: readonly Opened[], batch: BatchView): Promise<void> => {
  expect(batch).toMatchObject({ state: 'DONE', orders: { done: orders.length, held: 0 } })
  expect(batch.documents).toMatchObject({
    ...{ PACKING_SLIP: orders.length, VENDOR_INVOICE: orders.length, LABEL: orders.length },
  })
  const there = await house.atBazaar()
  for (const { number } of orders) {
    expect(there.parcels.filter((parcel) => parcel.number === number), number).toHaveLength(1)
  }
  const inLots = there.lots.flatMap(({ parcels }) => parcels)
  expect(inLots.length).toBe(new Set(inLots).size)
  // every write once for each order, every lot made, filled and closed once
  const all = there.parcels.length
  expect(there.writes).toMatchObject({ confirm: all, pack: all })
  const lots = there.lots.length
  expect(there.writes).toMatchObject({ openLot: lots, addToLot: lots, closeLot: lots })
  const numbers = await house.world.fresh.asSuperuser((admin) =>
    admin<{ number: number }[]>`select number from order_invoices order by number`
  )
  expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_, at) => at + 1))
  const living = await house.world.fresh.asSuperuser((admin) =>
    admin<{ n: number }[]>`select count(*)::int as n from batch_orders where live`
  )
  expect(living[0]?.n).toBe(0)
}

describe('a worker that dies', () => {
  it.each([1, 2])('at any moment leaves nothing to be done twice (seed %i)', async (seed) => {
    const random = randomFor(seed, 'kills')
    const orders = await house.openOrders(3)
    const { id } = await house.start(orders)
    let kills = 0
    for (let turn = 0; turn < 400; turn++) {
      const dying = mortal(house.deps, {
        effects: random.int(1, 14),
        before: random.chance(0.5),
      })
      try {
        const state = await house.slice('PROCESSING', dying.deps)
        if (state !== 'WAITING') break
      } catch (error) {
        if (!dying.isDead()) throw error
        kills += 1
      }
    }
    expect(kills).toBeGreaterThan(10)
    await expectOneEach(orders, await house.batch(id))
  })
})

describe('an answer that is lost after the marketplace has done the work', () => {
  it('is read at every write, and not repeated', async () => {
    const orders = await house.openOrders(2)
    const writes = ['confirm', 'pack', 'openLot', 'addToLot', 'closeLot']
    for (const operation of writes) {
      await house.world.control('failNext', { operation, kind: 'timeout-after-commit' })
    }
    const { id } = await house.start(orders)
    for (const operation of writes) {
      expect(await house.slice('PROCESSING'), operation).toBe('WAITING')
    }
    expect(await house.drain('PROCESSING')).toBe('DONE')
    await expectOneEach(orders, await house.batch(id))
  })
})

describe('a bucket that fails 20 % of the time', () => {
  it('delays papers, and loses none of them', async () => {
    const random = randomFor(5, 'bucket')
    const orders = await house.openOrders(3)
    house.troubled.decide(() =>
      random.chance(0.2) ? random.pick(['error', 'cut', 'lost'] as const) : 'none'
    )
    const { id } = await house.start(orders)
    expect(await house.drain('PROCESSING')).toBe('DONE')
    house.troubled.decide(() => 'none')
    await expectOneEach(orders, await house.batch(id))
    await sweepObjects({
      ...{ db: house.world.fresh.db, files: house.files, log: silentLog },
      now: () => Date.now() + 25 * 3_600_000,
    })
    const rows = await house.world.fresh.asSuperuser((admin) =>
      admin<{ id: string; used: boolean }[]>`
        select s.id, exists (
          select from order_documents d where d.storage_object_id = s.id) as used
        from storage_objects s`
    )
    expect(rows.length).toBeGreaterThan(9)
    expect(rows.filter(({ used }) => !used)).toEqual([])
    for (const row of rows) {
      const object = await house.world.fresh.db.withSellerScope(
        house.seller.entry,
        (scope) => findObject(scope, { id: row.id }),
      )
      if (!object) throw new Error('A row says what is not stored')
      const hash = createHash('sha256')
      for await (const chunk of house.files.get(object)) hash.update(chunk)
      expect(hash.digest('hex')).toBe(object.sha256)
    }
  })
})
