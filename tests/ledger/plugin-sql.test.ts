/** What a plugin's SQL may touch, by its text. */
import { describe, expect, it } from 'vitest'
import { functions, readableTables } from '../../core/rules/plugin-sql-names.ts'
import { sqlFault } from '../../core/rules/plugin-sql.ts'

const stall = {
  id: 'stall',
  tables: ['stall_goods', 'stall_prices'],
  detailsTable: 'stall_details',
}
const faultOf = (text: string) => sqlFault(text, stall)

describe('a plugin may say', () => {
  it.each([
    'select 1',
    ' /* a /* nested */ comment */ -- and a line\nselect id from stall_goods;',
    'select g.id, p.price from stall_goods g join stall_prices as p using (seller_id, id)',
    'select * from orders o left join order_items i on i.order_id = o.id and i.qty > 0, shipments s where o.id = s.id',
    'select * from public.orders',
    'select * from "orders" "o"',
    'SELECT COUNT(*)::INT AS n FROM ORDERS',
    'select * from only stall_goods',
    'select * from (orders o join order_items i on true)',
    'select * from ((select id from orders)) x, lateral (select 1 from shipments s where s.id = x.id) y',
    'select * from (values (1, 2)) as v (a, b)',
    'select * from generate_series(1, $1) as n, unnest($2::text[]) with ordinality as u (a, b)',
    'select * from rows from (generate_series(1, 3), unnest($1::int[])) as r (a, b)',
    'with x as (select id from orders), y (a, b) as not materialized (select 1, 2) select * from x, y',
    'with recursive t (n) as (select 1 union all select n + 1 from t where n < 9) select sum(n) from t',
    'insert into stall_goods (seller_id, id) values ($1, $2) on conflict (id) do update set id = excluded.id returning id',
    'insert into stall_goods select id from orders',
    'insert into stall_goods as g (id) values (1)',
    'update stall_goods g set n = p.n from stall_prices p where p.id = g.id',
    'update only public.stall_goods set n = 1',
    'delete from stall_goods using orders where orders.id = stall_goods.id',
    'delete from stall_details where id = $1 returning *',
    'with gone as (delete from stall_goods returning id) insert into stall_prices select id from gone',
    'select id from stall_goods where id in (select id from orders) for update skip locked',
    'select id from stall_goods for no key update',
    "select extract(epoch from ordered_at), substring(name from 2 for 3), trim(both ' ' from x) from orders",
    'select a is distinct from b, a is not distinct from b from stall_goods',
    "select 'from sessions; --', $$ from sessions $$, $x$ into sellers $x$, e'\\' from sessions', N'x' from orders",
    "select count(*) filter (where state = 'x') over (partition by id order by id rows between 1 preceding and current row) from orders",
    'select row_number() over w from orders window w as (order by id), v as (order by id desc)',
    'select case when exists (select from orders) then 1 else (2) end, array(select id from orders), cast(x as numeric(14, 4)) from stall_goods',
    'select id from orders union select id from shipments except (select id from manifests) order by 1 limit 3',
    'select id from orders group by grouping sets ((id), ())',
    "select to_jsonb(t) as row, data->'a'->>'b', data #>> '{a,b}' from stall_goods t",
    "select now() at time zone 'Asia/Kolkata', date '2026-01-01', interval '1 day', make_interval(days => 1)",
    'select pg_catalog.count(*) from orders',
  ])('%s', (text) => expect(faultOf(text)).toBeUndefined())
})

const foreign = ['sessions', 'sellers', 'seller_keys', 'audit_events', 'bazaar_account_details']

describe('is told which table is not its own', () => {
  it.each<(table: string) => string>([
    (t) => `select * from ${t}`,
    (t) => `SELECT * FROM ${t.toUpperCase()} x`,
    (t) => `select * from "${t}"`,
    (t) => `select * from public.${t}`,
    (t) => `select * from "public" . "${t}" as orders`,
    (t) => `select * from/**/${t}`,
    (t) => `select * from orders, ${t}`,
    (t) => `select * from orders o join lateral (select 1) x on true, only ${t} s`,
    (t) => `select * from orders cross join ${t}`,
    (t) => `select * from orders o full join ${t} s using (seller_id)`,
    (t) => `select * from (orders join ${t} on true)`,
    (t) => `select * from ((${t}))`,
    (t) => `select (select max(id) from ${t})`,
    (t) => `select 1 where exists (select from ${t})`,
    (t) => `select coalesce((select id from ${t}), 1)`,
    (t) => `select extract(epoch from (select id from ${t}))`,
    (t) => `select 1 union select id from ${t}`,
    (t) => `with x as (select * from ${t}) select * from x`,
    (t) => `with x as (table ${t}) select * from x`,
    (t) => `with x as (delete from ${t} returning *) select * from x`,
    (t) => `with x as (insert into ${t} values (1) returning *) select * from x`,
    (t) => `with x as (update ${t} set id = 1 returning *) select * from x`,
    (t) => `insert into ${t} values (1)`,
    (t) => `insert into stall_goods select id from ${t}`,
    (t) =>
      `insert into stall_goods values (1) on conflict (id) do update set n = (select 1 from ${t})`,
    (t) => `update ${t} set id = 1`,
    (t) => `update only ${t} set id = 1`,
    (t) => `update stall_goods set n = 1 from ${t} where true`,
    (t) => `update stall_goods set n = (select id from ${t})`,
    (t) => `delete from ${t}`,
    (t) => `delete from stall_goods using ${t}`,
    (t) => `delete from stall_goods using orders, ${t}`,
    (t) => `delete from stall_goods returning (select id from ${t})`,
    (t) => `select 'a' from ${t} where b = '--'`,
    (t) => `select e'\\'' from ${t} where b = '''`.replace(/'''$/, "''"),
    (t) => `select $a$ $b$ $a$ from ${t}`,
    (t) => `select a is distinct from b from ${t}`,
    (t) => `select * into ${t} from orders`,
  ])('%s', (statement) => {
    for (const table of foreign) {
      const why = faultOf(statement(table))
      expect(why, statement(table)).toContain(`"${table}"`)
      expect(why).toContain('declare it in tables, where it begins with "stall_"')
    }
  })
})

describe('does not write what is the core', () => {
  it.each([...readableTables])('%s', (table) => {
    const writes = [
      `insert into ${table} values (1)`,
      `update ${table} set id = 1`,
      `delete from ${table}`,
      `with ${table} as (select 1) delete from ${table}`,
    ]
    for (const text of writes) expect(faultOf(text), text).toContain('which alone writes it')
    expect(faultOf(`select * from ${table}`)).toBeUndefined()
  })
})

describe('calls no function that does more than compute', () => {
  it.each([
    ...[
      'set_config',
      'current_setting',
      'pg_sleep',
      'pg_sleep_for',
      'pg_advisory_lock',
      'pg_notify',
    ],
    ...[
      'pg_advisory_xact_lock',
      'pg_try_advisory_lock',
      'pg_terminate_backend',
      'pg_cancel_backend',
    ],
    ...['pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'lo_import', 'lo_export', 'lo_create'],
    ...[
      'query_to_xml',
      'table_to_xml',
      'schema_to_xml',
      'database_to_xml',
      'cursor_to_xml',
      'ts_stat',
    ],
    ...[
      'ts_rewrite',
      'dblink',
      'dblink_exec',
      'nextval',
      'setval',
      'currval',
      'lastval',
      'txid_current',
    ],
    ...['pg_export_snapshot', 'pg_logical_emit_message', 'pg_reload_conf', 'pg_rotate_logfile'],
    ...[
      'has_table_privilege',
      'pg_get_functiondef',
      'inet_server_addr',
      'version',
      'pg_stat_get_activity',
    ],
    ...[
      'app_enter',
      'app_protect',
      'app_current_seller_id',
      'staff_enter',
      'auth_identity',
      'request_work',
    ],
    ...['audit_append', 'redrive_work', 'scope_hmac', 'claim_work', 'idempotency_begin'],
  ])('%s', (name) => {
    expect(functions.has(name)).toBe(false)
    for (
      const text of [
        `select ${name}('a', 'b')`,
        `select ${name.toUpperCase()} (1)`,
        `select pg_catalog.${name}(1)`,
        `select "${name}"(1)`,
        `select * from ${name}(1)`,
        `select * from orders, lateral public.${name}(1)`,
        `with x as (select ${name}(1)) select * from x`,
        `insert into stall_goods values (${name}(1))`,
        `select 1 from orders order by ${name}(1)`,
        `select /* */ ${name} /* */ (1)`,
        `with ${name}(a) as (select 1) select ${name}(1)`,
      ]
    ) {
      expect(faultOf(text), text).toContain(
        `"${name}" is not one that a plugin's statement may call`,
      )
    }
  })

  it('nor one of a schema of its own', () => {
    expect(faultOf('select stall.count(1)')).toContain('"count"')
    expect(faultOf('select public.count(1)')).toContain('"count"')
  })
})

describe('cannot be told by its text, and is refused:', () => {
  it.each([
    ...[
      'select 1; select 2',
      'select 1; commit',
      ';',
      '',
      '-- only a comment',
      'select 1 /* no end',
    ],
    ...["select 'no end", 'select "no end', 'select $a$ no end', 'select * from U&"\\0073essions"'],
    ...['commit', 'reset role', 'set role x', 'do $$ begin end $$', 'call x()', 'explain select 1'],
    ...[
      'copy orders to stdout',
      'lock table orders',
      'truncate orders',
      'values (1)',
      'table orders',
    ],
    ...[
      'merge into orders using x on true when matched then delete',
      'listen x',
      'vacuum',
      'begin',
    ],
    ...[
      'create table stall_x ()',
      'drop table stall_goods',
      'alter table orders add x int',
      'grant x to y',
    ],
    ...['prepare x as select 1', 'execute x', 'declare c cursor for select 1', '(select 1)'],
  ])('%s', (text) => expect(faultOf(text)).toMatch(/^A plugin/))

  it.each(['pg_catalog.pg_authid', 'information_schema.tables', 'bullmq.jobs', 'db.other.orders'])(
    'the schema of %s',
    (name) => expect(faultOf(`select * from ${name}`)).toContain('cannot name the schema'),
  )
  it('tables of the database itself', () => {
    for (const name of ['pg_authid', 'pg_stat_activity', 'pg_settings', 'pg_roles']) {
      expect(faultOf(`select * from ${name}`)).toContain(`"${name}" is not one of this plugin`)
    }
  })
})
