-- Search: what marketplaces and couriers call things, and buyers by blind index.

-- One index finds an id and all that begin with it. Ids are compared byte by byte: a collation of
-- people would put others between them.
alter table orders drop constraint orders__account_external;
create unique index orders__account_external
  on orders (seller_id, marketplace_account_id, external_order_id text_pattern_ops);
alter table order_returns drop constraint order_returns__external;
create unique index order_returns__external
  on order_returns (seller_id, marketplace_account_id, external_return_id text_pattern_ops);
alter table marketplace_payouts drop constraint marketplace_payouts__external;
create unique index marketplace_payouts__external
  on marketplace_payouts (seller_id, marketplace_account_id, external_payout_id text_pattern_ops);
drop index shipments__by_awb;
create index shipments__by_awb on shipments (seller_id, awb text_pattern_ops);
drop index return_awbs__by_awb;
create index return_awbs__by_awb on return_awbs (seller_id, awb text_pattern_ops);

-- Blind indexes of the buyer: equal for equal values of one seller, and of no use without its index
-- key. Null where the order holds no such value, or one that is no phone number or e-mail address.
alter table orders
  add column customer_phone_idx bytea,
  add column customer_email_idx bytea,
  -- no value in clear ever fits by accident
  add constraint orders__blind check (
    octet_length(customer_phone_idx) = 16 and octet_length(customer_email_idx) = 16);
create index orders__by_phone on orders (seller_id, customer_phone_idx, ordered_at desc)
  where customer_phone_idx is not null;
create index orders__by_email on orders (seller_id, customer_email_idx, ordered_at desc)
  where customer_email_idx is not null;

-- Sellers whose orders are older than these columns: a job walks over them, twice, since processes of
-- the release before may store orders meanwhile. The row goes when that is done, so a day after the
-- release the table is empty.
create table order_index_walks (
  seller_id uuid primary key references sellers (id),
  passes_left integer not null default 2,
  -- the last order that is done; null: a pass begins
  position uuid,
  -- when somebody has to ask for the job
  due_at timestamptz not null default now(),
  constraint order_index_walks__passes check (passes_left > 0)
);
select app_protect('order_index_walks', 'select, update (passes_left, position, due_at), delete',
  'select, update (due_at)');
insert into order_index_walks (seller_id)
  select s.id from sellers s where exists (select from orders o where o.seller_id = s.id);
