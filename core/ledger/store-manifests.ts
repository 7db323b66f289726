/** Manifests into the ledger: which parcels a courier takes over together, and whether that is closed. */
import { z } from 'zod'
import { uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import { type ClosurePolicy, type ManifestRow, orderStateRank, orderStates } from '../plugin.ts'
import type { Place } from './order-events.ts'
import { followParcels } from './order-moves.ts'
import { lockAccount } from './order-stands.ts'
import { shipmentIdOf } from './shipment-rows.ts'
import { further } from './standing.ts'

export interface ManifestPolicy {
  /** Of manifests that are new. */
  readonly closure?: ClosurePolicy
  readonly closeAt?: Date | null
}

export const manifestIdOf = (sellerId: string, accountId: string, externalId: string): string =>
  idOf(sellerId, accountId, 'manifest', externalId)

/**
 * Stores manifests with the parcels that are in them, known or not. A closed one never opens again;
 * its parcels are MANIFESTED. Answers their ids, in the order of the rows.
 */
export const storeManifests = async (
  scope: SellerScope,
  place: Place,
  rows: readonly ManifestRow[],
  { closure = 'IMMEDIATE', closeAt = null }: ManifestPolicy = {},
): Promise<readonly string[]> => {
  if (rows.length === 0) return []
  await lockAccount(scope, place.accountId)
  const { sellerId } = scope
  const { accountId, runId } = place
  const ids: string[] = []
  for (const row of rows) {
    const id = manifestIdOf(sellerId, accountId, row.externalId)
    ids.push(id)
    const at = row.updatedAt.toISOString()
    const closedAt = row.state === 'CLOSED' ? at : null
    const newer = await scope.run(command`
      insert into manifests (
        seller_id, id, marketplace_account_id, external_manifest_id, state, closure, close_at,
        dispatch_date, shipment_count, source_updated_at, job_run_id, closed_at
      ) values (
        ${sellerId}, ${id}, ${accountId}, ${row.externalId}, ${row.state}, ${closure},
        ${closeAt?.toISOString() ?? null}, ${row.dispatchDate}, ${row.shipmentExternalIds.length},
        ${at}, ${runId}, ${closedAt}
      )
      on conflict (seller_id, id) do update set
        state = case when manifests.state = 'CLOSED' then 'CLOSED' else excluded.state end,
        dispatch_date = coalesce(excluded.dispatch_date, manifests.dispatch_date),
        shipment_count = excluded.shipment_count,
        source_updated_at = excluded.source_updated_at,
        closed_at = coalesce(manifests.closed_at, excluded.closed_at),
        job_run_id = coalesce(excluded.job_run_id, manifests.job_run_id),
        updated_at = now()
      where manifests.source_updated_at <= excluded.source_updated_at
        and (manifests.state, manifests.dispatch_date, manifests.shipment_count,
            manifests.source_updated_at)
          is distinct from (
            case when manifests.state = 'CLOSED' then 'CLOSED' else excluded.state end,
            coalesce(excluded.dispatch_date, manifests.dispatch_date), excluded.shipment_count,
            excluded.source_updated_at)`)
    await fill(scope, place, id, row, newer > 0)
  }
  return ids
}

/** `newer`: the row is the newest one, so a parcel that is not in it has been taken out. */
const fill = async (
  scope: SellerScope,
  place: Place,
  id: string,
  row: ManifestRow,
  newer: boolean,
): Promise<void> => {
  const { sellerId } = scope
  const inside = row.shipmentExternalIds.map((external) =>
    shipmentIdOf(sellerId, place.accountId, external)
  )
  if (newer) {
    await scope.run(command`
      update shipments
      set manifest_id = null, manifest_external_id = null, updated_at = now()
      where seller_id = ${sellerId} and manifest_id = ${id}
        and id <> all(${uuidArray(inside)}::uuid[])`)
    await scope.run(command`
      update shipments
      set manifest_id = ${id}, manifest_external_id = ${row.externalId}, updated_at = now()
      where seller_id = ${sellerId} and manifest_id is distinct from ${id}
        and (id = any(${uuidArray(inside)}::uuid[])
          or manifest_id is null and marketplace_account_id = ${place.accountId}
            and manifest_external_id = ${row.externalId})`)
  }
  if (row.state === 'CLOSED') await closeParcels(scope, place, id, row.updatedAt)
}

/** What is in a closed manifest is at least MANIFESTED. */
const closeParcels = async (
  scope: SellerScope,
  place: Place,
  id: string,
  at: Date,
): Promise<void> => {
  const parcels = await scope.any(sql.type(parcelRow)`
    select id, order_id, status, status_at from shipments
    where seller_id = ${scope.sellerId} and manifest_id = ${id} and status <> 'CANCELLED'`)
  const moved = parcels.filter(({ status, status_at }) => {
    const before = { status, at: status_at }
    return further(before, { status: 'MANIFESTED', at }) !== before && status !== 'MANIFESTED'
  })
  if (moved.length === 0) return
  await scope.run(command`
    update shipments
    set status = 'MANIFESTED', status_rank = ${orderStateRank('MANIFESTED')},
      status_at = ${at.toISOString()}, updated_at = now()
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(moved.map((p) => p.id))}::uuid[])`)
  await scope.run(command`
    insert into shipment_events (seller_id, job_run_id, shipment_id, id, status, raw_status, at)
    select ${scope.sellerId}::uuid, ${place.runId}::uuid, u.shipment_id, u.id, 'MANIFESTED',
      'manifest closed', ${at.toISOString()}
    from unnest(
      ${uuidArray(moved.map((parcel) => parcel.id))}::uuid[],
      ${
    uuidArray(
      moved.map((parcel) => idOf(scope.sellerId, parcel.id, 'shipment-event', 'manifest', id)),
    )
  }::uuid[]
    ) as u (shipment_id, id)
    on conflict (seller_id, id) do nothing`)
  await followParcels(scope, place, [...new Set(moved.map((parcel) => parcel.order_id))])
}

const parcelRow = z.object({
  id: z.string(),
  order_id: z.string(),
  status: z.enum(orderStates),
  status_at: z.date().nullable(),
})
