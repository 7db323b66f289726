/**
 * Every call of the gateway contract (`wire.md`) as one typed function. AJIO publishes no API: who has
 * the real thing writes another `connect` (client.ts) behind this interface and leaves the rest alone.
 */
import type { Account, Download } from 'robnu/plugin'
import type { B2bInfo, Manifest, Order, RawPage, RefusalBody, Shipment } from './answers.ts'
import type { Return } from './answers.ts'
import type { Credentials, Details } from './schemas.ts'

export type Connection = Account<Details, Credentials>

/** A write that the state of things does not allow (409, 422), told as a value: the caller decides. */
interface Refused {
  readonly refused: RefusalBody
}
export type Outcome<T> = { readonly value: T } | Refused

/** Which rows: those that changed from `updatedFrom` to `updatedTo`, both included. */
export interface PageAsk {
  readonly updatedFrom: string
  readonly updatedTo: string
  /** From 0, the oldest change first. */
  readonly page: number
  readonly size: number
}
interface LineKey {
  readonly sellerOrderNo: string
  readonly jioCode: string
}
export interface ConfirmedLine extends LineKey {
  readonly custOrderNo: string
  readonly confirmedQty: number
}
interface QuantityLine extends LineKey {
  readonly quantity: number
}
export interface NewShipment {
  readonly custOrderNo: string
  readonly sellerInvoiceNo: string
  /** A day in India. */
  readonly sellerInvoiceDate: string
  readonly box: {
    readonly weightGrams: number
    readonly lengthCm: number
    readonly breadthCm: number
    readonly heightCm: number
  }
  readonly lines: readonly QuantityLine[]
}
interface StockItem {
  readonly ean: string | null
  readonly sellerSku: string
  readonly quantity: number
}
/** The documents that AJIO makes of a parcel. */
export type ShipmentPaper = 'label' | 'customer-invoice' | 'vendor-invoice' | 'packing-slip'

/** Throws failures of the contract; 404 is `rejected` with the code `not-found`. */
export interface Transport {
  /** Proves the token. */
  readonly session: () => Promise<{
    readonly pobId: string
    readonly storeCode: string
    readonly gstin: string | null
  }>
  /** A new set of four blobs; the pair before dies with the answer. */
  readonly refresh: () => Promise<Credentials>
  readonly orders: (ask: PageAsk) => Promise<RawPage>
  readonly order: (custOrderNo: string) => Promise<Order>
  readonly b2bInfo: (poNo: string) => Promise<Outcome<B2bInfo>>
  /** All or nothing. */
  readonly acknowledge: (lines: readonly ConfirmedLine[]) => Promise<Outcome<unknown>>
  readonly cancel: (
    custOrderNo: string,
    lines: readonly QuantityLine[],
    reason: string,
  ) => Promise<Outcome<unknown>>
  readonly createShipment: (shipment: NewShipment) => Promise<Outcome<Shipment>>
  readonly shipment: (shipmentId: string) => Promise<Shipment>
  /** Throws `unavailable` with the code `not-ready` until it is made; so does the next one. */
  readonly paper: (shipmentId: string, paper: ShipmentPaper) => Promise<Download>
  readonly manifestPaper: (manifestId: string) => Promise<Download>
  readonly manifests: (reference: string) => Promise<readonly Manifest[]>
  readonly manifest: (manifestId: string) => Promise<Manifest>
  readonly createManifest: (reference: string) => Promise<Manifest>
  readonly fillManifest: (
    manifestId: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ) => Promise<Outcome<Manifest>>
  readonly closeManifest: (manifestId: string) => Promise<Outcome<Manifest>>
  readonly returns: (ask: PageAsk) => Promise<RawPage>
  readonly processed: (returnOrderNo: string, disposition: string) => Promise<Outcome<Return>>
  readonly settlements: (ask: PageAsk) => Promise<RawPage>
  /** At most 500, absolute, all or nothing. */
  readonly putInventory: (items: readonly StockItem[]) => Promise<Outcome<unknown>>
  /** At most 50. */
  readonly getInventory: (
    skus: readonly string[],
  ) => Promise<readonly { readonly sellerSku: string; readonly quantity: number }[]>
}
