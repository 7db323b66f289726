/** Returns as adapters give them: checked, given their ids and hashed before anything is stored. */
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import type { ReturnRow } from '../plugin.ts'
import { returnForm } from '../rules/rows.ts'
import { orderIdOf } from './order-rows.ts'
import { checkRows, type Malformed } from './row-forms.ts'
import { shipmentIdOf } from './shipment-rows.ts'

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
  const { rows: found, malformed, repeated } = checkRows<ReturnRow>(returnForm, rows)
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
