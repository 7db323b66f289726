/** Amazon's orders as rows of the ledger: pure, and silent about buyers. */
import { type Customer, gstStateCode, type OrderItemRow, type OrderRow } from 'robnu/plugin'
import { orderStateRank, paiseOf, type RejectedRow, type ShipmentRow } from 'robnu/plugin'
import { type Money, Order } from './schemas.ts'
import { parcelState, stateOf } from './states.ts'

/** Why an order cannot be accepted; counted in the run by these words. */
type Refusal =
  | 'not-an-amazon-order'
  | 'malformed-order'
  | 'money-not-in-paise'
  | 'mixed-currencies'
export type Reading = { readonly row: OrderRow } | { readonly rejected: RejectedRow }

/** One order as it came → its row, or why not. Never throws. */
export const toOrderRow = (raw: unknown): Reading => {
  const parsed = Order.safeParse(raw)
  const id = parsed.success ? parsed.data.orderId : idOf(raw)
  // other channels' orders come through the same API, under ids of their own form
  if (id !== undefined && !/^\d{3}-\d{7}-\d{7}$/.test(id)) return reject(raw, 'not-an-amazon-order')
  if (!parsed.success) return reject(raw, 'malformed-order')
  return rowOf(parsed.data, raw)
}

/** All orders of a page, none lost: rows + rejected = received. */
export const readOrders = (
  orders: readonly unknown[],
): { rows: OrderRow[]; rejected: RejectedRow[]; received: number } => {
  const rows: OrderRow[] = []
  const rejected: RejectedRow[] = []
  for (const raw of orders) {
    const reading = toOrderRow(raw)
    if ('row' in reading) rows.push(reading.row)
    else rejected.push(reading.rejected)
  }
  return { rows, rejected, received: orders.length }
}

const rowOf = (order: Order, raw: unknown): Reading => {
  const total = order.proceeds?.grandTotal
  const prices = [total, ...order.orderItems.map((item) => item.proceeds?.proceedsTotal)]
    .filter((money) => money !== null && money !== undefined)
  const currencies = new Set(prices.map((money) => money.currencyCode))
  if (currencies.size > 1) return reject(raw, 'mixed-currencies')
  if (prices.some((money) => paise(money) === undefined)) return reject(raw, 'money-not-in-paise')

  const [currency = 'INR'] = currencies
  return {
    row: {
      externalId: order.orderId,
      ...stateOf(order),
      orderedAt: order.createdTime,
      updatedAt: order.lastUpdatedTime,
      shipBy: order.fulfillment?.shipByWindow?.latestDateTime ?? null,
      currency,
      totalPaise: paise(total) ?? null,
      fulfilledBy: fulfilledBy(order.fulfillment?.fulfilledBy),
      stateCode: placeOfSupply(order),
      customer: customerOf(order),
      items: itemsOf(order),
      ...shipmentsOf(order),
    },
  }
}

/** What a parcel is called in the ledger: Amazon's own number of it begins anew with each order. */
export const shipmentIdOf = (orderId: string, trackingNumber: string): string =>
  `${orderId}/${trackingNumber}`

/** A parcel without a tracking number is not one yet. */
const shipmentsOf = (order: Order): Pick<OrderRow, 'shipments'> => {
  const rows = new Map<string, ShipmentRow>()
  for (const parcel of order.packages ?? []) {
    const { trackingNumber: awb, carrier, packageStatus, packageItems } = parcel
    const word = packageStatus?.detailedStatus || packageStatus?.status || 'NOT_TOLD'
    if (!awb || parcelState(word) === 'NEW') continue
    const items = new Map<string, number>()
    for (const { orderItemId, quantity } of packageItems ?? []) {
      if (quantity > 0) items.set(orderItemId, (items.get(orderItemId) ?? 0) + quantity)
    }
    const externalId = shipmentIdOf(order.orderId, awb)
    rows.set(externalId, {
      ...{ externalId, status: standingOf(order, word), rawStatus: word, awb },
      carrier: carrier || null,
      manifestExternalId: null,
      updatedAt: order.lastUpdatedTime,
      items: [...items].map(([itemExternalId, quantity]) => ({ itemExternalId, quantity })),
    })
  }
  return rows.size === 0 ? {} : { shipments: [...rows.values()] }
}

/** A parcel whose label is void, or whose order was cancelled before it left, will never leave. */
const standingOf = (order: Order, word: string): ShipmentRow['status'] => {
  const state = word === 'CANCELLED' ? 'CANCELLED' : parcelState(word)
  if (state === 'PACKED') return 'CANCELLED'
  const never = state !== null && orderStateRank(state) < orderStateRank('SHIPPED')
  return never && stateOf(order).status === 'CANCELLED' ? 'CANCELLED' : state
}

const itemsOf = (order: Order): OrderItemRow[] => {
  const items = new Map<string, OrderItemRow>()
  for (const { orderItemId, quantityOrdered, product, proceeds } of order.orderItems) {
    // a line that is told twice is one line
    if (items.has(orderItemId)) continue
    items.set(orderItemId, {
      externalId: orderItemId,
      sku: product.sellerSku ?? null,
      listingId: product.asin ?? null,
      title: product.title ?? null,
      quantity: quantityOrdered,
      totalPaise: paise(proceeds?.proceedsTotal) ?? null,
    })
  }
  return [...items.values()]
}

const paise = (money: Money | null | undefined): number | undefined =>
  money ? paiseOf(money.amount) : undefined

const fulfilledBy = (word: string | null | undefined): OrderRow['fulfilledBy'] =>
  word === 'MERCHANT' ? 'SELLER' : word === 'AMAZON' ? 'MARKETPLACE' : null

const placeOfSupply = (order: Order): string | null => {
  const address = order.recipient?.deliveryAddress
  const abroad = (address?.countryCode ?? 'IN') !== 'IN' // there is a Punjab elsewhere, too
  return abroad ? null : gstStateCode(address?.stateOrRegion)
}

const customerOf = ({ buyer, recipient }: Order): Customer | null => {
  const address = recipient?.deliveryAddress
  const told = [buyer?.buyerName, buyer?.buyerEmail, ...Object.values(address ?? {})]
  if (!told.some((value) => value)) return null
  return {
    name: address?.name || buyer?.buyerName || null,
    phone: address?.phone || null,
    email: buyer?.buyerEmail || null,
    address: address
      ? {
        line1: address.addressLine1 || null,
        line2: [address.addressLine2, address.addressLine3].filter(Boolean).join(', ') || null,
        city: address.city || null,
        state: address.stateOrRegion || null,
        postalCode: address.postalCode || null,
      }
      : null,
  }
}

const idOf = (raw: unknown): string | undefined => {
  const id = raw instanceof Object && 'orderId' in raw ? raw.orderId : undefined
  return typeof id === 'string' ? id : undefined
}

const reject = (raw: unknown, reason: Refusal): Reading => {
  const id = idOf(raw)
  // the key stays in clear, so it must look like an id: never a name in the wrong place
  const key = id !== undefined && /^[A-Z0-9-]{1,40}$/.test(id) ? { key: id } : {}
  return { rejected: { ...key, reason, raw: JSON.stringify(raw) ?? 'undefined' } }
}
