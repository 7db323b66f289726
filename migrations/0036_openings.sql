-- The ledger of openings: complete also where work came to nothing, quick to ask, and open to the drill
-- that says who is affected by a breach. And the export of all that a seller has.

-- Work that rolled back takes its row of the ledger with it, though the values were open in memory. The
-- process writes the row again through the gate, with whom the database had named in it.
alter table decrypt_ledger add column undone boolean not null default false;
select app_open_to_gate('decrypt_ledger',
  'insert (seller_id, id, actor, purpose, table_name, columns, row_ids, opened, reason, undone)');
create function keep_opening(
  p_seller uuid, p_id uuid, p_actor text, p_purpose text, p_table text, p_columns text[],
  p_row_ids uuid[], p_opened integer, p_reason text
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_actor is null or p_actor !~ '^(user|key|run|staff|push|system):.' then
    raise exception 'an opening names who opened' using errcode = '42501';
  end if;
  -- a connection may be lost behind a COMMIT that did happen
  insert into public.decrypt_ledger (seller_id, id, actor, purpose, table_name, columns, row_ids,
      opened, reason, undone)
    values (p_seller, p_id, p_actor, p_purpose, p_table, p_columns, p_row_ids, p_opened, p_reason, true)
    on conflict do nothing;
end
$$;
select app_gate_function(
  'keep_opening(uuid, uuid, text, text, text, text[], uuid[], integer, text)', 'robnu_app');

-- Pages of one purpose or one actor; the first also counts days without a look at the rows.
drop index decrypt_ledger__by_time;
create index decrypt_ledger__by_time on decrypt_ledger (seller_id, created_at desc, id desc)
  include (purpose, actor, opened);

-- For the drill. Ids and counts: what people wrote as their reason stays with the seller.
grant select (seller_id, id, actor, purpose, table_name, columns, row_ids, opened, created_at, undone)
  on decrypt_ledger to robnu_platform;

-- All that a seller has, written into files: what was asked, and how far it is.
create table tenant_exports (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  reason text not null,
  state text not null default 'WAITING',
  -- whoever asked; null: the platform
  by_user_id uuid,
  -- the last row that lies in a part, so that whoever goes on begins behind it
  at_table text,
  at_key text[],
  rows bigint not null default 0,
  -- sealed values that were opened for it
  opened bigint not null default 0,
  byte_size bigint not null default 0,
  manifest_object_id uuid,
  failure text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  -- its files are let go: they hold buyers, and would outlive what is erased
  expired_at timestamptz,
  primary key (seller_id, id),
  constraint tenant_exports__reason check (reason in ('asked', 'offboarding')),
  constraint tenant_exports__state check (state in ('WAITING', 'RUNNING', 'DONE', 'FAILED')),
  constraint tenant_exports__finished
    check ((state in ('DONE', 'FAILED')) = (finished_at is not null)),
  constraint tenant_exports__whole
    check ((state = 'DONE' and expired_at is null) = (manifest_object_id is not null)),
  constraint tenant_exports__expired check (expired_at is null or finished_at is not null),
  constraint tenant_exports__by foreign key (seller_id, by_user_id)
    references seller_users (seller_id, id),
  constraint tenant_exports__manifest foreign key (seller_id, manifest_object_id)
    references storage_objects (seller_id, id)
);
create index tenant_exports__open on tenant_exports (seller_id, created_at)
  where state in ('WAITING', 'RUNNING');
-- the sweep asks, across sellers, whose files have stood for long enough
create index tenant_exports__standing on tenant_exports (finished_at)
  where finished_at is not null and expired_at is null;
select app_protect('tenant_exports', 'select, insert, update', 'select, insert, update');

create table tenant_export_parts (
  seller_id uuid not null references sellers (id),
  export_id uuid not null,
  table_name text not null,
  part integer not null,
  storage_object_id uuid not null,
  rows bigint not null,
  opened bigint not null,
  primary key (seller_id, export_id, table_name, part),
  constraint tenant_export_parts__export foreign key (seller_id, export_id)
    references tenant_exports (seller_id, id),
  constraint tenant_export_parts__object foreign key (seller_id, storage_object_id)
    references storage_objects (seller_id, id)
);
select app_protect('tenant_export_parts', 'select, insert', 'select, delete');
