/** What core's schema may have beside its sellers' tables: each exception with its reason. */

/** The roles of `migrations/roles.sql`. */
export const roleNames = {
  owner: 'robnu_owner',
  platform: 'robnu_platform',
  app: 'robnu_app',
  door: 'robnu_door',
  tenant: 'robnu_tenant',
  gate: 'robnu_gate',
  plugins: 'robnu_plugins',
} as const

interface ListedTable {
  readonly reason: string
  /** Exactly these, by role: `{ robnu_platform: ['INSERT', 'SELECT'] }`. */
  readonly grants: Readonly<Record<string, readonly string[]>>
}
export interface CatalogAllow {
  /** Tables that hold no seller's rows, and stand without row security. */
  readonly tables: Readonly<Record<string, ListedTable>>
  /** Indexes across sellers, each with the question that it answers: partial, never unique. */
  readonly indexes: Readonly<Record<string, string>>
  /** SECURITY DEFINER functions, with exactly those who may call them. */
  readonly functions: Readonly<Record<string, readonly string[]>>
  /** Roles of whoever runs the server, that no rule holds back. */
  readonly administrators: readonly string[]
}

const { gate, platform, tenant } = roleNames
/** Whom `app_gate_function` means by `robnu_app`: the bare login itself has the door alone. */
const app = roleNames.door

export const coreAllow = (administrators: readonly string[]): CatalogAllow => ({
  tables: {
    orgs: {
      reason: 'the root above all sellers; no seller sees it',
      grants: { [platform]: ['INSERT', 'SELECT'] },
    },
    identities: {
      reason: 'a person may work for several sellers; sign-in reads it through the gate',
      grants: {
        [platform]: ['INSERT', 'SELECT', 'UPDATE'],
        [gate]: ['SELECT', 'UPDATE (password_hash)', 'UPDATE (totp_last_step)'],
      },
    },
    recovery_codes: {
      reason: 'of a person, as identities are',
      grants: {
        [platform]: ['DELETE', 'INSERT', 'SELECT'],
        [gate]: ['SELECT', 'UPDATE (used_at)'],
      },
    },
    mail_tokens: {
      reason: 'what went out by mail, before anybody is signed in',
      grants: { [platform]: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'] },
    },
    sign_in_tries: {
      reason: 'counts of tries to sign in, before anybody is; the gate alone counts',
      grants: { [gate]: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'] },
    },
    super_admins: {
      reason: 'staff belong to no seller',
      grants: {
        [platform]: [
          'INSERT',
          'SELECT',
          ...['password_hash', 'password_changed_at', 'totp_secret_enc', 'totp_last_step']
            .map((column) => `UPDATE (${column})`),
          'UPDATE (removed_at)',
        ],
        [gate]: ['SELECT'],
      },
    },
    staff_sessions: {
      reason: 'staff belong to no seller',
      grants: {
        [platform]: ['INSERT', 'SELECT', 'UPDATE (revoked_at)', 'UPDATE (stepped_up_at)'],
        [gate]: ['SELECT'],
      },
    },
    marketplaces: {
      reason: 'one row for each enabled plugin, the same for everybody',
      grants: { [platform]: ['SELECT'], [gate]: ['SELECT'], [tenant]: ['SELECT'] },
    },
    limit_windows: {
      reason: 'counts of requests by seller, staff or address; the gate alone counts',
      grants: { [platform]: ['DELETE', 'SELECT'], [gate]: ['INSERT', 'SELECT', 'UPDATE'] },
    },
    org_audit_heads: {
      reason: 'the trail of what staff do, whichever seller it is about',
      grants: { [platform]: ['SELECT'], [gate]: ['INSERT', 'SELECT', 'UPDATE'] },
    },
    org_audit_events: {
      reason: 'the trail of what staff do; appended through one function',
      grants: { [platform]: ['SELECT'], [gate]: ['INSERT', 'SELECT'] },
    },
    switches: {
      reason: 'what staff switch on and off, for all sellers',
      grants: { [platform]: ['INSERT', 'SELECT', 'UPDATE'], [gate]: ['SELECT'] },
    },
    plugins: {
      reason: 'what ops want of each plugin, for all sellers',
      grants: { [platform]: ['INSERT', 'SELECT', 'UPDATE'], [gate]: ['SELECT'] },
    },
    plugin_states: {
      reason: 'what each process says of each plugin, for all sellers',
      grants: { [platform]: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'] },
    },
    stray_messages: {
      reason: 'dead messages that name no seller; staff look at them',
      grants: { [platform]: ['DELETE', 'INSERT', 'SELECT'] },
    },
    breakers: {
      reason: 'whether a marketplace answers, the same for everybody; the gate alone counts',
      grants: { [platform]: ['SELECT'], [gate]: ['INSERT', 'SELECT', 'UPDATE'] },
    },
    scope_keys: {
      reason: 'what entries are signed with; the gate checks them, `migrate` writes them',
      grants: { [gate]: ['SELECT'] },
    },
    schema_migrations: {
      reason: 'the ledger of `migrate`; nobody reads it while serving',
      grants: {},
    },
  },
  indexes: {
    seller_users__by_identity: 'sign-in asks which sellers a person works for',
    sessions__by_identity: 'a reset password ends the sessions of a person with all sellers',
    invitations__by_token: 'a token comes from a mail, without the seller',
    api_keys__by_prefix: 'a request brings the key, and the key tells the seller',
    impersonation_sessions__open: 'what each of the staff asked for, and is in',
    schedules__due: 'the sweep asks what is due',
    work_items__lost: 'the sweep asks for items that no message leads to',
    manifests__due: 'the sweep asks which manifests are due to be closed',
    tenant_exports__standing: 'the sweep asks whose exports have stood for long enough',
    storage_objects__loose: 'the sweep asks for objects that nothing refers to',
    plugin_files__ending: 'the sweep asks which files of plugins have been kept for their days',
    raw_payloads__parts: 'the sweep asks whose parts of the archive wait to be joined',
    seller_offboardings__due: 'the sweep asks which sellers are to be told, and which are to go',
    dead_letters__dead: 'staff ask what is dead',
    push_events__old: 'the sweep forgets what came long ago',
    marketplace_accounts__pushed: 'a push names an account, without the seller',
    marketplace_accounts__external: 'a notification names an account at its marketplace',
    outbox__unsent: 'the relay asks what is to be sent',
    outbox__sent: 'the relay prunes what was sent long ago',
  },
  functions: {
    'app_enter(text, text, uuid, timestamp with time zone, bytea)': [roleNames.app, tenant],
    'find_pushed_account(text, uuid)': [app],
    'app_current_seller_id()': [tenant],
    'app_writable_seller_id()': [tenant],
    'app_current_actor()': [platform, tenant],
    'sessions_take_authz()': [],
    'seller_users_move_sessions()': [],
    'sellers_move_sessions()': [],
    'audit_append(uuid, text, text, text)': [platform, tenant],
    'idempotency_begin(text, text, bytea)': [tenant],
    'org_audit_append(uuid, text, text, text)': [platform],
    'overrides_move_authz()': [],
    'auth_api_key(text)': [app],
    'auth_api_key_used(uuid, uuid, text)': [app],
    'auth_overrides(uuid, uuid)': [app],
    'impersonation_decide(uuid, boolean, text, integer)': [tenant],
    'impersonation_end(uuid)': [tenant],
    'auth_identity(text)': [app],
    'auth_rehash(uuid, text, text)': [app],
    'auth_take_totp_step(uuid, bigint)': [app],
    'auth_use_recovery_code(uuid, bytea, timestamp with time zone)': [app],
    'auth_try(bytea[], integer[], integer[], integer[], timestamp with time zone)': [app],
    'auth_untry(bytea[], bytea[])': [app],
    [
      'auth_open_session(uuid, uuid, uuid, timestamp with time zone, bytea, ' +
      'timestamp with time zone, boolean, timestamp with time zone, text, text)'
    ]: [app],
    'auth_reload(uuid, uuid)': [app],
    'auth_close_session(uuid, uuid)': [app],
    'auth_account(uuid, uuid)': [app],
    'auth_step_up(uuid, uuid, timestamp with time zone)': [app],
    [
      'auth_refresh(uuid, uuid, integer, bytea, bytea, timestamp with time zone, interval, ' +
      'interval)'
    ]: [app],
    'auth_switch(uuid, uuid, uuid, uuid, bytea, timestamp with time zone, interval)': [app],
    'auth_sessions(uuid, uuid)': [app],
    'auth_sellers(uuid, uuid)': [app],
    [
      'request_work(uuid, uuid, text, text, uuid, uuid, uuid, text, ' +
      'timestamp with time zone, timestamp with time zone, text)'
    ]: [platform, tenant],
    'request_job(uuid, uuid, text, uuid, jsonb)': [tenant],
    'request_seller_job(uuid, text, uuid, uuid, double precision)': [tenant, platform],
    [
      'retention_due(uuid, uuid, timestamp with time zone, timestamp with time zone, ' +
      'timestamp with time zone, timestamp with time zone, timestamp with time zone, ' +
      'timestamp with time zone, integer)'
    ]: [platform],
    'keep_opening(uuid, uuid, text, text, text, text[], uuid[], integer, text)': [app],
    'wake_work(uuid, uuid)': [platform, tenant],
    'bury_work(uuid, uuid, uuid, text, integer, text)': [platform],
    'redrive_work(uuid, uuid, uuid, text, boolean)': [platform, tenant],
    'account_work(uuid)': [tenant],
    'work_is_held(uuid, uuid)': [platform],
    'claim_work(uuid, uuid, uuid, integer)': [app],
    'seller_people()': [tenant],
    'change_role(uuid, text)': [tenant],
    'remove_person(uuid)': [tenant],
    'transfer_seller(uuid)': [tenant],
    'change_seller(text, text)': [tenant],
    'request_offboarding(uuid, text, timestamp with time zone)': [tenant],
    'withdraw_offboarding(uuid)': [tenant],
    'close_seller(uuid, timestamp with time zone)': [tenant],
    'seller_keys_of_the_living()': [],
    'limit_take(text, integer, integer)': [app],
    'extend_work(uuid, uuid, uuid, integer)': [app],
    [
      'finish_work(uuid, uuid, text, double precision, uuid, text, boolean, text, ' +
      'boolean)'
    ]: [tenant],
  },
  administrators,
})
