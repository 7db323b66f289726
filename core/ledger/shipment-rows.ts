/** Parcels as adapters give them: checked, given their ids and hashed. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import { orderStates, type ShipmentRow } from '../plugin.ts'
import { eachOnce, quantity, text, time } from './row-forms.ts'

export const shipmentSchema = z.object({
  externalId: text(200).min(1),
  status: z.enum(orderStates).nullable(),
  rawStatus: text(200),
  awb: text(100).nullable(),
  carrier: text(100).nullable(),
  manifestExternalId: text(200).nullable(),
  updatedAt: time,
  items: z.array(z.object({ itemExternalId: text(200).min(1), quantity })).max(5000)
    .refine(
      (items) => eachOnce(items.map(({ itemExternalId }) => ({ externalId: itemExternalId }))),
      'a line stands twice',
    ),
})

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
  const row = shipmentSchema.parse(candidate)
  return {
    id: shipmentIdOf(keys.sellerId, accountId, row.externalId),
    orderId: order.id,
    orderExternalId: order.externalId,
    row,
    hash: keys.hash([JSON.stringify(row)]),
  }
}
