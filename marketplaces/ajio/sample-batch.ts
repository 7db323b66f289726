/** What the batches of AJIO's sample are made of. */
import type { Batch, BatchOrder, OrderRow } from 'robnu/plugin'
import type { BatchAnswer, BatchSample } from 'robnu/testing'

const fresh: readonly string[] = ['FN260815300242', 'FN260815300243', 'FN260815300244']
export const [one = '', two = '', three = ''] = fresh
// those whose purchase order has a wrong GSTIN, and whose PIN is of another state
export const spoiled = ['FN260815300245', 'FN260815300246']

/** Orders that wait for the seller, as the ledger would hand them over. */
export const batchOf = (orders: readonly OrderRow[], of: readonly string[] = fresh): Batch => ({
  id: 'kit-batch-1',
  orders: of.flatMap((no) => orders.filter(({ externalId }) => externalId === no))
    .map((row, at) => ({
      id: `id-${row.externalId}`,
      ...{ externalId: row.externalId, status: 'NEW', onHold: false },
      ...{ postalCode: row.customer?.address?.postalCode ?? null, stateCode: row.stateCode },
      lines: row.items.map((item) => ({
        ...{ externalId: item.externalId, sku: item.sku, listingId: item.listingId },
        ...{ title: item.title, quantity: item.quantity, confirmedQuantity: item.quantity },
        totalPaise: item.totalPaise,
        ...{ hsn: item.hsn ?? null, gstRateBp: item.gstRateBp ?? null },
      })),
      invoice: { number: `KIT/26-27/${at + 1}`, date: '2026-08-15' },
    })),
  ...{ closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [] },
})

export type Change = (order: BatchOrder, at: number) => BatchOrder
/** The batch of the sample with something else in it. */
export const batch = (
  change: Change,
  more: Partial<Batch> = {},
  prepare: readonly { readonly verb: string; readonly body: unknown }[] = [],
  of: readonly string[] = fresh,
) => ({
  batch: (orders: readonly OrderRow[]): Batch => {
    const made = batchOf(orders, of)
    return { ...made, ...more, orders: made.orders.map(change) }
  },
  prepare,
})
export const label = '/label'
export const packing = 'POST https://vms-gateway.robnu.com/vms/shipments'
/** The manifest that a batch opens first. */
export const open = 'MF300064'
export const notReady = { to: label, status: 404, body: { code: 'NOT_READY' } }
export const refusing = (to: string, status: number, code: string, more: object = {}) => ({
  ...{ to, status, body: { code, ...more } },
})
/** Leaves a manifest open. */
export const first = (orders: readonly OrderRow[]): Batch => {
  const made = batchOf(orders, [one])
  const invoice = { number: 'KIT/26-27/0', date: '2026-08-15' }
  return {
    ...made,
    ...{ id: 'kit-batch-0', closure: 'DELAYED' },
    orders: made.orders.map((order) => ({ ...order, invoice })),
  }
}
export const asIs: Change = (order) => order
export const onlyAt = (wanted: number, change: Change): Change => (order, at) =>
  at === wanted ? change(order, at) : order
export const confirmed = (...quantities: readonly number[]): Change => (order) => ({
  ...order,
  lines: order.lines.map((line, at) => ({
    ...line,
    confirmedQuantity: quantities[at] ?? line.quantity,
  })),
})
export const chain = (...changes: readonly Change[]): Change => (order, at) =>
  changes.reduce((changed, change) => change(changed, at), order)

export type Answer = Readonly<Record<string, unknown>>
/** Answers that are changed, of three orders in one batch. */
export const inThrees = (
  name: string,
  all: readonly Answer[],
  answersTo: (no: string, set: Answer) => readonly BatchAnswer[],
): Readonly<Record<string, BatchSample>> =>
  Object.fromEntries(
    Array.from({ length: Math.ceil(all.length / 3) }, (_, at) => [`${name} ${at + 1}`, {
      ...batch(asIs),
      answers: all.slice(at * 3, at * 3 + 3)
        .flatMap((set, place) => answersTo(fresh[place] ?? '', set)),
    }]),
  )
