/** Broken schemas for each rule of the catalog: SQL that trips this rule, and no other. */
import type { CatalogRuleName } from '../../core/db/catalog-rules.ts'

/** A sound plugin: its tables are held to the rules of core's. */
export const plugin = `
  create table bazaar_account_details (
    seller_id uuid not null,
    marketplace_account_id uuid not null,
    shop text not null,
    primary key (seller_id, marketplace_account_id),
    foreign key (seller_id, marketplace_account_id)
      references marketplace_accounts (seller_id, id) on delete cascade
  );
  select app_protect('bazaar_account_details');
  create table bazaar_returns (
    seller_id uuid not null,
    id uuid not null,
    order_id uuid not null,
    primary key (seller_id, id),
    foreign key (seller_id, order_id) references orders (seller_id, id) on delete cascade
  );
  create index bazaar_returns__by_order on bazaar_returns (seller_id, order_id);
  select app_protect('bazaar_returns', 'select, insert', 'select');
`

/** A sound table of core, for the fixtures to break. */
const things = (columns = '') => `
  create table things (
    seller_id uuid not null references sellers (id),
    id uuid not null,
    ${columns}
    primary key (seller_id, id)
  );
  select app_protect('things');
`
const isOwn = '(seller_id = (select app_current_seller_id()))'

/** Run as the owner; what stands behind `reset role` as the superuser. */
export const broken: Readonly<Record<CatalogRuleName, readonly string[]>> = {
  'row-security-off': [
    `${things()} alter table things disable row level security`,
    'alter table orders disable row level security',
  ],
  'row-security-not-forced': [`${things()} alter table things no force row level security`],
  'policy-missing': [
    `${things()} drop policy tenant on things`,
    `${things()} drop policy tenant_delete on things`,
    `${things()} drop policy platform on things`,
    `${things()} drop policy owner on things`,
    'set local role robnu_plugins; drop policy maker on bazaar_returns',
  ],
  'policy-unknown': [
    `${things()} create policy everybody on things using (true)`,
    `${things()} create policy login on things to robnu_app using ${isOwn}`,
    `${things()} create policy more on things to robnu_tenant using (true)`,
    `${things()} create policy maker on things to robnu_plugins using (true) with check (true)`,
    `set local role robnu_plugins;
     create policy gate on bazaar_returns to robnu_gate using (true) with check (true)`,
  ],
  'policy-differs': [
    // an "or", a setting, a call for each row, a comparison that is none, another column
    `${things()} alter policy tenant on things using (${isOwn} or (select app_is_admin_scope()))`,
    `${things()} alter policy tenant on things using
       (seller_id = nullif(current_setting('app.current_seller_id', true), '')::uuid)`,
    `${things()} alter policy tenant on things using (seller_id = app_current_seller_id())`,
    `${things()} alter policy tenant on things using
       (seller_id is not distinct from (select app_current_seller_id()))`,
    `${things()} alter policy tenant on things using (id = (select app_current_seller_id()))`,
    `${things()} alter policy tenant on things with check (true)`,
    // writes in a session for reading, deletes in one
    `${things()} alter policy tenant on things with check ${isOwn}`,
    `${things()} alter policy tenant_delete on things using ${isOwn}`,
    `${things()} alter policy tenant_delete on things to robnu_platform`,
    `${things()} drop policy tenant_delete on things;
     create policy tenant_delete on things for delete to robnu_tenant
       using (seller_id = (select app_writable_seller_id()))`,
    `${things()} alter policy tenant on things to public`,
    `${things()} alter policy tenant on things to robnu_app`,
    `${things()} alter policy tenant on things to robnu_tenant, robnu_platform`,
    `${things()} alter policy platform on things using (true)`,
    `${things()} drop policy tenant on things;
     create policy tenant on things to robnu_tenant using ${isOwn}`,
    `${things()} drop policy tenant on things;
     create policy tenant on things for select to robnu_tenant using ${isOwn}`,
    `${things()} drop policy tenant on things;
     create policy tenant on things as restrictive to robnu_tenant using ${isOwn}
       with check ${isOwn}`,
  ],
  'table-owner': [`${things()} reset role; alter table things owner to robnu_tenant`],
  'table-rewrite': [
    `${things()} create rule copy as on insert to things do also delete from things`,
  ],
  'shared-numbers': [
    things('number bigint generated always as identity,'),
    things('number bigserial not null,'),
  ],
  'enum-column': [
    `create type mood as enum ('GOOD', 'BAD'); ${things('mood mood,')}`,
    `create type mood as enum ('GOOD', 'BAD'); ${things('moods mood[],')}`,
    `create type mood as enum ('GOOD', 'BAD'); create domain temper as mood;
     ${things('temper temper,')}`,
  ],

  'primary-key': [
    `create table things (seller_id uuid not null references sellers (id), id uuid,
       primary key (id, seller_id));
     select app_protect('things')`,
    `create table things (seller_id uuid not null references sellers (id), id uuid);
     select app_protect('things')`,
  ],
  'unique-key': [
    things('external_id text unique,'),
    things('external_id text, unique (external_id, seller_id),'),
    `${things('name text,')} create unique index things__name on things (lower(name), seller_id)`,
    `${things('name text,')} create unique index things__name on things (name) where name <> ''`,
  ],
  'exclusion-constraint': [things('name text, exclude using btree (name with =),')],
  'foreign-key': [
    // one seller's row at another's (M1), the wrong way round, beside the seller
    things(`other uuid, order_id uuid,
      foreign key (other, order_id) references orders (seller_id, id),`),
    things(`order_id uuid, foreign key (order_id, seller_id) references orders (id, seller_id),`),
    things(`friend uuid references sellers (id),`),
  ],
  'foreign-key-from-list': [
    'alter table marketplaces add column first_seller uuid references sellers (id)',
  ],
  'foreign-key-oracle': [things('identity_id uuid references identities (id),')],
  'index-order': [
    `${things('name text,')} create index things__name on things (name, seller_id)`,
    `${things('name text,')} create index things__name on things (name) where name <> ''`,
    `${things('name text,')} create index things__lower on things (lower(name))`,
  ],
  'cross-seller-index': [
    'drop index schedules__due; create index schedules__due on schedules (next_run_at)',
    `drop index schedules__due;
     create unique index schedules__due on schedules (seller_id, next_run_at) where not paused`,
  ],

  'listed-grants': [
    'grant delete on orgs to robnu_platform',
    'revoke insert on orgs from robnu_platform',
    'grant select (email) on identities to robnu_tenant',
    'grant select on identities to robnu_platform with grant option',
    'grant select on schema_migrations to public',
    'grant update on marketplaces to robnu_app',
  ],
  'listed-missing': [
    'drop table identities cascade',
    'drop index outbox__sent',
    'alter function claim_work(uuid, uuid, uuid, integer) security invoker',
    'drop function auth_reload(uuid, uuid)',
  ].map((sql) => `reset role; ${sql}`),
  'grant-to-public': [
    `${things()} grant select on things to public`,
    `${things()} grant select (id) on things to public`,
    `create view all_orders with (security_invoker = true) as select * from orders;
     grant select on all_orders to public`,
    'create sequence numbers; grant usage on sequence numbers to public',
  ],
  'grant-to-app': [
    `${things()} grant select on things to robnu_app`,
    `${things()} grant update (id) on things to robnu_app`,
  ],
  'grant-to-stranger': [
    `${things()} reset role; create role reports; grant select on things to reports`,
  ],
  'grant-past-policies': [
    `${things()} grant truncate on things to robnu_tenant`,
    `${things()} grant references on things to robnu_tenant`,
    `${things()} grant trigger on things to robnu_platform`,
    `${things()} grant maintain on things to robnu_plugins`,
    `${things()} grant select on things to robnu_tenant with grant option`,
    'create sequence numbers; grant select on sequence numbers to robnu_tenant',
  ],
  'view-of-owner': [
    'create view all_orders as select * from orders',
    'create view all_orders with (security_invoker = false) as select * from orders',
    'create view all_orders with (security_barrier = true) as select * from orders',
  ],
  'materialised-view': ['create materialized view all_orders as select * from orders'],
  'foreign-table': [
    `reset role; create foreign data wrapper far; create server there foreign data wrapper far;
     create foreign table far_orders (seller_id uuid, id uuid) server there`,
  ],
  'other-schema': ['create schema hidden'],
  'schema-create': [
    'grant create on schema public to public',
    'grant create on schema public to robnu_tenant',
    // what app_gate_function would leave behind
    'grant create on schema public to robnu_gate',
  ],
  'database-grants': [
    `do $$ begin execute format('grant temporary on database %I to public', current_database());
     end $$`,
    `do $$ begin execute format('grant create on database %I to robnu_plugins', current_database());
     end $$`,
  ],

  'definer-unlisted': [
    `create function all_orders() returns bigint language sql security definer
       set search_path = pg_catalog, pg_temp return (select count(*) from public.orders);
     revoke all on function all_orders() from public`,
    `set local role robnu_plugins;
     create function bazaar_all() returns bigint language sql security definer
       set search_path = pg_catalog, pg_temp return 1;
     revoke all on function bazaar_all() from public`,
    // another signature is another function
    `create function claim_work(uuid) returns void language sql security definer
       set search_path = pg_catalog, pg_temp begin atomic select 1; end;
     revoke all on function claim_work(uuid) from public`,
  ],
  'definer-owner': ['reset role; alter function auth_reload(uuid, uuid) owner to robnu_owner'],
  'definer-settings': [
    'alter function auth_reload(uuid, uuid) reset search_path',
    'alter function auth_reload(uuid, uuid) set search_path = pg_catalog, public',
    'alter function auth_reload(uuid, uuid) set row_security = off',
  ].map((sql) => `reset role; ${sql}`),
  'definer-callers': [
    'grant execute on function claim_work(uuid, uuid, uuid, integer) to robnu_tenant',
    'grant execute on function claim_work(uuid, uuid, uuid, integer) to public',
    'revoke execute on function claim_work(uuid, uuid, uuid, integer) from robnu_door',
    'grant execute on function claim_work(uuid, uuid, uuid, integer) to robnu_app',
    `grant execute on function claim_work(uuid, uuid, uuid, integer) to robnu_app
       with grant option`,
  ].map((sql) => `reset role; ${sql}`),
  'system-shadow': [
    `create function split_part(text, text) returns text language sql return null;
     revoke all on function split_part(text, text) from public`,
    `set local role robnu_plugins;
     create function bazaar_join(a integer, b integer) returns text language sql return null;
     revoke all on function bazaar_join(integer, integer) from public;
     create operator || (leftarg = integer, rightarg = integer, function = bazaar_join)`,
  ],
  'function-public': [
    'create function add(a integer, b integer) returns integer language sql return a + b',
    `set local role robnu_plugins;
     create function bazaar_add(a integer, b integer) returns integer language sql return a + b`,
  ],

  'role-power': [
    'alter role robnu_app bypassrls',
    'alter role robnu_platform superuser',
    'alter role robnu_owner createrole',
    'alter role robnu_gate bypassrls',
    'alter role robnu_platform replication',
    'create role reports login bypassrls',
  ].map((sql) => `reset role; ${sql}`),
  'role-missing': ['reset role; alter role robnu_gate login'],
  'role-inherits': [
    'reset role; alter role robnu_app inherit',
    'reset role; alter role robnu_owner inherit',
  ],
  'app-membership': [
    'grant robnu_tenant to robnu_app with inherit true',
    'grant robnu_tenant to robnu_app with admin true',
    'revoke robnu_tenant from robnu_app',
  ].map((sql) => `reset role; ${sql}`),
  'app-reach': [
    'grant robnu_platform to robnu_app with inherit false',
    'grant robnu_gate to robnu_tenant with inherit false, set false',
    'grant pg_read_all_data to robnu_app with inherit false',
    `create role middle; grant middle to robnu_app with inherit false;
     grant robnu_owner to middle`,
  ].map((sql) => `reset role; ${sql}`),
  'other-membership': [
    'grant robnu_gate to robnu_platform with inherit false',
    'grant robnu_gate to robnu_owner with inherit true',
    'grant pg_read_all_data to robnu_plugins',
  ].map((sql) => `reset role; ${sql}`),
  'strange-login': [
    'reset role; create role reports login noinherit; grant robnu_tenant to reports',
    `reset role; create role reports login noinherit; create role middle;
     grant middle to reports; grant robnu_platform to middle with inherit false`,
  ],
  'role-setting': [
    'reset role; alter role robnu_app set row_security = off',
    `reset role; alter role robnu_app set app.current_seller_id = '${'0'.repeat(32)}'`,
    `reset role; alter role all set role = 'robnu_tenant'`,
  ],
  'plugin-login': [
    'grant insert on orders to robnu_plugin_x',
    'grant select on orders to robnu_plugin_x',
    'grant select (customer_name_enc) on orders to robnu_plugin_x',
    'grant select (id) on sessions to robnu_plugin_x',
    'grant select on bazaar_returns to robnu_plugin_x',
    'grant select (id) on orders to robnu_plugin_x with grant option',
    'create policy more on orders for select to robnu_plugin_x using (true)',
    `create policy more on orders to robnu_plugin_x using ${isOwn}`,
    'create policy more on inbox for insert to robnu_plugin_x with check (true)',
    'grant execute on function wake_work(uuid, uuid) to robnu_plugin_x',
    'grant robnu_tenant to robnu_plugin_x with inherit false',
  ].map((sql) => `reset role; create role robnu_plugin_x login noinherit; ${sql}`),
}
