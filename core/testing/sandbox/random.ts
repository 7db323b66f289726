/** Randomness that repeats: the same seed and key always give the same numbers. */

export interface Random {
  /** From 0 up to, but not including, 1. */
  readonly next: () => number
  /** A whole number; both ends belong to the range. */
  readonly int: (min: number, max: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(list: readonly T[]) => T
}

/** A generator of its own for each key, so that one order's numbers never move another's. */
export const randomFor = (seed: number, key: string): Random => {
  const next = generator(hashOf(seed, key))
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => {
      const found = list[int(0, list.length - 1)]
      if (found === undefined) throw new Error('Cannot pick from a list: it is empty')
      return found
    },
  }
}

/** 53 bits of a key's hash (cyrb53): for ids that must be the same in every run. */
export const hashOf = (seed: number, key: string): number => {
  let high = 0xdeadbeef ^ seed
  let low = 0x41c6ce57 ^ seed
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}

/** `digits` decimal digits of a key's hash, the first of them not 0; at most 15. */
export const digitsOf = (seed: number, key: string, digits: number): string => {
  const least = 10 ** (digits - 1)
  return String(least + hashOf(seed, key) % (9 * least))
}

/** mulberry32: 32 bits of state are plenty for one key. */
const generator = (hash: number): () => number => {
  let state = hash >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
