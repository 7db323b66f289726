-- Logins of isolated plugins: `robnu_plugin_<id>`, made by who administers the server, granted by
-- `migrate`. Such a login becomes no other role; what it may do in a scope beyond its rows is narrowed
-- here by who logged in, which no statement changes.

-- The plugin that is logged in; null for every other login.
create function app_plugin_id() returns text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
return substring(session_user::text from '^robnu_plugin_([a-z][a-z0-9_]{1,30})$');
revoke all on function app_plugin_id() from public;
grant execute on function app_plugin_id() to robnu_gate;

-- As before; of an isolated plugin into its own queues alone.
drop function request_job(uuid, uuid, text, uuid, jsonb);
create function request_job(
  p_item uuid, p_message uuid, p_queue text, p_account uuid, p_body jsonb
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seller uuid := public.app_writable_seller_id();
  v_plugin text := public.app_plugin_id();
begin
  if v_plugin is not null and p_queue <> 'marketplace-push-' || v_plugin
    and not starts_with(p_queue, v_plugin || '-')
  then
    raise exception 'the queue is not one of the plugin' using errcode = '42501';
  end if;
  insert into public.work_items (seller_id, id, marketplace_account_id, target, lane, queue, body)
    values (v_seller, p_item, p_account, 'JOB', 'job:' || p_item, p_queue, p_body);
  insert into public.outbox (seller_id, id, queue, group_key, body)
    values (v_seller, p_message, p_queue, coalesce(p_account, v_seller)::text,
      jsonb_strip_nulls(jsonb_build_object(
        'sellerId', v_seller, 'accountId', p_account, 'workItemId', p_item)));
end
$$;
select app_gate_function('request_job(uuid, uuid, text, uuid, jsonb)', 'robnu_tenant');

-- As before; an isolated plugin records its own actions, without data, in the scope that is open.
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
  v_plugin text := public.app_plugin_id();
  v_head public.audit_heads;
  e public.audit_events;
begin
  if not public.app_is_admin_scope() and p_seller <> public.app_current_seller_id() then
    raise exception 'an audit event belongs to the open scope' using errcode = '42501';
  end if;
  if v_plugin is not null and (not starts_with(p_action, v_plugin || '.')
    or length(p_action) > 160 or length(p_target) > 200 or p_data <> '{}')
  then
    raise exception 'the action is not one of the plugin' using errcode = '42501';
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

-- As before, with the rights of the gate: who asks need not read the keys of others' requests.
select app_open_to_gate('idempotency_keys', 'select');
drop function idempotency_begin(text, text, bytea);
create function idempotency_begin(p_route text, p_key text, p_fingerprint bytea) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seller uuid := public.app_current_seller_id();
  v_made public.idempotency_keys;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended(v_seller || ' ' || p_route || ' ' || p_key, 15)
  ) then
    raise exception 'a request with this key is under way' using errcode = 'RB005';
  end if;
  select * into v_made from public.idempotency_keys i
    where i.seller_id = v_seller and i.route = p_route and i.key = p_key;
  if not found then
    return;
  end if;
  if v_made.fingerprint <> p_fingerprint then
    raise exception 'the key belongs to another request' using errcode = 'RB007';
  end if;
  raise exception 'the request with this key is done' using errcode = 'RB004',
    detail = jsonb_build_object('status', v_made.status, 'resourceId', v_made.resource_id);
end
$$;
select app_gate_function('idempotency_begin(text, text, bytea)', 'robnu_tenant');
