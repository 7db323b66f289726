/** What the batches of Meesho's sample are made of. */
import type { Batch, BatchOrder, OrderRow } from 'robnu/plugin'

export const supplier = 'SUP100001'
const fresh: readonly string[] = [
  ...['181690396000000224_1', '181102822200000225_1', '181940289810000226_1'],
]
export const [one = '', two = '', three = ''] = fresh
/** Not verified yet. */
export const unverified = '181318971990000227_1'

/** Orders that wait for the seller, as the ledger would hand them over. */
export const batchOf = (orders: readonly OrderRow[], of: readonly string[] = fresh): Batch => ({
  id: 'kit-batch-1',
  orders: of.flatMap((no) => orders.filter(({ externalId }) => externalId === no)).map((row) => ({
    id: `id-${row.externalId}`,
    ...{ externalId: row.externalId, status: 'NEW', onHold: false },
    ...{ postalCode: null, stateCode: row.stateCode },
    lines: row.items.map((item) => ({
      ...{ externalId: item.externalId, sku: item.sku, listingId: item.listingId },
      ...{ title: item.title, quantity: item.quantity, confirmedQuantity: item.quantity },
      ...{ totalPaise: item.totalPaise, hsn: null, gstRateBp: null },
    })),
  })),
  ...{ closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [] },
})

type Change = (order: BatchOrder, at: number) => BatchOrder
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
export const asIs: Change = (order) => order
export const confirmed = (quantity: number): Change => (order) => ({
  ...order,
  lines: order.lines.map((line) => ({ ...line, confirmedQuantity: quantity })),
})

const gateway = 'https://meesho-gateway.robnu.com/v2'
export const routes = {
  read: `GET ${gateway}/orders?sub_order_nos`,
  accept: `POST ${gateway}/orders/accept`,
  labels: `POST ${gateway}/shipments/labels`,
  job: `GET ${gateway}/jobs/`,
  manifests: `POST ${gateway}/manifests`,
  manifest: `GET ${gateway}/manifests/`,
  file: 'meesho-files.robnu.com',
} as const
export const refusing = (to: string, status: number, code: string, more: object = {}) => ({
  ...{ to, status, body: { error: { code, message: 'no' }, ...more } },
})
