-- The roles, made once by whoever administers the server (psql -f migrations/roles.sql), before the
-- first `migrate`. None is superuser, none bypasses row security. It may be run again.
--
--   robnu_owner     login, owns the schema; used by `migrate` only and absent while serving
--   robnu_platform  login of sweeps, outbox relay and provisioning: sees all sellers by policy
--   robnu_door      what robnu_platform becomes for sign-in and leases: calls the functions of
--                   robnu_gate that come before any scope, and is granted nothing else
--   robnu_app       login of API and workers: owns nothing, is granted no table, and is a member of
--                   robnu_tenant alone, without inheriting it
--   robnu_tenant    what a statement inside a seller's scope runs as
--   robnu_gate      owns the few functions around a scope; alone reads sessions and work items
--   robnu_plugins   owns the tables of plugins, and nothing of core
--
-- Other login names: make them members (`grant robnu_app to x with inherit true; grant robnu_tenant
-- to x with inherit false, set true`) and name them in the URLs.
do $$
declare
  r text;
begin
  foreach r in array array['robnu_owner', 'robnu_platform', 'robnu_app'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format('create role %I login noinherit', r);
    end if;
  end loop;
  foreach r in array array['robnu_tenant', 'robnu_door', 'robnu_gate', 'robnu_plugins'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format('create role %I nologin noinherit', r);
    end if;
  end loop;
end
$$;

grant robnu_tenant to robnu_app with inherit false, set true;
grant robnu_door to robnu_platform with inherit false, set true;
grant robnu_gate to robnu_owner with inherit false, set true;
grant robnu_plugins to robnu_owner with inherit true, set true;
