/** AJIO's orders as rows of the ledger: silent about buyers. */
import {
  type Customer,
  gstStateCode,
  type OrderItemRow,
  type OrderRow,
  paiseOf,
} from 'robnu/plugin'
import type { ShipmentRow } from 'robnu/plugin'
import { Order, type OrderLine, type Shipment } from './answers.ts'
import { lineId, reject, uniqueBy } from './read.ts'
import { orderStanding, shipmentState } from './states.ts'
import { type Reading, syncOf } from './sync.ts'

/** One order as it came → its row, or why not. Never throws. */
export const toOrderRow = (raw: unknown): Reading<OrderRow> => {
  const parsed = Order.safeParse(raw)
  if (!parsed.success) return reject(raw, 'custOrderNo', 'malformed-order')
  const order = parsed.data
  // a line that is told twice is one line, and so is a parcel
  const lines = uniqueBy(order.lines, lineId)
  if (lines.some((line) => Number.isNaN(paise(line)) || Number.isNaN(gstRate(line)))) {
    return reject(raw, 'custOrderNo', 'money-not-in-paise')
  }
  if (lines.some((line) => cancelledOf(line) > line.orderQty)) {
    return reject(raw, 'custOrderNo', 'cancelled-above-ordered')
  }
  const items = lines.map(toItem)
  const shipments = order.shipments && uniqueBy(order.shipments, ({ shipmentId }) => shipmentId)
    .map(toShipmentRow)
  return {
    row: {
      externalId: order.custOrderNo,
      ...orderStanding(order.status, shipments?.map(({ rawStatus }) => rawStatus) ?? []),
      onHold: order.onHold,
      orderedAt: order.custOrderDate,
      updatedAt: order.updatedAt,
      shipBy: order.dispatchBy,
      processAfter: order.onHold ? order.unholdAt : null,
      currency: 'INR',
      totalPaise: items.reduce<number | null>(
        (sum, { totalPaise }) => sum === null || totalPaise === null ? null : sum + totalPaise,
        0,
      ),
      fulfilledBy: fulfilledBy(order.fulfillmentType),
      stateCode: gstStateCode(order.shipTo?.state),
      customer: customerOf(order),
      items,
      ...(shipments ? { shipments } : {}),
    },
  }
}

export const syncOrders = syncOf((transport, query) => transport.orders(query), toOrderRow)

export const toShipmentRow = (shipment: Shipment): ShipmentRow => ({
  externalId: shipment.shipmentId,
  status: shipmentState(shipment.status),
  rawStatus: shipment.status,
  awb: shipment.awb,
  carrier: shipment.carrier,
  manifestExternalId: shipment.manifestId,
  updatedAt: shipment.updatedAt,
  items: shipment.lines.map((line) => ({
    itemExternalId: lineId(line),
    quantity: line.quantity,
  })),
})

/** Of `orderQty`: what the buyer, the seller or AJIO has cancelled. */
export const cancelledOf = (line: OrderLine): number =>
  Math.max(
    line.cancelledQty ?? 0,
    (line.customerCancelledQty ?? 0) + (line.sellerCancelledQty ?? 0),
  )

const toItem = (line: OrderLine): OrderItemRow => ({
  externalId: lineId(line),
  sku: line.sellerSku,
  listingId: line.ean,
  title: line.description,
  quantity: line.orderQty,
  totalPaise: paise(line),
  cancelledQuantity: cancelledOf(line),
  hsn: line.hsn,
  gstRateBp: gstRate(line),
})

/** NaN: told, and no amount. */
const paise = ({ totalValue }: OrderLine): number | null =>
  totalValue === null ? null : paiseOf(totalValue) ?? NaN

/** A rate has two digits behind the point as an amount has: 2.5 is 250 hundredths. */
const gstRate = ({ gstPercent }: OrderLine): number | null =>
  gstPercent === null ? null : paiseOf(gstPercent) ?? NaN

export const fulfilledBy = (word: string | null): OrderRow['fulfilledBy'] => {
  if (/^(dropship|vms|jit)/i.test(word ?? '')) {
    return /^jit/i.test(word ?? '') ? 'MARKETPLACE' : 'SELLER'
  }
  return null
}

const customerOf = ({ shipTo }: Order): Customer | null => {
  if (!shipTo || !Object.values(shipTo).some((value) => value !== null)) return null
  const { name, phone, email, line1, line2, city, state, pincode } = shipTo
  const address = { line1, line2, city, state, postalCode: pincode }
  return {
    name,
    phone,
    email,
    address: Object.values(address).some((value) => value !== null) ? address : null,
  }
}
