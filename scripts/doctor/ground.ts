/** What the readers stand on: the environment, the clock, and how far they may go. */
import type { Environment } from '#core/config.ts'

export interface Ground {
  readonly env: Environment
  /** The environment names no database: `npm start` brings one, and may be running. */
  readonly isLocal: boolean
  /** Absolute: the folder of the local parts, whether it is there or not. */
  readonly home: string
  /** Where node_modules and package-lock.json are. */
  readonly project: string
  readonly now: () => Date
  readonly fetch: typeof fetch
  /** Nothing is written anywhere, not even a probe that is deleted at once. */
  readonly readOnly: boolean
  /** An https address whose clock is taken for the right one. */
  readonly clock?: string | undefined
  /** The marketplace account that is asked about. */
  readonly accountId?: string | undefined
}
