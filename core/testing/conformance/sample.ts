/** What the author of a marketplace gives to the kit: the default export of `sample.ts` beside `mod.ts`. */
import type { Batch, OrderRow, PayoutRow, ReturnRow, StockChange } from '../../plugin.ts'
import type { StartSandbox } from '../sandbox/sandbox.ts'

export interface Sample {
  readonly startSandbox: StartSandbox
  /** Of the sandbox; the expected rows are of this seed. */
  readonly seed: number
  /** The account of the sandbox that is checked; absent: the first. */
  readonly account?: number
  /** Of the plugin's own configuration schema. */
  readonly config?: unknown
  /** Credentials that the marketplace refuses. */
  readonly badCredentials: unknown
  /**
   * Rows as a person has looked at them, by the marketplace's id; each is compared whole with what a
   * full run brings. A file of JSON, so that `robnu conformance --write` can make it.
   */
  readonly expected: URL
  /** Verbs of the sandbox's control plane to call before the walk, so that every state occurs. */
  readonly prepare?: readonly { readonly verb: string; readonly body: unknown }[]
  /** The operations of `limits` and routes by the target that uses them: for faults. */
  readonly operations: Readonly<
    Partial<
      Record<'ORDERS' | 'RETURNS' | 'PAYOUTS' | 'INVENTORY' | 'PROCESSING', readonly string[]>
    >
  >
  /** Where the plugin pushes stock. */
  readonly stock?: readonly StockChange[]
  /** Where the plugin processes orders: the batch made of what a sync of orders brought. */
  readonly batch?: (orders: readonly OrderRow[]) => Batch
  /** Recordings of real answers, scrubbed; a folder of cassettes. */
  readonly cassettes?: URL
}
/** What the file `expected` holds. */
export interface ExpectedRows {
  readonly orders?: readonly OrderRow[]
  readonly returns?: readonly ReturnRow[]
  readonly payouts?: readonly PayoutRow[]
}

/** Freezes it; checks nothing. */
export const defineSample = (sample: Sample): Sample => Object.freeze({ ...sample })
