-- Exports: what was asked for, how far it is, and what came of it. The file itself lies in storage,
-- under the same id.

create table exports_runs (
  seller_id uuid not null,
  id uuid not null,
  what text not null,
  format text not null,
  -- a byte order mark, which Excel asks for
  excel boolean not null,
  from_at timestamptz,
  to_at timestamptz,
  status text,
  -- null: all accounts, those that come later too
  accounts uuid[],
  state text not null default 'WAITING',
  -- the job that writes it now
  holder text,
  -- of the last row that lies in a part; null before the first one
  position jsonb,
  parts integer not null default 0,
  row_count bigint not null default 0,
  byte_count bigint not null default 0,
  is_read boolean not null default false,
  failures integer not null default 0,
  error text,
  sha256 text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  ends_at timestamptz,
  constraint exports_runs__seller_id primary key (seller_id, id),
  constraint exports_runs__format check (format in ('csv', 'jsonl')),
  constraint exports_runs__state
    check (state in ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
  constraint exports_runs__done check (state <> 'DONE' or sha256 is not null and ends_at is not null)
);

select app_protect('exports_runs', 'select, insert, update');
