-- Who may change the people of a seller and the seller itself, whatever a code path forgets; and what
-- a suspended seller's work does: it waits.

grant update (role, removed_at) on seller_users to robnu_gate;
grant update (name, support_consent) on sellers to robnu_gate;

-- The person who acts, as they are now. All who change who the OWNERs are wait here for each other,
-- so that the last OWNER can be known.
create function people_lock() returns seller_users
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seller uuid := public.app_writable_seller_id();
  v_actor text := public.app_current_actor();
  u public.seller_users;
begin
  if v_actor not like 'user:%' then
    raise exception 'only a person may change people' using errcode = '42501';
  end if;
  perform pg_advisory_xact_lock(hashtextextended(v_seller::text, 19));
  select x.* into u from public.seller_users x
    where x.seller_id = v_seller and x.id = substr(v_actor, 6)::uuid and x.removed_at is null;
  if not found then
    raise exception 'the session is over' using errcode = 'RB001';
  end if;
  return u;
end
$$;
revoke all on function people_lock() from public;
grant execute on function people_lock() to robnu_gate;

-- The same for what OWNERs alone may do. Who was one when the request began and is none now is told
-- that something has changed, and is judged again.
create function people_lock_as_owner() returns seller_users
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  u public.seller_users := public.people_lock();
begin
  if u.role <> 'OWNER' then
    raise exception 'what was signed in has changed' using errcode = 'RB002';
  end if;
  return u;
end
$$;
revoke all on function people_lock_as_owner() from public;
grant execute on function people_lock_as_owner() to robnu_gate;

-- Whether a seller would have no OWNER without this person.
create function is_last_owner(p_seller uuid, p_user uuid) returns boolean
language sql stable
begin atomic
  select u.role = 'OWNER' and not exists (
    select from public.seller_users o
    where o.seller_id = p_seller and o.id <> p_user and o.role = 'OWNER' and o.removed_at is null)
  from public.seller_users u where u.seller_id = p_seller and u.id = p_user;
end;
revoke all on function is_last_owner(uuid, uuid) from public;
grant execute on function is_last_owner(uuid, uuid) to robnu_gate;

-- The people of the open seller, with their addresses; those who were removed as well, for whoever
-- reads what they did.
create function seller_people() returns table (
  user_id uuid, email text, role text, joined_at timestamptz, removed_at timestamptz,
  last_seen_at timestamptz, has_second_factor boolean
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select u.id, i.email, u.role, u.created_at, u.removed_at,
    (select max(coalesce(x.refreshed_at, x.created_at)) from public.sessions x
      where x.seller_id = u.seller_id and x.user_id = u.id),
    i.totp_enabled_at is not null
  from public.seller_users u
  join public.identities i on i.id = u.identity_id
  where u.seller_id = (select public.app_current_seller_id());
end;
select app_gate_function('seller_people()', 'robnu_tenant');

-- Outcomes: DONE, UNKNOWN (nobody of this seller), LAST_OWNER.
create function change_role(p_user uuid, p_role text)
returns table (outcome text, role_before text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_me public.seller_users := public.people_lock_as_owner();
  v_before text;
begin
  select u.role into v_before from public.seller_users u
    where u.seller_id = v_me.seller_id and u.id = p_user and u.removed_at is null;
  if not found then
    return query select 'UNKNOWN', null;
  elsif p_role <> 'OWNER' and public.is_last_owner(v_me.seller_id, p_user) then
    return query select 'LAST_OWNER', v_before;
  else
    update public.seller_users set role = p_role
      where seller_id = v_me.seller_id and id = p_user and role <> p_role;
    return query select 'DONE', v_before;
  end if;
end
$$;
select app_gate_function('change_role(uuid, text)', 'robnu_tenant');

-- Outcomes as above. OWNERs remove others, and everybody themselves. The row stays for those who read
-- what this person did; the sessions end by its trigger. What they had asked others to is withdrawn:
-- nobody is left who answers for it.
create function remove_person(p_user uuid)
returns table (outcome text, role_before text, withdrawn uuid[])
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_me public.seller_users := public.people_lock();
  v_before text;
  v_withdrawn uuid[];
begin
  if p_user <> v_me.id and v_me.role <> 'OWNER' then
    raise exception 'what was signed in has changed' using errcode = 'RB002';
  end if;
  select u.role into v_before from public.seller_users u
    where u.seller_id = v_me.seller_id and u.id = p_user and u.removed_at is null;
  if not found then
    return query select 'UNKNOWN', null, '{}'::uuid[];
    return;
  elsif public.is_last_owner(v_me.seller_id, p_user) then
    return query select 'LAST_OWNER', v_before, '{}'::uuid[];
    return;
  end if;
  update public.seller_users set removed_at = clock_timestamp()
    where seller_id = v_me.seller_id and id = p_user;
  with gone as (
    update public.invitations set revoked_at = clock_timestamp()
    where seller_id = v_me.seller_id and invited_by_user_id = p_user
      and accepted_at is null and revoked_at is null
    returning id
  )
  select coalesce(array_agg(g.id order by g.id), '{}') into v_withdrawn from gone g;
  return query select 'DONE', v_before, v_withdrawn;
end
$$;
select app_gate_function('remove_person(uuid)', 'robnu_tenant');

-- Outcomes: DONE, UNKNOWN. The other becomes OWNER, who hands over ADMIN.
create function transfer_seller(p_to uuid) returns table (outcome text, role_before text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_me public.seller_users := public.people_lock_as_owner();
  v_before text;
begin
  select u.role into v_before from public.seller_users u
    where u.seller_id = v_me.seller_id and u.id = p_to and u.id <> v_me.id and u.removed_at is null;
  if not found then
    return query select 'UNKNOWN', null;
    return;
  end if;
  update public.seller_users set role = 'OWNER'
    where seller_id = v_me.seller_id and id = p_to and role <> 'OWNER';
  update public.seller_users set role = 'ADMIN' where seller_id = v_me.seller_id and id = v_me.id;
  return query select 'DONE', v_before;
end
$$;
select app_gate_function('transfer_seller(uuid)', 'robnu_tenant');

-- Changes what is not null, and tells how it was before.
create function change_seller(p_name text, p_consent text)
returns table (name_before text, consent_before text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_me public.seller_users := public.people_lock_as_owner();
  s public.sellers;
begin
  select x.* into s from public.sellers x where x.id = v_me.seller_id for no key update;
  update public.sellers
    set name = coalesce(p_name, name), support_consent = coalesce(p_consent, support_consent)
    where id = v_me.seller_id;
  return query select s.name, s.support_consent;
end
$$;
select app_gate_function('change_seller(text, text)', 'robnu_tenant');

-- Asks for a sync of an account, as before; of a suspended seller nothing is asked. The platform is
-- answered as for an account that is not there, a request is told that something has changed.
drop function request_work(
  uuid, uuid, text, text, uuid, uuid, uuid, text, timestamptz, timestamptz);
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
  v_actor text := public.app_current_actor();
  v_lane text := coalesce('window:' || p_from::text || '/' || p_to::text, 'live');
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
    raise exception 'the seller is suspended' using errcode = 'RB002';
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

-- Leases an item to a worker, as before. Those of a suspended seller wait where they are, without a
-- message: when the suspension is over the sweep finds them and gives them one.
drop function claim_work(uuid, uuid, uuid, integer);
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
  if not found
    or exists (select from public.sellers s where s.id = p_seller and s.status <> 'ACTIVE')
  then
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
