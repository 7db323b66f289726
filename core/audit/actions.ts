/**
 * What can be recorded, as data. A new action is one line: its name (`thing.past-tense`), the kind of
 * thing that its target names, a sentence for people, and its data: ids, counts and codes, never a
 * value that is sealed elsewhere.
 */
import { z } from 'zod'
import type { Role } from '../plugin.ts'

const did = <const Target extends string, Data extends z.ZodRawShape>(
  target: Target,
  sentence: string,
  data: Data,
) => ({ target, sentence, data: z.strictObject(data) })

const roleNames = ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const satisfies Role[]
const id = z.guid()
const role = z.enum(roleNames)
const text = z.string().max(500) // words of whoever gave a reason
const count = z.int().min(0)
// the operator that a command of the platform was called by, in their own words
const by = z.string().max(64).optional()
const nothing = {}

const impersonation = {
  super_admin: id.optional(),
  mode: z.string().optional(),
  minutes: count.optional(),
  by: z.string().optional(),
}
// the pattern of a route: its parameters say what people look for
const request = { method: z.string(), route: z.string() }

/** Of a seller's trail. */
export const sellerActions = {
  'seller.created': did('seller', 'The seller was created', { name: z.string().optional() }),
  'seller.suspended': did('seller', 'The seller was suspended', { reason: text.optional(), by }),
  'seller.resumed': did('seller', 'The suspension was lifted', { reason: text.optional(), by }),
  'seller.renamed': did('seller', 'The seller got another name', {
    from: z.string(),
    to: z.string(),
  }),
  'seller.plan-changed': did('seller', 'The seller moved to another plan', {
    from: z.string(),
    to: z.string(),
  }),
  'seller.plan-limit-reached': did('seller', 'The orders of a day reached the limit of the plan', {
    plan: z.string(),
    day: z.iso.date(),
    orders: count,
    limit: count,
  }),
  'seller.consent-changed': did('seller', 'The consent that support needs was changed', {
    from: z.string(),
    to: z.string(),
  }),
  'seller.ownership-transferred': did('seller', 'The ownership passed to another person', {
    from: id,
    to: id,
  }),

  'seller.offboarding-requested': did('seller', 'It was asked that the seller leaves for good', {
    offboarding: id,
    shreds_at: z.iso.datetime(),
    reason: text,
    by,
  }),
  'seller.offboarding-withdrawn': did('seller', 'The request to leave was withdrawn', {
    offboarding: id,
    reason: text.optional(),
    by,
  }),
  'seller.offboarding-announced': did('seller', 'The OWNERs were told of the erasure by mail', {
    offboarding: id,
  }),
  'seller.closed': did('seller', 'The seller was shut for good', {
    offboarding: id,
    sessions: count,
    people: count,
    apiKeys: count,
    invitations: count,
    impersonations: count,
    schedules: count,
    work: count,
  }),
  'keys.destroyed': did('seller', 'All keys of the seller were destroyed', {
    offboarding: id,
    keys: count,
  }),
  'seller.shredded': did('seller', 'The destruction of the keys was proved and certified', {
    offboarding: id,
    // SHA-256 of its text
    certificate: z.string(),
    irrevocable_at: z.iso.datetime(),
  }),

  'user.invited': did('invitation', 'A person was invited', { role }),
  'user.invitation-resent': did('invitation', 'An invitation was sent once more', nothing),
  'user.invitation-revoked': did('invitation', 'An invitation was withdrawn', nothing),
  'user.joined': did('user', 'An invited person joined', { role, invitation: id.optional() }),
  'user.added': did('user', 'A person was added', { role }),
  'user.role-changed': did('user', 'The role of a person was changed', { from: role, to: role }),
  'user.removed': did('user', 'A person was removed', { role: role.optional() }),
  'user.left': did('user', 'A person left', { role: role.optional() }),

  'session.opened': did('session', 'A person signed in', { method: z.string().optional() }),
  'session.revoked': did('session', 'A session was ended', { reason: text.optional() }),
  'session.replayed': did('session', 'An old refresh token came back, and its session was ended', {
    generation: count.optional(),
  }),
  'password.changed': did('user', 'A password was changed', nothing),
  'password.reset': did('user', 'A password was reset by a link', nothing),
  'mfa.enabled': did('user', 'A second factor was set up', nothing),
  'mfa.disabled': did('user', 'The second factor was taken away', nothing),
  'mfa.recovery-used': did('user', 'A recovery code stood in for the second factor', {
    left: count.optional(),
  }),

  'api-key.created': did('api-key', 'An API key was made', {
    scopes: z.array(z.string()),
    expires_at: z.iso.datetime().nullable(),
  }),
  'api-key.rotated': did('api-key', 'An API key was replaced by a new one', {
    to: id,
    // until then the old one is good as well
    until: z.iso.datetime(),
  }),
  'api-key.revoked': did('api-key', 'An API key was revoked', nothing),
  'override.added': did('user', 'A person got an exception from the role', {
    override: id,
    permission: z.string(),
    effect: z.enum(['GRANT', 'DENY']),
    account: id.nullable(),
    expires_at: z.iso.datetime().nullable(),
    reason: text,
  }),
  'override.removed': did('user', 'An exception from the role was taken away', {
    override: id,
    permission: z.string(),
    effect: z.enum(['GRANT', 'DENY']),
  }),
  'stock.changed': did('product', 'What is on hand was counted or corrected', {
    sku: z.string(),
    from: z.int().nullable(),
    to: z.int(),
    reason: z.string(),
  }),
  'stock.reserves-changed': did('product', 'What is kept back from sale was changed', {
    sku: z.string(),
    safety_stock: count,
    accounts: count,
  }),
  'listing.mapped': did('listing', 'A SKU of a marketplace was given its product', {
    account: id,
    sku: z.string(),
    product_sku: z.string(),
    alias: z.boolean(),
  }),
  'customer.revealed': did('order', "A buyer's masked data was shown in clear", {
    reason: text,
    fields: z.array(z.string()),
  }),
  // whoever asks is known by a phone number or an address, which stand nowhere
  'data-principal.found': did('seller', 'The orders of one buyer were looked for', {
    by: z.enum(['phone', 'email']),
    orders: count,
    // digestOf the ids of the page
    ids: z.string(),
    reason: text,
  }),
  'data-principal.exported': did('seller', 'The data of one buyer was handed out in clear', {
    by: z.enum(['phone', 'email']),
    orders: count,
    ids: z.array(id),
    reason: text,
  }),
  'data-principal.erased': did('seller', 'One buyer was erased, as they had asked', {
    by: z.enum(['phone', 'email']),
    orders: count,
    erasures: z.array(id),
    reason: text,
  }),

  'impersonation.requested': did('impersonation', 'Support asked to look in', {
    ...impersonation,
    consent: z.string().optional(),
    reason: text,
    ticket: text,
  }),
  'impersonation.approved': did('impersonation', 'Support was let in', impersonation),
  'impersonation.denied': did('impersonation', 'Support was not let in', impersonation),
  'impersonation.started': did('impersonation', 'Support came in', impersonation),
  'impersonation.read': did('impersonation', 'Support read data', request),
  'impersonation.acted': did('impersonation', 'Support sent a request that changes data', request),
  'impersonation.ended': did('impersonation', 'Support left', { by: z.string().optional() }),

  'marketplace-account.connected': did('marketplace-account', 'An account was connected', {
    marketplace: z.string(),
    external_account_id: z.string(),
  }),
  'run.requested': did('run', 'A sync was asked for', {
    account: id,
    target: z.string(),
    from: z.iso.datetime().optional(),
    to: z.iso.datetime().optional(),
  }),
  'orders.synced': did('marketplace-account', 'Orders came in from a marketplace', {
    created: count,
    changed: count,
    // digestOf their ids
    orders: z.string(),
  }),
  'returns.synced': did('marketplace-account', 'Returns came in from a marketplace', {
    created: count,
    changed: count,
    returns: z.string(),
  }),
  'payouts.synced': did('marketplace-account', 'Settlements came in from a marketplace', {
    created: count,
    changed: count,
    payouts: z.string(),
  }),

  'processing.requested': did('batch', 'The processing of orders was asked for', {
    account: id,
    // null: all that are ready
    chosen: count.nullable(),
    closure: z.string(),
  }),
  'processing.ended': did('batch', 'The processing of orders came to its end', {
    outcome: z.enum(['DONE', 'FAILED']),
  }),
  'manifest.close-requested': did('manifest', 'The closing of a manifest was asked for', {
    batch: id,
  }),
  'manifest.change-requested': did(
    'manifest',
    'Shipments were to go into a manifest, or out of it',
    {
      batch: id,
      added: count,
      removed: count,
    },
  ),
  'manifest.closed': did('manifest', 'A manifest was closed at the marketplace', {
    shipments: count,
    dispatch_date: z.string().nullable(),
  }),
  'document.read': did('document', 'A document was handed out', {
    type: z.string(),
    order: id.nullable(),
  }),
  'seller.registered': did('seller', 'The GST registration on papers was changed', {
    gstin: z.string(),
  }),

  'seller.export-requested': did('seller', 'All that the seller has was asked for, in files', {
    export: id,
  }),
  'seller.exported': did('seller', 'All that the seller has was written into files', {
    export: id,
    rows: count,
    // sealed ones, which were opened for it
    values: count,
    files: count,
    // of the manifest
    sha256: z.string(),
  }),
  'seller.export-expired': did('seller', 'The files of an export were let go after their time', {
    export: id,
    files: count,
  }),
  'seller.export-read': did('seller', 'Addresses of the files of an export were given out', {
    export: id,
    of: z.enum(['export', 'documents']),
  }),
  'audit.exported': did('seller', 'The audit trail was exported', {
    filtered: z.boolean(),
    // the last event that the export may hold; its own is behind it
    events: count,
    by,
  }),
  'audit.anchor-added': did('audit-anchor', 'A place that digests leave to was added', {
    kind: z.enum(['hook', 'bucket']),
    // a host or a bucket; the rest of an address may be a secret
    place: z.string(),
  }),
  'audit.anchor-removed': did('audit-anchor', 'A place that digests leave to was taken away', {
    kind: z.enum(['hook', 'bucket']),
    place: z.string(),
  }),
  'marketplace-account.paused': did('marketplace-account', 'An account was paused', {
    reason: text,
  }),
  'marketplace-account.resumed': did('marketplace-account', 'An account goes on', { reason: text }),
  'marketplace-account.switched': did(
    'marketplace-account',
    'Support switched an account on or off',
    { enabled: z.boolean(), reason: text, by },
  ),
  'marketplace-account.credentials-replaced': did(
    'marketplace-account',
    'An account got new credentials',
    nothing,
  ),
  'upload.requested': did('upload', 'An address for an upload was given out', {
    account: id,
    bytes: count,
    sha256: z.string(),
  }),
  'import.requested': did('import', 'A file was sent to be imported', {
    account: id,
    bytes: count,
    sha256: z.string(),
  }),
  'import.cancelled': did('import', 'An import was called off', nothing),
  'key-walk.requested': did('key-walk', 'Sealed values were to get a new key, or to be tried', {
    kind: z.string(),
    reason: text,
    by,
  }),
  'key-walk.ended': did('key-walk', 'Sealed values have got a new key, or were tried', {
    kind: z.string(),
    outcome: z.enum(['DONE', 'FAILED']),
    opened: count,
    resealed: count,
    unreadable: count,
    // the version that is in use, or the first one that is left
    version: count.optional(),
  }),
  'keys.rewrapped': did('seller', 'The keys were wrapped anew by KMS', {
    keys: count,
    alias: z.string(),
    reason: text,
    by,
  }),
  'schedule.changed': did('marketplace-account', 'A schedule was changed', {
    target: z.string(),
    cron: z.string().optional(),
    paused: z.boolean().optional(),
  }),
  'retention.requested': did('seller', 'The erasing of buyers that are due was asked for', {
    reason: text,
    by,
  }),
  'buyers.erased': did('erasure', 'What was kept of buyers was erased', {
    // null: of the whole seller
    account: id.nullable(),
    reason: z.enum(['retention', 'request', 'offboarding']),
    orders: count.optional(),
    fields: count.optional(),
    documents: count.optional(),
    raw_rows: count.optional(),
    files: count.optional(),
    archive_months: count.optional(),
    // digestOf the ids of the orders
    ids: z.string().optional(),
  }),
  'dead-letter.written': did('dead-letter', 'Work failed each time it was tried', {
    queue: z.string(),
  }),
  'dead-letter.redriven': did('dead-letter', 'Dead work was sent again', { reason: text, by }),
  'dead-letter.dismissed': did('dead-letter', 'Dead work was let be', { reason: text, by }),
} as const

const about = { seller: id.optional(), reason: text.optional(), by }

/** Of the org's trail: what staff and the platform do, whichever seller it is about. */
export const orgActions = {
  'staff.added': did('super-admin', 'A member of staff was added', { by }),
  'staff.removed': did('super-admin', 'A member of staff was removed', { by }),
  'staff.signed-in': did('super-admin', 'A member of staff signed in', nothing),
  'staff.signed-out': did('super-admin', 'A member of staff signed out', nothing),
  'staff.password-changed': did('super-admin', 'A member of staff chose a new password', nothing),
  'staff.renewed': did('super-admin', 'A member of staff got a new password and factor', { by }),
  'staff.read': did('staff-session', 'Staff read data of the platform', request),
  'seller.created': did('seller', 'A seller was created', nothing),
  'seller.suspended': did('seller', 'A seller was suspended', about),
  'seller.resumed': did('seller', 'The suspension of a seller was lifted', about),
  'seller.plan-changed': did('seller', 'A seller was moved to another plan', {
    from: z.string(),
    to: z.string(),
  }),
  'seller.offboarding-requested': did('seller', 'It was asked that a seller leaves', about),
  'seller.offboarding-withdrawn': did('seller', 'The request to leave was withdrawn', about),
  'seller.shredded': did('seller', 'The keys of a seller were destroyed, and it is certified', {
    offboarding: id,
    certificate: z.string(),
    irrevocable_at: z.iso.datetime(),
  }),
  'shred.value-opened': did('seller', 'A value opened though its keys are destroyed', {
    opened: count,
  }),
  'impersonation.requested': did('impersonation', 'Staff asked to look into a seller', {
    seller: id,
    ticket: text.optional(),
    reason: text.optional(),
    mode: z.string().optional(),
    consent: z.string().optional(),
    minutes: count.optional(),
  }),
  'impersonation.approved': did('impersonation', 'Staff let staff into a seller', about),
  'impersonation.started': did('impersonation', 'Staff came into a seller', about),
  'impersonation.ended': did('impersonation', 'Staff left a seller', about),
  'dead-letter.redriven': did('dead-letter', 'Dead work of a seller was sent again', about),
  'dead-letter.dismissed': did('dead-letter', 'Dead work of a seller was let be', about),
  'plugin.changed': did('plugin', 'A plugin was enabled, disabled, upgraded or restarted', {
    did: z.enum(['enabled', 'disabled', 'upgraded', 'restarted']),
    version: z.string(),
    generation: count,
    reason: text,
    by: z.string(),
  }),
  'switch.changed': did('switch', 'A sweep, marketplace or account was switched on or off', {
    enabled: z.boolean(),
    reason: text,
    by,
  }),
  'breach.drilled': did('org', 'It was asked who is affected by what was opened in a window', {
    from: z.string(),
    to: z.string(),
    seller: id.optional(),
    actor: z.string().optional(),
    reason: text,
    by: z.string(),
  }),
  'audit.chain-broken': did('seller', 'The chain of a seller does not verify', {
    seq: count,
    why: z.string(),
  }),
} as const

interface Row {
  readonly target: string
  readonly data: z.ZodType
}
/** `user:<id>` where the action's target is a user. */
export type TargetOf<A extends Row> = `${A['target']}:${string}`
/** The data may be left out where none of it is needed. */
export type DataOf<A extends Row> = Record<never, never> extends z.input<A['data']>
  ? [data?: z.input<A['data']>]
  : [data: z.input<A['data']>]

/** What the action says to people; the name itself where a plugin's or an old release's is unknown. */
export const sentenceOf = (action: string): string =>
  Object.hasOwn(sellerActions, action)
    ? sellerActions[action as keyof typeof sellerActions].sentence
    : action

/** The same of an action of the org's trail. */
export const orgSentenceOf = (action: string): string =>
  Object.hasOwn(orgActions, action)
    ? orgActions[action as keyof typeof orgActions].sentence
    : action
