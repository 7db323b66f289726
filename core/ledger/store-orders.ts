/** Orders into the ledger: what is unchanged is left alone, what is new or changed is sealed first. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { int4Array, timestampArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { followReturns } from './follow-returns.ts'
import { noteStock } from './inventory/note.ts'
import { recordConflicts } from './order-conflicts.ts'
import type { Place } from './order-events.ts'
import type { PreparedOrder } from './order-rows.ts'
import { lockAccount, readStands } from './order-stands.ts'
import { planOrder } from './plan-order.ts'
import { prepareShipment } from './shipment-rows.ts'
import { storePrepared } from './store-shipments.ts'
import { writeLate, writeOrders, type WrittenOrder } from './write-orders.ts'

export interface StoredCounts {
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  /** The ids of the rows that were written. */
  readonly written: readonly string[]
}

/** How many values one order seals at most: name, phone, e-mail, address. */
export const sealsPerOrder = 4

/**
 * Stores the orders of one account. An older row never replaces a newer one; what it says of the state
 * counts as if it had come in time.
 */
export const storeOrders = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: { readonly accountId: string; readonly runId: string },
  orders: readonly PreparedOrder[],
): Promise<StoredCounts> => {
  if (orders.length === 0) return { created: 0, changed: 0, unchanged: 0, written: [] }
  await lockAccount(scope, place.accountId)
  const known = new Map(
    (await scope.any(sql.type(hashRow)`
      select id, content_hash, customer_erased_at from orders
      where seller_id = ${scope.sellerId} and id = any(${
      uuidArray(orders.map((o) => o.id))
    }::uuid[])
    `)).map((row) => [row.id, row]),
  )
  const fresh = orders.filter(({ id, hash, earlier }) => {
    const before = known.get(id)
    return !before || earlier.length > 0 || !same(before.content_hash, hash)
  })
  if (fresh.length === 0) {
    return { created: 0, changed: 0, unchanged: orders.length, written: [] }
  }
  const stands = await readStands(
    scope,
    fresh.filter(({ id }) => known.has(id)).map(({ id }) => id),
  )
  const plans = fresh.map((order) =>
    planOrder(
      withoutErased(order, known.get(order.id)?.customer_erased_at),
      stands.get(order.id),
    )
  )
  const written = await writeOrders(scope, keys, place, plans.filter(({ isNewer }) => isNewer))
  const late = await writeLate(scope, place, stands, plans.filter(({ isNewer }) => !isNewer))
  countOrders(scope, fresh, written)
  await followReturns(
    scope,
    place,
    written.filter((row) => row.has_returns).map((row) => row.id),
  )
  const parcels = await storeParcels(scope, keys, place, fresh)
  await recordConflicts(
    scope,
    place,
    plans.filter(({ isDoubtful }) => isDoubtful).map(({ order }) => order.id),
  )
  const created = written.filter((row) => row.created).length
  const touched = new Set([...written.map((row) => row.id), ...late, ...parcels])
  if (touched.size > 0) await noteStock(scope, place.accountId)
  return {
    created,
    changed: touched.size - created,
    unchanged: orders.length - touched.size,
    written: [...touched],
  }
}

/** Answers the ids of orders of which a parcel has changed. */
const storeParcels = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: Place,
  orders: readonly PreparedOrder[],
): Promise<readonly string[]> => {
  const parcels = orders.flatMap(({ id, row, earlier }) =>
    [...earlier, row].flatMap(({ shipments = [] }) =>
      shipments.map((shipment) =>
        prepareShipment(keys, place.accountId, { id, externalId: row.externalId }, shipment)
      )
    )
  )
  const stored = await storePrepared(scope, place, parcels)
  return stored.orders
}

const hashRow = z.object({
  id: z.string(),
  content_hash: z.instanceof(Uint8Array),
  customer_erased_at: z.date().nullable(),
})

/** Nothing of a buyer is sealed whose order was erased; the hash stays that of what was told. */
const withoutErased = (order: PreparedOrder, erasedAt: Date | null | undefined): PreparedOrder =>
  erasedAt ? { ...order, row: { ...order.row, customer: null } } : order

/**
 * Keeps the orders of each day, which the plan is measured by: new ones are added, and one whose day
 * was corrected moves. The rows of days are waited for by all workers of the seller.
 */
const countOrders = (
  scope: SellerScope,
  orders: readonly PreparedOrder[],
  written: readonly WrittenOrder[],
): void => {
  const orderedAt = new Map(orders.map(({ id, row }) => [id, row.orderedAt]))
  const counts = written.flatMap(({ id, ordered_before: before }) => {
    const at = orderedAt.get(id)
    if (at === undefined || at.getTime() === before?.getTime()) return []
    const more = { at, orders: 1 }
    return before === null ? [more] : [more, { at: before, orders: -1 }]
  })
  if (counts.length === 0) return
  scope.atCommit(command`
    select count_orders(${timestampArray(counts.map(({ at }) => at))}::timestamptz[],
      ${int4Array(counts.map(({ orders }) => orders))}::int4[])`)
}

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])
