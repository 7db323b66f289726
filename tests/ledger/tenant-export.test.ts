/** All that a seller has, in files: each table by the catalog, each row once, whoever is killed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withOperations } from '../../core/db/operations.ts'
import { readCatalog } from '../../core/db/catalog.ts'
import { newId } from '../../core/ids.ts'
import { expireExports } from '../../core/ledger/tenant-export/expire.ts'
import { createTenantExports } from '../../core/ledger/tenant-export/exports.ts'
import {
  leftOutTables,
  openedColumns,
  whyLeftOut,
} from '../../core/ledger/tenant-export/left-out.ts'
import { requestTenantExport, tenantExportState } from '../../core/ledger/tenant-export/request.ts'
import type { ExportDeps } from '../../core/ledger/tenant-export/run-export.ts'
import { notReadable, readExportTables } from '../../core/ledger/tenant-export/tables.ts'
import { silentLog } from '../../core/log.ts'
import { sweepObjects } from '../../core/storage/sweep.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { type ExportHouse, openExportHouse } from './support/exports.ts'
import { sync } from './support/runs.ts'

let world: World
let seller: TestSeller
let other: TestSeller
let house: ExportHouse

beforeAll(async () => {
  world = await openWorld()
  house = openExportHouse(world)
  ;[seller, other] = [await makeSeller(world.fresh.db), await makeSeller(world.fresh.db)]
  for (const [one, at] of [[seller, 0], [other, 1]] as const) {
    const accountId = await world.connectShop(one, at)
    await sync(world, one, accountId)
    // keys of every kind, and more rows than a page has
    await world.fresh.asSuperuser(async (admin) => {
      await admin`insert into warehouses (seller_id, id, name)
        select ${one.sellerId}, gen_random_uuid(), 'W' || n from generate_series(1, 4501) as n`
      await admin`insert into plan_usage (seller_id, day, orders)
        select ${one.sellerId}, date '2020-01-01' + n, n from generate_series(1, 640) as n`
    })
  }
})
afterAll(() => world?.close())

/** Rows in are rows out, for each table; answers all lines of all of them. */
const checkWhole = async (of: TestSeller, exportId: string) => {
  const manifest = house.manifestOf(exportId)
  expect(manifest.seller).toBe(of.sellerId)
  const all = new Map(manifest.tables.map((table) => [table.table, house.linesOf(table)]))
  const late = [
    'audit_events',
    'audit_heads',
    'decrypt_ledger',
    'storage_objects',
    'tenant_exports',
  ]
  await world.fresh.asSuperuser(async (admin) => {
    for (const { table, columns } of manifest.tables) {
      const lines = all.get(table) ?? []
      const owner = columns.includes('seller_id') ? 'seller_id' : 'id'
      const [count] = await admin<{ n: number }[]>`
        select count(*)::int as n from ${admin(table)} where ${admin(owner)} = ${of.sellerId}`
      // what the export itself writes comes behind its reading
      if (late.includes(table)) expect(lines.length, table).toBeLessThanOrEqual(count?.n ?? 0)
      else expect(lines.length, table).toBe(count?.n)
      expect(new Set(lines.map((line) => JSON.stringify(line))).size, table).toBe(lines.length)
      for (const line of lines) expect(line[owner], table).toBe(of.sellerId)
    }
  })
  return { manifest, all }
}

describe('what is exported', () => {
  it('is every table of sellers, but for what is left out by name', async () => {
    const catalog = await withOperations(world.fresh.urls.owner, readCatalog)
    const ofSellers = catalog.relations.filter(({ policies }) =>
      policies.some(({ name }) => name === 'tenant')
    )
    expect(ofSellers.length).toBeGreaterThan(60)
    const tables = await readExportTables(world.fresh.db.inSellerScope(seller.entry))
    const named = [...tables.map(({ table }) => table), ...Object.keys(leftOutTables)]
    expect(named.toSorted()).toEqual(ofSellers.map(({ name }) => name).toSorted())
    const silent = tables.flatMap(({ table, leftOut }) =>
      Object.entries(leftOut).filter(([, why]) => why === notReadable)
        .map(([column]) => `${table}.${column}`)
    )
    expect(silent, 'name it in left-out.ts, or let the tenant read it').toEqual([])
  })

  it('opens buyers, and nothing sealed of core that nobody has named', async () => {
    const tables = await readExportTables(world.fresh.db.inSellerScope(seller.entry))
    const opened = tables.flatMap(({ table, sealed }) => sealed.map((name) => `${table}.${name}`))
    expect(opened.toSorted()).toEqual(openedColumns.toSorted())
    const catalog = await withOperations(world.fresh.urls.owner, readCatalog)
    const sealed = catalog.relations
      .filter(({ name }) => !name.startsWith('bazaar_') && !Object.hasOwn(leftOutTables, name))
      .filter(({ policies }) => policies.some(({ name }) => name === 'tenant'))
      .flatMap(({ name, columns }) =>
        columns.filter((column) => column.type === 'bytea' && column.name.endsWith('_enc'))
          .map((column) => [name, column.name] as const)
      )
    expect(sealed.length).toBeGreaterThanOrEqual(6)
    const unnamed = sealed.filter(([table, column]) =>
      !openedColumns.includes(`${table}.${column}`) && whyLeftOut(table, column) === undefined
    )
    expect(unnamed, 'open it or leave it out, in left-out.ts').toEqual([])
  })
})

describe('an export', () => {
  it('has each row of each table once, buyers in clear and no credential', async () => {
    const { id, created } = await house.ask(seller)
    expect([created, await house.ask(seller)]).toEqual([true, { id, created: false }])
    await house.slice(seller)
    expect(await house.slice(seller)).toBe(false)
    const { manifest, all } = await checkWhole(seller, id)
    const orders = all.get('orders') ?? []
    expect(orders.length).toBeGreaterThan(10)
    const told = await world.orders(0)
    const names = new Set(told.map((order) => JSON.stringify(order)).join(' ').split('"'))
    const buyers = orders.map(({ customer_name }) => customer_name).filter((one) => one !== null)
    expect(buyers.length).toBeGreaterThan(5)
    for (const name of buyers) expect(names.has(name as string), 'a name of the sandbox').toBe(true)
    expect(orders[0]).not.toHaveProperty('customer_name_enc')
    expect(manifest.tables.find(({ table }) => table === 'seller_keys')?.left_out)
      .toHaveProperty('wrapped')
    const text = JSON.stringify([...all.values()])
    expect(text).not.toContain(other.sellerId)
    for (const { credentials } of world.sandbox.accounts) {
      for (const secret of Object.values(credentials as Record<string, string>)) {
        expect(text).not.toContain(secret)
      }
    }
    // what was opened for it is in the ledger, and in its own count
    const ledger = await world.fresh.asSuperuser(async (admin) => [
      ...await admin<{ actor: string; opened: number }[]>`
        select split_part(actor, ':', 1) as actor, sum(opened)::int as opened from decrypt_ledger
        where seller_id = ${seller.sellerId} and purpose = 'tenant.export' group by 1`,
    ])
    const opened = manifest.tables.reduce((sum, one) => sum + one.opened, 0)
    expect(ledger).toEqual([{ actor: 'run', opened }])
    expect(opened).toBeGreaterThan(20)
  })

  it('is whole though every second part is lost, and a slice has time for few', async () => {
    const { id } = await house.ask(other)
    let [time, puts, slices] = [Date.now(), 0, 0]
    const lossy: ExportDeps['files'] = {
      put: async (entry, file) => {
        puts += 1
        // killed before the bytes were there, or behind that and before anybody was told
        if (puts % 4 === 1) throw new Error('killed')
        const object = await house.files.put(entry, file)
        if (puts % 4 === 3) throw new Error('killed')
        return object
      },
    }
    // each look at the clock costs a third of the slice
    const changes = { files: lossy, now: () => time += 5_000, partChars: 100_000 }
    for (let more = true; more && slices < 400; slices++) {
      more = await house.slice(other, changes).catch((error: unknown) => {
        expect(String(error)).toContain('killed')
        return true
      })
      await world.fresh.asSuperuser((admin) =>
        admin`update work_items set attempts = 0 where seller_id = ${other.sellerId}`
      )
    }
    expect(slices).toBeGreaterThan(15)
    const { manifest, all } = await checkWhole(other, id)
    expect(manifest.tables.find(({ table }) => table === 'warehouses')?.parts.length)
      .toBeGreaterThan(1)
    expect(all.get('warehouses')).toHaveLength(4_501)
    // nothing refers to what was lost: it is swept
    const [loose] = await world.fresh.asSuperuser((admin) =>
      admin<{ lost: number; kept: number }[]>`
        select count(*) filter (where kept_at is null)::int as lost,
          count(*) filter (where kept_at is not null)::int as kept
        from storage_objects where seller_id = ${other.sellerId}`
    )
    const parts = manifest.tables.flatMap((table) => table.parts)
    expect(loose?.kept).toBe(parts.length + 1)
    expect(loose?.lost).toBeGreaterThan(10)
  })

  it('is given up at the fourth try in a row, with why, and may be asked for again', async () => {
    const { id } = await house.ask(seller)
    const broken = {
      put: () => Promise.reject(Object.assign(new Error('S3 is down'), { code: 'down' })),
    }
    for (let tries = 1; tries <= 3; tries++) {
      await expect(house.slice(seller, { files: broken })).rejects.toThrow('S3 is down')
    }
    await house.slice(seller, { files: broken })
    const stateOf = (one: string) =>
      world.fresh.db.withSellerScope(
        seller.entry,
        (scope) => tenantExportState(scope, seller.sellerId, one),
      )
    expect(await stateOf(id)).toBe('FAILED')
    const again = await house.ask(seller)
    expect(again.created).toBe(true)
    await house.slice(seller)
    expect([await stateOf(again.id), await stateOf(newId())]).toEqual(['DONE', null])
  })

  it('is asked for by the platform as well, in the name of nobody', async () => {
    const { id } = await world.fresh.db.withPlatformScope('test', (tx) =>
      requestTenantExport(tx, {
        ...{ sellerId: seller.sellerId, reason: 'offboarding', byUserId: null },
      }))
    await house.slice(seller)
    expect(house.manifestOf(id)).toMatchObject({ reason: 'offboarding' })
  })

  it('shows its files to its own seller alone, when it is whole', async () => {
    const exports = createTenantExports({
      ...{ db: world.fresh.db, files: house.files, now: Date.now, wake: () => {} },
    })
    const { id } = await exports.request(seller.entry, seller.userId)
    const page = { of: 'export', limit: 50 } as const
    expect(await exports.files(seller.entry, id, page)).toBeNull()
    await house.slice(seller)
    expect(await exports.get(seller.entry, id)).toMatchObject({ state: 'DONE', reason: 'asked' })
    expect(await exports.get(other.entry, id)).toBeNull()
    expect(await exports.files(other.entry, id, page)).toBeNull()
    const keys: string[] = []
    let after: string | undefined
    while (keys.length < 500) {
      const got = await exports.files(seller.entry, id, {
        ...page,
        limit: 7,
        ...after && { after },
      })
      keys.push(...(got?.files ?? []).map(({ key, url }) => url === `memory:${key}` ? key : ''))
      if (got?.next === null || got === null) break
      after = got.next
    }
    const parts = house.manifestOf(id).tables.flatMap((table) => table.parts.map(({ key }) => key))
    expect(keys.filter((key) => !key.includes('/manifest-')).toSorted()).toEqual(parts.toSorted())
    expect(keys).toHaveLength(parts.length + 1)
    expect((await exports.files(seller.entry, id, { of: 'documents', limit: 5 }))?.files).toEqual(
      [],
    )
  })

  it('lets its files go after seven days, and keeps saying what it was', async () => {
    const { id } = await house.ask(seller)
    await house.slice(seller)
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
    const kept = async () => {
      const [row] = await world.fresh.asSuperuser((admin) =>
        admin<{ n: number }[]>`select count(*)::int as n from storage_objects
          where seller_id = ${seller.sellerId} and kept_at is not null`
      )
      return row?.n ?? 0
    }
    const before = await kept()
    expect(before).toBeGreaterThan(30)
    expect(await expireExports(world.fresh.db, inDays(6.9))).toBe(0)
    expect(await kept()).toBe(before)
    expect(await expireExports(world.fresh.db, inDays(7.1))).toBeGreaterThan(4)
    expect(await expireExports(world.fresh.db, inDays(7.1))).toBe(0)
    expect(await kept()).toBe(0)
    const exports = createTenantExports({
      ...{ db: world.fresh.db, files: house.files, now: Date.now, wake: () => {} },
    })
    const page = { of: 'export', limit: 5 } as const
    expect(await exports.files(seller.entry, id, page)).toBeNull()
    const view = await exports.get(seller.entry, id)
    expect(view).toMatchObject({ state: 'DONE', expired_at: expect.any(Date) })
    expect(view?.rows).toBeGreaterThan(5_000)
    // nothing refers to the rows of the files any more
    const gone = { db: world.fresh.db, log: silentLog, now: () => inDays(9).getTime() }
    const remove = () => Promise.resolve()
    expect(await sweepObjects({ ...gone, files: { remove } })).toBeGreaterThan(100)
  })
})
