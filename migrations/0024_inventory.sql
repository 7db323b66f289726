-- What is there to sell: products and their stock, what open orders hold of it, and what each listing
-- was told. Quantities of a product change under a lock of its row in catalog_products.

create table catalog_products (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  -- the seller's own; pages are in the order of its bytes
  sku text collate "C" not null,
  title text,
  -- kept back from every listing
  safety_stock integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint catalog_products__sku unique (seller_id, sku),
  constraint catalog_products__sku_form check (length(sku) between 1 and 200),
  constraint catalog_products__safety check (safety_stock >= 0)
);
select app_protect('catalog_products', 'select, insert, update');
grant references on catalog_products to robnu_plugins;

create table warehouses (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  name text not null,
  -- what is shipped leaves from here
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint warehouses__name unique (seller_id, name)
);
create unique index warehouses__default on warehouses (seller_id) where is_default;
select app_protect('warehouses', 'select, insert, update');
grant references on warehouses to robnu_plugins;

create table inventory_levels (
  seller_id uuid not null,
  product_id uuid not null,
  warehouse_id uuid not null,
  -- below zero: more was shipped than anybody had counted
  on_hand integer not null,
  -- moves with every change of on_hand
  version bigint not null default 1,
  -- when somebody said how many there are; orders from before have left the shelf already
  counted_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, product_id, warehouse_id),
  constraint inventory_levels__product
    foreign key (seller_id, product_id) references catalog_products (seller_id, id),
  constraint inventory_levels__warehouse
    foreign key (seller_id, warehouse_id) references warehouses (seller_id, id)
);
select app_protect('inventory_levels', 'select, insert, update');

-- Kept for one account: the listings of all others do not offer it.
create table inventory_reserves (
  seller_id uuid not null,
  product_id uuid not null,
  marketplace_account_id uuid not null,
  quantity integer not null,
  primary key (seller_id, product_id, marketplace_account_id),
  constraint inventory_reserves__product
    foreign key (seller_id, product_id) references catalog_products (seller_id, id),
  constraint inventory_reserves__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint inventory_reserves__quantity check (quantity > 0)
);
select app_protect('inventory_reserves');

create table catalog_listings (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  product_id uuid not null,
  -- at the marketplace
  sku text not null,
  -- the marketplace's id of the product (EAN, ASIN, FSN)
  external_listing_id text,
  -- available to sell; null: nobody has counted the product, and nothing is pushed
  quantity integer,
  -- of quantity
  version bigint not null default 0,
  -- the newest version that the marketplace has answered to
  settled_version bigint not null default 0,
  changed_at timestamptz not null default now(),
  -- what it has taken
  pushed_quantity integer,
  pushed_version bigint,
  pushed_at timestamptz,
  -- why it has not taken the newest version
  rejection text,
  -- what it said when it was asked
  read_quantity integer,
  read_at timestamptz,
  -- differences since it agreed last; from the second on it is a drift
  differences integer not null default 0,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint catalog_listings__sku unique (seller_id, marketplace_account_id, sku),
  constraint catalog_listings__product
    foreign key (seller_id, product_id) references catalog_products (seller_id, id),
  constraint catalog_listings__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint catalog_listings__sku_form check (length(sku) between 1 and 200),
  constraint catalog_listings__quantity check (quantity >= 0),
  constraint catalog_listings__versions check (settled_version <= version)
);
create index catalog_listings__of_product on catalog_listings (seller_id, product_id);
create index catalog_listings__newest_of_account
  on catalog_listings (seller_id, marketplace_account_id, id desc);
create index catalog_listings__waiting on catalog_listings (seller_id, marketplace_account_id, id)
  where version > settled_version;
create index catalog_listings__read
  on catalog_listings (seller_id, marketplace_account_id, read_at nulls first);
select app_protect('catalog_listings', 'select, insert, update');
grant references on catalog_listings to robnu_plugins;

-- Other skus by which orders of the account name the same listing.
create table listing_aliases (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  listing_id uuid not null,
  sku text not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint listing_aliases__sku unique (seller_id, marketplace_account_id, sku),
  constraint listing_aliases__listing
    foreign key (seller_id, listing_id) references catalog_listings (seller_id, id),
  constraint listing_aliases__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint listing_aliases__sku_form check (length(sku) between 1 and 200)
);
create index listing_aliases__of_listing on listing_aliases (seller_id, listing_id);
select app_protect('listing_aliases', 'select, insert');

-- What a line of an order holds: one row, so that it holds once. Lines are rewritten by syncs, so that
-- their id stands here without a reference.
create table inventory_holds (
  seller_id uuid not null,
  order_item_id uuid not null,
  order_id uuid not null,
  marketplace_account_id uuid not null,
  -- as the line names it
  sku text,
  external_listing_id text,
  -- null: the sku leads to no product yet
  product_id uuid,
  quantity integer not null,
  state text not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (seller_id, order_item_id),
  constraint inventory_holds__order
    foreign key (seller_id, order_id) references orders (seller_id, id) on delete cascade,
  constraint inventory_holds__product
    foreign key (seller_id, product_id) references catalog_products (seller_id, id),
  constraint inventory_holds__quantity check (quantity >= 0),
  constraint inventory_holds__state check (state in ('HELD', 'RELEASED', 'SHIPPED'))
);
create index inventory_holds__of_product on inventory_holds (seller_id, product_id)
  include (quantity) where state = 'HELD';
create index inventory_holds__of_order on inventory_holds (seller_id, order_id);
create index inventory_holds__unmapped on inventory_holds (seller_id, marketplace_account_id, sku)
  where product_id is null and state <> 'RELEASED';
create index inventory_holds__unmapped_since on inventory_holds (seller_id, state, changed_at)
  where product_id is null and state <> 'RELEASED';
select app_protect('inventory_holds', 'select, insert, update');

-- What changed on hand. Their sum over a product and warehouse is what is on hand.
create table inventory_movements (
  seller_id uuid not null,
  id uuid not null,
  product_id uuid not null,
  warehouse_id uuid not null,
  delta integer not null,
  on_hand integer not null,
  reason text not null,
  -- of what was shipped
  order_item_id uuid,
  actor text not null default app_current_actor(),
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint inventory_movements__level
    foreign key (seller_id, product_id, warehouse_id)
    references inventory_levels (seller_id, product_id, warehouse_id),
  constraint inventory_movements__reason check (reason in (
    'COUNT', 'RECEIVED', 'RETURNED', 'DAMAGED', 'LOST', 'FOUND', 'CORRECTION', 'SHIPPED'))
);
create index inventory_movements__of_product
  on inventory_movements (seller_id, product_id, created_at desc, id desc);
select app_protect('inventory_movements', 'select, insert');

-- Orders that stock has to look at: written with each change of an order, whoever makes it, and taken
-- away by whoever has looked. A cursor over times would miss what commits late.
create table inventory_tasks (
  seller_id uuid not null,
  order_id uuid not null,
  marketplace_account_id uuid not null,
  changes integer not null default 1,
  created_at timestamptz not null default now(),
  -- no reference to the order: its check would cost every page more than the task itself
  primary key (seller_id, order_id)
);
create index inventory_tasks__of_account
  on inventory_tasks (seller_id, marketplace_account_id, created_at, order_id);
select app_protect('inventory_tasks');

-- What had left the shelf when it was first seen matters only where stock is kept; what had left before
-- the change, never. A task that is there already is locked by this, so that whoever takes it away
-- waits for the change, and sees it.
create function inventory_note_new_orders() returns trigger
language plpgsql
as $$
begin
  insert into inventory_tasks (seller_id, order_id, marketplace_account_id)
    select n.seller_id, n.id, n.marketplace_account_id from added n
    where n.status_rank < 50
      or n.status <> 'CANCELLED'
        and exists (select from catalog_products p where p.seller_id = n.seller_id)
    on conflict (seller_id, order_id) do update set changes = inventory_tasks.changes + 1;
  return null;
end
$$;
create function inventory_note_changed_orders() returns trigger
language plpgsql
as $$
begin
  insert into inventory_tasks (seller_id, order_id, marketplace_account_id)
    select n.seller_id, n.id, n.marketplace_account_id
    from after_it n join before_it o on o.seller_id = n.seller_id and o.id = n.id
    where (o.status_rank < 50 or o.status = 'CANCELLED')
      and (n.status <> o.status or n.content_hash <> o.content_hash)
    on conflict (seller_id, order_id) do update set changes = inventory_tasks.changes + 1;
  return null;
end
$$;
revoke all on function inventory_note_new_orders() from public;
revoke all on function inventory_note_changed_orders() from public;
create trigger orders__stock_new after insert on orders
  referencing new table as added
  for each statement execute function inventory_note_new_orders();
create trigger orders__stock_changed after update on orders
  referencing old table as before_it new table as after_it
  for each statement execute function inventory_note_changed_orders();
