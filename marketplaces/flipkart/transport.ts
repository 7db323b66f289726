/** Every call of Flipkart's API that we make, as one typed function (`wire.md`). */
import type { Account, Download, ReportImport, ReportTable } from 'robnu/plugin'
import type { HandoverCount, WriteLine } from './answers.ts'
import type { Credentials, Details } from './schemas.ts'

export type Connection = Account<Details, Credentials>

/** A page of a list; `next` is relative, as Flipkart gives it. */
export interface RawPage {
  readonly rows: readonly unknown[]
  readonly next: string | null
}
/** Which shipments or returns: those that changed from `from` to `to`, both included. */
export interface PageAsk {
  readonly list: string
  readonly from: Date
  readonly to: Date
  /** The page that is asked for by its own address; null: the first. */
  readonly next: string | null
}
export interface PackRequest {
  readonly shipmentId: string
  readonly locationId: string
  readonly taxItems: readonly {
    readonly orderItemId: string
    /** In per cent. */
    readonly taxRate: number
    readonly quantity: number
  }[]
  readonly serialNumbers: readonly string[]
  readonly invoices: readonly {
    readonly orderId: string
    /** A day in India. */
    readonly invoiceDate: string
    readonly invoiceNumber: string
  }[]
  readonly subShipments: readonly {
    readonly subShipmentId: string
    readonly dimensions: {
      readonly length: number
      readonly breadth: number
      readonly height: number
      /** In kilograms. */
      readonly weight: number
    }
  }[]
}
export interface SelfShipped {
  readonly shipmentId: string
  readonly locationId: string
  readonly dispatchDate: string
  readonly tentativeDeliveryDate: string
  readonly deliveryPartner: string
  readonly trackingId: string
  readonly invoice: {
    readonly invoiceNumber: string
    readonly invoiceDate: string
    readonly items: readonly { readonly orderItemId: string; readonly quantity: number }[]
  }
}
/** Shipments that one courier takes over at one location. */
export interface VendorGroup {
  readonly locationId: string
  readonly vendor: string
  readonly isMps: boolean
}
interface StockUpdate {
  readonly product_id: string
  readonly locations: readonly {
    readonly id: string
    readonly inventory: number
    readonly status: 'ENABLED'
  }[]
}

/** Throws failures of the contract; 404 is `rejected` with the code `not-found`. */
export interface Transport {
  readonly shipments: (ask: PageAsk) => Promise<RawPage>
  /** All shipments of these orders, in whatever state; what is not known is left out. */
  readonly shipmentsOf: (orderIds: readonly string[]) => Promise<readonly unknown[]>
  /** Courier and address. */
  readonly details: (shipmentIds: readonly string[]) => Promise<readonly unknown[]>
  /** At most 25; asynchronous: packed is what the shipment says later. */
  readonly pack: (requests: readonly PackRequest[]) => Promise<readonly WriteLine[]>
  /** At most 25 of one location. */
  readonly dispatch: (
    locationId: string,
    shipmentIds: readonly string[],
  ) => Promise<readonly WriteLine[]>
  /** At most 100. */
  readonly selfShipDispatch: (shipments: readonly SelfShipped[]) => Promise<readonly WriteLine[]>
  /** One file with the labels (and invoices) of at most 25. */
  readonly labels: (shipmentIds: readonly string[]) => Promise<Download>
  readonly invoices: (shipmentIds: readonly string[]) => Promise<Download>
  readonly handoverCounts: (locationId: string) => Promise<readonly HandoverCount[]>
  readonly manifest: (
    group: VendorGroup,
    pickupDate: HandoverCount['pickUpDate'],
  ) => Promise<Download>
  readonly returns: (ask: PageAsk) => Promise<RawPage>
  /** At most 10; by SKU what became of it. */
  readonly putInventory: (
    updates: Readonly<Record<string, StockUpdate>>,
  ) => Promise<Readonly<Record<string, { readonly status: string; readonly code: string | null }>>>
  /** At most 10; by SKU the pieces at these locations. */
  readonly getInventory: (
    skus: readonly string[],
    locationIds: readonly string[],
  ) => Promise<readonly { readonly sku: string; readonly quantity: number }[]>
  /** The id of the report; the same correlation id gives the same report. */
  readonly askReport: (
    type: string,
    days: { readonly from: string; readonly to: string },
    correlationId: string,
  ) => Promise<string>
  readonly report: (
    id: string,
  ) => Promise<{ readonly status: string; readonly location: string | null }>
  readonly reportTable: (
    location: string,
    ask: Pick<ReportImport, 'signature' | 'sheet' | 'groupBy'>,
  ) => Promise<ReportTable | null>
}
