/** From the open order to the closed manifest: what an adapter is given, and what it tells. */
import type { DocumentType, ManifestRow, OrderState, ShipmentRow } from './rows.ts'

/** A document on its way into storage; never held whole. */
export interface Download {
  readonly sha256: string
  readonly byteSize: number
  readonly mime: string
  readonly storageKey: string
}

/** An order as the ledger has it: the one record that every document is made of. */
export interface BatchOrder {
  readonly id: string
  readonly externalId: string
  readonly status: OrderState
  readonly onHold: boolean
  /** Where it goes: nothing of the buyer beyond it. */
  readonly postalCode: string | null
  readonly stateCode: string | null
  readonly lines: readonly {
    readonly externalId: string
    readonly sku: string | null
    readonly listingId: string | null
    readonly title: string | null
    /** What the buyer has ordered and not cancelled. */
    readonly quantity: number
    /** What the seller's stock allows: 0 to `quantity`. */
    readonly confirmedQuantity: number
    /** For `quantity`. */
    readonly totalPaise: number | null
    readonly hsn: string | null
    readonly gstRateBp: number | null
  }[]
  /** Of the seller's own series, taken once for an order; `date` is a day in India: `2026-11-22`. */
  readonly invoice?: { readonly number: string; readonly date: string }
}
/** IMMEDIATE: closed with the batch. DELAYED: by the cut-off. MANUAL: when somebody says so. */
export type ClosurePolicy = 'IMMEDIATE' | 'DELAYED' | 'MANUAL'
/** By the marketplace's ids of the manifest and of its shipments; no shipment stands in both lists. */
export interface ManifestChanges {
  readonly externalId: string
  readonly add: readonly string[]
  readonly remove: readonly string[]
}
/** One piece of work at the marketplace. */
export interface Batch {
  readonly id: string
  /** The orders to bring from open to manifest; none where manifests alone are to be closed. */
  readonly orders: readonly BatchOrder[]
  readonly closure: ClosurePolicy
  /** Manifests of the account, by the marketplace's ids, that are to be closed. */
  readonly closeManifests: readonly string[]
  /**
   * What the ledger has in those manifests, for marketplaces that keep no list of their own: the
   * marketplace's ids of the shipments, by that of the manifest. Cancelled ones are left out.
   */
  readonly manifestShipments?: Readonly<Record<string, readonly string[]>>
  /** What is to be put into an open manifest and taken out of it; such a batch has no orders. */
  readonly manifestChanges?: ManifestChanges
  /** Open manifests of the account that have room, the oldest first. */
  readonly openManifests: readonly { readonly externalId: string; readonly shipments: number }[]
  /** What is recorded, in its order. A step that stands as `started` alone is in doubt. */
  readonly done: readonly StepResult[]
}
/**
 * One step, as it begins or as it ends. Stored, with whatever it tells, before the adapter is asked for
 * the next one. A step that is `done` stands in `Batch.done` as `held` where the host found papers that
 * do not agree with the order (the method is then called anew). At the step `check` all papers of the
 * order are compared.
 */
export interface StepResult {
  readonly step: string
  /** The id of the order in the batch; null for a step of the whole batch. */
  readonly order: string | null
  /** `held`: this order stays behind, the others go on. `failed`: the batch cannot go on. */
  readonly outcome: 'started' | 'done' | 'held' | 'failed'
  /** Why, in words for the seller: no secret, no buyer's data. */
  readonly message?: string
  /** Kebab-case: `gstin-invalid`. */
  readonly code?: string
  /** What a later attempt has to know; comes back in `Batch.done`. */
  readonly output?: unknown
  /** Where the order has come to. */
  readonly status?: OrderState
  /** Who is invoiced for the order where that is not its buyer; address by lines, GST state code. */
  readonly billTo?: {
    readonly name: string
    readonly address: readonly string[]
    readonly gstin: string | null
    readonly stateCode: string | null
  }
  readonly shipment?: ShipmentRow
  readonly manifest?: ManifestRow
  /** Documents that the host makes of the order's record (of a manifest: of its shipments). */
  readonly render?: readonly DocumentType[]
  /** Documents that came from the marketplace. */
  readonly documents?: readonly { readonly type: DocumentType; readonly download: Download }[]
}
/** A document that the marketplace makes; exactly one of the ids is given. */
export interface DocumentAsk {
  readonly type: DocumentType
  readonly shipmentExternalId?: string
  readonly manifestExternalId?: string
}
