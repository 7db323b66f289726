/** The one record of an order that every paper is made of, so that no two of them can disagree. */
import type { Invoice } from '../processing/invoices.ts'

/** A name and an address as they stand on paper. */
export interface Party {
  readonly name: string
  readonly address: readonly string[]
  readonly gstin: string | null
  /** Of GST, two digits. */
  readonly stateCode: string | null
}
export interface RecordLine {
  /** The marketplace's own id. */
  readonly externalId: string
  readonly sku: string | null
  readonly title: string | null
  readonly hsn: string | null
  readonly gstRateBp: number | null
  /** What is shipped. */
  readonly quantity: number
  /** For this quantity, GST included. */
  readonly totalPaise: number | null
}
export interface OrderRecord {
  readonly marketplace: string
  readonly orderNumber: string
  readonly orderedAt: Date
  readonly seller: Party
  /** Who buys from the seller where that is not the buyer: the marketplace. */
  readonly billTo: Party | null
  /** Null where the marketplace withholds it, or no paper needs it. */
  readonly buyer: (Party & { readonly phone: string | null }) | null
  /** Where the goods go, of GST. */
  readonly placeOfSupply: string | null
  readonly shipment: {
    readonly number: string
    readonly awb: string | null
    readonly carrier: string | null
  } | null
  readonly invoice: Invoice | null
  readonly currency: string
  /** Lines of which something is shipped. */
  readonly lines: readonly RecordLine[]
}

export const piecesOf = ({ lines }: Pick<OrderRecord, 'lines'>): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0)

/** What the papers of the record hold, by line. */
export const quantitiesOf = (
  { lines }: Pick<OrderRecord, 'lines'>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(lines.map(({ externalId, quantity }) => [externalId, quantity]))

/** Lots of parcels that a courier takes over together. */
export interface ManifestRecord {
  readonly marketplace: string
  readonly number: string
  readonly seller: Party
  readonly dispatchDate: string | null
  readonly closedAt: Date | null
  readonly parcels: readonly {
    readonly number: string
    /** Null, as its pieces: the marketplace has told of it in this manifest alone. */
    readonly orderNumber: string | null
    readonly awb: string | null
    readonly carrier: string | null
    readonly pieces: number | null
  }[]
}
