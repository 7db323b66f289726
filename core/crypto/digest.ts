/** SHA-256 for those who need no key. */
import { createHash, createHmac } from 'node:crypto'
import { Buffer } from 'node:buffer'

/** Lower-case hex of the digest of UTF-8 text. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** SHA-256 of bytes that come one after the other. */
export const sha256Stream = () => {
  const hash = createHash('sha256')
  return {
    update: (bytes: Uint8Array): void => void hash.update(bytes),
    /** Lower-case hex; once. */
    end: (): string => hash.digest('hex'),
  }
}

/** HMAC-SHA256 of UTF-8 text: a digest that nobody without the key can guess texts by. */
export const keyedDigest = (key: Uint8Array, text: string): Uint8Array =>
  createHmac('sha256', key).update(text).digest()

/**
 * SHA-256 over `previous` and the fields, each behind its length in bytes (int4, -1 for null): the
 * bytes that the database's function `audit_hash` hashes.
 */
export const chainHash = (
  previous: Uint8Array,
  fields: readonly (string | null)[],
): Uint8Array => {
  const size = fields.reduce((sum, field) => sum + 4 + (field === null ? 0 : 3 * field.length), 0)
  const buffer = Buffer.allocUnsafe(previous.length + size)
  buffer.set(previous)
  let at = previous.length
  for (const field of fields) {
    const length = field === null ? 0 : buffer.write(field, at + 4)
    buffer.writeInt32BE(field === null ? -1 : length, at)
    at += 4 + length
  }
  return createHash('sha256').update(buffer.subarray(0, at)).digest()
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
