/** What the author of a marketplace gives to the kit: the default export of `sample.ts` beside `mod.ts`. */
import type { Batch, OrderRow, PayoutRow, ReportResult, ReturnRow } from '../../plugin.ts'
import type { StockChange } from '../../plugin.ts'
import type { StartSandbox } from '../sandbox/sandbox.ts'

export interface Sample {
  readonly startSandbox: StartSandbox
  /** Of the sandbox; the expected rows are of this seed. */
  readonly seed: number
  /** The account of the sandbox that is checked; absent: the first. */
  readonly account?: number
  /** Variables of the sandbox: for a small world. */
  readonly env?: Readonly<Record<string, string>>
  /** Of the plugin's own configuration schema; absent: `{}`. */
  readonly config?: unknown
  /** Credentials that the marketplace refuses. */
  readonly badCredentials: unknown
  /**
   * Rows as a person has looked at them, by the marketplace's id; each is compared whole with what a
   * full run brings. A file of JSON, so that `robnu conformance --write` can make it.
   */
  readonly expected: URL
  /** Verbs of the sandbox's control plane to call before the walk, so that every state occurs. */
  readonly prepare?: readonly VerbCall[]
  /** Verbs that change an order or more, or make new ones: what the next run has to bring. */
  readonly later?: readonly VerbCall[]
  /** The operations of `limits` and routes by the target that uses them: for faults. */
  readonly operations: Readonly<
    Partial<
      Record<'ORDERS' | 'RETURNS' | 'PAYOUTS' | 'INVENTORY' | 'PROCESSING', readonly string[]>
    >
  >
  /** Where the plugin pushes stock. */
  readonly stock?: readonly StockChange[]
  /** A change of a SKU that the marketplace refuses. */
  readonly refusedStock?: StockChange
  /** Where the plugin processes orders: the batch made of what a sync of orders brought. */
  readonly batch?: (orders: readonly OrderRow[]) => Batch
  /** How many living parcels the sandbox has of each order, by the marketplace's id of the order. */
  readonly parcels?: (control: Control) => Promise<Readonly<Record<string, number>>>
  /** Small files for the imports, as JSON: by the id of each its `columns`, and `lines` of cells. */
  readonly reports?: URL
  /** What the plugin is and does, as a person has looked at it: JSON, made by `--write`. */
  readonly told?: URL
  /** Rows of the first page that has two, changed: what is made of each stands in `told`. */
  readonly cases?: Readonly<Partial<Record<'ORDERS' | 'RETURNS' | 'PAYOUTS', readonly RowCase[]>>>
  /** Answers by which the marketplace refuses: the failure of each stands in `told`. */
  readonly refusals?: readonly { readonly status: number; readonly body: unknown }[]
  /** For the plugin's own schemas, good ones and bad ones. */
  readonly inputs?: Readonly<
    Partial<Record<'config' | 'details' | 'credentials' | 'cursor', readonly unknown[]>>
  >
  /** What differs in accounts that the session may or may not be of. */
  readonly strangers?: readonly {
    readonly externalAccountId?: string
    readonly details?: object
    readonly credentials?: object
  }[]
  /** Further batches by names of your own: those that are held, half done, or have to wait. */
  readonly batches?: Readonly<Record<string, BatchSample>>
  /** Recordings of real answers, scrubbed; a folder of cassettes. */
  readonly cassettes?: URL
}
/** A good row with other members: `lines.0.quantity`. A text `= path` is what stands there. */
export interface RowCase {
  /** Which row of the page; 0 when absent. */
  readonly of?: number
  readonly set: Readonly<Record<string, unknown>>
  readonly without?: readonly string[]
}
export interface BatchSample {
  readonly batch: (orders: readonly OrderRow[]) => Batch
  /** A batch that is drained before it, from its beginning to its end. */
  readonly first?: (orders: readonly OrderRow[]) => Batch
  /** What the marketplace answers instead: to requests whose method and address hold the text. */
  readonly answers?: readonly BatchAnswer[]
  /** Verbs to call when the orders were synced and before they are processed. */
  readonly prepare?: readonly VerbCall[]
  /** Other details of the account. */
  readonly details?: object
}
/** Answers are given in their order; each so many times. */
export interface BatchAnswer {
  /** `GET https://api.example/orders/7` holds it. */
  readonly to: string
  /** Once when absent. */
  readonly times?: number
  /** The sandbox does its work, and its answer is lost. */
  readonly lost?: true
  /** Absent: the sandbox answers, and `set` changes its answer. */
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly set?: Readonly<Record<string, unknown>>
}
export interface VerbCall {
  readonly verb: string
  readonly body: unknown
}
/** Calls a verb of the sandbox's control plane; rejects where it is refused. */
export type Control = (verb: string, body?: unknown) => Promise<unknown>
/** What the file `expected` holds. */
export interface ExpectedRows {
  readonly orders?: readonly OrderRow[]
  readonly returns?: readonly ReturnRow[]
  readonly payouts?: readonly PayoutRow[]
  /** What the imports make of the files of the sample, by the id of each. */
  readonly imports?: Readonly<Record<string, readonly ReportResult<unknown>[]>>
}

/** Freezes it; checks nothing. */
export const defineSample = (sample: Sample): Sample => Object.freeze({ ...sample })
