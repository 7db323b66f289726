-- The schema that core's migrations make, as the catalog tells it: for reading and for review,
-- never run. A change of the schema changes this file, in the same commit:
--   ROBNU_WRITE_SCHEMA=1 npm test -- tests/migrations/schema.test.ts

-- Roles
create role robnu_app login noinherit;
create role robnu_door nologin noinherit;
create role robnu_gate nologin noinherit;
create role robnu_owner login noinherit;
create role robnu_platform login noinherit;
create role robnu_plugins nologin noinherit;
create role robnu_tenant nologin noinherit;
grant robnu_tenant to robnu_app with inherit false, set true, admin false;
grant robnu_gate to robnu_owner with inherit false, set true, admin false;
grant robnu_plugins to robnu_owner with inherit true, set true, admin false;
grant robnu_door to robnu_platform with inherit false, set true, admin false;
grant connect on database … to PUBLIC;
grant usage on schema public to PUBLIC;
grant create on schema public to robnu_plugins;

-- table of robnu_owner
create table api_keys (
  seller_id uuid not null,
  id uuid not null,
  name text not null,
  prefix text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  allowed_ips cidr[],
  authz_version integer not null default 1,
  created_by_user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  last_used_ip text,
  revoked_at timestamp with time zone,
  rotated_to uuid,
  constraint api_keys_pkey PRIMARY KEY (seller_id, id),
  constraint api_keys__maker FOREIGN KEY (seller_id, created_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint api_keys__next FOREIGN KEY (seller_id, rotated_to) REFERENCES api_keys(seller_id, id),
  constraint api_keys_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint api_keys__hash CHECK ((octet_length(secret_hash) = 32)),
  constraint api_keys__scopes CHECK ((cardinality(scopes) > 0))
);
CREATE INDEX api_keys__by_prefix ON api_keys USING btree (prefix) WHERE (revoked_at IS NULL);
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy gate on api_keys to robnu_gate using (true) with check (true);
create policy owner on api_keys to robnu_owner using (true) with check (true);
create policy platform on api_keys to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on api_keys to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on api_keys as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (last_used_at), update (last_used_ip), update (revoked_at) on api_keys to robnu_gate;
grant insert (allowed_ips), select (allowed_ips), select (created_at), insert (created_by_user_id), select (created_by_user_id), insert (expires_at), select (expires_at), update (expires_at), insert (id), select (id), select (last_used_at), select (last_used_ip), insert (name), select (name), insert (prefix), select (prefix), select (revoked_at), update (revoked_at), select (rotated_to), update (rotated_to), insert (scopes), select (scopes), insert (secret_hash), insert (seller_id), select (seller_id) on api_keys to robnu_tenant;
CREATE TRIGGER api_keys__authz BEFORE UPDATE ON api_keys FOR EACH ROW WHEN (((new.scopes IS DISTINCT FROM old.scopes) OR (new.revoked_at IS DISTINCT FROM old.revoked_at) OR (new.expires_at IS DISTINCT FROM old.expires_at) OR (new.allowed_ips IS DISTINCT FROM old.allowed_ips))) EXECUTE FUNCTION authz_moves();

-- table of robnu_owner
create table audit_anchors (
  seller_id uuid not null,
  id uuid not null,
  kind text not null,
  url text,
  secret_enc bytea,
  bucket text,
  region text,
  bucket_owner text,
  created_at timestamp with time zone not null default now(),
  sent_seq bigint not null default 0,
  last_sent_at timestamp with time zone,
  attempts integer not null default 0,
  last_error text,
  next_try_at timestamp with time zone not null default now(),
  constraint audit_anchors_pkey PRIMARY KEY (seller_id, id),
  constraint audit_anchors_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint audit_anchors__kind CHECK ((((kind = 'hook'::text) AND (url IS NOT NULL) AND (secret_enc IS NOT NULL) AND (bucket IS NULL)) OR ((kind = 'bucket'::text) AND (bucket IS NOT NULL) AND (region IS NOT NULL) AND (url IS NULL))))
);
alter table audit_anchors enable row level security;
alter table audit_anchors force row level security;
create policy owner on audit_anchors to robnu_owner using (true) with check (true);
create policy platform on audit_anchors to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on audit_anchors to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on audit_anchors as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (attempts), update (last_error), update (last_sent_at), update (next_try_at), update (sent_seq) on audit_anchors to robnu_platform;
grant delete, select (attempts), insert (bucket), select (bucket), insert (bucket_owner), select (bucket_owner), select (created_at), insert (id), select (id), insert (kind), select (kind), select (last_error), select (last_sent_at), insert (next_try_at), select (next_try_at), insert (region), select (region), insert (secret_enc), insert (seller_id), select (seller_id), insert (sent_seq), select (sent_seq), insert (url), select (url) on audit_anchors to robnu_tenant;

-- table of robnu_owner
create table audit_digests (
  seller_id uuid not null,
  seq_from bigint not null,
  seq_to bigint not null,
  events bigint not null,
  head_hash bytea not null,
  previous_hash bytea not null,
  signed_at timestamp with time zone not null,
  key_id text not null,
  body text not null,
  signature bytea not null,
  constraint audit_digests_pkey PRIMARY KEY (seller_id, seq_from),
  constraint audit_digests__seller_to UNIQUE (seller_id, seq_to),
  constraint audit_digests_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint audit_digests__body CHECK ((body IS JSON OBJECT)),
  constraint audit_digests__range CHECK (((seq_from > 0) AND (seq_to >= seq_from) AND (events = ((seq_to - seq_from) + 1)))),
  constraint audit_digests__signature CHECK ((octet_length(signature) = 64))
);
alter table audit_digests enable row level security;
alter table audit_digests force row level security;
create policy owner on audit_digests to robnu_owner using (true) with check (true);
create policy platform on audit_digests to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on audit_digests to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on audit_digests as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on audit_digests to robnu_platform;
grant select on audit_digests to robnu_tenant;
CREATE TRIGGER audit_digests__append_only BEFORE DELETE OR UPDATE ON audit_digests FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_digests__no_truncate BEFORE TRUNCATE ON audit_digests FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- table of robnu_owner
create table audit_events (
  seller_id uuid not null,
  seq bigint not null,
  at timestamp with time zone not null,
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
  constraint audit_events_pkey PRIMARY KEY (seller_id, seq),
  constraint audit_events_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint audit_events__data CHECK ((data IS JSON OBJECT))
);
CREATE INDEX audit_events__by_action ON audit_events USING btree (seller_id, action, seq);
CREATE INDEX audit_events__by_impersonation ON audit_events USING btree (seller_id, impersonation_session_id, seq) WHERE (impersonation_session_id IS NOT NULL);
CREATE INDEX audit_events__by_staff ON audit_events USING btree (seller_id, seq) WHERE (actor_super_admin_id IS NOT NULL);
CREATE INDEX audit_events__by_target ON audit_events USING btree (seller_id, target, seq);
CREATE INDEX audit_events__by_time ON audit_events USING btree (seller_id, at DESC);
CREATE INDEX audit_events__by_user ON audit_events USING btree (seller_id, actor_user_id, seq) WHERE (actor_user_id IS NOT NULL);
alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy gate on audit_events to robnu_gate using (true) with check (true);
create policy owner on audit_events to robnu_owner using (true) with check (true);
create policy platform on audit_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on audit_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on audit_events as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on audit_events to robnu_gate;
grant select on audit_events to robnu_platform;
grant select on audit_events to robnu_tenant;
CREATE TRIGGER audit_events__append_only BEFORE DELETE OR UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_events__no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- table of robnu_owner
create table audit_heads (
  seller_id uuid not null,
  seq bigint not null,
  hash bytea not null,
  constraint audit_heads_pkey PRIMARY KEY (seller_id),
  constraint audit_heads_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id)
);
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy gate on audit_heads to robnu_gate using (true) with check (true);
create policy owner on audit_heads to robnu_owner using (true) with check (true);
create policy platform on audit_heads to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on audit_heads to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on audit_heads as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on audit_heads to robnu_gate;
grant select on audit_heads to robnu_platform;
grant select on audit_heads to robnu_tenant;

-- table of robnu_owner
create table batch_lines (
  seller_id uuid not null,
  batch_id uuid not null,
  order_id uuid not null,
  external_item_id text not null,
  quantity integer not null,
  confirmed_quantity integer not null,
  reason text,
  constraint batch_lines_pkey PRIMARY KEY (seller_id, batch_id, order_id, external_item_id),
  constraint batch_lines__order FOREIGN KEY (seller_id, batch_id, order_id) REFERENCES batch_orders(seller_id, batch_id, order_id),
  constraint batch_lines__quantity CHECK (((confirmed_quantity >= 0) AND (confirmed_quantity <= quantity))),
  constraint batch_lines__reason CHECK (((reason IS NOT NULL) = (confirmed_quantity < quantity)))
);
CREATE INDEX batch_lines__of_order ON batch_lines USING btree (seller_id, order_id);
alter table batch_lines enable row level security;
alter table batch_lines force row level security;
create policy owner on batch_lines to robnu_owner using (true) with check (true);
create policy platform on batch_lines to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on batch_lines to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on batch_lines as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on batch_lines to robnu_tenant;

-- table of robnu_owner
create table batch_orders (
  seller_id uuid not null,
  batch_id uuid not null,
  order_id uuid not null,
  position integer not null,
  state text not null default 'OPEN'::text,
  step text,
  code text,
  message text,
  bill_to jsonb,
  live boolean not null,
  updated_at timestamp with time zone not null default now(),
  constraint batch_orders_pkey PRIMARY KEY (seller_id, batch_id, order_id),
  constraint batch_orders__batch FOREIGN KEY (seller_id, batch_id) REFERENCES batches(seller_id, id),
  constraint batch_orders__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id),
  constraint batch_orders__held CHECK (((state = 'HELD'::text) = (code IS NOT NULL))),
  constraint batch_orders__live CHECK (((NOT live) OR (state = 'OPEN'::text))),
  constraint batch_orders__state CHECK ((state = ANY (ARRAY['OPEN'::text, 'DONE'::text, 'HELD'::text, 'STOPPED'::text])))
);
CREATE INDEX batch_orders__of_order ON batch_orders USING btree (seller_id, order_id);
CREATE UNIQUE INDEX batch_orders__once ON batch_orders USING btree (seller_id, order_id) WHERE live;
alter table batch_orders enable row level security;
alter table batch_orders force row level security;
create policy owner on batch_orders to robnu_owner using (true) with check (true);
create policy platform on batch_orders to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on batch_orders to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on batch_orders as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on batch_orders to robnu_tenant;

-- table of robnu_owner
create table batches (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  job_run_id uuid not null,
  state text not null default 'QUEUED'::text,
  closure text not null,
  close_manifests text[] not null default '{}'::text[],
  manifest_changes jsonb,
  order_count integer not null default 0,
  failure_code text,
  failure_message text,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  constraint batches_pkey PRIMARY KEY (seller_id, id),
  constraint batches__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint batches__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint batches__closure CHECK ((closure = ANY (ARRAY['IMMEDIATE'::text, 'DELAYED'::text, 'MANUAL'::text]))),
  constraint batches__state CHECK ((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'DONE'::text, 'FAILED'::text])))
);
CREATE INDEX batches__newest ON batches USING btree (seller_id, created_at DESC, id DESC);
CREATE INDEX batches__newest_of_account ON batches USING btree (seller_id, marketplace_account_id, created_at DESC, id DESC);
CREATE INDEX batches__of_run ON batches USING btree (seller_id, job_run_id);
alter table batches enable row level security;
alter table batches force row level security;
create policy owner on batches to robnu_owner using (true) with check (true);
create policy platform on batches to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on batches to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on batches as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on batches to robnu_tenant;

-- table of robnu_owner
create table breakers (
  marketplace_code text not null,
  failures integer not null,
  opened_at timestamp with time zone,
  probe_at timestamp with time zone,
  constraint breakers_pkey PRIMARY KEY (marketplace_code),
  constraint breakers__open CHECK (((opened_at IS NULL) = (probe_at IS NULL)))
);
grant insert, select, update on breakers to robnu_gate;
grant select on breakers to robnu_platform;

-- table of robnu_owner
create table catalog_listings (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  product_id uuid not null,
  sku text not null,
  external_listing_id text,
  quantity integer,
  version bigint not null default 0,
  settled_version bigint not null default 0,
  changed_at timestamp with time zone not null default now(),
  pushed_quantity integer,
  pushed_version bigint,
  pushed_at timestamp with time zone,
  rejection text,
  read_quantity integer,
  read_at timestamp with time zone,
  differences integer not null default 0,
  created_at timestamp with time zone not null default now(),
  constraint catalog_listings_pkey PRIMARY KEY (seller_id, id),
  constraint catalog_listings__sku UNIQUE (seller_id, marketplace_account_id, sku),
  constraint catalog_listings__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint catalog_listings__product FOREIGN KEY (seller_id, product_id) REFERENCES catalog_products(seller_id, id),
  constraint catalog_listings__quantity CHECK ((quantity >= 0)),
  constraint catalog_listings__sku_form CHECK (((length(sku) >= 1) AND (length(sku) <= 200))),
  constraint catalog_listings__versions CHECK ((settled_version <= version))
);
CREATE INDEX catalog_listings__newest_of_account ON catalog_listings USING btree (seller_id, marketplace_account_id, id DESC);
CREATE INDEX catalog_listings__of_product ON catalog_listings USING btree (seller_id, product_id);
CREATE INDEX catalog_listings__read ON catalog_listings USING btree (seller_id, marketplace_account_id, read_at NULLS FIRST);
CREATE INDEX catalog_listings__waiting ON catalog_listings USING btree (seller_id, marketplace_account_id, id) WHERE (version > settled_version);
alter table catalog_listings enable row level security;
alter table catalog_listings force row level security;
create policy owner on catalog_listings to robnu_owner using (true) with check (true);
create policy platform on catalog_listings to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on catalog_listings to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on catalog_listings as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on catalog_listings to robnu_plugins;
grant insert, select, update on catalog_listings to robnu_tenant;

-- table of robnu_owner
create table catalog_products (
  seller_id uuid not null,
  id uuid not null,
  sku text not null,
  title text,
  safety_stock integer not null default 0,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint catalog_products_pkey PRIMARY KEY (seller_id, id),
  constraint catalog_products__sku UNIQUE (seller_id, sku),
  constraint catalog_products_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint catalog_products__safety CHECK ((safety_stock >= 0)),
  constraint catalog_products__sku_form CHECK (((length(sku) >= 1) AND (length(sku) <= 200)))
);
alter table catalog_products enable row level security;
alter table catalog_products force row level security;
create policy owner on catalog_products to robnu_owner using (true) with check (true);
create policy platform on catalog_products to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on catalog_products to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on catalog_products as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on catalog_products to robnu_plugins;
grant insert, select, update on catalog_products to robnu_tenant;

-- table of robnu_owner
create table dead_letters (
  seller_id uuid not null,
  id uuid not null,
  work_item_id uuid not null,
  marketplace_account_id uuid,
  job_run_id uuid,
  target text not null,
  queue text not null,
  body jsonb not null,
  reason text not null,
  receives integer not null,
  state text not null default 'DEAD'::text,
  created_at timestamp with time zone not null default date_trunc('milliseconds'::text, clock_timestamp()),
  changed_at timestamp with time zone,
  changed_by text,
  change_reason text,
  constraint dead_letters_pkey PRIMARY KEY (seller_id, id),
  constraint dead_letters__item FOREIGN KEY (seller_id, work_item_id) REFERENCES work_items(seller_id, id),
  constraint dead_letters_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint dead_letters__changed CHECK (((state = 'DEAD'::text) = ((changed_at IS NULL) AND (changed_by IS NULL) AND (change_reason IS NULL)))),
  constraint dead_letters__state CHECK ((state = ANY (ARRAY['DEAD'::text, 'REDRIVEN'::text, 'DISMISSED'::text])))
);
CREATE INDEX dead_letters__dead ON dead_letters USING btree (created_at) WHERE (state = 'DEAD'::text);
CREATE INDEX dead_letters__newest ON dead_letters USING btree (seller_id, created_at DESC, id DESC);
alter table dead_letters enable row level security;
alter table dead_letters force row level security;
create policy gate on dead_letters to robnu_gate using (true) with check (true);
create policy owner on dead_letters to robnu_owner using (true) with check (true);
create policy platform on dead_letters to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on dead_letters to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on dead_letters as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on dead_letters to robnu_gate;
grant select on dead_letters to robnu_platform;
grant select on dead_letters to robnu_tenant;

-- table of robnu_owner
create table decrypt_ledger (
  seller_id uuid not null,
  id uuid not null,
  actor text not null default app_current_actor(),
  purpose text not null,
  table_name text not null,
  columns text[] not null,
  row_ids uuid[] not null,
  opened integer not null,
  created_at timestamp with time zone not null default now(),
  reason text,
  undone boolean not null default false,
  constraint decrypt_ledger_pkey PRIMARY KEY (seller_id, id),
  constraint decrypt_ledger_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint decrypt_ledger__opened CHECK ((opened >= 0))
);
CREATE INDEX decrypt_ledger__by_time ON decrypt_ledger USING btree (seller_id, created_at DESC, id DESC) INCLUDE (purpose, actor, opened);
alter table decrypt_ledger enable row level security;
alter table decrypt_ledger force row level security;
create policy gate on decrypt_ledger to robnu_gate using (true) with check (true);
create policy owner on decrypt_ledger to robnu_owner using (true) with check (true);
create policy platform on decrypt_ledger to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on decrypt_ledger to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
create policy tenant_delete on decrypt_ledger as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert (actor), insert (columns), insert (id), insert (opened), insert (purpose), insert (reason), insert (row_ids), insert (seller_id), insert (table_name), insert (undone) on decrypt_ledger to robnu_gate;
grant select (actor), select (columns), select (created_at), select (id), select (opened), select (purpose), select (row_ids), select (seller_id), select (table_name), select (undone) on decrypt_ledger to robnu_platform;
grant select, insert (columns), insert (id), insert (opened), insert (purpose), insert (reason), insert (row_ids), insert (seller_id), insert (table_name) on decrypt_ledger to robnu_tenant;

-- table of robnu_owner
create table document_asks (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  shipment_id uuid,
  manifest_id uuid,
  type text not null,
  state text not null default 'WAITING'::text,
  ask_at timestamp with time zone not null,
  give_up_at timestamp with time zone not null,
  attempts integer not null default 0,
  message text,
  created_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  constraint document_asks_pkey PRIMARY KEY (seller_id, id),
  constraint document_asks__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint document_asks__manifest FOREIGN KEY (seller_id, manifest_id) REFERENCES manifests(seller_id, id),
  constraint document_asks__shipment FOREIGN KEY (seller_id, shipment_id) REFERENCES shipments(seller_id, id),
  constraint document_asks__of_one CHECK ((num_nonnulls(shipment_id, manifest_id) = 1)),
  constraint document_asks__state CHECK ((state = ANY (ARRAY['WAITING'::text, 'DONE'::text, 'FAILED'::text])))
);
CREATE INDEX document_asks__open ON document_asks USING btree (seller_id, marketplace_account_id, ask_at) WHERE (state = 'WAITING'::text);
alter table document_asks enable row level security;
alter table document_asks force row level security;
create policy owner on document_asks to robnu_owner using (true) with check (true);
create policy platform on document_asks to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on document_asks to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on document_asks as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on document_asks to robnu_tenant;

-- table of robnu_owner
create table erasures (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid,
  reason text not null,
  day date not null,
  days integer,
  ended_before timestamp with time zone,
  orders integer not null default 0,
  fields integer not null default 0,
  documents integer not null default 0,
  raw_rows integer not null default 0,
  files integer not null default 0,
  archive_months integer not null default 0,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint erasures_pkey PRIMARY KEY (seller_id, id),
  constraint erasures__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint erasures_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint erasures__counts CHECK ((LEAST(orders, fields, documents, raw_rows, files, archive_months) >= 0)),
  constraint erasures__reason CHECK ((reason = ANY (ARRAY['retention'::text, 'request'::text, 'offboarding'::text])))
);
CREATE INDEX erasures__newest ON erasures USING btree (seller_id, created_at DESC, id DESC);
CREATE INDEX erasures__newest_of_account ON erasures USING btree (seller_id, marketplace_account_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX erasures__retention ON erasures USING btree (seller_id, marketplace_account_id, day) NULLS NOT DISTINCT WHERE (reason = 'retention'::text);
alter table erasures enable row level security;
alter table erasures force row level security;
create policy owner on erasures to robnu_owner using (true) with check (true);
create policy platform on erasures to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on erasures to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on erasures as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on erasures to robnu_tenant;

-- table of robnu_owner
create table idempotency_keys (
  seller_id uuid not null,
  route text not null,
  key text not null,
  fingerprint bytea not null,
  status integer not null,
  resource_id text not null,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_keys_pkey PRIMARY KEY (seller_id, route, key),
  constraint idempotency_keys_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id)
);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy gate on idempotency_keys to robnu_gate using (true) with check (true);
create policy owner on idempotency_keys to robnu_owner using (true) with check (true);
create policy platform on idempotency_keys to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on idempotency_keys to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on idempotency_keys as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select on idempotency_keys to robnu_gate;
grant delete, select on idempotency_keys to robnu_platform;
grant insert, select on idempotency_keys to robnu_tenant;

-- table of robnu_owner
create table identities (
  id uuid not null,
  email text not null,
  password_hash text not null,
  created_at timestamp with time zone not null default now(),
  email_verified_at timestamp with time zone,
  password_changed_at timestamp with time zone not null default now(),
  totp_secret_enc bytea,
  totp_enabled_at timestamp with time zone,
  totp_last_step bigint,
  constraint identities_pkey PRIMARY KEY (id),
  constraint identities__email UNIQUE (email)
);
grant select, update (password_hash), update (totp_last_step) on identities to robnu_gate;
grant insert, select, update on identities to robnu_platform;

-- table of robnu_owner
create table impersonation_sessions (
  seller_id uuid not null,
  id uuid not null,
  super_admin_id uuid not null,
  staff_name text not null,
  mode text not null default 'READ_ONLY'::text,
  consent text not null,
  state text not null default 'REQUESTED'::text,
  reason text not null,
  ticket text not null,
  minutes integer not null,
  requested_at timestamp with time zone not null default now(),
  decided_by_user_id uuid,
  decided_by_super_admin_id uuid,
  decided_at timestamp with time zone,
  staff_session_id uuid,
  started_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_by text,
  constraint impersonation_sessions_pkey PRIMARY KEY (seller_id, id),
  constraint impersonation_sessions__decider FOREIGN KEY (seller_id, decided_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint impersonation_sessions_decided_by_super_admin_id_fkey FOREIGN KEY (decided_by_super_admin_id) REFERENCES super_admins(id),
  constraint impersonation_sessions_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint impersonation_sessions_staff_session_id_fkey FOREIGN KEY (staff_session_id) REFERENCES staff_sessions(id),
  constraint impersonation_sessions_super_admin_id_fkey FOREIGN KEY (super_admin_id) REFERENCES super_admins(id),
  constraint impersonation_sessions__consent CHECK ((consent = ANY (ARRAY['REQUIRED'::text, 'NOTIFY'::text, 'EMERGENCY'::text]))),
  constraint impersonation_sessions__emergency CHECK (((consent <> 'EMERGENCY'::text) OR (mode = 'READ_ONLY'::text))),
  constraint impersonation_sessions__ended CHECK ((((state = 'ENDED'::text) = (ended_at IS NOT NULL)) AND ((ended_at IS NULL) = (ended_by IS NULL)))),
  constraint impersonation_sessions__ended_by CHECK (((ended_by = ANY (ARRAY['expired'::text, 'staff-session'::text, 'staff-removed'::text, 'offboarded'::text])) OR (ended_by ~ '^(seller|staff):[0-9a-f-]{36}$'::text))),
  constraint impersonation_sessions__length CHECK ((expires_at <=
CASE
    WHEN (started_at IS NULL) THEN (requested_at + '24:00:00'::interval)
    ELSE (started_at + ((minutes)::double precision * '00:01:00'::interval))
END)),
  constraint impersonation_sessions__let_in CHECK (((state <> ALL (ARRAY['APPROVED'::text, 'LIVE'::text])) OR (consent = 'NOTIFY'::text) OR (num_nonnulls(decided_by_user_id, decided_by_super_admin_id) = 1))),
  constraint impersonation_sessions__live CHECK (((state <> 'LIVE'::text) OR (num_nonnulls(started_at, staff_session_id) = 2))),
  constraint impersonation_sessions__minutes CHECK (((minutes >= 1) AND (minutes <= 60))),
  constraint impersonation_sessions__mode CHECK ((mode = ANY (ARRAY['READ_ONLY'::text, 'READ_WRITE'::text]))),
  constraint impersonation_sessions__reason CHECK ((length(reason) >= 10)),
  constraint impersonation_sessions__state CHECK ((state = ANY (ARRAY['REQUESTED'::text, 'APPROVED'::text, 'DENIED'::text, 'LIVE'::text, 'ENDED'::text]))),
  constraint impersonation_sessions__two CHECK (((decided_by_super_admin_id IS NULL) OR ((consent = 'EMERGENCY'::text) AND (decided_by_super_admin_id <> super_admin_id))))
);
CREATE INDEX impersonation_sessions__open ON impersonation_sessions USING btree (super_admin_id, id) WHERE (state = ANY (ARRAY['REQUESTED'::text, 'APPROVED'::text, 'LIVE'::text]));
alter table impersonation_sessions enable row level security;
alter table impersonation_sessions force row level security;
create policy gate on impersonation_sessions to robnu_gate using (true) with check (true);
create policy owner on impersonation_sessions to robnu_owner using (true) with check (true);
create policy platform on impersonation_sessions to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on impersonation_sessions to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on impersonation_sessions as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update on impersonation_sessions to robnu_gate;
grant insert, select, update (decided_at), update (decided_by_super_admin_id), update (ended_at), update (ended_by), update (staff_session_id), update (state) on impersonation_sessions to robnu_platform;
grant select on impersonation_sessions to robnu_tenant;
CREATE TRIGGER impersonation_sessions__begins BEFORE INSERT ON impersonation_sessions FOR EACH ROW EXECUTE FUNCTION impersonation_begins();
CREATE TRIGGER impersonation_sessions__moves BEFORE UPDATE ON impersonation_sessions FOR EACH ROW EXECUTE FUNCTION impersonation_moves();

-- table of robnu_owner
create table import_lines (
  seller_id uuid not null,
  import_id uuid not null,
  section integer not null,
  from_line integer not null,
  to_line integer not null,
  result text not null,
  reason text not null,
  constraint import_lines_pkey PRIMARY KEY (seller_id, import_id, section, from_line),
  constraint import_lines__import FOREIGN KEY (seller_id, import_id) REFERENCES imports(seller_id, id) ON DELETE CASCADE,
  constraint import_lines__range CHECK (((1 <= from_line) AND (from_line <= to_line))),
  constraint import_lines__result CHECK ((result = ANY (ARRAY['skipped'::text, 'rejected'::text])))
);
alter table import_lines enable row level security;
alter table import_lines force row level security;
create policy owner on import_lines to robnu_owner using (true) with check (true);
create policy platform on import_lines to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on import_lines to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on import_lines as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on import_lines to robnu_tenant;

-- table of robnu_owner
create table imports (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  job_run_id uuid not null,
  storage_object_id uuid,
  file_name text not null,
  byte_size bigint not null,
  sha256 bytea not null,
  as_of timestamp with time zone not null,
  report text,
  report_name text,
  target text,
  sections jsonb not null default '[]'::jsonb,
  accepted_lines integer not null default 0,
  skipped_lines integer not null default 0,
  rejected_lines integer not null default 0,
  skipped_reasons jsonb not null default '{}'::jsonb,
  rejected_reasons jsonb not null default '{}'::jsonb,
  cancelled_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint imports_pkey PRIMARY KEY (seller_id, id),
  constraint imports__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint imports__object FOREIGN KEY (seller_id, storage_object_id) REFERENCES storage_objects(seller_id, id),
  constraint imports__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint imports__file_name CHECK (((length(file_name) >= 1) AND (length(file_name) <= 200))),
  constraint imports__report CHECK ((((report IS NULL) = (target IS NULL)) AND ((report IS NULL) = (report_name IS NULL)))),
  constraint imports__sha256 CHECK ((length(sha256) = 32)),
  constraint imports__target CHECK ((target = ANY (ARRAY['ORDERS'::text, 'RETURNS'::text, 'PAYOUTS'::text])))
);
CREATE INDEX imports__by_account ON imports USING btree (seller_id, marketplace_account_id, id DESC);
CREATE INDEX imports__files ON imports USING btree (seller_id, marketplace_account_id, created_at) WHERE (storage_object_id IS NOT NULL);
CREATE INDEX imports__of_run ON imports USING btree (seller_id, job_run_id);
alter table imports enable row level security;
alter table imports force row level security;
create policy gate on imports to robnu_gate using (true) with check (true);
create policy owner on imports to robnu_owner using (true) with check (true);
create policy platform on imports to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on imports to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on imports as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select (created_at), select (marketplace_account_id), select (seller_id), select (storage_object_id) on imports to robnu_gate;
grant insert, select, update on imports to robnu_tenant;

-- table of robnu_owner
create table inbox (
  seller_id uuid not null,
  work_item_id uuid not null,
  made_at timestamp with time zone not null default clock_timestamp(),
  constraint inbox_pkey PRIMARY KEY (seller_id, work_item_id),
  constraint inbox__item FOREIGN KEY (seller_id, work_item_id) REFERENCES work_items(seller_id, id)
);
alter table inbox enable row level security;
alter table inbox force row level security;
create policy owner on inbox to robnu_owner using (true) with check (true);
create policy platform on inbox to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on inbox to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on inbox as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on inbox to robnu_tenant;

-- table of robnu_owner
create table inventory_holds (
  seller_id uuid not null,
  order_item_id uuid not null,
  order_id uuid not null,
  marketplace_account_id uuid not null,
  sku text,
  external_listing_id text,
  product_id uuid,
  quantity integer not null,
  state text not null,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default now(),
  constraint inventory_holds_pkey PRIMARY KEY (seller_id, order_item_id),
  constraint inventory_holds__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id) ON DELETE CASCADE,
  constraint inventory_holds__product FOREIGN KEY (seller_id, product_id) REFERENCES catalog_products(seller_id, id),
  constraint inventory_holds__quantity CHECK ((quantity >= 0)),
  constraint inventory_holds__state CHECK ((state = ANY (ARRAY['HELD'::text, 'RELEASED'::text, 'SHIPPED'::text])))
);
CREATE INDEX inventory_holds__of_order ON inventory_holds USING btree (seller_id, order_id);
CREATE INDEX inventory_holds__of_product ON inventory_holds USING btree (seller_id, product_id) INCLUDE (quantity) WHERE (state = 'HELD'::text);
CREATE INDEX inventory_holds__unmapped ON inventory_holds USING btree (seller_id, marketplace_account_id, sku) WHERE ((product_id IS NULL) AND (state <> 'RELEASED'::text));
CREATE INDEX inventory_holds__unmapped_since ON inventory_holds USING btree (seller_id, state, changed_at) WHERE ((product_id IS NULL) AND (state <> 'RELEASED'::text));
alter table inventory_holds enable row level security;
alter table inventory_holds force row level security;
create policy owner on inventory_holds to robnu_owner using (true) with check (true);
create policy platform on inventory_holds to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on inventory_holds to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on inventory_holds as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on inventory_holds to robnu_tenant;

-- table of robnu_owner
create table inventory_levels (
  seller_id uuid not null,
  product_id uuid not null,
  warehouse_id uuid not null,
  on_hand integer not null,
  version bigint not null default 1,
  counted_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint inventory_levels_pkey PRIMARY KEY (seller_id, product_id, warehouse_id),
  constraint inventory_levels__product FOREIGN KEY (seller_id, product_id) REFERENCES catalog_products(seller_id, id),
  constraint inventory_levels__warehouse FOREIGN KEY (seller_id, warehouse_id) REFERENCES warehouses(seller_id, id)
);
alter table inventory_levels enable row level security;
alter table inventory_levels force row level security;
create policy owner on inventory_levels to robnu_owner using (true) with check (true);
create policy platform on inventory_levels to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on inventory_levels to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on inventory_levels as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on inventory_levels to robnu_tenant;

-- table of robnu_owner
create table inventory_movements (
  seller_id uuid not null,
  id uuid not null,
  product_id uuid not null,
  warehouse_id uuid not null,
  delta integer not null,
  on_hand integer not null,
  reason text not null,
  order_item_id uuid,
  actor text not null default app_current_actor(),
  created_at timestamp with time zone not null default now(),
  constraint inventory_movements_pkey PRIMARY KEY (seller_id, id),
  constraint inventory_movements__level FOREIGN KEY (seller_id, product_id, warehouse_id) REFERENCES inventory_levels(seller_id, product_id, warehouse_id),
  constraint inventory_movements__reason CHECK ((reason = ANY (ARRAY['COUNT'::text, 'RECEIVED'::text, 'RETURNED'::text, 'DAMAGED'::text, 'LOST'::text, 'FOUND'::text, 'CORRECTION'::text, 'SHIPPED'::text])))
);
CREATE INDEX inventory_movements__of_product ON inventory_movements USING btree (seller_id, product_id, created_at DESC, id DESC);
alter table inventory_movements enable row level security;
alter table inventory_movements force row level security;
create policy owner on inventory_movements to robnu_owner using (true) with check (true);
create policy platform on inventory_movements to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on inventory_movements to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on inventory_movements as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on inventory_movements to robnu_tenant;

-- table of robnu_owner
create table inventory_reserves (
  seller_id uuid not null,
  product_id uuid not null,
  marketplace_account_id uuid not null,
  quantity integer not null,
  constraint inventory_reserves_pkey PRIMARY KEY (seller_id, product_id, marketplace_account_id),
  constraint inventory_reserves__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint inventory_reserves__product FOREIGN KEY (seller_id, product_id) REFERENCES catalog_products(seller_id, id),
  constraint inventory_reserves__quantity CHECK ((quantity > 0))
);
alter table inventory_reserves enable row level security;
alter table inventory_reserves force row level security;
create policy owner on inventory_reserves to robnu_owner using (true) with check (true);
create policy platform on inventory_reserves to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on inventory_reserves to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on inventory_reserves as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on inventory_reserves to robnu_tenant;

-- table of robnu_owner
create table inventory_tasks (
  seller_id uuid not null,
  order_id uuid not null,
  marketplace_account_id uuid not null,
  changes integer not null default 1,
  created_at timestamp with time zone not null default now(),
  constraint inventory_tasks_pkey PRIMARY KEY (seller_id, order_id)
);
CREATE INDEX inventory_tasks__of_account ON inventory_tasks USING btree (seller_id, marketplace_account_id, created_at, order_id);
alter table inventory_tasks enable row level security;
alter table inventory_tasks force row level security;
create policy owner on inventory_tasks to robnu_owner using (true) with check (true);
create policy platform on inventory_tasks to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on inventory_tasks to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on inventory_tasks as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on inventory_tasks to robnu_tenant;

-- table of robnu_owner
create table invitations (
  seller_id uuid not null,
  id uuid not null,
  email text not null,
  role text not null,
  token_hash bytea not null,
  invited_by_user_id uuid not null,
  created_at timestamp with time zone not null,
  sent_at timestamp with time zone not null,
  mails integer not null default 1,
  expires_at timestamp with time zone not null,
  accepted_at timestamp with time zone,
  accepted_user_id uuid,
  revoked_at timestamp with time zone,
  constraint invitations_pkey PRIMARY KEY (seller_id, id),
  constraint invitations__accepted FOREIGN KEY (seller_id, accepted_user_id) REFERENCES seller_users(seller_id, id),
  constraint invitations__inviter FOREIGN KEY (seller_id, invited_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint invitations_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint invitations__end CHECK (((accepted_at IS NULL) OR (revoked_at IS NULL))),
  constraint invitations__role CHECK ((role = ANY (ARRAY['ADMIN'::text, 'OPERATOR'::text, 'FINANCE'::text, 'VIEWER'::text])))
);
CREATE INDEX invitations__by_token ON invitations USING btree (token_hash) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE UNIQUE INDEX invitations__open ON invitations USING btree (seller_id, email) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
alter table invitations enable row level security;
alter table invitations force row level security;
create policy gate on invitations to robnu_gate using (true) with check (true);
create policy owner on invitations to robnu_owner using (true) with check (true);
create policy platform on invitations to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on invitations to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on invitations as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (revoked_at) on invitations to robnu_gate;
grant select, update (accepted_at), update (accepted_user_id) on invitations to robnu_platform;
grant select (accepted_at), select (accepted_user_id), insert (created_at), select (created_at), insert (email), select (email), insert (expires_at), select (expires_at), update (expires_at), insert (id), select (id), insert (invited_by_user_id), select (invited_by_user_id), select (mails), update (mails), select (revoked_at), update (revoked_at), insert (role), select (role), insert (seller_id), select (seller_id), insert (sent_at), select (sent_at), update (sent_at), insert (token_hash), update (token_hash) on invitations to robnu_tenant;

-- table of robnu_owner
create table invoice_series (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  financial_year text not null,
  series text not null,
  last_number integer not null default 0,
  constraint invoice_series_pkey PRIMARY KEY (seller_id, marketplace_account_id, financial_year),
  constraint invoice_series__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id)
);
alter table invoice_series enable row level security;
alter table invoice_series force row level security;
create policy owner on invoice_series to robnu_owner using (true) with check (true);
create policy platform on invoice_series to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on invoice_series to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on invoice_series as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on invoice_series to robnu_tenant;

-- table of robnu_owner
create table job_runs (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  reason text not null,
  state text not null default 'QUEUED'::text,
  requested_by_user_id uuid,
  window_from timestamp with time zone,
  window_to timestamp with time zone,
  cursor jsonb,
  pages integer not null default 0,
  received integer not null default 0,
  new_rows integer not null default 0,
  changed integer not null default 0,
  unchanged integer not null default 0,
  rejected integer not null default 0,
  rejected_reasons jsonb not null default '{}'::jsonb,
  failure_kind text,
  failure_message text,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  unknown_words jsonb not null default '{}'::jsonb,
  constraint job_runs_pkey PRIMARY KEY (seller_id, id),
  constraint job_runs__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint job_runs__requester FOREIGN KEY (seller_id, requested_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint job_runs__counts CHECK ((received = (((new_rows + changed) + unchanged) + rejected))),
  constraint job_runs__reason CHECK ((reason = ANY (ARRAY['schedule'::text, 'manual'::text, 'backfill'::text, 'push'::text]))),
  constraint job_runs__state CHECK ((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text]))),
  constraint job_runs__window CHECK ((((window_from IS NULL) = (window_to IS NULL)) AND COALESCE((window_from <= window_to), true)))
);
CREATE INDEX job_runs__by_account ON job_runs USING btree (seller_id, marketplace_account_id, id DESC);
alter table job_runs enable row level security;
alter table job_runs force row level security;
create policy gate on job_runs to robnu_gate using (true) with check (true);
create policy owner on job_runs to robnu_owner using (true) with check (true);
create policy platform on job_runs to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on job_runs to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on job_runs as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on job_runs to robnu_gate;
grant select on job_runs to robnu_platform;
grant insert, select, update on job_runs to robnu_tenant;

-- table of robnu_owner
create table key_news (
  seller_id uuid not null,
  id uuid not null,
  kind text not null,
  told_at timestamp with time zone not null default now(),
  written_by xid8 not null default pg_current_xact_id(),
  constraint key_news_pkey PRIMARY KEY (seller_id, id),
  constraint key_news_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint key_news__kind CHECK ((kind = ANY (ARRAY['rotated'::text, 'destroyed'::text])))
);
alter table key_news enable row level security;
alter table key_news force row level security;
create policy owner on key_news to robnu_owner using (true) with check (true);
create policy platform on key_news to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on key_news to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on key_news as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, select, insert (id), insert (kind), insert (seller_id) on key_news to robnu_platform;
grant insert (id), insert (kind), insert (seller_id) on key_news to robnu_tenant;

-- table of robnu_owner
create table key_walks (
  seller_id uuid not null,
  id uuid not null,
  kind text not null,
  state text not null default 'ASKED'::text,
  reason text not null,
  asked_by text not null default app_current_actor(),
  one_in integer not null default 1,
  from_version integer,
  to_version integer,
  turned_at timestamp with time zone,
  not_before timestamp with time zone,
  pass integer not null default 0,
  place text,
  position uuid,
  found bigint not null default 0,
  missed bigint not null default 0,
  unreadable bigint not null default 0,
  opened bigint not null default 0,
  resealed bigint not null default 0,
  faults jsonb not null default '[]'::jsonb,
  failure text,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  constraint key_walks_pkey PRIMARY KEY (seller_id, id),
  constraint key_walks_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint key_walks__ended CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['DONE'::text, 'FAILED'::text])))),
  constraint key_walks__kind CHECK ((kind = ANY (ARRAY['ROTATE'::text, 'VERIFY'::text, 'PRUNE'::text]))),
  constraint key_walks__one_in CHECK (((one_in = 1) OR ((one_in > 1) AND (kind = 'VERIFY'::text)))),
  constraint key_walks__state CHECK ((state = ANY (ARRAY['ASKED'::text, 'WALKING'::text, 'RESTING'::text, 'DONE'::text, 'FAILED'::text]))),
  constraint key_walks__versions CHECK ((from_version < to_version))
);
CREATE UNIQUE INDEX key_walks__open ON key_walks USING btree (seller_id, kind) WHERE (state = ANY (ARRAY['ASKED'::text, 'WALKING'::text, 'RESTING'::text]));
alter table key_walks enable row level security;
alter table key_walks force row level security;
create policy owner on key_walks to robnu_owner using (true) with check (true);
create policy platform on key_walks to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on key_walks to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on key_walks as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, insert (id), insert (kind), insert (one_in), insert (reason), insert (seller_id), insert (to_version) on key_walks to robnu_platform;
grant select, update (ended_at), update (failure), update (faults), update (found), update (from_version), insert (id), insert (kind), update (missed), update (not_before), insert (one_in), update (opened), update (pass), update (place), update (position), insert (reason), update (resealed), insert (seller_id), update (started_at), update (state), insert (to_version), update (to_version), update (turned_at), update (unreadable) on key_walks to robnu_tenant;

-- table of robnu_owner
create table limit_windows (
  key text not null,
  consumed bigint not null,
  ends_at timestamp with time zone not null,
  constraint limit_windows_pkey PRIMARY KEY (key)
);
grant insert, select, update on limit_windows to robnu_gate;
grant delete, select on limit_windows to robnu_platform;

-- table of robnu_owner
create table listing_aliases (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  listing_id uuid not null,
  sku text not null,
  created_at timestamp with time zone not null default now(),
  constraint listing_aliases_pkey PRIMARY KEY (seller_id, id),
  constraint listing_aliases__sku UNIQUE (seller_id, marketplace_account_id, sku),
  constraint listing_aliases__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint listing_aliases__listing FOREIGN KEY (seller_id, listing_id) REFERENCES catalog_listings(seller_id, id),
  constraint listing_aliases__sku_form CHECK (((length(sku) >= 1) AND (length(sku) <= 200)))
);
CREATE INDEX listing_aliases__of_listing ON listing_aliases USING btree (seller_id, listing_id);
alter table listing_aliases enable row level security;
alter table listing_aliases force row level security;
create policy owner on listing_aliases to robnu_owner using (true) with check (true);
create policy platform on listing_aliases to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on listing_aliases to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on listing_aliases as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on listing_aliases to robnu_tenant;

-- table of robnu_owner
create table mail_tokens (
  token_hash bytea not null,
  purpose text not null,
  email text not null,
  identity_id uuid,
  data jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint mail_tokens_pkey PRIMARY KEY (token_hash),
  constraint mail_tokens_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES identities(id),
  constraint mail_tokens__purpose CHECK ((purpose = ANY (ARRAY['SIGN_UP'::text, 'PASSWORD_RESET'::text])))
);
CREATE INDEX mail_tokens__by_email ON mail_tokens USING btree (email, created_at DESC);
CREATE INDEX mail_tokens__by_end ON mail_tokens USING btree (expires_at);
grant delete, insert, select, update on mail_tokens to robnu_platform;

-- table of robnu_owner
create table manifests (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_manifest_id text not null,
  state text not null default 'OPEN'::text,
  closure text not null default 'IMMEDIATE'::text,
  close_at timestamp with time zone,
  dispatch_date date,
  shipment_count integer not null default 0,
  source_updated_at timestamp with time zone not null,
  job_run_id uuid,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  closed_at timestamp with time zone,
  constraint manifests_pkey PRIMARY KEY (seller_id, id),
  constraint manifests__external UNIQUE (seller_id, marketplace_account_id, external_manifest_id),
  constraint manifests__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint manifests__closure CHECK ((closure = ANY (ARRAY['IMMEDIATE'::text, 'DELAYED'::text, 'MANUAL'::text]))),
  constraint manifests__count CHECK ((shipment_count >= 0)),
  constraint manifests__state CHECK ((state = ANY (ARRAY['OPEN'::text, 'CLOSED'::text])))
);
CREATE INDEX manifests__due ON manifests USING btree (close_at) WHERE (state = 'OPEN'::text);
CREATE INDEX manifests__newest ON manifests USING btree (seller_id, created_at DESC, id DESC);
alter table manifests enable row level security;
alter table manifests force row level security;
create policy owner on manifests to robnu_owner using (true) with check (true);
create policy platform on manifests to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on manifests to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on manifests as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select on manifests to robnu_platform;
grant references on manifests to robnu_plugins;
grant insert, select, update on manifests to robnu_tenant;

-- table of robnu_owner
create table marketplace_accounts (
  seller_id uuid not null,
  id uuid not null,
  marketplace_id uuid not null,
  external_account_id text not null,
  name text not null,
  last_validated_at timestamp with time zone,
  last_validation_status text,
  needs_reconnect boolean not null default false,
  reconnect_reason text,
  credentials_version integer not null default 1,
  refresh_lease uuid,
  refresh_lease_until timestamp with time zone,
  created_by_user_id uuid,
  created_at timestamp with time zone not null default now(),
  paused_at timestamp with time zone,
  pause_reason text,
  credentials_given_at timestamp with time zone not null default now(),
  constraint marketplace_accounts_pkey PRIMARY KEY (seller_id, id),
  constraint marketplace_accounts__seller_marketplace_external UNIQUE (seller_id, marketplace_id, external_account_id),
  constraint marketplace_accounts__creator FOREIGN KEY (seller_id, created_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint marketplace_accounts_marketplace_id_fkey FOREIGN KEY (marketplace_id) REFERENCES marketplaces(id),
  constraint marketplace_accounts_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint marketplace_accounts__paused CHECK (((paused_at IS NULL) = (pause_reason IS NULL)))
);
CREATE INDEX marketplace_accounts__external ON marketplace_accounts USING btree (marketplace_id, external_account_id) WHERE (external_account_id <> ''::text);
CREATE INDEX marketplace_accounts__pushed ON marketplace_accounts USING btree (id) WHERE (id IS NOT NULL);
alter table marketplace_accounts enable row level security;
alter table marketplace_accounts force row level security;
create policy gate on marketplace_accounts to robnu_gate using (true) with check (true);
create policy owner on marketplace_accounts to robnu_owner using (true) with check (true);
create policy platform on marketplace_accounts to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on marketplace_accounts to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on marketplace_accounts as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select on marketplace_accounts to robnu_gate;
grant select on marketplace_accounts to robnu_platform;
grant references on marketplace_accounts to robnu_plugins;
grant insert, select, update on marketplace_accounts to robnu_tenant;

-- table of robnu_owner
create table marketplace_credential_events (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  kind text not null,
  message text,
  job_run_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint marketplace_credential_events_pkey PRIMARY KEY (seller_id, id),
  constraint marketplace_credential_events__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint marketplace_credential_events__kind CHECK ((kind = ANY (ARRAY['VERIFIED'::text, 'REFRESHED'::text, 'REFUSED'::text])))
);
CREATE INDEX marketplace_credential_events__by_account ON marketplace_credential_events USING btree (seller_id, marketplace_account_id, created_at DESC);
alter table marketplace_credential_events enable row level security;
alter table marketplace_credential_events force row level security;
create policy owner on marketplace_credential_events to robnu_owner using (true) with check (true);
create policy platform on marketplace_credential_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on marketplace_credential_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on marketplace_credential_events as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on marketplace_credential_events to robnu_tenant;

-- table of robnu_owner
create table marketplace_payouts (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_payout_id text not null,
  settlement_state text not null,
  state_rank smallint not null,
  raw_status text not null,
  status text not null default 'PENDING'::text,
  amount numeric(14,4),
  lines_amount numeric(14,4) not null default 0,
  line_count integer not null default 0,
  currency text not null,
  period_from date,
  period_to date,
  paid_on date,
  settles_on date not null,
  forecast boolean not null default false,
  storage_key text,
  sha256 bytea,
  source_updated_at timestamp with time zone not null,
  content_hash bytea not null,
  job_run_id uuid not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint marketplace_payouts_pkey PRIMARY KEY (seller_id, id),
  constraint marketplace_payouts__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint marketplace_payouts__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint marketplace_payouts__state CHECK ((settlement_state = ANY (ARRAY['OPEN'::text, 'RELEASED'::text, 'PAID'::text]))),
  constraint marketplace_payouts__status CHECK ((status = ANY (ARRAY['PENDING'::text, 'RECONCILED'::text, 'DISPUTED'::text])))
);
CREATE UNIQUE INDEX marketplace_payouts__external ON marketplace_payouts USING btree (seller_id, marketplace_account_id, external_payout_id text_pattern_ops);
CREATE INDEX marketplace_payouts__newest ON marketplace_payouts USING btree (seller_id, settles_on DESC, id DESC);
CREATE INDEX marketplace_payouts__newest_of_account ON marketplace_payouts USING btree (seller_id, marketplace_account_id, settles_on DESC, id DESC);
alter table marketplace_payouts enable row level security;
alter table marketplace_payouts force row level security;
create policy owner on marketplace_payouts to robnu_owner using (true) with check (true);
create policy platform on marketplace_payouts to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on marketplace_payouts to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on marketplace_payouts as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on marketplace_payouts to robnu_plugins;
grant delete, insert, select, update on marketplace_payouts to robnu_tenant;

-- table of robnu_owner
create table marketplaces (
  id uuid not null,
  code text not null,
  name text not null,
  plugin_id text not null,
  created_at timestamp with time zone not null default now(),
  buyer_days integer,
  constraint marketplaces_pkey PRIMARY KEY (id),
  constraint marketplaces__code UNIQUE (code),
  constraint marketplaces__buyer_days CHECK (((buyer_days >= 1) AND (buyer_days <= 180)))
);
grant select on marketplaces to robnu_gate;
grant select on marketplaces to robnu_platform;
grant select on marketplaces to robnu_tenant;

-- table of robnu_owner
create table order_documents (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  order_id uuid,
  shipment_id uuid,
  manifest_id uuid,
  type text not null,
  source text not null,
  storage_object_id uuid,
  batch_id uuid,
  quantities jsonb,
  created_at timestamp with time zone not null default now(),
  superseded_at timestamp with time zone,
  erased_at timestamp with time zone,
  constraint order_documents_pkey PRIMARY KEY (seller_id, id),
  constraint order_documents__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint order_documents__batch FOREIGN KEY (seller_id, batch_id) REFERENCES batches(seller_id, id),
  constraint order_documents__manifest FOREIGN KEY (seller_id, manifest_id) REFERENCES manifests(seller_id, id),
  constraint order_documents__object FOREIGN KEY (seller_id, storage_object_id) REFERENCES storage_objects(seller_id, id),
  constraint order_documents__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id),
  constraint order_documents__shipment FOREIGN KEY (seller_id, shipment_id) REFERENCES shipments(seller_id, id),
  constraint order_documents__erased CHECK (((storage_object_id IS NULL) = (erased_at IS NOT NULL))),
  constraint order_documents__of_one CHECK ((num_nonnulls(order_id, manifest_id) = 1)),
  constraint order_documents__source CHECK ((source = ANY (ARRAY['RENDERED'::text, 'MARKETPLACE'::text]))),
  constraint order_documents__type CHECK ((type = ANY (ARRAY['PACKING_SLIP'::text, 'VENDOR_INVOICE'::text, 'CUSTOMER_INVOICE'::text, 'LABEL'::text, 'MANIFEST'::text, 'POB'::text])))
);
CREATE INDEX order_documents__invoices ON order_documents USING btree (seller_id, marketplace_account_id, created_at) WHERE ((type = 'CUSTOMER_INVOICE'::text) AND (storage_object_id IS NOT NULL));
CREATE INDEX order_documents__of_manifest ON order_documents USING btree (seller_id, manifest_id);
CREATE INDEX order_documents__of_object ON order_documents USING btree (seller_id, storage_object_id);
CREATE INDEX order_documents__of_order ON order_documents USING btree (seller_id, order_id) WHERE (storage_object_id IS NOT NULL);
CREATE UNIQUE INDEX order_documents__one ON order_documents USING btree (seller_id, order_id, manifest_id, type) NULLS NOT DISTINCT WHERE (superseded_at IS NULL);
alter table order_documents enable row level security;
alter table order_documents force row level security;
create policy gate on order_documents to robnu_gate using (true) with check (true);
create policy owner on order_documents to robnu_owner using (true) with check (true);
create policy platform on order_documents to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_documents to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_documents as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select (created_at), select (marketplace_account_id), select (order_id), select (seller_id), select (storage_object_id), select (type) on order_documents to robnu_gate;
grant references on order_documents to robnu_plugins;
grant insert, select, update on order_documents to robnu_tenant;

-- table of robnu_owner
create table order_events (
  seller_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  kind text not null,
  state text,
  raw text,
  at timestamp with time zone not null,
  job_run_id uuid,
  actor text,
  data jsonb,
  created_at timestamp with time zone not null default now(),
  constraint order_events_pkey PRIMARY KEY (seller_id, id),
  constraint order_events__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id) ON DELETE CASCADE
);
CREATE INDEX order_events__of_order ON order_events USING btree (seller_id, order_id, at, id);
alter table order_events enable row level security;
alter table order_events force row level security;
create policy owner on order_events to robnu_owner using (true) with check (true);
create policy platform on order_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_events as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on order_events to robnu_tenant;

-- table of robnu_owner
create table order_index_walks (
  seller_id uuid not null,
  passes_left integer not null default 2,
  position uuid,
  due_at timestamp with time zone not null default now(),
  constraint order_index_walks_pkey PRIMARY KEY (seller_id),
  constraint order_index_walks_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint order_index_walks__passes CHECK ((passes_left > 0))
);
alter table order_index_walks enable row level security;
alter table order_index_walks force row level security;
create policy owner on order_index_walks to robnu_owner using (true) with check (true);
create policy platform on order_index_walks to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_index_walks to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_index_walks as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (due_at) on order_index_walks to robnu_platform;
grant delete, select, update (due_at), update (passes_left), update (position) on order_index_walks to robnu_tenant;

-- table of robnu_owner
create table order_invoices (
  seller_id uuid not null,
  order_id uuid not null,
  marketplace_account_id uuid not null,
  financial_year text not null,
  number integer not null,
  invoice_number text not null,
  gstin text,
  invoice_date date not null,
  created_at timestamp with time zone not null default now(),
  constraint order_invoices_pkey PRIMARY KEY (seller_id, order_id),
  constraint order_invoices__number UNIQUE (seller_id, marketplace_account_id, financial_year, number),
  constraint order_invoices__of_gstin UNIQUE (seller_id, gstin, invoice_number),
  constraint order_invoices__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id),
  constraint order_invoices__length CHECK ((length(invoice_number) <= 16))
);
alter table order_invoices enable row level security;
alter table order_invoices force row level security;
create policy owner on order_invoices to robnu_owner using (true) with check (true);
create policy platform on order_invoices to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_invoices to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_invoices as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on order_invoices to robnu_tenant;

-- table of robnu_owner
create table order_items (
  seller_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  line integer not null,
  external_item_id text not null,
  sku text,
  listing_id text,
  title text,
  quantity integer not null,
  total_paise bigint,
  cancelled_quantity integer not null default 0,
  hsn text,
  gst_rate_bp integer,
  constraint order_items_pkey PRIMARY KEY (seller_id, id),
  constraint order_items__external UNIQUE (seller_id, order_id, external_item_id),
  constraint order_items__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id) ON DELETE CASCADE,
  constraint order_items__cancelled CHECK (((cancelled_quantity >= 0) AND (cancelled_quantity <= quantity))),
  constraint order_items__quantity CHECK ((quantity >= 0))
);
alter table order_items enable row level security;
alter table order_items force row level security;
create policy owner on order_items to robnu_owner using (true) with check (true);
create policy platform on order_items to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_items to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_items as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on order_items to robnu_plugins;
grant delete, insert, select, update on order_items to robnu_tenant;

-- table of robnu_owner
create table order_return_events (
  seller_id uuid not null,
  id uuid not null,
  order_return_id uuid not null,
  status text,
  raw_status text not null,
  at timestamp with time zone not null,
  job_run_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint order_return_events_pkey PRIMARY KEY (seller_id, id),
  constraint order_return_events__return FOREIGN KEY (seller_id, order_return_id) REFERENCES order_returns(seller_id, id) ON DELETE CASCADE
);
CREATE INDEX order_return_events__of_return ON order_return_events USING btree (seller_id, order_return_id, at, id);
alter table order_return_events enable row level security;
alter table order_return_events force row level security;
create policy owner on order_return_events to robnu_owner using (true) with check (true);
create policy platform on order_return_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_return_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_return_events as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on order_return_events to robnu_tenant;

-- table of robnu_owner
create table order_return_items (
  seller_id uuid not null,
  id uuid not null,
  order_return_id uuid not null,
  external_item_id text not null,
  order_item_external_id text,
  sku text,
  quantity integer not null,
  condition text,
  constraint order_return_items_pkey PRIMARY KEY (seller_id, id),
  constraint order_return_items__return FOREIGN KEY (seller_id, order_return_id) REFERENCES order_returns(seller_id, id) ON DELETE CASCADE,
  constraint order_return_items__quantity CHECK ((quantity >= 0))
);
CREATE INDEX order_return_items__of_return ON order_return_items USING btree (seller_id, order_return_id);
alter table order_return_items enable row level security;
alter table order_return_items force row level security;
create policy owner on order_return_items to robnu_owner using (true) with check (true);
create policy platform on order_return_items to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_return_items to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_return_items as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on order_return_items to robnu_tenant;

-- table of robnu_owner
create table order_returns (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_return_id text not null,
  order_id uuid,
  order_external_id text not null,
  order_dedup_key text not null,
  kind text not null,
  status text not null,
  status_rank smallint not null,
  internal_status text,
  raw_status text not null,
  reason text,
  initiated_at timestamp with time zone not null,
  delivered_at timestamp with time zone,
  received_at timestamp with time zone,
  received_by_user_id uuid,
  claim_due_at timestamp with time zone,
  shipment_external_id text,
  shipment_id uuid,
  credit_note_number text,
  credit_note_at timestamp with time zone,
  credit_note_paise bigint,
  source_updated_at timestamp with time zone not null,
  content_hash bytea not null,
  job_run_id uuid not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint order_returns_pkey PRIMARY KEY (seller_id, id),
  constraint order_returns__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint order_returns__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id),
  constraint order_returns__receiver FOREIGN KEY (seller_id, received_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint order_returns__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint order_returns__shipment FOREIGN KEY (seller_id, shipment_id) REFERENCES shipments(seller_id, id),
  constraint order_returns__internal CHECK ((internal_status = ANY (ARRAY['received'::text, 'claim_pending'::text]))),
  constraint order_returns__kind CHECK ((kind = ANY (ARRAY['CUSTOMER_RETURN'::text, 'RTO'::text, 'EXCHANGE'::text]))),
  constraint order_returns__status CHECK ((status = ANY (ARRAY['INITIATED'::text, 'PICKED_UP'::text, 'IN_TRANSIT'::text, 'DELIVERED'::text, 'PROCESSED'::text, 'CREDITED'::text, 'CANCELLED'::text])))
);
CREATE INDEX order_returns__claim_due ON order_returns USING btree (seller_id, claim_due_at);
CREATE UNIQUE INDEX order_returns__external ON order_returns USING btree (seller_id, marketplace_account_id, external_return_id text_pattern_ops);
CREATE INDEX order_returns__newest ON order_returns USING btree (seller_id, initiated_at DESC, id DESC);
CREATE INDEX order_returns__newest_of_account ON order_returns USING btree (seller_id, marketplace_account_id, initiated_at DESC, id DESC);
CREATE INDEX order_returns__of_key ON order_returns USING btree (seller_id, order_dedup_key);
CREATE INDEX order_returns__of_order ON order_returns USING btree (seller_id, order_id);
CREATE INDEX order_returns__unlinked ON order_returns USING btree (seller_id, marketplace_account_id, shipment_external_id) WHERE ((shipment_id IS NULL) AND (shipment_external_id IS NOT NULL));
alter table order_returns enable row level security;
alter table order_returns force row level security;
create policy owner on order_returns to robnu_owner using (true) with check (true);
create policy platform on order_returns to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on order_returns to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on order_returns as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on order_returns to robnu_plugins;
grant insert, select, update on order_returns to robnu_tenant;

-- table of robnu_owner
create table orders (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_order_id text not null,
  status text not null,
  status_rank smallint not null,
  raw_status text not null,
  on_hold boolean not null,
  ordered_at timestamp with time zone not null,
  source_updated_at timestamp with time zone not null,
  ship_by timestamp with time zone,
  currency text not null,
  total_paise bigint,
  fulfilled_by text,
  state_code text,
  item_count integer not null,
  customer_name_enc bytea,
  customer_phone_enc bytea,
  customer_email_enc bytea,
  address_enc bytea,
  content_hash bytea not null,
  job_run_id uuid not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  dedup_key text,
  process_after timestamp with time zone,
  told_status text,
  own_status text,
  own_at timestamp with time zone,
  parcel_status text,
  parcel_at timestamp with time zone,
  parcel_count integer not null default 0,
  customer_phone_idx bytea,
  customer_email_idx bytea,
  customer_erased_at timestamp with time zone,
  constraint orders_pkey PRIMARY KEY (seller_id, id),
  constraint orders__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint orders__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint orders__blind CHECK (((octet_length(customer_phone_idx) = 16) AND (octet_length(customer_email_idx) = 16))),
  constraint orders__erased CHECK (((customer_erased_at IS NULL) OR (num_nonnulls(customer_name_enc, customer_phone_enc, customer_email_enc, address_enc, customer_phone_idx, customer_email_idx) = 0))),
  constraint orders__fulfilled_by CHECK ((fulfilled_by = ANY (ARRAY['SELLER'::text, 'MARKETPLACE'::text]))),
  constraint orders__status CHECK ((status = ANY (ARRAY['NEW'::text, 'ACKNOWLEDGED'::text, 'PACKED'::text, 'READY_TO_SHIP'::text, 'MANIFESTED'::text, 'SHIPPED'::text, 'OUT_FOR_DELIVERY'::text, 'DELIVERED'::text, 'CANCELLED'::text, 'RTO_IN_TRANSIT'::text, 'RTO_RECEIVED'::text, 'LOST'::text]))),
  constraint orders__total CHECK (((total_paise >= '-9007199254740991'::bigint) AND (total_paise <= '9007199254740991'::bigint)))
);
CREATE UNIQUE INDEX orders__account_external ON orders USING btree (seller_id, marketplace_account_id, external_order_id text_pattern_ops);
CREATE INDEX orders__buyers_kept ON orders USING btree (seller_id, marketplace_account_id, created_at) WHERE (customer_erased_at IS NULL);
CREATE INDEX orders__buyers_over ON orders USING btree (seller_id, marketplace_account_id, COALESCE(LEAST(
CASE
    WHEN (own_status = status) THEN own_at
    ELSE NULL::timestamp with time zone
END,
CASE
    WHEN (parcel_status = status) THEN parcel_at
    ELSE NULL::timestamp with time zone
END), source_updated_at)) WHERE ((customer_erased_at IS NULL) AND (status = ANY (ARRAY['DELIVERED'::text, 'CANCELLED'::text, 'RTO_RECEIVED'::text, 'LOST'::text])));
CREATE INDEX orders__buyers_silent ON orders USING btree (seller_id, marketplace_account_id, (
CASE
    WHEN (status = ANY (ARRAY['SHIPPED'::text, 'OUT_FOR_DELIVERY'::text, 'RTO_IN_TRANSIT'::text])) THEN COALESCE(GREATEST(own_at, parcel_at), source_updated_at)
    ELSE GREATEST(source_updated_at, own_at, parcel_at, ship_by)
END)) WHERE ((customer_erased_at IS NULL) AND (status <> ALL (ARRAY['DELIVERED'::text, 'CANCELLED'::text, 'RTO_RECEIVED'::text, 'LOST'::text])));
CREATE INDEX orders__by_email ON orders USING btree (seller_id, customer_email_idx, ordered_at DESC) WHERE (customer_email_idx IS NOT NULL);
CREATE INDEX orders__by_phone ON orders USING btree (seller_id, customer_phone_idx, ordered_at DESC) WHERE (customer_phone_idx IS NOT NULL);
CREATE INDEX orders__dedup ON orders USING btree (seller_id, dedup_key);
CREATE INDEX orders__newest ON orders USING btree (seller_id, ordered_at DESC, id DESC);
CREATE INDEX orders__newest_of_account ON orders USING btree (seller_id, marketplace_account_id, ordered_at DESC, id DESC);
CREATE INDEX orders__newest_of_status ON orders USING btree (seller_id, status, ordered_at DESC, id DESC);
alter table orders enable row level security;
alter table orders force row level security;
create policy gate on orders to robnu_gate using (true) with check (true);
create policy owner on orders to robnu_owner using (true) with check (true);
create policy platform on orders to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on orders to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on orders as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select (created_at), select (customer_erased_at), select (id), select (marketplace_account_id), select (own_at), select (own_status), select (parcel_at), select (parcel_status), select (seller_id), select (ship_by), select (source_updated_at), select (status) on orders to robnu_gate;
grant references on orders to robnu_plugins;
grant insert, select, update on orders to robnu_tenant;
CREATE TRIGGER orders__stock_changed AFTER UPDATE ON orders REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_changed_orders();
CREATE TRIGGER orders__stock_new AFTER INSERT ON orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_new_orders();

-- table of robnu_owner
create table org_audit_events (
  org_id uuid not null,
  seq bigint not null,
  at timestamp with time zone not null,
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
  constraint org_audit_events_pkey PRIMARY KEY (org_id, seq),
  constraint org_audit_events_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  constraint org_audit_events__data CHECK ((data IS JSON OBJECT))
);
CREATE INDEX org_audit_events__by_target ON org_audit_events USING btree (org_id, target, seq);
grant insert, select on org_audit_events to robnu_gate;
grant select on org_audit_events to robnu_platform;
CREATE TRIGGER org_audit_events__append_only BEFORE DELETE OR UPDATE ON org_audit_events FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER org_audit_events__no_truncate BEFORE TRUNCATE ON org_audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- table of robnu_owner
create table org_audit_heads (
  org_id uuid not null,
  seq bigint not null,
  hash bytea not null,
  constraint org_audit_heads_pkey PRIMARY KEY (org_id),
  constraint org_audit_heads_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id)
);
grant insert, select, update on org_audit_heads to robnu_gate;
grant select on org_audit_heads to robnu_platform;

-- table of robnu_owner
create table orgs (
  id uuid not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint orgs_pkey PRIMARY KEY (id)
);
grant insert, select on orgs to robnu_platform;

-- table of robnu_owner
create table outbox (
  seller_id uuid not null,
  id uuid not null,
  queue text not null,
  group_key text not null,
  body jsonb not null,
  not_before timestamp with time zone not null default now(),
  created_at timestamp with time zone not null default clock_timestamp(),
  claimed_until timestamp with time zone,
  sent_at timestamp with time zone,
  constraint outbox_pkey PRIMARY KEY (seller_id, id),
  constraint outbox_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id)
);
CREATE INDEX outbox__sent ON outbox USING btree (sent_at) WHERE (sent_at IS NOT NULL);
CREATE INDEX outbox__unsent ON outbox USING btree (not_before) WHERE (sent_at IS NULL);
alter table outbox enable row level security;
alter table outbox force row level security;
create policy gate on outbox to robnu_gate using (true) with check (true);
create policy owner on outbox to robnu_owner using (true) with check (true);
create policy platform on outbox to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on outbox to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on outbox as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on outbox to robnu_gate;
grant delete, insert, select, update on outbox to robnu_platform;
grant insert on outbox to robnu_tenant;

-- table of robnu_owner
create table payout_line_items (
  seller_id uuid not null,
  id uuid not null,
  marketplace_payout_id uuid not null,
  external_line_id text not null,
  kind text not null,
  order_dedup_key text,
  order_external_id text,
  item_external_id text,
  return_external_id text,
  awb text,
  gross_amount numeric(14,4) not null,
  deductions numeric(14,4) not null,
  fees numeric(14,4) not null,
  taxes numeric(14,4) not null,
  net_amount numeric(14,4) not null,
  deduction_reason text,
  at timestamp with time zone,
  content_hash bytea not null,
  constraint payout_line_items_pkey PRIMARY KEY (seller_id, id),
  constraint payout_line_items__payout FOREIGN KEY (seller_id, marketplace_payout_id) REFERENCES marketplace_payouts(seller_id, id) ON DELETE CASCADE,
  constraint payout_line_items__sum CHECK ((net_amount = (((gross_amount + deductions) + fees) + taxes)))
);
CREATE INDEX payout_line_items__of_order ON payout_line_items USING btree (seller_id, order_dedup_key);
CREATE INDEX payout_line_items__of_payout ON payout_line_items USING btree (seller_id, marketplace_payout_id, external_line_id);
alter table payout_line_items enable row level security;
alter table payout_line_items force row level security;
create policy owner on payout_line_items to robnu_owner using (true) with check (true);
create policy platform on payout_line_items to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on payout_line_items to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on payout_line_items as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on payout_line_items to robnu_tenant;

-- table of robnu_owner
create table permission_overrides (
  seller_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  permission text not null,
  effect text not null,
  marketplace_account_id uuid,
  reason text not null,
  expires_at timestamp with time zone,
  created_by_user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint permission_overrides_pkey PRIMARY KEY (seller_id, id),
  constraint permission_overrides__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint permission_overrides__maker FOREIGN KEY (seller_id, created_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint permission_overrides__user FOREIGN KEY (seller_id, user_id) REFERENCES seller_users(seller_id, id),
  constraint permission_overrides__effect CHECK ((effect = ANY (ARRAY['GRANT'::text, 'DENY'::text]))),
  constraint permission_overrides__not_oneself CHECK ((user_id <> created_by_user_id))
);
CREATE INDEX permission_overrides__by_user ON permission_overrides USING btree (seller_id, user_id);
alter table permission_overrides enable row level security;
alter table permission_overrides force row level security;
create policy gate on permission_overrides to robnu_gate using (true) with check (true);
create policy owner on permission_overrides to robnu_owner using (true) with check (true);
create policy platform on permission_overrides to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on permission_overrides to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on permission_overrides as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select on permission_overrides to robnu_gate;
grant delete, insert, select on permission_overrides to robnu_tenant;
CREATE TRIGGER permission_overrides__authz AFTER INSERT OR DELETE OR UPDATE ON permission_overrides FOR EACH ROW EXECUTE FUNCTION overrides_move_authz();

-- table of robnu_owner
create table plan_usage (
  seller_id uuid not null,
  day date not null,
  orders integer not null,
  limit_reached_at timestamp with time zone,
  constraint plan_usage_pkey PRIMARY KEY (seller_id, day),
  constraint plan_usage_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint plan_usage__orders CHECK ((orders >= 0))
);
alter table plan_usage enable row level security;
alter table plan_usage force row level security;
create policy owner on plan_usage to robnu_owner using (true) with check (true);
create policy platform on plan_usage to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on plan_usage to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on plan_usage as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on plan_usage to robnu_tenant;

-- table of robnu_owner
create table plugin_file_parts (
  seller_id uuid not null,
  file_id uuid not null,
  part integer not null,
  etag text not null,
  byte_size integer not null,
  sha256 bytea not null,
  constraint plugin_file_parts_pkey PRIMARY KEY (seller_id, file_id, part),
  constraint plugin_file_parts__file FOREIGN KEY (seller_id, file_id) REFERENCES plugin_files(seller_id, id) ON DELETE CASCADE,
  constraint plugin_file_parts__part CHECK (((part >= 1) AND (part <= 10000))),
  constraint plugin_file_parts__sha256 CHECK ((length(sha256) = 32))
);
alter table plugin_file_parts enable row level security;
alter table plugin_file_parts force row level security;
create policy owner on plugin_file_parts to robnu_owner using (true) with check (true);
create policy platform on plugin_file_parts to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on plugin_file_parts to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on plugin_file_parts as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on plugin_file_parts to robnu_tenant;

-- table of robnu_owner
create table plugin_files (
  seller_id uuid not null,
  id uuid not null,
  plugin_id text not null,
  upload_id text,
  writer uuid not null,
  keep_days integer not null,
  written_at timestamp with time zone not null default now(),
  ends_at timestamp with time zone,
  constraint plugin_files_pkey PRIMARY KEY (seller_id, id),
  constraint plugin_files__object FOREIGN KEY (seller_id, id) REFERENCES storage_objects(seller_id, id) ON DELETE CASCADE,
  constraint plugin_files__kept CHECK (((keep_days >= 1) AND (keep_days <= 366)))
);
CREATE INDEX plugin_files__ending ON plugin_files USING btree (ends_at) WHERE (ends_at IS NOT NULL);
alter table plugin_files enable row level security;
alter table plugin_files force row level security;
create policy owner on plugin_files to robnu_owner using (true) with check (true);
create policy platform on plugin_files to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on plugin_files to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on plugin_files as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (ends_at) on plugin_files to robnu_platform;
grant insert, select, update on plugin_files to robnu_tenant;

-- table of robnu_owner
create table plugin_states (
  process_id uuid not null,
  plugin_id text not null,
  parts text not null,
  state text not null,
  version text,
  trust text not null,
  generation bigint not null,
  cause text,
  since timestamp with time zone not null,
  seen_at timestamp with time zone not null default clock_timestamp(),
  constraint plugin_states_pkey PRIMARY KEY (process_id, plugin_id),
  constraint plugin_states__state CHECK ((state = ANY (ARRAY['starting'::text, 'running'::text, 'draining'::text, 'disabled'::text, 'failed'::text, 'restart-needed'::text])))
);
grant delete, insert, select, update on plugin_states to robnu_platform;

-- table of robnu_owner
create table plugins (
  id text not null,
  use text not null,
  enabled boolean not null,
  version text not null,
  trust text not null,
  integrity text,
  generation bigint not null default 1,
  reason text not null,
  changed_at timestamp with time zone not null default clock_timestamp(),
  changed_by text not null,
  constraint plugins_pkey PRIMARY KEY (id),
  constraint plugins__id CHECK ((id ~ '^[a-z][a-z0-9_]{1,30}$'::text)),
  constraint plugins__trust CHECK ((trust = ANY (ARRAY['in-process'::text, 'isolated'::text])))
);
grant select on plugins to robnu_gate;
grant insert, select, update on plugins to robnu_platform;

-- table of robnu_owner
create table processing_steps (
  seller_id uuid not null,
  id uuid not null,
  batch_id uuid not null,
  order_id uuid,
  step text not null,
  seq integer not null,
  outcome text not null,
  code text,
  message text,
  output jsonb,
  attempts integer not null default 0,
  started_at timestamp with time zone not null default now(),
  ended_at timestamp with time zone,
  constraint processing_steps_pkey PRIMARY KEY (seller_id, id),
  constraint processing_steps__once UNIQUE NULLS NOT DISTINCT (seller_id, batch_id, order_id, step),
  constraint processing_steps__seq UNIQUE (seller_id, batch_id, seq),
  constraint processing_steps__batch FOREIGN KEY (seller_id, batch_id) REFERENCES batches(seller_id, id),
  constraint processing_steps__order FOREIGN KEY (seller_id, batch_id, order_id) REFERENCES batch_orders(seller_id, batch_id, order_id),
  constraint processing_steps__ended CHECK (((outcome = 'started'::text) = (ended_at IS NULL))),
  constraint processing_steps__outcome CHECK ((outcome = ANY (ARRAY['started'::text, 'done'::text, 'held'::text, 'failed'::text])))
);
alter table processing_steps enable row level security;
alter table processing_steps force row level security;
create policy owner on processing_steps to robnu_owner using (true) with check (true);
create policy platform on processing_steps to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on processing_steps to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on processing_steps as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on processing_steps to robnu_tenant;

-- table of robnu_owner
create table push_events (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  event_id text not null,
  target text not null,
  received_at timestamp with time zone not null default clock_timestamp(),
  constraint push_events_pkey PRIMARY KEY (seller_id, marketplace_account_id, event_id),
  constraint push_events__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint push_events__event CHECK (((length(event_id) >= 1) AND (length(event_id) <= 200)))
);
CREATE INDEX push_events__old ON push_events USING btree (received_at) WHERE (received_at IS NOT NULL);
alter table push_events enable row level security;
alter table push_events force row level security;
create policy owner on push_events to robnu_owner using (true) with check (true);
create policy platform on push_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on push_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on push_events as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select on push_events to robnu_platform;
grant insert, select on push_events to robnu_tenant;

-- table of robnu_owner
create table quarantined_rows (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  external_key text,
  reason text not null,
  raw_enc bytea,
  job_run_id uuid not null,
  created_at timestamp with time zone not null default now(),
  raw_erased_at timestamp with time zone,
  buyers_idx bytea,
  constraint quarantined_rows_pkey PRIMARY KEY (seller_id, id),
  constraint quarantined_rows__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint quarantined_rows__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint quarantined_rows__blind CHECK ((((octet_length(buyers_idx) % 16) = 0) AND ((buyers_idx IS NULL) OR (raw_enc IS NOT NULL)))),
  constraint quarantined_rows__erased CHECK (((raw_enc IS NULL) = (raw_erased_at IS NOT NULL)))
);
CREATE INDEX quarantined_rows__by_account ON quarantined_rows USING btree (seller_id, marketplace_account_id, created_at DESC);
CREATE INDEX quarantined_rows__key ON quarantined_rows USING btree (seller_id, marketplace_account_id, external_key) WHERE (raw_erased_at IS NULL);
CREATE INDEX quarantined_rows__raw ON quarantined_rows USING btree (seller_id, marketplace_account_id, created_at) WHERE (raw_erased_at IS NULL);
alter table quarantined_rows enable row level security;
alter table quarantined_rows force row level security;
create policy gate on quarantined_rows to robnu_gate using (true) with check (true);
create policy owner on quarantined_rows to robnu_owner using (true) with check (true);
create policy platform on quarantined_rows to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on quarantined_rows to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on quarantined_rows as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select (created_at), select (marketplace_account_id), select (raw_erased_at), select (seller_id) on quarantined_rows to robnu_gate;
grant insert, select, update (buyers_idx), update (raw_enc), update (raw_erased_at) on quarantined_rows to robnu_tenant;

-- table of robnu_owner
create table rate_buckets (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  operation text not null,
  tokens double precision not null,
  at_ms bigint not null,
  rate double precision not null,
  constraint rate_buckets_pkey PRIMARY KEY (seller_id, marketplace_account_id, operation),
  constraint rate_buckets__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id)
);
alter table rate_buckets enable row level security;
alter table rate_buckets force row level security;
create policy owner on rate_buckets to robnu_owner using (true) with check (true);
create policy platform on rate_buckets to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on rate_buckets to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on rate_buckets as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on rate_buckets to robnu_tenant;

-- table of robnu_owner
create table raw_payloads (
  seller_id uuid not null,
  id uuid not null,
  storage_object_id uuid not null,
  marketplace_code text not null,
  hour timestamp with time zone not null,
  number integer,
  joins integer,
  lines integer not null,
  created_at timestamp with time zone not null default now(),
  constraint raw_payloads_pkey PRIMARY KEY (seller_id, id),
  constraint raw_payloads__number UNIQUE (seller_id, marketplace_code, hour, number),
  constraint raw_payloads__object FOREIGN KEY (seller_id, storage_object_id) REFERENCES storage_objects(seller_id, id) ON DELETE CASCADE,
  constraint raw_payloads__hour CHECK ((hour = date_trunc('hour'::text, hour, 'UTC'::text))),
  constraint raw_payloads__joins CHECK (((number IS NULL) OR (joins IS NULL))),
  constraint raw_payloads__lines CHECK ((lines > 0)),
  constraint raw_payloads__numbers CHECK (((number > 0) AND (joins > 0)))
);
CREATE INDEX raw_payloads__of_object ON raw_payloads USING btree (seller_id, storage_object_id);
CREATE INDEX raw_payloads__parts ON raw_payloads USING btree (hour) WHERE (number IS NULL);
alter table raw_payloads enable row level security;
alter table raw_payloads force row level security;
create policy owner on raw_payloads to robnu_owner using (true) with check (true);
create policy platform on raw_payloads to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on raw_payloads to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on raw_payloads as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select on raw_payloads to robnu_platform;
grant delete, insert, select, update (joins) on raw_payloads to robnu_tenant;

-- table of robnu_owner
create table recovery_codes (
  identity_id uuid not null,
  code_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  used_at timestamp with time zone,
  constraint recovery_codes_pkey PRIMARY KEY (identity_id, code_hash),
  constraint recovery_codes_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES identities(id)
);
grant select, update (used_at) on recovery_codes to robnu_gate;
grant delete, insert, select on recovery_codes to robnu_platform;

-- table of robnu_owner
create table return_awbs (
  seller_id uuid not null,
  id uuid not null,
  order_return_id uuid not null,
  awb text not null,
  carrier text,
  constraint return_awbs_pkey PRIMARY KEY (seller_id, id),
  constraint return_awbs__once UNIQUE (seller_id, order_return_id, awb),
  constraint return_awbs__return FOREIGN KEY (seller_id, order_return_id) REFERENCES order_returns(seller_id, id) ON DELETE CASCADE
);
CREATE INDEX return_awbs__by_awb ON return_awbs USING btree (seller_id, awb text_pattern_ops);
alter table return_awbs enable row level security;
alter table return_awbs force row level security;
create policy owner on return_awbs to robnu_owner using (true) with check (true);
create policy platform on return_awbs to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on return_awbs to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on return_awbs as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on return_awbs to robnu_tenant;

-- table of robnu_owner
create table schedules (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  cron text not null,
  paused boolean not null default false,
  next_run_at timestamp with time zone not null,
  constraint schedules_pkey PRIMARY KEY (seller_id, marketplace_account_id, target),
  constraint schedules__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id)
);
CREATE INDEX schedules__due ON schedules USING btree (next_run_at) WHERE (NOT paused);
alter table schedules enable row level security;
alter table schedules force row level security;
create policy gate on schedules to robnu_gate using (true) with check (true);
create policy owner on schedules to robnu_owner using (true) with check (true);
create policy platform on schedules to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on schedules to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on schedules as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, select on schedules to robnu_gate;
grant select, update on schedules to robnu_platform;
grant insert, select, update on schedules to robnu_tenant;

-- table of robnu_owner
create table schema_migrations (
  line text not null,
  number integer not null,
  name text not null,
  checksum text not null,
  breaking boolean not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint schema_migrations_pkey PRIMARY KEY (line, number)
);

-- table of robnu_owner
create table scope_keys (
  id bytea not null,
  inner_block bytea not null,
  outer_block bytea not null,
  taken_at timestamp with time zone not null default clock_timestamp(),
  constraint scope_keys_pkey PRIMARY KEY (id),
  constraint scope_keys__blocks CHECK (((octet_length(inner_block) = 64) AND (octet_length(outer_block) = 64)))
);
grant select on scope_keys to robnu_gate;

-- table of robnu_owner
create table seller_keys (
  seller_id uuid not null,
  purpose text not null,
  version integer not null,
  wrapped bytea not null,
  kms_alias text,
  state text not null default 'CURRENT'::text,
  uses bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  root integer,
  wrapped_at timestamp with time zone not null default now(),
  constraint seller_keys_pkey PRIMARY KEY (seller_id, purpose, version),
  constraint seller_keys_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint seller_keys__destroyed CHECK (((state = 'DESTROYED'::text) = (length(wrapped) = 0))),
  constraint seller_keys__month CHECK (((purpose <> 'archive'::text) OR ((((version % 100) >= 1) AND ((version % 100) <= 12)) AND ((version >= 200001) AND (version <= 999912))))),
  constraint seller_keys__purpose CHECK ((purpose = ANY (ARRAY['root'::text, 'seal'::text, 'index'::text, 'hash'::text, 'archive'::text]))),
  constraint seller_keys__root CHECK (((root IS NULL) OR ((root > 0) AND (purpose <> 'root'::text)))),
  constraint seller_keys__state CHECK ((state = ANY (ARRAY['CURRENT'::text, 'RETIRED'::text, 'DESTROYED'::text]))),
  constraint seller_keys__version CHECK ((version > 0)),
  constraint seller_keys__wrapped_by CHECK (((root IS NULL) = (kms_alias IS NOT NULL)))
);
alter table seller_keys enable row level security;
alter table seller_keys force row level security;
create policy owner on seller_keys to robnu_owner using (true) with check (true);
create policy platform on seller_keys to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on seller_keys to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on seller_keys as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (kms_alias), update (state), update (wrapped) on seller_keys to robnu_platform;
grant insert, select, update (kms_alias), update (root), update (state), update (uses), update (wrapped) on seller_keys to robnu_tenant;
CREATE TRIGGER seller_keys__moves BEFORE UPDATE ON seller_keys FOR EACH ROW EXECUTE FUNCTION seller_keys_move();
CREATE TRIGGER seller_keys__of_the_living BEFORE INSERT ON seller_keys FOR EACH ROW EXECUTE FUNCTION seller_keys_of_the_living();

-- table of robnu_owner
create table seller_offboardings (
  seller_id uuid not null,
  id uuid not null,
  state text not null default 'REQUESTED'::text,
  step text not null default 'WAITS'::text,
  reason text not null,
  requested_by text not null default app_current_actor(),
  requested_at timestamp with time zone not null default clock_timestamp(),
  shreds_at timestamp with time zone not null,
  notice_at timestamp with time zone,
  announced text,
  export_id uuid,
  withdrawn_at timestamp with time zone,
  closed_at timestamp with time zone,
  destroyed_at timestamp with time zone,
  shredded_at timestamp with time zone,
  facts jsonb not null default '{}'::jsonb,
  certificate text,
  signature bytea,
  constraint seller_offboardings_pkey PRIMARY KEY (seller_id, id),
  constraint seller_offboardings_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint seller_offboardings__announced CHECK ((announced = ANY (ARRAY['REQUESTED'::text, 'WITHDRAWN'::text, 'SHREDDED'::text]))),
  constraint seller_offboardings__begun CHECK (((state = ANY (ARRAY['SHREDDING'::text, 'SHREDDED'::text])) = (step <> 'WAITS'::text))),
  constraint seller_offboardings__signed CHECK (((state <> 'SHREDDED'::text) OR ((step = 'PROVED'::text) AND (num_nulls(destroyed_at, shredded_at, certificate, signature) = 0)))),
  constraint seller_offboardings__state CHECK ((state = ANY (ARRAY['REQUESTED'::text, 'WITHDRAWN'::text, 'SHREDDING'::text, 'SHREDDED'::text]))),
  constraint seller_offboardings__step CHECK ((step = ANY (ARRAY['WAITS'::text, 'CLOSED'::text, 'SAMPLED'::text, 'DESTROYED'::text, 'CLEARED'::text, 'EMPTIED'::text, 'BOUND'::text, 'PROVED'::text])))
);
CREATE INDEX seller_offboardings__due ON seller_offboardings USING btree (shreds_at) WHERE (state = ANY (ARRAY['REQUESTED'::text, 'SHREDDING'::text]));
CREATE UNIQUE INDEX seller_offboardings__open ON seller_offboardings USING btree (seller_id) WHERE (state <> 'WITHDRAWN'::text);
alter table seller_offboardings enable row level security;
alter table seller_offboardings force row level security;
create policy gate on seller_offboardings to robnu_gate using (true) with check (true);
create policy owner on seller_offboardings to robnu_owner using (true) with check (true);
create policy platform on seller_offboardings to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on seller_offboardings to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on seller_offboardings as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on seller_offboardings to robnu_gate;
grant select, update (announced), update (certificate), insert (export_id), insert (id), update (notice_at), insert (reason), insert (seller_id), update (shredded_at), insert (shreds_at), update (signature), update (state), update (withdrawn_at) on seller_offboardings to robnu_platform;
grant select, update (export_id), update (facts), update (step) on seller_offboardings to robnu_tenant;
CREATE TRIGGER seller_offboardings__moves BEFORE UPDATE ON seller_offboardings FOR EACH ROW EXECUTE FUNCTION seller_offboardings_move();

-- table of robnu_owner
create table seller_registrations (
  seller_id uuid not null,
  gstin text not null,
  legal_name text not null,
  trade_name text,
  line1 text not null,
  line2 text,
  city text not null,
  state_code text not null,
  postal_code text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint seller_registrations_pkey PRIMARY KEY (seller_id, gstin),
  constraint seller_registrations_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint seller_registrations__gstin CHECK ((gstin ~ '^[0-9]{2}[A-Z0-9]{13}$'::text)),
  constraint seller_registrations__state CHECK ((state_code ~ '^[0-9]{2}$'::text))
);
alter table seller_registrations enable row level security;
alter table seller_registrations force row level security;
create policy owner on seller_registrations to robnu_owner using (true) with check (true);
create policy platform on seller_registrations to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on seller_registrations to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on seller_registrations as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on seller_registrations to robnu_tenant;

-- table of robnu_owner
create table seller_users (
  seller_id uuid not null,
  id uuid not null,
  identity_id uuid not null,
  role text not null,
  authz_version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  removed_at timestamp with time zone,
  constraint seller_users_pkey PRIMARY KEY (seller_id, id),
  constraint seller_users_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES identities(id),
  constraint seller_users_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint seller_users__role CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'OPERATOR'::text, 'FINANCE'::text, 'VIEWER'::text])))
);
CREATE INDEX seller_users__by_identity ON seller_users USING btree (identity_id) WHERE (removed_at IS NULL);
CREATE UNIQUE INDEX seller_users__identity ON seller_users USING btree (seller_id, identity_id) WHERE (removed_at IS NULL);
alter table seller_users enable row level security;
alter table seller_users force row level security;
create policy gate on seller_users to robnu_gate using (true) with check (true);
create policy owner on seller_users to robnu_owner using (true) with check (true);
create policy platform on seller_users to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on seller_users to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on seller_users as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select, update (authz_version), update (removed_at), update (role) on seller_users to robnu_gate;
grant insert, select, update on seller_users to robnu_platform;
grant select on seller_users to robnu_tenant;
CREATE TRIGGER seller_users__authz BEFORE UPDATE ON seller_users FOR EACH ROW WHEN (((new.role IS DISTINCT FROM old.role) OR (new.removed_at IS DISTINCT FROM old.removed_at))) EXECUTE FUNCTION authz_moves();
CREATE TRIGGER seller_users__sessions AFTER UPDATE ON seller_users FOR EACH ROW WHEN (((new.authz_version <> old.authz_version) OR (new.removed_at IS DISTINCT FROM old.removed_at))) EXECUTE FUNCTION seller_users_move_sessions();

-- table of robnu_owner
create table sellers (
  id uuid not null,
  org_id uuid not null,
  name text not null,
  plan text not null default 'EARLY_ACCESS'::text,
  status text not null default 'ACTIVE'::text,
  authz_version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  suspended_at timestamp with time zone,
  suspension_reason text,
  support_consent text not null default 'REQUIRED'::text,
  constraint sellers_pkey PRIMARY KEY (id),
  constraint sellers_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  constraint sellers__plan CHECK ((plan = ANY (ARRAY['EARLY_ACCESS'::text, 'FREE'::text, 'PAID'::text]))),
  constraint sellers__status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'SUSPENDED'::text, 'OFFBOARDED'::text]))),
  constraint sellers__support_consent CHECK ((support_consent = ANY (ARRAY['REQUIRED'::text, 'NOTIFY'::text])))
);
alter table sellers enable row level security;
alter table sellers force row level security;
create policy gate on sellers to robnu_gate using (true) with check (true);
create policy owner on sellers to robnu_owner using (true) with check (true);
create policy platform on sellers to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on sellers to robnu_tenant
  using (id = (select app_current_seller_id()))
  with check (id = (select app_writable_seller_id()));
create policy tenant_delete on sellers as restrictive for delete to robnu_tenant
  using (id = (select app_writable_seller_id()));
grant select, update (authz_version), update (name), update (status), update (support_consent) on sellers to robnu_gate;
grant insert, select, update on sellers to robnu_platform;
grant select on sellers to robnu_tenant;
CREATE TRIGGER sellers__authz BEFORE UPDATE ON sellers FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION authz_moves();
CREATE TRIGGER sellers__gone BEFORE UPDATE ON sellers FOR EACH ROW WHEN (((old.status = 'OFFBOARDED'::text) AND (new.status <> 'OFFBOARDED'::text))) EXECUTE FUNCTION sellers_stay_gone();
CREATE TRIGGER sellers__sessions AFTER UPDATE ON sellers FOR EACH ROW WHEN ((new.authz_version <> old.authz_version)) EXECUTE FUNCTION sellers_move_sessions();

-- table of robnu_owner
create table sessions (
  seller_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  identity_id uuid,
  refresh_hash bytea,
  refresh_generation integer not null default 0,
  refreshed_at timestamp with time zone,
  absolute_expires_at timestamp with time zone,
  authenticated_at timestamp with time zone not null default now(),
  stepped_up_at timestamp with time zone,
  client_ip text,
  device text,
  revoked_reason text,
  user_authz integer not null,
  seller_authz integer not null,
  entry_ref text not null generated always as ((((((id)::text || '/'::text) || (user_authz)::text) || '.'::text) || (seller_authz)::text)),
  actor text not null generated always as (('user:'::text || (user_id)::text)),
  constraint sessions_pkey PRIMARY KEY (seller_id, id),
  constraint sessions__user FOREIGN KEY (seller_id, user_id) REFERENCES seller_users(seller_id, id),
  constraint sessions_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES identities(id)
);
CREATE INDEX sessions__by_identity ON sessions USING btree (identity_id) WHERE (revoked_at IS NULL);
CREATE INDEX sessions__by_user ON sessions USING btree (seller_id, user_id) WHERE (revoked_at IS NULL);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy gate on sessions to robnu_gate using (true) with check (true);
create policy owner on sessions to robnu_owner using (true) with check (true);
create policy platform on sessions to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on sessions to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on sessions as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on sessions to robnu_gate;
grant delete, select (expires_at), select (id), select (identity_id), select (revoked_at), update (revoked_at), update (revoked_reason), select (seller_id), select (user_id) on sessions to robnu_platform;
CREATE TRIGGER sessions__new BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION sessions_take_authz();
CREATE TRIGGER sessions__revived BEFORE UPDATE ON sessions FOR EACH ROW WHEN ((((new.revoked_at IS NULL) AND (old.revoked_at IS NOT NULL)) OR (new.user_id <> old.user_id))) EXECUTE FUNCTION sessions_take_authz();

-- table of robnu_owner
create table shipment_events (
  seller_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  status text,
  raw_status text not null,
  at timestamp with time zone not null,
  job_run_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint shipment_events_pkey PRIMARY KEY (seller_id, id),
  constraint shipment_events__shipment FOREIGN KEY (seller_id, shipment_id) REFERENCES shipments(seller_id, id) ON DELETE CASCADE
);
CREATE INDEX shipment_events__of_shipment ON shipment_events USING btree (seller_id, shipment_id, at, id);
alter table shipment_events enable row level security;
alter table shipment_events force row level security;
create policy owner on shipment_events to robnu_owner using (true) with check (true);
create policy platform on shipment_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on shipment_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on shipment_events as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on shipment_events to robnu_tenant;

-- table of robnu_owner
create table shipment_items (
  seller_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  order_item_id uuid,
  external_item_id text not null,
  quantity integer not null,
  constraint shipment_items_pkey PRIMARY KEY (seller_id, id),
  constraint shipment_items__shipment FOREIGN KEY (seller_id, shipment_id) REFERENCES shipments(seller_id, id) ON DELETE CASCADE,
  constraint shipment_items__quantity CHECK ((quantity >= 0))
);
CREATE INDEX shipment_items__of_shipment ON shipment_items USING btree (seller_id, shipment_id);
alter table shipment_items enable row level security;
alter table shipment_items force row level security;
create policy owner on shipment_items to robnu_owner using (true) with check (true);
create policy platform on shipment_items to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on shipment_items to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on shipment_items as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, insert, select, update on shipment_items to robnu_tenant;

-- table of robnu_owner
create table shipments (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  order_id uuid not null,
  external_shipment_id text not null,
  status text not null,
  status_rank smallint not null,
  raw_status text not null,
  status_at timestamp with time zone,
  awb text,
  carrier text,
  manifest_external_id text,
  manifest_id uuid,
  source_updated_at timestamp with time zone not null,
  content_hash bytea not null,
  job_run_id uuid,
  created_at timestamp with time zone not null default date_trunc('milliseconds'::text, now()),
  updated_at timestamp with time zone not null default now(),
  constraint shipments_pkey PRIMARY KEY (seller_id, id),
  constraint shipments__external UNIQUE (seller_id, marketplace_account_id, external_shipment_id),
  constraint shipments__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint shipments__manifest FOREIGN KEY (seller_id, manifest_id) REFERENCES manifests(seller_id, id),
  constraint shipments__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id),
  constraint shipments__status CHECK ((status = ANY (ARRAY['NEW'::text, 'ACKNOWLEDGED'::text, 'PACKED'::text, 'READY_TO_SHIP'::text, 'MANIFESTED'::text, 'SHIPPED'::text, 'OUT_FOR_DELIVERY'::text, 'DELIVERED'::text, 'CANCELLED'::text, 'RTO_IN_TRANSIT'::text, 'RTO_RECEIVED'::text, 'LOST'::text])))
);
CREATE INDEX shipments__by_awb ON shipments USING btree (seller_id, awb text_pattern_ops);
CREATE INDEX shipments__newest ON shipments USING btree (seller_id, created_at DESC, id DESC);
CREATE INDEX shipments__newest_of_account ON shipments USING btree (seller_id, marketplace_account_id, created_at DESC, id DESC);
CREATE INDEX shipments__of_manifest ON shipments USING btree (seller_id, manifest_id);
CREATE INDEX shipments__of_order ON shipments USING btree (seller_id, order_id);
CREATE INDEX shipments__unlinked ON shipments USING btree (seller_id, marketplace_account_id, manifest_external_id) WHERE ((manifest_id IS NULL) AND (manifest_external_id IS NOT NULL));
alter table shipments enable row level security;
alter table shipments force row level security;
create policy owner on shipments to robnu_owner using (true) with check (true);
create policy platform on shipments to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on shipments to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on shipments as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on shipments to robnu_plugins;
grant insert, select, update on shipments to robnu_tenant;

-- table of robnu_owner
create table shred_samples (
  seller_id uuid not null,
  offboarding_id uuid not null,
  place integer not null,
  table_name text not null,
  column_name text not null,
  row_id uuid not null,
  sealed bytea not null,
  constraint shred_samples_pkey PRIMARY KEY (seller_id, offboarding_id, place),
  constraint shred_samples__of FOREIGN KEY (seller_id, offboarding_id) REFERENCES seller_offboardings(seller_id, id)
);
alter table shred_samples enable row level security;
alter table shred_samples force row level security;
create policy owner on shred_samples to robnu_owner using (true) with check (true);
create policy platform on shred_samples to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on shred_samples to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on shred_samples as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, select on shred_samples to robnu_platform;
grant insert, select on shred_samples to robnu_tenant;

-- table of robnu_owner
create table shred_trials (
  seller_id uuid not null,
  offboarding_id uuid not null,
  process_id uuid not null,
  parts text not null,
  tried integer not null,
  opened integer not null,
  most_opened integer not null,
  first_at timestamp with time zone not null default clock_timestamp(),
  tried_at timestamp with time zone not null default clock_timestamp(),
  constraint shred_trials_pkey PRIMARY KEY (seller_id, offboarding_id, process_id),
  constraint shred_trials__of FOREIGN KEY (seller_id, offboarding_id) REFERENCES seller_offboardings(seller_id, id)
);
alter table shred_trials enable row level security;
alter table shred_trials force row level security;
create policy owner on shred_trials to robnu_owner using (true) with check (true);
create policy platform on shred_trials to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on shred_trials to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on shred_trials as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on shred_trials to robnu_platform;
grant select on shred_trials to robnu_tenant;

-- table of robnu_owner
create table sign_in_tries (
  key bytea not null,
  tries timestamp with time zone[] not null,
  counts integer[] not null,
  ends_at timestamp with time zone not null,
  constraint sign_in_tries_pkey PRIMARY KEY (key)
);
CREATE INDEX sign_in_tries__by_end ON sign_in_tries USING btree (ends_at);
grant delete, insert, select, update on sign_in_tries to robnu_gate;

-- table of robnu_owner
create table staff_sessions (
  id uuid not null,
  super_admin_id uuid not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  stepped_up_at timestamp with time zone not null default now(),
  client_ip text,
  revoked_at timestamp with time zone,
  constraint staff_sessions_pkey PRIMARY KEY (id),
  constraint staff_sessions_super_admin_id_fkey FOREIGN KEY (super_admin_id) REFERENCES super_admins(id),
  constraint staff_sessions__length CHECK ((expires_at <= (created_at + '12:00:00'::interval)))
);
CREATE INDEX staff_sessions__by_admin ON staff_sessions USING btree (super_admin_id) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX staff_sessions__by_token ON staff_sessions USING btree (token_hash);
grant select on staff_sessions to robnu_gate;
grant insert, select, update (revoked_at), update (stepped_up_at) on staff_sessions to robnu_platform;
CREATE TRIGGER staff_sessions__end AFTER UPDATE ON staff_sessions FOR EACH ROW WHEN (((new.revoked_at IS NOT NULL) AND (old.revoked_at IS NULL))) EXECUTE FUNCTION staff_sessions_end();

-- table of robnu_owner
create table storage_objects (
  seller_id uuid not null,
  id uuid not null,
  bucket text not null,
  storage_key text not null,
  mime text not null,
  byte_size bigint,
  sha256 bytea,
  kms_key_alias text,
  version_id text,
  state text not null default 'PENDING'::text,
  created_at timestamp with time zone not null default now(),
  stored_at timestamp with time zone,
  kept_at timestamp with time zone,
  constraint storage_objects_pkey PRIMARY KEY (seller_id, id),
  constraint storage_objects__key UNIQUE (seller_id, storage_key),
  constraint storage_objects_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint storage_objects__kept CHECK (((kept_at IS NULL) OR (state = 'STORED'::text))),
  constraint storage_objects__own CHECK ((POSITION(((seller_id)::text) IN (storage_key)) > 0)),
  constraint storage_objects__sha256 CHECK ((length(sha256) = 32)),
  constraint storage_objects__state CHECK ((state = ANY (ARRAY['PENDING'::text, 'STORED'::text, 'DOOMED'::text, 'GONE'::text]))),
  constraint storage_objects__stored CHECK (((state <> 'STORED'::text) OR ((stored_at IS NOT NULL) AND (byte_size IS NOT NULL) AND (sha256 IS NOT NULL))))
);
CREATE INDEX storage_objects__loose ON storage_objects USING btree (created_at) WHERE (kept_at IS NULL);
alter table storage_objects enable row level security;
alter table storage_objects force row level security;
create policy owner on storage_objects to robnu_owner using (true) with check (true);
create policy platform on storage_objects to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on storage_objects to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on storage_objects as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, select, update (kept_at), update (state) on storage_objects to robnu_platform;
grant references on storage_objects to robnu_plugins;
grant insert, select, update on storage_objects to robnu_tenant;

-- table of robnu_owner
create table stray_messages (
  id uuid not null,
  queue text not null,
  body text not null,
  body_bytes integer not null,
  reason text not null,
  receives integer not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint stray_messages_pkey PRIMARY KEY (id)
);
grant delete, insert, select on stray_messages to robnu_platform;

-- table of robnu_owner
create table super_admins (
  id uuid not null,
  email text not null,
  name text not null,
  password_hash text not null,
  password_changed_at timestamp with time zone not null default now(),
  totp_secret_enc bytea not null,
  totp_last_step bigint,
  created_at timestamp with time zone not null default now(),
  removed_at timestamp with time zone,
  constraint super_admins_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX super_admins__email ON super_admins USING btree (email) WHERE (removed_at IS NULL);
grant select on super_admins to robnu_gate;
grant insert, select, update (password_changed_at), update (password_hash), update (removed_at), update (totp_last_step), update (totp_secret_enc) on super_admins to robnu_platform;
CREATE TRIGGER super_admins__end AFTER UPDATE ON super_admins FOR EACH ROW WHEN (((new.removed_at IS NOT NULL) AND (old.removed_at IS NULL))) EXECUTE FUNCTION super_admins_end();

-- table of robnu_owner
create table switches (
  key text not null,
  enabled boolean not null,
  reason text not null,
  changed_at timestamp with time zone not null default clock_timestamp(),
  changed_by text not null,
  constraint switches_pkey PRIMARY KEY (key),
  constraint switches__key CHECK ((key ~ '^(sweep:[a-z0-9-]+|marketplace:[A-Z][A-Z0-9_]*|account:[0-9a-f-]{36})$'::text))
);
grant select on switches to robnu_gate;
grant insert, select, update on switches to robnu_platform;

-- table of robnu_owner
create table sync_cursors (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  cursor jsonb not null,
  seq bigint not null,
  updated_at timestamp with time zone not null default now(),
  constraint sync_cursors_pkey PRIMARY KEY (seller_id, marketplace_account_id, target),
  constraint sync_cursors__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id)
);
alter table sync_cursors enable row level security;
alter table sync_cursors force row level security;
create policy gate on sync_cursors to robnu_gate using (true) with check (true);
create policy owner on sync_cursors to robnu_owner using (true) with check (true);
create policy platform on sync_cursors to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on sync_cursors to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on sync_cursors as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant select on sync_cursors to robnu_gate;
grant insert, select, update on sync_cursors to robnu_tenant;

-- table of robnu_owner
create table tenant_export_parts (
  seller_id uuid not null,
  export_id uuid not null,
  table_name text not null,
  part integer not null,
  storage_object_id uuid not null,
  rows bigint not null,
  opened bigint not null,
  constraint tenant_export_parts_pkey PRIMARY KEY (seller_id, export_id, table_name, part),
  constraint tenant_export_parts__export FOREIGN KEY (seller_id, export_id) REFERENCES tenant_exports(seller_id, id),
  constraint tenant_export_parts__object FOREIGN KEY (seller_id, storage_object_id) REFERENCES storage_objects(seller_id, id),
  constraint tenant_export_parts_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id)
);
alter table tenant_export_parts enable row level security;
alter table tenant_export_parts force row level security;
create policy owner on tenant_export_parts to robnu_owner using (true) with check (true);
create policy platform on tenant_export_parts to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on tenant_export_parts to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on tenant_export_parts as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant delete, select on tenant_export_parts to robnu_platform;
grant insert, select on tenant_export_parts to robnu_tenant;

-- table of robnu_owner
create table tenant_exports (
  seller_id uuid not null,
  id uuid not null,
  reason text not null,
  state text not null default 'WAITING'::text,
  by_user_id uuid,
  at_table text,
  at_key text[],
  rows bigint not null default 0,
  opened bigint not null default 0,
  byte_size bigint not null default 0,
  manifest_object_id uuid,
  failure text,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  expired_at timestamp with time zone,
  constraint tenant_exports_pkey PRIMARY KEY (seller_id, id),
  constraint tenant_exports__by FOREIGN KEY (seller_id, by_user_id) REFERENCES seller_users(seller_id, id),
  constraint tenant_exports__manifest FOREIGN KEY (seller_id, manifest_object_id) REFERENCES storage_objects(seller_id, id),
  constraint tenant_exports_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint tenant_exports__expired CHECK (((expired_at IS NULL) OR (finished_at IS NOT NULL))),
  constraint tenant_exports__finished CHECK (((state = ANY (ARRAY['DONE'::text, 'FAILED'::text])) = (finished_at IS NOT NULL))),
  constraint tenant_exports__reason CHECK ((reason = ANY (ARRAY['asked'::text, 'offboarding'::text]))),
  constraint tenant_exports__state CHECK ((state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text, 'DONE'::text, 'FAILED'::text]))),
  constraint tenant_exports__whole CHECK ((((state = 'DONE'::text) AND (expired_at IS NULL)) = (manifest_object_id IS NOT NULL)))
);
CREATE INDEX tenant_exports__open ON tenant_exports USING btree (seller_id, created_at) WHERE (state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text]));
CREATE INDEX tenant_exports__standing ON tenant_exports USING btree (finished_at) WHERE ((finished_at IS NOT NULL) AND (expired_at IS NULL));
alter table tenant_exports enable row level security;
alter table tenant_exports force row level security;
create policy owner on tenant_exports to robnu_owner using (true) with check (true);
create policy platform on tenant_exports to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on tenant_exports to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on tenant_exports as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on tenant_exports to robnu_platform;
grant insert, select, update on tenant_exports to robnu_tenant;

-- table of robnu_owner
create table uploads (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  purpose text not null,
  file_name text not null,
  byte_size bigint not null,
  sha256 bytea not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  constraint uploads_pkey PRIMARY KEY (seller_id, id),
  constraint uploads__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint uploads__object FOREIGN KEY (seller_id, id) REFERENCES storage_objects(seller_id, id) ON DELETE CASCADE,
  constraint uploads__byte_size CHECK ((byte_size > 0)),
  constraint uploads__file_name CHECK (((length(file_name) >= 1) AND (length(file_name) <= 200))),
  constraint uploads__purpose CHECK ((purpose = 'IMPORT'::text)),
  constraint uploads__sha256 CHECK ((length(sha256) = 32))
);
CREATE INDEX uploads__of_account ON uploads USING btree (seller_id, marketplace_account_id);
alter table uploads enable row level security;
alter table uploads force row level security;
create policy owner on uploads to robnu_owner using (true) with check (true);
create policy platform on uploads to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on uploads to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on uploads as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select on uploads to robnu_tenant;

-- table of robnu_owner
create table warehouses (
  seller_id uuid not null,
  id uuid not null,
  name text not null,
  is_default boolean not null default false,
  created_at timestamp with time zone not null default now(),
  constraint warehouses_pkey PRIMARY KEY (seller_id, id),
  constraint warehouses__name UNIQUE (seller_id, name),
  constraint warehouses_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id)
);
CREATE UNIQUE INDEX warehouses__default ON warehouses USING btree (seller_id) WHERE is_default;
alter table warehouses enable row level security;
alter table warehouses force row level security;
create policy owner on warehouses to robnu_owner using (true) with check (true);
create policy platform on warehouses to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on warehouses to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on warehouses as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant references on warehouses to robnu_plugins;
grant insert, select, update on warehouses to robnu_tenant;

-- table of robnu_owner
create table work_items (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid,
  target text not null,
  lane text not null,
  job_run_id uuid,
  state text not null default 'WAITING'::text,
  not_before timestamp with time zone not null default now(),
  attempts integer not null default 0,
  lease uuid,
  lease_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  queue text not null,
  body jsonb,
  last_error text,
  reached text,
  constraint work_items_pkey PRIMARY KEY (seller_id, id),
  constraint work_items__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint work_items__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint work_items__job CHECK (
CASE target
    WHEN 'JOB'::text THEN ((job_run_id IS NULL) AND (body IS NOT NULL))
    ELSE ((job_run_id IS NOT NULL) AND (marketplace_account_id IS NOT NULL) AND (body IS NULL))
END),
  constraint work_items__lane CHECK (((lane = 'live'::text) OR (lane ~ '^(window|batch|job):.'::text))),
  constraint work_items__state CHECK ((state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text, 'DONE'::text, 'FAILED'::text, 'DEAD'::text])))
);
CREATE INDEX work_items__lost ON work_items USING btree (not_before) WHERE (state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text]));
CREATE INDEX work_items__of_account ON work_items USING btree (seller_id, marketplace_account_id) WHERE (state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text, 'DEAD'::text]));
CREATE UNIQUE INDEX work_items__open ON work_items USING btree (seller_id, marketplace_account_id, target, lane) WHERE (state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text]));
alter table work_items enable row level security;
alter table work_items force row level security;
create policy gate on work_items to robnu_gate using (true) with check (true);
create policy owner on work_items to robnu_owner using (true) with check (true);
create policy platform on work_items to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on work_items to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_writable_seller_id()));
create policy tenant_delete on work_items as restrictive for delete to robnu_tenant
  using (seller_id = (select app_writable_seller_id()));
grant insert, select, update on work_items to robnu_gate;
grant select on work_items to robnu_platform;

-- Functions

create function account_work(uuid)
  returns TABLE(target text, waiting bigint, dead bigint, attempts integer, last_error text, next_at timestamp with time zone, held_by text, breaker_opened_at timestamp with time zone, probe_at timestamp with time zone)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function advance_cursor(uuid, text, jsonb, bigint)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;

create function app_current_actor()
  returns text
  language plpgsql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function app_current_seller_id()
  returns uuid
  language plpgsql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function app_enter(text, text, uuid, timestamp with time zone, bytea)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app, robnu_tenant;

create function app_gate_function(text, text)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function app_is_admin_scope()
  returns boolean
  language sql stable
  owner robnu_owner
  callers robnu_gate, robnu_platform;

create function app_open_to_gate(text, text)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function app_plugin_id()
  returns text
  language sql stable set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers robnu_gate;

create function app_protect(text, text, text, text)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_plugins;

create function app_writable_seller_id()
  returns uuid
  language plpgsql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function audit_append(uuid, text, text, text)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function audit_field(text)
  returns bytea
  language sql immutable
  owner robnu_owner
  callers robnu_gate, robnu_platform, robnu_tenant;

create function audit_hash(audit_events)
  returns bytea
  language sql stable
  owner robnu_owner
  callers robnu_gate, robnu_platform, robnu_tenant;

create function audit_is_append_only()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function auth_account(uuid, uuid)
  returns TABLE(identity_id uuid, email text, password_hash text, totp_secret_enc bytea, has_totp boolean, stepped_up_at timestamp with time zone)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_api_key(text)
  returns TABLE(seller_id uuid, key_id uuid, secret_hash bytea, scopes text[], allowed_ips text[], expires_at timestamp with time zone, seller_status text, authz_version text)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_api_key_used(uuid, uuid, text)
  returns void
  language sql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_close_session(uuid, uuid)
  returns void
  language sql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_identity(text)
  returns TABLE(identity_id uuid, email text, password_hash text, totp_secret_enc bytea, has_totp boolean)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_is_alive(uuid, uuid, timestamp with time zone)
  returns boolean
  language sql stable
  owner robnu_owner
  callers robnu_gate;

create function auth_open_session(uuid, uuid, uuid, timestamp with time zone, bytea, timestamp with time zone, boolean, timestamp with time zone, text, text)
  returns TABLE(seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text, has_overrides boolean)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_overrides(uuid, uuid)
  returns TABLE(id uuid, permission text, effect text, account_id uuid, expires_at timestamp with time zone)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_refresh(uuid, uuid, integer, bytea, bytea, timestamp with time zone, interval, interval)
  returns TABLE(outcome text, expires_at timestamp with time zone, identity_id uuid, seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text, has_overrides boolean)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_rehash(uuid, text, text)
  returns void
  language sql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_reload(uuid, uuid)
  returns TABLE(user_id uuid, role text, seller_status text, authz_version text, has_overrides boolean)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_sellers(uuid, uuid)
  returns TABLE(seller_id uuid, seller_name text, seller_status text, user_id uuid, role text)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_sessions(uuid, uuid)
  returns TABLE(id uuid, seller_id uuid, seller_name text, user_id uuid, created_at timestamp with time zone, refreshed_at timestamp with time zone, expires_at timestamp with time zone, client_ip text, device text)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_standing(uuid, uuid)
  returns TABLE(seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text, has_overrides boolean)
  language sql stable
  owner robnu_owner
  callers robnu_gate;

create function auth_step_up(uuid, uuid, timestamp with time zone)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_switch(uuid, uuid, uuid, uuid, bytea, timestamp with time zone, interval)
  returns TABLE(expires_at timestamp with time zone, seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text, has_overrides boolean)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_take_totp_step(uuid, bigint)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_try(bytea[], integer[], integer[], integer[], timestamp with time zone)
  returns double precision
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_untry(bytea[], bytea[])
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function auth_use_recovery_code(uuid, bytea, timestamp with time zone)
  returns integer
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function authz_moves()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function bury_work(uuid, uuid, uuid, text, integer, text)
  returns text
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform;

create function change_role(uuid, text)
  returns TABLE(outcome text, role_before text)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function change_seller(text, text)
  returns TABLE(name_before text, consent_before text)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function claim_work(uuid, uuid, uuid, integer)
  returns TABLE(claimed boolean, due_in_ms double precision, marketplace_account_id uuid, target text, job_run_id uuid, attempts integer, known boolean, later boolean, queue text, lane text, body jsonb, marketplace text, plugin_id text)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function close_seller(uuid, timestamp with time zone)
  returns jsonb
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function correct_bucket(uuid, text, double precision, boolean, bigint, double precision)
  returns void
  language sql volatile
  owner robnu_owner
  callers robnu_tenant;

create function count_orders(timestamp with time zone[], integer[])
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;

create function count_page(uuid, integer, integer, integer, integer, integer, integer, jsonb, jsonb)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;

create function extend_work(uuid, uuid, uuid, integer)
  returns text
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function find_pushed_account(text, uuid)
  returns TABLE(seller_id uuid, marketplace text, ref text, held boolean)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function finish_work(uuid, uuid, text, double precision, uuid, text, boolean, text, boolean)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function idempotency_begin(text, text, bytea)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function impersonation_begins()
  returns trigger
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers none;

create function impersonation_decide(uuid, boolean, text, integer)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function impersonation_decider()
  returns uuid
  language plpgsql stable set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers none;

create function impersonation_end(uuid)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function impersonation_moves()
  returns trigger
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers none;

create function inventory_note_changed_orders()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function inventory_note_new_orders()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function is_last_owner(uuid, uuid)
  returns boolean
  language sql stable
  owner robnu_owner
  callers robnu_gate;

create function keep_opening(uuid, uuid, text, text, text, text[], uuid[], integer, text)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function limit_take(text, integer, integer)
  returns TABLE(consumed double precision, ends_in_ms double precision)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_door;

create function org_audit_append(uuid, text, text, text)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform;

create function overrides_move_authz()
  returns trigger
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers none;

create function people_lock()
  returns seller_users
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers robnu_gate;

create function people_lock_as_owner()
  returns seller_users
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers robnu_gate;

create function plan_limit(text)
  returns integer
  language sql immutable
  owner robnu_owner
  callers robnu_platform, robnu_tenant;

create function redrive_work(uuid, uuid, uuid, text, boolean)
  returns TABLE(changed boolean, run uuid)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function remove_person(uuid)
  returns TABLE(outcome text, role_before text, withdrawn uuid[])
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function request_job(uuid, uuid, text, uuid, jsonb)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function request_offboarding(uuid, text, timestamp with time zone)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function request_seller_job(uuid, text, uuid, uuid, double precision)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function request_work(uuid, uuid, text, text, uuid, uuid, uuid, text, timestamp with time zone, timestamp with time zone, text)
  returns TABLE(job_run_id uuid, created boolean)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function retention_due(uuid, uuid, timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone, integer)
  returns TABLE(orders integer, documents integer, raw_rows integer, files integer)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform;

create function scope_entry(text, text, uuid, timestamp with time zone)
  returns text
  language sql stable
  owner robnu_owner
  callers robnu_gate;

create function scope_hmac(bytea, bytea, text)
  returns bytea
  language sql stable
  owner robnu_owner
  callers robnu_gate;

create function scope_is_reading()
  returns boolean
  language plpgsql stable set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers robnu_gate;

create function scope_mark(text, text, text)
  returns text
  language sql stable
  owner robnu_owner
  callers robnu_gate;

create function seller_keys_move()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function seller_keys_of_the_living()
  returns trigger
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers none;

create function seller_offboardings_move()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function seller_people()
  returns TABLE(user_id uuid, email text, role text, joined_at timestamp with time zone, removed_at timestamp with time zone, last_seen_at timestamp with time zone, has_second_factor boolean)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function seller_users_move_sessions()
  returns trigger
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers none;

create function sellers_move_sessions()
  returns trigger
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers none;

create function sellers_stay_gone()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function sessions_take_authz()
  returns trigger
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers none;

create function staff_enter(uuid, uuid)
  returns void
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers robnu_platform;

create function staff_sessions_end()
  returns trigger
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers none;

create function super_admins_end()
  returns trigger
  language plpgsql volatile set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers none;

create function take_permit(uuid, text, double precision, double precision, bigint)
  returns double precision
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;

create function transfer_seller(uuid)
  returns TABLE(outcome text, role_before text)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function wake_work(uuid, uuid)
  returns integer
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function withdraw_offboarding(uuid)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function work_is_held(uuid, uuid)
  returns boolean
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform;

create function work_reached(uuid, uuid)
  returns text
  language sql stable set search_path=pg_catalog, pg_temp
  owner robnu_owner
  callers robnu_gate;
