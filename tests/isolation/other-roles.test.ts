/** What the other roles may not do: every login to the trail, and the role of plugins (S34). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../core/db/catalog.ts'
import { withOperations } from '../../core/db/operations.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import {
  asSuperuser,
  type Connection,
  countRows,
  inScope,
  keepOpen,
  outcomeOf,
  tried,
} from './attempts.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let owner: Connection
/** Every table of core. */
let tables: readonly string[]
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  await inScope(fresh.db, a.entry, `select audit_append('${a.sellerId}', 'x', 'y', '{}')`)
  tables = (await readCatalog(admin.sql)).relations.map(({ name }) => name)
  expect(tables.length).toBeGreaterThanOrEqual(22)
  owner = await keepOpen(fresh.urls.owner)
})
afterAll(async () => {
  await admin.close()
  await owner.close()
  await fresh.close()
})

describe('the audit trail', () => {
  it('is append-only for every login', async () => {
    const texts = [
      `update audit_events set action = 'z'`,
      'delete from audit_events',
      'truncate audit_events',
      'truncate audit_events cascade',
    ]
    const as = (url: string, role: string) =>
      withOperations(url, async (sql) => {
        const outcomes: string[] = []
        for (const text of texts) outcomes.push(await tried(sql, `set local role ${role}`, text))
        return outcomes
      })
    const refused = texts.map(() => '42501')
    expect(await as(fresh.urls.app, 'robnu_app')).toEqual(refused)
    expect(await as(fresh.urls.app, 'robnu_tenant')).toEqual(refused)
    expect(await as(fresh.urls.platform, 'robnu_platform')).toEqual(refused)
    expect(await as(fresh.urls.owner, 'robnu_owner')).toEqual(refused)
    expect(await as(fresh.urls.owner, 'robnu_gate')).toEqual(refused)
    for (const text of texts) {
      expect(await outcomeOf(() => inScope(fresh.db, a.entry, text))).toBe('42501')
    }
    expect(await outcomeOf(() => admin.sql.unsafe(texts[1] ?? ''))).toBe(
      '42501',
    )
    expect(await countRows(admin, 'audit_events')).toBe(1)
  })
})

const asPlugin = (text: string) => tried(owner.sql, 'set local role robnu_plugins', text)

describe('the role of plugins', () => {
  it('touches no table of core', async () => {
    const texts = (table: string) => [
      `select from ${table}`,
      `insert into ${table} default values`,
      `delete from ${table}`,
      `truncate ${table}`,
      `alter table ${table} add column mine int`,
      `drop table ${table}`,
      `create index mine on ${table} ((1))`,
      `create policy mine on ${table} using (true)`,
      `create trigger mine before insert on ${table} execute function audit_is_append_only()`,
      // a grant of nothing is only warned of
      `grant select on ${table} to robnu_plugins; select from ${table}`,
      `select app_protect('${table}')`,
      `alter table ${table} owner to robnu_plugins`,
    ]
    const accepted: string[] = []
    for (const text of tables.flatMap(texts)) {
      if (await asPlugin(text) !== '42501') accepted.push(text)
    }
    expect(accepted).toEqual([])
  })

  it('calls no function of the gate and makes nobody else own what it makes', async () => {
    for (
      const text of [
        `select auth_identity('x')`,
        `select app_open_to_gate('orders', 'select')`,
        `select app_gate_function('audit_field(text)', 'robnu_plugins')`,
        `select audit_append('${a.sellerId}', 'x', 'y', '{}')`,
        `create function f() returns int language sql return 1;
         alter function f() owner to robnu_gate`,
      ]
    ) expect(await asPlugin(text), text).toBe('42501')
    const own = 'create table mine (seller_id uuid primary key); drop table mine'
    expect(await asPlugin(own)).toBe('accepted')
  })

  // the functions of the gate look for operators in `public` too, and take the better match
  it('has no code of its own run by the gate', async () => {
    const other = await freshDatabase({ maxConnections: 1 })
    const { entry } = await makeSeller(other.db)
    await withOperations(other.urls.owner, (sql) =>
      sql.unsafe(`
        set role robnu_plugins;
        create function bazaar_join(a integer, b text) returns text language plpgsql
          as $$ begin raise exception 'run by %', current_user using errcode = 'P0002'; end $$;
        create operator || (leftarg = integer, rightarg = text, function = bazaar_join)`))
    const outcome = await outcomeOf(() => inScope(other.db, entry, 'select 1'))
    await other.close()
    expect(outcome).toBe('accepted')
  })
})
