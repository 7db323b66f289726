/** Keys in a real database. */
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replaceSealRow } from '../../core/crypto/key-rows.ts'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { openFields } from '../../core/crypto/opening.ts'
import { isFault } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { fakeKms } from './fakes.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const openKeyring = (vault: Map<string, Uint8Array>, limits = {}): Keyring =>
  createKeyring({
    db: fresh.db,
    kms: fakeKms(vault),
    aliasOf: () => 'alias/test',
    createMissingAlias: false,
    now: () => 0,
    log: silentLog,
    ...limits,
  })
const keyRowsOf = ({ sellerId }: TestSeller) =>
  fresh.asSuperuser((admin) =>
    admin`
      select purpose, version, state, uses::int, kms_alias, root from seller_keys
      where seller_id = ${sellerId} order by purpose, version`
  )
describe('keyrings of several processes', () => {
  it('agree on one set of keys, whoever is first', async () => {
    for (let round = 0; round < 5; round++) {
      const seller = await makeSeller(fresh.db)
      const vault = new Map<string, Uint8Array>()
      const keyrings = Array.from({ length: 4 }, () => openKeyring(vault))
      const keys = await Promise.all(
        keyrings.map((keyring) => keyring.forSeller(seller.entry, { willSeal: 2 })),
      )
      const hashes = keys.map((one) => Buffer.from(one.hash(['x'])).toString('hex'))
      expect(new Set(hashes).size).toBe(1)
      expect(new Set(keys.map((one) => one.index('a', 'b').toString())).size).toBe(1)
      const rowId = newId()
      for (const maker of keys) {
        const rows = [{ id: rowId, fields: { a: maker.seal('t', 'a', rowId, 'word') } }]
        for (const reader of keys) {
          const opened = await fresh.db.withSellerScope(
            seller.entry,
            (tx) => openFields(tx, reader, { table: 't', purpose: 'orders.list', rows }),
          )
          expect(opened).toEqual([{ a: 'word' }])
        }
      }
      expect(await keyRowsOf(seller)).toEqual([
        { purpose: 'hash', version: 1, state: 'CURRENT', uses: 0, kms_alias: null, root: 1 },
        { purpose: 'index', version: 1, state: 'CURRENT', uses: 0, kms_alias: null, root: 1 },
        {
          purpose: 'root',
          version: 1,
          state: 'CURRENT',
          uses: 0,
          kms_alias: 'alias/test',
          root: null,
        },
        {
          purpose: 'seal',
          version: 1,
          state: 'CURRENT',
          uses: 4 * 65_536,
          kms_alias: null,
          root: 1,
        },
      ])
      keyrings.forEach((keyring) => keyring.close())
    }
  })

  it('never use a seal key beyond its limit, and renew it one at a time', async () => {
    const seller = await makeSeller(fresh.db)
    const vault = new Map<string, Uint8Array>()
    const keyrings = [1, 2, 3].map(() => openKeyring(vault, { sealLimit: 20, sealBlock: 7 }))
    const blobs = (await Promise.all(Array.from({ length: 60 }, async (_, i) => {
      const keys = await keyrings[i % 3]?.forSeller(seller.entry, { willSeal: 2 })
      return [1, 2].map(() => keys?.seal('t', 'a', 'r', '') ?? new Uint8Array())
    }))).flat()
    const uses = new Map<number, number>()
    for (const [, , , , version = 0] of blobs) uses.set(version, (uses.get(version) ?? 0) + 1)
    const seals = (await keyRowsOf(seller)).filter((row) => row.purpose === 'seal')
    for (const row of seals) {
      expect(uses.get(row.version) ?? 0).toBeLessThanOrEqual(row.uses)
      expect(row.uses).toBeLessThanOrEqual(20)
      expect(row.state).toBe(row === seals.at(-1) ? 'CURRENT' : 'RETIRED')
    }
    expect(seals.map((row) => row.version)).toEqual(seals.map((_, i) => i + 1))
    keyrings.forEach((keyring) => keyring.close())
  })

  it('put no new key in the place of one that was destroyed meanwhile', async () => {
    const seller = await makeSeller(fresh.db)
    const keyring = openKeyring(new Map())
    await keyring.forSeller(seller.entry)
    await fresh.asSuperuser((admin) =>
      admin`update seller_keys set state = 'DESTROYED' where seller_id = ${seller.sellerId}`
    )
    const wrapped = new Uint8Array(1)
    const next = { purpose: 'seal', version: 2, root: { version: 1, wrapped }, wrapped } as const
    await replaceSealRow(fresh.db, seller.entry, null, next)
    expect((await keyRowsOf(seller)).map((row) => row.version)).toEqual([1, 1, 1, 1])
    keyring.close()
  })

  it('show the entry that is over as it is', async () => {
    const seller = await makeSeller(fresh.db)
    const keyring = openKeyring(new Map())
    const dead = { ...seller.entry, ref: `${newId()}/1.1` }
    const error = await keyring.forSeller(dead).catch((refusal: unknown) => refusal)
    expect(isFault(error) && error.code).toBe('session-over')
    expect(await keyRowsOf(seller)).toHaveLength(0)
    keyring.close()
  })
})
