/** The batch of a sample, from its beginning to its end: what every check of processing stands on. */
import type { MarketplaceCheck } from '../check.ts'
import { differenceOf, fail } from '../judge.ts'
import { memoOf } from '../memo.ts'
import { batchIn, drainBatch, endsOf, type Processed } from '../process.ts'
import { inWorld, type World } from '../world.ts'
import { type MarketBench, ofAdapter } from './targets.ts'

const leftOut = ({ plugin, sample }: MarketBench): string | undefined => {
  if (!plugin.adapter.fullProcessing) return 'the adapter processes no orders'
  return sample?.batch ? undefined : 'the sample makes no batch'
}

export const ofBatch = (
  id: string,
  title: string,
  remedy: string,
  run: (bench: MarketBench) => Promise<void>,
  more: (bench: MarketBench) => string | undefined = () => undefined,
): MarketplaceCheck =>
  ofAdapter({ id, title, remedy, leftOut: (bench) => leftOut(bench) ?? more(bench), run })

interface Undisturbed {
  readonly processed: Processed
  readonly parcels: Readonly<Record<string, number>> | undefined
  readonly orders: readonly string[]
}
/** The batch of the sample from its beginning to its end, nothing in between. */
export const undisturbed = (bench: MarketBench): Promise<Undisturbed> =>
  memoOf(bench, 'processing', () =>
    inWorld(bench, async (world) => {
      const batch = await batchIn(bench, world)
      const processed = await drainBatch(world, batch)
      // whatever is said of nothing holds
      if (processed.yielded.length === 0) fail('nothing was yielded')
      if (processed.writes.length === 0) fail('nothing was written at the marketplace')
      return {
        processed,
        parcels: await world.sample.parcels?.(world.control),
        orders: batch.orders.map(({ externalId }) => externalId),
      }
    }))

/** Whatever happened on the way: the same ends, and the same parcels. */
export const judgeEnd = async (
  bench: MarketBench,
  world: World,
  found: Processed,
  when: string,
): Promise<void> => {
  const { processed, parcels, orders } = await undisturbed(bench)
  const difference = differenceOf(endsOf(processed), endsOf(found))
  if (difference !== undefined) fail(`${when}: ${difference}`)
  const now = await world.sample.parcels?.(world.control)
  for (const order of orders) {
    if ((now?.[order] ?? 0) !== (parcels?.[order] ?? 0)) {
      fail(`${when}: ${now?.[order] ?? 0} parcels of one order, wanted ${parcels?.[order] ?? 0}`)
    }
  }
}
