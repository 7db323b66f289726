-- The functions of sessions, anew: they tell of overrides, and of refresh tokens.

drop function auth_open_session(uuid, uuid, uuid, timestamptz);
drop function auth_reload(uuid, uuid);

-- Whether a session is alive at that time. For the functions below, and nobody else.
create function auth_is_alive(p_seller uuid, p_session uuid, p_now timestamptz) returns boolean
language sql stable
begin atomic
  select exists (
    select from public.sessions x
    join public.seller_users u on u.seller_id = x.seller_id and u.id = x.user_id
    where x.seller_id = p_seller and x.id = p_session
      and x.revoked_at is null and x.expires_at > p_now and u.removed_at is null);
end;
revoke all on function auth_is_alive(uuid, uuid, timestamptz) from public;
grant execute on function auth_is_alive(uuid, uuid, timestamptz) to robnu_gate;

-- What a person may do with a seller; no row when they have nothing to do with it. As above.
create function auth_standing(p_seller uuid, p_user uuid) returns table (
  seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text,
  has_overrides boolean
)
language sql stable
begin atomic
  select u.seller_id, s.name, s.status, u.id, u.role, u.authz_version || '.' || s.authz_version,
    exists (select from public.permission_overrides p
      where p.seller_id = u.seller_id and p.user_id = u.id)
  from public.seller_users u
  join public.sellers s on s.id = u.seller_id
  where u.seller_id = p_seller and u.id = p_user and u.removed_at is null;
end;
revoke all on function auth_standing(uuid, uuid) from public;
grant execute on function auth_standing(uuid, uuid) to robnu_gate;

-- Opens a session with the seller that the person joined first, or with the one that is named. Who
-- has a second factor gets none without it, whatever the caller forgets.
create function auth_open_session(
  p_identity uuid, p_seller uuid, p_session uuid, p_expires timestamptz,
  p_refresh_hash bytea default null, p_absolute timestamptz default null,
  p_second_factor boolean default false, p_now timestamptz default clock_timestamp(),
  p_client_ip text default null, p_device text default null
) returns table (
  seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text,
  has_overrides boolean
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_seller uuid;
  v_user uuid;
begin
  select u.seller_id, u.id into v_seller, v_user
    from public.seller_users u
    join public.identities i on i.id = u.identity_id
    where u.identity_id = p_identity and u.removed_at is null
      and (p_seller is null or u.seller_id = p_seller)
      and (i.totp_enabled_at is null or p_second_factor)
    order by u.created_at, u.id
    limit 1;
  if not found then
    return;
  end if;
  insert into public.sessions (seller_id, id, user_id, identity_id, created_at, expires_at,
      refresh_hash, refreshed_at, absolute_expires_at, authenticated_at, client_ip, device)
    values (v_seller, p_session, v_user, p_identity, p_now, p_expires,
      p_refresh_hash, p_now, coalesce(p_absolute, p_expires), p_now, p_client_ip, p_device);
  return query select * from public.auth_standing(v_seller, v_user);
end
$$;
select app_gate_function('auth_open_session(uuid, uuid, uuid, timestamptz, bytea, timestamptz,
  boolean, timestamptz, text, text)', 'robnu_app');

-- What a live session may do now; no row when it is over.
create function auth_reload(p_seller uuid, p_session uuid)
returns table (
  user_id uuid, role text, seller_status text, authz_version text, has_overrides boolean
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select s.user_id, s.role, s.seller_status, s.authz_version, s.has_overrides
  from public.sessions x, public.auth_standing(x.seller_id, x.user_id) s
  where x.seller_id = p_seller and x.id = p_session
    and public.auth_is_alive(p_seller, p_session, clock_timestamp());
end;
select app_gate_function('auth_reload(uuid, uuid)', 'robnu_app');

-- The person of a live session, with all that proves who they are; no row when it is over.
create function auth_account(p_seller uuid, p_session uuid) returns table (
  identity_id uuid, email text, password_hash text, totp_secret_enc bytea, has_totp boolean,
  stepped_up_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select i.id, i.email, i.password_hash, i.totp_secret_enc, i.totp_enabled_at is not null,
    x.stepped_up_at
  from public.sessions x
  join public.identities i on i.id = x.identity_id
  where x.seller_id = p_seller and x.id = p_session
    and public.auth_is_alive(p_seller, p_session, clock_timestamp());
end;
select app_gate_function('auth_account(uuid, uuid)', 'robnu_app');

-- The person of the session has just proved who they are.
create function auth_step_up(p_seller uuid, p_session uuid, p_now timestamptz) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.sessions x set stepped_up_at = p_now
    where x.seller_id = p_seller and x.id = p_session
      and public.auth_is_alive(p_seller, p_session, clock_timestamp());
  return found;
end
$$;
select app_gate_function('auth_step_up(uuid, uuid, timestamptz)', 'robnu_app');

-- Puts the next refresh token in the place of this one, for one of all who bring it. Outcomes:
--   REFRESHED  with what the session may do now
--   RACED      another request with the same token was faster, within p_grace
--   REPLAYED   an older token has come back: somebody has a copy, and the session ends for both
--   OVER       the session had ended before
-- The caller has made sure that the token is one of ours; its generation tells how old it is.
create function auth_refresh(
  p_seller uuid, p_session uuid, p_generation integer, p_hash bytea, p_next bytea,
  p_now timestamptz, p_idle interval, p_grace interval
) returns table (
  outcome text, expires_at timestamptz, identity_id uuid, seller_id uuid, seller_name text,
  seller_status text, user_id uuid, role text, authz_version text, has_overrides boolean
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_session public.sessions;
  v_outcome text;
  v_expires timestamptz;
begin
  -- who brings the same token at this moment waits here
  perform from public.sessions x where x.seller_id = p_seller and x.id = p_session for update;
  select x.* into v_session from public.sessions x
    where x.seller_id = p_seller and x.id = p_session and x.refresh_hash is not null
      and public.auth_is_alive(p_seller, p_session, p_now);
  if not found then
    v_outcome := 'OVER';
  elsif p_generation = v_session.refresh_generation and p_hash = v_session.refresh_hash then
    v_outcome := 'REFRESHED';
    v_expires := least(p_now + p_idle, v_session.absolute_expires_at);
    update public.sessions x
      set refresh_hash = p_next, refresh_generation = p_generation + 1, refreshed_at = p_now,
        expires_at = v_expires
      where x.seller_id = p_seller and x.id = p_session;
  elsif p_generation = v_session.refresh_generation - 1
    and p_now < v_session.refreshed_at + p_grace
  then
    v_outcome := 'RACED';
  else
    v_outcome := 'REPLAYED';
    update public.sessions x set revoked_at = p_now, revoked_reason = 'REPLAYED'
      where x.seller_id = p_seller and x.id = p_session;
  end if;
  return query
    select v_outcome, v_expires, v_session.identity_id, s.seller_id, s.seller_name,
      s.seller_status, s.user_id, s.role, s.authz_version, s.has_overrides
    from (select) one
    left join public.auth_standing(p_seller, v_session.user_id) s on true;
end
$$;
select app_gate_function('auth_refresh(uuid, uuid, integer, bytea, bytea, timestamptz, interval,
  interval)', 'robnu_app');

-- Ends a session and opens one with another seller of the same person, as strong and as old as the
-- one before: 90 days are 90 days. No row when the session is over or the person is not with them.
create function auth_switch(
  p_seller uuid, p_session uuid, p_to uuid, p_new uuid, p_hash bytea, p_now timestamptz,
  p_idle interval
) returns table (
  expires_at timestamptz, seller_id uuid, seller_name text, seller_status text, user_id uuid,
  role text, authz_version text, has_overrides boolean
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_old public.sessions;
  v_user uuid;
  v_expires timestamptz;
begin
  perform from public.sessions x where x.seller_id = p_seller and x.id = p_session for update;
  select x.* into v_old from public.sessions x
    where x.seller_id = p_seller and x.id = p_session
      and public.auth_is_alive(p_seller, p_session, p_now);
  select u.id into v_user from public.seller_users u
    where u.seller_id = p_to and u.identity_id = v_old.identity_id and u.removed_at is null;
  if not found then
    return;
  end if;
  v_expires := least(p_now + p_idle, v_old.absolute_expires_at);
  insert into public.sessions (seller_id, id, user_id, identity_id, created_at, expires_at,
      refresh_hash, refreshed_at, absolute_expires_at, authenticated_at, stepped_up_at, client_ip,
      device)
    values (p_to, p_new, v_user, v_old.identity_id, p_now, v_expires,
      p_hash, p_now, v_old.absolute_expires_at, v_old.authenticated_at, v_old.stepped_up_at,
      v_old.client_ip, v_old.device);
  update public.sessions x set revoked_at = p_now, revoked_reason = 'SWITCHED'
    where x.seller_id = p_seller and x.id = p_session;
  return query select v_expires, s.* from public.auth_standing(p_to, v_user) s;
end
$$;
select app_gate_function('auth_switch(uuid, uuid, uuid, uuid, bytea, timestamptz, interval)',
  'robnu_app');

-- The live sessions of the person, with whatever seller, for the person of a live one.
create function auth_sessions(p_seller uuid, p_session uuid) returns table (
  id uuid, seller_id uuid, seller_name text, user_id uuid, created_at timestamptz,
  refreshed_at timestamptz, expires_at timestamptz, client_ip text, device text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select o.id, o.seller_id, s.name, o.user_id, o.created_at, o.refreshed_at, o.expires_at,
    o.client_ip, o.device
  from public.sessions x
  join public.sessions o on o.identity_id = x.identity_id and o.revoked_at is null
    and o.expires_at > clock_timestamp()
  join public.seller_users u on u.seller_id = o.seller_id and u.id = o.user_id
    and u.removed_at is null
  join public.sellers s on s.id = o.seller_id
  where x.seller_id = p_seller and x.id = p_session
    and public.auth_is_alive(p_seller, p_session, clock_timestamp())
  order by o.created_at desc, o.id desc;
end;
select app_gate_function('auth_sessions(uuid, uuid)', 'robnu_app');

-- The sellers that the person of a live session works for, in the order in which they joined.
create function auth_sellers(p_seller uuid, p_session uuid) returns table (
  seller_id uuid, seller_name text, seller_status text, user_id uuid, role text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select u.seller_id, s.name, s.status, u.id, u.role
  from public.sessions x
  join public.seller_users u on u.identity_id = x.identity_id and u.removed_at is null
  join public.sellers s on s.id = u.seller_id
  where x.seller_id = p_seller and x.id = p_session
    and public.auth_is_alive(p_seller, p_session, clock_timestamp())
  order by u.created_at, u.id;
end;
select app_gate_function('auth_sellers(uuid, uuid)', 'robnu_app');
