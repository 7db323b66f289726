/** What walks find, and what may become of a key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../../../core/db/sql.ts'
import { fault } from '../../../core/errors.ts'
import { beginWalk, lastTurnBefore, readOpenWalk } from '../../../core/ledger/keys/walk-rows.ts'
import { rotateKeys } from '../../../core/ledger/keys/run-walk.ts'
import { requestWalk } from '../../../core/ledger/keys/walks.ts'
import { outcomeOf } from '../../isolation/attempts.ts'
import type { TestSeller } from '../../support/database.ts'
import {
  bytesOf,
  type KeyHouse,
  leaseWalk,
  openKeyHouse,
  runWalks,
  signals,
  versionsOf,
} from './house.ts'

let house: KeyHouse
beforeAll(async () => {
  house = await openKeyHouse(40)
})
afterAll(() => house.close())

const reason = 'To see what comes of it'
const ask = async (
  seller: TestSeller,
  kind: 'ROTATE' | 'VERIFY' | 'PRUNE',
  more: { readonly oneIn?: number; readonly below?: number } = {},
) => {
  const { id } = await house.fresh.db.withPlatformScope(
    'cli:meera',
    (tx) => requestWalk(tx, { sellerId: seller.sellerId, kind, reason, by: 'meera', ...more }),
  )
  await runWalks(house, seller)
  const [walk] = await house.fresh.asSuperuser((admin) =>
    admin<
      {
        state: string
        opened: string
        unreadable: string
        faults: unknown
        failure: string | null
      }[]
    >`select state, opened, unreadable, faults, failure from key_walks where id = ${id}`
  )
  return { ...walk, opened: Number(walk?.opened), unreadable: Number(walk?.unreadable) }
}
const valuesOf = async (seller: TestSeller): Promise<number> =>
  Object.values(await versionsOf(house, seller)).reduce((sum, one) => sum + one, 0)

it('a worker whose lease is over undoes what it did of a walk that went on without it', async () => {
  const { entry, sellerId } = house.two
  const { db } = house.fresh
  await db.withPlatformScope('test', (tx) => requestWalk(tx, { sellerId, kind: 'VERIFY', reason }))
  const walk = await readOpenWalk(db.inSellerScope(entry), sellerId)
  if (walk === null) throw new Error('It was asked for')
  const begin = () => db.withSellerScope(entry, (scope) => beginWalk(scope, walk))
  await begin()
  expect(await outcomeOf(begin)).toContain('lease-lost')
  await runWalks(house, house.two)
})

describe('while KMS does not answer', () => {
  it('a walk waits where it is, and no attempt is counted', async () => {
    const { entry, sellerId } = house.one
    await house.fresh.db.withPlatformScope(
      'test',
      (tx) => requestWalk(tx, { sellerId, kind: 'ROTATE', reason }),
    )
    const away = () => Promise.reject(fault('keys-unavailable', { retryAfterSeconds: 5 }))
    const keyring = { ...house.deps.keyring, turnKeys: away, forSeller: away }
    for (let slice = 0; slice < 3; slice++) {
      const work = await leaseWalk(house, house.one)
      if (work) await rotateKeys({ ...house.deps, keyring }, work, signals)
      const [item] = await house.fresh.asSuperuser((admin) =>
        admin<{ state: string; attempts: number; in_s: number }[]>`
          select state, attempts, extract(epoch from not_before - now())::float as in_s
          from work_items where seller_id = ${sellerId} and id = ${work?.itemId ?? ''}`
      )
      expect(item).toMatchObject({ state: 'WAITING', attempts: 0 })
      expect(item?.in_s).toBeGreaterThan(20)
    }
    await runWalks(house, house.one)
    expect(await house.walks.rotations(entry, 1)).toMatchObject([{ state: 'DONE', to_version: 2 }])
  })
})

describe('a check', () => {
  it('opens every value, and writes none', async () => {
    const before = await bytesOf(house, house.one)
    const all = await valuesOf(house.one)
    expect(await ask(house.one, 'VERIFY')).toMatchObject({ state: 'DONE', opened: all, faults: [] })
    expect(await bytesOf(house, house.one)).toBe(before)
  })

  it('opens one row in so many', async () => {
    const all = await valuesOf(house.one)
    const { opened } = await ask(house.one, 'VERIFY', { oneIn: 4 })
    expect(opened).toBeGreaterThan(0)
    expect(opened).toBeLessThan(all * 0.7)
  })

  it('names what does not open, and goes on; so does a rotation, which keeps the old key', async () => {
    const { sellerId } = house.two
    const [moved] = await house.fresh.asSuperuser((admin) =>
      admin<{ id: string }[]>`
        update orders o set customer_phone_enc = o.customer_name_enc
        where seller_id = ${sellerId} and id = (
          select id from orders where seller_id = ${sellerId} order by id limit 1)
        returning id`
    )
    const faults = [{ table: 'orders', column: 'customer_phone_enc', id: moved?.id }]
    const all = await valuesOf(house.two)
    const failed = { state: 'FAILED', unreadable: 1, faults, failure: '1 values do not open' }
    expect(await ask(house.two, 'VERIFY')).toMatchObject({ ...failed, opened: all - 1 })
    expect(await ask(house.two, 'ROTATE')).toMatchObject({ ...failed, opened: all - 1 })
    expect(await versionsOf(house, house.two)).toEqual({ 1: 1, 2: all - 1 })
    // the old key is not destroyed while something lies under it
    const { state, failure } = await ask(house.two, 'PRUNE', { below: 2 })
    expect({ state, failure }).toEqual({
      state: 'FAILED',
      failure: '1 rows lie under old keys: rotate first',
    })
  })
})

describe('an old key', () => {
  it('is destroyed once everything has been under the new one for long enough', async () => {
    const { sellerId } = house.one
    const { db } = house.fresh
    const statesOf = () =>
      house.fresh.asSuperuser((admin) =>
        admin<{ version: number; state: string; bytes: number }[]>`
          select version, state, length(wrapped) as bytes from seller_keys
          where seller_id = ${sellerId} and purpose = 'seal' order by version`
      )
    await ask(house.one, 'ROTATE')
    const last = (days: number) =>
      db.withPlatformScope('cli', (tx) => lastTurnBefore(tx, sellerId, days))
    expect(await last(35)).toBeNull()
    await house.fresh.asSuperuser((admin) =>
      admin`
        update key_walks set ended_at = now() - interval '36 days'
        where seller_id = ${sellerId} and kind = 'ROTATE'`
    )
    expect(await last(35)).toBe(3)
    expect(await ask(house.one, 'PRUNE', { below: 3 })).toMatchObject({ state: 'DONE', opened: 0 })
    expect(await statesOf()).toEqual([
      { version: 1, state: 'DESTROYED', bytes: 0 },
      { version: 2, state: 'DESTROYED', bytes: 0 },
      { version: 3, state: 'CURRENT', bytes: 60 },
    ])
    house.deps.keyring.renew(sellerId)
    const all = await valuesOf(house.one)
    expect(await ask(house.one, 'VERIFY')).toMatchObject({ state: 'DONE', opened: all })
  })

  it('does not come back, by whatever statement', async () => {
    const { entry, sellerId } = house.one
    const tried = (statement: ReturnType<typeof command>) =>
      outcomeOf(() => house.fresh.db.withSellerScope(entry, (scope) => scope.run(statement)))
    const one = command`purpose = 'seal' and version = 1`.sql
    for (const set of ["state = 'CURRENT'", "state = 'RETIRED'", "wrapped = 'abc'"]) {
      const statement = { ...command`select`, sql: `update seller_keys set ${set} where ${one}` }
      expect([set, await tried(statement)]).toEqual([set, '42501'])
    }
    const emptied = `update seller_keys set wrapped = '' where purpose = 'seal' and version = 3`
    expect(await tried({ ...command`select`, sql: emptied })).toBe('42501')
    const gone = `delete from seller_keys where seller_id = '${sellerId}'`
    expect(await tried({ ...command`select`, sql: gone })).toBe('42501')
  })

  it('ends what walks over it, when all are destroyed', async () => {
    await house.fresh.asSuperuser((admin) =>
      admin`update seller_keys set state = 'DESTROYED' where seller_id = ${house.two.sellerId}`
    )
    house.deps.keyring.renew(house.two.sellerId)
    const end = { state: 'FAILED', failure: 'The keys of the seller were destroyed' }
    expect(await ask(house.two, 'VERIFY')).toMatchObject(end)
    expect(await ask(house.two, 'ROTATE')).toMatchObject(end)
  })
})
