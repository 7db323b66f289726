/** Ways in which a database is not well: how each is made and undone by SQL, and what finds it. */
import { newId } from '../../core/ids.ts'

interface Party {
  readonly sellerId: string
}

/** How it is broken, how it is mended, and what is found. */
export const breaks: readonly (readonly [
  name: string,
  how: (of: Party) => string,
  back: string,
  codes: readonly string[],
])[] = [
  [
    'a table without row security',
    () => 'alter table orders no force row level security',
    'alter table orders force row level security',
    ['catalog-unsafe'],
  ],
  [
    'a migration that is not applied',
    () =>
      `create table kept as select * from schema_migrations where line = 'core' and number = 3;
      delete from schema_migrations where line = 'core' and number = 3`,
    'insert into schema_migrations select * from kept; drop table kept',
    ['migrations-pending', 'catalog-unsafe'],
  ],
  [
    'a migration that was edited',
    () =>
      `update schema_migrations set checksum = 'x' || checksum where line = 'core' and number = 3`,
    `update schema_migrations set checksum = substr(checksum, 2) where line = 'core' and number = 3`,
    ['migration-edited'],
  ],
  [
    'a database that is newer',
    () => `insert into schema_migrations values ('core', 9999, '9999_x.sql', 'x', true)`,
    'delete from schema_migrations where number = 9999',
    ['database-newer'],
  ],
  [
    'a marketplace that is not registered',
    () => `update marketplaces set code = 'BAZAR'`,
    `update marketplaces set code = 'BAZAAR'`,
    ['marketplace-not-registered'],
  ],
  [
    'a satellite without the column of a secret',
    () => 'alter table bazaar_account_details add column lost_enc bytea',
    'alter table bazaar_account_details drop column lost_enc',
    ['satellite-differs'],
  ],
  [
    'a run of which nothing is archived, and parts that nobody joins',
    ({ sellerId }) =>
      `insert into job_runs (seller_id, id, marketplace_account_id, target, reason, state, pages,
        started_at, finished_at)
      select seller_id, '${newId()}', id, 'ORDERS', 'schedule', 'SUCCEEDED', 1, now(), now()
      from marketplace_accounts where seller_id = '${sellerId}' limit 1;
      with object as (
        insert into storage_objects (seller_id, id, bucket, storage_key, mime)
        values ('${sellerId}', '${newId()}', 'x', 'raw/${sellerId}/x', 'x') returning *)
      insert into raw_payloads (seller_id, id, storage_object_id, marketplace_code, hour, lines)
      select seller_id, id, id, 'BAZAAR', date_trunc('hour', now() - interval '6 hours', 'UTC'), 1
      from object`,
    `delete from job_runs where reason = 'schedule'; delete from storage_objects where mime = 'x'`,
    ['archive-silent', 'archive-not-joined'],
  ],
  [
    'an outbox that nobody empties',
    ({ sellerId }) =>
      `insert into outbox (seller_id, id, queue, group_key, body, not_before)
      values ('${sellerId}', '${newId()}', 'account-sync', 'x', '{}', now() - interval '1 hour')`,
    'delete from outbox',
    ['outbox-not-sent'],
  ],
  [
    'a marketplace that is down for long',
    () => `insert into breakers values ('BAZAAR', 9, now() - interval '2 hours', now())`,
    'delete from breakers',
    ['marketplace-down'],
  ],
  [
    'a marketplace that is switched off',
    () => `insert into switches values ('marketplace:BAZAAR', false, 'a test', now(), 'staff:x')`,
    'delete from switches',
    ['marketplace-switched-off'],
  ],
  [
    'a schedule that nobody takes up',
    () => `update schedules set next_run_at = now() - interval '1 hour'`,
    `update schedules set next_run_at = now() + interval '1 hour'`,
    ['schedules-late'],
  ],
  [
    'a schedule that nobody can read',
    () => `update schedules set cron = 'at noon'`,
    `update schedules set cron = '*/15 * * * *'`,
    ['schedule-unreadable'],
  ],
  [
    'an account whose credentials are refused',
    () => `update marketplace_accounts set needs_reconnect = true`,
    `update marketplace_accounts set needs_reconnect = false`,
    ['accounts-need-reconnecting'],
  ],
  [
    'an account that is silent',
    () => `update marketplace_accounts set created_at = now() - interval '9 days'`,
    `update marketplace_accounts set created_at = now()`,
    ['accounts-silent'],
  ],
  [
    'secrets that are to be changed',
    () => `update marketplace_accounts set credentials_given_at = now() - interval '151 days'`,
    `update marketplace_accounts set credentials_given_at = now()`,
    ['account-secrets-old'],
  ],
  [
    'an account whose schedules are paused',
    () => `update schedules set paused = true`,
    `update schedules set paused = false`,
    ['accounts-without-schedule'],
  ],
  [
    'a digest over events that are gone',
    ({ sellerId }) =>
      `insert into audit_digests values ('${sellerId}', 1, 99, 99, '\\x00', '\\x00', now(),
      'a-key', '{}', decode(repeat('00', 64), 'hex'))`,
    `set session_replication_role = replica; delete from audit_digests`,
    ['audit-head-apart'],
  ],
  [
    'a place that refuses digests',
    ({ sellerId }) =>
      `insert into audit_anchors (seller_id, id, kind, bucket, region, attempts)
      values ('${sellerId}', '${newId()}', 'bucket', 'a-bucket', 'ap-south-1', 5)`,
    'delete from audit_anchors',
    ['audit-not-delivered'],
  ],
  [
    'a message that nobody knows',
    () => `insert into stray_messages values ('${newId()}', 'account-sync', 'x', 1, 'no JSON', 5)`,
    'delete from stray_messages',
    ['stray-messages'],
  ],
  [
    'an unlogged table',
    () => 'alter table breakers set unlogged',
    'alter table breakers set logged',
    ['tables-unlogged'],
  ],
  [
    'a plugin that failed',
    () =>
      `insert into plugin_states (process_id, plugin_id, parts, state, version, trust, generation,
        cause, since)
      values ('${newId()}', 'bazaar', 'worker', 'failed', '1.0.0', 'isolated', 1, 'exited with 3', now())`,
    'delete from plugin_states',
    ['plugin-failed'],
  ],
  [
    'a plan that is used up',
    ({ sellerId }) =>
      `insert into plan_usage values ('${sellerId}',
      (now() at time zone 'Asia/Kolkata')::date, 30, now())`,
    'delete from plan_usage',
    ['plan-exceeded'],
  ],
]
