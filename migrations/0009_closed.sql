-- Nobody but the roles named above may call what was made here.
revoke all on function audit_is_append_only() from public;
revoke all on function authz_moves() from public;
revoke all on function audit_field(text) from public;
revoke all on function audit_hash(audit_events) from public;
grant execute on function audit_field(text), audit_hash(audit_events)
  to robnu_gate, robnu_tenant, robnu_platform;
revoke all on function app_current_seller_id() from public;
grant execute on function app_current_seller_id() to robnu_tenant, robnu_gate;
revoke all on function app_is_admin_scope() from public;
grant execute on function app_is_admin_scope() to robnu_platform, robnu_gate;

-- Plugins make their own tables here, as robnu_plugins: they may point at core's, and change none.
grant create on schema public to robnu_plugins;
