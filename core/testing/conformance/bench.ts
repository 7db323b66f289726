/** What a check works on: the plugin, its sample, and where the tier needs it a database. */
import type { Plugin } from '../../plugin.ts'
import type { Sample } from './sample.ts'

export interface Bench<P extends Plugin = Plugin> {
  readonly plugin: P
  /** Where its `mod.ts` or `mod.js` is. */
  readonly url: URL
  /** Absent: the plugin brings none, and its behaviour cannot be checked. */
  readonly sample?: Sample
  /** Absent: no database was given. */
  readonly database?: DatabaseBench
  /** Of a real account; absent: the live tier is left out. */
  readonly live?: { readonly details: unknown; readonly credentials: unknown }
  readonly signal: AbortSignal
}

/** A database of its own for one run of the kit, filled by the host as in production. */
export interface DatabaseBench {
  /** Core's line and then the plugin's, as `migrate` does; rejects with the host's faults. */
  readonly migrate: () => Promise<void>
  /** A dump of core's catalog (tables, columns, policies, grants, functions): the same text for the same. */
  readonly coreCatalog: () => Promise<string>
  /** The faults of the house's rules for tables: row security, composite keys, grants. */
  readonly tableFaults: () => Promise<
    readonly { readonly object: string; readonly message: string }[]
  >
  /** Syncs the sample's account through the ledger; what was stored, as the API would tell it. */
  readonly sync: (
    target: 'ORDERS' | 'RETURNS' | 'PAYOUTS',
    seller: 0 | 1,
  ) => Promise<{ readonly stored: number; readonly quarantined: number; readonly received: number }>
  /** Ids of rows of one seller that the other one sees: always none. */
  readonly foreign: () => Promise<readonly string[]>
  /** Whether any of these texts stands in clear anywhere in the database. */
  readonly clearTexts: (needles: readonly string[]) => Promise<readonly string[]>
}
