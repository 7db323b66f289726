/** What a check works on: the plugin, its sample, and where the tier needs it a database. */
import type { Plugin } from '../../plugin.ts'
import type { Sample } from './sample.ts'

/** How times are judged, so that a machine under load is no fault of a plugin. */
export interface Pace {
  /** How many times longer than usual everything may take; 1 when absent. */
  readonly patience?: number
  /** Milliseconds of the processor that this thread has used; absent: as the runtime counts them. */
  readonly spent?: () => number
}

export interface Bench<P extends Plugin = Plugin> extends Pace {
  readonly plugin: P
  /** Where its `mod.ts` or `mod.js` is; absent: nobody says how it loads. */
  readonly url?: URL
  /** Absent: the plugin brings none, and its behaviour cannot be checked. */
  readonly sample?: Sample
  /** Absent: no database was given. */
  readonly database?: DatabaseBench
  /** Of a real account; absent: the live tier is left out. */
  readonly live?: LiveAccount
  readonly signal: AbortSignal
}

/** A real account, which the live tier only reads. */
export interface LiveAccount {
  readonly externalAccountId: string
  readonly details: unknown
  readonly credentials: unknown
  /** Of the plugin's own configuration schema; absent: `{}`. */
  readonly config?: unknown
  /**
   * True: a dead token may be refreshed. Some marketplaces end the old one with it: whoever holds that
   * has to connect anew.
   */
  readonly mayRefresh?: boolean
  /** Keeps fresh credentials, all of them: those before may be dead from now on. */
  readonly keep?: (credentials: unknown) => Promise<void>
  /** How requests leave the machine; absent: the runtime's own. */
  readonly fetch?: typeof fetch
  /** A folder for recordings, scrubbed; absent: nothing is kept. */
  readonly record?: URL
}

/**
 * A database of its own for one run of the kit, filled by the house itself as in production: core's
 * tables are there, nothing of the plugin is.
 */
export interface DatabaseBench {
  /** Core's line and then the plugin's, as `migrate` does: the files that were applied. Rejects when one fails. */
  readonly migrate: () => Promise<readonly string[]>
  /**
   * What stands in the catalog and is not named after the plugin: tables, columns, policies, grants,
   * functions. `before` the plugin's first migration, and as it is now: the same text for the same.
   */
  readonly coreCatalog: (when: 'before' | 'now') => Promise<string>
  /** What the house's rules for tables find now, and did not find before the plugin came. */
  readonly tableFaults: () => Promise<readonly TableFault[]>
  /** Tables that the plugin has made. */
  readonly tables: () => Promise<readonly string[]>
  /** Syncs an account of the sandbox through the ledger; seller 0 has the account of the sample. */
  readonly sync: (target: 'ORDERS' | 'RETURNS' | 'PAYOUTS', seller: 0 | 1) => Promise<SyncOutcome>
  /** Tables of sellers, with how many rows seller 0 sees of its own, and of seller 1: always none. */
  readonly foreign: () => Promise<
    readonly { readonly table: string; readonly own: number; readonly others: number }[]
  >
  /** Which of these texts stand in clear anywhere in the database. */
  readonly clearTexts: (needles: readonly string[]) => Promise<readonly string[]>
}
export interface TableFault {
  readonly about: 'row-security' | 'keys' | 'grants' | 'functions' | 'roles' | 'satellite'
  readonly object: string
  readonly message: string
}
export interface SyncOutcome {
  readonly state: string
  readonly failure: string | null
  /** As the run counted them. */
  readonly received: number
  readonly created: number
  readonly changed: number
  readonly rejected: number
  /** Rows of the account that are there now, accepted and kept aside. */
  readonly stored: number
  readonly quarantined: number
}
