-- breaking
-- The signed scope: whoever opens one proves that it is a process of ours, and what opens it cannot
-- be told otherwise by any statement that runs inside.

-- Blocks of HMAC-SHA256, as sha256() wants them: the key xor 0x36… and 0x5c…. `migrate` writes those
-- of the processes: the newest and the one before.
create table scope_keys (
  id bytea primary key,
  inner_block bytea not null,
  outer_block bytea not null,
  taken_at timestamptz not null default clock_timestamp(),
  constraint scope_keys__blocks
    check (octet_length(inner_block) = 64 and octet_length(outer_block) = 64)
);
revoke all on scope_keys from public;
grant select on scope_keys to robnu_gate;

-- Expressions with names: PostgreSQL puts their bodies in the place of a call. Every function that is
-- left in a statement is looked up and made ready anew each time, which costs more than its work: so
-- the messages are joined by one call. A field that might have a slash in it is told by its length, or
-- is the last.

create function scope_hmac(p_inner bytea, p_outer bytea, p_text text) returns bytea
language sql stable parallel safe
return sha256(p_outer || sha256(p_inner || convert_to(p_text, 'UTF8')));

-- What a process signs: for this backend, until then.
create function scope_entry(p_kind text, p_ref text, p_seller uuid, p_expires timestamptz)
returns text
language sql stable parallel restricted
return concat_ws('/', 'entry', pg_backend_pid(), extract(epoch from p_expires), p_seller,
  length(p_kind), p_kind, p_ref);

-- What marks an open scope: it is of this backend and this transaction, and opens no other one.
-- p_what is 'scope', or 'reading' where nothing may be written.
create function scope_mark(p_what text, p_seller text, p_actor text) returns text
language sql stable parallel restricted
return concat_ws('/', p_what, pg_backend_pid(), extract(epoch from current_timestamp), p_seller,
  p_actor);

revoke all on function scope_hmac(bytea, bytea, text) from public;
revoke all on function scope_entry(text, text, uuid, timestamptz) from public;
revoke all on function scope_mark(text, text, text) from public;
grant execute on function scope_hmac(bytea, bytea, text),
  scope_entry(text, text, uuid, timestamptz), scope_mark(text, text, text) to robnu_gate;

-- Raises unless the settings are those that app_enter has made in this transaction. True: the scope is
-- open for reading only. For functions of the gate alone.
create function scope_is_reading() returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_scope text := current_setting('app.scope', true);
  v_prefix text := case when v_scope like 'r%' then 'r' else '' end;
  v_what text := case v_prefix when 'r' then 'reading' else 'scope' end;
begin
  perform from public.scope_keys k
    where v_scope = v_prefix || encode(public.scope_hmac(k.inner_block, k.outer_block,
      public.scope_mark(v_what, current_setting('app.current_seller_id', true),
        current_setting('app.actor', true))), 'hex');
  if not found then
    raise exception 'no seller scope is open' using errcode = '42501';
  end if;
  return v_what = 'reading';
end
$$;
revoke all on function scope_is_reading() from public;
grant execute on function scope_is_reading() to robnu_gate;

-- The seller of the open scope, once a statement: policies call it as (select …). Raises outside of a
-- scope, and where somebody has changed its settings. Restricted: a parallel worker is another backend,
-- and is given the answer.
create or replace function app_current_seller_id() returns uuid
language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  -- nearly always
  perform from public.scope_keys k
    where current_setting('app.scope', true) = encode(public.scope_hmac(k.inner_block, k.outer_block,
      public.scope_mark('scope', current_setting('app.current_seller_id', true),
        current_setting('app.actor', true))), 'hex');
  if not found then
    perform public.scope_is_reading();
  end if;
  return current_setting('app.current_seller_id')::uuid;
end
$$;
select app_gate_function('app_current_seller_id()', 'robnu_tenant');

-- The same for what writes: raises RB006 in an entry that may only read.
create function app_writable_seller_id() returns uuid
language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  if public.scope_is_reading() then
    raise exception 'the scope is open for reading only' using errcode = 'RB006';
  end if;
  return current_setting('app.current_seller_id')::uuid;
end
$$;
select app_gate_function('app_writable_seller_id()', 'robnu_tenant');

-- Whom the scope was opened for: 'user:<id>', 'run:<id>', 'key:<id>' or
-- 'staff:<super admin id>/<impersonation session id>'. The platform login names itself.
create function app_current_actor() returns text
language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor text := current_setting('app.actor', true);
begin
  if not public.app_is_admin_scope() then
    perform public.app_current_seller_id();
  elsif v_actor is null or v_actor !~ '^(system|staff|user):.' then
    raise exception 'the platform says for whom it acts' using errcode = '42501';
  end if;
  return v_actor;
end
$$;
select app_gate_function('app_current_actor()', 'robnu_tenant, robnu_platform');

-- The numbers that a session's entry is judged by, beside the session: the door looks at one row.
-- Each has one trigger that moves it, in the transaction of the change.
alter table sessions
  add column user_authz integer,
  add column seller_authz integer;
update sessions x
  set user_authz = u.authz_version, seller_authz = s.authz_version,
    revoked_at = coalesce(x.revoked_at, u.removed_at)
  from seller_users u, sellers s
  where u.seller_id = x.seller_id and u.id = x.user_id and s.id = x.seller_id;
alter table sessions
  alter column user_authz set not null,
  alter column seller_authz set not null,
  -- the reference of its entry, and whom that is opened for
  add column entry_ref text not null generated always as
    (id::text || '/' || user_authz::text || '.' || seller_authz::text) stored,
  add column actor text not null generated always as ('user:' || user_id::text) stored;
-- to lock a row against a change that is under way
grant update (authz_version) on sellers, seller_users to robnu_gate;

-- A new session meets every change: the share locks wait for one that has not committed, and a later
-- one waits for them and finds the session. For somebody who was removed it is over as it begins.
create function sessions_take_authz() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_removed_at timestamptz;
begin
  select u.authz_version, s.authz_version, u.removed_at
    into new.user_authz, new.seller_authz, v_removed_at
    from public.seller_users u
    join public.sellers s on s.id = u.seller_id
    where u.seller_id = new.seller_id and u.id = new.user_id
    for share;
  new.revoked_at := coalesce(new.revoked_at, v_removed_at);
  return new;
end
$$;
create trigger sessions__new before insert on sessions
  for each row execute function sessions_take_authz();
create trigger sessions__revived before update on sessions for each row
  when (new.revoked_at is null and old.revoked_at is not null or new.user_id <> old.user_id)
  execute function sessions_take_authz();
select app_gate_function('sessions_take_authz()', 'robnu_gate');

create function seller_users_move_sessions() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.sessions
    set user_authz = new.authz_version,
      revoked_at = new.removed_at,
      revoked_reason = case when new.removed_at is not null then 'REMOVED' end
    where seller_id = new.seller_id and user_id = new.id and revoked_at is null;
  return null;
end
$$;
create trigger seller_users__sessions after update on seller_users for each row
  when (new.authz_version <> old.authz_version or new.removed_at is distinct from old.removed_at)
  execute function seller_users_move_sessions();
select app_gate_function('seller_users_move_sessions()', 'robnu_gate');

create function sellers_move_sessions() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.sessions set seller_authz = new.authz_version
    where seller_id = new.id and revoked_at is null;
  return null;
end
$$;
create trigger sellers__sessions after update on sellers for each row
  when (new.authz_version <> old.authz_version)
  execute function sellers_move_sessions();
select app_gate_function('sellers_move_sessions()', 'robnu_gate');

-- Opens the scope of a seller for the rest of the transaction, or raises, so that whatever was sent
-- behind it commits nothing. Called by the bare login, which becomes robnu_tenant in the same breath.
--   42501 the entry is not signed by a process of ours, for this backend
--   RB001 session or API key is unknown, over or revoked, its user was removed, or the entry is late
--   RB002 role, scopes or seller changed since the caller's token was made: reload, ask once more
--   RB003 the work item is not leased to the caller
--   RB008 the impersonation session is not live
-- p_ref: 'session' → '<session id>/<authz>.<seller's authz>'; 'work' → '<work item id>/<lease>';
-- 'key' → '<api key id>/<authz>.<seller's authz>'; 'impersonation' → '<id>/<seller's authz>'.
-- p_expires bounds the entry itself; the transaction bounds the scope.
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
      select 'run:' || w.job_run_id into v_actor
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
select app_gate_function('app_enter(text, text, uuid, timestamptz, bytea)',
  'robnu_app, robnu_tenant');

-- What the bare login might call beside the door, it might call inside of a scope as well, after RESET
-- ROLE: sign-in, sessions, leases of any seller. From here on these functions are called as
-- robnu_door, which the platform login alone can become. `robnu_app` as a caller means robnu_door.
create or replace function app_gate_function(p_function text, p_callers text) returns void
language plpgsql
as $$
begin
  execute format('revoke all on function %s from public', p_function);
  execute format('grant execute on function %s to %s', p_function,
    replace(p_callers, 'robnu_app', 'robnu_door'));
  -- a new owner needs CREATE on the schema at that moment, and never again
  grant create on schema public to robnu_gate;
  execute format('alter function %s owner to robnu_gate', p_function);
  revoke create on schema public from robnu_gate;
end
$$;
set local role robnu_gate;
do $$
declare
  f regprocedure;
begin
  for f in
    select p.oid from pg_proc p
    where p.proowner = 'robnu_gate'::regrole and p.proname <> 'app_enter'
      and has_function_privilege('robnu_app', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from robnu_app', f);
    execute format('grant execute on function %s to robnu_door', f);
  end loop;
end
$$;
reset role;

-- Writing asks for an entry that may write. Of DELETE a policy sees no new row, so that it has one of
-- its own. app_protect as it was, but for these two.
create or replace function app_protect(
  p_table text,
  p_tenant text default 'select, insert, update, delete',
  p_platform text default '',
  p_key text default 'seller_id'
) returns void
language plpgsql
as $$
declare
  t constant text := p_table::regclass::text;
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format(
    'create policy tenant on %s to robnu_tenant using (%I = (select app_current_seller_id())) '
      'with check (%I = (select app_writable_seller_id()))', t, p_key, p_key);
  execute format(
    'create policy tenant_delete on %s as restrictive for delete to robnu_tenant '
      'using (%I = (select app_writable_seller_id()))', t, p_key);
  execute format(
    'create policy platform on %s to robnu_platform using ((select app_is_admin_scope())) '
      'with check ((select app_is_admin_scope()))', t);
  execute format('create policy owner on %s to robnu_owner using (true) with check (true)', t);
  if current_user <> 'robnu_owner' then
    execute format('create policy maker on %s to %I using (true) with check (true)', t, current_user);
  end if;
  execute format('revoke all on %s from public', t);
  if p_tenant <> '' then
    execute format('grant %s on %s to robnu_tenant', p_tenant, t);
  end if;
  if p_platform <> '' then
    execute format('grant %s on %s to robnu_platform', p_platform, t);
  end if;
end
$$;
do $$
declare
  t regclass;
  k text;
begin
  for t, k in
    select p.polrelid, case c.relname when 'sellers' then 'id' else 'seller_id' end
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where p.polname = 'tenant' and c.relnamespace = 'public'::regnamespace
  loop
    execute format(
      'alter policy tenant on %s with check (%I = (select app_writable_seller_id()))', t, k);
    execute format(
      'create policy tenant_delete on %s as restrictive for delete to robnu_tenant '
        'using (%I = (select app_writable_seller_id()))', t, k);
  end loop;
end
$$;

-- Who opened what is written down though nothing else may be.
alter policy tenant on decrypt_ledger with check (seller_id = (select app_current_seller_id()));
alter table decrypt_ledger alter column actor set default app_current_actor();

-- Appends one event to the chain of a seller. Locks the head until the transaction ends: it is sent
-- last, together with COMMIT. The actor is the one whom the scope was opened for, never a parameter.
-- The platform login may append to any chain, everybody else to that of the open scope.
drop function audit_append(uuid, text, text, text);
create function audit_append(p_seller uuid, p_action text, p_target text, p_data text)
returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor text := public.app_current_actor();
  v_kind text := split_part(v_actor, ':', 1);
  v_id text := substr(v_actor, length(v_kind) + 2);
  v_head public.audit_heads;
  e public.audit_events;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_current_seller_id() then
    raise exception 'an audit event belongs to the open scope' using errcode = '42501';
  end if;
  insert into public.audit_heads (seller_id, seq, hash) values (p_seller, 0, '\x')
    on conflict (seller_id) do nothing;
  select * into v_head from public.audit_heads where seller_id = p_seller for update;

  e.seller_id := p_seller;
  e.seq := v_head.seq + 1;
  e.at := clock_timestamp();
  e.actor_kind := v_kind;
  e.actor_user_id := case when v_kind = 'user' then v_id::uuid end;
  e.actor_super_admin_id := case when v_kind = 'staff' then split_part(v_id, '/', 1)::uuid end;
  e.impersonation_session_id :=
    case when v_kind = 'staff' then nullif(split_part(v_id, '/', 2), '')::uuid end;
  e.api_key_id := case when v_kind = 'key' then v_id::uuid end;
  e.job_run_id := case when v_kind = 'run' then v_id::uuid end;
  e.action := p_action;
  e.target := p_target;
  e.data := p_data;
  e.prev_hash := v_head.hash;
  e.hash := public.audit_hash(e);

  insert into public.audit_events select e.*;
  update public.audit_heads set seq = e.seq, hash = e.hash where seller_id = p_seller;
end
$$;
select app_gate_function('audit_append(uuid, text, text, text)', 'robnu_tenant, robnu_platform');
