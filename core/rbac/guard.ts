/** Refuses what the table, the overrides and the seller's status do not allow. */
import { fault } from '../errors.ts'
import { type AccountLimit, decide, type Subject } from './decide.ts'
import type { PermissionTable } from './permissions.ts'

/** What a route asks of whoever calls it. */
export interface Ask {
  readonly permission: string
  /** It changes something. */
  readonly writes: boolean
  /** The handler heeds the limit to some accounts; false refuses whoever has one. */
  readonly limitsAccounts: boolean
  /** A suspended seller's people may do it all the same: it concerns themselves. */
  readonly evenSuspended: boolean
}
export interface Judged {
  readonly subject: Subject
  readonly sellerStatus: 'ACTIVE' | 'SUSPENDED'
  readonly readOnly: boolean
}

/**
 * The accounts that the yes holds for; null: all. Throws `forbidden`, `out-of-scope`,
 * `not-for-keys`, `not-for-staff`, `read-only-session`, and `seller-suspended` when a suspended
 * seller would write: reading stays open, so that a seller always gets at its own data.
 */
export const requirePermission = (
  table: PermissionTable,
  { subject, sellerStatus, readOnly }: Judged,
  { permission, writes, limitsAccounts, evenSuspended }: Ask,
  now: Date,
): AccountLimit | null => {
  const decision = decide(table, subject, permission, now)
  if (!decision.allowed) throw fault(decision.code)
  // a handler that knows nothing of limits would answer for all accounts
  if (decision.limit !== null && !limitsAccounts) throw fault('forbidden')
  if (writes && readOnly) throw fault('read-only-session')
  if (writes && sellerStatus !== 'ACTIVE' && !evenSuspended) throw fault('seller-suspended')
  return decision.limit
}
