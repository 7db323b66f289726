-- What staff act by, and what a seller answers them with.

-- What was done in an impersonation session.
create index audit_events__by_impersonation
  on audit_events (seller_id, impersonation_session_id, seq)
  where impersonation_session_id is not null;

-- The rest of the transaction is done by staff: the audit trail says so. Raises RB001 when the session
-- is over, so that what was sent behind it commits nothing; one that ends meanwhile waits.
create function staff_enter(p_session uuid, p_impersonation uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_admin uuid;
begin
  select t.super_admin_id into v_admin
    from public.staff_sessions t join public.super_admins a on a.id = t.super_admin_id
    where t.id = p_session and t.revoked_at is null and t.expires_at > clock_timestamp()
      and a.removed_at is null
    for share of t;
  if not found then
    raise exception 'the session of staff is over' using errcode = 'RB001';
  end if;
  perform set_config('app.actor', concat_ws('/', 'staff:' || v_admin, p_impersonation), true);
end
$$;
revoke all on function staff_enter(uuid, uuid) from public;
grant execute on function staff_enter(uuid, uuid) to robnu_platform;

-- The person of the open scope who may let staff in and send them out: an OWNER or ADMIN, whatever
-- the process believes. Raises for everybody else, and for staff above all.
create function impersonation_decider() returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor text := public.app_current_actor();
  v_user uuid;
begin
  select u.id into v_user from public.seller_users u
    where v_actor = 'user:' || u.id and u.seller_id = public.app_current_seller_id()
      and u.role in ('OWNER', 'ADMIN') and u.removed_at is null;
  if not found then
    raise exception 'whether staff come in is for an OWNER or ADMIN' using errcode = '42501';
  end if;
  return v_user;
end
$$;
select app_gate_function('impersonation_decider()', 'robnu_gate');

-- Lets staff in, for less where the seller says so, or not. False when there is nothing to decide.
create function impersonation_decide(
  p_id uuid, p_yes boolean, p_mode text, p_minutes integer
) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.impersonation_sessions i
    set state = case when p_yes then 'APPROVED' else 'DENIED' end,
      decided_by_user_id = public.impersonation_decider(),
      decided_at = clock_timestamp(),
      mode = case when p_yes and p_mode = 'READ_ONLY' then p_mode else i.mode end,
      minutes = case when p_yes then least(i.minutes, p_minutes) else i.minutes end
    where i.seller_id = public.app_current_seller_id() and i.id = p_id
      and i.state = 'REQUESTED' and i.expires_at > clock_timestamp();
  return found;
end
$$;
select app_gate_function('impersonation_decide(uuid, boolean, text, integer)', 'robnu_tenant');

-- Sends staff out, at once, or takes a yes back. False when there is nothing to end.
create function impersonation_end(p_id uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.impersonation_sessions i
    set state = 'ENDED', ended_by = 'seller:' || public.impersonation_decider()
    where i.seller_id = public.app_current_seller_id() and i.id = p_id
      and i.state in ('REQUESTED', 'APPROVED', 'LIVE') and i.expires_at > clock_timestamp();
  return found;
end
$$;
select app_gate_function('impersonation_end(uuid)', 'robnu_tenant');
