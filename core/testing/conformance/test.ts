/** The kit in any runner that has `test(name, fn)`: vitest, node:test, Deno.test. */
import type { Marketplace, Plugin } from '../../plugin.ts'
import type { DatabaseBench, Pace } from './bench.ts'
import type { Tier } from './check.ts'
import { type BenchParts, checksFor, runCheck } from './run.ts'
import type { Sample } from './sample.ts'

/**
 * Registers one test; what it returns is of no interest. The context is what the runner hands to a
 * test: by its `skip`, where it has one, a check is told that had nothing to look at.
 */
export type RegisterTest = (name: string, run: (context?: unknown) => Promise<void>) => unknown

/** `patience` is 20 when absent: tests run where much else runs. */
export interface TestOptions extends Pace {
  /** Declaration and behaviour when absent; the database tier needs `database`. */
  readonly tiers?: readonly Tier[]
  /** Where its `mod.ts` is; absent: nothing is said of how it loads. */
  readonly url?: URL
  readonly database?: DatabaseBench
  /** Of one check. */
  readonly timeLimitMs?: number
}

/**
 * One test for each check of a marketplace. A check that says nothing of this plugin is registered
 * with its reason in its name.
 *
 * @example
 * testMarketplace(bazaar, sample, test, { url: new URL('../mod.ts', import.meta.url) })
 */
export const testMarketplace = (
  plugin: Marketplace,
  sample: Sample,
  test: RegisterTest,
  options: TestOptions = {},
): void => register({ plugin, sample, ...partsOf(options) }, test, options)

/** One test for each check of any plugin. */
export const testPlugin = (plugin: Plugin, test: RegisterTest, options: TestOptions = {}): void =>
  register({ plugin, ...partsOf(options) }, test, options)

const partsOf = ({ url, database }: TestOptions) => ({
  ...(url ? { url } : {}),
  ...(database ? { database } : {}),
})

const register = (
  parts: BenchParts,
  test: RegisterTest,
  { tiers = ['declaration', 'behaviour'], patience = 20, timeLimitMs, spent }: TestOptions,
): void => {
  const options = {
    patience,
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    ...(spent ? { spent } : {}),
  }
  const bench = { ...parts, signal: new AbortController().signal }
  for (const check of checksFor(parts.plugin)) {
    if (!tiers.includes(check.tier)) continue
    const why = check.leftOut?.(bench)
    if (why !== undefined) {
      test(`${check.id} (left out: ${why})`, () => Promise.resolve())
      continue
    }
    test(check.id, async (context) => {
      const result = await runCheck(check, parts, options)
      if (result.outcome === 'passed') return
      if (result.outcome === 'left-out') return skip(context, result.message)
      throw new Error(`${check.title}: ${result.message}\n→ ${check.remedy}`)
    })
  }
}

/** Vitest and node:test have it, Deno has not. */
const skip = (context: unknown, reason: string | undefined): void => {
  const own = context as { readonly skip?: (reason?: string) => void } | undefined
  if (typeof own?.skip === 'function') own.skip(reason)
}
