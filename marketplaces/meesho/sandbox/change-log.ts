/** Things in the order of their last change, read behind a place: a row that changes moves to the end. */

/** One change of a thing; in force until the next one. */
interface Entry<T> {
  readonly thing: T
  readonly turn: number
  readonly at: number
  readonly word: string
  until?: number
  /** How the thing looked while this was its last change; kept only where reads lag behind. */
  view?: object
  before?: Entry<T>
}
interface Ask {
  /** Both ends belong to the window. */
  readonly from: number
  readonly to: number
  /** Changes after this instant do not show yet. */
  readonly seenAt: number
  readonly word?: string | undefined
  /** Only what stands behind this turn. */
  readonly after: number
  readonly limit: number
}
interface Page<T> {
  readonly things: readonly T[]
  readonly rows: readonly object[]
  /** Of the last row; null when nothing is behind it. */
  readonly next: number | null
}
export interface ChangeLog<T extends object> {
  /** Changes a thing, or enters a new one. */
  readonly change: (thing: T, at: number, make: () => void) => void
  readonly page: (ask: Ask) => Page<T>
  /** As readers see it; undefined while it does not show. */
  readonly view: (thing: T, seenAt: number) => object | undefined
}

/** `word` is what a list can be filtered by; instants never go back. */
export const createChangeLog = <T extends object>(
  render: (thing: T, at: number) => object,
  word: (thing: T) => string,
  lagMs: () => number,
): ChangeLog<T> => {
  let entries: Entry<T>[] = []
  let turns = 0
  const latest = new Map<T, Entry<T>>()

  const change = (thing: T, at: number, make: () => void): void => {
    const last = latest.get(thing)
    const lags = lagMs() > 0
    if (last && lags) last.view = render(thing, last.at)
    make()
    if (last) {
      last.until = at
      delete last.before
    }
    turns += 1
    const entry: Entry<T> = {
      ...{ thing, turn: turns, at, word: word(thing) },
      ...(last && lags ? { before: last } : {}),
    }
    latest.set(thing, entry)
    entries.push(entry)
    // what was overtaken long ago is found by nobody
    if (entries.length > 2 * latest.size + 1000) {
      entries = entries.filter(({ until }) => until === undefined || until > at - lagMs())
    }
  }
  const shown = (entry: Entry<T>): object => entry.view ?? render(entry.thing, entry.at)

  const page = ({ from, to, seenAt, word, after, limit }: Ask): Page<T> => {
    const found: Entry<T>[] = []
    const end = Math.min(to, seenAt)
    for (let at = firstFrom(entries, from); found.length <= limit; at++) {
      const entry = entries[at]
      if (!entry || entry.at > end) break
      if (entry.turn <= after || (entry.until !== undefined && entry.until <= seenAt)) continue
      if (word === undefined || entry.word === word) found.push(entry)
    }
    const cut = found.slice(0, limit)
    return {
      things: cut.map(({ thing }) => thing),
      rows: cut.map(shown),
      next: found.length > limit ? cut.at(-1)?.turn ?? null : null,
    }
  }
  const view = (thing: T, seenAt: number): object | undefined => {
    let entry = latest.get(thing)
    while (entry && entry.at > seenAt) entry = entry.before
    return entry && shown(entry)
  }
  return { change, page, view }
}

const firstFrom = <T>(list: readonly Entry<T>[], from: number): number => {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle]?.at ?? Infinity) >= from) high = middle
    else low = middle + 1
  }
  return low
}
