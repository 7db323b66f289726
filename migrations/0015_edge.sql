-- What keeps a repeated request from being done twice, and a busy one from taking all there is.

-- One row for each Idempotency-Key, written in the transaction of the effect. The stored answer is a
-- status and the id of what was made: no buyer's data, no secret.
create table idempotency_keys (
  seller_id uuid not null references sellers (id),
  -- '<METHOD> <pattern of the route>'
  route text not null,
  key text not null,
  -- of address and body, keyed by the process: the same key with another request is refused
  fingerprint bytea not null,
  status integer not null,
  resource_id text not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, route, key)
);
-- no index for the sweep that forgets keys after a day: it reads a day's keys once an hour
select app_protect('idempotency_keys', 'select, insert', 'select, delete');

-- In front of the effect and in its transaction. Raises when the key has an answer (RB004, which it
-- tells), when a transaction with the key is open (RB005), or when the key came with another request
-- (RB007). The lock ends with the transaction, after its row can be seen.
create function idempotency_begin(p_route text, p_key text, p_fingerprint bytea) returns void
language plpgsql
as $$
declare
  v_seller uuid := app_current_seller_id();
  v_made idempotency_keys;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended(v_seller || ' ' || p_route || ' ' || p_key, 15)
  ) then
    raise exception 'a request with this key is under way' using errcode = 'RB005';
  end if;
  select * into v_made from idempotency_keys i
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
revoke all on function idempotency_begin(text, text, bytea) from public;
grant execute on function idempotency_begin(text, text, bytea) to robnu_tenant;

-- How much of a rate limit is used in the window that runs. The key names the limit and whose it is:
-- a seller, one of the staff, or an address. Unlogged: a crash forgets a minute's counts.
create unlogged table limit_windows (
  key text primary key,
  consumed bigint not null,
  ends_at timestamptz not null
);
revoke all on limit_windows from public;
grant select, insert, update on limit_windows to robnu_gate;
grant select, delete on limit_windows to robnu_platform;

-- Takes permits from the window of the key, more than there are as well: the caller knows the limit,
-- and what its part of the count is. The first take of a window begins it.
create function limit_take(p_key text, p_permits integer, p_window_ms integer)
returns table (consumed double precision, ends_in_ms double precision)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_end timestamptz := v_now + p_window_ms * interval '1 millisecond';
begin
  return query
    insert into public.limit_windows as w (key, consumed, ends_at)
    values (p_key, p_permits, v_end)
    on conflict (key) do update set
      consumed = case when w.ends_at > v_now then w.consumed else 0 end + p_permits,
      ends_at = case when w.ends_at > v_now then w.ends_at else v_end end
    returning w.consumed::double precision,
      extract(epoch from w.ends_at - v_now)::double precision * 1000;
end
$$;
select app_gate_function('limit_take(text, integer, integer)', 'robnu_app');
