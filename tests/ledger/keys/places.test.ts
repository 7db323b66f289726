/** Where sealed values lie, how new ones take their place, and how keys are wrapped anew. */
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rewrapKeys } from '../../../core/crypto/rewrap.ts'
import { bytes, command } from '../../../core/db/sql.ts'
import { readWindow, swapValues } from '../../../core/ledger/keys/window.ts'
import { readSealedPlaces } from '../../../core/ledger/sealed-places.ts'
import { type KeyHouse, openKeyHouse } from './house.ts'

let house: KeyHouse
beforeAll(async () => {
  house = await openKeyHouse(8)
})
afterAll(() => house.close())

describe('the places of sealed values', () => {
  it('are those of core, and of satellites whose plugin is gone', async () => {
    const places = await house.fresh.db.withSellerScope(house.one.entry, readSealedPlaces)
    const named = places.map(({ table, idColumn, columns }) => `${table} ${idColumn} ${columns}`)
    expect(named).toEqual(expect.arrayContaining([
      'gone_account_details marketplace_account_id token_enc,secret_enc',
      'orders id customer_name_enc,customer_phone_enc,customer_email_enc,address_enc',
      'quarantined_rows id raw_enc',
    ]))
    // sealed with the secret of the process
    expect(named.filter((one) => one.startsWith('audit_anchors'))).toEqual([])
    expect(await house.fresh.db.withPlatformScope('test', readSealedPlaces)).toEqual(places)
  })

  it('hold every bytea column of sellers, but for those that are known to be no sealed value', async () => {
    const places = await house.fresh.db.withPlatformScope('test', readSealedPlaces)
    const sealed = places.flatMap(({ table, columns }) => columns.map((one) => `${table}.${one}`))
    const all = await house.fresh.asSuperuser((admin) =>
      admin<{ name: string }[]>`
        select c.relname || '.' || a.attname as name
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity
          and a.atttypid = 'bytea'::regtype and not a.attisdropped`
    )
    const rest = all.map(({ name }) => name).filter((name) => !sealed.includes(name))
    expect(rest.length).toBeGreaterThan(10)
    // a new one is either `*_enc`, or is named here because no key of a seller sealed it
    const isKnown = (name: string) =>
      /[._](?:hash|digest|signature|fingerprint|idx|sha256|prev|secret_hash|token_hash|key_hash)$/
        .test(name) || known.includes(name)
    expect(rest.filter((name) => !isKnown(name))).toEqual([])
  })

  it('are refused where nobody could walk over them', async () => {
    const walked = house.fresh.asSuperuser((admin) =>
      admin.begin(async (tx) => {
        await tx.unsafe(`set local role robnu_owner;
          create table odd (seller_id uuid, a uuid, b uuid, x_enc bytea, primary key (seller_id, a, b));
          select app_protect('odd')`)
        await readSealedPlaces({ any: async ({ sql }) => await tx.unsafe(sql) as never })
      })
    )
    await expect(walked).rejects.toThrow('Cannot walk "odd"')
  })
})
const known = [
  'seller_keys.wrapped',
  // sealed with the secret of the process
  'audit_anchors.secret_enc',
  // copies, to be tried once the keys are destroyed
  'shred_samples.sealed',
]

describe('new values', () => {
  it('do not take the place of what somebody has written meanwhile', async () => {
    const { entry, sellerId } = house.one
    const { db } = house.fresh
    const place = { table: 'orders', idColumn: 'id', columns: ['customer_name_enc', 'address_enc'] }
    const [raced, sealed] = [Uint8Array.of(1, 2, 3), Uint8Array.of(9, 9, 9)]
    const undone = new Error('undone')
    const swap = db.withSellerScope(entry, async (scope) => {
      const { rows } = await readWindow(scope, place, { after: null })
      const id = rows[0]?.id ?? ''
      await db.withSellerScope(entry, async (other) => {
        await other.run(command`
          update orders set customer_name_enc = ${bytes(raced)}
          where seller_id = ${sellerId} and id = ${id}`)
      })
      const values = rows.map(({ id, fields }) => ({
        ...{ id, old: fields, sealed: { customer_name_enc: sealed, address_enc: null } },
      }))
      const swapped = await swapValues(scope, place, values)
      expect(swapped.size).toBe(rows.length - 1)
      expect(swapped.has(id)).toBe(false)
      const again = await readWindow(scope, place, { after: null })
      expect(again.rows.map(({ fields }) => [...fields['customer_name_enc'] ?? []].slice(0, 3)))
        .toEqual(rows.map((row) => row.id === id ? [...raced] : [...sealed]))
      expect(again.rows.map(({ fields }) => fields['address_enc']))
        .toEqual(rows.map(({ fields }) => fields['address_enc']))
      // the others have theirs again
      throw Object.assign(undone, { id, name: rows[0]?.fields['customer_name_enc'] })
    })
    await expect(swap).rejects.toBe(undone)
    const { id, name } = undone as Error & { id?: string; name: unknown }
    await house.fresh.asSuperuser((admin) =>
      admin`
        update orders set customer_name_enc = ${name as never}
        where seller_id = ${sellerId} and id = ${id ?? ''}`
    )
  })
})

describe('wrapping anew', () => {
  it('asks KMS for the root alone, once, and says by which alias it lies now', async () => {
    const { sellerId } = house.one
    const { db } = house.fresh
    const rootOf = async () =>
      (await house.fresh.asSuperuser((admin) =>
        admin<{ wrapped: Uint8Array; kms_alias: string }[]>`
          select wrapped, kms_alias from seller_keys
          where seller_id = ${sellerId} and purpose = 'root' and state = 'CURRENT'`
      ))[0]
    let calls = 0
    let lastRotated: Date | null = null
    const source = {
      ...{ db, aliasOf: () => 'alias/own', createMissingAlias: true },
      kms: {
        reWrap: (wrapped: Uint8Array) => {
          calls += 1
          return Promise.resolve(Uint8Array.of(...wrapped, calls))
        },
        ensureAlias: () => Promise.resolve(),
        describe: () =>
          Promise.resolve({
            ...{
              keyId: 'k',
              state: 'Enabled',
              deletionDate: null,
              rotationEnabled: true,
              lastRotated,
            },
          }),
      },
    }
    const before = await rootOf()
    expect(await rewrapKeys(source, sellerId, { dryRun: true })).toMatchObject({ rewrapped: 1 })
    expect(calls).toBe(0)
    const audited: string[] = []
    const also = (_tx: unknown, alias: string) => void audited.push(alias)
    expect(await rewrapKeys(source, sellerId, { also })).toEqual({
      ...{ alias: 'alias/own', keys: 1, rewrapped: 1 },
    })
    expect(audited).toEqual(['alias/own'])
    expect((await rootOf())?.kms_alias).toBe('alias/own')
    expect((await rootOf())?.wrapped).toEqual(Buffer.from([...before?.wrapped ?? [], 1]))
    // called again it has nothing to do, until KMS gets new material
    expect(await rewrapKeys(source, sellerId)).toMatchObject({ keys: 1, rewrapped: 0 })
    lastRotated = new Date(Date.now() + 60_000)
    expect(await rewrapKeys(source, sellerId)).toMatchObject({ rewrapped: 1 })
    lastRotated = null
    expect(await rewrapKeys(source, sellerId, { force: true })).toMatchObject({ rewrapped: 1 })
    expect(calls).toBe(3)
  })
})
