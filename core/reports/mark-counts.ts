/** How often each of a million numbers came: 12 bytes for each, where a Map would take a hundred. */

export interface MarkCounts {
  /** How often it has come, this time included; 65,535 at most. */
  readonly add: (mark: number) => number
  readonly of: (mark: number) => number
}

const first = 1 << 12
const most = 65_535

/** Of whole numbers from 0 to 2^53. */
export const createMarkCounts = (): MarkCounts => {
  // open addressing: a place without a count is free
  let marks = new Float64Array(first)
  let counts = new Uint16Array(first)
  let used = 0
  const placeOf = (mark: number): number => {
    const mask = marks.length - 1
    // the low half alone: the whole is beyond what bits may be taken of
    let place = (mark % 4_294_967_296 >>> 0) & mask
    while (counts[place] !== 0 && marks[place] !== mark) place = (place + 1) & mask
    return place
  }
  const grow = (): void => {
    const [oldMarks, oldCounts] = [marks, counts]
    marks = new Float64Array(oldMarks.length * 2)
    counts = new Uint16Array(oldCounts.length * 2)
    for (const [at, mark] of oldMarks.entries()) {
      if (oldCounts[at] === 0) continue
      const place = placeOf(mark)
      marks[place] = mark
      counts[place] = oldCounts[at] ?? 0
    }
  }
  return {
    add: (mark) => {
      if (used * 2 > marks.length) grow()
      const place = placeOf(mark)
      const count = Math.min(most, (counts[place] ?? 0) + 1)
      if (count === 1) used++
      marks[place] = mark
      counts[place] = count
      return count
    },
    of: (mark) => counts[placeOf(mark)] ?? 0,
  }
}
