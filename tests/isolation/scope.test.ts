/** Outside of a scope nothing can be read or written; inside of one, nothing of another seller. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../core/db/catalog.ts'
import { coreAllow } from '../../core/db/catalog-allow.ts'
import { sellersTables } from '../../core/db/catalog-table-rules.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import {
  asSuperuser,
  type Connection,
  countRows,
  inScope,
  keepOpen,
  leaseWork,
  outcomeOf,
  rowsOf,
  tried,
} from './attempts.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
let login: Connection
/** Every table with rows of sellers. */
let tables: readonly string[]
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
  for (const seller of [a, b]) {
    await leaseWork(fresh, seller, await makeAccount(fresh, seller))
    await inScope(
      fresh.db,
      seller.entry,
      `select audit_append('${seller.sellerId}', 'x', 'y', '{}')`,
    )
  }
  const catalog = await readCatalog(admin.sql)
  tables = sellersTables(catalog, coreAllow([])).map(({ name }) => name)
  expect(tables.length).toBeGreaterThanOrEqual(18)
  login = await keepOpen(fresh.urls.app)
})
afterAll(async () => {
  await admin.close()
  await login.close()
  await fresh.close()
})

/** As the login of API and workers, after the statements in front. */
const asLogin = (front: readonly string[], text: string): Promise<string> =>
  tried(login.sql, ...front, text)
const beTenant = 'set local role robnu_tenant'
const pretend = (sellerId: string) => `set local app.current_seller_id = '${sellerId}'`

describe('outside of a scope', () => {
  it('every statement raises, whatever its plan', async () => {
    const outcomes = new Set<string>()
    for (const table of tables) {
      for (
        const text of [
          `select from ${table}`,
          `select from ${table} where false`,
          `select count(*) from ${table} limit 0`,
          `explain select from ${table}`,
          `insert into ${table} default values`,
          `update ${table} set seller_id = null where false`.replace(
            'sellers set seller_',
            'sellers set ',
          ),
          `delete from ${table} where false`,
          `truncate ${table}`,
          `lock table ${table} in access share mode`,
        ]
      ) outcomes.add(await asLogin([], text))
    }
    expect([...outcomes]).toEqual(['42501'])
  })

  it('the role of tenants alone reads no row and writes none', async () => {
    const filled = ['sellers', 'marketplace_accounts', 'job_runs', 'audit_events', 'seller_users']
    for (const table of filled) {
      expect(await countRows(admin, table)).toBeGreaterThanOrEqual(2)
      expect(await asLogin([beTenant], `select from ${table}`)).toBe('42501')
      expect(await asLogin([beTenant], `select count(*) from ${table}`)).toBe('42501')
      const byIndex = `set local enable_seqscan = off`
      expect(await asLogin([beTenant, byIndex], `select from ${table}`)).toBe('42501')
      const parallel = `set local debug_parallel_query = on`
      expect(await asLogin([beTenant, parallel], `select from ${table}`)).toBe('42501')
    }
    const insert = `insert into seller_keys (seller_id, purpose, version, wrapped, kms_alias)
      values ('${a.sellerId}', 'seal', 1, '', 'x')`
    expect(await asLogin([beTenant], insert)).toBe('42501')
    expect(await countRows(admin, 'seller_keys')).toBe(0)
  })

  it('a setting that is left over, empty or no id opens nothing', async () => {
    await inScope(fresh.db, a.entry, 'select 1')
    const left = await rowsOf(
      fresh.db.bare,
      `
      select current_user, current_setting('app.current_seller_id', true) as seller,
        current_setting('app.actor', true) as actor`,
    )
    expect(left).toEqual([{ current_user: 'robnu_app', seller: '', actor: '' }])
    expect(await outcomeOf(() => rowsOf(fresh.db.bare, 'select from sellers'))).toBe('42501')
    const read = 'select id from sellers'
    for (const one of ['', 'all', '%', a.sellerId]) {
      expect(await asLogin([beTenant, pretend(one)], read)).toBe('42501')
    }
  })

  it('a forged setting opens nothing to the login', async () => {
    expect(await asLogin([pretend(a.sellerId)], 'select from sellers')).toBe('42501')
    const asPlatform = `set local app.admin = 'on'`
    expect(await asLogin([asPlatform, beTenant], 'select from sellers')).toBe('42501')
    expect(await asLogin(['set local row_security = off'], 'select from sellers')).toBe('42501')
  })

  it('a process without the platform login opens no platform scope', async () => {
    const who = await rowsOf(fresh.db.bare, `select pg_has_role('robnu_platform', 'member') as can`)
    expect(who).toEqual([{ can: false }])
    expect(await asLogin(['set local role robnu_platform'], 'select 1')).toBe('42501')
  })
})

describe('inside a scope', () => {
  it('a seller sees its own rows and no other', async () => {
    for (const [own, other] of [[a, b], [b, a]] as const) {
      for (const table of ['marketplace_accounts', 'job_runs', 'audit_events', 'seller_users']) {
        const rows = await inScope(fresh.db, own.entry, `select seller_id from ${table}`)
        expect(rows.length).toBeGreaterThan(0)
        expect(new Set(rows.map((row) => row.seller_id))).toEqual(new Set([own.sellerId]))
        const asked = `select from ${table} where seller_id = '${other.sellerId}'`
        expect(await inScope(fresh.db, own.entry, asked)).toEqual([])
      }
      const parallel = 'set local debug_parallel_query = on'
      const sellers = await inScope(fresh.db, own.entry, parallel, 'select id from sellers')
      expect(sellers).toEqual([{ id: own.sellerId }])
    }
  })

  it('rows of another seller are neither written, changed, moved nor deleted', async () => {
    const before = await admin.sql`select * from job_runs where seller_id = ${b.sellerId}`
    expect(before).toHaveLength(1)
    const change = `update job_runs set pages = 9 where seller_id = '${b.sellerId}' returning id`
    expect(await inScope(fresh.db, a.entry, change)).toEqual([])
    const steal = `update job_runs set seller_id = '${b.sellerId}' returning id`
    expect(await outcomeOf(() => inScope(fresh.db, a.entry, steal))).toBe('42501')
    const plant = `insert into outbox (seller_id, id, queue, group_key, body)
      values ('${b.sellerId}', '${newId()}', 'q', 'g', '{}')`
    expect(await outcomeOf(() => inScope(fresh.db, a.entry, plant))).toBe('42501')
    const remove = `delete from orders where seller_id = '${b.sellerId}' returning id`
    expect(await outcomeOf(() => inScope(fresh.db, a.entry, remove))).toBe('42501')
    expect(
      await admin.sql`select * from job_runs where seller_id = ${b.sellerId}`,
    ).toEqual(before)
  })

  // M6: any statement may write a setting, so that the function asks for the mark of app_enter
  it('a statement that forges the setting sees nothing of another seller', async () => {
    for (const isLocal of [true, false]) {
      const forge = `select set_config('app.current_seller_id', '${b.sellerId}', ${isLocal})`
      for (const table of ['sellers', 'job_runs', 'audit_events']) {
        const read = () => inScope(fresh.db, a.entry, forge, `select * from ${table}`)
        expect(await outcomeOf(read)).toBe('42501')
      }
    }
  })
})
