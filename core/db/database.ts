/** The database as the rest of the house sees it: scopes, and statements inside of them. */
import type { Statement } from './sql.ts'

/** Whom a seller's scope is opened for; the gate in the database refuses what is not alive. */
export interface Entry {
  readonly sellerId: string
  /** `session`: `<session id>/<authz version>`; `work`: `<work item id>/<lease>`. */
  readonly kind: 'session' | 'work'
  readonly ref: string
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
}
export interface SellerScope extends Tx {
  readonly sellerId: string
}

export interface Database {
  /**
   * A transaction inside one seller's scope. Commits when `work` resolves, rolls back when it
   * throws. Throws `session-over`, `stale-authz`, `lease-lost` when the entry is not alive,
   * `database-unavailable` when the connection is lost. Do not open a second one inside.
   */
  readonly withSellerScope: <T>(
    entry: Entry,
    work: (scope: SellerScope) => Promise<T>,
  ) => Promise<T>
  /** Single statements, each its own transaction: role, entry and statement in one flush. */
  readonly inSellerScope: (entry: Entry) => Queries
  /** A transaction that sees all sellers: sweeps, outbox relay, provisioning. */
  readonly withPlatformScope: <T>(reason: string, work: (tx: Tx) => Promise<T>) => Promise<T>
  /** The functions of the gate that are called before a scope is open; nothing else is granted. */
  readonly gate: Queries
  /** Resolves when the database answers. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}
