/** Orders as adapters give them: checked, given their ids and hashed before anything is stored. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import { type OrderRow, orderStateRank, orderStates } from '../plugin.ts'
import { checkRows, eachOnce, type Malformed, paise, quantity, text, time } from './row-forms.ts'
import { shipmentSchema } from './shipment-rows.ts'

const itemSchema = z.object({
  externalId: text(200).min(1),
  sku: text(300).nullable(),
  listingId: text(200).nullable(),
  title: text(2000).nullable(),
  quantity,
  totalPaise: paise.nullable(),
  cancelledQuantity: quantity.optional(),
  hsn: text(20).nullish(),
  gstRateBp: z.number().int().min(0).max(10_000).nullish(),
}).refine(
  (item) => (item.cancelledQuantity ?? 0) <= item.quantity,
  'more is cancelled than ordered',
)
const line = text(2000).nullable()
const customerSchema = z.object({
  name: line,
  phone: line,
  email: line,
  address: z.object({ line1: line, line2: line, city: line, state: line, postalCode: line })
    .nullable(),
})
const rowSchema = z.object({
  externalId: text(200).min(1),
  status: z.enum(orderStates).nullable(),
  rawStatus: text(200),
  onHold: z.boolean(),
  orderedAt: time,
  updatedAt: time,
  shipBy: time.nullable(),
  processAfter: time.nullish(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  totalPaise: paise.nullable(),
  fulfilledBy: z.enum(['SELLER', 'MARKETPLACE']).nullable(),
  stateCode: z.string().regex(/^\d{2}$/).nullable(),
  customer: customerSchema.nullable(),
  items: z.array(itemSchema).max(5000).refine(eachOnce, 'a line stands twice'),
  shipments: z.array(shipmentSchema).max(1000).refine(eachOnce, 'a parcel stands twice').optional(),
})

/** A member that is there and undefined is as good as one that is not. */
const asContract = rowSchema as unknown as z.ZodType<OrderRow>

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
    return row ? [prepare(keys, accountId, row, versions.slice(0, -1))] : []
  })
  return { target: 'ORDERS', orders, malformed, repeated }
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
