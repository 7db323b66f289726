-- Keys of programs: owned by the seller, whoever made them.

create table api_keys (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  name text not null,
  -- the part that people see, to recognise a key
  prefix text not null,
  -- SHA-256 of the whole key. Nobody guesses 256 random bits, so it needs no slow hash
  secret_hash bytea not null,
  scopes text[] not null,
  -- null: from everywhere
  allowed_ips cidr[],
  -- moves with whatever changes what the key may do
  authz_version integer not null default 1,
  created_by_user_id uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  last_used_ip text,
  revoked_at timestamptz,
  -- the key that takes its place; this one stays good until expires_at
  rotated_to uuid,
  primary key (seller_id, id),
  constraint api_keys__hash check (octet_length(secret_hash) = 32),
  constraint api_keys__scopes check (cardinality(scopes) > 0),
  constraint api_keys__maker
    foreign key (seller_id, created_by_user_id) references seller_users (seller_id, id),
  constraint api_keys__next foreign key (seller_id, rotated_to) references api_keys (seller_id, id)
);
-- across sellers: a request brings the key, and the key tells the seller
create index api_keys__by_prefix on api_keys (prefix) where revoked_at is null;
-- a scope never sees a hash, and never gives a key more than it was made with
select app_protect('api_keys',
  'select (seller_id, id, name, prefix, scopes, allowed_ips, created_by_user_id, created_at,
     expires_at, last_used_at, last_used_ip, revoked_at, rotated_to),
   insert (seller_id, id, name, prefix, secret_hash, scopes, allowed_ips, created_by_user_id,
     expires_at),
   update (expires_at, revoked_at, rotated_to)');
select app_open_to_gate('api_keys', 'select, update (last_used_at, last_used_ip)');
create trigger api_keys__authz before update on api_keys for each row
  when (new.scopes is distinct from old.scopes or new.revoked_at is distinct from old.revoked_at
    or new.expires_at is distinct from old.expires_at
    or new.allowed_ips is distinct from old.allowed_ips)
  execute function authz_moves();

-- The living keys of a prefix, for the process to compare hashes in constant time. Two keys may have
-- drawn the same prefix.
create function auth_api_key(p_prefix text)
returns table (
  seller_id uuid, key_id uuid, secret_hash bytea, scopes text[], allowed_ips text[],
  expires_at timestamptz, seller_status text, authz_version text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select k.seller_id, k.id, k.secret_hash, k.scopes, k.allowed_ips::text[], k.expires_at, s.status,
    k.authz_version || '.' || s.authz_version
  from public.api_keys k
  join public.sellers s on s.id = k.seller_id
  where k.prefix = p_prefix and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > clock_timestamp());
end;
select app_gate_function('auth_api_key(text)', 'robnu_app');

-- Writes down that a living key was used: once a minute, however many processes saw it.
create function auth_api_key_used(p_seller uuid, p_key uuid, p_ip text) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
  update public.api_keys set last_used_at = clock_timestamp(), last_used_ip = p_ip
  where seller_id = p_seller and id = p_key and revoked_at is null
    and (last_used_at is null or last_used_at <= clock_timestamp() - interval '1 minute');
end;
select app_gate_function('auth_api_key_used(uuid, uuid, text)', 'robnu_app');
