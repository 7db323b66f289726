-- Staff, and the sessions in which they act inside a seller.

-- People of the platform. Password and second factor are their own: whatever happens to a seller's
-- person of the same address, a reset by mail included, opens nothing here.
create table super_admins (
  id uuid primary key,
  email text not null,
  name text not null,
  password_hash text not null,
  password_changed_at timestamptz not null default now(),
  -- sealed by the process
  totp_secret_enc bytea not null,
  -- the time step of the last accepted code: a code opens once
  totp_last_step bigint,
  created_at timestamptz not null default now(),
  removed_at timestamptz
);
create unique index super_admins__email on super_admins (email) where removed_at is null;
revoke all on super_admins from public;
grant select, insert,
  update (password_hash, password_changed_at, totp_secret_enc, totp_last_step, removed_at)
  on super_admins to robnu_platform;
grant select on super_admins to robnu_gate;

-- Of staff alone: it opens no seller's scope by itself. Twelve hours at most, and no refresh.
create table staff_sessions (
  id uuid primary key,
  super_admin_id uuid not null references super_admins (id),
  -- SHA-256 of the token, which nobody keeps
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- when the second factor was last given
  stepped_up_at timestamptz not null default now(),
  client_ip text,
  revoked_at timestamptz,
  constraint staff_sessions__length check (expires_at <= created_at + interval '12 hours')
);
create unique index staff_sessions__by_token on staff_sessions (token_hash);
create index staff_sessions__by_admin on staff_sessions (super_admin_id) where revoked_at is null;
revoke all on staff_sessions from public;
grant select, insert, update (stepped_up_at, revoked_at) on staff_sessions to robnu_platform;
grant select on staff_sessions to robnu_gate;

create table impersonation_sessions (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  super_admin_id uuid not null references super_admins (id),
  -- as the seller was told it
  staff_name text not null,
  mode text not null default 'READ_ONLY',
  -- what it needs: the seller's yes, to tell the seller, or a second one of staff
  consent text not null,
  state text not null default 'REQUESTED',
  reason text not null,
  ticket text not null,
  -- how long it may be live; whoever lets staff in may make it less
  minutes integer not null,
  requested_at timestamptz not null default now(),
  decided_by_user_id uuid,
  decided_by_super_admin_id uuid references super_admins (id),
  decided_at timestamptz,
  -- the session that it was started from: its end is the end of this one, too
  staff_session_id uuid references staff_sessions (id),
  started_at timestamptz,
  -- until then it can be decided and started, and once it is live, used
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  primary key (seller_id, id),
  constraint impersonation_sessions__mode check (mode in ('READ_ONLY', 'READ_WRITE')),
  constraint impersonation_sessions__consent
    check (consent in ('REQUIRED', 'NOTIFY', 'EMERGENCY')),
  constraint impersonation_sessions__state
    check (state in ('REQUESTED', 'APPROVED', 'DENIED', 'LIVE', 'ENDED')),
  constraint impersonation_sessions__minutes check (minutes between 1 and 60),
  constraint impersonation_sessions__reason check (length(reason) >= 10),
  -- nobody lets themselves in, and whom two of staff let in only reads
  constraint impersonation_sessions__let_in check (
    state not in ('APPROVED', 'LIVE') or consent = 'NOTIFY'
    or num_nonnulls(decided_by_user_id, decided_by_super_admin_id) = 1),
  constraint impersonation_sessions__two check (
    decided_by_super_admin_id is null
    or consent = 'EMERGENCY' and decided_by_super_admin_id <> super_admin_id),
  constraint impersonation_sessions__emergency check (consent <> 'EMERGENCY' or mode = 'READ_ONLY'),
  constraint impersonation_sessions__live
    check (state <> 'LIVE' or num_nonnulls(started_at, staff_session_id) = 2),
  constraint impersonation_sessions__length check (
    expires_at <= case when started_at is null then requested_at + interval '24 hours'
      else started_at + minutes * interval '1 minute' end),
  constraint impersonation_sessions__ended
    check ((state = 'ENDED') = (ended_at is not null) and (ended_at is null) = (ended_by is null)),
  constraint impersonation_sessions__ended_by check (
    ended_by in ('expired', 'staff-session', 'staff-removed')
    or ended_by ~ '^(seller|staff):[0-9a-f-]{36}$'),
  constraint impersonation_sessions__decider
    foreign key (seller_id, decided_by_user_id) references seller_users (seller_id, id)
);
-- one live session at a time for each of the staff; and what is theirs to end
create index impersonation_sessions__open on impersonation_sessions (super_admin_id, id)
  where state in ('REQUESTED', 'APPROVED', 'LIVE');
select app_protect('impersonation_sessions', 'select',
  'select, insert, update (state, decided_by_super_admin_id, decided_at, staff_session_id,
    ended_at, ended_by)');
select app_open_to_gate('impersonation_sessions', 'select, update');

-- A request begins at the beginning.
create function impersonation_begins() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.state <> 'REQUESTED' and (new.state <> 'APPROVED' or new.consent <> 'NOTIFY') then
    raise exception 'an impersonation session begins as a request' using errcode = '42501';
  end if;
  new.requested_at := clock_timestamp();
  new.expires_at := new.requested_at + interval '24 hours';
  return new;
end
$$;
create trigger impersonation_sessions__begins before insert on impersonation_sessions
  for each row execute function impersonation_begins();

-- States move forward, whoever writes them, and a session's length is for nobody to say but here.
create function impersonation_moves() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_session_ends timestamptz;
begin
  if old.state || ' ' || new.state not in (
    'REQUESTED APPROVED', 'REQUESTED DENIED', 'REQUESTED ENDED',
    'APPROVED LIVE', 'APPROVED ENDED', 'LIVE ENDED'
  ) then
    raise exception 'an impersonation session moves forward' using errcode = '42501';
  end if;
  if (new.seller_id, new.id, new.super_admin_id, new.consent, new.reason, new.ticket)
      is distinct from (old.seller_id, old.id, old.super_admin_id, old.consent, old.reason, old.ticket)
    or new.minutes > old.minutes or (new.mode <> old.mode and new.mode <> 'READ_ONLY')
    or (new.state <> 'APPROVED' and (new.minutes, new.mode) <> (old.minutes, old.mode))
  then
    raise exception 'an impersonation session is what was asked for, or less'
      using errcode = '42501';
  end if;
  if new.state in ('APPROVED', 'DENIED', 'LIVE') and old.expires_at <= v_now then
    raise exception 'the request has expired' using errcode = '42501';
  end if;
  if new.state = 'LIVE' then
    select t.expires_at into v_session_ends
      from public.staff_sessions t join public.super_admins a on a.id = t.super_admin_id
      where t.id = new.staff_session_id and t.super_admin_id = new.super_admin_id
        and t.revoked_at is null and t.expires_at > v_now and a.removed_at is null
      for share of t;
    if not found then
      raise exception 'the session of staff is over' using errcode = 'RB001';
    end if;
    -- two that start at once are looked at one after the other
    perform pg_advisory_xact_lock(hashtextextended('robnu.live ' || new.super_admin_id, 0));
    if exists (select from public.impersonation_sessions i
      where i.super_admin_id = new.super_admin_id and i.state = 'LIVE' and i.expires_at > v_now)
    then
      raise exception 'one live session at a time' using errcode = 'RB009';
    end if;
    new.started_at := v_now;
    new.expires_at := least(v_now + new.minutes * interval '1 minute', v_session_ends);
  end if;
  if new.state = 'ENDED' then
    new.ended_at := least(v_now, old.expires_at);
  end if;
  return new;
end
$$;
create trigger impersonation_sessions__moves before update on impersonation_sessions
  for each row execute function impersonation_moves();

-- Whatever ends a session of staff, or a member of staff, ends what hangs on it.
create function staff_sessions_end() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.impersonation_sessions set state = 'ENDED', ended_by = 'staff-session'
    where super_admin_id = new.super_admin_id and staff_session_id = new.id
      and state = 'LIVE' and expires_at > clock_timestamp();
  return null;
end
$$;
create trigger staff_sessions__end after update on staff_sessions for each row
  when (new.revoked_at is not null and old.revoked_at is null)
  execute function staff_sessions_end();

create function super_admins_end() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.staff_sessions set revoked_at = new.removed_at
    where super_admin_id = new.id and revoked_at is null;
  update public.impersonation_sessions set state = 'ENDED', ended_by = 'staff-removed'
    where super_admin_id = new.id and state in ('REQUESTED', 'APPROVED')
      and expires_at > clock_timestamp();
  return null;
end
$$;
create trigger super_admins__end after update on super_admins for each row
  when (new.removed_at is not null and old.removed_at is null)
  execute function super_admins_end();

revoke all on function impersonation_begins(), impersonation_moves(), staff_sessions_end(),
  super_admins_end() from public;
