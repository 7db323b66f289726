/** What the routes call, and the shapes that they answer with; boot puts the implementations in. */
import type { Auth } from '../auth/auth.ts'
import type { Entry } from '../db/database.ts'
import type { AccountView } from '../ledger/accounts.ts'
import type { RunView } from '../ledger/runs.ts'
import type { OrderState, Target } from '../plugin.ts'
import type { CustomerView } from '../rbac/mask.ts'

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
  readonly total_paise: number | null
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
  }) => Promise<{ readonly orders: readonly OrderSummary[]; readonly next: OrderPosition | null }>
  readonly get: (entry: Entry, id: string) => Promise<OrderDetail | null>
}
export interface Accounts {
  readonly marketplaces: (entry: Entry) => Promise<readonly MarketplaceView[]>
  readonly list: (entry: Entry) => Promise<readonly AccountView[]>
  readonly get: (entry: Entry, id: string) => Promise<AccountView | null>
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
  /** Null: the seller has no such account. Throws `target-unsupported`. */
  readonly requestSync: (entry: Entry, accountId: string, ask: {
    readonly target: Target
    readonly from?: Date
    readonly to?: Date
  }) => Promise<{ readonly run: RunView; readonly created: boolean } | null>
}
export interface Runs {
  readonly get: (entry: Entry, id: string) => Promise<RunView | null>
  /** Newest first. */
  readonly list: (entry: Entry, ask: {
    readonly accountId?: string
    readonly after?: RunPosition
    readonly limit: number
  }) => Promise<{ readonly runs: readonly RunView[]; readonly next: RunPosition | null }>
}
export interface Services {
  readonly auth: Auth
  readonly orders: Orders
  readonly accounts: Accounts
  readonly runs: Runs
}
