-- Jobs of the core for a whole seller: keys, erasures, files. They go on while the seller is suspended:
-- what is kept of buyers ends on its day, whoever pays.

-- As before; what cares for a seller is held back by nothing.
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
    or (w.queue <> 'seller-care' and public.work_is_held(p_seller, w.marketplace_account_id))
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

-- As before; what cares for a seller is never held.
drop function extend_work(uuid, uuid, uuid, integer);
create function extend_work(p_seller uuid, p_item uuid, p_lease uuid, p_lease_ms integer)
returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid;
  v_queue text;
begin
  update public.work_items
    set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    where seller_id = p_seller and id = p_item and state = 'RUNNING' and lease = p_lease
      and lease_until > clock_timestamp()
    returning marketplace_account_id, queue into v_account, v_queue;
  return case when not found then 'lost'
    when v_queue <> 'seller-care' and public.work_is_held(p_seller, v_account) then 'held' else 'yours' end;
end
$$;
select app_gate_function('extend_work(uuid, uuid, uuid, integer)', 'robnu_app');

-- Asks for a job of the core. There is at most one open job of a kind for each seller: an open one is
-- joined. Its message leaves when the transaction has committed.
create function request_seller_job(
  p_seller uuid, p_job text, p_item uuid, p_message uuid, p_delay_ms double precision
) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_due timestamptz := clock_timestamp() + p_delay_ms * interval '1 millisecond';
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_writable_seller_id() then
    raise exception 'work belongs to the open scope' using errcode = '42501';
  end if;
  if public.app_plugin_id() is not null then
    raise exception 'a plugin asks for no job of the core' using errcode = '42501';
  end if;
  -- two requests of one instant must not both find nothing
  perform pg_advisory_xact_lock(hashtextextended(p_seller::text || 'seller-care' || p_job, 0));
  if exists (
    select from public.work_items w
    where w.seller_id = p_seller and w.target = 'JOB' and w.lane = 'job:' || p_job
      and w.state in ('WAITING', 'RUNNING'))
  then
    return false;
  end if;
  insert into public.work_items (seller_id, id, target, lane, queue, body, not_before)
    values (p_seller, p_item, 'JOB', 'job:' || p_job, 'seller-care',
      jsonb_build_object('job', p_job), v_due);
  insert into public.outbox (seller_id, id, queue, group_key, body, not_before)
    values (p_seller, p_message, 'seller-care', p_seller::text,
      jsonb_build_object('sellerId', p_seller, 'workItemId', p_item), v_due);
  return true;
end
$$;
select app_gate_function('request_seller_job(uuid, text, uuid, uuid, double precision)',
  'robnu_tenant, robnu_platform');
