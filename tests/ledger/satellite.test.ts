/** Satellites: what goes in comes out again, and what is secret lies sealed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openSatellite, writeSatellite } from '../../core/ledger/satellite.ts'
import type { Marketplace } from '../../core/plugin.ts'
import { makeAccount, makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { errorFrom } from './support/outbound.ts'

let world: World
let seller: TestSeller
let bazaar: Marketplace
beforeAll(async () => {
  world = await openWorld()
  bazaar = world.marketplace
  seller = await makeSeller(world.fresh.db)
})
afterAll(() => world.close())

const apiKey = 'bzk_very-secret-0001'
const token = 'bzt_very-secret-0002'
const details = {
  shop_id: 'SHOP-0001',
  signs_in_by: 'KEY',
  warehouses: ['Surat', 'Jaipur, "old" town', '{x,y}', 'NULL', 'जयपुर', ''],
  daily_limit: 40,
  express: true,
  contract_until: '2027-03-31T18:29:59.123Z',
}
const credentials = {
  api_key: apiKey,
  session_token: token,
  session_expires_at: '2026-01-10T06:15:00.000Z',
}

const write = async (
  accountId: string,
  values: { details?: unknown; credentials: unknown },
  by = seller,
): Promise<void> => {
  const keys = await world.keyring.forSeller(by.entry, { willSeal: 2 })
  await world.fresh.db.withSellerScope(
    by.entry,
    (scope) => writeSatellite(scope, keys, bazaar, accountId, values),
  )
}
const open = async (accountId: string, by = seller, marketplace = bazaar) => {
  const keys = await world.keyring.forSeller(by.entry)
  return await world.fresh.db.withSellerScope(
    by.entry,
    (scope) => openSatellite(scope, keys, marketplace, accountId, 'verify'),
  )
}
const rowOf = async (accountId: string): Promise<Record<string, unknown>> => {
  const [row] = await world.fresh.asSuperuser((admin) =>
    admin`select * from bazaar_account_details where marketplace_account_id = ${accountId}`
  )
  return { ...row }
}

describe('a satellite', () => {
  it('comes out as it went in: lists, instants, numbers, truths', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    expect(await open(accountId)).toEqual({ details, credentials })
  })

  it('takes an instant as a date, to the millisecond', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    const contract_until = new Date('2027-03-31T18:29:59.123Z')
    await write(accountId, { details: { ...details, contract_until }, credentials })
    expect(await open(accountId)).toEqual({ details, credentials })
  })

  it('takes null for null, and the default of the table for what is not given', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    const sparse = { shop_id: 'SHOP-0002', daily_limit: null, contract_until: undefined }
    await write(accountId, { details: sparse, credentials: { api_key: apiKey } })
    expect(await open(accountId)).toEqual({
      details: {
        ...{ shop_id: 'SHOP-0002', signs_in_by: 'TOKEN', warehouses: [], daily_limit: null },
        ...{ express: false, contract_until: null },
      },
      credentials: { api_key: apiKey, session_token: null, session_expires_at: null },
    })
  })

  it('holds no secret in clear', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    const row = await rowOf(accountId)
    expect(row).toMatchObject({ shop_id: 'SHOP-0001', daily_limit: 40 })
    for (const secret of [apiKey, token]) {
      const hex = Array.from(new TextEncoder().encode(secret), (n) => n.toString(16)).join('')
      const [{ dump } = { dump: '' }] = await world.fresh.asSuperuser((admin) =>
        admin<{ dump: string }[]>`select d::text as dump from bazaar_account_details d
          where marketplace_account_id = ${accountId}`
      )
      expect(dump).toContain('SHOP-0001')
      expect(dump).not.toContain(secret)
      expect(dump).not.toContain(hex)
    }
  })

  it('cannot be opened at another account', async () => {
    const [one, other] = [
      await makeAccount(world.fresh, seller),
      await makeAccount(world.fresh, seller),
    ]
    await write(one, { details, credentials })
    await write(other, { details, credentials: { api_key: 'bzk_another-key' } })
    await world.fresh.asSuperuser((admin) =>
      admin`update bazaar_account_details set api_key_enc = (
          select api_key_enc from bazaar_account_details where marketplace_account_id = ${one}
        ) where marketplace_account_id = ${other}`
    )
    expect(String(await errorFrom(open(other)))).toContain(
      'Cannot open "bazaar_account_details.api_key_enc"',
    )
  })

  it('belongs to its seller', async () => {
    const stranger = await makeSeller(world.fresh.db)
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    expect(await errorFrom(open(accountId, stranger))).toBeInstanceOf(Error)
    const theirs = { api_key: 'bzk_of-a-stranger' }
    await write(accountId, { credentials: theirs }, stranger)
    expect((await open(accountId)).credentials).toEqual(credentials)
    expect(await errorFrom(write(accountId, { details, credentials: theirs }, stranger)))
      .toBeInstanceOf(Error)
  })
})

describe('new credentials', () => {
  it('replace what they name and leave the details alone', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    await write(accountId, { credentials: { session_token: 'bzt_new', session_expires_at: null } })
    expect(await open(accountId)).toEqual({
      details,
      credentials: { api_key: apiKey, session_token: 'bzt_new', session_expires_at: null },
    })
  })

  it('take a secret away when it is null', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    await write(accountId, { credentials: { session_token: null } })
    expect(await rowOf(accountId)).toMatchObject({ session_token_enc: null })
    expect((await open(accountId)).credentials).toMatchObject({ session_token: null })
  })
})

describe('opening', () => {
  it('is written into the ledger, with the columns and without the values', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    await open(accountId)
    const [entry] = await world.fresh.asSuperuser((admin) =>
      admin`select purpose, table_name, columns, opened, actor, row_ids from decrypt_ledger
        where ${accountId}::uuid = any(row_ids)`
    )
    expect(entry).toEqual({
      purpose: 'verify',
      table_name: 'bazaar_account_details',
      columns: ['api_key_enc', 'session_token_enc'],
      opened: 2,
      actor: `user:${seller.userId}`,
      row_ids: [accountId],
    })
  })

  it("names the paths that do not fit the plugin's schema any more, and no value", async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    const stricter = { ...bazaar, credentials: z.object({ api_key: z.string().max(3) }) }
    const error = await errorFrom(open(accountId, seller, stricter))
    expect(String(error)).toContain('api_key')
    expect(String(error)).not.toContain('very-secret')
  })

  it('shows neither the seller nor the account to a schema that takes everything', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    const loose = { ...bazaar, details: z.looseObject({}) }
    expect(Object.keys((await open(accountId, seller, loose)).details as object).toSorted())
      .toEqual([...Object.keys(details), 'session_expires_at'].toSorted())
  })

  it('works in a release that does not know the newest column yet', async () => {
    const accountId = await makeAccount(world.fresh, seller)
    await write(accountId, { details, credentials })
    await open(accountId)
    await world.fresh.asSuperuser((admin) =>
      admin`alter table bazaar_account_details add column newest text`
    )
    expect(await open(accountId)).toEqual({ details, credentials })
  })

  it('hands over lists with null in them, and objects as JSON', async () => {
    await world.fresh.asSuperuser((admin) =>
      admin`alter table bazaar_account_details add column extra jsonb`
    )
    const accountId = await makeAccount(world.fresh, seller)
    const more = { extra: { hours: [9, 17], closed: null }, warehouses: ['a', null] }
    await write(accountId, { details: { ...details, ...more }, credentials })
    const loose = { ...bazaar, details: z.looseObject({}) }
    expect((await open(accountId, seller, loose)).details).toMatchObject(more)
  })
})
