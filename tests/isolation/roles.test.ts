/** What a seller's transaction may not do, tried (quality M8, M9, M11, M12). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../core/db/catalog.ts'
import { plainStatement } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { asSuperuser, type Connection, countRows, inScope, outcomeOf, rowsOf } from './attempts.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
/** Every table of core. */
let tables: readonly string[]
let roles: readonly string[]
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
  // a copy does not have the grants of the database that it was made from
  await admin.sql.unsafe(`revoke temporary on database ${databaseName()} from public`)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
  for (const { entry, sellerId } of [a, b]) {
    await inScope(fresh.db, entry, `select audit_append('${sellerId}', 'x', 'y', '{}')`)
  }
  const catalog = await readCatalog(admin.sql)
  tables = catalog.relations.map(({ name }) => name)
  roles = catalog.roles.map(({ name }) => name)
  expect(tables.length).toBeGreaterThanOrEqual(22)
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const databaseName = () => new URL(fresh.urls.app).pathname.slice(1)
const asTenant = (...texts: readonly string[]) =>
  outcomeOf(() => inScope(fresh.db, a.entry, ...texts))
describe('inside a transaction of a seller', () => {
  it('RESET ROLE leads to a login that may read nothing', async () => {
    expect(roles).toContain('robnu_platform')
    for (const reset of ['reset role', 'set role none', 'set local role robnu_app']) {
      expect(await inScope(fresh.db, a.entry, reset, 'select current_user as me'))
        .toEqual([{ me: 'robnu_app' }])
      for (const table of tables) {
        expect(await asTenant(reset, `select from ${table}`)).toBe('42501')
      }
    }
  })

  it('RESET ROLE leads to a login that may call the door alone', async () => {
    const may = `select p.oid::regprocedure::text as name from pg_proc p
      where p.pronamespace = 'public'::regnamespace and has_function_privilege(p.oid, 'execute')`
    const called = await inScope(fresh.db, a.entry, 'reset role', may)
    expect(called).toEqual([{ name: 'app_enter(text,text,uuid,timestamp with time zone,bytea)' }])
    for (const call of ['auth_identity($$x$$)', `auth_sessions('${b.sellerId}', '${newId()}')`]) {
      expect(await asTenant('reset role', `select * from ${call}`)).toBe('42501')
      expect(
        await asTenant(`select set_config('role', 'none', true),
        query_to_xml('select * from ${call.replaceAll(`'`, `''`)}', true, true, '')`),
      ).toBe('42501')
    }
  })

  it('SET ROLE reaches no other role, before RESET ROLE and after', async () => {
    const others = roles.filter((role) => role !== 'robnu_app' && role !== 'robnu_tenant')
    expect(others.length).toBeGreaterThanOrEqual(5)
    for (const role of [...others, 'pg_read_all_data', 'pg_write_all_data', 'pg_monitor']) {
      expect(await asTenant(`set role ${role}`)).toBe('42501')
      expect(await asTenant('reset role', `set local role ${role}`)).toBe('42501')
      expect(await asTenant(`select set_config('role', '${role}', true)`)).toBe('42501')
      expect(await asTenant(`set session authorization ${role}`)).toBe('42501')
    }
  })

  it('nothing reaches around the policies', async () => {
    const orders = tables.flatMap((table) => [
      `truncate ${table}`,
      `alter table ${table} disable row level security`,
      `alter table ${table} no force row level security`,
      `alter table ${table} owner to robnu_tenant`,
      `create policy mine on ${table} using (true)`,
      `alter table ${table} rename to mine`,
      `create trigger mine before insert on ${table} execute function audit_is_append_only()`,
      `create rule mine as on insert to ${table} do nothing`,
      `drop table ${table}`,
    ])
    for (const text of orders) expect(await asTenant(text), text).toBe('42501')
    const others = [
      'create table mine (id int)',
      'create temporary table mine (id int)',
      'create view mine as select 1',
      `create function mine() returns int language sql return 1`,
      `copy orders to program 'cat'`,
      `copy orders to '/dev/null'`,
      `select pg_read_file('postgresql.conf')`,
      'select from pg_authid',
      'select from pg_statistic',
      'create role mine',
      'alter role robnu_tenant bypassrls',
      'grant robnu_platform to robnu_tenant',
      'create schema mine',
      `create extension dblink`,
    ]
    for (const text of others) expect(await asTenant(text), text).toBe('42501')
    expect(await asTenant('set local row_security = off', 'select from sellers')).toBe('42501')
    expect(await asTenant(`select set_config('row_security', 'off', true)`, 'select from orders'))
      .toBe('42501')
    expect(await asTenant('alter function audit_field(text) owner to robnu_tenant')).toBe('42501')
  })

  it('statistics tell nothing of the rows of others', async () => {
    await admin.sql`analyze sellers`
    expect(await countRows(admin, 'pg_stats', `tablename = 'sellers'`)).toBeGreaterThan(0)
    const read = `select from pg_stats where tablename in ('sellers', 'seller_users')`
    expect(await inScope(fresh.db, a.entry, read)).toEqual([])
  })

  it('a test that is not leakproof meets no row of others', async () => {
    const { entry, sellerId } = await makeSeller(fresh.db)
    await admin.sql`update sellers set name = '1' where id = ${sellerId}`
    const leak = 'select id from sellers where name::int > 0'
    expect(await inScope(fresh.db, entry, leak)).toEqual([{ id: sellerId }])
    // the superuser, who sees the others' names, trips over the first
    expect(await outcomeOf(() => admin.sql.unsafe(leak))).toBe('22P02')
  })

  it('another session of the same login shows no value', async () => {
    const secret = `secret-${newId()}`
    const own = plainStatement('select pg_sleep(0.3), $1::text', [secret])
    const running = fresh.db.inSellerScope(b.entry).any(own)
    const seen = async () =>
      await rowsOf(
        fresh.db.bare,
        `
        select query from pg_stat_activity
        where datname = current_database() and usename = 'robnu_app' and state = 'active'
          and pid <> pg_backend_pid()`,
      )
    let rows = await seen()
    while (rows.length === 0) rows = await seen()
    await running
    expect(rows.map(({ query }) => query)).toEqual(['select pg_sleep(0.3), $1::text'])
  })
})
