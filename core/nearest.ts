/** The known word that somebody meant who wrote another one. */

/** Undefined: nothing is near enough to be meant. */
export const nearestOf = (word: string, known: readonly string[]): string | undefined => {
  const most = Math.max(1, Math.floor(word.length / 3))
  const [best] = known
    .map((one) => ({ one, far: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .toSorted((a, b) => a.far - b.far)
  return best?.one
}

/** ` (did you mean "enabled"?)`, or nothing. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const nearest = nearestOf(word, known)
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`
}

/** How many letters are to be put in, taken out, changed, or swapped with their neighbour. */
const distance = (a: string, b: string): number => {
  let last: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost)
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) best = Math.min(best, (last[j - 2] ?? 0) + 1)
      next.push(best)
    }
    last = row
    row = next
  }
  return row[b.length] ?? 0
}
