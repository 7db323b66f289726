/** Nonces from blocks of random bytes: asking the system for each one costs more than sealing. */
import { randomFillSync } from 'node:crypto'
import type { Random } from '../ids.ts'

export const systemRandom: Random = (bytes) => randomFillSync(bytes)

const blockBytes = 4_096 // some 340 nonces; what is lost at the end of a process is worth nothing

/**
 * Fills from a block that is filled by `random`; no byte is given out twice. For nonces, which are
 * public: used bytes stay in memory until the next block.
 */
export const inBlocks = (random: Random): Random => {
  const block = new Uint8Array(blockBytes)
  let used = blockBytes
  return (bytes) => {
    if (bytes.length > blockBytes) return random(bytes)
    if (used + bytes.length > blockBytes) {
      random(block)
      used = 0
    }
    bytes.set(block.subarray(used, used + bytes.length))
    used += bytes.length
    return bytes
  }
}
