-- A seller's keys, wrapped by KMS, and the ledger of what was opened with them.

create table seller_keys (
  seller_id uuid not null references sellers (id),
  purpose text not null,
  version integer not null,
  wrapped bytea not null,
  kms_alias text not null,
  state text not null default 'CURRENT',
  -- reserved by processes in blocks; a new version is made before a nonce could repeat
  uses bigint not null default 0,
  created_at timestamptz not null default now(),
  primary key (seller_id, purpose, version),
  constraint seller_keys__purpose check (purpose in ('seal', 'index', 'hash')),
  constraint seller_keys__state check (state in ('CURRENT', 'RETIRED', 'DESTROYED')),
  constraint seller_keys__version check (version > 0)
);
select app_protect('seller_keys', 'select, insert, update (state, uses)');

-- One row for each request or job, table and purpose: who opened which columns of which rows, and
-- why. The sum of `opened` is the number of values opened. Not in the audit chain: reading must not
-- wait for a chain's head.
create table decrypt_ledger (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  actor text not null default current_setting('app.actor'),
  purpose text not null,
  table_name text not null,
  columns text[] not null,
  row_ids uuid[] not null,
  opened integer not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint decrypt_ledger__opened check (opened >= 0)
);
create index decrypt_ledger__by_time on decrypt_ledger (seller_id, created_at desc);
-- who and when are not for the writer to say
select app_protect('decrypt_ledger',
  'select, insert (seller_id, id, purpose, table_name, columns, row_ids, opened)');
