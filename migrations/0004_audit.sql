-- The audit trail: one hash chain for each seller, appended through one function.

create table audit_heads (
  seller_id uuid primary key references sellers (id),
  seq bigint not null,
  hash bytea not null
);
select app_protect('audit_heads', 'select');
select app_open_to_gate('audit_heads', 'select, insert, update');

create table audit_events (
  seller_id uuid not null references sellers (id),
  seq bigint not null,
  at timestamptz not null,
  actor_kind text not null,
  actor_user_id uuid,
  actor_super_admin_id uuid,
  impersonation_session_id uuid,
  api_key_id uuid,
  job_run_id uuid,
  action text not null,
  target text not null,
  -- canonical JSON text, hashed as it stands
  data text not null,
  prev_hash bytea not null,
  hash bytea not null,
  primary key (seller_id, seq),
  constraint audit_events__data check (data is json object)
);
create index audit_events__by_time on audit_events (seller_id, at desc);
select app_protect('audit_events', 'select', 'select');
select app_open_to_gate('audit_events', 'select, insert');

create function audit_is_append_only() returns trigger
language plpgsql
as $$
begin
  raise exception 'audit events are append-only' using errcode = '42501';
end
$$;
create trigger audit_events__append_only before update or delete on audit_events
  for each row execute function audit_is_append_only();
create trigger audit_events__no_truncate before truncate on audit_events
  for each statement execute function audit_is_append_only();

-- A field of the hashed bytes: its length in bytes (int4, -1 for null), then its UTF-8.
create function audit_field(p_value text) returns bytea
language sql immutable parallel safe
return case
  when p_value is null then int4send(-1)
  else int4send(octet_length(convert_to(p_value, 'UTF8'))) || convert_to(p_value, 'UTF8')
end;

-- The hash of an event: SHA-256 over the hash before it and every field in the order of the columns.
create function audit_hash(e audit_events) returns bytea
language sql stable parallel safe
return sha256(
  e.prev_hash
  || audit_field(e.seller_id::text)
  || audit_field(e.seq::text)
  || audit_field(to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
  || audit_field(e.actor_kind)
  || audit_field(e.actor_user_id::text)
  || audit_field(e.actor_super_admin_id::text)
  || audit_field(e.impersonation_session_id::text)
  || audit_field(e.api_key_id::text)
  || audit_field(e.job_run_id::text)
  || audit_field(e.action)
  || audit_field(e.target)
  || audit_field(e.data)
);

-- Appends one event to the chain of a seller. Locks the head until the transaction ends: it is sent
-- last, together with COMMIT. The actor is the one whom the scope was opened for, never a parameter.
-- The platform login may append to any chain, everybody else to that of the open scope.
create function audit_append(p_seller uuid, p_action text, p_target text, p_data text)
returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor text := current_setting('app.actor', true);
  v_kind text := split_part(v_actor, ':', 1);
  v_id text := substr(v_actor, length(v_kind) + 2);
  v_head public.audit_heads;
  e public.audit_events;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_current_seller_id() then
    raise exception 'an audit event belongs to the open scope' using errcode = '42501';
  end if;
  if coalesce(v_kind, '') not in ('user', 'run', 'system') then
    raise exception 'an audit event names who did it' using errcode = '42501';
  end if;
  insert into public.audit_heads (seller_id, seq, hash) values (p_seller, 0, '\x')
    on conflict (seller_id) do nothing;
  select * into v_head from public.audit_heads where seller_id = p_seller for update;

  e.seller_id := p_seller;
  e.seq := v_head.seq + 1;
  e.at := clock_timestamp();
  e.actor_kind := v_kind;
  e.actor_user_id := case when v_kind = 'user' then v_id::uuid end;
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
