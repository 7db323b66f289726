/** Orders as adapters give them: checked, given their ids and hashed before anything is stored. */
import type { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import { type OrderRow, orderStateRank } from '../plugin.ts'
import { orderForm } from '../rules/rows.ts'
import { checkRows, type Malformed } from './row-forms.ts'

/** A member that is there and undefined is as good as one that is not. */
const asContract = orderForm as unknown as z.ZodType<OrderRow>

/** An order with everything that depends on its content alone. */
export interface PreparedOrder {
  readonly id: string
  readonly row: OrderRow
  readonly itemIds: readonly string[]
  /** Keyed: equal hashes mean equal content, and tell nothing to who lacks the key. */
  readonly hash: Uint8Array
  readonly rank: number
  /** What the same page says of an earlier time. */
  readonly earlier: readonly OrderRow[]
}
export interface PreparedOrders {
  readonly target: 'ORDERS'
  readonly orders: readonly PreparedOrder[]
  readonly malformed: readonly Malformed[]
  readonly repeated: number
}

export const prepareOrders = (
  keys: SellerKeys,
  accountId: string,
  rows: readonly OrderRow[],
): PreparedOrders => {
  const { rows: found, malformed, repeated } = checkRows(asContract, rows)
  const orders = found.flatMap((versions) => {
    const row = versions.at(-1)
    return row ? [prepare(keys, accountId, row, othersThan(row, versions))] : []
  })
  return { target: 'ORDERS', orders, malformed, repeated }
}

/** A row that is told twice says nothing more. */
const othersThan = (row: OrderRow, versions: readonly OrderRow[]): readonly OrderRow[] => {
  if (versions.length === 1) return []
  const told = JSON.stringify(row)
  return versions.slice(0, -1).filter((one) => JSON.stringify(one) !== told)
}

export const orderIdOf = (sellerId: string, accountId: string, externalId: string): string =>
  idOf(sellerId, accountId, 'order', externalId)
export const orderItemIdOf = (
  sellerId: string,
  accountId: string,
  order: string,
  item: string,
): string => idOf(sellerId, accountId, 'order-item', order, item)

const prepare = (
  keys: SellerKeys,
  accountId: string,
  row: OrderRow,
  earlier: readonly OrderRow[],
): PreparedOrder => ({
  id: orderIdOf(keys.sellerId, accountId, row.externalId),
  row,
  itemIds: row.items.map((item) =>
    orderItemIdOf(keys.sellerId, accountId, row.externalId, item.externalId)
  ),
  // the schema has fixed the order of the members, so equal content is equal text
  hash: keys.hash([JSON.stringify(row)]),
  rank: row.status === null ? 0 : orderStateRank(row.status),
  earlier,
})
