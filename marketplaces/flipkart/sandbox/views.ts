/** Things as readers see them: for a while after a change, as they were before. */

interface Face {
  readonly updatedAt: number
  /** What lists are filtered by. */
  readonly words: readonly string[]
  readonly view: () => object
}
export interface Views<T> {
  /** Called before a thing changes. */
  readonly keep: (thing: T) => void
  /** Undefined: it does not show yet. */
  readonly seen: (thing: T, seenAt: number) => Face | undefined
}
interface Kind<T> {
  readonly render: (thing: T) => object
  readonly words: (thing: T) => readonly string[]
}

/** Faces are kept only while reads lag behind. */
export const createViews = <T extends { readonly updatedAt: number }>(
  { render, words }: Kind<T>,
  lagMs: () => number,
  now: () => number,
): Views<T> => {
  const past = new Map<T, (Face & { readonly until: number })[]>()
  const keep = (thing: T): void => {
    if (lagMs() === 0) return
    const faces = (past.get(thing) ?? []).filter(({ until }) => until > now() - lagMs())
    const view = render(thing)
    faces.push({
      updatedAt: thing.updatedAt,
      words: words(thing),
      view: () => view,
      until: now(),
    })
    past.set(thing, faces)
  }
  const seen = (thing: T, seenAt: number): Face | undefined => {
    if (thing.updatedAt <= seenAt) {
      return { updatedAt: thing.updatedAt, words: words(thing), view: () => render(thing) }
    }
    return past.get(thing)?.find((face) => face.updatedAt <= seenAt && seenAt < face.until)
  }
  return { keep, seen }
}
