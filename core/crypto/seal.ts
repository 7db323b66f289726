/** Seals one field for one place, and opens it there and nowhere else. Pure and synchronous. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { Random } from '../ids.ts'

/** Where a sealed value belongs; all four are bound into it. */
export interface Place {
  readonly sellerId: string
  readonly table: string
  readonly column: string
  readonly rowId: string
}

const format = 1
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
const nonceAt = 5
const textAt = nonceAt + nonceBytes
/** What a blob is longer than the text in it. */
export const sealedOverheadBytes = textAt + tagBytes

/**
 * AES-256-GCM: `01 | key version u32 BE | nonce 12 | ciphertext | tag 16`. Text is sealed as UTF-8.
 * The caller counts the uses of a key: random nonces are safe far below 2^32 of them.
 */
export const sealField = (
  key: Uint8Array,
  version: number,
  place: Place,
  plain: Uint8Array | string,
  random: Random,
): Uint8Array => {
  const nonce = random(new Uint8Array(nonceBytes))
  const sealing = createCipheriv(cipher, key, nonce)
  sealing.setAAD(boundTo(version, place))
  const sealed = typeof plain === 'string' ? sealing.update(plain, 'utf8') : sealing.update(plain)
  sealing.final() // GCM keeps nothing back
  const blob = new Uint8Array(sealedOverheadBytes + sealed.length)
  blob[0] = format
  blob[1] = version >>> 24
  blob[2] = version >>> 16
  blob[3] = version >>> 8
  blob[4] = version
  blob.set(nonce, nonceAt)
  blob.set(sealed, textAt)
  blob.set(sealing.getAuthTag(), textAt + sealed.length)
  return blob
}

/** Throws an error that names the place and holds no data; also what `keyOf` throws. */
export const openField = (
  keyOf: (version: number) => Uint8Array,
  place: Place,
  blob: Uint8Array,
): Uint8Array => opened(keyOf, place, blob)

/** The same for what was sealed as text. */
export const openText = (
  keyOf: (version: number) => Uint8Array,
  place: Place,
  blob: Uint8Array,
): string => opened(keyOf, place, blob).toString()

export const nameOf = ({ table, column, rowId }: Place): string =>
  `"${table}.${column}" of row "${rowId}"`

const opened = (
  keyOf: (version: number) => Uint8Array,
  place: Place,
  blob: Uint8Array,
): Buffer => {
  const [first = 0, a = 0, b = 0, c = 0, d = 0] = blob
  const tagAt = blob.length - tagBytes
  if (first !== format || tagAt < textAt) {
    throw new Error(`Cannot open ${nameOf(place)}: it is not a sealed value`)
  }
  const version = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
  const key = keyOf(version)
  const nonce = blob.subarray(nonceAt, textAt)
  const opening = createDecipheriv(cipher, key, nonce, tagLength)
  opening.setAAD(boundTo(version, place))
  opening.setAuthTag(blob.subarray(tagAt))
  // not released before the tag is checked
  const plain = opening.update(blob.subarray(textAt, tagAt))
  try {
    opening.final()
  } catch {
    plain.fill(0)
    throw new Error(
      `Cannot open ${nameOf(place)}: it was changed, or sealed for another place or by another key`,
    )
  }
  return plain
}

const tagLength = { authTagLength: tagBytes }

/** Every part behind its length, so that no two places are ever the same bytes. */
const boundTo = (version: number, { sellerId, table, column, rowId }: Place): Buffer =>
  Buffer.from(
    `${format}.${version}.${sellerId.length}:${sellerId}${table.length}:${table}` +
      `${column.length}:${column}${rowId.length}:${rowId}`,
  )
