/** A guard, and how it is taken away. */

export interface Guard {
  readonly name: string
  readonly file: string
  /** Stands there once. */
  readonly find: string
  readonly replace: string
  /** The tests that must notice. */
  readonly tests: readonly string[]
}
type Cut = readonly [name: string, find: string, replace: string]

/** The guards of one file. */
export const guardsOf = (
  file: string,
  tests: readonly string[],
  cuts: readonly Cut[],
): readonly Guard[] => cuts.map(([name, find, replace]) => ({ name, file, find, replace, tests }))
