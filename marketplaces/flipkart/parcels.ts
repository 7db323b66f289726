/**
 * Flipkart's shipments as parcels of the ledger. A shipment is there from the first day, before anything
 * is packed, and what can be done is done with it; an order is the sum of its shipments.
 */
import type { ShipmentRow } from 'robnu/plugin'
import { type OrderItem, Shipment, ShipmentDetails } from './answers.ts'
import { chunksOf, memberOf } from './read.ts'
import { shipmentStanding, type Standing } from './states.ts'
import type { Transport } from './transport.ts'

/** Of one question. */
const maxAsked = 100

/** A shipment, and what its details add to it. */
export interface Parcel {
  readonly told: Shipment
  readonly details: ShipmentDetails | undefined
  readonly standing: Standing
}

/** Everything that belongs to some orders. */
export interface Found {
  /** By the id of the order. */
  readonly parcels: ReadonlyMap<string, readonly Parcel[]>
  /** Orders of which a shipment cannot be read: whoever stored them would lose its lines. */
  readonly broken: ReadonlySet<string>
}

/** All shipments of these orders; `known` ones are taken as they are given. */
export const findParcels = async (
  transport: Transport,
  orderIds: readonly string[],
  known: readonly Shipment[] = [],
): Promise<Found> => {
  const shipments = new Map<string, Shipment>()
  const broken = new Set<string>()
  for (const ids of chunksOf(orderIds, maxAsked)) {
    for (const raw of await transport.shipmentsOf(ids)) {
      const parsed = Shipment.safeParse(raw)
      if (parsed.success) shipments.set(parsed.data.shipmentId, parsed.data)
      else for (const id of orderIdsIn(raw)) broken.add(id)
    }
  }
  for (const one of known) shipments.set(one.shipmentId, one)
  const details = await findDetails(transport, [...shipments.keys()])
  const parcels = new Map<string, Parcel[]>()
  // in one order, whichever of them has changed: else the same order would be another row
  for (const told of [...shipments.values()].toSorted(byId)) {
    const items = onceEach(told.orderItems)
    const parcel = {
      ...{ told: { ...told, orderItems: items }, details: details.get(told.shipmentId) },
      standing: shipmentStanding(items),
    }
    for (const id of ordersOf(told)) parcels.set(id, [...parcels.get(id) ?? [], parcel])
  }
  return { parcels, broken }
}

const byId = (one: Shipment, other: Shipment): number => one.shipmentId < other.shipmentId ? -1 : 1

/** What cannot be read is left out: nothing but courier and address stands there. */
const findDetails = async (
  transport: Transport,
  shipmentIds: readonly string[],
): Promise<ReadonlyMap<string, ShipmentDetails>> => {
  const found = new Map<string, ShipmentDetails>()
  for (const ids of chunksOf(shipmentIds, maxAsked)) {
    for (const raw of await transport.details(ids)) {
      const parsed = ShipmentDetails.safeParse(raw)
      if (parsed.success) found.set(parsed.data.shipmentId, parsed.data)
    }
  }
  return found
}

/** A line that is told twice is one line. */
const onceEach = (items: readonly OrderItem[]): OrderItem[] => [
  ...new Map(items.map((item) => [item.orderItemId, item])).values(),
]

/** Nearly always one. */
export const ordersOf = ({ orderItems }: Pick<Shipment, 'orderItems'>): readonly string[] =>
  [...new Set(orderItems.map(({ orderId }) => orderId))].sort()

const orderIdsIn = (raw: unknown): readonly string[] => {
  const items = memberOf(raw, 'orderItems')
  return (Array.isArray(items) ? items : []).map((item) => memberOf(item, 'orderId'))
    .filter((id) => typeof id === 'string')
}

export const isLiving = ({ status }: { readonly status: string | null }): boolean =>
  status !== 'CANCELLED'

/** Lines of the order in this shipment that nobody has cancelled. */
export const livingItems = ({ told }: Parcel, orderId: string): readonly OrderItem[] =>
  told.orderItems.filter((item) => item.orderId === orderId && isLiving(shipmentStanding([item])))

export const courierOf = ({ details }: Parcel): {
  readonly awb: string | null
  readonly carrier: string | null
} => {
  const { pickupDetails, deliveryDetails } = details?.courierDetails ?? {}
  return {
    awb: pickupDetails?.trackingId ?? deliveryDetails?.trackingId ?? null,
    carrier: pickupDetails?.vendorName ?? deliveryDetails?.vendorName ?? null,
  }
}

/** A parcel of the ledger is of one order: what another order has in it is told beside it. */
const parcelId = ({ told }: Parcel, orderId: string): string =>
  ordersOf(told).indexOf(orderId) > 0 ? `${told.shipmentId}/${orderId}` : told.shipmentId

export const toShipmentRow = (parcel: Parcel, orderId: string): ShipmentRow => {
  const living = livingItems(parcel, orderId)
  const items = living.length > 0
    ? living
    : parcel.told.orderItems.filter((item) => item.orderId === orderId)
  return {
    externalId: parcelId(parcel, orderId),
    ...parcel.standing,
    ...courierOf(parcel),
    manifestExternalId: null,
    updatedAt: parcel.told.updatedAt,
    items: items.map(({ orderItemId, quantity }) => ({ itemExternalId: orderItemId, quantity })),
  }
}
