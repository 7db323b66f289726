-- The life of a work item, and the marketplaces' token buckets.

-- Asks for a sync of an account. There is at most one open item for each account, target and lane:
-- a request that meets one joins its run. p_actor names who asked; a user's own request comes from
-- inside the scope.
create function request_work(
  p_seller uuid, p_account uuid, p_target text, p_reason text,
  p_run uuid, p_item uuid, p_message uuid, p_queue text,
  p_from timestamptz, p_to timestamptz
) returns table (job_run_id uuid, created boolean)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_actor text := current_setting('app.actor', true);
  v_lane text := coalesce('window:' || p_from::text || '/' || p_to::text, 'live');
  v_run uuid;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_current_seller_id() then
    raise exception 'work belongs to the open scope' using errcode = '42501';
  end if;
  perform from public.marketplace_accounts a where a.seller_id = p_seller and a.id = p_account;
  if not found then
    return;
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
  insert into public.work_items (seller_id, id, marketplace_account_id, target, lane, job_run_id)
    values (p_seller, p_item, p_account, p_target, v_lane, p_run);
  insert into public.outbox (seller_id, id, queue, group_key, body)
    values (p_seller, p_message, p_queue, p_account::text,
      jsonb_build_object('sellerId', p_seller, 'accountId', p_account, 'workItemId', p_item));
  return query select p_run, true;
end
$$;
select app_gate_function(
  'request_work(uuid, uuid, text, text, uuid, uuid, uuid, text, timestamptz, timestamptz)',
  'robnu_tenant, robnu_platform');

-- Leases an item to a worker: one that waits and is due, or one whose worker has died. No row: not
-- to be had now. `due_in_ms` tells a caller who came too early when to come again.
create function claim_work(p_seller uuid, p_item uuid, p_lease uuid, p_lease_ms integer)
returns table (
  claimed boolean, due_in_ms double precision, marketplace_account_id uuid, target text,
  job_run_id uuid, attempts integer
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  w public.work_items;
  v_due timestamptz;
begin
  select * into w from public.work_items i
    where i.seller_id = p_seller and i.id = p_item and i.state in ('WAITING', 'RUNNING')
    for update;
  if not found then
    return;
  end if;
  v_due := case w.state when 'WAITING' then w.not_before else w.lease_until end;
  if v_due > clock_timestamp() then
    return query select false, extract(epoch from v_due - clock_timestamp())::double precision * 1000,
      w.marketplace_account_id, w.target, w.job_run_id, w.attempts;
    return;
  end if;
  update public.work_items set state = 'RUNNING', lease = p_lease, attempts = w.attempts + 1,
      lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where seller_id = p_seller and id = p_item;
  return query select true, 0::double precision, w.marketplace_account_id, w.target, w.job_run_id,
    w.attempts + 1;
end
$$;
select app_gate_function('claim_work(uuid, uuid, uuid, integer)', 'robnu_app');

-- The heartbeat. False: the lease is lost, stop.
create function extend_work(p_seller uuid, p_item uuid, p_lease uuid, p_lease_ms integer)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.work_items
    set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where seller_id = p_seller and id = p_item and state = 'RUNNING' and lease = p_lease
      and lease_until > clock_timestamp();
  return found;
end
$$;
select app_gate_function('extend_work(uuid, uuid, uuid, integer)', 'robnu_app');

-- Ends a slice inside the scope of its work item: puts the item back with its message (p_message),
-- or closes it (p_message null; p_state DONE or FAILED). Progress sets the count of attempts back.
create function finish_work(
  p_item uuid, p_lease uuid, p_state text, p_delay_ms double precision, p_message uuid, p_queue text,
  p_progress boolean default false
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
      attempts = case when p_progress then 0 else attempts end
    where seller_id = v_seller and id = p_item and state = 'RUNNING' and lease = p_lease
    returning * into w;
  if not found then
    raise exception 'the work item is not leased to this worker' using errcode = 'RB003';
  end if;
  if p_message is not null then
    insert into public.outbox (seller_id, id, queue, group_key, body, not_before)
      values (v_seller, p_message, p_queue, w.marketplace_account_id::text,
        jsonb_build_object('sellerId', v_seller, 'accountId', w.marketplace_account_id,
          'workItemId', p_item), v_due);
  end if;
end
$$;
select app_gate_function(
  'finish_work(uuid, uuid, text, double precision, uuid, text, boolean)', 'robnu_tenant');

-- Moves an account's cursor from the page before (p_seq; 0 for none) to this one, or raises: another
-- worker has stored that page.
create function advance_cursor(p_account uuid, p_target text, p_cursor jsonb, p_seq bigint)
returns void
language plpgsql
as $$
declare
  v_seller uuid := app_current_seller_id();
begin
  if p_seq = 0 then
    insert into sync_cursors (seller_id, marketplace_account_id, target, cursor, seq)
      values (v_seller, p_account, p_target, p_cursor, 1)
      on conflict do nothing;
  else
    update sync_cursors set cursor = p_cursor, seq = p_seq + 1, updated_at = now()
      where seller_id = v_seller and marketplace_account_id = p_account and target = p_target
        and seq = p_seq;
  end if;
  if not found then
    raise exception 'another worker has moved the cursor' using errcode = 'RB003';
  end if;
end
$$;
revoke all on function advance_cursor(uuid, text, jsonb, bigint) from public;
grant execute on function advance_cursor(uuid, text, jsonb, bigint) to robnu_tenant;

-- Counts a page on its run, or raises: another worker has counted one since (p_pages: how many there
-- were before). The cursor is kept here for a run over a window alone; null leaves it.
create function count_page(
  p_run uuid, p_pages integer, p_received integer, p_new integer, p_changed integer,
  p_unchanged integer, p_rejected integer, p_reasons jsonb, p_cursor jsonb
) returns void
language plpgsql
as $$
begin
  update job_runs set pages = p_pages + 1, received = p_received, new_rows = p_new,
      changed = p_changed, unchanged = p_unchanged, rejected = p_rejected,
      rejected_reasons = p_reasons, cursor = coalesce(p_cursor, cursor)
    where seller_id = app_current_seller_id() and id = p_run and pages = p_pages;
  if not found then
    raise exception 'another worker has counted a page' using errcode = 'RB003';
  end if;
end
$$;
revoke all on function
  count_page(uuid, integer, integer, integer, integer, integer, integer, jsonb, jsonb) from public;
grant execute on function
  count_page(uuid, integer, integer, integer, integer, integer, integer, jsonb, jsonb)
  to robnu_tenant;

-- Takes one permit from a bucket and answers 0, or takes none and answers how many milliseconds of
-- the upstream's clock to wait. The first use of an operation makes its bucket, full.
create function take_permit(
  p_account uuid, p_operation text, p_rate double precision, p_burst double precision, p_now_ms bigint
) returns double precision
language plpgsql
as $$
declare
  v_seller uuid := app_current_seller_id();
  b rate_buckets;
  v_tokens double precision;
  v_now bigint;
begin
  insert into rate_buckets (seller_id, marketplace_account_id, operation, tokens, at_ms, rate)
    values (v_seller, p_account, p_operation, p_burst, p_now_ms, p_rate)
    on conflict do nothing;
  select * into b from rate_buckets
    where seller_id = v_seller and marketplace_account_id = p_account and operation = p_operation
    for update;
  v_now := greatest(b.at_ms, p_now_ms);
  v_tokens := least(p_burst, b.tokens + (v_now - b.at_ms) / 1000.0 * b.rate);
  if v_tokens < 1 then
    -- a clock that was set back has to come up to the bucket's first
    return ceil((1 - v_tokens) / b.rate * 1000) + (v_now - p_now_ms);
  end if;
  update rate_buckets set tokens = v_tokens - 1, at_ms = v_now
    where seller_id = v_seller and marketplace_account_id = p_account and operation = p_operation;
  return 0;
end
$$;

-- What an answer told: the live rate, or (p_empty) that the bucket is empty after a 429.
create function correct_bucket(
  p_account uuid, p_operation text, p_rate double precision, p_empty boolean, p_now_ms bigint
) returns void
language sql
begin atomic
  update rate_buckets
  set rate = case when p_rate > 0 then p_rate else rate end,
    tokens = case when p_empty then 0 else tokens end,
    at_ms = case when p_empty then greatest(at_ms, p_now_ms) else at_ms end
  where seller_id = app_current_seller_id() and marketplace_account_id = p_account
    and operation = p_operation
    and (p_empty or p_rate > 0 and rate is distinct from p_rate);
end;

revoke all on function take_permit(uuid, text, double precision, double precision, bigint) from public;
revoke all on function correct_bucket(uuid, text, double precision, boolean, bigint) from public;
grant execute on function take_permit(uuid, text, double precision, double precision, bigint)
  to robnu_tenant;
grant execute on function correct_bucket(uuid, text, double precision, boolean, bigint)
  to robnu_tenant;
