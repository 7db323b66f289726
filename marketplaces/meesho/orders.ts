/**
 * Meesho's sub-orders as orders of the ledger. Each is one variant with a state, a parcel, a return and
 * money of its own, and every route and file names it; an exchange is a new sub-order of an order that
 * was delivered. So the sub-order is the order, and its one line.
 */
import { gstStateCode, type OrderRow, paiseOf, type ShipmentRow } from 'robnu/plugin'
import { SubOrder } from './answers.ts'
import { reject } from './read.ts'
import { orderState } from './states.ts'
import { type Reading, syncOf } from './sync.ts'
import { skuOf } from './variant.ts'

/** One sub-order as it came → its row, or why not. Never throws. */
export const toOrderRow = (raw: unknown): Reading<OrderRow> => {
  const parsed = SubOrder.safeParse(raw)
  if (!parsed.success) return reject(raw, 'malformed-order')
  const told = parsed.data
  const totalPaise = totalOf(told)
  if (totalPaise === undefined) return reject(raw, 'money-not-in-paise')
  const { sub_order_no: no, quantity } = told
  const status = stateOf(told)
  return {
    row: {
      externalId: no,
      status,
      rawStatus: rawStatusOf(told),
      onHold: isHeld(told),
      orderedAt: told.order_date,
      updatedAt: told.updated_at,
      shipBy: told.dispatch_by,
      currency: 'INR',
      totalPaise,
      fulfilledBy: 'SELLER',
      stateCode: gstStateCode(told.customer_state ?? undefined),
      // Meesho tells nothing of the buyer but the state
      customer: null,
      items: [{
        externalId: no,
        sku: skuOf(told.sku, told.size),
        listingId: told.catalog_id,
        title: told.product_name,
        quantity,
        totalPaise,
        cancelledQuantity: status === 'CANCELLED' ? quantity : 0,
      }],
      ...(told.packet_id === null ? {} : { shipments: [toShipmentRow(told, told.packet_id)] }),
    },
  }
}

export const syncOrders = syncOf((transport, query) => transport.orders(query), toOrderRow)

export const stateOf = (told: SubOrder) =>
  orderState(told.status, { packetId: told.packet_id, manifestId: told.manifest_id })

/** Both are told while it waits for acceptance alone. */
export const isHeld = (told: SubOrder): boolean =>
  orderState(told.status, { packetId: null }) === 'NEW' &&
  (!told.verified || told.on_hold === true)

/** The word, and what stands beside it: `PENDING, unverified, exchange of 184…_1`. */
const rawStatusOf = (told: SubOrder): string =>
  [
    told.status,
    ...(told.verified ? [] : ['unverified']),
    ...(told.on_hold === true ? ['on hold'] : []),
    ...(told.exchange_of === null ? [] : [`exchange of ${told.exchange_of}`]),
  ].join(', ')

export const toShipmentRow = (told: SubOrder, packetId: string): ShipmentRow => ({
  externalId: packetId,
  status: stateOf(told),
  rawStatus: told.status,
  awb: told.awb,
  carrier: told.courier,
  manifestExternalId: told.manifest_id,
  updatedAt: told.updated_at,
  items: [{ itemExternalId: told.sub_order_no, quantity: told.quantity }],
})

/** The price is of one piece. Undefined: told, and no amount; null: not told. */
const totalOf = ({ discounted_price: price, quantity }: SubOrder): number | null | undefined => {
  if (price === null) return null
  const total = (paiseOf(price) ?? NaN) * quantity
  return Number.isSafeInteger(total) ? total : undefined
}
