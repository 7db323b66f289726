/** What orders have come to, and by what: read behind a lock to be written again. */
import { z } from 'zod'
import { uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { type OrderState, orderStates } from '../plugin.ts'
import { type Parcels, parcelsOf, type Standing } from './standing.ts'

/**
 * One page of an account at a time: two that meet would each miss the other's lines, write what is
 * the same twice, or wait for each other. It is a statement of its own, so that the next one sees
 * what the other has committed. Whoever reads a standing to write it again takes it first.
 */
export const lockAccount = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`select pg_advisory_xact_lock(hashtextextended(${accountId}, 1))`)
}

export interface OrderStands {
  readonly id: string
  readonly status: OrderState
  readonly own: Standing
  readonly parcels: Parcels
  /** The newest word of the marketplace, and for which time it was told. */
  readonly told: {
    readonly status: OrderState | null
    readonly raw: string
    readonly onHold: boolean
    readonly at: Date
  }
}

/** By id; behind `lockAccount`. */
export const readStands = async (
  scope: SellerScope,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, OrderStands>> => {
  if (orderIds.length === 0) return new Map()
  const rows = await scope.any(sql.type(standsRow)`
    select id, status, coalesce(own_status, status) as own_status,
      case when own_status is null then source_updated_at else own_at end as own_at,
      parcel_status, parcel_at, parcel_count, told_status, raw_status, on_hold, source_updated_at
    from orders where seller_id = ${scope.sellerId} and id = any(${uuidArray(orderIds)}::uuid[])`)
  return new Map(rows.map((row) => [row.id, {
    id: row.id,
    status: row.status,
    own: { status: row.own_status, at: row.own_at },
    parcels: {
      count: row.parcel_count,
      standing: row.parcel_status && { status: row.parcel_status, at: row.parcel_at },
    },
    told: {
      status: row.told_status,
      raw: row.raw_status,
      onHold: row.on_hold,
      at: row.source_updated_at,
    },
  }]))
}
const state = z.enum(orderStates)
const standsRow = z.object({
  id: z.string(),
  status: state,
  own_status: state,
  own_at: z.date().nullable(),
  parcel_status: state.nullable(),
  parcel_at: z.date().nullable(),
  parcel_count: z.number(),
  told_status: state.nullable(),
  raw_status: z.string(),
  on_hold: z.boolean(),
  source_updated_at: z.date(),
})

/** By the id of the order, for orders that have any. */
export const readParcels = async (
  scope: SellerScope,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Parcels>> => {
  const rows = await scope.any(sql.type(parcelRow)`
    select order_id, status, status_at from shipments
    where seller_id = ${scope.sellerId} and order_id = any(${uuidArray(orderIds)}::uuid[])`)
  const byOrder = Map.groupBy(rows, (row) => row.order_id)
  return new Map([...byOrder].map(([orderId, parcels]) => [
    orderId,
    parcelsOf(parcels.map(({ status, status_at }) => ({ status, at: status_at }))),
  ]))
}
const parcelRow = z.object({ order_id: z.string(), status: state, status_at: z.date().nullable() })
