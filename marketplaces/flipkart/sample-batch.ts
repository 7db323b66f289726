/** What the batches of Flipkart's sample are made of. */
import type { Batch, BatchOrder, OrderRow } from 'robnu/plugin'

/** Orders that wait for the seller, as the ledger would hand them over. */
export const batchOf = (orders: readonly OrderRow[], of: readonly string[]): Batch => ({
  id: 'kit-batch-1',
  orders: of.flatMap((id) => orders.filter(({ externalId }) => externalId === id))
    .map((row, at) => ({
      id: `id-${row.externalId}`,
      ...{ externalId: row.externalId, status: 'NEW', onHold: false },
      ...{ postalCode: row.customer?.address?.postalCode ?? null, stateCode: row.stateCode },
      lines: row.items.map((item) => {
        const quantity = item.quantity - (item.cancelledQuantity ?? 0)
        return {
          ...{ externalId: item.externalId, sku: item.sku, listingId: item.listingId },
          ...{ title: item.title, quantity, confirmedQuantity: quantity },
          totalPaise: item.totalPaise,
          ...{ hsn: item.hsn ?? null, gstRateBp: item.gstRateBp ?? null },
        }
      }),
      invoice: { number: `KIT/26-27/${at + 1}`, date: '2026-08-15' },
    })),
  ...{ closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [] },
})

type Change = (order: BatchOrder, at: number) => BatchOrder
/** The batch of some orders with something else in it. */
export const batch = (
  of: readonly string[],
  change: Change = (order) => order,
  more: Partial<Batch> = {},
  prepare: readonly { readonly verb: string; readonly body: unknown }[] = [],
) => ({
  batch: (orders: readonly OrderRow[]): Batch => {
    const made = batchOf(orders, of)
    return { ...made, ...more, orders: made.orders.map(change) }
  },
  prepare,
})
export const onLines =
  (change: (line: BatchOrder['lines'][number], at: number) => object): Change => (order) => ({
    ...order,
    lines: order.lines.map((line, at) => ({ ...line, ...change(line, at) })),
  })
