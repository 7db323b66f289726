create table notes_lines (
  seller_id uuid not null,
  id uuid not null,
  text text not null,
  primary key (seller_id, id)
);
select app_protect('notes_lines');
