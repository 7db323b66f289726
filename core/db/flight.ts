/**
 * Several statements under one Sync, as a Submittable of `pg`: one round trip. PostgreSQL runs what
 * stands before a Sync as one implicit transaction, so a raise in front commits nothing behind it.
 */
import type { Connection } from 'pg'
import { type Decoder, decoderOf } from './decode.ts'
import { Buffer } from 'node:buffer'

export interface BoundStatement {
  readonly sql: string
  readonly values: readonly unknown[]
}
export interface FlightResult {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: Record<string, unknown>[]
  readonly fields: { name: string; dataTypeId: number }[]
}

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}
interface Columns {
  readonly fields: { name: string; dataTypeId: number }[]
  readonly decoders: readonly Decoder[]
}

/** What one connection has prepared: statements by their text, each parsed and described once. */
export interface PreparedStatements {
  readonly names: Map<string, string>
  readonly columns: Map<string, Columns>
  /** Statements whose ParseComplete is still to come, in the order in which they were sent. */
  readonly pending: { sql: string; name: string }[]
  next: number
}
export const noStatements = (): PreparedStatements => ({
  names: new Map(),
  columns: new Map(),
  pending: [],
  next: 1,
})

/** In front of SQL whose columns may change while we run: it is parsed at every use. */
const unprepared = '/* unprepared */'

/** Above this a connection forgets what it prepared, so that generated SQL cannot fill the server. */
const maxPrepared = 400

/** The members of pg's connection that are used here; they are not in its public types. */
interface Wire {
  parse(query: { name: string; text: string; types: number[] }, more?: boolean): void
  bind(config: {
    portal: string
    statement: string
    values: readonly unknown[]
    binary: boolean
    valueMapper: (value: unknown) => unknown
  }, more?: boolean): void
  describe(message: { type: 'P'; name: string }, more?: boolean): void
  execute(config: { portal: string; rows: number }, more?: boolean): void
  close(message: { type: 'S'; name: string }): void
  sync(): void
  stream: { cork?: () => void; uncork?: () => void }
}

export interface Flight {
  readonly submit: (connection: Connection) => void
  readonly handleRowDescription: (message: RowDescription) => void
  readonly handleDataRow: (message: { fields: (string | null)[] }) => void
  readonly handleCommandComplete: (message: { text: string }) => void
  readonly handleReadyForQuery: () => void
  readonly handleError: (error: Error) => void
  readonly handleEmptyQuery: () => void
  readonly handlePortalSuspended: () => void
  readonly callback: () => void
}

/** `main` is the index of the statement whose rows are wanted; the rows of the others are dropped. */
export const createFlight = (
  statements: readonly BoundStatement[],
  main: number,
  prepared: PreparedStatements,
  settle: { resolve: (result: FlightResult) => void; reject: (error: Error) => void },
): Flight => {
  let current = 0
  let columns: Columns = { fields: [], decoders: [] }
  let failed: Error | undefined
  let result: FlightResult = { command: '', rowCount: null, rows: [], fields: [] }
  const rows: Record<string, unknown>[] = []

  const fail = (error: Error): void => {
    failed ??= error
    // what was not parsed before the error never will be
    prepared.pending.length = 0
    settle.reject(failed)
  }

  return {
    submit: (connection) => {
      const wire = connection as unknown as Wire
      if (prepared.names.size + statements.length > maxPrepared) forget(wire, prepared)
      wire.stream.cork?.()
      try {
        statements.forEach(({ sql, values }, index) => {
          const name = statementName(wire, prepared, sql)
          wire.bind({ portal: '', statement: name, values, binary: false, valueMapper: wireValue })
          const known = prepared.columns.get(sql)
          if (index === main && known) columns = known
          if (index === main && !known) wire.describe({ type: 'P', name: '' })
          wire.execute({ portal: '', rows: 0 })
        })
      } finally {
        wire.sync()
        wire.stream.uncork?.()
      }
    },
    handleRowDescription: ({ fields }) => {
      columns = {
        fields: fields.map((field) => ({ name: field.name, dataTypeId: field.dataTypeID })),
        decoders: fields.map((field) => decoderOf(field.dataTypeID)),
      }
      const sql = statements[main]?.sql
      if (sql !== undefined && !sql.startsWith(unprepared)) prepared.columns.set(sql, columns)
    },
    handleDataRow: ({ fields }) => {
      if (current !== main || failed) return
      try {
        rows.push(decodeRow(columns, fields))
      } catch (error) {
        fail(error as Error)
      }
    },
    handleCommandComplete: ({ text }) => {
      if (current === main) {
        const [command = '', ...counts] = text.split(' ')
        const count = counts.at(-1)
        result = {
          command,
          rowCount: count === undefined ? null : Number(count),
          rows,
          fields: columns.fields,
        }
      }
      current++
    },
    handleReadyForQuery: () => {
      if (!failed) settle.resolve(result)
    },
    handleError: fail,
    handleEmptyQuery: () => {
      current++
    },
    handlePortalSuspended: () => {},
    callback: () => {},
  }
}

const decodeRow = (
  { fields, decoders }: Columns,
  values: readonly (string | null)[],
): Record<string, unknown> => {
  const row: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i++) {
    const text = values[i]
    const name = fields[i]?.name ?? ''
    row[name] = text === null || text === undefined ? null : decoders[i]?.(text)
  }
  return row
}

const statementName = (wire: Wire, prepared: PreparedStatements, sql: string): string => {
  if (sql.startsWith(unprepared)) {
    prepared.pending.push({ sql, name: '' })
    wire.parse({ name: '', text: sql, types: [] })
    return ''
  }
  const known = prepared.names.get(sql) ??
    prepared.pending.find((statement) => statement.sql === sql)?.name
  if (known) return known
  const name = `s${prepared.next++}`
  prepared.pending.push({ sql, name })
  wire.parse({ name, text: sql, types: [] })
  return name
}

/** Called for each ParseComplete: the oldest statement that was sent is there now. */
export const parseCompleted = (prepared: PreparedStatements): void => {
  const statement = prepared.pending.shift()
  if (statement?.name) prepared.names.set(statement.sql, statement.name)
}

const forget = (wire: Wire, prepared: PreparedStatements): void => {
  for (const name of prepared.names.values()) wire.close({ type: 'S', name })
  forgetStatements(prepared)
}

/** Every statement is parsed anew at its next use, under a new name. */
export const forgetStatements = (prepared: PreparedStatements): void => {
  prepared.names.clear()
  prepared.columns.clear()
}

/** Bytes go as they are, in binary; everything else as PostgreSQL's text form. */
const wireValue = (value: unknown): unknown => {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) {
    return Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.length)
  }
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (Array.isArray(value)) return arrayLiteral(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Elements are quoted whatever they are; null is the bare word. */
const arrayLiteral = (values: readonly unknown[]): string => {
  const elements = values.map((value) =>
    value === null ? 'null' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`
  )
  return `{${elements.join(',')}}`
}
