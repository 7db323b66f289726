-- Files that sellers download from a marketplace's portal and upload here, and what became of each
-- of their lines.

create table imports (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  job_run_id uuid not null,
  -- null: the import has come to its end, and nothing refers to the file any more
  storage_object_id uuid,
  -- as whoever sent it calls it
  file_name text not null,
  byte_size bigint not null,
  sha256 bytea not null,
  -- the marketplace's time when it was sent: what lies behind that in the file is a mistake
  as_of timestamptz not null,
  -- what the file was recognised as
  report text,
  report_name text,
  target text,
  -- tables of the file: name, line of the headings, last line that was told
  sections jsonb not null default '[]',
  -- lines behind the headings, so far
  accepted_lines integer not null default 0,
  skipped_lines integer not null default 0,
  rejected_lines integer not null default 0,
  -- by reason: lines
  skipped_reasons jsonb not null default '{}',
  rejected_reasons jsonb not null default '{}',
  cancelled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint imports__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint imports__run foreign key (seller_id, job_run_id) references job_runs (seller_id, id),
  constraint imports__object
    foreign key (seller_id, storage_object_id) references storage_objects (seller_id, id),
  constraint imports__file_name check (length(file_name) between 1 and 200),
  constraint imports__sha256 check (length(sha256) = 32),
  constraint imports__target check (target in ('ORDERS', 'RETURNS', 'PAYOUTS')),
  constraint imports__report
    check ((report is null) = (target is null) and (report is null) = (report_name is null))
);
-- ids are in the order of time
create index imports__by_account on imports (seller_id, marketplace_account_id, id desc);
create index imports__of_run on imports (seller_id, job_run_id);
select app_protect('imports', 'select, insert, update');

-- Lines that were not taken over, as ranges of neighbours with one reason. A line of a section that
-- stands in none of them was accepted.
create table import_lines (
  seller_id uuid not null,
  import_id uuid not null,
  -- from 0, its place in imports.sections
  section integer not null,
  from_line integer not null,
  -- inclusive
  to_line integer not null,
  result text not null,
  reason text not null,
  primary key (seller_id, import_id, section, from_line),
  constraint import_lines__import
    foreign key (seller_id, import_id) references imports (seller_id, id) on delete cascade,
  constraint import_lines__range check (1 <= from_line and from_line <= to_line),
  constraint import_lines__result check (result in ('skipped', 'rejected'))
);
select app_protect('import_lines', 'select, insert');
