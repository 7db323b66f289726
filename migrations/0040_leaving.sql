-- What the OWNERs were told of last may be the certificate: a mail that could not leave is sent again. And
-- nobody is shut by the clock of a process that runs ahead.

alter table seller_offboardings drop constraint seller_offboardings__announced;
alter table seller_offboardings
  add constraint seller_offboardings__announced
    check (announced in ('REQUESTED', 'WITHDRAWN', 'SHREDDED'));
update seller_offboardings set announced = 'SHREDDED' where state = 'SHREDDED';

-- Shuts the seller in the first step of the shredding: nobody comes in any more, nothing begins, and
-- what runs loses its lease. For the job alone, once the time has come by p_now. How many of each; null:
-- it is not due, or was withdrawn. The clock of a process hurries nothing: ours has the last word.
drop function close_seller(uuid, timestamptz);
create function close_seller(p_id uuid, p_now timestamptz) returns jsonb
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_seller uuid := public.app_writable_seller_id();
  o public.seller_offboardings;
  v_at timestamptz := clock_timestamp();
  v_now timestamptz := least(p_now, v_at + interval '5 minutes');
  n jsonb;
begin
  if public.app_current_actor() not like 'run:%' or public.app_plugin_id() is not null then
    raise exception 'a seller is closed by its own job' using errcode = '42501';
  end if;
  -- whoever changes people goes first, or waits
  perform pg_advisory_xact_lock(hashtextextended(v_seller::text, 19));
  select * into o from public.seller_offboardings
    where seller_id = v_seller and id = p_id for update;
  if not found or o.state <> 'REQUESTED' or o.shreds_at > v_now
    or coalesce(o.notice_at + interval '48 hours' > v_now, true)
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
