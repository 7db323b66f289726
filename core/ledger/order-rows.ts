/** Orders as adapters give them: checked, given their ids and hashed before anything is stored. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { idOf } from '../ids.ts'
import { type OrderRow, orderStateRank, orderStates } from '../plugin.ts'

/** PostgreSQL holds any text but one with this character. */
const nul = '\0'
const text = (max: number) => z.string().max(max).refine((value) => !value.includes(nul))
/** What is outside of these years is a mistake, and would break what sorts and pages by time. */
const time = z.date().min(new Date('1990-01-01T00:00:00Z')).max(new Date('2200-01-01T00:00:00Z'))
const paise = z.number().int().nullable()

const itemSchema = z.object({
  externalId: text(200).min(1),
  sku: text(300).nullable(),
  listingId: text(200).nullable(),
  title: text(2000).nullable(),
  quantity: z.number().int().min(0).max(2_147_483_647),
  totalPaise: paise,
})
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
  currency: z.string().regex(/^[A-Z]{3}$/),
  totalPaise: paise,
  fulfilledBy: z.enum(['SELLER', 'MARKETPLACE']).nullable(),
  stateCode: z.string().regex(/^\d{2}$/).nullable(),
  customer: customerSchema.nullable(),
  items: z.array(itemSchema).max(5000).refine(
    (items) => new Set(items.map((item) => item.externalId)).size === items.length,
    'a line stands twice',
  ),
})

/** An order with everything that depends on its content alone. */
export interface PreparedOrder {
  readonly id: string
  readonly row: OrderRow
  readonly itemIds: readonly string[]
  /** Keyed: equal hashes mean equal content, and tell nothing to who lacks the key. */
  readonly hash: Uint8Array
  readonly rank: number
}
export interface PreparedPage {
  readonly orders: readonly PreparedOrder[]
  /** Rows that do not have the form of the contract, as they came. */
  readonly malformed: readonly { readonly key?: string; readonly raw: string }[]
  /** Rows of an order that stands in the page again, in a newer form. */
  readonly repeated: number
}

export const prepareOrders = (
  keys: SellerKeys,
  accountId: string,
  rows: readonly OrderRow[],
): PreparedPage => {
  const orders = new Map<string, PreparedOrder>()
  const malformed: { key?: string; raw: string }[] = []
  let repeated = 0
  for (const candidate of rows) {
    const parsed = rowSchema.safeParse(candidate)
    if (!parsed.success) {
      const key = candidate?.externalId
      const raw = JSON.stringify(candidate, anyValue) ?? 'undefined'
      malformed.push(typeof key === 'string' ? { key, raw } : { raw })
      continue
    }
    const row = parsed.data
    const other = orders.get(row.externalId)
    if (other) repeated++
    if (other && other.row.updatedAt > row.updatedAt) continue
    orders.set(row.externalId, prepare(keys, accountId, row))
  }
  return { orders: [...orders.values()], malformed, repeated }
}

/** What JSON has no word for must not keep a row from being put aside. */
const anyValue = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value

const prepare = (keys: SellerKeys, accountId: string, row: OrderRow): PreparedOrder => ({
  id: idOf(keys.sellerId, accountId, 'order', row.externalId),
  row,
  itemIds: row.items.map((item) =>
    idOf(keys.sellerId, accountId, 'order-item', row.externalId, item.externalId)
  ),
  // the schema has fixed the order of the members, so equal content is equal text
  hash: keys.hash([JSON.stringify(row)]),
  rank: row.status === null ? 0 : orderStateRank(row.status),
})
