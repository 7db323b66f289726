-- Walks over all that lies sealed under a seller's keys: to seal it under a newer one, or to try it. And
-- what may become of a key.

create table key_walks (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  -- ROTATE: under a new seal key; VERIFY: open and forget; PRUNE: nothing left, destroy the old ones
  kind text not null,
  state text not null default 'ASKED',
  -- in the words of whoever asked
  reason text not null,
  asked_by text not null default app_current_actor(),
  -- one row in so many is tried; a rotation walks over all
  one_in integer not null default 1,
  from_version integer,
  -- values of a lower version are what the walk is about
  to_version integer,
  -- when the new version took the place of the old one
  turned_at timestamptz,
  -- a walk of several passes rests between them until then
  not_before timestamptz,
  pass integer not null default 0,
  -- where the pass in hand is: table, and the last id that it has behind it
  place text,
  position uuid,
  -- values of the pass in hand: met, met in rows that somebody else held or changed, and unreadable
  found bigint not null default 0,
  missed bigint not null default 0,
  unreadable bigint not null default 0,
  -- of all passes
  opened bigint not null default 0,
  resealed bigint not null default 0,
  -- the first values that did not open, as [{"table", "column", "id"}]
  faults jsonb not null default '[]',
  failure text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  primary key (seller_id, id),
  constraint key_walks__kind check (kind in ('ROTATE', 'VERIFY', 'PRUNE')),
  constraint key_walks__state check (state in ('ASKED', 'WALKING', 'RESTING', 'DONE', 'FAILED')),
  constraint key_walks__ended check ((ended_at is not null) = (state in ('DONE', 'FAILED'))),
  constraint key_walks__one_in check (one_in = 1 or one_in > 1 and kind = 'VERIFY'),
  constraint key_walks__versions check (from_version < to_version)
);
-- who asks for one that is open joins it
create unique index key_walks__open on key_walks (seller_id, kind)
  where state in ('ASKED', 'WALKING', 'RESTING');
select app_protect('key_walks',
  'select, insert (seller_id, id, kind, reason, one_in, to_version), '
    'update (state, from_version, to_version, turned_at, not_before, pass, place, position, found, '
    'missed, unreadable, opened, resealed, faults, failure, started_at, ended_at)',
  'select, insert (seller_id, id, kind, reason, one_in, to_version)');

-- What could not be accepted is sealed anew as well.
grant update (raw_enc) on quarantined_rows to robnu_tenant;

-- When this wrapping was made: backups from before hold the key under the KMS key of before.
alter table seller_keys add column wrapped_at timestamptz not null default now();

-- A turn of the keys puts them under a new root.
grant update (wrapped, root, kms_alias) on seller_keys to robnu_tenant;

-- The platform wraps keys anew, under another KMS key or another version of it. It may destroy them.
grant select, update (state, wrapped, kms_alias) on seller_keys to robnu_platform;

-- What was destroyed before kept its bytes.
update seller_keys set wrapped = '\x' where state = 'DESTROYED';
alter table seller_keys
  add constraint seller_keys__destroyed check ((state = 'DESTROYED') = (length(wrapped) = 0));

-- A key goes forward: CURRENT, RETIRED, DESTROYED. What is destroyed has no bytes and stays as it is.
create function seller_keys_move() returns trigger
language plpgsql
as $$
begin
  if old.state = 'DESTROYED' and new.state = 'DESTROYED' and length(new.wrapped) = 0 then
    -- destroyed twice is destroyed once
    return old;
  elsif old.state = 'DESTROYED' then
    raise exception 'a key that was destroyed does not come back' using errcode = '42501';
  elsif old.state = 'RETIRED' and new.state = 'CURRENT' then
    raise exception 'a key that was replaced is not used again' using errcode = '42501';
  elsif new.state = 'DESTROYED' then
    new.wrapped := '\x';
  elsif length(new.wrapped) = 0 then
    raise exception 'a key without its bytes is a destroyed one' using errcode = '42501';
  end if;
  if new.wrapped <> old.wrapped then
    new.wrapped_at := clock_timestamp();
  end if;
  return new;
end
$$;
revoke all on function seller_keys_move() from public;
create trigger seller_keys__moves before update on seller_keys
  for each row execute function seller_keys_move();
