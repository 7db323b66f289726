/** Seals one field for one place, and opens it there and nowhere else. Pure and synchronous. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { channel } from 'node:diagnostics_channel'
import type { Random } from '../ids.ts'
import { type SealedColumn, writePlace } from './place.ts'

const format = 1
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
const nonceAt = 5
const textAt = nonceAt + nonceBytes

/**
 * AES-256-GCM: `01 | key version u32 BE | nonce 12 | ciphertext | tag 16`. Text is sealed as UTF-8.
 * The caller counts the uses of a key: random nonces are safe far below 2^32 of them.
 */
export const sealField = (
  key: Uint8Array,
  version: number,
  column: SealedColumn,
  rowId: string,
  plain: Uint8Array | string,
  random: Random,
): Uint8Array => {
  const nonce = random(nonceHere)
  const sealing = createCipheriv(cipher, key, nonce)
  sealing.setAAD(writePlace(format, version, column, rowId))
  const sealed = typeof plain === 'string' ? sealing.update(plain, 'utf8') : sealing.update(plain)
  sealing.final(asBytes) // GCM keeps nothing back
  // in shared memory: finding each value some of its own costs as much as a good part of the cipher
  const { buffer, byteOffset, length } = Buffer.allocUnsafe(textAt + sealed.length + tagBytes)
  const blob = new Uint8Array(buffer, byteOffset, length)
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

/** Used up before a call returns: made anew for each value, the runtime has to find them memory of their own. */
const nonceHere = new Uint8Array(nonceBytes)
const tagHere = new Uint8Array(tagBytes)

const copy = (into: Uint8Array, blob: Uint8Array, at: number): Uint8Array => {
  for (let i = 0; i < into.length; i++) into[i] = blob[at + i] ?? 0
  return into
}

/** The key of a version; undefined: there is none. What it throws is passed on. */
export type KeyOf = (version: number) => Uint8Array | undefined

/** Throws an error that names table, column and row, and holds no data. */
export const openField = (
  keyOf: KeyOf,
  column: SealedColumn,
  rowId: string,
  blob: Uint8Array,
): Uint8Array => opened(keyOf, column, rowId, blob)

/** The same for what was sealed as text. */
export const openText = (
  keyOf: KeyOf,
  column: SealedColumn,
  rowId: string,
  blob: Uint8Array,
): string => opened(keyOf, column, rowId, blob).toString()

const opened = (
  keyOf: KeyOf,
  column: SealedColumn,
  rowId: string,
  blob: Uint8Array,
): Buffer => {
  const tagAt = blob.length - tagBytes
  if (blob[0] !== format || tagAt < textAt) throw refusal(column, rowId, 'it is no sealed value')
  const version = readVersion(blob)
  const key = keyOf(version)
  if (key === undefined) throw refusal(column, rowId, `there is no key of version ${version}`)
  const opening = createDecipheriv(cipher, key, copy(nonceHere, blob, nonceAt), withTag)
  opening.setAAD(writePlace(format, version, column, rowId))
  opening.setAuthTag(copy(tagHere, blob, tagAt))
  const plain = opening.update(blob.subarray(textAt, tagAt))
  try {
    // nothing is released before this has checked the tag; said to be bytes, which is the cheapest on
    // both runtimes
    opening.final(asBytes)
  } catch {
    plain.fill(0)
    throw refusal(column, rowId, 'it was changed, or sealed for another place or by another key')
  }
  if (openings.hasSubscribers) openings.publish(column)
  return plain
}

/**
 * Told of each value that was opened, with its `SealedColumn`, whoever opened it and by which key: so
 * that the decrypt ledger can be held against what was really done. Nobody listens but tests.
 */
const openings = channel('robnu.opened')

const withTag = { authTagLength: tagBytes }
/** Both runtimes know this word; the types do not. */
const asBytes = 'buffer' as BufferEncoding

/** Of the key that a value is sealed under. */
export const readVersion = (blob: Uint8Array): number => {
  const [a, b, c, d] = [blob[1] ?? 0, blob[2] ?? 0, blob[3] ?? 0, blob[4] ?? 0]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

/**
 * Whether a value is sealed for this place under one of the keys. What it says is seen by nobody and is no
 * opening: for values of which nobody may have the key any more.
 */
export const isSealedFor = (
  keyOf: KeyOf,
  column: SealedColumn,
  rowId: string,
  blob: Uint8Array,
): boolean => {
  const tagAt = blob.length - tagBytes
  const version = readVersion(blob)
  const key = blob[0] === format && tagAt >= textAt ? keyOf(version) : undefined
  if (key === undefined) return false
  const trying = createDecipheriv(cipher, key, blob.subarray(nonceAt, textAt), withTag)
  trying.setAAD(writePlace(format, version, column, rowId))
  trying.setAuthTag(blob.subarray(tagAt))
  trying.update(blob.subarray(textAt, tagAt)).fill(0)
  try {
    trying.final()
    return true
  } catch {
    return false
  }
}

const refusal = ({ table, column }: SealedColumn, rowId: string, why: string): Error =>
  new Error(`Cannot open "${table}.${column}" of row "${rowId}": ${why}`)
