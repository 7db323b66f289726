/** Returns as adapters give them: checked, given their ids and hashed before anything is stored. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import { returnKinds, type ReturnRow, returnStates } from '../plugin.ts'
import { orderIdOf } from './order-rows.ts'
import { checkRows, eachOnce, type Malformed, paise, quantity, text, time } from './row-forms.ts'
import { shipmentIdOf } from './shipment-rows.ts'

const rowSchema = z.object({
  externalId: text(200).min(1),
  orderExternalId: text(200).min(1),
  kind: z.enum(returnKinds),
  status: z.enum(returnStates).nullable(),
  rawStatus: text(200),
  reason: text(500).nullable(),
  initiatedAt: time,
  updatedAt: time,
  deliveredAt: time.nullable(),
  shipmentExternalId: text(200).min(1).nullable(),
  awbs: z.array(z.object({ awb: text(100).min(1), carrier: text(100).nullable() })).max(100),
  creditNote: z.object({ number: text(100).min(1), at: time, paise }).nullable(),
  items: z.array(z.object({
    externalId: text(200).min(1),
    itemExternalId: text(200).nullable(),
    sku: text(300).nullable(),
    quantity,
    condition: text(200).nullable(),
  })).max(5000).refine(eachOnce, 'a line stands twice'),
})

export interface PreparedReturn {
  readonly id: string
  readonly row: ReturnRow
  readonly hash: Uint8Array
  /** Of the order and the parcel as they are when they are stored, now or later. */
  readonly orderId: string
  readonly shipmentId: string | null
}
export interface PreparedReturns {
  readonly target: 'RETURNS'
  /** All versions of one return together, the newest last. */
  readonly returns: readonly (readonly PreparedReturn[])[]
  readonly malformed: readonly Malformed[]
  readonly repeated: number
}

export const prepareReturns = (
  keys: SellerKeys,
  accountId: string,
  rows: readonly ReturnRow[],
): PreparedReturns => {
  const { rows: found, malformed, repeated } = checkRows<ReturnRow>(rowSchema, rows)
  const returns = found.map((versions) => versions.map((row) => prepare(keys, accountId, row)))
  return { target: 'RETURNS', returns, malformed, repeated }
}

const prepare = (keys: SellerKeys, accountId: string, row: ReturnRow): PreparedReturn => {
  const { sellerId } = keys
  const { externalId, orderExternalId, shipmentExternalId } = row
  return {
    id: idOf(sellerId, accountId, 'return', externalId),
    row,
    hash: keys.hash([JSON.stringify(row)]),
    orderId: orderIdOf(sellerId, accountId, orderExternalId),
    shipmentId: shipmentExternalId && shipmentIdOf(sellerId, accountId, shipmentExternalId),
  }
}
