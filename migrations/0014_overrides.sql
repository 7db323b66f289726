-- Exceptions from the roles, for one person: a grant or a denial, maybe for one account, maybe for a
-- time. A denial wins. And the exception from masking: one buyer, shown for a reason.

create table permission_overrides (
  seller_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  permission text not null,
  effect text not null,
  -- null: for all accounts
  marketplace_account_id uuid,
  reason text not null,
  -- null: until it is taken away
  expires_at timestamptz,
  created_by_user_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint permission_overrides__effect check (effect in ('GRANT', 'DENY')),
  constraint permission_overrides__not_oneself check (user_id <> created_by_user_id),
  constraint permission_overrides__user
    foreign key (seller_id, user_id) references seller_users (seller_id, id),
  constraint permission_overrides__maker
    foreign key (seller_id, created_by_user_id) references seller_users (seller_id, id),
  constraint permission_overrides__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id)
);
create index permission_overrides__by_user on permission_overrides (seller_id, user_id);
select app_protect('permission_overrides', 'select, insert, delete');
select app_open_to_gate('permission_overrides', 'select');

-- Whoever adds or takes one away cannot forget to move the person's number.
create function overrides_move_authz() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.seller_users u set authz_version = u.authz_version + 1
    where (u.seller_id, u.id) in (
      (coalesce(new.seller_id, old.seller_id), coalesce(new.user_id, old.user_id)));
  return null;
end
$$;
create trigger permission_overrides__authz
  after insert or update or delete on permission_overrides
  for each row execute function overrides_move_authz();

grant update (authz_version) on seller_users to robnu_gate;
-- as app_gate_function does it, for a function that nobody calls
revoke all on function overrides_move_authz() from public;
grant create on schema public to robnu_gate;
alter function overrides_move_authz() owner to robnu_gate;
revoke create on schema public from robnu_gate;

-- The overrides of a person, expired ones included: the guard looks at the clock at every request. For
-- the process, which judges before it opens a scope; the scope then confirms the person's number.
create function auth_overrides(p_seller uuid, p_user uuid)
returns table (
  id uuid, permission text, effect text, account_id uuid, expires_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select o.id, o.permission, o.effect, o.marketplace_account_id, o.expires_at
  from public.permission_overrides o
  where o.seller_id = p_seller and o.user_id = p_user;
end;
select app_gate_function('auth_overrides(uuid, uuid)', 'robnu_app');

-- Why somebody unmasked a buyer, in their own words; null where sealed fields are opened by the role.
alter table decrypt_ledger add column reason text;
grant insert (reason) on decrypt_ledger to robnu_tenant;
