-- Plugins in the life of the platform: what ops want of each, and what each process has made of it.

-- What ops want. Absent: whatever the configuration says.
create table plugins (
  id text primary key,
  -- as the configuration names it: one that cannot be loaded has no other name
  use text not null,
  enabled boolean not null,
  version text not null,
  trust text not null,
  integrity text,
  -- one higher with every change; a process acts on what is newer than what it acted on last
  generation bigint not null default 1,
  reason text not null,
  changed_at timestamptz not null default clock_timestamp(),
  changed_by text not null,
  constraint plugins__id check (id ~ '^[a-z][a-z0-9_]{1,30}$'),
  constraint plugins__trust check (trust in ('in-process', 'isolated'))
);
revoke all on plugins from public;
grant select, insert, update on plugins to robnu_platform;
grant select on plugins to robnu_gate;

-- What each process says of each plugin; rows of processes that are gone are forgotten.
create table plugin_states (
  process_id uuid not null,
  -- its id, or what the configuration names where it cannot be loaded
  plugin_id text not null,
  -- what the process does: api, worker, sweeps
  parts text not null,
  state text not null,
  version text,
  trust text not null,
  generation bigint not null,
  -- why it failed, or why the process has to be restarted: for ops, without anybody's data
  cause text,
  since timestamptz not null,
  seen_at timestamptz not null default clock_timestamp(),
  primary key (process_id, plugin_id),
  constraint plugin_states__state
    check (state in ('starting', 'running', 'draining', 'disabled', 'failed', 'restart-needed'))
);
revoke all on plugin_states from public;
grant select, insert, update, delete on plugin_states to robnu_platform;

-- As before; also while the plugin of the account's marketplace is disabled.
drop function work_is_held(uuid, uuid);
create function work_is_held(p_seller uuid, p_account uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select exists (select from public.sellers s where s.id = p_seller and s.status <> 'ACTIVE')
    or exists (
      select from public.marketplace_accounts a
      join public.marketplaces m on m.id = a.marketplace_id
      where a.seller_id = p_seller and a.id = p_account
        and (a.paused_at is not null
          or exists (
            select from public.switches w
            where w.key in ('account:' || a.id, 'marketplace:' || m.code) and not w.enabled)
          or exists (
            select from public.plugins p where p.id = m.plugin_id and not p.enabled)));
end;
select app_gate_function('work_is_held(uuid, uuid)', 'robnu_platform');

-- As before; a disabled plugin holds its accounts as well.
drop function account_work(uuid);
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
      coalesce(
        (select w.key from public.switches w
          where w.key in ('account:' || a.id, 'marketplace:' || m.code) and not w.enabled
          order by w.key desc limit 1),
        (select 'plugin:' || p.id from public.plugins p
          where p.id = m.plugin_id and not p.enabled)),
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
