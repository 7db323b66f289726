/** Bazaar with another adapter: for what its own never does. */
import { createRegistry } from '../../../core/ledger/registry.ts'
import type { SyncDeps } from '../../../core/ledger/run-sync.ts'
import type { Adapter, OrderRow, Page, Sync } from '../../../core/plugin.ts'
import type { World } from '../../support/bazaar/world.ts'

type Pages = AsyncIterable<Page<OrderRow, unknown>>
type SyncOrders = Sync<unknown, unknown, OrderRow, unknown>

/** The dependencies of a sync in which Bazaar's adapter has these members instead. */
export const withAdapter = (
  { marketplace }: World,
  changes: Partial<Adapter>,
): Pick<SyncDeps, 'registry'> => ({
  registry: createRegistry([{ ...marketplace, adapter: { ...marketplace.adapter, ...changes } }]),
})

/** Bazaar's own pages, each of which passes through `each` with its number from 1. */
export const throughPages = (
  world: World,
  each: (page: Page<OrderRow, unknown>, number: number) =>
    | Page<OrderRow, unknown>
    | Promise<Page<OrderRow, unknown>>,
): Pick<SyncDeps, 'registry'> => {
  const own: SyncOrders | undefined = world.marketplace.adapter.syncOrders
  if (!own) throw new Error('Bazaar has lost its ability')
  async function* syncOrders(...asked: Parameters<SyncOrders>): Pages {
    let number = 0
    if (own) { for await (const page of own(...asked)) yield await each(page, ++number) }
  }
  return withAdapter(world, { syncOrders })
}

/** An adapter that only fails. */
export const failing = (world: World, error: unknown): Pick<SyncDeps, 'registry'> =>
  withAdapter(world, {
    // deno-lint-ignore require-yield -- it fails before its first page
    async *syncOrders(): Pages {
      await Promise.resolve()
      throw error
    },
  })
