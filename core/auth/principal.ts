/** Who asks: what a credential says, and what the database confirms when the scope is opened. */
import type { Entry } from '../db/database.ts'
import type { Role } from '../plugin.ts'

export type SellerStatus = 'ACTIVE' | 'SUSPENDED'

interface OfSeller {
  readonly sellerId: string
  readonly sellerStatus: SellerStatus
  /** Of the actor and of the seller, as `<actor>.<seller>`: it moves when either changes. */
  readonly authzVersion: string
}
/** A person of the seller, signed in. */
export interface UserPrincipal extends OfSeller {
  readonly kind: 'user'
  readonly userId: string
  readonly role: Role
  readonly sessionId: string
  /** True: the role is not all, `permission_overrides` has rows for this person. */
  readonly hasOverrides: boolean
}
/** A program, by an API key of the seller. */
export interface KeyPrincipal extends OfSeller {
  readonly kind: 'key'
  readonly keyId: string
  /** Permissions. */
  readonly scopes: readonly string[]
}
/** Staff inside a live impersonation session. */
export interface ImpersonatorPrincipal extends OfSeller {
  readonly kind: 'impersonator'
  readonly superAdminId: string
  readonly impersonationId: string
  readonly mode: 'READ_ONLY' | 'READ_WRITE'
  readonly expiresAt: Date
}
/** Whoever acts inside one seller. */
export type Principal = UserPrincipal | KeyPrincipal | ImpersonatorPrincipal

/** Staff, signed in; inside of no seller. */
export interface StaffPrincipal {
  readonly kind: 'staff'
  readonly superAdminId: string
  readonly staffSessionId: string
  /** When the second factor was last given. */
  readonly steppedUpAt: Date
}

export const roles = [
  'OWNER',
  'ADMIN',
  'OPERATOR',
  'FINANCE',
  'VIEWER',
] as const satisfies readonly Role[]
export const sellerStatuses = ['ACTIVE', 'SUSPENDED'] as const satisfies readonly SellerStatus[]

/** What opens the seller's scope for the principal; whoever is dead or stale is refused there. */
export const entryOf = (principal: Principal): Entry => {
  const { sellerId, authzVersion } = principal
  switch (principal.kind) {
    case 'user':
      return { sellerId, kind: 'session', ref: `${principal.sessionId}/${authzVersion}` }
    case 'key':
      return { sellerId, kind: 'key', ref: `${principal.keyId}/${authzVersion}` }
    case 'impersonator':
      return {
        sellerId,
        kind: 'impersonation',
        ref: `${principal.impersonationId}/${authzVersion}`,
      }
  }
}
