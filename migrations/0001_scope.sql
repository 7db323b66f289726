-- What makes a seller's rows the seller's own: the scope, and the one way to protect a table.

-- The seller of the open scope. Raises outside of one, so that a forgotten scope is an error and
-- never an empty answer. STABLE: policies call it as (select app_current_seller_id()), once a
-- statement.
create function app_current_seller_id() returns uuid
language plpgsql stable parallel safe
as $$
declare
  seller uuid := nullif(current_setting('app.current_seller_id', true), '')::uuid;
begin
  if seller is null then
    raise exception 'no seller scope is open' using errcode = '42501';
  end if;
  return seller;
end
$$;

-- True for the platform login alone: it asks who logged in, never a setting.
create function app_is_admin_scope() returns boolean
language sql stable parallel safe
return pg_catalog.pg_has_role(session_user, 'robnu_platform', 'member');

-- Protects a table: row security enabled and forced, one policy for each role (an OR in one policy
-- would cost the index), and exact grants. p_key is 'id' for the table of sellers itself.
create function app_protect(
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
      'with check (%I = (select app_current_seller_id()))', t, p_key, p_key);
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

-- Lets the functions of robnu_gate reach a protected table, whoever the seller is.
create function app_open_to_gate(p_table text, p_grants text) returns void
language plpgsql
as $$
declare
  t constant text := p_table::regclass::text;
begin
  execute format('create policy gate on %s to robnu_gate using (true) with check (true)', t);
  execute format('grant %s on %s to robnu_gate', p_grants, t);
end
$$;

-- Hands a function to robnu_gate and says who may call it.
create function app_gate_function(p_function text, p_callers text) returns void
language plpgsql
as $$
begin
  execute format('revoke all on function %s from public', p_function);
  execute format('grant execute on function %s to %s', p_function, p_callers);
  -- a new owner needs CREATE on the schema at that moment, and never again
  grant create on schema public to robnu_gate;
  execute format('alter function %s owner to robnu_gate', p_function);
  revoke create on schema public from robnu_gate;
end
$$;

revoke all on function app_protect(text, text, text, text) from public;
revoke all on function app_open_to_gate(text, text) from public;
revoke all on function app_gate_function(text, text) from public;
grant execute on function app_protect(text, text, text, text) to robnu_plugins;
