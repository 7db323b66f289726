-- Sign-in in full: refresh tokens on the session, a second factor, and tokens that go out by mail.

alter table identities
  -- null: nobody has yet shown that the address is theirs
  add column email_verified_at timestamptz,
  add column password_changed_at timestamptz not null default now(),
  -- sealed by the process; null: no second factor, or one that is not confirmed yet
  add column totp_secret_enc bytea,
  add column totp_enabled_at timestamptz,
  -- the time step of the last accepted code: a code opens once
  add column totp_last_step bigint;

-- Hashes of the codes that stand in for a lost second factor, each good once.
create table recovery_codes (
  identity_id uuid not null references identities (id),
  code_hash bytea not null,
  created_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (identity_id, code_hash)
);
revoke all on recovery_codes from public;
grant select, insert, delete on recovery_codes to robnu_platform;
grant select, update (used_at) on recovery_codes to robnu_gate;

-- A link that went to an address: it proves that who holds it reads that mailbox. Good once.
create table mail_tokens (
  token_hash bytea primary key,
  purpose text not null,
  email text not null,
  identity_id uuid references identities (id),
  -- what was asked for with it: the seller's name of a sign-up
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint mail_tokens__purpose check (purpose in ('SIGN_UP', 'PASSWORD_RESET'))
);
create index mail_tokens__by_email on mail_tokens (email, created_at desc);
create index mail_tokens__by_end on mail_tokens (expires_at);
revoke all on mail_tokens from public;
grant select, insert, update, delete on mail_tokens to robnu_platform;

-- A session is a family of refresh tokens: one is good, the one before it is known, and an older one
-- that comes back ends the family. expires_at moves with every refresh, absolute_expires_at never.
alter table sessions
  add column identity_id uuid references identities (id),
  add column refresh_hash bytea,
  add column refresh_generation integer not null default 0,
  add column refreshed_at timestamptz,
  add column absolute_expires_at timestamptz,
  -- when the password, and when the second factor was last given
  add column authenticated_at timestamptz not null default now(),
  add column stepped_up_at timestamptz,
  add column client_ip text,
  add column device text,
  add column revoked_reason text;
create index sessions__by_user on sessions (seller_id, user_id) where revoked_at is null;
-- across sellers: a reset password ends all sessions of a person
create index sessions__by_identity on sessions (identity_id) where revoked_at is null;
update sessions x set identity_id = u.identity_id
  from seller_users u where u.seller_id = x.seller_id and u.id = x.user_id;
-- what ends the sessions of a person with all sellers; the hash of the token is not for reading
grant select (seller_id, id, user_id, identity_id, expires_at, revoked_at),
  update (revoked_at, revoked_reason), delete
  on sessions to robnu_platform;

-- Tries to sign in, by lane: a source with an address, a source, an address, a device, everybody.
-- Unlogged: a crash forgets a quarter of an hour.
create unlogged table sign_in_tries (
  -- keyed digest of what the lane is of: no address is to be read here
  key bytea primary key,
  -- when, and how many then: lanes with many tries count by the minute
  tries timestamptz[] not null,
  counts integer[] not null,
  ends_at timestamptz not null
);
create index sign_in_tries__by_end on sign_in_tries (ends_at);
revoke all on sign_in_tries from public;
grant select, insert, update, delete on sign_in_tries to robnu_gate;

-- Counts one try in every lane, or none when a lane is full: then it tells how many seconds to wait.
-- No more than p_limits[i] tries lie within p_windows[i] of each other; p_steps[i] is how exact a lane
-- keeps its times (0: as they are). Both in milliseconds. The clock is the caller's.
create function auth_try(
  p_keys bytea[], p_limits integer[], p_windows integer[], p_steps integer[], p_now timestamptz
) returns double precision
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_row public.sign_in_tries;
  v_step interval;
  v_window interval;
  v_at timestamptz;
  v_wait interval;
  v_longest interval := '0';
begin
  -- in the order of the keys, so that two who come at once do not wait for each other in a ring
  insert into public.sign_in_tries (key, tries, counts, ends_at)
    select k, '{}', '{}', p_now from unnest(p_keys) k order by k
    on conflict (key) do nothing;
  perform from public.sign_in_tries t where t.key = any (p_keys) order by t.key for update;

  for i in 1 .. cardinality(p_keys) loop
    v_step := p_steps[i] * interval '1 millisecond';
    v_window := p_windows[i] * interval '1 millisecond';
    select t.* into v_row from public.sign_in_tries t where t.key = p_keys[i];
    -- the oldest whose leaving makes room
    select live.at into v_at
      from (
        select u.at, sum(u.n) over (order by u.at desc, u.place desc) as since
        from unnest(v_row.tries, v_row.counts) with ordinality as u (at, n, place)
        where u.at + v_step > p_now - v_window
      ) live
      where live.since >= p_limits[i]
      order by live.at desc limit 1;
    v_wait := v_at + v_step + v_window - p_now;
    if v_wait > v_longest then
      v_longest := v_wait;
    end if;
  end loop;
  if v_longest > '0' then
    return extract(epoch from v_longest);
  end if;

  for i in 1 .. cardinality(p_keys) loop
    v_step := p_steps[i] * interval '1 millisecond';
    v_window := p_windows[i] * interval '1 millisecond';
    v_at := case when p_steps[i] > 0 then date_bin(v_step, p_now, '2000-01-01Z') else p_now end;
    update public.sign_in_tries t
      set (tries, counts) = (
          select array_agg(u.at order by u.at), array_agg(u.n order by u.at)
          from (
            select one.at, sum(one.n)::integer as n
            from (
              select old.at, old.n from unnest(t.tries, t.counts) as old (at, n)
              union all select v_at, 1
            ) one
            where one.n > 0 and one.at + v_step > p_now - v_window
            group by one.at
          ) u),
        ends_at = greatest(t.ends_at, p_now + v_window + v_step)
      where t.key = p_keys[i];
  end loop;
  -- lanes that nobody has come by for long
  if random() < 0.02 then
    delete from public.sign_in_tries d where d.key in (
      select o.key from public.sign_in_tries o where o.ends_at < p_now limit 100
      for update skip locked);
  end if;
  return null;
end
$$;
select app_gate_function(
  'auth_try(bytea[], integer[], integer[], integer[], timestamptz)', 'robnu_app');

-- Who is let in was no guesser: forgets the lanes of p_forget, and takes one try out of the others.
create function auth_untry(p_forget bytea[], p_keys bytea[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from public.sign_in_tries t
    where t.key = any (p_forget || p_keys) order by t.key for update;
  delete from public.sign_in_tries t where t.key = any (p_forget);
  update public.sign_in_tries t
    set counts[cardinality(t.counts)] = greatest(t.counts[cardinality(t.counts)] - 1, 0)
    where t.key = any (p_keys) and cardinality(t.counts) > 0;
end
$$;
select app_gate_function('auth_untry(bytea[], bytea[])', 'robnu_app');

-- What sign-in asks of an identity.
drop function auth_identity(text);
create function auth_identity(p_email text) returns table (
  identity_id uuid, email text, password_hash text, totp_secret_enc bytea, has_totp boolean
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select i.id, i.email, i.password_hash, i.totp_secret_enc, i.totp_enabled_at is not null
  from public.identities i where i.email = p_email;
end;
select app_gate_function('auth_identity(text)', 'robnu_app');

grant update (password_hash, totp_last_step) on identities to robnu_gate;

-- A right password was stored with less than today's parameters. Nothing when it has changed since.
create function auth_rehash(p_identity uuid, p_old text, p_new text) returns void
language sql security definer
set search_path = pg_catalog, pg_temp
begin atomic
  update public.identities set password_hash = p_new
  where id = p_identity and password_hash = p_old;
end;
select app_gate_function('auth_rehash(uuid, text, text)', 'robnu_app');

-- True for one of all who bring the code of this time step, or of a later one: a code opens once.
create function auth_take_totp_step(p_identity uuid, p_step bigint) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.identities set totp_last_step = p_step
    where id = p_identity and totp_secret_enc is not null
      and (totp_last_step is null or totp_last_step < p_step);
  return found;
end
$$;
select app_gate_function('auth_take_totp_step(uuid, bigint)', 'robnu_app');

-- How many codes are left, for the one of all who use this code; null for the others.
create function auth_use_recovery_code(p_identity uuid, p_hash bytea, p_now timestamptz)
returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.recovery_codes c set used_at = p_now
    where c.identity_id = p_identity and c.code_hash = p_hash and c.used_at is null;
  if not found then
    return null;
  end if;
  return (select count(*) from public.recovery_codes c
    where c.identity_id = p_identity and c.used_at is null);
end
$$;
select app_gate_function('auth_use_recovery_code(uuid, bytea, timestamptz)', 'robnu_app');
