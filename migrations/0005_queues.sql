-- Work: schedules make runs, a run has one work item, and a work item leaves through the outbox.

create table job_runs (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  reason text not null,
  state text not null default 'QUEUED',
  requested_by_user_id uuid,
  -- what was asked for; null: whatever came since the last cursor
  window_from timestamptz,
  window_to timestamptz,
  -- of a run over a window; the live cursor is in sync_cursors
  cursor jsonb,
  pages integer not null default 0,
  received integer not null default 0,
  new_rows integer not null default 0,
  changed integer not null default 0,
  unchanged integer not null default 0,
  rejected integer not null default 0,
  rejected_reasons jsonb not null default '{}',
  failure_kind text,
  failure_message text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (seller_id, id),
  constraint job_runs__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint job_runs__requester
    foreign key (seller_id, requested_by_user_id) references seller_users (seller_id, id),
  constraint job_runs__reason check (reason in ('schedule', 'manual', 'backfill', 'push')),
  constraint job_runs__state check (state in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')),
  constraint job_runs__counts check (received = new_rows + changed + unchanged + rejected),
  constraint job_runs__window check (
    (window_from is null) = (window_to is null) and coalesce(window_from <= window_to, true))
);
-- ids are in the order of time
create index job_runs__by_account on job_runs (seller_id, marketplace_account_id, id desc);
select app_protect('job_runs', 'select, insert, update', 'select');
select app_open_to_gate('job_runs', 'select, insert, update');

-- Where the next run begins. seq moves with every page: two workers that meet cannot both store.
create table sync_cursors (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  cursor jsonb not null,
  seq bigint not null,
  updated_at timestamptz not null default now(),
  primary key (seller_id, marketplace_account_id, target),
  constraint sync_cursors__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id)
);
select app_protect('sync_cursors', 'select, insert, update');

create table schedules (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  -- five fields, Asia/Kolkata
  cron text not null,
  paused boolean not null default false,
  next_run_at timestamptz not null,
  primary key (seller_id, marketplace_account_id, target),
  constraint schedules__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id)
);
-- one of the few indexes across sellers: the sweep asks for what is due
create index schedules__due on schedules (next_run_at) where not paused;
select app_protect('schedules', 'select, insert, update', 'select, update');

-- The only way into a scope for a worker. Read by the functions of the gate alone.
create table work_items (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  -- 'live' follows the account; 'window:<from>/<to>' fetches that period beside it
  lane text not null,
  job_run_id uuid not null,
  state text not null default 'WAITING',
  not_before timestamptz not null default now(),
  attempts integer not null default 0,
  lease uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint work_items__run
    foreign key (seller_id, job_run_id) references job_runs (seller_id, id),
  constraint work_items__lane check (lane = 'live' or lane like 'window:%'),
  constraint work_items__state check (state in ('WAITING', 'RUNNING', 'DONE', 'FAILED'))
);
-- at most one open item for each account, target and lane: a dead account never holds others up
create unique index work_items__open
  on work_items (seller_id, marketplace_account_id, target, lane)
  where state in ('WAITING', 'RUNNING');
-- across sellers: the sweep looks for items that no message leads to any more
create index work_items__lost on work_items (not_before) where state in ('WAITING', 'RUNNING');
select app_protect('work_items', '', 'select');
select app_open_to_gate('work_items', 'select, insert, update');

-- Messages that leave when their transaction has committed. The id is the deduplication id.
create table outbox (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  queue text not null,
  -- messages of one group keep their order
  group_key text not null,
  body jsonb not null,
  not_before timestamptz not null default now(),
  created_at timestamptz not null default clock_timestamp(),
  claimed_until timestamptz,
  sent_at timestamptz,
  primary key (seller_id, id)
);
-- across sellers, partial: the relay asks for what is due
create index outbox__unsent on outbox (not_before) where sent_at is null;
create index outbox__sent on outbox (sent_at) where sent_at is not null;
-- the platform relays, and sends again what was lost on the way
select app_protect('outbox', 'insert', 'select, insert, update, delete');
select app_open_to_gate('outbox', 'select, insert');

-- Token buckets of the marketplaces, one for each account and operation, on the upstream's clock.
create table rate_buckets (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  operation text not null,
  tokens double precision not null,
  -- milliseconds of the upstream's clock
  at_ms bigint not null,
  -- per second; what the marketplace told last, else what the plugin declares
  rate double precision not null,
  primary key (seller_id, marketplace_account_id, operation),
  constraint rate_buckets__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id)
);
select app_protect('rate_buckets', 'select, insert, update');
