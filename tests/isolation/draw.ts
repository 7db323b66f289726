/** Choices: drawn by fast-check in a walk, always the first one in a table of requests. */
import type fc from 'fast-check'

export interface Draw {
  /** From 0 to one less. */
  readonly below: (n: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  readonly chance: (percent: number) => boolean
}

const drawBy = (below: (n: number) => number): Draw => ({
  below,
  pick: (list) => {
    const [one = list[0]] = list.slice(below(list.length))
    if (one === undefined) throw new Error('There is nothing to choose from')
    return one
  },
  chance: (percent) => below(100) < percent,
})

/** As the first of all, and never by chance. */
export const firstDraw: Draw = { ...drawBy(() => 0), chance: () => false }

export const drawFrom = (gen: fc.GeneratorValue, { nat, noBias }: typeof fc): Draw => {
  // fast-check likes small numbers best: half of all calls would go to the first few routes
  const even = (most: number) => noBias(nat(most))
  return drawBy((n) => n <= 1 ? 0 : gen(even, n - 1))
}
