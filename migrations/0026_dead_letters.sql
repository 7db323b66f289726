-- Dead letters: what no worker could handle, what became of it, and how an account stands.

-- What no worker could handle, with its reason, until somebody sends it again or lets it be.
create table dead_letters (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  work_item_id uuid not null,
  marketplace_account_id uuid,
  job_run_id uuid,
  target text not null,
  queue text not null,
  body jsonb not null,
  reason text not null,
  -- how often it was handed out
  receives integer not null,
  state text not null default 'DEAD',
  -- as pages of the list count
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  changed_at timestamptz,
  changed_by text,
  change_reason text,
  primary key (seller_id, id),
  constraint dead_letters__item
    foreign key (seller_id, work_item_id) references work_items (seller_id, id),
  constraint dead_letters__state check (state in ('DEAD', 'REDRIVEN', 'DISMISSED')),
  constraint dead_letters__changed check (
    (state = 'DEAD') = (changed_at is null and changed_by is null and change_reason is null))
);
create index dead_letters__newest on dead_letters (seller_id, created_at desc, id desc);
-- across sellers, partial: staff ask what is dead
create index dead_letters__dead on dead_letters (created_at) where state = 'DEAD';
select app_protect('dead_letters', 'select', 'select');
select app_open_to_gate('dead_letters', 'select, insert, update');

-- Dead messages that lead to no work of ours: not JSON, of another shape, or of nobody.
create table stray_messages (
  id uuid primary key,
  queue text not null,
  -- cut: what it was is told by its beginning
  body text not null,
  body_bytes integer not null,
  reason text not null,
  receives integer not null,
  created_at timestamptz not null default clock_timestamp()
);
revoke all on stray_messages from public;
grant select, insert, delete on stray_messages to robnu_platform;

-- The end of a message that was handed out too often. 'dead': its item is dead, its run has failed, and
-- a letter says why; 'over': the item has ended, or goes on without it; 'busy': a worker has it in
-- hand; 'told': its letter is written already; 'unknown': there is no such item. Handed out too often is
-- not tried too often: an item that moved on meanwhile, or was waited for, gets a new message ('again').
create function bury_work(
  p_seller uuid, p_item uuid, p_letter uuid, p_queue text, p_receives integer, p_reason text
) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  w public.work_items;
  v_moved boolean;
begin
  select * into w from public.work_items i
    where i.seller_id = p_seller and i.id = p_item
    for update;
  if not found then
    return 'unknown';
  end if;
  perform from public.dead_letters d where d.seller_id = p_seller and d.id = p_letter;
  if found then
    return 'told';
  elsif w.state = 'RUNNING' and w.lease_until > clock_timestamp() then
    return 'busy';
  elsif w.state not in ('WAITING', 'RUNNING')
    or w.state = 'WAITING' and w.not_before > clock_timestamp()
  then
    return 'over';
  end if;
  v_moved := public.work_reached(p_seller, w.job_run_id) is distinct from w.reached;
  if w.attempts < 5 or v_moved then
    insert into public.outbox (seller_id, id, queue, group_key, body)
      values (p_seller, uuidv7(), w.queue, coalesce(w.marketplace_account_id, p_seller)::text,
        jsonb_strip_nulls(jsonb_build_object('sellerId', p_seller,
          'accountId', w.marketplace_account_id, 'workItemId', p_item)));
    return 'again';
  end if;
  update public.work_items set state = 'DEAD', lease = null, lease_until = null
    where seller_id = p_seller and id = p_item;
  update public.job_runs set state = 'FAILED', finished_at = clock_timestamp(),
      failure_kind = 'dead-letter',
      failure_message = 'It failed each time it was tried; see its dead letter, and send it again'
    where seller_id = p_seller and id = w.job_run_id;
  insert into public.dead_letters (seller_id, id, work_item_id, marketplace_account_id, job_run_id,
      target, queue, body, reason, receives)
    values (p_seller, p_letter, p_item, w.marketplace_account_id, w.job_run_id, w.target, p_queue,
      coalesce(w.body, '{}'), coalesce(w.last_error, p_reason), p_receives);
  return 'dead';
end
$$;
select app_gate_function('bury_work(uuid, uuid, uuid, text, integer, text)', 'robnu_platform');

-- Sends a dead letter's work again with a fresh count of attempts, or lets it be (p_dismiss). What has
-- been decided stays: changed is false. Where other work of the same lane is open, that does what this
-- one would: run tells which. No row: there is no such letter.
create function redrive_work(
  p_seller uuid, p_letter uuid, p_message uuid, p_reason text, p_dismiss boolean
) returns table (changed boolean, run uuid)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  d public.dead_letters;
  w public.work_items;
  v_run uuid;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_writable_seller_id() then
    raise exception 'a letter belongs to the open scope' using errcode = '42501';
  end if;
  select * into d from public.dead_letters x where x.seller_id = p_seller and x.id = p_letter
    for update;
  if not found then
    return;
  elsif d.state <> 'DEAD' then
    return query select false, d.job_run_id;
    return;
  end if;
  select * into w from public.work_items i
    where i.seller_id = p_seller and i.id = d.work_item_id
    for update;
  v_run := w.job_run_id;
  if not p_dismiss and w.state = 'DEAD' then
    perform pg_advisory_xact_lock(
      hashtextextended(w.marketplace_account_id::text || w.target || w.lane, 0));
    select o.job_run_id into v_run from public.work_items o
      where o.seller_id = p_seller and o.marketplace_account_id = w.marketplace_account_id
        and o.target = w.target and o.lane = w.lane and o.state in ('WAITING', 'RUNNING');
    if not found then
      v_run := w.job_run_id;
      update public.work_items set state = 'WAITING', attempts = 0, not_before = clock_timestamp()
        where seller_id = p_seller and id = w.id;
      update public.job_runs set state = 'QUEUED', finished_at = null, failure_kind = null,
          failure_message = null
        where seller_id = p_seller and id = w.job_run_id;
      insert into public.outbox (seller_id, id, queue, group_key, body)
        values (p_seller, p_message, w.queue, coalesce(w.marketplace_account_id, p_seller)::text,
          jsonb_strip_nulls(jsonb_build_object('sellerId', p_seller,
            'accountId', w.marketplace_account_id, 'workItemId', w.id)));
    end if;
  end if;
  update public.dead_letters
    set state = case when p_dismiss then 'DISMISSED' else 'REDRIVEN' end,
      changed_at = clock_timestamp(), changed_by = public.app_current_actor(),
      change_reason = p_reason
    where seller_id = p_seller and id = p_letter;
  return query select true, v_run;
end
$$;
select app_gate_function('redrive_work(uuid, uuid, uuid, text, boolean)',
  'robnu_tenant, robnu_platform');

-- How the work of an account stands, for its health: one row for each target, and one without a target
-- for what holds back all of it.
create function account_work(p_account uuid) returns table (
  target text, waiting bigint, dead bigint, attempts integer, last_error text,
  next_at timestamptz, held_by text, breaker_opened_at timestamptz, probe_at timestamptz
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_seller uuid := public.app_current_seller_id();
begin
  return query
    select null::text, 0::bigint, 0::bigint, 0, null::text, null::timestamptz,
      (select w.key from public.switches w
        where w.key in ('account:' || a.id, 'marketplace:' || m.code) and not w.enabled
        order by w.key desc limit 1),
      b.opened_at, b.probe_at
    from public.marketplace_accounts a
    join public.marketplaces m on m.id = a.marketplace_id
    left join public.breakers b on b.marketplace_code = m.code
    where a.seller_id = v_seller and a.id = p_account;
  return query
    select w.target, count(*) filter (where w.state in ('WAITING', 'RUNNING')),
      (select count(*) from public.dead_letters d
        where d.seller_id = v_seller and d.marketplace_account_id = p_account
          and d.target = w.target and d.state = 'DEAD'),
      coalesce(max(w.attempts) filter (where w.state in ('WAITING', 'RUNNING')), 0),
      (array_agg(w.last_error order by w.id desc)
        filter (where w.state in ('WAITING', 'RUNNING', 'DEAD') and w.last_error is not null))[1],
      min(w.not_before) filter (where w.state = 'WAITING'),
      null::text, null::timestamptz, null::timestamptz
    from public.work_items w
    where w.seller_id = v_seller and w.marketplace_account_id = p_account
      and w.state in ('WAITING', 'RUNNING', 'DEAD')
    group by w.target;
end
$$;
select app_gate_function('account_work(uuid)', 'robnu_tenant');
-- what is dead of an account, and what is open
create index work_items__of_account on work_items (seller_id, marketplace_account_id)
  where state in ('WAITING', 'RUNNING', 'DEAD');
