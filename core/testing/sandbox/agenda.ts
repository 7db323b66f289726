/** What is still to happen, the earliest first; of two at one instant the one planned first. */

interface Planned {
  readonly at: number
  readonly turn: number
  readonly run: () => void
}
export interface Agenda {
  readonly plan: (at: number, run: () => void) => void
  /** Takes what is due until then; undefined when nothing is. */
  readonly due: (until: number) => { readonly at: number; readonly run: () => void } | undefined
}

/** A binary heap: twenty thousand orders plan some hundred thousand events. */
export const createAgenda = (): Agenda => {
  const heap: Planned[] = []
  let turns = 0

  const plan = (at: number, run: () => void): void => {
    const event: Planned = { at, turn: turns++, run }
    let place = heap.push(event) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = heap[parent]
      if (!above || isBefore(above, event)) break
      heap[place] = above
      place = parent
    }
    heap[place] = event
  }
  const due = (until: number): Planned | undefined => {
    const [first] = heap
    if (!first || first.at > until) return undefined
    const last = heap.pop()
    if (last && last !== first) sink(last)
    return first
  }
  const sink = (event: Planned): void => {
    let place = 0
    while (true) {
      const left = heap[place * 2 + 1]
      const right = heap[place * 2 + 2]
      const least = left && right && isBefore(right, left) ? right : left
      if (!least || isBefore(event, least)) break
      heap[place] = least
      place = least === left ? place * 2 + 1 : place * 2 + 2
    }
    heap[place] = event
  }
  return { plan, due }
}

const isBefore = (one: Planned, other: Planned): boolean =>
  one.at < other.at || (one.at === other.at && one.turn < other.turn)
