-- A seller goes: it asks, has days to think better of it, and then its keys are destroyed for ever.

alter table sellers drop constraint sellers__status;
alter table sellers
  add constraint sellers__status check (status in ('ACTIVE', 'SUSPENDED', 'OFFBOARDED'));

-- Nobody comes back from there: the keys are gone.
create function sellers_stay_gone() returns trigger
language plpgsql
as $$
begin
  raise exception 'the seller has left for good' using errcode = '42501';
end
$$;
revoke all on function sellers_stay_gone() from public;
create trigger sellers__gone before update on sellers for each row
  when (old.status = 'OFFBOARDED' and new.status <> 'OFFBOARDED')
  execute function sellers_stay_gone();

create table seller_offboardings (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  state text not null default 'REQUESTED',
  -- how far the shredding has come; each commits with what it did
  step text not null default 'WAITS',
  reason text not null,
  requested_by text not null default app_current_actor(),
  requested_at timestamptz not null default clock_timestamp(),
  -- not before this time, and not within two days of the last notice
  shreds_at timestamptz not null,
  notice_at timestamptz,
  -- what the OWNERs were told of last: that it is asked for, or that it was called back
  announced text,
  -- the whole export that was made for it
  export_id uuid,
  withdrawn_at timestamptz,
  closed_at timestamptz,
  destroyed_at timestamptz,
  shredded_at timestamptz,
  -- what each step found and did: ids, counts and digests, which the certificate is made of
  facts jsonb not null default '{}',
  -- signed as it stands
  certificate text,
  signature bytea,
  primary key (seller_id, id),
  constraint seller_offboardings__state
    check (state in ('REQUESTED', 'WITHDRAWN', 'SHREDDING', 'SHREDDED')),
  constraint seller_offboardings__step check (step in
    ('WAITS', 'CLOSED', 'SAMPLED', 'DESTROYED', 'CLEARED', 'EMPTIED', 'BOUND', 'PROVED')),
  constraint seller_offboardings__announced check (announced in ('REQUESTED', 'WITHDRAWN')),
  constraint seller_offboardings__begun check ((state in ('SHREDDING', 'SHREDDED')) = (step <> 'WAITS')),
  constraint seller_offboardings__signed check (state <> 'SHREDDED' or step = 'PROVED'
    and num_nulls(destroyed_at, shredded_at, certificate, signature) = 0)
);
create unique index seller_offboardings__open on seller_offboardings (seller_id)
  where state <> 'WITHDRAWN';
create index seller_offboardings__due on seller_offboardings (shreds_at)
  where state in ('REQUESTED', 'SHREDDING');
select app_protect('seller_offboardings', 'select, update (step, facts, export_id)',
  'select, insert (seller_id, id, reason, shreds_at, export_id),
   update (state, announced, notice_at, withdrawn_at, shredded_at, certificate, signature)');
select app_open_to_gate('seller_offboardings', 'select, insert, update');

-- It moves forward, one step at a time; its times are not for whoever moves it to say.
create function seller_offboardings_move() returns trigger
language plpgsql
as $$
declare
  v_steps constant text[] :=
    '{WAITS,CLOSED,SAMPLED,DESTROYED,CLEARED,EMPTIED,BOUND,PROVED}';
begin
  if to_jsonb(new) - 'announced' = to_jsonb(old) - 'announced' then
    return new;
  end if;
  if new.state <> old.state and old.state || ' ' || new.state not in
      ('REQUESTED WITHDRAWN', 'REQUESTED SHREDDING', 'SHREDDING SHREDDED')
    or new.state = old.state and old.state not in ('REQUESTED', 'SHREDDING')
    or array_position(v_steps, new.step) - array_position(v_steps, old.step) not in (0, 1)
    or (new.seller_id, new.id, new.reason, new.requested_by, new.requested_at, new.shreds_at)
      is distinct from
      (old.seller_id, old.id, old.reason, old.requested_by, old.requested_at, old.shreds_at)
  then
    raise exception 'an offboarding moves forward' using errcode = '42501';
  end if;
  new.closed_at := case when new.step = 'CLOSED' and old.step <> 'CLOSED'
    then clock_timestamp() else old.closed_at end;
  new.destroyed_at := case when new.step = 'DESTROYED' and old.step <> 'DESTROYED'
    then clock_timestamp() else old.destroyed_at end;
  return new;
end
$$;
revoke all on function seller_offboardings_move() from public;
create trigger seller_offboardings__moves before update on seller_offboardings
  for each row execute function seller_offboardings_move();

-- Sealed values that opened before the keys were destroyed, for every process to try afterwards. They
-- are deleted when the certificate is signed.
create table shred_samples (
  seller_id uuid not null,
  offboarding_id uuid not null,
  place integer not null,
  table_name text not null,
  column_name text not null,
  row_id uuid not null,
  sealed bytea not null,
  primary key (seller_id, offboarding_id, place),
  constraint shred_samples__of foreign key (seller_id, offboarding_id)
    references seller_offboardings (seller_id, id)
);
select app_protect('shred_samples', 'select, insert', 'select, delete');

-- What each process found when it tried them, with all keys that it held or could get.
create table shred_trials (
  seller_id uuid not null,
  offboarding_id uuid not null,
  process_id uuid not null,
  parts text not null,
  tried integer not null,
  opened integer not null,
  -- of one that has tried several times: the most that ever opened
  most_opened integer not null,
  first_at timestamptz not null default clock_timestamp(),
  tried_at timestamptz not null default clock_timestamp(),
  primary key (seller_id, offboarding_id, process_id),
  constraint shred_trials__of foreign key (seller_id, offboarding_id)
    references seller_offboardings (seller_id, id)
);
select app_protect('shred_trials', 'select', 'select, insert, update');

-- The OWNER asks. False: one is open, or the seller has left.
create function request_offboarding(p_id uuid, p_reason text, p_shreds_at timestamptz) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_me public.seller_users := public.people_lock_as_owner();
begin
  insert into public.seller_offboardings (seller_id, id, reason, shreds_at)
    values (v_me.seller_id, p_id, p_reason, p_shreds_at)
    on conflict (seller_id) where state <> 'WITHDRAWN' do nothing;
  return found;
end
$$;
select app_gate_function('request_offboarding(uuid, text, timestamptz)', 'robnu_tenant');

-- The OWNER has thought better of it. False: nothing is asked for that could still be withdrawn.
create function withdraw_offboarding(p_id uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_me public.seller_users := public.people_lock_as_owner();
begin
  update public.seller_offboardings set state = 'WITHDRAWN', withdrawn_at = clock_timestamp()
    where seller_id = v_me.seller_id and id = p_id and state = 'REQUESTED';
  return found;
end
$$;
select app_gate_function('withdraw_offboarding(uuid)', 'robnu_tenant');

grant update (status) on sellers to robnu_gate;
grant update (revoked_at) on api_keys to robnu_gate;
select app_open_to_gate('schedules', 'select, delete');
alter table impersonation_sessions drop constraint impersonation_sessions__ended_by;
alter table impersonation_sessions
  add constraint impersonation_sessions__ended_by check (
    ended_by in ('expired', 'staff-session', 'staff-removed', 'offboarded')
      or ended_by ~ '^(seller|staff):[0-9a-f-]{36}$');

-- Shuts the seller in the first step of the shredding: nobody comes in any more, nothing begins, and
-- what runs loses its lease. For the job alone, once the time has come by p_now. How many of each; null:
-- it is not due, or was withdrawn.
create function close_seller(p_id uuid, p_now timestamptz) returns jsonb
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seller uuid := public.app_writable_seller_id();
  o public.seller_offboardings;
  v_at timestamptz := clock_timestamp();
  n jsonb;
begin
  if public.app_current_actor() not like 'run:%' or public.app_plugin_id() is not null then
    raise exception 'a seller is closed by its own job' using errcode = '42501';
  end if;
  -- whoever changes people goes first, or waits
  perform pg_advisory_xact_lock(hashtextextended(v_seller::text, 19));
  select * into o from public.seller_offboardings
    where seller_id = v_seller and id = p_id for update;
  if not found or o.state <> 'REQUESTED' or o.shreds_at > p_now
    or coalesce(o.notice_at + interval '48 hours' > p_now, true)
  then
    return null;
  end if;
  select jsonb_build_object('sessions', count(*)) into n from public.sessions
    where seller_id = v_seller and revoked_at is null and expires_at > v_at;
  update public.sellers set status = 'OFFBOARDED' where id = v_seller;
  with gone as (
    update public.seller_users set removed_at = v_at
    where seller_id = v_seller and removed_at is null returning 1
  ) select n || jsonb_build_object('people', count(*)) into n from gone;
  with gone as (
    update public.api_keys set revoked_at = v_at
    where seller_id = v_seller and revoked_at is null returning 1
  ) select n || jsonb_build_object('apiKeys', count(*)) into n from gone;
  with gone as (
    update public.invitations set revoked_at = v_at
    where seller_id = v_seller and accepted_at is null and revoked_at is null returning 1
  ) select n || jsonb_build_object('invitations', count(*)) into n from gone;
  with gone as (
    update public.impersonation_sessions set state = 'ENDED', ended_by = 'offboarded'
    where seller_id = v_seller and state in ('REQUESTED', 'APPROVED', 'LIVE') returning 1
  ) select n || jsonb_build_object('impersonations', count(*)) into n from gone;
  with gone as (
    delete from public.schedules where seller_id = v_seller returning 1
  ) select n || jsonb_build_object('schedules', count(*)) into n from gone;
  with gone as (
    update public.work_items
    set state = 'FAILED', lease = null, lease_until = null, last_error = 'The seller has left'
    where seller_id = v_seller and state in ('WAITING', 'RUNNING')
      and not (queue = 'seller-care' and lane = 'job:shred')
    returning job_run_id
  ), runs as (
    update public.job_runs r set state = 'FAILED', finished_at = v_at
    from gone g where r.seller_id = v_seller and r.id = g.job_run_id
      and r.state in ('QUEUED', 'RUNNING')
  ) select n || jsonb_build_object('work', count(*)) into n from gone;
  update public.seller_offboardings
    set state = 'SHREDDING', step = 'CLOSED', facts = facts || jsonb_build_object('closed', n)
    where seller_id = v_seller and id = p_id;
  return n;
end
$$;
select app_gate_function('close_seller(uuid, timestamptz)', 'robnu_tenant');

-- GONE: the object was removed with all of its seller's; the row stays, because others name it.
alter table storage_objects drop constraint storage_objects__state;
alter table storage_objects
  add constraint storage_objects__state check (state in ('PENDING', 'STORED', 'DOOMED', 'GONE'));

-- A seller that has left gets no keys any more, also one that never had any.
create function seller_keys_of_the_living() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- waits for a seller that is being closed at this moment
  perform from public.sellers where id = new.seller_id and status = 'OFFBOARDED' for share;
  if found then
    raise exception 'the seller has left for good' using errcode = '42501';
  end if;
  return new;
end
$$;
create trigger seller_keys__of_the_living before insert on seller_keys
  for each row execute function seller_keys_of_the_living();
select app_gate_function('seller_keys_of_the_living()', 'robnu_gate');
