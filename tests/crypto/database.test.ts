/** Keys and openings in a real database. */
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replaceSealRow } from '../../core/crypto/key-rows.ts'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { openFields } from '../../core/crypto/opening.ts'
import { command } from '../../core/db/sql.ts'
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
      select purpose, version, state, uses::int, kms_alias from seller_keys
      where seller_id = ${sellerId} order by purpose, version`
  )
interface LedgerRow {
  actor: string
  purpose: string
  table_name: string
  columns: string[]
  row_ids: string[]
  opened: number
}
const ledgerOf = ({ sellerId }: TestSeller) =>
  fresh.asSuperuser(async (admin) => [
    ...await admin<LedgerRow[]>`
      select actor, purpose, table_name, columns, row_ids, opened from decrypt_ledger
      where seller_id = ${sellerId} order by created_at`,
  ])

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
            (tx) => openFields(tx, reader, { table: 't', purpose: 'test', rows }),
          )
          expect(opened).toEqual([{ a: 'word' }])
        }
      }
      expect(await keyRowsOf(seller)).toEqual([
        { purpose: 'hash', version: 1, state: 'CURRENT', uses: 0, kms_alias: 'alias/test' },
        { purpose: 'index', version: 1, state: 'CURRENT', uses: 0, kms_alias: 'alias/test' },
        {
          purpose: 'seal',
          version: 1,
          state: 'CURRENT',
          uses: 4 * 65_536,
          kms_alias: 'alias/test',
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
    const next = { purpose: 'seal', version: 2, alias: 'alias/test', wrapped } as const
    await replaceSealRow(fresh.db, seller.entry, next)
    expect((await keyRowsOf(seller)).map((row) => row.version)).toEqual([1, 1, 1])
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

describe('openFields', () => {
  const keyring = { close: () => {} } as { current?: Keyring; close: () => void }
  afterAll(() => keyring.current?.close())
  const keysFor = (seller: TestSeller, willSeal: number) =>
    (keyring.current ??= openKeyring(new Map())).forSeller(seller.entry, { willSeal })
  const sealedRows = async (seller: TestSeller, count: number) => {
    const keys = await keysFor(seller, count * 2)
    const rows = Array.from({ length: count }, (_, i) => {
      const id = newId()
      const name = keys.seal('orders', 'customer_name_enc', id, `Asha ${i}`)
      const phone = i % 2 ? null : keys.seal('orders', 'customer_phone_enc', id, `98${i}`)
      return { id, fields: { customer_name_enc: name, customer_phone_enc: phone } }
    })
    return { keys, rows }
  }

  it('opens a page and says so in one row: who, why, which, how many', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 4)
    const opened = await fresh.db.withSellerScope(
      seller.entry,
      (tx) => openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows }),
    )
    expect(opened).toEqual([
      { customer_name_enc: 'Asha 0', customer_phone_enc: '980' },
      { customer_name_enc: 'Asha 1', customer_phone_enc: null },
      { customer_name_enc: 'Asha 2', customer_phone_enc: '982' },
      { customer_name_enc: 'Asha 3', customer_phone_enc: null },
    ])
    expect(await ledgerOf(seller)).toEqual([{
      actor: `user:${seller.userId}`,
      purpose: 'orders.list',
      table_name: 'orders',
      columns: ['customer_name_enc', 'customer_phone_enc'],
      row_ids: rows.map(({ id }) => id),
      opened: 6,
    }])
  })

  it('has as many opens in the ledger as were made', async () => {
    const seller = await makeSeller(fresh.db)
    let opens = 0
    for (let round = 0; round < 20; round++) {
      const { keys, rows } = await sealedRows(seller, round)
      const values = await fresh.db.withSellerScope(
        seller.entry,
        (tx) => openFields(tx, keys, { table: 'orders', purpose: 'test', rows }),
      )
      opens += values.flatMap((row) => Object.values(row)).filter((one) => one !== null).length
    }
    const ledger = await ledgerOf(seller)
    expect(ledger.reduce((sum, row) => sum + row.opened, 0)).toBe(opens)
    expect(opens).toBeGreaterThan(200)
    // the empty page wrote nothing
    expect(ledger).toHaveLength(19)
  })

  it('writes no row for nulls only, and none that outlives a roll-back', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 2)
    const nulls = rows.map(({ id }) => ({ id, fields: { customer_name_enc: null } }))
    await fresh.db.withSellerScope(seller.entry, async (tx) => {
      const opened = await openFields(tx, keys, { table: 'orders', purpose: 'x', rows: nulls })
      expect(opened).toEqual([{ customer_name_enc: null }, { customer_name_enc: null }])
    })
    await expect(fresh.db.withSellerScope(seller.entry, async (tx) => {
      await openFields(tx, keys, { table: 'orders', purpose: 'x', rows })
      throw new Error('later')
    })).rejects.toThrow('later')
    expect(await ledgerOf(seller)).toEqual([])
  })

  it('does not open what lies in another row, and names it without its data', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 2)
    const [first, second] = rows
    if (!first || !second) throw new Error('unreachable')
    const moved = [first, { ...second, fields: first.fields }]
    const refused = fresh.db.withSellerScope(
      seller.entry,
      (tx) => openFields(tx, keys, { table: 'orders', purpose: 'x', rows: moved }),
    )
    await expect(refused).rejects.toThrow(`"orders.customer_name_enc" of row "${second.id}"`)
    await expect(refused).rejects.not.toThrow('Asha')
    expect(await ledgerOf(seller)).toEqual([])
  })

  it('takes no keys of another seller, and opens nothing that the ledger did not take', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { keys, rows } = await sealedRows(seller, 1)
    await expect(
      fresh.db.withSellerScope(
        other.entry,
        (tx) => openFields(tx, keys, { table: 'orders', purpose: 'x', rows }),
      ),
    ).rejects.toThrow('another seller')
    const refused = fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tx.run(command`select 1 / 0`).catch(() => {})
      return await openFields(tx, keys, { table: 'orders', purpose: 'x', rows })
    })
    await expect(refused).rejects.toThrow()
    expect(await ledgerOf(seller)).toEqual([])
  })

  it('leaves a ledger that its seller can read and nobody can change', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { keys, rows } = await sealedRows(seller, 1)
    await fresh.db.withSellerScope(
      seller.entry,
      (tx) => openFields(tx, keys, { table: 'orders', purpose: 'x', rows }),
    )
    const count = command`select from decrypt_ledger where seller_id = ${seller.sellerId}`
    expect(await fresh.db.inSellerScope(seller.entry).any(count)).toHaveLength(1)
    expect(await fresh.db.inSellerScope(other.entry).any(count)).toHaveLength(0)
    for (
      const change of [
        command`update decrypt_ledger set opened = 0`,
        command`delete from decrypt_ledger`,
        command`truncate decrypt_ledger`,
      ]
    ) {
      await expect(fresh.db.inSellerScope(seller.entry).run(change)).rejects.toThrow('permission')
    }
  })
})
