/** Checks that are the same for orders, returns and payouts: one for each that the adapter brings. */
import type { Marketplace } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import type { MarketplaceCheck } from '../check.ts'
import { type RowTarget, rowTargets, syncOf } from '../walk.ts'

export type MarketBench = Bench<Marketplace>

const noSample = 'the plugin brings no sample.ts: there is nothing to run on'

/** Ids begin with the target: `orders-resume-from-every-cursor`. */
export const ofEachTarget = (
  id: string,
  title: string,
  remedy: string,
  run: (bench: MarketBench, target: RowTarget) => Promise<void>,
  leftOut: (bench: MarketBench, target: RowTarget) => string | undefined = () => undefined,
): readonly MarketplaceCheck[] =>
  rowTargets.map((target) => {
    const word = target.toLowerCase()
    return {
      id: `${word}-${id}`,
      tier: 'behaviour',
      title: title.replaceAll('{rows}', word),
      remedy: remedy.replaceAll('{rows}', word),
      leftOut: (bench) => {
        if (!bench.sample) return noSample
        if (!syncOf(bench.plugin, target)) return `the adapter brings no ${word}`
        return leftOut(bench, target)
      },
      run: (bench) => run(bench, target),
    }
  })

/** A check of the behaviour that is of no target. */
export const ofAdapter = (
  check: Omit<MarketplaceCheck, 'tier'>,
): MarketplaceCheck => ({
  ...check,
  tier: 'behaviour',
  leftOut: (bench) => bench.sample ? check.leftOut?.(bench) : noSample,
})
