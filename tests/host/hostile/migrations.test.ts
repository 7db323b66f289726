/** Migrations of a plugin that reach for what is not its own; the level of trust is all one to them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../core/db/migrate.ts'
import { withOperations } from '../../../core/db/operations.ts'
import { readCatalog } from '../../../core/db/catalog.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { makeSeller } from '../../support/database.ts'

let world: World
let before: string
let rows: readonly unknown[]
beforeAll(async () => {
  world = await openWorld()
  const seller = await makeSeller(world.fresh.db)
  await world.connectShop(seller, 0)
  before = await look()
  rows = await details()
})
afterAll(() => world?.close())

/** As `migrateHost` does it: the plugin's line behind that of the other. */
const migrateLine = async (sql: string): Promise<void> => {
  const file = { number: 1, name: '0001_hostile.sql', sql, breaking: false }
  await migrate({
    ownerUrl: world.fresh.urls.owner,
    lines: [{ line: 'bazaar', files: [] }, { line: 'hostile', files: [file] }],
    log: () => {},
  })
}
/** All that stands in the catalog, and how many rows the other plugin has. */
const look = () =>
  withOperations(world.fresh.urls.owner, async (sql) => {
    const { roles: _ofTheServer, memberships: _too, ...catalog } = await readCatalog(sql)
    return JSON.stringify(catalog)
  })
const details = () =>
  world.fresh.asSuperuser((admin) => admin`select * from bazaar_account_details`)

it.each([
  ['a column for a table of core', 'alter table orders add column hostile_x int'],
  ['a table of core less', 'drop table orders cascade'],
  ['a table of core by another name', 'alter table orders rename to hostile_orders'],
  ['rows of core', `insert into orgs (id, name) values (gen_random_uuid(), 'x')`],
  ['people', 'create table hostile_loot as select * from identities'],
  ['the state of orders', `update orders set status = 'DELIVERED'`],
  ['an empty ledger', 'truncate orders cascade'],
  [
    'a trigger on a table of core',
    `create function hostile_f() returns trigger language plpgsql as
    $$ begin return null; end $$; create trigger hostile_t before update on orders
    for each row execute function hostile_f()`,
  ],
  ['a rule on a table of core', 'create rule hostile_r as on delete to orders do instead nothing'],
  ['a policy on a table of core', 'create policy hostile_p on orders using (true)'],
  ['no row security', 'alter table orders disable row level security'],
  ['a membership', 'grant robnu_gate to robnu_plugins'],
  ['another role', 'set role robnu_owner'],
  ['the role before', 'reset role; drop table orders'],
  ['its own commit', 'commit'],
  ['a role of its own', 'create role hostile_role superuser'],
  ['an extension', 'create extension dblink'],
  ['a program', `copy (select 1) to program 'cat'`],
  ['a file', `select pg_read_file('/etc/passwd')`],
  ['a setting of the server', `alter system set log_statement = 'all'`],
  ['a schema', 'create schema hostile_schema'],
  [
    'an event trigger',
    `create function hostile_f() returns event_trigger language plpgsql as
    $$ begin end $$; create event trigger hostile_e on ddl_command_end execute function hostile_f()`,
  ],
  ['the ledger of migrations', `delete from schema_migrations`],
  [
    'a function with the rights of its owner',
    `create function hostile_f() returns int
    language sql security definer as 'select 1'`,
  ],
  [
    'a function in the name of another',
    `create function app_hostile() returns int language sql
    as 'select 1'`,
  ],
  ['a function of core', 'drop function app_current_seller_id() cascade'],
  [
    'another body of a function of core',
    `create or replace function app_is_admin_scope()
    returns boolean language sql as 'select true'`,
  ],
  ['a table by another name', 'create table loot (id int)'],
  ['a view of core by another name', 'create view all_orders as select * from orders'],
  ["another plugin's rows", 'create table hostile_loot as select * from bazaar_account_details'],
  ["another plugin's rows less", 'delete from bazaar_account_details'],
  ["another plugin's rows, changed", `update bazaar_account_details set shop_id = 'x'`],
  [
    "another plugin's rows by a grant of its own",
    `grant select on bazaar_account_details to
    robnu_plugins; create table hostile_loot as select * from bazaar_account_details`,
  ],
  ["another plugin's table less", 'drop table bazaar_account_details'],
  ["another column for another plugin's table", 'alter table bazaar_account_details add x int'],
  ["another plugin's table, open", 'alter table bazaar_account_details disable row level security'],
  ["another plugin's table for everybody", 'grant select on bazaar_account_details to public'],
  ["another plugin's table, emptied", 'truncate bazaar_account_details'],
  [
    "a trigger on another plugin's table",
    `create function hostile_f() returns trigger
    language plpgsql as $$ begin return null; end $$; create trigger hostile_t before insert
    on bazaar_account_details for each row execute function hostile_f()`,
  ],
  ["a policy on another plugin's table", 'create policy p on bazaar_account_details using (true)'],
])('a migration does not get %s', async (_what, sql) => {
  await expect(migrateLine(sql)).rejects.toThrow('hostile/0001_hostile.sql')
})

it('and none of them has left anything behind', async () => {
  expect(await look()).toBe(before)
  expect(await details()).toEqual(rows)
  expect(rows).toHaveLength(1)
})

it('its own it may make, and point at the ledger from', async () => {
  await migrateLine(`create table hostile_loot (seller_id uuid not null, id uuid not null,
      constraint hostile_loot__seller_id primary key (seller_id, id),
      constraint hostile_loot__order foreign key (seller_id, id) references orders (seller_id, id));
    create index on hostile_loot (seller_id, id desc);
    create function hostile_f() returns int language sql as 'select 1';
    select app_protect('hostile_loot', 'select, insert, update, delete')`)
  // a grant that is not the plugin's to make is none, as PostgreSQL has it
  const granted = await world.fresh.asSuperuser((admin) =>
    admin`select has_table_privilege('robnu_tenant', 'hostile_loot', 'insert') as own`
  )
  expect(granted.map((row) => ({ ...row }))).toEqual([{ own: true }])
})
