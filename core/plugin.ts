/**
 * The contract between Robnu and a plugin, exported as `robnu/plugin`: all that a plugin may
 * import. It has no dependency and does no I/O. Everything that crosses it can be cloned by the
 * structured clone algorithm, so that a plugin may run in a process of its own.
 */
import type { PluginFiles, Reach } from './plugin/files.ts'
import type { Batch, DocumentAsk, Download, StepResult } from './plugin/processing.ts'
import type { Notifications, Webhook } from './plugin/pushes.ts'
import type { ReportImport, ReportTable, TableAsk } from './plugin/reports.ts'
import type { OrderRow, PayoutRow, ReturnRow } from './plugin/rows.ts'

export { failure, failureKind, failureOf } from './plugin/failure.ts'
export type { Failure, FailureDetail, FailureKind } from './plugin/failure.ts'
export type { NewPluginFile, PluginFiles, Reach } from './plugin/files.ts'
export { paiseOf } from './plugin/money.ts'
export type {
  Batch,
  BatchOrder,
  ClosurePolicy,
  DocumentAsk,
  Download,
  ManifestChanges,
  StepResult,
} from './plugin/processing.ts'
export type { Notifications, Push, PushNote, Webhook } from './plugin/pushes.ts'
export type {
  ReportImport,
  ReportRecord,
  ReportResult,
  ReportTable,
  TableAsk,
} from './plugin/reports.ts'
export { openSteps } from './plugin/steps.ts'
export type { StepBook } from './plugin/steps.ts'
export { gstStateCode, stateName } from './plugin/india.ts'
export { isGstin, pinAgreesWithState } from './plugin/india-checks.ts'
export {
  documentTypes,
  orderStateRank,
  orderStates,
  payoutStateRank,
  payoutStates,
  returnKinds,
  returnStateRank,
  returnStates,
} from './plugin/rows.ts'
export type {
  Address,
  Customer,
  DocumentType,
  ManifestRow,
  OrderItemRow,
  OrderRow,
  OrderState,
  PayoutLineRow,
  PayoutRow,
  PayoutState,
  ReturnItemRow,
  ReturnKind,
  ReturnRow,
  ReturnState,
  ShipmentRow,
} from './plugin/rows.ts'

/** The one number of the contract. A new optional member does not move it. */
export const API = 1

/** Standard Schema v1 (standardschema.dev): what zod, valibot and arktype schemas all are. */
export interface Schema<Out = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Out> | Promise<SchemaResult<Out>>
    readonly types?: { readonly input: unknown; readonly output: Out } | undefined
  }
}
export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type Role = 'OWNER' | 'ADMIN' | 'OPERATOR' | 'FINANCE' | 'VIEWER'
/** What a schedule can ask of an account; the targets of an adapter are the methods it has. */
export const targets = ['ORDERS', 'RETURNS', 'PAYOUTS', 'INVENTORY', 'PROCESSING'] as const
export type Target = (typeof targets)[number]

/** How one request to the marketplace is made; the answer is JSON and is checked by a schema. */
export interface HttpInit {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Appended to the URL; arrays are joined by commas, undefined members are left out. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>
  /** At most one of the three: as JSON, as application/x-www-form-urlencoded, or as it stands. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly text?: { readonly type: string; readonly body: string }
  /**
   * What the schema is given. `json`, when absent. `exact`: JSON whose numbers come as the text that
   * stands there, so that an amount never is a float. `text`: the answer as it came.
   */
  readonly answer?: 'json' | 'exact' | 'text'
  /** The name in `limits` whose bucket pays for this request; none: no bucket. */
  readonly operation?: string
  /** Overrules the standard reading of a status that is no 2xx; undefined keeps it. */
  readonly explain?: (status: number, body: unknown) =>
    | {
      readonly kind: import('./plugin/failure.ts').FailureKind
      readonly message: string
      readonly code?: string
    }
    | undefined
}
/** What a method is given besides its account. */
export interface Context<Config = unknown> {
  readonly config: Config
  /** The same in every retry of one job. */
  readonly key: string
  readonly signal: AbortSignal
  /** The upstream's clock: real time in production, the sandbox's own in the demo. */
  readonly now: () => Date
  readonly log: (event: string, fields?: Readonly<Record<string, unknown>>) => void
  /**
   * Asks a declared host, with time limit, rate bucket and redaction. Throws a failure:
   * 401/403 `auth`, 429 `rate-limit`, 5xx and network `unavailable`, other 4xx `rejected`,
   * a body that is not what the schema says `bad-response`.
   */
  readonly http: <T>(schema: Schema<T>, url: string, init?: HttpInit) => Promise<T>
  /** A `data:` URL is a document that came inside of an answer: nothing is asked for it. */
  readonly download: (url: string, init?: HttpInit) => Promise<Download>
  /**
   * Of a sync alone: a file of the marketplace, as the table that these headings stand over. It is
   * unpacked and read as `imports` are, so that a report has one reader. Null: there is none in it.
   */
  readonly table: (
    url: string,
    ask: TableAsk,
    init?: HttpInit,
  ) => Promise<ReportTable | null>
}
/** A transaction inside one seller's scope; it has no network. */
export interface SellerTx {
  readonly sellerId: string
  /** `sql` with $1 … $n; rows are checked by the schema. */
  readonly any: <T>(
    schema: Schema<T>,
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly T[]>
  /**
   * Stores a job for this plugin's own consumer of the queue; it leaves when the transaction commits.
   * Jobs of one seller keep their order in a FIFO queue, those with an `account` of one account. The
   * body is JSON of at most 64 KiB: send ids, and no buyer's data.
   */
  readonly send: (
    queue: string,
    body: unknown,
    to?: { readonly account?: string },
  ) => Promise<void>
  /** `verb` or `thing.verb`, recorded as `<plugin id>.<action>` when the transaction commits. */
  readonly audit: (action: string, target: string) => Promise<void>
}
/** The transaction in which a route makes what its answer tells. */
export interface MakingTx extends SellerTx {
  /** Says what was made, by the id that `replay` is given. */
  readonly made: (resourceId: string) => void
}
export interface JobContext<Config = unknown> extends Context<Config> {
  /** Runs inside the seller's scope; `http` in here throws. */
  readonly scope: <T>(work: (tx: SellerTx) => Promise<T>) => Promise<T>
  /**
   * As `scope`, for the one transaction that must not happen twice. Of a route with `replay`: once for
   * each Idempotency-Key; `work` calls `made`, or resolves to null where there is nothing to make. Of a
   * consumer: once for each message, and a later delivery of it ends here, as done.
   */
  readonly make: <T>(work: (tx: MakingTx) => Promise<T>) => Promise<T>
  /** Files of the seller that the plugin writes part by part. */
  readonly files: PluginFiles
  /**
   * Of a route: the marketplace accounts for which whoever asks has another permission; null: all of
   * them. Elsewhere nobody asks, and it is none.
   */
  readonly reach: (permission: string) => Promise<Reach | null>
}

/** One SQL file on the plugin's own line of the ledger: forward only, never edited. */
export interface Migration {
  readonly id: number
  readonly sql: URL
  /** True: code of the release before must not run on the database after this file. */
  readonly breaking?: boolean
}
export interface QueueSpec {
  readonly name: string
  readonly kind: 'fifo' | 'standard'
}
/**
 * Handles what `SellerTx.send` has put into one of the plugin's queues, in the scope of its seller. A
 * message may come several times: `ctx.make` makes its effect once. Thrown `rate-limit` and
 * `unavailable` put it off; after five failures of another kind it is a dead letter, which people can
 * send again. `ctx.signal` aborts after ten minutes.
 */
// deno-lint-ignore no-explicit-any -- a list holds consumers of different bodies
export interface Consumer<Body = any, Config = any> {
  readonly queue: string
  readonly body: Schema<Body>
  readonly handle: (body: Body, ctx: JobContext<Config>) => Promise<void>
}
/**
 * What a sweep is given. It sees no seller: what is to be done for the accounts of its marketplace is
 * done by workers, and nothing of it for what is paused, switched off or waiting already. Both resolve
 * to the number of new runs.
 */
export interface SweepContext<Config = unknown> extends Context<Config> {
  /** Asks for a run for each account whose own schedule of this target is due. */
  readonly syncDue: (target: Target) => Promise<number>
  /**
   * Asks to verify the credentials of each account that the marketplace has not confirmed for so long
   * (real time). A session that is over is refreshed, or the account says that it has to be connected
   * anew.
   */
  readonly verifyIdle: (idleMs: number) => Promise<number>
}
// deno-lint-ignore no-explicit-any -- a list holds sweeps of one plugin, whatever its config
export interface Sweep<Config = any> {
  readonly id: string
  /** Five fields, Asia/Kolkata. */
  readonly cron: string
  /** Must be safe to repeat. */
  readonly run: (ctx: SweepContext<Config>) => Promise<void>
}
// deno-lint-ignore no-explicit-any -- a list holds routes of different inputs
export interface Route<Params = any, Query = any, Body = any, Answer = any> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below /v1, with `{name}` for parameters. */
  readonly path: string
  readonly permission: string
  readonly summary: string
  readonly params?: Schema<Params>
  readonly query?: Schema<Query>
  readonly body?: Schema<Body>
  readonly answer: Schema<Answer>
  readonly handle: (
    input: { readonly params: Params; readonly query: Query; readonly body: Body },
    ctx: JobContext,
  ) => Promise<Answer>
  /**
   * Of a POST: its requests must carry an Idempotency-Key, `handle` makes its effect in `ctx.make`,
   * and this answers whoever sends the same request again. Absent: a repetition does no harm.
   */
  readonly replay?: (resourceId: string, ctx: JobContext) => Promise<Answer>
}
/** A plugin is a frozen plain object, the default export of `mod.ts`. */
// deno-lint-ignore no-explicit-any -- the host holds plugins of any config
export interface Plugin<Config = any> {
  readonly id: string
  readonly api: typeof API
  readonly version: string
  readonly config?: Schema<Config>
  readonly needs?: readonly string[]
  readonly migrations?: readonly Migration[]
  readonly tables?: readonly string[]
  /** `'claims:resolve': ['OWNER', 'ADMIN', 'FINANCE']` */
  readonly permissions?: Readonly<Record<string, readonly Role[]>>
  readonly queues?: readonly QueueSpec[]
  readonly consumers?: readonly Consumer[]
  readonly sweeps?: readonly Sweep[]
  readonly routes?: readonly Route[]
  readonly start?: (ctx: Context<Config>) => Promise<() => Promise<void>>
}

/** A connection of a seller to a marketplace, as an adapter sees it. */
export interface Account<Details, Credentials> {
  readonly id: string
  readonly externalAccountId: string
  readonly details: Details
  readonly credentials: Credentials
}
/** A row that cannot be accepted: kept, sealed, and counted by its reason. */
export interface RejectedRow {
  readonly key?: string
  /** Kebab-case, for people and for counting: `not-an-amazon-order`. */
  readonly reason: string
  /** The row as it came. */
  readonly raw: string
}
/** Stored whole, in one transaction; received = rows + rejected. */
export interface Page<Row, Cursor> {
  readonly rows: readonly Row[]
  readonly rejected: readonly RejectedRow[]
  readonly received: number
  /** Where the next call begins if this page was the last one that was stored. */
  readonly cursor: Cursor
  /** True: nothing comes after it. A run that ends with its slice then ends at once. */
  readonly last?: boolean
}
export type SyncReason = 'schedule' | 'manual' | 'backfill' | 'push'
export interface SyncRequest<Cursor> {
  /** Of the last stored page; null at the very first call of an account. */
  readonly cursor: Cursor | null
  readonly window?: { readonly from: Date; readonly to: Date }
  readonly reason: SyncReason
}
export type Sync<D, C, Row, Cursor> = (
  account: Account<D, C>,
  request: SyncRequest<Cursor>,
  ctx: Context,
) => AsyncIterable<Page<Row, Cursor>>

/** An absolute quantity for one SKU; the newest version wins. */
export interface StockChange {
  readonly sku: string
  /** The marketplace's id of the product (EAN, ASIN, FSN), where one is known. */
  readonly listingId: string | null
  readonly quantity: number
  readonly version: number
}
export interface StockResult {
  readonly sku: string
  readonly outcome: 'accepted' | 'rejected'
  readonly reason?: string
}
/** What the marketplace believes is there to sell. */
export interface StockLevel {
  readonly sku: string
  readonly quantity: number
}

/** An absent method is an absent ability. An adapter has no database and no raw fetch. */
// deno-lint-ignore no-explicit-any -- details, credentials and cursor are the adapter's own
export interface Adapter<D = any, C = any, Cursor = any> {
  /** Resolves when the credentials work; throws `auth` when they do not. */
  readonly verify: (account: Account<D, C>, ctx: Context) => Promise<void>
  /** Fresh credentials, all of them; called by one worker at a time. Throws `auth` when dead. */
  readonly refresh?: (account: Account<D, C>, ctx: Context) => Promise<C>
  readonly syncOrders?: Sync<D, C, OrderRow, Cursor>
  readonly syncReturns?: Sync<D, C, ReturnRow, Cursor>
  readonly syncPayouts?: Sync<D, C, PayoutRow, Cursor>
  readonly pushInventory?: (
    account: Account<D, C>,
    changes: readonly StockChange[],
    ctx: Context,
  ) => Promise<readonly StockResult[]>
  /** Reads back what was pushed; the host takes samples of it. */
  readonly readInventory?: (
    account: Account<D, C>,
    items: readonly Pick<StockChange, 'sku' | 'listingId'>[],
    ctx: Context,
  ) => Promise<readonly StockLevel[]>
  /** Throws `unavailable` with the code `not-ready` while the marketplace has not made it yet. */
  readonly fetchDocument?: (
    account: Account<D, C>,
    ask: DocumentAsk,
    ctx: Context,
  ) => Promise<Download>
  /**
   * Yields each step before its remote write (`started`) and after it. A step in doubt is read at
   * the marketplace before it is written again: none of them knows an idempotency key.
   */
  readonly fullProcessing?: (
    account: Account<D, C>,
    batch: Batch,
    ctx: Context,
  ) => AsyncIterable<StepResult>
}
/** One bucket for each (account, operation), shared by all workers, on the upstream's clock. */
export interface RateLimit {
  readonly operation: string
  readonly ratePerSecond: number
  readonly burst: number
  /** An answer header that tells the live rate per second. */
  readonly rateHeader?: string
}
// deno-lint-ignore no-explicit-any -- the registry holds marketplaces of any shape
export interface Marketplace<D = any, C = any, Cursor = any> extends Plugin {
  /** What the registry dispatches by: 'AJIO', 'MEESHO', 'AMAZON_IN', 'FLIPKART'. */
  readonly code: string
  readonly name: string
  /** The version of the marketplace's API that this is written against. */
  readonly upstream: string
  /** The only hosts that `ctx.http` may reach. */
  readonly hosts: readonly string[]
  /** Keys are columns of the satellite. */
  readonly details: Schema<D>
  /** The satellite, made by the first migration: `<id>_account_details`. */
  readonly detailsTable: string
  readonly credentials: Schema<C>
  /** Keys of the credentials that are sealed: credential x is column `x_enc` (bytea). */
  readonly secrets: readonly string[]
  /** Paths in raw answers that hold buyers' data: sealed in the archive, kept out of logs. */
  readonly pii: readonly string[]
  readonly cursor: Schema<Cursor>
  /** Default cron for each target, Asia/Kolkata. */
  readonly schedule?: Readonly<Partial<Record<Target, string>>>
  readonly limits?: readonly RateLimit[]
  readonly claimWindowDays?: number
  /**
   * How long buyers' fields, and papers that show them, are kept after delivery, or after cancellation,
   * return or loss: what the marketplace's terms allow, from 1 to 180. Absent: 90 days. The time of
   * the word that says so counts (`updatedAt`). An order that is sent and never called delivered counts
   * from the word that says it was sent, or moved on since. Orders, lines and money stay.
   */
  readonly retention?: { readonly piiDaysAfterDelivery: number }
  /** After how many days the marketplace wants secrets to be changed that sellers have given. */
  readonly secretsDays?: number
  readonly imports?: readonly ReportImport[]
  readonly webhooks?: readonly Webhook<D, C>[]
  readonly notifications?: Notifications
  readonly adapter: Adapter<D, C, Cursor>
}

const brand = Symbol.for('robnu.plugin')

/** Freezes and brands a product surface; checks nothing: that is the host's work. */
export const definePlugin = <const P extends Plugin>(plugin: P): P => branded(plugin)

/** Freezes and brands a marketplace; checks nothing: that is the host's work. */
export const defineMarketplace = <D, C, Cursor>(
  marketplace: Marketplace<D, C, Cursor>,
): Marketplace<D, C, Cursor> => branded(marketplace)

/** True for what one of the two functions above made, by whichever copy of this package. */
export const isPlugin = (value: unknown): value is Plugin =>
  typeof value === 'object' && value !== null && brand in value

export const isMarketplace = (plugin: Plugin): plugin is Marketplace => 'adapter' in plugin

const branded = <P extends object>(plugin: P): P => Object.freeze({ ...plugin, [brand]: API })
