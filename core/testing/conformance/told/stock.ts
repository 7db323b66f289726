/** What pushing and reading stock asks and answers, also for more than one request takes. */
import type { Marketplace, StockChange } from '../../../plugin.ts'
import type { Bench } from '../bench.ts'
import { rowTargets, syncOf, walk } from '../walk.ts'
import { inWorld } from '../world.ts'
import { endOf, maskOf, requestLine } from './plainly.ts'

/** No marketplace takes so many at once. */
const many = 1101

export const allStock = (bench: Bench<Marketplace>): Promise<unknown> =>
  inWorld(bench, async (world) => {
    const { adapter } = world.plugin
    const { stock = [], refusedStock } = world.sample
    if (!adapter.pushInventory || stock.length === 0) return null
    const target = rowTargets.find((one) => syncOf(world.plugin, one))
    if (target) await walk(world, target, { pages: 1 })
    const told: Record<string, unknown> = {}
    const record = async (name: string, work: () => Promise<unknown>) => {
      const asked = world.requests.length
      const end = await endOf(work, (value) => value)
      const requests = world.requests.slice(asked)
      const lines = requests.map((one) => requestLine(one, maskOf(world)))
      told[name] = { end, requests: lines.map((line) => `${line.slice(0, 600)} ${line.length}`) }
    }
    const push = (changes: readonly StockChange[]) => async () =>
      await adapter.pushInventory?.(world.account, changes, world.context())
    const read = (changes: readonly StockChange[]) => async () =>
      await adapter.readInventory?.(
        world.account,
        changes.map(({ sku, listingId }) => ({ sku, listingId })),
        world.context(),
      )
    const mixed = refusedStock ? [...stock, refusedStock] : stock
    const strange = stock.slice(0, 1).map((one) => ({ ...one, sku: `${one.sku},${one.sku}` }))
    await record('pushed', push(mixed))
    await record('read', read([...mixed, ...mixed]))
    await record('strange', read(strange))
    const list = Array.from({ length: many }, (_, at) => ({
      ...{ sku: stock[at % stock.length]?.sku ?? '', listingId: null },
      ...{ quantity: at, version: at },
    }))
    await record('many', async () => {
      const results = await push(list)() ?? []
      return [results.length, ...new Set(results.map(({ outcome }) => outcome))]
    })
    const unknown = list.slice(0, 251).map((one, at) => ({ ...one, sku: `KIT-${at}` }))
    await record('many read', read(unknown))
    return told
  })
