/** The database as the rest of the house sees it: scopes, and statements inside of them. */
import type { Statement } from './sql.ts'

/** Whom a seller's scope is opened for; the gate in the database refuses what is not alive. */
export interface Entry {
  readonly sellerId: string
  /**
   * `session`: `<session id>/<authz version>`; `work`: `<work item id>/<lease>`; `key`:
   * `<api key id>/<key authz>.<seller authz>`; `push`: `<account id>/<version of its credentials>`;
   * `impersonation`:
   * `<impersonation session id>/<seller authz>`.
   */
  readonly kind: 'session' | 'work' | 'key' | 'push' | 'impersonation'
  readonly ref: string
  /** Of a request with an Idempotency-Key; `makeInSellerScope` alone heeds it. */
  readonly once?: Once
}
/** What makes two requests the same one, within a seller. */
export interface Once {
  /** `<METHOD> <pattern of the route>`. */
  readonly route: string
  readonly key: string
  /** Of address and body: the key of another request is refused. */
  readonly fingerprint: Uint8Array
  /** Stored with what was made. */
  readonly status: number
  /** Called by the transaction that stores the key. */
  readonly onMade: () => void
}

/** Whom of staff a transaction across sellers is opened for. */
export interface StaffEntry {
  readonly staffSessionId: string
  /** The impersonation session that it is about. */
  readonly impersonationId?: string
}

/** Rows are parsed by the schema of the statement. */
export interface Queries {
  readonly any: <Row>(statement: Statement<Row>) => Promise<readonly Row[]>
  /** Throws unless there is exactly one row. */
  readonly one: <Row>(statement: Statement<Row>) => Promise<Row>
  /** Null when there is none; throws when there are several. */
  readonly maybeOne: <Row>(statement: Statement<Row>) => Promise<Row | null>
  /** How many rows the statement changed. */
  readonly run: (statement: Statement<unknown>) => Promise<number>
}
export interface Tx extends Queries {
  /** Sent last, in one flush with COMMIT: for statements that take a lock others wait for. */
  readonly atCommit: (statement: Statement<unknown>) => void
  /**
   * What must be kept although the transaction comes to nothing: called once it has rolled back, and
   * its statement is sent by the gate, in a transaction of its own. Nothing is sent where it commits,
   * for null, and where the database cannot be reached.
   */
  readonly ifUndone: (keep: () => Statement<unknown> | null) => void
}
export interface SellerScope extends Tx {
  readonly sellerId: string
}
/** The scope of a transaction that makes or starts something. */
export interface MakingScope extends SellerScope {
  /** Says what was made, by the id that it can be read by again. */
  readonly made: (resourceId: string) => void
}

export interface Database {
  /**
   * A transaction inside one seller's scope. Commits when `work` resolves, rolls back when it
   * throws. Throws `session-over`, `stale-authz`, `lease-lost`, `impersonation-over` when the entry is
   * not alive, `read-only-session` when it may not write, `database-unavailable` when the connection is
   * lost. Do not open a second one inside.
   */
  readonly withSellerScope: <T>(
    entry: Entry,
    work: (scope: SellerScope) => Promise<T>,
  ) => Promise<T>
  /**
   * As `withSellerScope`, for the one transaction of a request that makes or starts something: with
   * `entry.once` it happens once. `work` calls `made`, or resolves to null where there is nothing to
   * make. Throws what `madeBefore` of `once.ts`
   * knows when the same request has committed before, `idempotency-in-flight` while it runs,
   * `idempotency-key-reused` when the key came with another request.
   */
  readonly makeInSellerScope: <T>(
    entry: Entry,
    work: (scope: MakingScope) => Promise<T>,
  ) => Promise<T>
  /** Single statements, each its own transaction: role, entry and statement in one flush. */
  readonly inSellerScope: (entry: Entry) => Queries
  /** A transaction that sees all sellers: sweeps, outbox relay, provisioning. */
  readonly withPlatformScope: <T>(reason: string, work: (tx: Tx) => Promise<T>) => Promise<T>
  /**
   * As `withPlatformScope`, for what a member of staff does: the audit trail names who it was. Throws
   * `session-over` when their session is not alive.
   */
  readonly withStaffScope: <T>(entry: StaffEntry, work: (tx: Tx) => Promise<T>) => Promise<T>
  /**
   * The functions of the gate that are called before a scope is open; nothing else is granted. On the
   * platform login: from inside a scope nothing leads there.
   */
  readonly gate: Queries
  /** Resolves when the database answers, and knows the key that this process signs with. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}
