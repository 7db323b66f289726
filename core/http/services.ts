/** What the routes call, and the shapes that they answer with; boot puts the implementations in. */
import type { Anchors } from '../audit/anchors.ts'
import type { Openings } from '../audit/openings.ts'
import type { OrgTrail } from '../audit/org-trail.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { ApiKeys } from '../auth/api-keys.ts'
import type { Auth } from '../auth/auth.ts'
import type { KeyDesk } from '../auth/key-desk.ts'
import type { Join } from '../auth/join.ts'
import type { Limits } from '../auth/limits/limits.ts'
import type { OverrideDesk } from '../rbac/override-desk.ts'
import type { Overrides } from '../rbac/overrides.ts'
import type { SignUp } from '../auth/sign-up.ts'
import type { StaffDesk } from '../auth/staff.ts'
import type { StaffSignIn } from '../auth/staff-sign-in.ts'
import type { PublicKey } from '../crypto/signing.ts'
import type { Entry } from '../db/database.ts'
import type { AccountView } from '../ledger/accounts.ts'
import type { Webhooks } from '../ledger/pushes/webhooks.ts'
import type { Documents } from '../ledger/documents/read-documents.ts'
import type { Registrations } from '../ledger/documents/registrations.ts'
import type { Imports } from '../ledger/imports/imports.ts'
import type { Uploads } from '../ledger/uploads/uploads.ts'
import type { DeadLetters, StaffDeadLetters } from '../ledger/dead-letters.ts'
import type { KeyWalks } from '../ledger/keys/walks.ts'
import type { Listings } from '../ledger/inventory/listings.ts'
import type { Stock } from '../ledger/inventory/stock.ts'
import type { Offboardings } from '../ledger/offboarding/requests.ts'
import type { Manifests } from '../ledger/processing/manifest-rows.ts'
import type { Processing } from '../ledger/processing/processing.ts'
import type { Payouts } from '../ledger/read-payouts.ts'
import type { Returns } from '../ledger/read-returns.ts'
import type { Shipments } from '../ledger/read-shipments.ts'
import type { Timelines } from '../ledger/read-timeline.ts'
import type { Erasures } from '../ledger/retention/read-erasures.ts'
import type { Principals } from '../ledger/principals/principals.ts'
import type { TenantExports } from '../ledger/tenant-export/exports.ts'
import type { Reveals } from '../ledger/reveal.ts'
import type { RunView } from '../ledger/runs.ts'
import type { Search } from '../ledger/search/search.ts'
import type { OrderState, Target } from '../plugin.ts'
import type { PluginDesk } from '../queues/plugins.ts'
import type { Switches } from '../queues/switches.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import type { CustomerView } from '../rbac/mask.ts'
import type { Impersonations } from '../tenancy/impersonation.ts'
import type { StaffImpersonations } from '../tenancy/impersonation-staff.ts'
import type { StaffSellers } from '../tenancy/staff-sellers.ts'
import type { Invitations } from '../tenancy/invitations.ts'
import type { People } from '../tenancy/people.ts'
import type { Sellers } from '../tenancy/sellers.ts'
import type { Idempotency } from './once.ts'
import type { CareServices } from './routes/account-care.ts'

export type { AccountView, RunView }

export interface OrderSummary {
  readonly id: string
  readonly marketplace_account_id: string
  readonly marketplace: string
  readonly external_order_id: string
  readonly status: OrderState
  readonly raw_status: string
  readonly on_hold: boolean
  readonly ordered_at: Date
  readonly source_updated_at: Date
  readonly ship_by: Date | null
  readonly currency: string
  readonly total_paise: number | null
  readonly fulfilled_by: 'SELLER' | 'MARKETPLACE' | null
  readonly state_code: string | null
  readonly item_count: number
  readonly customer_erased_at: Date | null
  /** Absent unless it was asked for; unmasked: the route masks it. */
  readonly customer?: CustomerView | null
}
interface OrderItemView {
  readonly id: string
  readonly external_item_id: string
  readonly sku: string | null
  readonly listing_id: string | null
  readonly title: string | null
  readonly quantity: number
  readonly cancelled_quantity: number
  readonly total_paise: number | null
  readonly hsn: string | null
  readonly gst_rate_bp: number | null
}
export interface OrderDetail extends OrderSummary {
  readonly items: readonly OrderItemView[]
  readonly customer: CustomerView | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly job_run_id: string | null
}
interface MarketplaceView {
  readonly code: string
  readonly name: string
  readonly targets: readonly Target[]
}

interface OrderPosition {
  readonly orderedAt: Date
  readonly id: string
}
interface RunPosition {
  readonly createdAt: Date
  readonly id: string
}
/** What is outside of a limit to some accounts is answered as what is not there. */
export interface Orders {
  /** Newest first. `from` is inside the range, `to` is not. */
  readonly list: (entry: Entry, ask: {
    readonly filter: {
      readonly accountId?: string
      readonly status?: OrderState
      readonly from?: Date
      readonly to?: Date
    }
    readonly after?: OrderPosition
    readonly limit: number
    readonly customer: boolean
    readonly accounts: AccountLimit | null
  }) => Promise<{ readonly orders: readonly OrderSummary[]; readonly next: OrderPosition | null }>
  readonly get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ) => Promise<OrderDetail | null>
}
export interface Accounts {
  readonly marketplaces: (entry: Entry) => Promise<readonly MarketplaceView[]>
  readonly list: (
    entry: Entry,
    accounts: AccountLimit | null,
  ) => Promise<readonly AccountView[]>
  readonly get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ) => Promise<AccountView | null>
  /**
   * Throws `account-exists`, `credentials-refused`, `marketplace-unknown`, and `invalid-request`
   * with pointers below /details and /credentials.
   */
  readonly connect: (entry: Entry, ask: {
    readonly marketplace: string
    readonly external_account_id: string
    readonly name: string
    readonly details: unknown
    readonly credentials: unknown
  }) => Promise<AccountView>
  /** Null: the seller has no such account. Throws `target-unsupported`, `account-paused`. */
  readonly requestSync: (entry: Entry, accountId: string, ask: {
    readonly target: Target
    readonly from?: Date
    readonly to?: Date
    readonly accounts: AccountLimit | null
    readonly reason?: 'manual' | 'backfill'
  }) => Promise<{ readonly run: RunView; readonly created: boolean } | null>
}
export interface Runs {
  readonly get: (
    entry: Entry,
    id: string,
    accounts: AccountLimit | null,
  ) => Promise<RunView | null>
  /** Newest first. */
  readonly list: (entry: Entry, ask: {
    readonly accountId?: string
    readonly after?: RunPosition
    readonly limit: number
    readonly accounts: AccountLimit | null
  }) => Promise<{ readonly runs: readonly RunView[]; readonly next: RunPosition | null }>
}
export interface AuditServices {
  readonly trail: AuditTrail
  readonly anchors: Anchors
  /** The decrypt ledger. */
  readonly openings: Openings
  /** That digests are signed with. */
  readonly keys: readonly PublicKey[]
}
/** What routes of staff call. */
export interface StaffServices {
  readonly signIn: StaffSignIn
  readonly me: StaffDesk['me']
  readonly impersonations: StaffImpersonations
  readonly sellers: StaffSellers
  readonly trail: OrgTrail
}
export interface TenancyServices {
  readonly sellers: Sellers
  readonly people: People
  readonly invitations: Invitations
  readonly signUp: SignUp
  readonly join: Join
}
export interface Services {
  readonly auth: Auth
  readonly tenancy: TenancyServices
  readonly keys: ApiKeys
  readonly keyDesk: KeyDesk
  readonly overrides: Overrides
  readonly overrideDesk: OverrideDesk
  /** The door of staff. */
  readonly staff: StaffDesk
  readonly staffWork: StaffServices
  readonly impersonations: Impersonations
  readonly limits: Limits
  readonly idempotency: Idempotency
  readonly orders: Orders
  readonly reveals: Reveals
  readonly search: Search
  readonly principals: Principals
  readonly erasures: Erasures
  readonly accounts: Accounts
  readonly care: CareServices['care']
  readonly runs: Runs
  readonly shipments: Shipments
  readonly returns: Returns
  readonly payouts: Payouts
  readonly timelines: Timelines
  readonly deadLetters: DeadLetters
  readonly staffQueues: { readonly letters: StaffDeadLetters; readonly switches: Switches }
  readonly staffPlugins: PluginDesk
  readonly keyWalks: KeyWalks
  readonly audit: AuditServices
  readonly tenantExports: TenantExports
  readonly stock: Stock
  readonly listings: Listings
  readonly imports: Imports
  readonly uploads: Uploads
  readonly offboardings: Offboardings
  readonly webhooks: Webhooks
  readonly processing: Processing
  readonly manifests: Manifests
  readonly documents: Documents
  readonly registrations: Registrations
}
