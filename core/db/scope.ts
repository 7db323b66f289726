/** The scopes: how a statement gets its role, its seller and its transaction. */
import type { DatabasePoolConnection, QuerySqlToken } from 'slonik'
import { z } from 'zod'
import { type ErrorCode, fault } from '../errors.ts'
import type { Database, Entry, Queries, StaffEntry, Tx } from './database.ts'
import { type FrontStatement, isLostConnection } from './driver.ts'
import type { BoundStatement } from './flight.ts'
import { beginOnce, madeBeforeError, making } from './once.ts'
import { openPool, type Pool } from './pool.ts'
import { createSigner, type ScopeKey } from './proof.ts'
import { command, sql, type Statement } from './sql.ts'
import { type Keep, keepUndone } from './undone.ts'

export interface DatabaseOptions {
  /** robnu_app: everything inside sellers' scopes, and nothing else. */
  readonly url: string
  /** The login of an isolated plugin: what runs in a scope runs as the login itself. */
  readonly isPlugin?: boolean
  /** What its entries are signed with; absent in a process that opens no seller's scope. */
  readonly scopeKey?: ScopeKey
  /** robnu_platform: all sellers, and the functions of the gate; absent where neither is needed. */
  readonly platformUrl?: string
  readonly applicationName?: string
  readonly maxConnections?: number
  readonly statementTimeoutMs?: number
  readonly waitMs?: number
  readonly now?: () => number
}

export interface OpenDatabase extends Database {
  /** The login of API and workers as it is: outside of a scope it may do nothing. */
  readonly bare: Queries
}

export const openDatabase = async (options: DatabaseOptions): Promise<OpenDatabase> => {
  const app = await openPool({ ...settingsOf(options), url: options.url })
  const platform = options.platformUrl === undefined
    ? undefined
    : await openPool({ ...settingsOf(options), url: options.platformUrl })

  const gate = platform ? oneByOne(platform, () => [beDoor]) : queries(noPlatform)
  const sign = options.scopeKey && createSigner(options.scopeKey, options.now ?? Date.now)
  const enter = (entry: Omit<Entry, 'kind'> & { readonly kind: string }): FrontStatement[] => {
    if (!sign) throw new Error('This process has no key to sign entries with')
    return [{
      sql: options.isPlugin ? enterAsSelf : enterAsTenant,
      values: (at) => sign(entry, at),
    }]
  }

  return {
    withSellerScope: (entry, work) =>
      inTransaction(app, gate, enter(entry), (tx) => work({ ...tx, sellerId: entry.sellerId })),
    makeInSellerScope: (entry, work) =>
      inTransaction(
        app,
        gate,
        [...enter(entry), ...beginOnce(entry.once)],
        (tx) => making(tx, entry, work),
      ),
    inSellerScope: (entry) => oneByOne(app, () => enter(entry)),
    withPlatformScope: (reason, work) => {
      if (!platform) return noPlatform()
      return inTransaction(platform, gate, [actAs(`system:${reason}`)], work)
    },
    withStaffScope: (entry, work) => {
      if (!platform) return noPlatform()
      return inTransaction(platform, gate, [actAsStaff(entry)], work)
    },
    gate,
    bare: oneByOne(app, () => []),
    ping: async () => {
      const front = sign ? enter({ kind: 'check', ref: '', sellerId: nobody }) : []
      await oneByOne(app, () => front).one(sql.type(up)`select 1 as up`)
    },
    close: async () => {
      await Promise.all([app.slonik.end(), platform?.slonik.end()])
    },
  }
}

/** Statements of a login as it is, each its own transaction: for tools, outside of every scope. */
export const openLogin = async (
  options: Pick<DatabaseOptions, 'url' | 'maxConnections'>,
): Promise<Queries & { readonly close: () => Promise<void> }> => {
  const pool = await openPool({ ...settingsOf(options), url: options.url })
  return { ...oneByOne(pool, () => []), close: () => pool.slonik.end() }
}

/** What every pool of ours has in common. */
export const settingsOf = (options: Omit<DatabaseOptions, 'url'>) => ({
  applicationName: options.applicationName ?? 'robnu',
  statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
  idleInTransactionMs: 30_000,
  connectTimeoutMs: 5_000,
  maxConnections: options.maxConnections ?? 10,
  waitMs: options.waitMs ?? 5_000,
})

/** One statement: each that travels with another costs a tenth of a short one. */
const enterAsTenant =
  `select app_enter($1, $2, $3, $4, $5), set_config('role', 'robnu_tenant', true)`
const enterAsSelf = 'select app_enter($1, $2, $3, $4, $5)'
/** The gate's functions are called by a role that may do nothing else. */
const beDoor: BoundStatement = {
  sql: `select set_config('role', 'robnu_door', true)`,
  values: [],
}
const noPlatform = () => Promise.reject(new Error('This process has no platform login'))
const nobody = '00000000-0000-0000-0000-000000000000'
const up = z.object({ up: z.number() })
const begin: BoundStatement = { sql: 'begin', values: [] }
/** A plugin may have said SET without LOCAL; the next seller has the same connection. */
const resetSettings: BoundStatement = { sql: 'reset all', values: [] }
const resetRole: BoundStatement = { sql: 'reset role', values: [] }
const actAs = (actor: string): BoundStatement => ({
  sql: `select set_config('app.actor', $1, true)`,
  values: [actor],
})

const actAsStaff = ({ staffSessionId, impersonationId }: StaffEntry): BoundStatement => ({
  sql: 'select staff_enter($1, $2)',
  values: [staffSessionId, impersonationId ?? null],
})

/** Each statement is its own transaction: what is in front of it and itself under one Sync. */
export const oneByOne = (pool: Pool, front: () => readonly FrontStatement[]): Queries =>
  queries((statement) =>
    onConnection(pool, (connection) => {
      const before = front()
      const name = before.length > 0 ? pool.envelopes.put({ before }) : undefined
      return connection.query(named(statement, name))
    })
  )

/**
 * BEGIN travels with the first statement, COMMIT with those that are to be last. A handler's error
 * is carried out of the pool as a value: thrown through it, it would cost the connection.
 */
const inTransaction = async <T>(
  pool: Pool,
  gate: Pick<Queries, 'run'>,
  front: readonly FrontStatement[],
  work: (tx: Tx) => Promise<T>,
): Promise<T> => {
  const undone: Keep[] = []
  try {
    return await transaction(pool, front, undone, work)
  } catch (error) {
    await keepUndone(gate, undone)
    throw error
  }
}

const transaction = async <T>(
  pool: Pool,
  front: readonly FrontStatement[],
  undone: Keep[],
  work: (tx: Tx) => Promise<T>,
): Promise<T> =>
  await onConnection(pool, async (connection) => {
    let begun = false
    let over = false
    const last: BoundStatement[] = []
    const opening = (): FrontStatement[] => {
      if (begun) return []
      begun = true
      return [begin, ...front]
    }
    const send = (statement: Statement<unknown>) => {
      if (over) throw new Error('The transaction is over: do not keep its scope')
      const before = opening()
      const name = before.length > 0 ? pool.envelopes.put({ before }) : undefined
      return connection.query(named(statement, name))
    }
    const tx: Tx = {
      ...queries(send),
      atCommit: (statement) => void last.push(bound(statement)),
      ifUndone: (keep) => void undone.push(keep),
    }
    try {
      const value = await work(tx)
      over = true
      if (!begun && last.length === 0) return value
      const before = [...opening(), ...last, resetSettings, resetRole]
      await connection.query(named(command`commit`, pool.envelopes.put({ before })))
      return value
    } catch (error) {
      over = true
      if (begun && !isLostConnection(error)) await connection.query(command`rollback`)
      // a failed statement that `work` has swallowed: nothing may follow it, COMMIT neither
      if (sqlState(error) === '25P02') {
        const why = 'The transaction was rolled back: a statement in it had failed'
        throw new Error(why, { cause: error })
      }
      throw error
    }
  })

const onConnection = async <T>(
  pool: Pool,
  work: (connection: DatabasePoolConnection) => Promise<T>,
): Promise<T> => {
  type Outcome = { readonly value: T } | { readonly error: unknown }
  let outcome: Outcome
  try {
    outcome = await pool.slonik.connect(async (connection): Promise<Outcome> => {
      try {
        return { value: await work(connection) }
      } catch (error) {
        if (isLostConnection(error)) throw error
        return { error }
      }
    })
  } catch (error) {
    // no connection to be had, or lost on the way
    throw fault('database-unavailable', { cause: error, retryAfterSeconds: 2 })
  }
  if ('error' in outcome) throw translated(outcome.error)
  return outcome.value
}

const refusals: Readonly<Record<string, ErrorCode>> = {
  RB001: 'session-over',
  RB002: 'stale-authz',
  RB003: 'lease-lost',
  RB005: 'idempotency-in-flight',
  RB006: 'read-only-session',
  RB007: 'idempotency-key-reused',
  RB008: 'impersonation-over',
}
/** Too slow, too many connections, a lock that is not to be had: it may work in a moment. */
const passing: ReadonlySet<string | undefined> = new Set([
  '57014',
  '53300',
  '55P03',
  '40P01',
  '40001',
])

const translated = (error: unknown): unknown => {
  const state = sqlState(error)
  if (state === 'RB004') return madeBeforeError(error)
  const code = refusals[state ?? '']
  if (code) return fault(code, { cause: error })
  return passing.has(state)
    ? fault('database-unavailable', { cause: error, retryAfterSeconds: 2 })
    : error
}

/** The SQLSTATE of an error of the database; undefined for any other error. */
export const sqlState = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** The constraint that an error of the database names. */
export const constraintOf = (error: unknown): string | undefined =>
  (error as { constraint?: string } | null)?.constraint

type Send = (statement: Statement<unknown>) => Promise<{
  readonly rows: readonly unknown[]
  readonly rowCount: number | null
}>
const queries = (send: Send): Queries => {
  const any = async <Row>(statement: Statement<Row>) =>
    (await send(statement)).rows as readonly Row[]
  return {
    any,
    one: async (statement) => {
      const [row, ...more] = await any(statement)
      if (row === undefined || more.length > 0) throw new Error('Expected exactly one row')
      return row
    },
    maybeOne: async (statement) => {
      const [row, ...more] = await any(statement)
      if (more.length > 0) throw new Error('Expected at most one row')
      return row ?? null
    },
    run: async (statement) => (await send(statement)).rowCount ?? 0,
  }
}

const named = <Row>(statement: Statement<Row>, name: string | undefined) =>
  (name === undefined ? statement : { ...statement, name }) as QuerySqlToken<z.ZodType<Row>>

const bound = (statement: Statement<unknown>): BoundStatement => ({
  sql: statement.sql.replaceAll('$slonik_', '$'),
  values: statement.values,
})
