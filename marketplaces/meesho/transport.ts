/**
 * Every call of the gateway contract (`wire.md`) as one typed function. Meesho publishes no API: who has
 * the real thing writes another `connect` (client.ts) behind this interface and leaves the rest alone.
 */
import type { Account, Download } from 'robnu/plugin'
import type * as answers from './answers.ts'
import type { Credentials, Details } from './schemas.ts'

export type Connection = Account<Details, Credentials>

/** A write that the state of things does not allow (409, 422), told as a value: the caller decides. */
interface Refused {
  readonly refused: answers.RefusalBody
}
export type Outcome<T> = { readonly value: T } | Refused

/** Which rows: those that changed from `updatedFrom` to `updatedTo`, both included. */
export interface PageAsk {
  readonly updatedFrom: string
  readonly updatedTo: string
  /** Of the page before; null: the first. */
  readonly cursor: string | null
  readonly limit: number
}
interface StockItem {
  readonly sku: string
  readonly size: string
  readonly quantity: number
}
/** PREVIOUS: what was paid; OUTSTANDING: what is expected. */
export type PaymentKind = 'PREVIOUS' | 'OUTSTANDING'
interface ItemResult {
  readonly status: 'OK' | 'FAILED'
  readonly code?: string | null | undefined
}

/** Throws failures of the contract; 404 is `rejected` with the code `not-found`. */
export interface Transport {
  /** Proves key, secret and clock. */
  readonly account: () => Promise<answers.Account>
  readonly orders: (ask: PageAsk) => Promise<answers.RawPage>
  /** As they are now, by their numbers; at most 100, unknown ones are left out. */
  readonly subOrders: (numbers: readonly string[]) => Promise<readonly answers.SubOrder[]>
  /** At most 100. */
  readonly packets: (packetIds: readonly string[]) => Promise<readonly answers.SubOrder[]>
  /** At most 100; by sub-order. */
  readonly accept: (
    numbers: readonly string[],
  ) => Promise<readonly (ItemResult & { readonly sub_order_no: string })[]>
  readonly cancel: (number: string, reasonCode: string) => Promise<Outcome<answers.SubOrder>>
  /** At most 50. The same set again is the same job while it runs or its labels can be fetched. */
  readonly askLabels: (numbers: readonly string[]) => Promise<string>
  readonly job: (jobId: string) => Promise<answers.Job>
  /** A file of an address that the gateway gave. */
  readonly file: (url: string) => Promise<Download>
  /** At most 100. Not one parcel comes into a second manifest. */
  readonly createManifest: (
    courier: string,
    numbers: readonly string[],
  ) => Promise<Outcome<answers.Manifest>>
  readonly manifest: (manifestId: string) => Promise<answers.Manifest>
  readonly returns: (ask: PageAsk) => Promise<answers.RawPage>
  /** At most 31 business days, both included. */
  readonly payments: (
    kind: PaymentKind,
    from: string,
    to: string,
  ) => Promise<readonly answers.PaymentFile[]>
  /** At most 50, absolute. */
  readonly putInventory: (
    items: readonly StockItem[],
  ) => Promise<readonly (ItemResult & { readonly sku: string; readonly size: string })[]>
}
