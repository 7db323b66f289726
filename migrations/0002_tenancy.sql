-- Org > Seller > SellerUser > MarketplaceAccount.

create table orgs (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null default now()
);
revoke all on orgs from public;
grant select, insert on orgs to robnu_platform;

create table sellers (
  id uuid primary key,
  org_id uuid not null references orgs (id),
  name text not null,
  plan text not null default 'EARLY_ACCESS',
  status text not null default 'ACTIVE',
  -- moves with whatever changes what its users may do
  authz_version integer not null default 1,
  created_at timestamptz not null default now(),
  constraint sellers__status check (status in ('ACTIVE', 'SUSPENDED'))
);
select app_protect('sellers', 'select', 'select, insert, update', 'id');
select app_open_to_gate('sellers', 'select');

-- A person, whatever sellers they work for. Read by the functions of the gate only.
create table identities (
  id uuid primary key,
  email text not null,
  password_hash text not null,
  created_at timestamptz not null default now(),
  constraint identities__email unique (email)
);
revoke all on identities from public;
grant select, insert, update on identities to robnu_platform;
grant select on identities to robnu_gate;

create table seller_users (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  identity_id uuid not null references identities (id),
  role text not null,
  authz_version integer not null default 1,
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  primary key (seller_id, id),
  constraint seller_users__role check (role in ('OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'))
);
-- who was removed may be invited again, as somebody new
create unique index seller_users__identity on seller_users (seller_id, identity_id)
  where removed_at is null;
-- sign-in asks which sellers a person belongs to
create index seller_users__by_identity on seller_users (identity_id) where removed_at is null;
select app_protect('seller_users', 'select', 'select, insert, update');
select app_open_to_gate('seller_users', 'select');

-- A token carries these numbers: whoever changes what it stands for cannot forget to move them.
create function authz_moves() returns trigger
language plpgsql
as $$
begin
  new.authz_version := greatest(new.authz_version, old.authz_version + 1);
  return new;
end
$$;
create trigger sellers__authz before update on sellers for each row
  when (new.status is distinct from old.status) execute function authz_moves();
create trigger seller_users__authz before update on seller_users for each row
  when (new.role is distinct from old.role or new.removed_at is distinct from old.removed_at)
  execute function authz_moves();

-- One row for each enabled marketplace plugin, written by `migrate`.
create table marketplaces (
  id uuid primary key,
  code text not null,
  name text not null,
  plugin_id text not null,
  created_at timestamptz not null default now(),
  constraint marketplaces__code unique (code)
);
revoke all on marketplaces from public;
grant select on marketplaces to robnu_tenant, robnu_platform, robnu_gate;

create table marketplace_accounts (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  marketplace_id uuid not null references marketplaces (id),
  external_account_id text not null,
  name text not null,
  last_validated_at timestamptz,
  last_validation_status text,
  needs_reconnect boolean not null default false,
  -- why, in words for the seller; null while all is well
  reconnect_reason text,
  -- goes up with every stored pair, so that a worker sees that another one has refreshed
  credentials_version integer not null default 1,
  refresh_lease uuid,
  refresh_lease_until timestamptz,
  created_by_user_id uuid,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint marketplace_accounts__seller_marketplace_external
    unique (seller_id, marketplace_id, external_account_id),
  constraint marketplace_accounts__creator
    foreign key (seller_id, created_by_user_id) references seller_users (seller_id, id)
);
select app_protect('marketplace_accounts', 'select, insert, update', 'select');
select app_open_to_gate('marketplace_accounts', 'select');
grant references on marketplace_accounts to robnu_plugins;

-- What happened to an account's credentials; append only, and beside the audit chain because a
-- refresh is made by the hour and changes nothing that a person decided.
create table marketplace_credential_events (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  kind text not null,
  message text,
  job_run_id uuid,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint marketplace_credential_events__kind
    check (kind in ('VERIFIED', 'REFRESHED', 'REFUSED')),
  constraint marketplace_credential_events__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id)
);
create index marketplace_credential_events__by_account
  on marketplace_credential_events (seller_id, marketplace_account_id, created_at desc);
select app_protect('marketplace_credential_events', 'select, insert');
