/** Shipments of a batch as Flipkart has them now. */
import type { BatchOrder, ShipmentRow } from 'robnu/plugin'
import { findParcels, type Parcel, toShipmentRow } from '../parcels.ts'
import { acceptedOf } from './accept.ts'
import type { Desk } from './desk.ts'

/** By the id of the order in the batch: those that were accepted, and are still there. */
export const readParcels = async (
  desk: Desk,
  orders: readonly BatchOrder[],
): Promise<(order: BatchOrder) => readonly Parcel[]> => {
  const { parcels } = orders.length === 0
    ? { parcels: new Map<string, readonly Parcel[]>() }
    : await findParcels(desk.transport, orders.map(({ externalId }) => externalId))
  return (order) => {
    const accepted = new Set(acceptedOf(desk, order).map(({ id }) => id))
    return (parcels.get(order.externalId) ?? [])
      .filter(({ told }) => accepted.has(told.shipmentId))
  }
}

/** All but the last one, told on the way, and the last one for the end of the step. */
export const rowsOf = (
  { externalId }: BatchOrder,
  parcels: readonly Parcel[],
): {
  readonly first: readonly ShipmentRow[]
  readonly last?: { readonly shipment: ShipmentRow }
} => {
  const rows = parcels.map((parcel) => toShipmentRow(parcel, externalId))
  const last = rows.at(-1)
  return { first: rows.slice(0, -1), ...(last ? { last: { shipment: last } } : {}) }
}
