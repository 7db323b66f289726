/** Rotation of one seller's keys: killed anywhere, beside writers, and without the other seller. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rotateKeys } from '../../../core/ledger/keys/run-walk.ts'
import { bytes, command } from '../../../core/db/sql.ts'
import { sealsPerOrder } from '../../../core/ledger/store-orders.ts'
import { verifyTrailOf } from '../../../core/audit/verify-trails.ts'
import {
  bytesOf,
  dyingAt,
  endRest,
  type KeyHouse,
  leaseWalk,
  openAll,
  openKeyHouse,
  runWalks,
  signals,
  versionsOf,
} from './house.ts'

/** Nothing is signed here: it is the chain that must verify. */
const nobodysKeys = { verify: () => false, publicKeys: [] }
const orders = 500 // three batches
const reason = 'A laptop with access was lost'
const values = orders * sealsPerOrder // less the e-mails, which nobody has
let house: KeyHouse
let before: string
let texts: ReadonlyMap<string, string>
beforeAll(async () => {
  house = await openKeyHouse(orders)
  before = await bytesOf(house, house.two)
  texts = await openAll(house, house.one, await house.deps.keyring.forSeller(house.one.entry))
})
afterAll(() => house.close())

const keysOf = () =>
  house.fresh.asSuperuser((admin) =>
    admin<{ key: string; state: string; bytes: number; root: number | null }[]>`
      select purpose || ' ' || version as key, state, length(wrapped) as bytes, root
      from seller_keys where seller_id = ${house.one.sellerId} order by 1`
  )
const inOrder = async (
  { db }: Pick<KeyHouse['deps'], 'db'>,
  seal: (id: string) => Uint8Array,
): Promise<string> =>
  await db.withSellerScope(house.one.entry, async (scope) => {
    const [id] = await house.fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`
        select id from orders where seller_id = ${house.one.sellerId} order by id limit 1`
    )
    await scope.run(command`
      update orders set customer_name_enc = ${bytes(seal(id?.id ?? ''))}
      where seller_id = ${scope.sellerId} and id = ${id?.id ?? ''}`)
    return id?.id ?? ''
  })

describe('a rotation', () => {
  it('is asked for once, however often, and waits for a worker', async () => {
    const first = await house.walks.rotate(house.one.entry, { reason })
    expect(first).toMatchObject({ state: 'ASKED', reason, from_version: null, passes: 0 })
    expect((await house.walks.rotate(house.one.entry, { reason: 'again' })).id).toBe(first.id)
    expect(await house.walks.rotation(house.two.entry, first.id)).toBeNull()
    expect(await house.walks.rotations(house.one.entry, 9)).toHaveLength(1)
  })

  it('leaves nothing under the old key, wherever its worker is killed', async () => {
    const { db, keyring } = house.deps
    const late = house.openKeyring()
    const old = await late.forSeller(house.one.entry, { willSeal: 1 })
    let kills = 0
    let written = ''
    for (let at = 1; at < 100; at++) {
      const work = await leaseWalk(house, house.one)
      if (work === null) break
      const how = (['before', 'inside', 'behind'] as const)[at % 3] ?? 'before'
      // one step further each time, so that every step is the last one once
      const dying = dyingAt(db, 1 + at % 4, how)
      await rotateKeys({ ...house.deps, db: dying.db }, work, signals).catch((error: Error) => {
        expect(error.message).toBe('killed')
        kills += 1
      })
      const [rotation] = await house.walks.rotations(house.one.entry, 1)
      if (rotation?.state === 'RESTING' && written === '') {
        // a process that has heard nothing seals under the key of before
        written = await inOrder(
          { db },
          (id) => old.seal('orders', 'customer_name_enc', id, 'Late Buyer'),
        )
        expect(await versionsOf(house, house.one)).toMatchObject({ 1: 1 })
      }
      await endRest(house, house.one)
    }
    expect(kills).toBeGreaterThan(10)
    const [done] = await house.walks.rotations(house.one.entry, 1)
    expect(done).toMatchObject({ state: 'DONE', from_version: 1, to_version: 2, unreadable: 0 })
    expect(done?.passes).toBeGreaterThanOrEqual(3)

    const counts = await versionsOf(house, house.one)
    expect(Object.keys(counts)).toEqual(['2'])
    expect(counts[2]).toBe(texts.size)
    expect(texts.size).toBeGreaterThan(values * 0.7)
    keyring.renew(house.one.sellerId)
    const now = await openAll(house, house.one, await keyring.forSeller(house.one.entry))
    const wanted = new Map(texts)
    wanted.set(`orders ${written} customer_name_enc`, 'Late Buyer')
    expect(now).toEqual(wanted)
  })

  it('has turned the root with it, and destroyed the one before', async () => {
    expect(await keysOf()).toEqual([
      { key: 'hash 1', state: 'CURRENT', bytes: 60, root: 2 },
      { key: 'index 1', state: 'CURRENT', bytes: 60, root: 2 },
      { key: 'root 1', state: 'DESTROYED', bytes: 0, root: null },
      { key: 'root 2', state: 'CURRENT', bytes: 16, root: null },
      { key: 'seal 1', state: 'RETIRED', bytes: 60, root: 2 },
      { key: 'seal 2', state: 'CURRENT', bytes: 60, root: 2 },
    ])
  })

  it('touches no byte of another seller', async () => {
    expect(await bytesOf(house, house.two)).toBe(before)
  })

  it('tells the seller in the trail, and in the ledger of openings', async () => {
    const { events, ok } = await house.fresh.asSuperuser(async (admin) => ({
      ok: (await verifyTrailOf(house.fresh.db, house.one.sellerId, nobodysKeys))?.ok,
      events: await admin<{ action: string; data: { kind: string; outcome?: string } }[]>`
        select action, data::jsonb as data from audit_events
        where seller_id = ${house.one.sellerId} and action like 'key-walk.%' order by seq`,
    }))
    expect(ok).toBe(true)
    expect(events.map(({ action, data }) => [action, data.kind, data.outcome])).toEqual([
      ['key-walk.requested', 'ROTATE', undefined],
      ['key-walk.ended', 'ROTATE', 'DONE'],
    ])
  })

  it('waits for nobody, and is waited for by nobody', async () => {
    const { sellerId, entry } = house.one
    await house.walks.rotate(entry, { reason })
    const held = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    // somebody has orders in hand for as long as the pass takes
    const writer = house.fresh.db.withSellerScope(entry, async (scope) => {
      await scope.run(command`
        update orders set raw_status = 'In hand' where seller_id = ${sellerId} and id in (
          select id from orders where seller_id = ${sellerId} order by id limit 5)`)
      holding.resolve()
      await held.promise
    })
    await holding.promise
    // begins, walks its first pass, and rests
    for (let slice = 0; slice < 9; slice++) {
      const work = await leaseWalk(house, house.one)
      if (work) await rotateKeys(house.deps, work, signals)
      if ((await house.walks.rotations(entry, 1))[0]?.state === 'RESTING') break
    }
    expect((await versionsOf(house, house.one))[2]).toBe(15)
    held.resolve()
    await writer
    await endRest(house, house.one)
    await runWalks(house, house.one)
    expect(Object.keys(await versionsOf(house, house.one))).toEqual(['3'])
    expect((await house.walks.rotations(entry, 1))[0]).toMatchObject({
      ...{ state: 'DONE', to_version: 3, passes: 3, resealed: texts.size },
    })
  })

  it('ends with nothing to do for a seller that has no keys', async () => {
    const { makeSeller } = await import('../../support/database.ts')
    const empty = await makeSeller(house.fresh.db)
    await house.walks.rotate(empty.entry, { reason })
    expect(await runWalks(house, empty)).toBe(1)
    expect((await house.walks.rotations(empty.entry, 1))[0]).toMatchObject({
      ...{ state: 'DONE', opened: 0, to_version: null },
    })
  })
})
