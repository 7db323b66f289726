-- The schema that core's migrations make, as the catalog tells it: for reading and for review,
-- never run. A change of the schema changes this file, in the same commit:
--   ROBNU_WRITE_SCHEMA=1 npm test -- tests/migrations/schema.test.ts

-- Roles
create role robnu_app login noinherit;
create role robnu_gate nologin noinherit;
create role robnu_owner login noinherit;
create role robnu_platform login noinherit;
create role robnu_plugins nologin noinherit;
create role robnu_tenant nologin noinherit;
grant robnu_tenant to robnu_app with inherit false, set true, admin false;
grant robnu_gate to robnu_owner with inherit false, set true, admin false;
grant robnu_plugins to robnu_owner with inherit true, set true, admin false;
grant connect on database … to PUBLIC;
grant usage on schema public to PUBLIC;
grant create on schema public to robnu_plugins;

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
CREATE INDEX audit_events__by_time ON audit_events USING btree (seller_id, at DESC);
alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy gate on audit_events to robnu_gate using (true) with check (true);
create policy owner on audit_events to robnu_owner using (true) with check (true);
create policy platform on audit_events to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on audit_events to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
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
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update on audit_heads to robnu_gate;
grant select on audit_heads to robnu_tenant;

-- table of robnu_owner
create table decrypt_ledger (
  seller_id uuid not null,
  id uuid not null,
  actor text not null default current_setting('app.actor'::text),
  purpose text not null,
  table_name text not null,
  columns text[] not null,
  row_ids uuid[] not null,
  opened integer not null,
  created_at timestamp with time zone not null default now(),
  constraint decrypt_ledger_pkey PRIMARY KEY (seller_id, id),
  constraint decrypt_ledger_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint decrypt_ledger__opened CHECK ((opened >= 0))
);
CREATE INDEX decrypt_ledger__by_time ON decrypt_ledger USING btree (seller_id, created_at DESC);
alter table decrypt_ledger enable row level security;
alter table decrypt_ledger force row level security;
create policy owner on decrypt_ledger to robnu_owner using (true) with check (true);
create policy platform on decrypt_ledger to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on decrypt_ledger to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
grant select, insert (columns), insert (id), insert (opened), insert (purpose), insert (row_ids), insert (seller_id), insert (table_name) on decrypt_ledger to robnu_tenant;

-- table of robnu_owner
create table identities (
  id uuid not null,
  email text not null,
  password_hash text not null,
  created_at timestamp with time zone not null default now(),
  constraint identities_pkey PRIMARY KEY (id),
  constraint identities__email UNIQUE (email)
);
grant select on identities to robnu_gate;
grant insert, select, update on identities to robnu_platform;

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
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update on job_runs to robnu_gate;
grant select on job_runs to robnu_platform;
grant insert, select, update on job_runs to robnu_tenant;

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
  constraint marketplace_accounts_pkey PRIMARY KEY (seller_id, id),
  constraint marketplace_accounts__seller_marketplace_external UNIQUE (seller_id, marketplace_id, external_account_id),
  constraint marketplace_accounts__creator FOREIGN KEY (seller_id, created_by_user_id) REFERENCES seller_users(seller_id, id),
  constraint marketplace_accounts_marketplace_id_fkey FOREIGN KEY (marketplace_id) REFERENCES marketplaces(id),
  constraint marketplace_accounts_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id)
);
alter table marketplace_accounts enable row level security;
alter table marketplace_accounts force row level security;
create policy gate on marketplace_accounts to robnu_gate using (true) with check (true);
create policy owner on marketplace_accounts to robnu_owner using (true) with check (true);
create policy platform on marketplace_accounts to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on marketplace_accounts to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
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
  with check (seller_id = (select app_current_seller_id()));
grant insert, select on marketplace_credential_events to robnu_tenant;

-- table of robnu_owner
create table marketplaces (
  id uuid not null,
  code text not null,
  name text not null,
  plugin_id text not null,
  created_at timestamp with time zone not null default now(),
  constraint marketplaces_pkey PRIMARY KEY (id),
  constraint marketplaces__code UNIQUE (code)
);
grant select on marketplaces to robnu_gate;
grant select on marketplaces to robnu_platform;
grant select on marketplaces to robnu_tenant;

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
  constraint order_items_pkey PRIMARY KEY (seller_id, id),
  constraint order_items__external UNIQUE (seller_id, order_id, external_item_id),
  constraint order_items__order FOREIGN KEY (seller_id, order_id) REFERENCES orders(seller_id, id) ON DELETE CASCADE,
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
  with check (seller_id = (select app_current_seller_id()));
grant references on order_items to robnu_plugins;
grant delete, insert, select, update on order_items to robnu_tenant;

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
  constraint orders_pkey PRIMARY KEY (seller_id, id),
  constraint orders__account_external UNIQUE (seller_id, marketplace_account_id, external_order_id),
  constraint orders__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint orders__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint orders__fulfilled_by CHECK ((fulfilled_by = ANY (ARRAY['SELLER'::text, 'MARKETPLACE'::text]))),
  constraint orders__status CHECK ((status = ANY (ARRAY['NEW'::text, 'ACKNOWLEDGED'::text, 'PACKED'::text, 'READY_TO_SHIP'::text, 'MANIFESTED'::text, 'SHIPPED'::text, 'OUT_FOR_DELIVERY'::text, 'DELIVERED'::text, 'CANCELLED'::text, 'RTO_IN_TRANSIT'::text, 'RTO_RECEIVED'::text, 'LOST'::text]))),
  constraint orders__total CHECK (((total_paise >= '-9007199254740991'::bigint) AND (total_paise <= '9007199254740991'::bigint)))
);
CREATE INDEX orders__newest ON orders USING btree (seller_id, ordered_at DESC, id DESC);
CREATE INDEX orders__newest_of_account ON orders USING btree (seller_id, marketplace_account_id, ordered_at DESC, id DESC);
CREATE INDEX orders__newest_of_status ON orders USING btree (seller_id, status, ordered_at DESC, id DESC);
alter table orders enable row level security;
alter table orders force row level security;
create policy owner on orders to robnu_owner using (true) with check (true);
create policy platform on orders to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on orders to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
grant references on orders to robnu_plugins;
grant insert, select, update on orders to robnu_tenant;

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
  with check (seller_id = (select app_current_seller_id()));
grant insert, select on outbox to robnu_gate;
grant delete, insert, select, update on outbox to robnu_platform;
grant insert on outbox to robnu_tenant;

-- table of robnu_owner
create table quarantined_rows (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  external_key text,
  reason text not null,
  raw_enc bytea not null,
  job_run_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint quarantined_rows_pkey PRIMARY KEY (seller_id, id),
  constraint quarantined_rows__account FOREIGN KEY (seller_id, marketplace_account_id) REFERENCES marketplace_accounts(seller_id, id),
  constraint quarantined_rows__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id)
);
CREATE INDEX quarantined_rows__by_account ON quarantined_rows USING btree (seller_id, marketplace_account_id, created_at DESC);
alter table quarantined_rows enable row level security;
alter table quarantined_rows force row level security;
create policy owner on quarantined_rows to robnu_owner using (true) with check (true);
create policy platform on quarantined_rows to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on quarantined_rows to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
grant insert, select on quarantined_rows to robnu_tenant;

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
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update on rate_buckets to robnu_tenant;

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
create policy owner on schedules to robnu_owner using (true) with check (true);
create policy platform on schedules to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on schedules to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
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
create table seller_keys (
  seller_id uuid not null,
  purpose text not null,
  version integer not null,
  wrapped bytea not null,
  kms_alias text not null,
  state text not null default 'CURRENT'::text,
  uses bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  constraint seller_keys_pkey PRIMARY KEY (seller_id, purpose, version),
  constraint seller_keys_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES sellers(id),
  constraint seller_keys__purpose CHECK ((purpose = ANY (ARRAY['seal'::text, 'index'::text, 'hash'::text]))),
  constraint seller_keys__state CHECK ((state = ANY (ARRAY['CURRENT'::text, 'RETIRED'::text, 'DESTROYED'::text]))),
  constraint seller_keys__version CHECK ((version > 0))
);
alter table seller_keys enable row level security;
alter table seller_keys force row level security;
create policy owner on seller_keys to robnu_owner using (true) with check (true);
create policy platform on seller_keys to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on seller_keys to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update (state), update (uses) on seller_keys to robnu_tenant;

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
  with check (seller_id = (select app_current_seller_id()));
grant select on seller_users to robnu_gate;
grant insert, select, update on seller_users to robnu_platform;
grant select on seller_users to robnu_tenant;
CREATE TRIGGER seller_users__authz BEFORE UPDATE ON seller_users FOR EACH ROW WHEN (((new.role IS DISTINCT FROM old.role) OR (new.removed_at IS DISTINCT FROM old.removed_at))) EXECUTE FUNCTION authz_moves();

-- table of robnu_owner
create table sellers (
  id uuid not null,
  org_id uuid not null,
  name text not null,
  plan text not null default 'EARLY_ACCESS'::text,
  status text not null default 'ACTIVE'::text,
  authz_version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  constraint sellers_pkey PRIMARY KEY (id),
  constraint sellers_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  constraint sellers__status CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'SUSPENDED'::text])))
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
  with check (id = (select app_current_seller_id()));
grant select on sellers to robnu_gate;
grant insert, select, update on sellers to robnu_platform;
grant select on sellers to robnu_tenant;
CREATE TRIGGER sellers__authz BEFORE UPDATE ON sellers FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION authz_moves();

-- table of robnu_owner
create table sessions (
  seller_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (seller_id, id),
  constraint sessions__user FOREIGN KEY (seller_id, user_id) REFERENCES seller_users(seller_id, id)
);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy gate on sessions to robnu_gate using (true) with check (true);
create policy owner on sessions to robnu_owner using (true) with check (true);
create policy platform on sessions to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on sessions to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update on sessions to robnu_gate;

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
create policy owner on sync_cursors to robnu_owner using (true) with check (true);
create policy platform on sync_cursors to robnu_platform
  using ((select app_is_admin_scope()))
  with check ((select app_is_admin_scope()));
create policy tenant on sync_cursors to robnu_tenant
  using (seller_id = (select app_current_seller_id()))
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update on sync_cursors to robnu_tenant;

-- table of robnu_owner
create table work_items (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  lane text not null,
  job_run_id uuid not null,
  state text not null default 'WAITING'::text,
  not_before timestamp with time zone not null default now(),
  attempts integer not null default 0,
  lease uuid,
  lease_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint work_items_pkey PRIMARY KEY (seller_id, id),
  constraint work_items__run FOREIGN KEY (seller_id, job_run_id) REFERENCES job_runs(seller_id, id),
  constraint work_items__lane CHECK (((lane = 'live'::text) OR (lane ~~ 'window:%'::text))),
  constraint work_items__state CHECK ((state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text, 'DONE'::text, 'FAILED'::text])))
);
CREATE INDEX work_items__lost ON work_items USING btree (not_before) WHERE (state = ANY (ARRAY['WAITING'::text, 'RUNNING'::text]));
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
  with check (seller_id = (select app_current_seller_id()));
grant insert, select, update on work_items to robnu_gate;
grant select on work_items to robnu_platform;

-- Functions

create function advance_cursor(uuid, text, jsonb, bigint)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;

create function app_current_seller_id()
  returns uuid
  language plpgsql stable
  owner robnu_owner
  callers robnu_gate, robnu_tenant;

create function app_enter(text, text, uuid, timestamp with time zone, bytea)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

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

create function app_protect(text, text, text, text)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_plugins;

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

create function auth_close_session(uuid, uuid)
  returns void
  language sql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app;

create function auth_identity(text)
  returns TABLE(identity_id uuid, password_hash text)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app;

create function auth_open_session(uuid, uuid, uuid, timestamp with time zone)
  returns TABLE(seller_id uuid, seller_name text, seller_status text, user_id uuid, role text, authz_version text)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app;

create function auth_reload(uuid, uuid)
  returns TABLE(user_id uuid, role text, seller_status text, authz_version text)
  language sql stable security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app;

create function authz_moves()
  returns trigger
  language plpgsql volatile
  owner robnu_owner
  callers none;

create function claim_work(uuid, uuid, uuid, integer)
  returns TABLE(claimed boolean, due_in_ms double precision, marketplace_account_id uuid, target text, job_run_id uuid, attempts integer)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app;

create function correct_bucket(uuid, text, double precision, boolean, bigint)
  returns void
  language sql volatile
  owner robnu_owner
  callers robnu_tenant;

create function count_page(uuid, integer, integer, integer, integer, integer, integer, jsonb, jsonb)
  returns void
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;

create function extend_work(uuid, uuid, uuid, integer)
  returns boolean
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_app;

create function finish_work(uuid, uuid, text, double precision, uuid, text, boolean)
  returns void
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_tenant;

create function request_work(uuid, uuid, text, text, uuid, uuid, uuid, text, timestamp with time zone, timestamp with time zone)
  returns TABLE(job_run_id uuid, created boolean)
  language plpgsql volatile security definer set search_path=pg_catalog, pg_temp
  owner robnu_gate
  callers robnu_platform, robnu_tenant;

create function take_permit(uuid, text, double precision, double precision, bigint)
  returns double precision
  language plpgsql volatile
  owner robnu_owner
  callers robnu_tenant;
