/** What a check of the conformance kit is: small, named, and about one rule of the contract. */
import type { Marketplace, Plugin } from '../../plugin.ts'
import type { Bench } from './bench.ts'

/**
 * `declaration`: nothing is run. `behaviour`: the plugin against its sandbox or a recording.
 * `database`: its migrations and rows in a real PostgreSQL. `live`: the real marketplace, where
 * somebody asks for it.
 */
export const tiers = ['declaration', 'behaviour', 'database', 'live'] as const
export type Tier = (typeof tiers)[number]

export interface Check<P extends Plugin = Plugin> {
  /** Kebab-case, with its subject first: `orders-resume-from-every-cursor`. */
  readonly id: string
  readonly tier: Tier
  /** What holds when it passes, as a sentence without a full stop. */
  readonly title: string
  /** What to do when it does not hold. */
  readonly remedy: string
  /** Why it says nothing of this plugin (no such ability, nothing to run on); undefined: it does. */
  readonly leftOut?: (bench: Bench<P>) => string | undefined
  /** Throws with what was wanted and what was found, and no buyer's data. */
  readonly run: (bench: Bench<P>) => Promise<void>
}
export type MarketplaceCheck = Check<Marketplace>
