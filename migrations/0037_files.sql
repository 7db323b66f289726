-- Files that sellers upload to the storage themselves, and the archive of what marketplaces answered.

-- A key for each month of the archive, so that a month can be made unreadable: its version is
-- year * 100 + month.
alter table seller_keys drop constraint seller_keys__purpose;
alter table seller_keys
  add constraint seller_keys__purpose
    check (purpose in ('root', 'seal', 'index', 'hash', 'archive')),
  add constraint seller_keys__month
    check (purpose <> 'archive' or version % 100 between 1 and 12 and version between 200001 and 999912);

-- What was announced of an upload; whether it has come, its object says.
create table uploads (
  seller_id uuid not null,
  -- that of the object
  id uuid not null,
  marketplace_account_id uuid not null,
  -- what it is good for
  purpose text not null,
  -- as whoever sends it calls it
  file_name text not null,
  byte_size bigint not null,
  sha256 bytea not null,
  -- of the address
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  -- with the object goes what is known of it
  constraint uploads__object
    foreign key (seller_id, id) references storage_objects (seller_id, id) on delete cascade,
  constraint uploads__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint uploads__purpose check (purpose in ('IMPORT')),
  constraint uploads__file_name check (length(file_name) between 1 and 200),
  constraint uploads__byte_size check (byte_size > 0),
  constraint uploads__sha256 check (length(sha256) = 32)
);
create index uploads__of_account on uploads (seller_id, marketplace_account_id);
select app_protect('uploads', 'select, insert');

-- Objects of the archive: parts, which come while an hour runs, and what they are joined to behind it.
create table raw_payloads (
  seller_id uuid not null,
  id uuid not null,
  storage_object_id uuid not null,
  marketplace_code text not null,
  hour timestamptz not null,
  -- null: a part. 1: all parts that were there an hour later; 2 and so on: what came behind that
  number integer,
  -- of a part: the number of the object that it goes into; decided before that object is written
  joins integer,
  lines integer not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint raw_payloads__object
    foreign key (seller_id, storage_object_id) references storage_objects (seller_id, id) on delete cascade,
  constraint raw_payloads__number unique (seller_id, marketplace_code, hour, number),
  constraint raw_payloads__hour check (hour = date_trunc('hour', hour, 'UTC')),
  constraint raw_payloads__numbers check (number > 0 and joins > 0),
  constraint raw_payloads__joins check (number is null or joins is null),
  constraint raw_payloads__lines check (lines > 0)
);
create index raw_payloads__of_object on raw_payloads (seller_id, storage_object_id);
-- across sellers, partial: the sweep asks whose parts wait
create index raw_payloads__parts on raw_payloads (hour) where number is null;
select app_protect('raw_payloads', 'select, insert, update (joins), delete', 'select');
