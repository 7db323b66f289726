/** slonik's driver over `pg`: prepared statements, and several statements in one flush. */
import { createDriverFactory, type DriverCommand, type DriverFactory } from '@slonik/driver'
import pg from 'pg'
import { BackendTerminatedUnexpectedlyError } from 'slonik'
import {
  type BoundStatement,
  createFlight,
  type FlightResult,
  forgetStatements,
  noStatements,
  parseCompleted,
} from './flight.ts'

/** A statement with values that may depend on the backend that it is sent to, by its process id. */
export interface FrontStatement {
  readonly sql: string
  readonly values: readonly unknown[] | ((backend: number) => readonly unknown[])
}
/** What goes in front of a statement, under the same Sync. */
interface Envelope {
  readonly before: readonly FrontStatement[]
}
/**
 * Envelopes on their way from the scope to the driver. slonik passes a statement's name through
 * untouched, so the name says which envelope belongs to it; nothing has to be guessed from context.
 */
export interface Envelopes {
  readonly put: (envelope: Envelope) => string
  readonly take: (name: string | undefined) => Envelope | undefined
}
export const createEnvelopes = (): Envelopes => {
  const waiting = new Map<string, Envelope>()
  let next = 0
  return {
    put: (envelope) => {
      const name = `e${next++}`
      waiting.set(name, envelope)
      return name
    },
    take: (name) => {
      if (name === undefined) return undefined
      const envelope = waiting.get(name)
      waiting.delete(name)
      return envelope
    },
  }
}

export interface ConnectionSettings {
  readonly applicationName: string
  readonly statementTimeoutMs: number
  /** How long a transaction may stand idle before the server ends it. */
  readonly idleInTransactionMs: number
  readonly connectTimeoutMs: number
}

const lostCodes: ReadonlySet<unknown> = new Set([
  ...['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04'],
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'],
  ...['ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
])

/** Whether an error of `pg` means that its connection is gone. */
const isLost = (error: Error): boolean => {
  const { code } = error as { code?: unknown }
  if (lostCodes.has(code) || typeof code === 'string' && code.startsWith('08')) return true
  return /connection (terminated|error|ended)|client has encountered/i.test(error.message)
}

/** The driver's own word for it: what other networks throw inside a scope may look the same. */
export const isLostConnection = (error: unknown): boolean =>
  error instanceof BackendTerminatedUnexpectedlyError

/** A migration has changed what a prepared statement was planned for, or dropped it. */
const isStale = (error: Error): boolean => {
  const { code } = error as { code?: unknown }
  return code === '26000' || code === '0A000' && /cached plan/.test(error.message)
}

export const createPgDriver = (
  envelopes: Envelopes,
  settings: ConnectionSettings,
): DriverFactory =>
  createDriverFactory(({ driverConfiguration }) =>
    Promise.resolve({
      createPoolClient: ({ clientEventEmitter }) => {
        const client = new pg.Client({
          connectionString: driverConfiguration.connectionUri,
          application_name: settings.applicationName,
          statement_timeout: settings.statementTimeoutMs,
          idle_in_transaction_session_timeout: settings.idleInTransactionMs,
          connectionTimeoutMillis: settings.connectTimeoutMs,
          options: '-c timezone=UTC -c datestyle=ISO',
        })
        const prepared = noStatements()
        // pg's own connection tells when a statement has been parsed; its types do not list that
        // nor the backend, which is known as soon as the connection is open
        const inner = client as unknown as {
          readonly connection: { on: (event: 'parseComplete', listener: () => void) => void }
          readonly processID: number
        }
        inner.connection.on('parseComplete', () => parseCompleted(prepared))
        client.on(
          'error',
          (error) =>
            clientEventEmitter.emit('error', new BackendTerminatedUnexpectedlyError(error)),
        )

        const send = (statements: readonly BoundStatement[], main: number) =>
          new Promise<FlightResult>((resolve, reject) => {
            client.query(createFlight(statements, main, prepared, {
              resolve,
              reject: (error) => {
                if (isStale(error)) forgetStatements(prepared)
                reject(isLost(error) ? new BackendTerminatedUnexpectedlyError(error) : error)
              },
            }))
          })

        return Promise.resolve({
          connect: async () => {
            await client.connect()
          },
          end: () => client.end(),
          query: async (sql, values = [], options) => {
            const before = envelopes.take(options?.name)?.before ?? []
            const statements = [...before.map((one) => bind(one, inner.processID)), { sql, values }]
            const result = await send(statements, before.length)
            return { ...result, command: result.command as DriverCommand }
          },
          stream: () => {
            throw new Error('Rows are not streamed through slonik: use the operations path')
          },
        })
      },
    })
  )

const bind = ({ sql, values }: FrontStatement, backend: number): BoundStatement => ({
  sql,
  values: typeof values === 'function' ? values(backend) : values,
})
