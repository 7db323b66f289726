/** What each method of an adapter asks for in a run of its sample, and what the sandbox told it. */
import { type Batch, failureKind, type Marketplace, type StockChange } from '#core/plugin.ts'
import type { Bench } from '#core/testing/conformance/bench.ts'
import { batchIn, drainBatch } from '#core/testing/conformance/process.ts'
import { rowTargets, syncOf, walk } from '#core/testing/conformance/walk.ts'
import type { KitRequest } from '#core/testing/conformance/wire.ts'
import { inWorld, type World } from '#core/testing/conformance/world.ts'

export type Method = 'ORDERS' | 'RETURNS' | 'PAYOUTS' | 'INVENTORY' | 'READ' | 'PROCESSING'
export interface Tape {
  readonly method: Method
  readonly account: World['account']
  readonly config: unknown
  /** Of PROCESSING. */
  readonly batch: Batch | undefined
  /** Of INVENTORY and READ. */
  readonly stock: readonly StockChange[]
  readonly exchanges: readonly { readonly request: KitRequest; readonly at: Date }[]
}

/** One tape for each method that the adapter has and the sample can call. */
export const record = async (bench: Bench<Marketplace>): Promise<readonly Tape[]> => {
  const tapes: Tape[] = []
  for (const method of methodsOf(bench)) {
    tapes.push(await inWorld(bench, (world) => recordOne(bench, world, method)))
  }
  return tapes
}

const methodsOf = ({ plugin, sample }: Bench<Marketplace>): readonly Method[] => {
  const { adapter } = plugin
  const { stock = [], batch } = sample ?? {}
  return [
    ...rowTargets.filter((target) => syncOf(plugin, target)),
    ...(adapter.pushInventory && stock.length > 0 ? ['INVENTORY' as const] : []),
    ...(adapter.readInventory && stock.length > 0 ? ['READ' as const] : []),
    ...(adapter.fullProcessing && batch ? ['PROCESSING' as const] : []),
  ]
}

const recordOne = async (
  bench: Bench<Marketplace>,
  world: World,
  method: Method,
): Promise<Tape> => {
  const { plugin, sample } = world
  const batch = method === 'PROCESSING' ? await batchIn(bench, world) : undefined
  // a session that lives, so that what follows is the method's own
  await revive(world)
  const account = world.account
  const exchanges: { request: KitRequest; at: Date }[] = []
  const context = world.context({
    intercept: (request) => {
      exchanges.push({ request, at: world.context().now() })
      return undefined
    },
  })
  const stock = sample.stock ?? []
  if (method === 'INVENTORY') await plugin.adapter.pushInventory?.(account, stock, context)
  else if (method === 'READ') await plugin.adapter.readInventory?.(account, stock, context)
  else if (batch) {
    const before = world.requests.length
    await drainBatch(world, batch)
    const at = world.context().now()
    exchanges.push(...world.requests.slice(before).map((request) => ({ request, at })))
  } else await walk(world, method as 'ORDERS', { context, pages: 3 })
  if (exchanges.length === 0) throw new Error(`${plugin.id} asks for nothing at ${method}`)
  return { method, account, config: context.config, batch, stock, exchanges }
}

const revive = async (world: World): Promise<void> => {
  const { refresh } = world.plugin.adapter
  if (!refresh) return
  try {
    world.account = { ...world.account, credentials: await refresh(world.account, world.context()) }
  } catch (error) {
    if (failureKind(error) === undefined) throw error
  }
}
