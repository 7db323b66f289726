/** One pool of connections for one login, with rows parsed by the schema of their statement. */
import { createPool, type DatabasePool, type Interceptor, SchemaValidationError } from 'slonik'
import type { z } from 'zod'
import {
  type ConnectionSettings,
  createEnvelopes,
  createPgDriver,
  type Envelopes,
} from './driver.ts'
import { anything } from './sql.ts'

export interface PoolOptions extends ConnectionSettings {
  readonly url: string
  readonly maxConnections: number
  /** How long a caller waits for a free connection. */
  readonly waitMs: number
}
export interface Pool {
  readonly slonik: DatabasePool
  readonly envelopes: Envelopes
}

/** slonik runs this for every row; it must not be asynchronous. */
const rowParser: Interceptor = {
  name: 'row-parser',
  transformRow: (context, query, row) => {
    const parser = context.resultParser as z.ZodType | undefined
    if (!parser || parser === anything) return row
    const parsed = parser.safeParse(row)
    if (!parsed.success) throw new SchemaValidationError(query, row, parsed.error.issues)
    return parsed.data as typeof row
  },
}
export const openPool = async (options: PoolOptions): Promise<Pool> => {
  const envelopes = createEnvelopes()
  const slonik = await createPool(options.url, {
    driverFactory: createPgDriver(envelopes, options),
    interceptors: [rowParser],
    maximumPoolSize: options.maxConnections,
    connectionTimeout: options.waitMs,
    idleTimeout: 60_000,
    // everything that a scope sets ends with its transaction; there is nothing to reset, and
    // DISCARD ALL would drop the prepared statements
    resetConnection: () => Promise.resolve(),
    captureStackTrace: false,
    connectionRetryLimit: 1,
    queryRetryLimit: 0,
    transactionRetryLimit: 0,
    typeParsers: [],
    statementTimeout: 'DISABLE_TIMEOUT',
    idleInTransactionSessionTimeout: 'DISABLE_TIMEOUT',
  })
  return { slonik, envelopes }
}
