/** Core's permissions as data: one row says who holds it, and what may stand in for a person. */
import type { Role } from '../plugin.ts'

export interface PermissionRow {
  /** For people, in one sentence. */
  readonly what: string
  readonly roles: readonly Role[]
  /** An API key may have it as a scope. */
  readonly keys: boolean
  /** Staff may use it inside an impersonation session. */
  readonly staff: boolean
  /** It can be granted or denied for single marketplace accounts. */
  readonly byAccount: boolean
  /** An override may give it to somebody whose role has it not. */
  readonly grantable: boolean
  /**
   * An override may take it from somebody whose role has it. What one does for oneself is not, and
   * neither is what a seller is ruled by: no denial can leave a seller without anybody who may.
   */
  readonly deniable: boolean
  /** The plugin that declares it; core, where there is none. */
  readonly plugin?: string
}

const everyone: readonly Role[] = ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER']
const managers: readonly Role[] = ['OWNER', 'ADMIN']

type But = Partial<PermissionRow>

/** Of the product: keys and staff may have it, and it may be granted, unless the row says else. */
const product = (what: string, roles: readonly Role[], but: But = {}): PermissionRow => ({
  what,
  roles,
  keys: true,
  staff: true,
  byAccount: false,
  grantable: true,
  deniable: true,
  ...but,
})
/** Of the seller's own house: for people alone, never by a grant. */
const house = (what: string, roles: readonly Role[], but: But = {}): PermissionRow =>
  product(what, roles, { keys: false, staff: false, grantable: false, ...but })

const byAccount = { byAccount: true }
/** By role alone. */
const fixed = { grantable: false, deniable: false }

export const corePermissions = {
  'profile:read': product('See who one is, and for which seller', everyone, fixed),
  'profile:write': house('Change the own password, second factor and sessions', everyone, fixed),
  'permissions:read': product(
    'See the roles, the permissions and why a decision fell',
    everyone,
    fixed,
  ),
  'seller:read': product('See the seller, its plan and its usage', everyone),
  'seller:manage': house(
    'Change the name of the seller and what it lets support do',
    ['OWNER'],
    fixed,
  ),
  'seller:transfer': house('Hand the seller over to another OWNER', ['OWNER'], fixed),
  'seller:offboard': house('Have the seller leave for good, or call it back', ['OWNER'], fixed),
  'seller:export': house('Have all that the seller has written into files', ['OWNER'], fixed),
  'seller:create': house('Found one more seller, as its OWNER', everyone, fixed),
  'users:read': house('See the people of the seller and open invitations', managers, {
    keys: true,
    staff: true,
  }),
  'users:manage': house('Invite and remove people, change roles and overrides', ['OWNER'], fixed),
  'users:leave': house('Leave the seller', everyone, fixed),
  'api-keys:read': house('See the API keys, never their secrets', managers, { staff: true }),
  'api-keys:manage': house('Make, rotate and revoke API keys', managers),
  'impersonation:read': house('See who of the staff looks in, and what they did', managers),
  'impersonation:decide': house('Let staff in, or send them out', managers),
  'audit:read': house('Read the audit trail', managers, {
    keys: true,
    staff: true,
    grantable: true,
  }),
  'audit:export': house('Export the audit trail', managers, { keys: true, grantable: true }),
  'keys:read': house('See the keys of the seller, never their bytes', managers, { staff: true }),
  'keys:rotate': house('Give all that is sealed a new key', ['OWNER'], fixed),
  'audit:anchor': house('Say where the digests of the audit trail go', ['OWNER']),
  'orders:read': product('Read orders', everyone, byAccount),
  // the others see masked buyers; staff see them masked as well
  'customers:read': product('See buyers unmasked', ['OWNER', 'ADMIN', 'OPERATOR'], {
    ...byAccount,
    staff: false,
  }),
  'customers:reveal': product(
    'Unmask one buyer, with a reason that is kept',
    ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE'],
    { ...byAccount, keys: false, staff: false },
  ),
  'erasures:read': product('See what was erased of buyers, when and why', managers, byAccount),
  'search:use': product('Search; finds what the other permissions let one read', everyone),
  'data-principals:answer': house(
    'Find, hand out and erase the data of one buyer who asks for it',
    managers,
  ),
  'accounts:read': product('Read marketplace accounts and their health', everyone, byAccount),
  'accounts:connect': product('Connect marketplace accounts', managers, { staff: false }),
  'accounts:sync': product('Start syncs', ['OWNER', 'ADMIN', 'OPERATOR'], byAccount),
  'accounts:manage': product(
    'Pause marketplace accounts and change their schedules',
    ['OWNER', 'ADMIN', 'OPERATOR'],
    byAccount,
  ),
  'dead-letters:read': product('See work that failed each time it was tried', managers, byAccount),
  'dead-letters:redrive': product('Send such work again, or let it be', managers, byAccount),
  'runs:read': product('Read what syncs did', everyone, byAccount),
  'processing:read': product('Read what became of processed orders', everyone, byAccount),
  'processing:run': product('Process orders', ['OWNER', 'ADMIN', 'OPERATOR'], byAccount),
  'manifests:read': product('Read manifests', everyone, byAccount),
  'manifests:close': product('Close manifests', ['OWNER', 'ADMIN', 'OPERATOR'], byAccount),
  // papers that show the buyer ask for `customers:read` as well
  'documents:read': product(
    'Read slips, invoices, labels and manifests',
    ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE'],
    byAccount,
  ),
  'imports:create': product(
    'Send files of a marketplace to be imported',
    ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE'],
    byAccount,
  ),
  'imports:read': product('Read what came of imports', everyone, byAccount),
  'shipments:read': product('Read shipments and their events', everyone, byAccount),
  'returns:read': product('Read returns and their events', everyone, byAccount),
  'payouts:read': product(
    'Read settlements and their lines',
    ['OWNER', 'ADMIN', 'FINANCE', 'VIEWER'],
    byAccount,
  ),
  'inventory:read': product('See stock, holds and reserves', everyone),
  'inventory:write': product('Count stock and set reserves', ['OWNER', 'ADMIN', 'OPERATOR']),
  'listings:read': product('See listings and SKUs that lead to no product', everyone, byAccount),
  'listings:write': product('Give SKUs their products', ['OWNER', 'ADMIN', 'OPERATOR'], byAccount),
} as const satisfies Readonly<Record<string, PermissionRow>>

/** What a plugin's permission is: of the product, held by the roles that it names. */
export const pluginPermission = (
  plugin: string,
  permission: string,
  roles: readonly Role[],
): PermissionRow => product(`Declared by plugin "${plugin}": ${permission}`, roles, { plugin })
