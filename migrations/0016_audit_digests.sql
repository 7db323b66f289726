-- What makes the trail provable to those who do not trust us: signed digests of each seller's chain,
-- the places of the seller that they leave to, and a chain of the org's own for what staff do.

-- People look for what was done to a thing, by a person, by staff, or of a kind.
create index audit_events__by_action on audit_events (seller_id, action, seq);
create index audit_events__by_target on audit_events (seller_id, target, seq);
create index audit_events__by_user on audit_events (seller_id, actor_user_id, seq)
  where actor_user_id is not null;
create index audit_events__by_staff on audit_events (seller_id, seq)
  where actor_super_admin_id is not null;

-- One digest an hour says, signed, how the chain stood. Each begins where the one before ended, so
-- that two processes cannot both write the next one.
create table audit_digests (
  seller_id uuid not null references sellers (id),
  seq_from bigint not null,
  seq_to bigint not null,
  events bigint not null,
  -- of the event seq_to
  head_hash bytea not null,
  -- SHA-256 of the body before; empty for the first
  previous_hash bytea not null,
  signed_at timestamptz not null,
  key_id text not null,
  -- canonical JSON text that says all of the above, signed as it stands
  body text not null,
  -- Ed25519
  signature bytea not null,
  primary key (seller_id, seq_from),
  constraint audit_digests__seller_to unique (seller_id, seq_to),
  constraint audit_digests__range
    check (seq_from > 0 and seq_to >= seq_from and events = seq_to - seq_from + 1),
  constraint audit_digests__body check (body is json object),
  constraint audit_digests__signature check (octet_length(signature) = 64)
);
select app_protect('audit_digests', 'select', 'select, insert');
create trigger audit_digests__append_only before update or delete on audit_digests
  for each row execute function audit_is_append_only();
create trigger audit_digests__no_truncate before truncate on audit_digests
  for each statement execute function audit_is_append_only();

-- A seller's own place that digests are sent to: from then on nobody can rewrite what came before.
create table audit_anchors (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  kind text not null,
  url text,
  -- sealed by the process; never shown again
  secret_enc bytea,
  bucket text,
  region text,
  -- the AWS account that the bucket must belong to
  bucket_owner text,
  created_at timestamptz not null default now(),
  -- the last event whose digest has arrived
  sent_seq bigint not null default 0,
  last_sent_at timestamptz,
  -- of the deliveries that failed since
  attempts integer not null default 0,
  last_error text,
  next_try_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint audit_anchors__kind check (
    kind = 'hook' and url is not null and secret_enc is not null and bucket is null
    or kind = 'bucket' and bucket is not null and region is not null and url is null)
);
-- the secret is for the process that signs with it, and nobody else
select app_protect('audit_anchors',
  'select (seller_id, id, kind, url, bucket, region, bucket_owner, created_at, sent_seq,
     last_sent_at, attempts, last_error, next_try_at),
   insert (seller_id, id, kind, url, secret_enc, bucket, region, bucket_owner, sent_seq,
     next_try_at),
   delete',
  'select, update (sent_seq, last_sent_at, attempts, last_error, next_try_at)');

-- the sweep that signs compares them with the last digest
grant select on audit_heads to robnu_platform;

-- What staff do, whichever seller it is about: a chain of the same bytes, with the org where the
-- seller stands.
create table org_audit_heads (
  org_id uuid primary key references orgs (id),
  seq bigint not null,
  hash bytea not null
);
revoke all on org_audit_heads from public;
grant select on org_audit_heads to robnu_platform;
grant select, insert, update on org_audit_heads to robnu_gate;

create table org_audit_events (
  org_id uuid not null references orgs (id),
  seq bigint not null,
  at timestamptz not null,
  actor_kind text not null,
  actor_user_id uuid,
  actor_super_admin_id uuid,
  impersonation_session_id uuid,
  api_key_id uuid,
  job_run_id uuid,
  action text not null,
  target text not null,
  data text not null,
  prev_hash bytea not null,
  hash bytea not null,
  primary key (org_id, seq),
  constraint org_audit_events__data check (data is json object)
);
create index org_audit_events__by_target on org_audit_events (org_id, target, seq);
revoke all on org_audit_events from public;
grant select on org_audit_events to robnu_platform;
grant select, insert on org_audit_events to robnu_gate;
create trigger org_audit_events__append_only before update or delete on org_audit_events
  for each row execute function audit_is_append_only();
create trigger org_audit_events__no_truncate before truncate on org_audit_events
  for each statement execute function audit_is_append_only();

-- Appends one event to the chain of the org, by the platform login alone. As with a seller's chain it
-- locks the head until the transaction ends, so it is sent last. A seller's chain and this one in the
-- same transaction: the seller's first.
create function org_audit_append(p_org uuid, p_action text, p_target text, p_data text)
returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_actor text := current_setting('app.actor', true);
  v_kind text := split_part(v_actor, ':', 1);
  v_ids text := substr(v_actor, length(v_kind) + 2);
  v_head public.org_audit_heads;
  e public.audit_events;
begin
  if not public.app_is_admin_scope() then
    raise exception 'the trail of the org is for the platform' using errcode = '42501';
  end if;
  if coalesce(v_kind, '') not in ('staff', 'system') then
    raise exception 'an audit event names who did it' using errcode = '42501';
  end if;
  insert into public.org_audit_heads (org_id, seq, hash) values (p_org, 0, '\x')
    on conflict (org_id) do nothing;
  select * into v_head from public.org_audit_heads where org_id = p_org for update;

  -- the row type whose hash is fixed
  e.seller_id := p_org;
  e.seq := v_head.seq + 1;
  e.at := clock_timestamp();
  e.actor_kind := v_kind;
  -- 'staff:<super admin id>', or with the session of an impersonation: '…/<session id>'
  e.actor_super_admin_id := case when v_kind = 'staff' then split_part(v_ids, '/', 1)::uuid end;
  e.impersonation_session_id :=
    case when v_kind = 'staff' then nullif(split_part(v_ids, '/', 2), '')::uuid end;
  e.action := p_action;
  e.target := p_target;
  e.data := p_data;
  e.prev_hash := v_head.hash;
  e.hash := public.audit_hash(e);

  insert into public.org_audit_events (org_id, seq, at, actor_kind, actor_super_admin_id,
      impersonation_session_id, action, target, data, prev_hash, hash)
    values (p_org, e.seq, e.at, e.actor_kind, e.actor_super_admin_id,
      e.impersonation_session_id, e.action, e.target, e.data, e.prev_hash, e.hash);
  update public.org_audit_heads set seq = e.seq, hash = e.hash where org_id = p_org;
end
$$;
select app_gate_function('org_audit_append(uuid, text, text, text)', 'robnu_platform');
