/** Parcels as adapters give them: checked, given their ids and hashed. */
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import type { ShipmentRow } from '../plugin.ts'
import { shipmentForm } from '../rules/rows.ts'

export interface PreparedShipment {
  readonly id: string
  readonly orderId: string
  readonly orderExternalId: string
  readonly row: ShipmentRow
  readonly hash: Uint8Array
}

export const shipmentIdOf = (sellerId: string, accountId: string, externalId: string): string =>
  idOf(sellerId, accountId, 'shipment', externalId)

/** Throws for a row that does not have the form of the contract. */
export const prepareShipment = (
  keys: SellerKeys,
  accountId: string,
  order: { readonly id: string; readonly externalId: string },
  candidate: ShipmentRow,
): PreparedShipment => {
  const row = shipmentForm.parse(candidate)
  return {
    id: shipmentIdOf(keys.sellerId, accountId, row.externalId),
    orderId: order.id,
    orderExternalId: order.externalId,
    row,
    hash: keys.hash([JSON.stringify(row)]),
  }
}
