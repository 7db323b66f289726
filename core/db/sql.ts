/** SQL as tagged templates; every value is a bound parameter. */
import { createSqlTag, type QuerySqlToken } from 'slonik'
import { z } from 'zod'
import { Buffer } from 'node:buffer'

/** A statement whose rows are `Row`. */
export type Statement<Row = unknown> = QuerySqlToken<z.ZodType<Row>>

const tag = createSqlTag()

/** `sql.type(schema)` for statements whose rows are read, `sql.fragment` for parts of one. */
export const sql: typeof tag = tag

/** The schema of rows that nobody reads: the driver leaves them unparsed. */
export const anything = z.unknown()

/** A statement whose rows nobody reads. */
export const command = tag.type(anything)

/** A plugin's statement: its text has $1 … $n, and its rows are checked by the plugin's schema. */
export const plainStatement = (text: string, values: readonly unknown[]): Statement => ({
  ...command`select`,
  sql: text,
  values: values as Statement['values'],
})

/** Bytes as one bound parameter. */
export const bytes = (value: Uint8Array) => tag.binary(Buffer.from(value))
