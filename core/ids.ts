/** Row ids: made here, before anything is sealed, because sealing binds them. */
import { createHash, randomFillSync } from 'node:crypto'
import { Buffer } from 'node:buffer'

export type Random = (bytes: Uint8Array) => Uint8Array

const systemRandom: Random = (bytes) => randomFillSync(bytes)

/** UUIDv7: ordered by time, for rows that nothing outside names. */
export const newId = (now: () => number = Date.now, random: Random = systemRandom): string => {
  const bytes = random(new Uint8Array(16))
  let ms = now()
  for (let i = 5; i >= 0; i--) {
    bytes[i] = ms % 256
    ms = Math.floor(ms / 256)
  }
  return format(bytes, 0x70)
}

/**
 * UUIDv8 from SHA-256 of the parts, each with its length: two writers that meet the same order of
 * the same account make the same id, so that what either sealed stays readable.
 */
export const idOf = (...parts: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return format(new Uint8Array(hash.digest().subarray(0, 16)), 0x80)
}

const format = (bytes: Uint8Array, version: number): string => {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | version
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => hex.slice(from, to))
    .join('-')
}
