-- Sessions, and the one door into a seller's scope.

create table sessions (
  seller_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (seller_id, id),
  constraint sessions__user
    foreign key (seller_id, user_id) references seller_users (seller_id, id)
);
select app_protect('sessions', '');
select app_open_to_gate('sessions', 'select, insert, update');

-- Opens the scope of a seller for the rest of the transaction, or raises, so that whatever was sent
-- behind it commits nothing:
--   RB001 the session is unknown, over or revoked, or its user was removed
--   RB002 role or seller changed since the caller's token was made: reload, and ask once more
--   RB003 the work item is not leased to the caller
-- p_ref: 'session' → '<session id>/<authz version>'; 'work' → '<work item id>/<lease>'.
-- p_expires bounds the entry itself; p_proof is empty until entries are signed.
create function app_enter(
  p_kind text, p_ref text, p_seller uuid, p_expires timestamptz, p_proof bytea
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_id uuid := split_part(p_ref, '/', 1)::uuid;
  v_tail text := split_part(p_ref, '/', 2);
  v_actor text;
  v_version text;
begin
  if p_expires is null or p_expires <= clock_timestamp() then
    raise exception 'the entry has expired' using errcode = 'RB001';
  end if;
  if p_kind = 'session' then
    select 'user:' || u.id, u.authz_version || '.' || s.authz_version
      into v_actor, v_version
      from public.sessions x
      join public.seller_users u on u.seller_id = x.seller_id and u.id = x.user_id
      join public.sellers s on s.id = x.seller_id
      where x.seller_id = p_seller and x.id = v_id
        and x.revoked_at is null and x.expires_at > clock_timestamp() and u.removed_at is null;
    if not found then
      raise exception 'the session is over' using errcode = 'RB001';
    end if;
    if v_version <> v_tail then
      raise exception 'the session has changed' using errcode = 'RB002';
    end if;
  elsif p_kind = 'work' then
    select 'run:' || w.job_run_id into v_actor
      from public.work_items w
      where w.seller_id = p_seller and w.id = v_id and w.state = 'RUNNING'
        and w.lease = v_tail::uuid and w.lease_until > clock_timestamp();
    if not found then
      raise exception 'the work item is not leased to this worker' using errcode = 'RB003';
    end if;
  else
    raise exception 'unknown kind of entry' using errcode = 'RB001';
  end if;
  perform set_config('app.current_seller_id', p_seller::text, true),
    set_config('app.actor', v_actor, true);
end
$$;
select app_gate_function('app_enter(text, text, uuid, timestamptz, bytea)', 'robnu_tenant');
select app_gate_function('audit_append(uuid, text, text, text)', 'robnu_tenant, robnu_platform');
grant execute on function app_is_admin_scope() to robnu_gate;

-- Sign-in, called by the API's login before any scope is open.

create function auth_identity(p_email text)
returns table (identity_id uuid, password_hash text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select i.id, i.password_hash from public.identities i where i.email = p_email;
end;
select app_gate_function('auth_identity(text)', 'robnu_app');

-- Opens a session with the seller that the person joined first, or with the one that is named.
create function auth_open_session(
  p_identity uuid, p_seller uuid, p_session uuid, p_expires timestamptz
) returns table (
  seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
    with chosen as (
      select u.seller_id, s.name, s.status, u.id, u.role,
        u.authz_version || '.' || s.authz_version as version
      from public.seller_users u
      join public.sellers s on s.id = u.seller_id
      where u.identity_id = p_identity and u.removed_at is null
        and (p_seller is null or u.seller_id = p_seller)
      order by u.created_at, u.id
      limit 1
    ), opened as (
      insert into public.sessions (seller_id, id, user_id, expires_at)
      select c.seller_id, p_session, c.id, p_expires from chosen c
      returning seller_id
    )
    select c.seller_id, c.name, c.status, c.id, c.role, c.version
    from chosen c join opened o on o.seller_id = c.seller_id;
end
$$;
select app_gate_function('auth_open_session(uuid, uuid, uuid, timestamptz)', 'robnu_app');

-- What a live session may do now; no row when it is over.
create function auth_reload(p_seller uuid, p_session uuid)
returns table (user_id uuid, role text, seller_status text, authz_version text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select u.id, u.role, s.status, u.authz_version || '.' || s.authz_version
  from public.sessions x
  join public.seller_users u on u.seller_id = x.seller_id and u.id = x.user_id
  join public.sellers s on s.id = x.seller_id
  where x.seller_id = p_seller and x.id = p_session
    and x.revoked_at is null and x.expires_at > clock_timestamp() and u.removed_at is null;
end;
select app_gate_function('auth_reload(uuid, uuid)', 'robnu_app');

create function auth_close_session(p_seller uuid, p_session uuid) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
  update public.sessions set revoked_at = clock_timestamp()
  where seller_id = p_seller and id = p_session and revoked_at is null;
end;
select app_gate_function('auth_close_session(uuid, uuid)', 'robnu_app');
