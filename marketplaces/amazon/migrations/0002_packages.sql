-- What a parcel is like, and who takes it to its buyer where that is not Amazon.

alter table amazon_account_details
  add column package_length_cm integer not null default 30,
  add column package_breadth_cm integer not null default 25,
  add column package_height_cm integer not null default 5,
  -- Easy Ship takes nothing under 11 g
  add column package_weight_g integer not null default 500,
  -- null: self-ship orders are left to the seller
  add column self_ship_carrier text,
  -- of the seller's own invoices for self-ship orders; Amazon invoices all others
  add column b2b_invoice_series text,
  add constraint amazon_account_details__package check (
    package_length_cm between 1 and 300 and package_breadth_cm between 1 and 300
    and package_height_cm between 1 and 300 and package_weight_g between 11 and 100000) not valid;
