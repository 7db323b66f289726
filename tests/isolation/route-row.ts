/** What the rows of routes are made of. */
import type { Draw } from './draw.ts'
import type { Shop } from './parties.ts'

/** `orders.id`: a table and its column. */
export type Kind = string

/** What bodies and queries are made of. */
export interface Maker {
  readonly draw: Draw
  /** Of the seller who asks; stands in every text that is sent. */
  readonly mark: string
  /** A number that no other request has. */
  readonly serial: number
  /** An id of the kind; mostly one's own. */
  readonly id: (kind: Kind) => string
  readonly shop: (at: 0 | 1) => Shop
}
export interface RouteRow {
  /** By place, `path id` or `query account`. */
  readonly ids?: Readonly<Record<string, Kind>>
  readonly body?: (make: Maker) => Readonly<Record<string, unknown>>
  /** Of a route whose body is a file. */
  readonly file?: (make: Maker) => Uint8Array
  /** For parameters that are no ids, by place, where the schema names no values. */
  readonly words?: Readonly<Record<string, (make: Maker) => string>>
  /**
   * Whose data the answer may hold: that of the seller who asks, if nothing is said; of all sellers
   * that the person works for; of all sellers, for staff; of nobody.
   */
  readonly sees?: 'seller' | 'person' | 'staff' | 'nobody'
  /** What stands in front of the id in its place: `seller:`. */
  readonly forms?: Readonly<Record<string, string>>
  /** What the answer's `id` is the id of, when something was made. */
  readonly makes?: Kind
  /** The answer tells a secret once, in `secret`, which from then on can be asked with. */
  readonly tells?: 'api-key'
  /** How often a walk takes the route, against 10 of others. */
  readonly weight?: number
  /** It may take away what the next walk needs: people, sessions, the seller's standing. */
  readonly shakes?: boolean
}

/** With the seller's mark, and unlike every other one. */
export const text = (what: string) => ({ mark, serial }: Maker): string =>
  `${what} ${serial} of ${mark}`
/** Of a form that is taken, and right nowhere. */
export const wrongPassword = 'Not-the-password-of-anybody-7'

/** For documents that are the same for everybody. */
export const documents: RouteRow = { sees: 'nobody', weight: 1 }
/** For proofs that nobody here has: each costs the hash of a password. */
export const refused: RouteRow = { sees: 'nobody', weight: 0.2 }
/** People of the seller. */
export const user: Kind = 'seller_users.id'
export const account: Kind = 'marketplace_accounts.id'
export const ofImpersonation: RouteRow = { ids: { 'path id': 'impersonation_sessions.id' } }
