/** What a rule about a plugin's declaration is. */
import type { Plugin } from '../plugin.ts'

/** What is wrong, and where: `queues[0].name`. */
export type Found = readonly [path: string, message: string]

export interface DeclarationRule<P extends Plugin = Plugin> {
  /** Kebab-case, its subject first. */
  readonly id: string
  /** What holds, as a sentence. */
  readonly title: string
  readonly faults: (plugin: P) => readonly Found[]
}

/** The faults of a member's entries: its path, and the message where the rule does not hold. */
export const each = <T>(
  list: readonly T[] | undefined,
  fault: (one: T, at: number, all: readonly T[]) => Found | undefined,
): readonly Found[] =>
  (list ?? []).flatMap((one, at, all) => {
    const found = fault(one, at, all)
    return found ? [found] : []
  })

export const unless = (holds: boolean, path: string, message: string): readonly Found[] =>
  holds ? [] : [[path, message]]
