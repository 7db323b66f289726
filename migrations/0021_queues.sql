-- The queues, whole: every target as work items, what holds them back (pauses, switches, the breaker of
-- a marketplace), and what wakes them.

alter table work_items
  alter column marketplace_account_id drop not null,
  alter column job_run_id drop not null,
  -- where its messages go
  add column queue text not null default 'account-sync',
  -- of a plugin's job
  add column body jsonb,
  -- what made it fail last: the kind, and words that hold nobody's data
  add column last_error text,
  -- where its run stood when it was leased last: one that stands elsewhere since made progress
  add column reached text,
  drop constraint work_items__lane,
  drop constraint work_items__state,
  -- 'live' follows the account; the others stand beside it: a period, a batch, one job
  add constraint work_items__lane check (lane = 'live' or lane ~ '^(window|batch|job):.'),
  -- DEAD: no worker could handle it; it waits for somebody to send it again
  add constraint work_items__state
    check (state in ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'DEAD')),
  -- a plugin's job has neither run nor, perhaps, account; all other work has both
  add constraint work_items__job check (case target
    when 'JOB' then job_run_id is null and body is not null
    else job_run_id is not null and marketplace_account_id is not null and body is null end),
  add constraint work_items__account foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id);
alter table work_items alter column queue drop default;

-- An account that its seller has paused begins nothing.
alter table marketplace_accounts
  add column paused_at timestamptz,
  add column pause_reason text,
  add constraint marketplace_accounts__paused check ((paused_at is null) = (pause_reason is null));

-- What staff have switched on or off. Absent: the default, which is on, or what the environment says.
create table switches (
  -- 'sweep:<id>', 'marketplace:<CODE>', 'account:<id>'
  key text primary key,
  enabled boolean not null,
  reason text not null,
  changed_at timestamptz not null default clock_timestamp(),
  changed_by text not null,
  constraint switches__key
    check (key ~ '^(sweep:[a-z0-9-]+|marketplace:[A-Z][A-Z0-9_]*|account:[0-9a-f-]{36})$')
);
revoke all on switches from public;
grant select, insert, update on switches to robnu_platform;
grant select on switches to robnu_gate;

-- One circuit breaker for each marketplace, shared by all workers.
create table breakers (
  marketplace_code text primary key,
  -- slices in a row that the marketplace did not answer, of whichever account
  failures integer not null,
  opened_at timestamptz,
  -- of an open one: when the next slice may try
  probe_at timestamptz,
  constraint breakers__open check ((opened_at is null) = (probe_at is null))
);
revoke all on breakers from public;
grant select, insert, update on breakers to robnu_gate;
grant select on breakers to robnu_platform;

-- Whether nothing may begin for an account now: its seller is suspended, it is paused, or it or its
-- marketplace is switched off.
create function work_is_held(p_seller uuid, p_account uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select exists (select from public.sellers s where s.id = p_seller and s.status <> 'ACTIVE')
    or exists (
      select from public.marketplace_accounts a
      join public.marketplaces m on m.id = a.marketplace_id
      where a.seller_id = p_seller and a.id = p_account
        and (a.paused_at is not null or exists (
          select from public.switches w
          where w.key in ('account:' || a.id, 'marketplace:' || m.code) and not w.enabled)));
end;
select app_gate_function('work_is_held(uuid, uuid)', 'robnu_platform');

-- Asks for work of an account, as before; it says by which queue, and beside which other work.
drop function request_work(
  uuid, uuid, text, text, uuid, uuid, uuid, text, timestamptz, timestamptz);
create function request_work(
  p_seller uuid, p_account uuid, p_target text, p_reason text,
  p_run uuid, p_item uuid, p_message uuid, p_queue text,
  p_from timestamptz, p_to timestamptz, p_lane text default null
) returns table (job_run_id uuid, created boolean)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_actor text := public.app_current_actor();
  v_lane text := coalesce(p_lane, 'window:' || p_from::text || '/' || p_to::text, 'live');
  v_status text;
  v_run uuid;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_writable_seller_id() then
    raise exception 'work belongs to the open scope' using errcode = '42501';
  end if;
  select s.status into v_status
    from public.marketplace_accounts a join public.sellers s on s.id = a.seller_id
    where a.seller_id = p_seller and a.id = p_account;
  if not found then
    return;
  elsif v_status <> 'ACTIVE' then
    if public.app_is_admin_scope() then
      return;
    end if;
    if v_actor not like 'run:%' then
      raise exception 'the seller is suspended' using errcode = 'RB002';
    end if;
    -- what a slice in hand asks for waits with the rest
  end if;
  -- two requests of one instant must not both find nothing
  perform pg_advisory_xact_lock(hashtextextended(p_account::text || p_target || v_lane, 0));
  select w.job_run_id into v_run from public.work_items w
    where w.seller_id = p_seller and w.marketplace_account_id = p_account
      and w.target = p_target and w.lane = v_lane and w.state in ('WAITING', 'RUNNING');
  if found then
    return query select v_run, false;
    return;
  end if;
  insert into public.job_runs (seller_id, id, marketplace_account_id, target, reason,
      requested_by_user_id, window_from, window_to)
    values (p_seller, p_run, p_account, p_target, p_reason,
      case when v_actor like 'user:%' then substr(v_actor, 6)::uuid end, p_from, p_to);
  insert into public.work_items (seller_id, id, marketplace_account_id, target, lane, job_run_id,
      queue)
    values (p_seller, p_item, p_account, p_target, v_lane, p_run, p_queue);
  insert into public.outbox (seller_id, id, queue, group_key, body)
    values (p_seller, p_message, p_queue, p_account::text,
      jsonb_build_object('sellerId', p_seller, 'accountId', p_account, 'workItemId', p_item));
  return query select p_run, true;
end
$$;
select app_gate_function(
  'request_work(uuid, uuid, text, text, uuid, uuid, uuid, text, timestamptz, timestamptz, text)',
  'robnu_tenant, robnu_platform');

-- Where a run stands: at its cursor, and what has none, at the pages that it has counted. A page that
-- leaves the cursor where it was is no progress, or one that kills its worker would come for ever.
select app_open_to_gate('sync_cursors', 'select');
create function work_reached(p_seller uuid, p_run uuid) returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  select case when r.target in ('ORDERS', 'RETURNS', 'PAYOUTS')
      then md5((case when r.window_from is null then c.cursor else r.cursor end)::text)
      else r.pages::text end
    from public.job_runs r
    left join public.sync_cursors c on c.seller_id = r.seller_id
      and c.marketplace_account_id = r.marketplace_account_id and c.target = r.target
    where r.seller_id = p_seller and r.id = p_run;
end;
revoke all on function work_reached(uuid, uuid) from public;
grant execute on function work_reached(uuid, uuid) to robnu_gate;

-- Leases an item to a worker: one that waits and is due, or one whose worker has died. No row: it has
-- come to its end, or nothing may begin for it now; then it waits where it is, without a message, and
-- wake_work gives it one. Not claimed: p_known false for what was never ours; p_later where the item
-- went back with a message of its own, because the marketplace is down; else `due_in_ms` tells when to
-- come again. While the breaker is open one slice in half a minute may try: a probe counts no attempt.
drop function claim_work(uuid, uuid, uuid, integer);
create function claim_work(p_seller uuid, p_item uuid, p_lease uuid, p_lease_ms integer)
returns table (
  claimed boolean, due_in_ms double precision, marketplace_account_id uuid, target text,
  job_run_id uuid, attempts integer, known boolean, later boolean, queue text, lane text,
  body jsonb, marketplace text, plugin_id text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  w public.work_items;
  v_due timestamptz;
  v_code text;
  v_plugin text;
  v_probe_at timestamptz;
  v_counts integer := 1;
  v_reached text;
begin
  select * into w from public.work_items i
    where i.seller_id = p_seller and i.id = p_item
    for update;
  if not found then
    return query select false, 0::double precision, null::uuid, null::text, null::uuid, 0, false,
      false, null::text, null::text, null::jsonb, null::text, null::text;
    return;
  elsif w.state not in ('WAITING', 'RUNNING')
    or public.work_is_held(p_seller, w.marketplace_account_id)
  then
    return;
  end if;
  v_due := case w.state when 'WAITING' then w.not_before else w.lease_until end;
  if v_due > clock_timestamp() then
    return query select false, extract(epoch from v_due - clock_timestamp())::double precision * 1000,
      w.marketplace_account_id, w.target, w.job_run_id, w.attempts, true, false, w.queue, w.lane,
      null::jsonb, null::text, null::text;
    return;
  end if;
  select m.code, m.plugin_id into v_code, v_plugin
    from public.marketplace_accounts a join public.marketplaces m on m.id = a.marketplace_id
    where a.seller_id = p_seller and a.id = w.marketplace_account_id;
  -- these ask nothing of the marketplace
  if w.target not in ('STOCK', 'IMPORT', 'JOB') then
    select b.probe_at into v_probe_at from public.breakers b
      where b.marketplace_code = v_code and b.opened_at is not null;
    if found then
      update public.breakers set probe_at = clock_timestamp() + interval '30 seconds'
        where marketplace_code = v_code and probe_at <= clock_timestamp();
      if found then
        v_counts := 0;
      else
        -- not all at once when the time has come
        v_due := greatest(v_probe_at, clock_timestamp()) + random() * interval '10 seconds';
        update public.work_items
          set state = 'WAITING', not_before = v_due, lease = null, lease_until = null
          where seller_id = p_seller and id = p_item;
        insert into public.outbox (seller_id, id, queue, group_key, body, not_before)
          values (p_seller, uuidv7(), w.queue, w.marketplace_account_id::text,
            jsonb_build_object('sellerId', p_seller, 'accountId', w.marketplace_account_id,
              'workItemId', p_item), v_due);
        return query select false,
          extract(epoch from v_due - clock_timestamp())::double precision * 1000,
          w.marketplace_account_id, w.target, w.job_run_id, w.attempts, true, true, w.queue, w.lane,
          null::jsonb, v_code, v_plugin;
        return;
      end if;
    end if;
  end if;
  -- a worker that was killed has told nobody of what it had stored
  v_reached := public.work_reached(p_seller, w.job_run_id);
  if v_reached is distinct from w.reached then
    w.attempts := 0;
  end if;
  update public.work_items set state = 'RUNNING', lease = p_lease, attempts = w.attempts + v_counts,
      reached = v_reached,
      lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where seller_id = p_seller and id = p_item;
  return query select true, 0::double precision, w.marketplace_account_id, w.target, w.job_run_id,
    greatest(1, w.attempts + v_counts), true, false, w.queue, w.lane, w.body, v_code, v_plugin;
end
$$;
select app_gate_function('claim_work(uuid, uuid, uuid, integer)', 'robnu_app');

-- The heartbeat. 'lost': stop, it is somebody else's. 'held': it is the worker's own still, and is to
-- come to an end, because nothing may go on for its account now.
drop function extend_work(uuid, uuid, uuid, integer);
create function extend_work(p_seller uuid, p_item uuid, p_lease uuid, p_lease_ms integer)
returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid;
begin
  update public.work_items
    set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where seller_id = p_seller and id = p_item and state = 'RUNNING' and lease = p_lease
      and lease_until > clock_timestamp()
    returning marketplace_account_id into v_account;
  return case when not found then 'lost'
    when public.work_is_held(p_seller, v_account) then 'held' else 'yours' end;
end
$$;
select app_gate_function('extend_work(uuid, uuid, uuid, integer)', 'robnu_app');

-- Ends a slice inside the scope of its work item: puts the item back, with a message where p_message
-- names one, or closes it (p_state DONE or FAILED). Progress sets the count of attempts back. p_error
-- says what went wrong. p_down: the marketplace did not answer, which opens its breaker after five
-- slices in a row; whatever else ends or moves on says that it does.
drop function finish_work(uuid, uuid, text, double precision, uuid, text, boolean);
create function finish_work(
  p_item uuid, p_lease uuid, p_state text, p_delay_ms double precision, p_message uuid, p_queue text,
  p_progress boolean default false, p_error text default null, p_down boolean default false
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seller uuid := public.app_current_seller_id();
  v_due timestamptz := clock_timestamp() + p_delay_ms * interval '1 millisecond';
  w public.work_items;
begin
  update public.work_items
    set state = p_state, not_before = v_due, lease = null, lease_until = null,
      attempts = case when p_progress then 0 else attempts end,
      last_error = coalesce(p_error, case when not p_progress and p_state <> 'DONE' then last_error end)
    where seller_id = v_seller and id = p_item and state = 'RUNNING' and lease = p_lease
    returning * into w;
  if not found then
    raise exception 'the work item is not leased to this worker' using errcode = 'RB003';
  end if;
  if p_message is not null then
    insert into public.outbox (seller_id, id, queue, group_key, body, not_before)
      values (v_seller, p_message, coalesce(p_queue, w.queue),
        coalesce(w.marketplace_account_id, v_seller)::text,
        jsonb_strip_nulls(jsonb_build_object('sellerId', v_seller,
          'accountId', w.marketplace_account_id, 'workItemId', p_item)), v_due);
  end if;
  if w.target in ('STOCK', 'IMPORT', 'JOB') then
    return;
  elsif p_down then
    insert into public.breakers as b (marketplace_code, failures)
      select m.code, 1
      from public.marketplace_accounts a join public.marketplaces m on m.id = a.marketplace_id
      where a.seller_id = v_seller and a.id = w.marketplace_account_id
      on conflict (marketplace_code) do update set failures = b.failures + 1,
        opened_at = case when b.failures + 1 >= 5 then coalesce(b.opened_at, clock_timestamp()) end,
        probe_at = case when b.failures + 1 >= 5
          then greatest(b.probe_at, clock_timestamp() + interval '30 seconds') end;
  elsif p_progress or p_state <> 'WAITING' then
    update public.breakers b set failures = 0, opened_at = null, probe_at = null
      from public.marketplace_accounts a join public.marketplaces m on m.id = a.marketplace_id
      where a.seller_id = v_seller and a.id = w.marketplace_account_id
        and b.marketplace_code = m.code and b.failures > 0;
  end if;
end
$$;
select app_gate_function(
  'finish_work(uuid, uuid, text, double precision, uuid, text, boolean, text, boolean)',
  'robnu_tenant');

-- Gives a message to what waits of an account, or of all accounts of a seller (p_account null), and
-- has none: when a pause, a suspension or a switch is over. Answers how many.
create function wake_work(p_seller uuid, p_account uuid) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_writable_seller_id() then
    raise exception 'work belongs to the open scope' using errcode = '42501';
  end if;
  insert into public.outbox (seller_id, id, queue, group_key, body, not_before)
    select w.seller_id, uuidv7(), w.queue, coalesce(w.marketplace_account_id, w.seller_id)::text,
      jsonb_strip_nulls(jsonb_build_object('sellerId', w.seller_id,
        'accountId', w.marketplace_account_id, 'workItemId', w.id)),
      greatest(clock_timestamp(), w.not_before, w.lease_until)
    from public.work_items w
    where w.seller_id = p_seller and w.state in ('WAITING', 'RUNNING')
      and (p_account is null or w.marketplace_account_id = p_account)
      and not exists (
        select from public.outbox o
        where o.seller_id = w.seller_id and o.sent_at is null
          and o.body ->> 'workItemId' = w.id::text);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
select app_gate_function('wake_work(uuid, uuid)', 'robnu_tenant, robnu_platform');

-- What an answer told: the live rate, or (p_empty) that the bucket is empty after a 429. Then it is as
-- empty as the marketplace says (p_wait_ms, of its clock), for all workers; where it says nothing, by
-- one permit more each time, so that what somebody else uses of the quota is left to them.
drop function correct_bucket(uuid, text, double precision, boolean, bigint);
create function correct_bucket(
  p_account uuid, p_operation text, p_rate double precision, p_empty boolean, p_now_ms bigint,
  p_wait_ms double precision default null
) returns void
language sql
begin atomic
  update rate_buckets
  set rate = case when p_rate > 0 then p_rate else rate end,
    tokens = case when p_empty
      then least(0, tokens - case when p_wait_ms is null then 1 else 0 end,
        1 - coalesce(p_wait_ms, 0) / 1000 * rate)
      else tokens end,
    at_ms = case when p_empty then greatest(at_ms, p_now_ms) else at_ms end
  where seller_id = app_current_seller_id() and marketplace_account_id = p_account
    and operation = p_operation
    and (p_empty or p_rate > 0 and rate is distinct from p_rate);
end;
revoke all on function
  correct_bucket(uuid, text, double precision, boolean, bigint, double precision) from public;
grant execute on function
  correct_bucket(uuid, text, double precision, boolean, bigint, double precision) to robnu_tenant;
