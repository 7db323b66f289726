/** The sandbox's own truth, for tests to hold against what somebody else believes. */
import type { Item, Neft, Order, Return, Seller, Shipment } from './model.ts'
import { isLiving } from './model.ts'
import { netOf, totalOf } from './settling.ts'
import { rupees } from './times.ts'

/** In the words of Robnu's ledger. */
export const ledgerOf = (seller: Seller): object => {
  const returns = [...seller.returns.values()]
  const backs = Map.groupBy(
    returns.filter(({ source }) => source === 'courier_return'),
    ({ item }) => item.order,
  )
  return {
    orders: [...seller.orders.values()].map((order) => orderOf(order, backs.get(order) ?? [])),
    returns: returns.map((one) => ({
      id: one.id,
      orderId: one.item.order.id,
      kind: one.source === 'courier_return' ? 'RTO' : 'CUSTOMER_RETURN',
      state: returnState(one),
      quantity: 1,
    })),
    // whoever has no reports has no payouts, unless the workbook is imported
    payouts: seller.reports ? seller.nefts.map(payoutOf) : [],
    stock: Object.fromEntries(seller.stock),
    parcels: Object.fromEntries(
      [...seller.orders.values()].map((order) => [
        order.id,
        order.shipments.filter((one) => one.packs > 0 && one.state !== 'CANCELLED').length,
      ]),
    ),
  }
}

const payoutOf = (neft: Neft): object => ({
  id: neft.id,
  state: 'PAID',
  amount: rupees(totalOf(neft)),
  lines: neft.dues.length,
})

const ranks = ['NEW', 'PACKED', 'READY_TO_SHIP', 'MANIFESTED', 'SHIPPED', 'DELIVERED']
const shipmentState = ({ state, manifested }: Shipment): string => {
  if (state === 'APPROVED') return 'NEW'
  if (state === 'PACKING_IN_PROGRESS' || state === 'FORM_FAILED') return 'PACKED'
  if (state === 'READY_TO_DISPATCH') return manifested ? 'MANIFESTED' : 'READY_TO_SHIP'
  return state === 'PICKUP_COMPLETE' ? 'SHIPPED' : state
}

/** The living shipment furthest behind; an RTO leads the order after it. */
const orderState = (order: Order, backs: readonly Return[]): string => {
  if (backs.some(({ status }) => status === 'COMPLETED')) return 'RTO_RECEIVED'
  if (backs.length > 0) return 'RTO_IN_TRANSIT'
  const states = order.shipments.map(shipmentState).filter((state) => state !== 'CANCELLED')
  if (states.length === 0) return 'CANCELLED'
  return states.toSorted((a, b) => ranks.indexOf(a) - ranks.indexOf(b))[0] ?? 'NEW'
}

const withSeller: ReadonlySet<string> = new Set([
  ...['NEW', 'PACKED', 'READY_TO_SHIP', 'MANIFESTED'],
])

const orderOf = (order: Order, backs: readonly Return[]): object => {
  const items = order.shipments.flatMap(({ items }) => items)
  const open = order.shipments.filter((one) => withSeller.has(shipmentState(one)))
  return {
    id: order.id,
    state: orderState(order, backs),
    onHold: open.length > 0 && open.every(({ hold }) => hold),
    totalPaise: items.reduce((sum, { totalPaise }) => sum + totalPaise, 0),
    items: items.map(itemOf),
  }
}
const itemOf = (item: Item): object => ({
  id: item.id,
  quantity: item.quantity,
  cancelled: isLiving(item) ? 0 : item.quantity,
})

const returnState = ({ status, trackingId }: Return): string => {
  if (status === 'COMPLETED') return 'DELIVERED'
  if (status === 'CANCELLED') return 'CANCELLED'
  return trackingId === undefined ? 'INITIATED' : 'IN_TRANSIT'
}

/** What happened, in Flipkart's words. */
export const booksOf = (seller: Seller, withOrders: boolean): object => ({
  orders: withOrders
    ? [...seller.orders.values()].map((order) => ({
      id: order.id,
      placedAt: new Date(order.placedAt).toISOString(),
      shipments: order.shipments.map((one) => ({
        ...{ id: one.id, state: one.state, hold: one.hold, packs: one.packs },
        ...{ awb: one.awb ?? null, courier: one.courier ?? null, manifested: one.manifested },
        invoice: one.invoice?.number ?? null,
        dispatchAfter: new Date(one.dispatchAfter).toISOString(),
        items: one.items.map(({ id, product, quantity, totalPaise, cancelled }) => ({
          ...{ id, quantity, totalPaise, sku: product.sku, fsn: product.fsn },
          cancelledBy: cancelled?.by ?? null,
        })),
      })),
    }))
    : [],
  nefts: seller.nefts.map(payoutOf),
  /** Not in any NEFT yet. */
  duePaise: seller.dues.reduce((sum, { amounts }) => sum + netOf(amounts), 0),
  asked: Object.fromEntries(seller.asked),
  done: Object.fromEntries(seller.done),
})
