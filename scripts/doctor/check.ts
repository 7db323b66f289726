/** What a check is: one way in which a start or a sync was seen to fail, looked for by itself. */
import type { Facts } from './facts.ts'

export const outcomes = ['ok', 'warning', 'fault', 'left-out'] as const
export interface Outcome {
  readonly state: (typeof outcomes)[number]
  /** What was found, or why nothing was looked for; of `ok` what it was judged by, where that helps. */
  readonly told?: string | undefined
}
export const ok = (told?: string): Outcome => ({ state: 'ok', told })
export const warning = (told: string): Outcome => ({ state: 'warning', told })
export const fault = (told: string): Outcome => ({ state: 'fault', told })
export const leftOut = (told: string): Outcome => ({ state: 'left-out', told })

export const areas = [
  'machine',
  'installation',
  'home',
  'environment',
  'plugins',
  'database',
  'schema',
  'keys',
  'queues',
  'storage',
  'sweeps',
  'work',
  'accounts',
  'audit',
  'mail',
] as const
export type Area = (typeof areas)[number]

/** Gives the facts of a name; read once, whoever asks. Rejects with `nothingToSee` where there are none. */
export type Get = <K extends keyof Facts>(name: K) => Promise<Facts[K]>

interface CheckText {
  /** Kebab-case, never used for something else: people look for it. */
  readonly code: string
  readonly area: Area
  /** What holds when all is well, in a few words. */
  readonly title: string
  /** What goes wrong where it does not hold. */
  readonly meaning: string
  readonly fix: string
}
export interface Check extends CheckText {
  readonly of: keyof Facts
  readonly run: (get: Get) => Promise<Outcome>
}

/** A check judges the facts of one name, and asks nobody itself. */
export const check = <K extends keyof Facts>(
  of: K,
  area: Area,
  [code, title, meaning, fix]: readonly [code: string, title: string, meaning: string, fix: string],
  judge: (facts: Facts[K]) => Outcome,
): Check => ({
  ...{ code, area, title, meaning, fix, of },
  run: async (get) => judge(await get(of)),
})

const brand = Symbol.for('robnu.nothing-to-see')
/** Thrown by readers: what is asked for does not exist here, and that is no fault of it. */
export const nothingToSee = (why: string): Error => Object.assign(new Error(why), { [brand]: true })
export const isNothingToSee = (error: unknown): error is Error =>
  error instanceof Error && brand in error

/** The first few of a list, and how many more there are. */
export const listed = (all: readonly string[], most = 4): string =>
  all.length <= most
    ? all.join(', ')
    : `${all.slice(0, most).join(', ')} and ${all.length - most} more`
