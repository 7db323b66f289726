/** Two who change the keys of a seller at the same moment: the second one sees what the first has done. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createArchiveKeys } from '../../core/crypto/archive-keys.ts'
import { destroyKeys } from '../../core/crypto/destroy-keys.ts'
import { insertKeyRows, reserveSeals } from '../../core/crypto/key-rows.ts'
import { wrapUnder } from '../../core/crypto/key-wrap.ts'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { resealFields } from '../../core/crypto/reseal.ts'
import type { Operations } from '../../core/db/operations.ts'
import { hasCode } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { asSuperuser, type Connection } from '../isolation/attempts.ts'
import { waitingForLock } from '../isolation/ledger.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { fakeKms, isZero } from './fakes.ts'

let fresh: FreshDatabase
let admin: Connection
let seller: TestSeller
let keyring: Keyring
let vault: Map<string, Uint8Array>
beforeAll(async () => {
  fresh = await freshDatabase()
  admin = await asSuperuser(fresh)
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})
const newKeyring = (kms = fakeKms(vault)) =>
  createKeyring({
    ...{ db: fresh.db, kms, aliasOf: () => 'alias/test', log: silentLog },
    ...{ createMissingAlias: false, now: () => 0 },
  })
beforeEach(async () => {
  vault = new Map()
  seller = await makeSeller(fresh.db)
  keyring = newKeyring()
  await keyring.forSeller(seller.entry)
  return () => keyring.close()
})

/** Begins `second` while `first` has been done and is not committed; commits once it waits, or is over. */
const meet = async <T>(
  first: (sql: Operations) => Promise<unknown>,
  second: () => Promise<T>,
): Promise<T> => {
  const done = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const holding = fresh.asSuperuser((sql) =>
    sql.begin(async (tx) => {
      await first(tx as unknown as Operations)
      done.resolve()
      await go.promise
    })
  )
  await done.promise
  const meeting = second()
  await Promise.race([waitingForLock(admin, 1), meeting.catch(() => {})])
  go.resolve()
  await holding
  return await meeting
}
const keysOf = () =>
  admin.sql<{ key: string; state: string; root: number | null; uses: number }[]>`
    select purpose || ' ' || version as key, state, root, uses::int from seller_keys
    where seller_id = ${seller.sellerId} order by 1`
const rootOf = async () => {
  const [row] = await admin.sql<{ version: number; wrapped: Uint8Array }[]>`
    select version, wrapped from seller_keys
    where seller_id = ${seller.sellerId} and purpose = 'root'`
  if (row === undefined) throw new Error('There is no root')
  return row
}
const month = { purpose: 'archive', version: 202611 } as const
const monthUnderRoot = (): Uint8Array => {
  const [root = new Uint8Array()] = vault.values()
  return wrapUnder(root, seller.sellerId, month, randomBytes(32))
}

it('gives out no more uses of a key than it has', async () => {
  const given = await meet(
    (sql) =>
      sql`update seller_keys set uses = 15 where seller_id = ${seller.sellerId} and purpose = 'seal'`,
    () => reserveSeals(fresh.db, seller.entry, 1, { block: 10, least: 2, limit: 20 }),
  )
  const uses = async () => (await keysOf()).find(({ key }) => key === 'seal 1')?.uses
  expect([given, await uses()]).toEqual([5, 20])
  // less than is needed is not given at all
  await admin.sql`
    update seller_keys set uses = 19 where seller_id = ${seller.sellerId} and purpose = 'seal'`
  const more = reserveSeals(fresh.db, seller.entry, 1, { block: 10, least: 2, limit: 20 })
  expect([await more, await uses()]).toEqual([0, 19])
})

it('tells of a destroyed key what KMS had wrapped last', async () => {
  const destroyed = await meet(
    (sql) =>
      sql`
        update seller_keys set wrapped = '\\x0102', kms_alias = 'alias/other'
        where seller_id = ${seller.sellerId} and purpose = 'root'`,
    () => fresh.db.withSellerScope(seller.entry, destroyKeys),
  )
  expect(destroyed.find(({ purpose }) => purpose === 'root')).toMatchObject({
    ...{ alias: 'alias/other', isRewrapped: true },
    wrappedSha256: createHash('sha256').update(new Uint8Array([1, 2])).digest('hex'),
  })
})

it('leaves no key behind under a root that it destroys', async () => {
  const wrapped = monthUnderRoot()
  const turned = await meet(
    async (sql) => {
      await sql`
        select from seller_keys where seller_id = ${seller.sellerId} and purpose = 'root' for share`
      await sql`
        insert into seller_keys (seller_id, purpose, version, wrapped, root)
        values (${seller.sellerId}, 'archive', ${month.version}, ${wrapped}, 1)`
    },
    () => keyring.turnKeys(seller.entry, () => Promise.resolve()),
  )
  expect(turned).toBe('turned')
  const left = (await keysOf()).filter(({ root, state }) => root === 1 && state !== 'DESTROYED')
  expect(left).toEqual([])
  expect(await keysOf()).toContainEqual(
    expect.objectContaining({ key: 'archive 202611', state: 'CURRENT', root: 2 }),
  )
})

it('zeroes all that it had in hand, also keys of before there were roots', async () => {
  const kms = fakeKms(vault)
  const context = { seller: seller.sellerId, purpose: 'hash', version: '1' }
  const { wrapped } = await kms.generate('alias/test', context)
  await admin.sql`
    update seller_keys set wrapped = ${wrapped}, root = null, kms_alias = 'alias/test'
    where seller_id = ${seller.sellerId} and purpose = 'hash'`
  kms.given.length = 0
  const turning = newKeyring(kms)
  expect(await turning.turnKeys(seller.entry, () => Promise.resolve())).toBe('turned')
  turning.close()
  expect(kms.given.map(isZero)).toEqual([true, true, true])
})

it('stores no key under a root that is being destroyed', async () => {
  const [root, wrapped] = [await rootOf(), monthUnderRoot()]
  await meet(
    (sql) =>
      sql`
        update seller_keys set state = 'DESTROYED'
        where seller_id = ${seller.sellerId} and purpose = 'root'`,
    () => insertKeyRows(fresh.db, seller.entry, null, [{ ...month, wrapped, root }]),
  )
  expect((await keysOf()).map(({ key }) => key)).not.toContain('archive 202611')
})

it('loads a month of the archive once, whoever asks at the same moment', async () => {
  const kms = fakeKms(vault)
  const archiveKeys = createArchiveKeys({
    ...{ db: fresh.db, kms, aliasOf: () => 'alias/test', createMissingAlias: false },
    ...{ now: () => 0, ttlMs: 1_000, graceMs: 1_000, maxSellers: 10 },
  })
  await Promise.all(Array.from({ length: 20 }, () => archiveKeys.forMonth(seller.entry, 202611)))
  expect(kms.calls).toBe(1)
  // and not out of what it had in hand when word came that it is over
  kms.before = () => {
    kms.before = () => {}
    archiveKeys.forget(seller.sellerId)
  }
  await archiveKeys.forMonth(seller.entry, 202612)
  expect(kms.calls).toBe(3)
  archiveKeys.close()
})

it('seals nothing anew under a key that has been replaced', async () => {
  const old = await keyring.forSeller(seller.entry, { willSeal: 2 })
  const other = newKeyring()
  await other.turnKeys(seller.entry, () => Promise.resolve())
  other.close()
  const id = newId()
  const rows = [{ id, fields: { a: old.seal('t', 'a', id, 'word') } }]
  const resealing = fresh.db.withSellerScope(
    seller.entry,
    (scope) => resealFields(scope, old, { table: 't', rows, below: 2 }),
  )
  await expect(resealing).rejects.toSatisfy((error) => hasCode(error, 'keys-unavailable'))
})
