-- Notes on orders. A table of a plugin begins with its id, its keys with the seller.

create table nukkad_notes (
  seller_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  text text not null,
  created_at timestamptz not null,
  constraint nukkad_notes__seller_id primary key (seller_id, id),
  constraint nukkad_notes__order
    foreign key (seller_id, order_id) references orders (seller_id, id) on delete cascade
);
create index nukkad_notes__seller_order on nukkad_notes (seller_id, order_id, created_at);

select app_protect('nukkad_notes', 'select, insert');
