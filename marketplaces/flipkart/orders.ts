/**
 * Flipkart's orders as rows of the ledger. What the lists tell are shipments; what a buyer has ordered,
 * returned and paid for goes by the order (`OD…`): so each page asks for all shipments of its orders.
 */
import {
  type Customer,
  gstStateCode,
  type OrderItemRow,
  type OrderRow,
  paiseOf,
  type RejectedRow,
} from 'robnu/plugin'
import { type OrderItem, Shipment } from './answers.ts'
import { findParcels, isLiving, ordersOf, type Parcel, toShipmentRow } from './parcels.ts'
import { memberOf, reject } from './read.ts'
import { furthestBehind, isWithSeller, shipmentStanding } from './states.ts'
import { type Read, syncOf } from './sync.ts'

/** One row for each shipment that came: its whole order. */
const readOrders: Read<OrderRow> = async (transport, raws) => {
  const rejected: RejectedRow[] = []
  const told: { readonly raw: unknown; readonly shipment: Shipment }[] = []
  for (const raw of raws) {
    const parsed = Shipment.safeParse(raw)
    if (parsed.success) told.push({ raw, shipment: parsed.data })
    else rejected.push(reject(raw, 'malformed-shipment', memberOf(raw, 'shipmentId')))
  }
  if (told.length === 0) return { rows: [], rejected }
  const shipments = told.map(({ shipment }) => shipment)
  const ids = [...new Set(shipments.flatMap(ordersOf))]
  const { parcels, broken } = await findParcels(transport, ids, shipments)
  const rows: OrderRow[] = []
  for (const { raw, shipment } of told) {
    for (const id of ordersOf(shipment)) {
      const row = broken.has(id) ? undefined : toOrderRow(id, parcels.get(id) ?? [])
      const reason = broken.has(id) ? 'malformed-sibling' : 'money-not-in-paise'
      if (row) rows.push(row)
      else rejected.push(reject(raw, reason, shipment.shipmentId))
    }
  }
  return { rows, rejected }
}

export const syncOrders = syncOf(
  ['preDispatch', 'postDispatch', 'cancelled'],
  (transport, ask) => transport.shipments(ask),
  readOrders,
)

/** Undefined: an amount of it is none. */
const toOrderRow = (id: string, parcels: readonly Parcel[]): OrderRow | undefined => {
  const lines = parcels.flatMap(({ told }) => told.orderItems)
    .filter(({ orderId }) => orderId === id)
  const items = [...Map.groupBy(lines, ({ orderItemId }) => orderItemId).values()].map(toItem)
  const [first] = lines
  if (!first || items.some(({ totalPaise }) => Number.isNaN(totalPaise))) return undefined
  const shipments = parcels.map((parcel) => toShipmentRow(parcel, id))
  const living = parcels.filter(({ standing }) => isLiving(standing))
  const waiting = living.filter(({ standing }) => isWithSeller(standing))
  return {
    externalId: id,
    ...furthestBehind(parcels.map((parcel) => parcel.standing)),
    // a parcel that waits does not keep the others back
    onHold: waiting.length > 0 && waiting.every(({ told }) => told.hold),
    orderedAt: new Date(Math.min(...lines.map(({ orderDate }) => orderDate.getTime()))),
    updatedAt: new Date(Math.max(...parcels.map(({ told }) => told.updatedAt.getTime()))),
    shipBy: earliest((waiting.length > 0 ? waiting : living).map((one) => one.told.dispatchByDate)),
    processAfter: earliest(
      waiting.filter(({ standing }) => standing.status === 'NEW')
        .map((one) => one.told.dispatchAfterDate),
    ),
    currency: 'INR',
    totalPaise: items.reduce<number | null>(
      (sum, { totalPaise }) => sum === null || totalPaise === null ? null : sum + totalPaise,
      0,
    ),
    fulfilledBy: lines.every(({ serviceProfile }) => serviceProfile === 'FBF')
      ? 'MARKETPLACE'
      : 'SELLER',
    stateCode: gstStateCode(addressOf(parcels)?.state),
    customer: customerOf(parcels),
    items,
    shipments,
  }
}

const earliest = (times: readonly (Date | null)[]): Date | null => {
  const told = times.filter((at) => at !== null).map((at) => at.getTime())
  return told.length > 0 ? new Date(Math.min(...told)) : null
}

/** One line, which may lie in several shipments. */
const toItem = (parts: readonly OrderItem[]): OrderItemRow => {
  const [first] = parts
  const sum = (list: readonly OrderItem[]) => list.reduce((all, { quantity }) => all + quantity, 0)
  return {
    externalId: first?.orderItemId ?? '',
    sku: first?.sku ?? null,
    listingId: first?.fsn ?? null,
    title: first?.title ?? null,
    quantity: sum(parts),
    totalPaise: parts.reduce<number | null>((all, part) => {
      const paise = paiseOfLine(part)
      return all === null || paise === null ? null : all + paise
    }, 0),
    cancelledQuantity: sum(parts.filter((part) => !isLiving(shipmentStanding([part])))),
    hsn: first?.hsn ?? null,
    gstRateBp: null,
  }
}

/** NaN: told, and no amount. */
const paiseOfLine = ({ priceComponents }: OrderItem): number | null => {
  const total = priceComponents?.totalPrice ?? null
  return total === null ? null : paiseOf(total) ?? NaN
}

const addressOf = (parcels: readonly Parcel[]) =>
  parcels.map(({ details }) => details?.deliveryAddress).find((one) =>
    one !== undefined && one !== null
  )

/** Name and phone are told for what the seller ships by itself; else the place alone. */
const customerOf = (parcels: readonly Parcel[]): Customer | null => {
  const told = addressOf(parcels)
  if (!told) return null
  const name = [told.firstName, told.lastName].filter((part) => part !== null).join(' ') || null
  const address = {
    ...{ line1: told.addressLine1, line2: told.addressLine2, city: told.city },
    ...{ state: told.state, postalCode: told.pinCode },
  }
  const hasAddress = Object.values(address).some((part) => part !== null)
  if (name === null && told.contactNumber === null && !hasAddress) return null
  return {
    ...{ name, phone: told.contactNumber, email: null },
    address: hasAddress ? address : null,
  }
}
