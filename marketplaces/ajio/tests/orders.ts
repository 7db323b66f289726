/** Orders of the sandbox as rows, and what its books say about them. */
import type { OrderRow } from 'robnu/plugin'
import ajio from '../mod.ts'
import { emptyShelf, run } from './host.ts'
import type { World } from './world.ts'

export const seeded = async (world: World, body: object): Promise<readonly OrderRow[]> => {
  const { orderIds } = await world.control('createOrders', {
    onHold: false,
    ...body,
  }) as {
    orderIds: string[]
  }
  return await rowsOf(world, orderIds)
}
export const rowsOf = async (
  world: World,
  ids: readonly string[],
): Promise<readonly OrderRow[]> => {
  const shelf = emptyShelf<OrderRow>()
  await run(world, ajio.adapter.syncOrders, shelf)
  return ids.map((id) => shelf.rows.get(id)).filter((row) => row !== undefined)
}
export const bookedOf = async (world: World, rows: readonly OrderRow[]) => {
  const { orders } = await world.books()
  return rows.map(({ externalId }) => orders.find(({ no }) => no === externalId))
}
export const asBefore = async (world: World) => {
  const { done } = await world.books()
  return (operation: string, now: { readonly done: Readonly<Record<string, number>> }) =>
    (now.done[operation] ?? 0) - (done[operation] ?? 0)
}
