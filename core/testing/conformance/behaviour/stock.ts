/** Stock: told once, told for each SKU, and read back. */
import type { StockChange, StockLevel, StockResult } from '../../../plugin.ts'
import type { MarketplaceCheck } from '../check.ts'
import { failureIn, judgeFailure, troubles } from '../faults.ts'
import { differenceOf, fail } from '../judge.ts'
import { patiently, rowTargets, syncOf, walk } from '../walk.ts'
import { inWorld, type World } from '../world.ts'
import { type MarketBench, ofAdapter } from './targets.ts'

const leftOut = ({ plugin, sample }: MarketBench): string | undefined => {
  if (!plugin.adapter.pushInventory) return 'the adapter pushes no stock'
  return sample?.stock?.length ? undefined : 'the sample names no stock'
}
const stockOf = ({ sample }: Pick<World, 'sample'>): readonly StockChange[] => sample.stock ?? []

const signedIn = async (world: World): Promise<void> => {
  const target = rowTargets.find((one) => syncOf(world.plugin, one))
  if (target) await walk(world, target, { pages: 1 })
}

const push = async (
  world: World,
  changes: readonly StockChange[],
): Promise<readonly StockResult[]> => {
  const context = world.context()
  let results: readonly StockResult[] = []
  await patiently(world, context, 5, async () => {
    results = await world.plugin.adapter.pushInventory?.(world.account, changes, context) ?? []
  })
  return structuredClone(results)
}

const read = async (
  world: World,
  changes: readonly StockChange[],
): Promise<Readonly<Record<string, number>>> => {
  const context = world.context()
  let levels: readonly StockLevel[] = []
  const items = changes.map(({ sku, listingId }) => ({ sku, listingId }))
  await patiently(world, context, 5, async () => {
    levels = await world.plugin.adapter.readInventory?.(world.account, items, context) ?? []
  })
  return Object.fromEntries(levels.map(({ sku, quantity }) => [sku, quantity]))
}

const answeredOnce = (
  changes: readonly StockChange[],
  results: readonly StockResult[],
): void => {
  for (const { sku } of changes) {
    const own = results.filter((result) => result.sku === sku)
    if (own.length !== 1) fail(`wanted one answer for each SKU, found ${own.length} for one`)
  }
  if (results.length !== changes.length) fail('there are answers for SKUs that were not sent')
}

const ofStock = (
  id: string,
  title: string,
  remedy: string,
  run: (world: World) => Promise<void>,
  more: (bench: MarketBench) => string | undefined = () => undefined,
): MarketplaceCheck =>
  ofAdapter({
    ...{ id, title, remedy },
    leftOut: (bench) => leftOut(bench) ?? more(bench),
    run: (bench) =>
      inWorld(bench, async (world) => {
        await signedIn(world)
        await run(world)
      }),
  })
const noReading = ({ plugin }: MarketBench): string | undefined =>
  plugin.adapter.readInventory ? undefined : 'the adapter reads no stock back'

export const stockChecks: readonly MarketplaceCheck[] = [
  ofStock(
    'stock-answered-once',
    'Every change of stock is answered exactly once',
    'Give one result for each change, also where the marketplace takes a list in parts',
    async (world) => {
      const results = await push(world, stockOf(world))
      answeredOnce(stockOf(world), results)
      const wrong = results.find(({ outcome }) => outcome !== 'accepted')
      if (wrong) fail(`a SKU of the sample was rejected: ${wrong.reason}`)
    },
  ),
  ofStock(
    'stock-nothing-to-tell',
    'No change is no answer',
    'Return [] for [], and do not trouble the marketplace with it',
    async (world) => {
      const results = await push(world, [])
      if (results.length > 0) fail('there are answers for nothing')
    },
  ),
  ofStock(
    'stock-reads-back',
    'What was pushed is what is read back',
    'Send absolute quantities, and read them by the same SKUs',
    async (world) => {
      await push(world, stockOf(world))
      const levels = await read(world, stockOf(world))
      const wanted = Object.fromEntries(stockOf(world).map((one) => [one.sku, one.quantity]))
      const difference = differenceOf(wanted, levels)
      if (difference !== undefined) fail(difference)
    },
    noReading,
  ),
  ofStock(
    'stock-pushed-again',
    'The same push again changes nothing',
    'Send absolute quantities: a difference that is sent twice counts twice',
    async (world) => {
      const first = await push(world, stockOf(world))
      answeredOnce(stockOf(world), first)
      const before = await read(world, stockOf(world))
      const difference = differenceOf(first, await push(world, stockOf(world))) ??
        differenceOf(before, await read(world, stockOf(world)))
      if (difference !== undefined) fail(difference)
    },
  ),
  ofStock(
    'stock-newest-wins',
    'A later push replaces an earlier one, down to nothing in stock',
    'Send what is given, zero too',
    async (world) => {
      await push(world, stockOf(world))
      const later = stockOf(world).map((one, at) => ({
        ...{ ...one, version: one.version + 1 },
        quantity: at === 0 ? 0 : one.quantity + 3,
      }))
      answeredOnce(later, await push(world, later))
      const wanted = Object.fromEntries(later.map((one) => [one.sku, one.quantity]))
      const difference = differenceOf(wanted, await read(world, later))
      if (difference !== undefined) fail(difference)
    },
    noReading,
  ),
  ofStock(
    'stock-refused-sku',
    'A SKU that is refused is told with its reason, and the others are accepted',
    'Where a list is taken whole or not at all, send it again without the refused ones',
    async (world) => {
      const { refusedStock } = world.sample
      if (!refusedStock) return
      const [first, ...rest] = stockOf(world)
      const changes = first ? [first, refusedStock, ...rest] : [refusedStock]
      const results = await push(world, changes)
      answeredOnce(changes, results)
      for (const { sku, outcome, reason } of results) {
        const wanted = sku === refusedStock.sku ? 'rejected' : 'accepted'
        if (outcome !== wanted) fail(`wanted ${wanted}, found ${outcome}`)
        if (outcome === 'rejected' && !reason) fail('there is no reason for the refusal')
      }
      const levels = await read(world, changes)
      for (const { sku, quantity } of stockOf(world)) {
        if (world.plugin.adapter.readInventory && levels[sku] !== quantity) {
          fail('an accepted SKU does not read back')
        }
      }
    },
    ({ sample }) => sample?.refusedStock ? undefined : 'the sample names no SKU that is refused',
  ),
  ofStock(
    'stock-failures-have-their-kind',
    'A push that fails is a failure of its kind, and never an answer for a SKU',
    'Throw what ctx.http throws: the host pushes again what was not answered',
    async (world) => {
      for (const subject of ['refused-access', 'throttled', 'upstream-down', 'strange-answers']) {
        for (const trouble of troubles[subject] ?? []) {
          const context = world.context({ intercept: () => trouble.meddling })
          const work = world.plugin.adapter.pushInventory?.(world.account, stockOf(world), context)
          judgeFailure(await failureIn(Promise.resolve(work), trouble.name), trouble)
        }
      }
    },
  ),
]
