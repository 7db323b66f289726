-- What marketplaces send by themselves: each event once, and the way in for those that name an account.

-- Events that were met, so that a second one of the same id does nothing.
create table push_events (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- the marketplace's own
  event_id text not null,
  target text not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (seller_id, marketplace_account_id, event_id),
  constraint push_events__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint push_events__event check (length(event_id) between 1 and 200)
);
select app_protect('push_events', 'select, insert', 'select, insert, delete');
-- the sweep forgets what is a week old
create index push_events__old on push_events (received_at) where received_at is not null;

-- A push names an account and no seller, or an account at the marketplace.
create index marketplace_accounts__pushed on marketplace_accounts (id) where id is not null;
create index marketplace_accounts__external
  on marketplace_accounts (marketplace_id, external_account_id) where external_account_id <> '';

-- The account that the address of a push names, if it is one of the plugin's. The reference opens the
-- scope of its seller, to read what signatures are checked by. held: nothing may begin for it now.
create function find_pushed_account(p_plugin text, p_account uuid)
returns table (seller_id uuid, marketplace text, ref text, held boolean)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select a.seller_id, m.code, a.id || '/' || a.credentials_version,
      public.work_is_held(a.seller_id, a.id)
    from public.marketplace_accounts a
    join public.marketplaces m on m.id = a.marketplace_id
    where a.id = p_account and m.plugin_id = p_plugin;
end;
select app_gate_function('find_pushed_account(text, uuid)', 'robnu_app');

-- The door, as before; a push opens the scope of its account's seller, as long as its credentials are
-- those by which the account was found.
drop function app_enter(text, text, uuid, timestamptz, bytea);
create function app_enter(
  p_kind text, p_ref text, p_seller uuid, p_expires timestamptz, p_proof bytea
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_key public.scope_keys;
  v_id uuid;
  v_tail text;
  v_what text := 'scope';
  v_actor text;
  v_version text;
begin
  -- nearly all entries; whatever is wrong with one is found out below
  if p_kind = 'session' then
    perform set_config('app.current_seller_id', p_seller::text, true),
      set_config('app.actor', x.actor, true),
      set_config('app.scope', encode(public.scope_hmac(k.inner_block, k.outer_block,
        public.scope_mark('scope', p_seller::text, x.actor)), 'hex'), true)
      from public.scope_keys k, public.sessions x
      where p_proof = public.scope_hmac(k.inner_block, k.outer_block,
          public.scope_entry(p_kind, p_ref, p_seller, p_expires))
        and p_expires > current_timestamp
        and x.seller_id = p_seller and x.id = split_part(p_ref, '/', 1)::uuid
        and x.entry_ref = p_ref and x.revoked_at is null and x.expires_at > current_timestamp;
    if found then
      return;
    end if;
  end if;

  select * into v_key from public.scope_keys k
    where p_proof = public.scope_hmac(k.inner_block, k.outer_block,
      public.scope_entry(p_kind, p_ref, p_seller, p_expires));
  if not found then
    raise exception 'the entry is not signed for this backend by a key of this database'
      using errcode = '42501', hint = 'run migrate with the ROBNU_SECRET of the process';
  end if;
  if p_expires is null or p_expires <= clock_timestamp() then
    raise exception 'the entry has expired' using errcode = 'RB001';
  end if;
  -- asks only whether the process's key is known here
  if p_kind = 'check' then
    return;
  end if;
  v_id := split_part(p_ref, '/', 1)::uuid;
  v_tail := split_part(p_ref, '/', 2);
  v_version := v_tail;
  case p_kind
    when 'session' then
      select 'user:' || x.user_id, x.user_authz || '.' || x.seller_authz into v_actor, v_version
        from public.sessions x
        where x.seller_id = p_seller and x.id = v_id
          and x.revoked_at is null and x.expires_at > clock_timestamp();
      if not found then
        raise exception 'the session is over' using errcode = 'RB001';
      end if;
    when 'work' then
      select 'run:' || coalesce(w.job_run_id, w.id) into v_actor
        from public.work_items w
        where w.seller_id = p_seller and w.id = v_id and w.state = 'RUNNING'
          and w.lease = v_tail::uuid and w.lease_until > clock_timestamp();
      if not found then
        raise exception 'the work item is not leased to this worker' using errcode = 'RB003';
      end if;
    when 'key' then
      select 'key:' || x.id, x.authz_version || '.' || s.authz_version into v_actor, v_version
        from public.api_keys x
        join public.sellers s on s.id = x.seller_id
        where x.seller_id = p_seller and x.id = v_id
          and x.revoked_at is null and (x.expires_at is null or x.expires_at > clock_timestamp());
      if not found then
        raise exception 'the API key is not valid' using errcode = 'RB001';
      end if;
    when 'push' then
      select 'push:' || a.id, a.credentials_version::text into v_actor, v_version
        from public.marketplace_accounts a
        where a.seller_id = p_seller and a.id = v_id;
      if not found then
        raise exception 'the account is not there' using errcode = 'RB001';
      end if;
    when 'impersonation' then
      select 'staff:' || i.super_admin_id || '/' || i.id, s.authz_version::text,
          case i.mode when 'READ_WRITE' then 'scope' else 'reading' end
        into v_actor, v_version, v_what
        from public.impersonation_sessions i
        join public.sellers s on s.id = i.seller_id
        join public.super_admins a on a.id = i.super_admin_id and a.removed_at is null
        join public.staff_sessions t on t.id = i.staff_session_id
          and t.revoked_at is null and t.expires_at > clock_timestamp()
        where i.seller_id = p_seller and i.id = v_id and i.state = 'LIVE'
          and i.ended_at is null and i.expires_at > clock_timestamp();
      if not found then
        raise exception 'the impersonation session is not live' using errcode = 'RB008';
      end if;
    else
      raise exception 'unknown kind of entry' using errcode = 'RB001';
  end case;
  if v_version <> v_tail then
    raise exception 'what was signed in has changed' using errcode = 'RB002';
  end if;
  perform set_config('app.current_seller_id', p_seller::text, true),
    set_config('app.actor', v_actor, true),
    set_config('app.scope', case v_what when 'reading' then 'r' else '' end ||
      encode(public.scope_hmac(v_key.inner_block, v_key.outer_block,
        public.scope_mark(v_what, p_seller::text, v_actor)), 'hex'), true);
end
$$;
-- the one function that the bare login may call itself
grant execute on function app_enter(text, text, uuid, timestamptz, bytea) to robnu_app;
select app_gate_function('app_enter(text, text, uuid, timestamptz, bytea)', 'robnu_tenant');
