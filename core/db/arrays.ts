/** Arrays as one bound parameter in PostgreSQL's binary form: the quickest way in for `unnest`. */
import { bytes } from './sql.ts'
import { Buffer } from 'node:buffer'

/** One column of a batch: pass it as `unnest(${column}::uuid[], …)`. */
export const uuidArray = (values: readonly (string | null)[]) =>
  encode(2950, values, (text) => Buffer.from(text.replaceAll('-', ''), 'hex'))
export const textArray = (values: readonly (string | null)[]) =>
  encode(25, values, (text) => Buffer.from(text, 'utf8'))
export const bytesArray = (values: readonly (Uint8Array | null)[]) =>
  encode(17, values, (value) => value)
export const boolArray = (values: readonly (boolean | null)[]) =>
  encode(16, values, (value) => Buffer.of(value ? 1 : 0))
export const int4Array = (values: readonly (number | null)[]) =>
  encode(23, values, (value) => {
    const buffer = Buffer.allocUnsafe(4)
    buffer.writeInt32BE(value)
    return buffer
  })
export const int8Array = (values: readonly (number | null)[]) =>
  encode(20, values, (value) => {
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeBigInt64BE(BigInt(value))
    return buffer
  })
export const timestampArray = (values: readonly (Date | null)[]) =>
  encode(1184, values, (value) => {
    const buffer = Buffer.allocUnsafe(8)
    // microseconds since 2000-01-01
    buffer.writeBigInt64BE(BigInt(value.getTime() - postgresEpochMs) * 1000n)
    return buffer
  })

const postgresEpochMs = Date.UTC(2000, 0, 1)

/** dimensions, null flag, element type, length, lower bound; then each element with its length. */
const encode = <T>(
  oid: number,
  values: readonly (T | null)[],
  bytesOf: (value: T) => Uint8Array,
) => {
  const elements = values.map((value) => (value === null ? null : bytesOf(value)))
  const size = elements.reduce((sum, element) => sum + 4 + (element?.length ?? 0), 0)
  const head = values.length === 0 ? 12 : 20
  const out = Buffer.allocUnsafe(head + size)
  out.writeInt32BE(values.length === 0 ? 0 : 1, 0)
  out.writeInt32BE(elements.includes(null) ? 1 : 0, 4)
  out.writeInt32BE(oid, 8)
  if (values.length > 0) {
    out.writeInt32BE(values.length, 12)
    out.writeInt32BE(1, 16)
  }
  let at = head
  for (const element of elements) {
    out.writeInt32BE(element === null ? -1 : element.length, at)
    at += 4
    if (element === null) continue
    out.set(element, at)
    at += element.length
  }
  return bytes(out)
}
