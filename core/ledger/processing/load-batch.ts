/** A batch as it stands, and as the adapter is given it. */
import { z } from 'zod'
import type { SellerKeys } from '../../crypto/keys.ts'
import { openFields } from '../../crypto/opening.ts'
import { textArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import {
  type Batch,
  type BatchOrder,
  type ClosurePolicy,
  type ManifestChanges,
  orderStates,
  type StepResult,
} from '../../plugin.ts'
import { type Invoice, readInvoices } from './invoices.ts'

export interface LoadedBatch {
  readonly id: string
  readonly state: 'QUEUED' | 'RUNNING' | 'DONE' | 'FAILED'
  readonly closure: ClosurePolicy
  readonly closeManifests: readonly string[]
  readonly manifestChanges: ManifestChanges | null
  readonly failure: string | null
  /** Orders that are not held, in their order. */
  readonly open: readonly string[]
}

/** Null when there is none; marks a waiting one as running. */
export const loadBatch = async (
  scope: SellerScope,
  batchId: string,
): Promise<LoadedBatch | null> => {
  const row = await scope.maybeOne(sql.type(batchRow)`
    update batches set started_at = coalesce(started_at, now()),
      state = case state when 'QUEUED' then 'RUNNING' else state end
    where seller_id = ${scope.sellerId} and id = ${batchId}
    returning id, state, closure, close_manifests, manifest_changes, failure_message, array(
      select o.order_id::text from batch_orders o
      where o.seller_id = batches.seller_id and o.batch_id = batches.id and o.live
      order by o.position) as open`)
  return row && {
    id: row.id,
    state: row.state,
    closure: row.closure,
    closeManifests: row.close_manifests,
    manifestChanges: row.manifest_changes,
    failure: row.failure_message,
    open: row.open,
  }
}
const batchRow = z.object({
  id: z.string(),
  state: z.enum(['QUEUED', 'RUNNING', 'DONE', 'FAILED']),
  closure: z.enum(['IMMEDIATE', 'DELAYED', 'MANUAL']),
  close_manifests: z.array(z.string()),
  manifest_changes: z.object({
    externalId: z.string(),
    add: z.array(z.string()),
    remove: z.array(z.string()),
  }).nullable(),
  failure_message: z.string().nullable(),
  open: z.array(z.string()),
})

/** The batch for one call of the adapter: all of its orders, and what is recorded of them. */
export const forAdapter = async (
  scope: SellerScope,
  keys: SellerKeys,
  accountId: string,
  { id, closure, closeManifests, manifestChanges }: LoadedBatch,
): Promise<Batch> => {
  const orders = await readOrders(scope, keys, id)
  const openManifests = orders.length > 0 ? await readOpenManifests(scope, accountId, closure) : []
  const told = manifestChanges ? [...closeManifests, manifestChanges.externalId] : closeManifests
  const manifestShipments = await readManifestShipments(scope, accountId, told)
  const done = await readSteps(scope, id)
  const batch = { id, closure, closeManifests, manifestShipments, orders, openManifests, done }
  return manifestChanges ? { ...batch, manifestChanges } : batch
}

const readManifestShipments = async (
  scope: SellerScope,
  accountId: string,
  manifests: readonly string[],
): Promise<NonNullable<Batch['manifestShipments']>> => {
  if (manifests.length === 0) return {}
  const rows = await scope.any(sql.type(insideRow)`
    select m.external_manifest_id, array(
      select s.external_shipment_id from shipments s
      where s.seller_id = m.seller_id and s.manifest_id = m.id and s.status <> 'CANCELLED'
      order by s.external_shipment_id) as shipments
    from manifests m
    where m.seller_id = ${scope.sellerId} and m.marketplace_account_id = ${accountId}
      and m.external_manifest_id = any(${textArray(manifests)}::text[])`)
  return Object.fromEntries(rows.map((row) => [row.external_manifest_id, row.shipments]))
}
const insideRow = z.object({ external_manifest_id: z.string(), shipments: z.array(z.string()) })

/** Orders that were held before the batch began were never handed over. */
const readOrders = async (
  scope: SellerScope,
  keys: SellerKeys,
  batchId: string,
): Promise<readonly BatchOrder[]> => {
  const rows = await scope.any(sql.type(orderRow)`
    select o.id, o.external_order_id, o.status, o.on_hold, o.state_code, o.address_enc,
      coalesce((
        select jsonb_agg(jsonb_build_object('externalId', l.external_item_id, 'sku', i.sku,
          'listingId', i.listing_id, 'title', i.title, 'quantity', l.quantity,
          'confirmedQuantity', l.confirmed_quantity,
          'totalPaise', case when i.quantity > 0
            then i.total_paise * l.quantity / i.quantity end,
          'hsn', i.hsn, 'gstRateBp', i.gst_rate_bp) order by i.line)
        from batch_lines l
        join order_items i on i.seller_id = l.seller_id and i.order_id = l.order_id
          and i.external_item_id = l.external_item_id
        where l.seller_id = b.seller_id and l.batch_id = b.batch_id and l.order_id = b.order_id
      ), '[]') as lines
    from batch_orders b
    join orders o on o.seller_id = b.seller_id and o.id = b.order_id
    where b.seller_id = ${scope.sellerId} and b.batch_id = ${batchId}
      and (b.live or b.step is not null)
    order by b.position`)
  const addresses = await openFields(scope, keys, {
    table: 'orders',
    purpose: 'processing.validate',
    rows: rows.map(({ id, address_enc }) => ({ id, fields: { address_enc } })),
  })
  const invoices = await readInvoices(scope, rows.map(({ id }) => id))
  return rows.map((row, at) => ({
    id: row.id,
    externalId: row.external_order_id,
    status: row.status,
    onHold: row.on_hold,
    postalCode: postalCodeOf(addresses[at]?.address_enc ?? null),
    stateCode: row.state_code,
    lines: row.lines,
    ...given(invoices.get(row.id)),
  }))
}
const given = (invoice: Invoice | undefined) => invoice === undefined ? {} : { invoice }

const orderRow = z.object({
  id: z.string(),
  external_order_id: z.string(),
  status: z.enum(orderStates),
  on_hold: z.boolean(),
  state_code: z.string().nullable(),
  address_enc: z.instanceof(Uint8Array).nullable(),
  lines: z.array(z.object({
    externalId: z.string(),
    sku: z.string().nullable(),
    listingId: z.string().nullable(),
    title: z.string().nullable(),
    quantity: z.number(),
    confirmedQuantity: z.number(),
    totalPaise: z.number().nullable(),
    hsn: z.string().nullable(),
    gstRateBp: z.number().nullable(),
  })),
})

const postalCodeOf = (address: string | null): string | null => {
  const told: unknown = address === null ? null : JSON.parse(address)
  const code = told instanceof Object && 'postalCode' in told ? told.postalCode : null
  return typeof code === 'string' ? code : null
}

/** Only those of the same policy: a manifest that is left open for its seller stays apart. */
const readOpenManifests = async (
  scope: SellerScope,
  accountId: string,
  closure: ClosurePolicy,
): Promise<Batch['openManifests']> => {
  const rows = await scope.any(sql.type(manifestRow)`
    select external_manifest_id, shipment_count from manifests
    where seller_id = ${scope.sellerId} and marketplace_account_id = ${accountId}
      and state = 'OPEN' and closure = ${closure} and shipment_count < ${mostShipments}
    order by created_at, id`)
  return rows.map((row) => ({
    externalId: row.external_manifest_id,
    shipments: row.shipment_count,
  }))
}
const manifestRow = z.object({ external_manifest_id: z.string(), shipment_count: z.number() })
/** What a manifest holds. */
export const mostShipments = 250

const readSteps = async (
  scope: SellerScope,
  batchId: string,
): Promise<readonly StepResult[]> => {
  const rows = await scope.any(sql.type(stepRow)`
    select step, order_id, outcome, code, message, output from processing_steps
    where seller_id = ${scope.sellerId} and batch_id = ${batchId} order by seq`)
  return rows.map(({ step, order_id, outcome, code, message, output }) => ({
    ...{ step, order: order_id, outcome },
    ...(code === null ? {} : { code }),
    ...(message === null ? {} : { message }),
    ...(output === null ? {} : { output }),
  }))
}
const stepRow = z.object({
  step: z.string(),
  order_id: z.string().nullable(),
  outcome: z.enum(['started', 'done', 'held', 'failed']),
  code: z.string().nullable(),
  message: z.string().nullable(),
  output: z.unknown(),
})
