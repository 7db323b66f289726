/** Parcels into the ledger, with every word that was told of them; their orders follow. */
import { z } from 'zod'
import type { SellerKeys } from '../crypto/keys.ts'
import { bytesArray, int4Array, textArray, timestampArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import { orderStateRank, orderStates, type ShipmentRow } from '../plugin.ts'
import { recordConflicts } from './order-conflicts.ts'
import type { Place } from './order-events.ts'
import { followParcels } from './order-moves.ts'
import { orderItemIdOf } from './order-rows.ts'
import { lockAccount } from './order-stands.ts'
import { type PreparedShipment, prepareShipment } from './shipment-rows.ts'
import { further, isDoubtful, type Standing } from './standing.ts'

export interface StoredShipments {
  /** Of shipments that are new, or other ones than before. */
  readonly written: readonly string[]
  /** The ids of their orders. */
  readonly orders: readonly string[]
}

/**
 * Stores parcels of orders that are stored, and lets the orders follow them. The same again writes
 * nothing. Throws for a row that does not have the form of the contract.
 */
export const storeShipments = (
  scope: SellerScope,
  keys: SellerKeys,
  place: Place,
  parcels: readonly {
    readonly order: { readonly id: string; readonly externalId: string }
    readonly row: ShipmentRow
  }[],
): Promise<StoredShipments> =>
  storePrepared(
    scope,
    place,
    parcels.map(({ order, row }) => prepareShipment(keys, place.accountId, order, row)),
  )

/** One parcel may stand there several times, as it was at several times. */
export const storePrepared = async (
  scope: SellerScope,
  place: Place,
  shipments: readonly PreparedShipment[],
): Promise<StoredShipments> => {
  if (shipments.length === 0) return { written: [], orders: [] }
  await lockAccount(scope, place.accountId)
  const versions = Map.groupBy(shipments, ({ id }) => id)
  const known = await readKnown(scope, [...versions.keys()])
  const plans = [...versions].flatMap(([id, of]) => planOf(known.get(id), of) ?? [])
  if (plans.length === 0) return { written: [], orders: [] }
  await write(scope, place, plans.filter(({ isNewer }) => isNewer))
  await writeLate(scope, plans.filter(({ isNewer, isMoved }) => !isNewer && isMoved))
  await tell(scope, place, plans)
  const touched = plans.filter(({ isNewer, isMoved }) => isNewer || isMoved)
  const orders = [...new Set(touched.map(({ shipment }) => shipment.orderId))]
  await followParcels(scope, place, orders)
  const doubtful = plans.filter(({ isDoubtful }) => isDoubtful)
  await recordConflicts(scope, place, [...new Set(doubtful.map((p) => p.shipment.orderId))])
  return { written: touched.map(({ shipment }) => shipment.id), orders }
}

const readKnown = async (scope: SellerScope, ids: readonly string[]) => {
  const rows = await scope.any(sql.type(knownRow)`
    select id, content_hash, status, status_at, source_updated_at from shipments
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row]))
}
const knownRow = z.object({
  id: z.string(),
  content_hash: z.instanceof(Uint8Array),
  status: z.enum(orderStates),
  status_at: z.date().nullable(),
  source_updated_at: z.date(),
})

interface Plan {
  /** The newest one. */
  readonly shipment: PreparedShipment
  readonly all: readonly PreparedShipment[]
  readonly standing: Standing
  readonly isNewer: boolean
  readonly isMoved: boolean
  readonly isDoubtful: boolean
}

/** A parcel that nobody knows the word of is packed: somebody has told of it. */
const start: Standing = { status: 'PACKED', at: null }

/** Undefined: nothing is new. */
const planOf = (
  known: z.infer<typeof knownRow> | undefined,
  all: readonly PreparedShipment[],
): Plan | undefined => {
  const sorted = all.toSorted(({ row: a }, { row: b }) =>
    a.updatedAt.getTime() - b.updatedAt.getTime() || Number(a.rawStatus > b.rawStatus) - 0.5
  )
  const shipment = sorted.at(-1)
  if (!shipment) return undefined
  if (known && all.every(({ hash }) => isSame(hash, known.content_hash))) return undefined
  const before = known ? { status: known.status, at: known.status_at } : start
  let standing: Standing = before
  let doubtful = false
  for (const { row: { status, updatedAt: at } } of sorted) {
    if (status === null) continue
    doubtful ||= isDoubtful(standing.status, status)
    standing = further(standing, { status, at })
  }
  return {
    shipment,
    all: sorted,
    standing,
    isNewer: !known || known.source_updated_at <= shipment.row.updatedAt &&
        !isSame(shipment.hash, known.content_hash),
    isMoved: standing !== before,
    isDoubtful: doubtful,
  }
}
const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const write = async (
  scope: SellerScope,
  { accountId, runId }: Place,
  plans: readonly Plan[],
): Promise<void> => {
  if (plans.length === 0) return
  const { sellerId } = scope
  const rows = plans.map(({ shipment }) => shipment.row)
  const items = plans.flatMap(({ shipment: { id, row, orderExternalId } }) =>
    row.items.map((item) => ({
      id: idOf(sellerId, id, 'shipment-item', item.itemExternalId),
      shipmentId: id,
      orderItemId: orderItemIdOf(sellerId, accountId, orderExternalId, item.itemExternalId),
      ...item,
    }))
  )
  await scope.run(command`
    with stored as (
      insert into shipments (
        seller_id, marketplace_account_id, job_run_id, id, order_id, external_shipment_id, status,
        status_rank, status_at, raw_status, awb, carrier, manifest_external_id, source_updated_at,
        content_hash, manifest_id
      )
      select ${sellerId}::uuid, ${accountId}::uuid, ${runId}::uuid, u.*, (
        select m.id from manifests m
        where m.seller_id = ${sellerId} and m.marketplace_account_id = ${accountId}
          and m.external_manifest_id = u.manifest_external_id
      )
      from unnest(
        ${uuidArray(plans.map(({ shipment }) => shipment.id))}::uuid[],
        ${uuidArray(plans.map(({ shipment }) => shipment.orderId))}::uuid[],
        ${textArray(rows.map((row) => row.externalId))}::text[],
        ${textArray(plans.map(({ standing }) => standing.status))}::text[],
        ${int4Array(plans.map(({ standing }) => orderStateRank(standing.status)))}::int4[],
        ${timestampArray(plans.map(({ standing }) => standing.at))}::timestamptz[],
        ${textArray(rows.map((row) => row.rawStatus))}::text[],
        ${textArray(rows.map((row) => row.awb))}::text[],
        ${textArray(rows.map((row) => row.carrier))}::text[],
        ${textArray(rows.map((row) => row.manifestExternalId))}::text[],
        ${timestampArray(rows.map((row) => row.updatedAt))}::timestamptz[],
        ${bytesArray(plans.map(({ shipment }) => shipment.hash))}::bytea[]
      ) as u (
        id, order_id, external_shipment_id, status, status_rank, status_at, raw_status, awb,
        carrier, manifest_external_id, source_updated_at, content_hash
      )
      on conflict (seller_id, id) do update set
        status = excluded.status,
        status_rank = excluded.status_rank,
        status_at = excluded.status_at,
        -- of one instant always the same one, whichever came first
        raw_status = case when shipments.source_updated_at < excluded.source_updated_at
          then excluded.raw_status else greatest(shipments.raw_status, excluded.raw_status) end,
        -- a marketplace that tells less than before takes nothing away
        awb = coalesce(excluded.awb, shipments.awb),
        carrier = coalesce(excluded.carrier, shipments.carrier),
        manifest_external_id =
          coalesce(excluded.manifest_external_id, shipments.manifest_external_id),
        manifest_id = case when excluded.manifest_external_id is null then shipments.manifest_id
          else excluded.manifest_id end,
        source_updated_at = excluded.source_updated_at,
        content_hash = excluded.content_hash,
        job_run_id = coalesce(excluded.job_run_id, shipments.job_run_id),
        updated_at = now()
      returning id, marketplace_account_id, external_shipment_id, xmax = 0 as created
    ), returned as (
      update order_returns r set shipment_id = s.id, updated_at = now()
      from stored s
      where s.created and r.seller_id = ${sellerId}
        and r.marketplace_account_id = s.marketplace_account_id
        and r.shipment_external_id = s.external_shipment_id and r.shipment_id is null
    ), lines as (
      select u.* from unnest(
        ${uuidArray(items.map((item) => item.id))}::uuid[],
        ${uuidArray(items.map((item) => item.shipmentId))}::uuid[],
        ${uuidArray(items.map((item) => item.orderItemId))}::uuid[],
        ${textArray(items.map((item) => item.itemExternalId))}::text[],
        ${int4Array(items.map((item) => item.quantity))}::int4[]
      ) as u (id, shipment_id, order_item_id, external_item_id, quantity)
    ), gone as (
      delete from shipment_items i using stored s
      where not s.created and i.seller_id = ${sellerId} and i.shipment_id = s.id
        and not exists (select from lines l where l.id = i.id)
    )
    insert into shipment_items (
      seller_id, id, shipment_id, order_item_id, external_item_id, quantity
    )
    select ${sellerId}::uuid, l.* from lines l
    on conflict (seller_id, id) do update set quantity = excluded.quantity
    where shipment_items.quantity <> excluded.quantity`)
}

/** Rows that are older than what is stored, and lead further all the same. */
const writeLate = async (scope: SellerScope, plans: readonly Plan[]): Promise<void> => {
  if (plans.length === 0) return
  await scope.run(command`
    update shipments s
    set status = u.status, status_rank = u.status_rank, status_at = u.status_at, updated_at = now()
    from unnest(
      ${uuidArray(plans.map(({ shipment }) => shipment.id))}::uuid[],
      ${textArray(plans.map(({ standing }) => standing.status))}::text[],
      ${int4Array(plans.map(({ standing }) => orderStateRank(standing.status)))}::int4[],
      ${timestampArray(plans.map(({ standing }) => standing.at))}::timestamptz[]
    ) as u (id, status, status_rank, status_at)
    where s.seller_id = ${scope.sellerId} and s.id = u.id`)
}

/** Every word once. */
const tell = async (
  scope: SellerScope,
  { runId }: Place,
  plans: readonly Plan[],
): Promise<void> => {
  const words = plans.flatMap(({ all }) => all.map(({ id, row }) => ({ id, row })))
  await scope.run(command`
    insert into shipment_events (seller_id, job_run_id, id, shipment_id, status, raw_status, at)
    select ${scope.sellerId}::uuid, ${runId}::uuid, u.*
    from unnest(
      ${
    uuidArray(
      words.map(({ id, row: { status, rawStatus, updatedAt } }) =>
        idOf(scope.sellerId, id, 'shipment-event', status ?? '', rawStatus, updatedAt.toISOString())
      ),
    )
  }::uuid[],
      ${uuidArray(words.map(({ id }) => id))}::uuid[],
      ${textArray(words.map(({ row }) => row.status))}::text[],
      ${textArray(words.map(({ row }) => row.rawStatus))}::text[],
      ${timestampArray(words.map(({ row }) => row.updatedAt))}::timestamptz[]
    ) as u
    on conflict (seller_id, id) do nothing`)
}
