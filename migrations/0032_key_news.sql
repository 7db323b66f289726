-- breaking

-- One call to KMS brings all keys of a seller: KMS wraps its root, and the root wraps the others. Word of
-- a change of keys reaches every process.

alter table seller_keys drop constraint seller_keys__purpose;
alter table seller_keys
  add constraint seller_keys__purpose check (purpose in ('root', 'seal', 'index', 'hash')),
  -- the version of the root that wraps this key; null: KMS itself does, as it did for all before
  add column root integer,
  alter column kms_alias drop not null,
  add constraint seller_keys__root check (root is null or (root > 0 and purpose <> 'root')),
  add constraint seller_keys__wrapped_by check ((root is null) = (kms_alias is not null));

-- Stored with the change that it tells of; processes look every two seconds. `written_by` orders it by
-- transactions, not by the time at which they began: nothing that commits late is overlooked.
create table key_news (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  kind text not null,
  told_at timestamptz not null default now(),
  written_by xid8 not null default pg_current_xact_id(),
  primary key (seller_id, id),
  constraint key_news__kind check (kind in ('rotated', 'destroyed'))
);
select app_protect('key_news', 'insert (seller_id, id, kind)',
  'select, delete, insert (seller_id, id, kind)');

-- When a person gave the secrets of an account: marketplaces want them changed after some months. A
-- refresh does not count, nor does a look whether they still work.
alter table marketplace_accounts add column credentials_given_at timestamptz not null default now();
update marketplace_accounts a set credentials_given_at = greatest(a.created_at, (
  select max(e.created_at) from marketplace_credential_events e
  where e.seller_id = a.seller_id and e.marketplace_account_id = a.id
    and e.kind = 'VERIFIED' and e.job_run_id is null));
