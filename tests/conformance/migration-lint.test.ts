/** Checks of the text of migrations: no database is made for them. */
import { expect, test } from 'vitest'
import { lintChecks } from '../../core/testing/conformance/database/lint.ts'
import { runCheck } from '../../core/testing/conformance/run.ts'
import type { Marketplace } from '../../core/plugin.ts'
import bazaar from '../support/bazaar/mod.ts'
import { notes, protect, withSecond } from './spoiled.ts'

/** What failed, with its message. */
const failing = async (plugin: Marketplace): Promise<Record<string, string>> => {
  const failed: Record<string, string> = {}
  for (const check of lintChecks) {
    const result = await runCheck(check, { plugin })
    if (result.outcome === 'failed') failed[check.id] = result.message ?? ''
  }
  return failed
}

test('a good plugin passes all of it, and one without migrations is told so', async () => {
  expect(await failing(bazaar)).toEqual({})
  const { migrations: _, ...bare } = bazaar
  for (const check of lintChecks) {
    const { outcome } = await runCheck(check, { plugin: bare as Marketplace })
    expect([check.id, outcome]).toEqual([check.id, 'left-out'])
  }
})

test('a function may be taken from everybody, as the rules of functions ask for', async () => {
  const plugin = withSecond(`create function bazaar_sum(a int, b int) returns int language sql
    return a + b;
    revoke all on function bazaar_sum(int, int) from public;`)
  expect(await failing(plugin)).toEqual({})
})

/** Check, statement, message, and another check that cannot but fail with it. */
const texts: readonly (readonly [string, string, RegExp, string?])[] = [
  ['migration-names-begin-with-id', 'create table notes (id int)', /table "notes"/],
  [
    'migration-names-begin-with-id',
    `create index if not exists by_shop on bazaar_account_details (seller_id)`,
    /index "by_shop"/,
    'migration-locks-nothing-for-long',
  ],
  [
    'migration-names-begin-with-id',
    'create or replace function public.app_helper() returns int language sql as $$ select 1 $$',
    /app_helper/,
  ],
  [
    'migration-leaves-others-alone',
    'alter table orders add column bazaar_note text',
    /"alter" of "orders"/,
  ],
  [
    'migration-leaves-others-alone',
    'TRUNCATE orders',
    /"truncate" of "orders"/,
    'migration-loses-nothing-unmarked',
  ],
  [
    'migration-leaves-others-alone',
    'drop table if exists public.audit_entries',
    /audit_entries/,
    'migration-loses-nothing-unmarked',
  ],
  ['migration-leaves-others-alone', 'drop policy tenant on orders', /"drop" of "orders"/],
  ['migration-leaves-others-alone', 'delete from orders', /"delete" of "orders"/],
  ['migration-leaves-others-alone', 'insert into sellers (id) select 1', /"insert" of "sellers"/],
  [
    'migration-leaves-others-alone',
    'create function bazaar_f() returns void language plpgsql as $$ begin update orders set status = null; end $$',
    /"update" of "orders"/,
  ],
  ['migration-loses-nothing-unmarked', 'drop table bazaar_account_details', /breaking/],
  [
    'migration-loses-nothing-unmarked',
    'alter table bazaar_account_details drop column shop_id',
    /breaking/,
  ],
  [
    'migration-loses-nothing-unmarked',
    'alter table bazaar_account_details rename shop_id to id',
    /breaking/,
  ],
  [
    'migration-has-no-definer',
    'create function bazaar_f() returns int language sql security definer as $$ select 1 $$',
    /SECURITY DEFINER/,
  ],
  ['migration-keeps-its-role', 'set local role robnu_owner', /set local role/],
  ['migration-keeps-its-role', 'grant select on bazaar_account_details to public', /grant/],
  [
    'migration-keeps-its-role',
    'alter table bazaar_account_details disable row level security',
    /disable row level security/,
  ],
  [
    'migration-keeps-its-role',
    "create function bazaar_f() returns void language plpgsql as $$ begin perform set_config('app.x', 'y', true); end $$",
    /set_config/,
  ],
  [
    'migration-keeps-its-role',
    'revoke all on bazaar_account_details from robnu_tenant',
    /"revoke"/,
  ],
  ['migration-leaves-the-transaction', 'commit', /"commit"/],
  [
    'migration-leaves-the-transaction',
    'create index concurrently bazaar_i on bazaar_account_details (seller_id)',
    /concurrently/,
    'migration-locks-nothing-for-long',
  ],
  [
    'migration-locks-nothing-for-long',
    'create index bazaar_i on bazaar_account_details (seller_id, shop_id)',
    /index on "bazaar_account_details"/,
  ],
  [
    'migration-locks-nothing-for-long',
    'alter table bazaar_account_details alter column shop_id set not null',
    /set not null/,
  ],
  [
    'migration-locks-nothing-for-long',
    'alter table bazaar_account_details alter shop_id type varchar(20)',
    /type/,
  ],
  [
    'migration-locks-nothing-for-long',
    'alter table bazaar_account_details add constraint bazaar_c check (true)',
    /NOT VALID/,
  ],
]
test.each(texts.map(([check, sql, message, also]) => ({ check, sql, message, also })))(
  '$check is told of $sql',
  async ({ check, sql, message, also }) => {
    const failed = await failing(withSecond(sql))
    expect(Object.keys(failed).filter((id) => id !== also)).toEqual([check])
    expect(failed[check]).toMatch(message)
  },
)

test('words in comments and texts are no statements', async () => {
  const sql = `-- drop table orders; security definer
    /* commit; grant all */
    ${notes}
    create index bazaar_notes__text on bazaar_notes (seller_id, text);
    alter table bazaar_account_details add column note text;
    alter table bazaar_account_details add constraint bazaar_note check (note <> '; drop table orders') not valid;
    update bazaar_account_details set note = 'truncate orders; commit;';
    ${protect}`
  expect(await failing(withSecond(sql))).toEqual({})
  const marked = withSecond('alter table bazaar_account_details drop column shop_id')
  const migrations = marked.migrations?.map((one) => ({ ...one, breaking: true })) ?? []
  expect(await failing({ ...marked, migrations })).toEqual({})
})

test('every check has a fixture', () => {
  const fixtures = new Set(texts.map(([check]) => check))
  expect([...fixtures].toSorted()).toEqual(lintChecks.map(({ id }) => id).toSorted())
})
