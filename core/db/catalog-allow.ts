/** What core's schema may have beside its sellers' tables: each exception with its reason. */

/** The roles of `migrations/roles.sql`. */
export const roleNames = {
  owner: 'robnu_owner',
  platform: 'robnu_platform',
  app: 'robnu_app',
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

const { app, gate, platform, tenant } = roleNames

export const coreAllow = (administrators: readonly string[]): CatalogAllow => ({
  tables: {
    orgs: {
      reason: 'the root above all sellers; no seller sees it',
      grants: { [platform]: ['INSERT', 'SELECT'] },
    },
    identities: {
      reason: 'a person may work for several sellers; sign-in reads it through the gate',
      grants: { [platform]: ['INSERT', 'SELECT', 'UPDATE'], [gate]: ['SELECT'] },
    },
    marketplaces: {
      reason: 'one row for each enabled plugin, the same for everybody',
      grants: { [platform]: ['SELECT'], [gate]: ['SELECT'], [tenant]: ['SELECT'] },
    },
    schema_migrations: {
      reason: 'the ledger of `migrate`; nobody reads it while serving',
      grants: {},
    },
  },
  indexes: {
    seller_users__by_identity: 'sign-in asks which sellers a person works for',
    schedules__due: 'the sweep asks what is due',
    work_items__lost: 'the sweep asks for items that no message leads to',
    outbox__unsent: 'the relay asks what is to be sent',
    outbox__sent: 'the relay prunes what was sent long ago',
  },
  functions: {
    'app_enter(text, text, uuid, timestamp with time zone, bytea)': [tenant],
    'audit_append(uuid, text, text, text)': [platform, tenant],
    'auth_identity(text)': [app],
    'auth_open_session(uuid, uuid, uuid, timestamp with time zone)': [app],
    'auth_reload(uuid, uuid)': [app],
    'auth_close_session(uuid, uuid)': [app],
    [
      'request_work(uuid, uuid, text, text, uuid, uuid, uuid, text, ' +
      'timestamp with time zone, timestamp with time zone)'
    ]: [platform, tenant],
    'claim_work(uuid, uuid, uuid, integer)': [app],
    'extend_work(uuid, uuid, uuid, integer)': [app],
    'finish_work(uuid, uuid, text, double precision, uuid, text, boolean)': [tenant],
  },
  administrators,
})
