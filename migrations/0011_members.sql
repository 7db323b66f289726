-- A seller's people and plan: suspension, invitations, the orders of a day.

alter table sellers
  add column suspended_at timestamptz,
  add column suspension_reason text,
  -- what staff need before they may look in: the seller's yes, or to tell them
  add column support_consent text not null default 'REQUIRED',
  add constraint sellers__support_consent check (support_consent in ('REQUIRED', 'NOTIFY')),
  add constraint sellers__plan check (plan in ('EARLY_ACCESS', 'FREE', 'PAID'));

-- An invitation is bound to its address: only who proves to read it can take it, and once.
create table invitations (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  email text not null,
  role text not null,
  -- SHA-256 of what the last mail held; the mails before it are good no more
  token_hash bytea not null,
  invited_by_user_id uuid not null,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  -- how many mails have gone to this address for it
  mails integer not null default 1,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_user_id uuid,
  revoked_at timestamptz,
  primary key (seller_id, id),
  constraint invitations__role check (role in ('ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER')),
  constraint invitations__end check (accepted_at is null or revoked_at is null),
  constraint invitations__inviter
    foreign key (seller_id, invited_by_user_id) references seller_users (seller_id, id),
  constraint invitations__accepted
    foreign key (seller_id, accepted_user_id) references seller_users (seller_id, id)
);
-- at most one open invitation for an address
create unique index invitations__open on invitations (seller_id, email)
  where accepted_at is null and revoked_at is null;
-- across sellers: a token comes from a mail, without the seller
create index invitations__by_token on invitations (token_hash)
  where accepted_at is null and revoked_at is null;
-- inside the seller nobody reads tokens, and nobody says that one was taken
select app_protect('invitations',
  'select (seller_id, id, email, role, invited_by_user_id, created_at, sent_at, mails, expires_at,
     accepted_at, accepted_user_id, revoked_at),
   insert (seller_id, id, email, role, token_hash, invited_by_user_id, created_at, sent_at,
     expires_at),
   update (token_hash, sent_at, mails, expires_at, revoked_at)',
  'select, update (accepted_at, accepted_user_id)');
select app_open_to_gate('invitations', 'select, update (revoked_at)');

-- Orders of one seller by the IST day on which the buyer ordered; counted in the transaction that
-- stores them, so that it is exact however many workers store.
create table plan_usage (
  seller_id uuid not null references sellers (id),
  day date not null,
  orders integer not null,
  -- when the orders of the day first reached the limit of the plan
  limit_reached_at timestamptz,
  primary key (seller_id, day),
  constraint plan_usage__orders check (orders >= 0)
);
select app_protect('plan_usage', 'select, insert, update');
insert into plan_usage (seller_id, day, orders)
  select o.seller_id, (o.ordered_at at time zone 'Asia/Kolkata')::date, count(*)
  from orders o group by 1, 2;

-- Orders of a day that are too many for the plan; null: the plan has no limit.
create function plan_limit(p_plan text) returns integer
language sql immutable parallel safe
return case when p_plan = 'FREE' then 25 end;
revoke all on function plan_limit(text) from public;
grant execute on function plan_limit(text) to robnu_tenant, robnu_platform;

-- Adds to the counts of the days of these instants, and tells the seller once a day when the limit of
-- the plan is reached. It locks the days' rows, in their order, until the transaction ends: it is sent
-- with COMMIT. What is taken away has been counted before.
create function count_orders(p_ordered_at timestamptz[], p_orders integer[]) returns void
language plpgsql
as $$
declare
  v_seller uuid := app_current_seller_id();
  v_days date[];
  v_counts bigint[];
  v_plan text;
  v_limit integer;
  v_day date;
  v_orders integer;
begin
  select array_agg(d.day order by d.day), array_agg(d.orders order by d.day)
    into v_days, v_counts
    from (
      select (o.at at time zone 'Asia/Kolkata')::date as day, sum(o.orders) as orders
      from unnest(p_ordered_at, p_orders) as o (at, orders)
      group by 1
      having sum(o.orders) <> 0
    ) d;
  insert into plan_usage as u (seller_id, day, orders)
    select v_seller, d.day, greatest(d.orders, 0)
    from unnest(v_days, v_counts) as d (day, orders)
    order by d.day
    on conflict (seller_id, day) do update
      set orders = greatest(u.orders + v_counts[array_position(v_days, excluded.day)], 0);

  select s.plan, plan_limit(s.plan) into v_plan, v_limit from sellers s where s.id = v_seller;
  if v_limit is null then
    return;
  end if;
  -- behind all counts: telling locks the audit's head, which comes last
  for v_day, v_orders in
    update plan_usage u set limit_reached_at = clock_timestamp()
    where u.seller_id = v_seller and u.day = any (v_days)
      and u.orders >= v_limit and u.limit_reached_at is null
    returning u.day, u.orders
  loop
    perform audit_append(v_seller, 'seller.plan-limit-reached', 'seller:' || v_seller,
      format('{"day":"%s","limit":%s,"orders":%s,"plan":"%s"}', v_day, v_limit, v_orders, v_plan));
  end loop;
end
$$;
revoke all on function count_orders(timestamptz[], integer[]) from public;
grant execute on function count_orders(timestamptz[], integer[]) to robnu_tenant;
