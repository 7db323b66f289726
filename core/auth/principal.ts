/** Who asks: what a token says, and what the database confirms when the scope is opened. */
import type { Entry } from '../db/database.ts'
import type { Role } from '../plugin.ts'

export type SellerStatus = 'ACTIVE' | 'SUSPENDED'

export interface Principal {
  readonly sellerId: string
  readonly userId: string
  readonly role: Role
  readonly sessionId: string
  /** Of the user and of the seller, as `<user>.<seller>`: it moves when either changes. */
  readonly authzVersion: string
  readonly sellerStatus: SellerStatus
}

export const roles = [
  'OWNER',
  'ADMIN',
  'OPERATOR',
  'FINANCE',
  'VIEWER',
] as const satisfies readonly Role[]
export const sellerStatuses = ['ACTIVE', 'SUSPENDED'] as const satisfies readonly SellerStatus[]

/** What opens the seller's scope for this session; dead or stale sessions are refused there. */
export const entryOf = (principal: Principal): Entry => ({
  sellerId: principal.sellerId,
  kind: 'session',
  ref: `${principal.sessionId}/${principal.authzVersion}`,
})
