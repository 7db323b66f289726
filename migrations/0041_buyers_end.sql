-- Every buyer ends some day, also of orders that nobody calls delivered, and of rows that became none.

-- Orders that are not over: of those on their way by when they were last told to have moved on, since
-- nothing that is told besides gives a buyer more time; of the others by when anything was said of them
-- last. The same expressions stand in core/ledger/retention/due.ts and below.
drop index orders__buyers_silent;
create index orders__buyers_silent on orders (
  seller_id, marketplace_account_id,
  (case when status in ('SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT')
    then coalesce(greatest(own_at, parcel_at), source_updated_at)
    else greatest(source_updated_at, own_at, parcel_at, ship_by) end)
) where customer_erased_at is null
  and status not in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST');
-- And all of them by when they came here, whatever a marketplace says: a time of the year 2099, or a
-- word a day, keep nobody.
create index orders__buyers_kept on orders (seller_id, marketplace_account_id, created_at)
  where customer_erased_at is null;
grant select (created_at) on orders to robnu_gate;

drop function retention_due(uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz, integer);
create function retention_due(
  p_seller uuid, p_account uuid, p_ended_before timestamptz, p_sent_before timestamptz,
  p_silent_before timestamptz, p_came_before timestamptz, p_received_before timestamptz,
  p_invoices_before timestamptz, p_most integer
) returns table (orders integer, documents integer, raw_rows integer, files integer)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  with due as materialized (
    (select o.id from public.orders o
      where o.seller_id = p_seller and o.marketplace_account_id = p_account
        and o.customer_erased_at is null
        and o.status in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')
        and coalesce(least(case when o.own_status = o.status then o.own_at end,
          case when o.parcel_status = o.status then o.parcel_at end), o.source_updated_at)
          < p_ended_before
      limit p_most)
    union
    (select o.id from public.orders o
      where o.seller_id = p_seller and o.marketplace_account_id = p_account
        and o.customer_erased_at is null
        and o.status not in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')
        and o.status in ('SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT')
        and case when o.status in ('SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT')
          then coalesce(greatest(o.own_at, o.parcel_at), o.source_updated_at)
          else greatest(o.source_updated_at, o.own_at, o.parcel_at, o.ship_by) end < p_sent_before
      limit p_most)
    union
    (select o.id from public.orders o
      where o.seller_id = p_seller and o.marketplace_account_id = p_account
        and o.customer_erased_at is null
        and o.status not in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')
        and case when o.status in ('SHIPPED', 'OUT_FOR_DELIVERY', 'RTO_IN_TRANSIT')
          then coalesce(greatest(o.own_at, o.parcel_at), o.source_updated_at)
          else greatest(o.source_updated_at, o.own_at, o.parcel_at, o.ship_by) end < p_silent_before
      limit p_most)
    union
    (select o.id from public.orders o
      where o.seller_id = p_seller and o.marketplace_account_id = p_account
        and o.customer_erased_at is null and o.created_at < p_came_before
      limit p_most)
  )
  select (select count(*) from due)::integer,
    (select count(*) from public.order_documents d join due on due.id = d.order_id
      where d.seller_id = p_seller and d.type in ('PACKING_SLIP', 'LABEL', 'POB')
        and d.storage_object_id is not null)::integer
    + (select count(*) from (
      select from public.order_documents d
      where d.seller_id = p_seller and d.marketplace_account_id = p_account
        and d.type = 'CUSTOMER_INVOICE' and d.storage_object_id is not null
        and d.created_at < p_invoices_before
      limit p_most) i)::integer,
    (select count(*) from (
      select from public.quarantined_rows q
      where q.seller_id = p_seller and q.marketplace_account_id = p_account
        and q.raw_erased_at is null and q.created_at < p_received_before
      limit p_most) r)::integer,
    (select count(*) from (
      select from public.imports i
      where i.seller_id = p_seller and i.marketplace_account_id = p_account
        and i.storage_object_id is not null and i.created_at < p_received_before
      limit p_most) f)::integer;
end;
select app_gate_function('retention_due(uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz,
  timestamptz, timestamptz, integer)', 'robnu_platform');

-- Which buyers a raw row names: the blind indexes of its phone numbers and e-mail addresses, 16 bytes
-- each, one behind the other. So a buyer who asks is erased from what never became an order as well.
alter table quarantined_rows
  add column buyers_idx bytea,
  add constraint quarantined_rows__blind
    check (octet_length(buyers_idx) % 16 = 0 and (buyers_idx is null or raw_enc is not null));
-- those of one order, when its buyer goes
create index quarantined_rows__key
  on quarantined_rows (seller_id, marketplace_account_id, external_key) where raw_erased_at is null;
grant update (buyers_idx) on quarantined_rows to robnu_tenant;
