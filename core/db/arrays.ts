/** Arrays as one bound parameter in PostgreSQL's binary form: the quickest way in for `unnest`. */
import { Buffer } from 'node:buffer'
import { bytes } from './sql.ts'

type Values<T> = readonly (T | null)[]

/** One column of a batch: pass it as `unnest(${column}::uuid[], …)`. */
export const uuidArray = (values: Values<string>) => {
  // one call into native code for all of them: on Deno each costs as much as the rest together
  const digits = values.map((value) => value ?? nobody).join('').replaceAll('-', '')
  const raw = Buffer.from(digits, 'hex')
  // decoding stops at what is no digit, and all that follow would move up
  if (raw.length !== values.length * 16) throw new TypeError('An id is not a uuid')
  let from = 0
  return ofSize(2950, 16, values, (out, _value, at) => {
    out.set(raw.subarray(from, from + 16), at)
    from += 16
  }, () => from += 16)
}
export const boolArray = (values: Values<boolean>) =>
  ofSize(16, 1, values, (out, value, at) => {
    out[at] = value ? 1 : 0
  })
export const int4Array = (values: Values<number>) =>
  ofSize(23, 4, values, (out, value, at) => out.writeInt32BE(value, at))
export const int8Array = (values: Values<number>) =>
  ofSize(20, 8, values, (out, value, at) => out.writeBigInt64BE(BigInt(value), at))
/** Microseconds since 2000-01-01. */
export const timestampArray = (values: Values<Date>) =>
  ofSize(1184, 8, values, (out, value, at) => {
    out.writeBigInt64BE(BigInt(value.getTime() - postgresEpochMs) * 1000n, at)
  })
export const textArray = (values: Values<string>) =>
  ofBytes(25, values.map((value) => value === null ? null : Buffer.from(value, 'utf8')))
export const bytesArray = (values: Values<Uint8Array>) => ofBytes(17, values)

const postgresEpochMs = Date.UTC(2000, 0, 1)
const nobody = '00000000-0000-0000-0000-000000000000'

const ofSize = <T>(
  oid: number,
  size: number,
  values: Values<T>,
  write: (out: Buffer, value: T, at: number) => void,
  skip: () => void = () => {},
) => {
  const filled = values.reduce((count, value) => value === null ? count : count + 1, 0)
  const [out, start] = frame(oid, values.length, filled, filled * size)
  let at = start
  for (const value of values) {
    at = out.writeInt32BE(value === null ? -1 : size, at)
    if (value === null) skip()
    else {
      write(out, value, at)
      at += size
    }
  }
  return bytes(out)
}

const ofBytes = (oid: number, values: Values<Uint8Array>) => {
  let filled = 0
  let size = 0
  for (const value of values) {
    if (value === null) continue
    filled++
    size += value.length
  }
  const [out, start] = frame(oid, values.length, filled, size)
  let at = start
  for (const value of values) {
    at = out.writeInt32BE(value === null ? -1 : value.length, at)
    if (value === null) continue
    out.set(value, at)
    at += value.length
  }
  return bytes(out)
}

/** Dimensions, null flag, element type; then length and lower bound where there are elements. */
const frame = (oid: number, length: number, filled: number, size: number): [Buffer, number] => {
  const head = length === 0 ? 12 : 20
  const out = Buffer.allocUnsafe(head + length * 4 + size)
  out.writeInt32BE(length === 0 ? 0 : 1, 0)
  out.writeInt32BE(filled < length ? 1 : 0, 4)
  out.writeInt32BE(oid, 8)
  if (length > 0) {
    out.writeInt32BE(length, 12)
    out.writeInt32BE(1, 16)
  }
  return [out, head]
}
