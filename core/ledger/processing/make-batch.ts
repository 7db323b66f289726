/** Makes a batch: which orders, how much of each line, and what stays behind from the start. */
import { z } from 'zod'
import { boolArray, int4Array, textArray, uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { type ClosurePolicy, type ManifestChanges, orderStates } from '../../plugin.ts'
import { lockAccount } from '../order-stands.ts'
import { type Candidate, planBatch, type PlannedOrder } from './plan-batch.ts'
import { readAllowed } from './stock.ts'

export interface NewBatch {
  readonly id: string
  readonly accountId: string
  readonly runId: string
  readonly closure: ClosurePolicy
  /** Null: all that are ready, the most urgent first. */
  readonly orderIds: readonly string[] | null
  /** How much of a line is to be shipped, where a person says so: by the id of the line. */
  readonly asked: ReadonlyMap<string, number>
  readonly closeManifests: readonly string[]
  readonly manifestChanges?: ManifestChanges
  /** By the clock of the marketplace. */
  readonly now: Date
}

/** What one batch may hold: some half hour of work at the usual rates. */
const mostOrders = 500

/**
 * An order is in one living batch at most; what cannot be processed now is in the batch as well, held
 * with its reason. Throws `invalid-request` for an order, or a line, that is not of the account.
 */
export const makeBatch = async (scope: SellerScope, batch: NewBatch): Promise<void> => {
  const { sellerId } = scope
  await lockAccount(scope, batch.accountId)
  await releaseEnded(scope, batch.accountId)
  const candidates = await readCandidates(scope, batch)
  const lines = candidates.flatMap((order) =>
    order.lines.map((line) => ({ orderId: order.id, orderedAt: order.orderedAt, ...line }))
  )
  await refuseUnknown(scope, batch, candidates)
  const allowed = await readAllowed(scope, batch.accountId, lines)
  const planned = planBatch(candidates, { allowed, asked: batch.asked, now: batch.now })
  const changes = batch.manifestChanges ? JSON.stringify(batch.manifestChanges) : null
  await scope.run(command`
    insert into batches (
      seller_id, id, marketplace_account_id, job_run_id, closure, close_manifests,
      manifest_changes, order_count
    ) values (
      ${sellerId}, ${batch.id}, ${batch.accountId}, ${batch.runId}, ${batch.closure},
      ${textArray(batch.closeManifests)}::text[], ${changes}::jsonb, ${planned.length}
    )`)
  await insertOrders(scope, batch.id, planned)
  await insertLines(scope, batch.id, planned)
}

/** Orders of batches whose run has ended without them: a dead letter tells nobody. */
const releaseEnded = async (scope: SellerScope, accountId: string): Promise<void> => {
  await scope.run(command`
    with ended as (
      update batches b
      set state = 'FAILED', finished_at = now(), failure_code = 'run-ended',
        failure_message = coalesce(r.failure_message, 'The run has ended before the batch')
      from job_runs r
      where b.seller_id = ${scope.sellerId} and b.marketplace_account_id = ${accountId}
        and b.state in ('QUEUED', 'RUNNING') and r.seller_id = b.seller_id
        and r.id = b.job_run_id and r.state in ('SUCCEEDED', 'FAILED')
      returning b.id
    )
    update batch_orders o set live = false, state = 'STOPPED', updated_at = now()
    from ended e
    where o.seller_id = ${scope.sellerId} and o.batch_id = e.id and o.live`)
}

/** With an order in another living batch `isBusy`. */
const readCandidates = async (
  scope: SellerScope,
  { accountId, orderIds, now }: NewBatch,
): Promise<readonly Candidate[]> => {
  if (orderIds?.length === 0) return []
  const which = orderIds === null
    ? sql.fragment`o.status in ('NEW', 'ACKNOWLEDGED', 'PACKED', 'READY_TO_SHIP') and not o.on_hold
        and (o.process_after is null or o.process_after <= ${now.toISOString()}::timestamptz)
        and o.fulfilled_by is distinct from 'MARKETPLACE' and o.customer_erased_at is null
        and not exists (
          select from batch_orders b
          where b.seller_id = o.seller_id and b.order_id = o.id and b.live)
        -- what is in a closed manifest has left us
        and not exists (
          select from shipments s
          join manifests m on m.seller_id = s.seller_id and m.id = s.manifest_id
          where s.seller_id = o.seller_id and s.order_id = o.id and m.state = 'CLOSED')`
    : sql.fragment`o.id = any(${uuidArray(orderIds)}::uuid[])`
  const rows = await scope.any(sql.type(candidateRow)`
    select o.id, o.external_order_id, o.status, o.on_hold, o.process_after, o.ordered_at,
      o.fulfilled_by, o.customer_erased_at is not null as erased, exists (
        select from batch_orders b
        where b.seller_id = o.seller_id and b.order_id = o.id and b.live) as busy,
      coalesce((
        select jsonb_agg(jsonb_build_object('itemId', i.id, 'externalId', i.external_item_id,
          'sku', i.sku, 'quantity', i.quantity - i.cancelled_quantity, 'confirmedBefore', (
            select l.confirmed_quantity from batch_lines l
            join batches b on b.seller_id = l.seller_id and b.id = l.batch_id
            where l.seller_id = i.seller_id and l.order_id = i.order_id
              and l.external_item_id = i.external_item_id
            order by b.created_at desc, b.id desc limit 1)) order by i.line)
        from order_items i where i.seller_id = o.seller_id and i.order_id = o.id
      ), '[]') as lines
    from orders o
    where o.seller_id = ${scope.sellerId} and o.marketplace_account_id = ${accountId} and ${which}
    order by o.ship_by nulls last, o.ordered_at, o.id
    limit ${orderIds?.length ?? mostOrders}`)
  return rows.map((row) => ({
    id: row.id,
    externalId: row.external_order_id,
    status: row.status,
    isOnHold: row.on_hold,
    processAfter: row.process_after,
    orderedAt: row.ordered_at,
    isTheirs: row.fulfilled_by === 'MARKETPLACE',
    isBusy: row.busy,
    isErased: row.erased,
    lines: row.lines,
  }))
}
const candidateRow = z.object({
  id: z.string(),
  external_order_id: z.string(),
  status: z.enum(orderStates),
  on_hold: z.boolean(),
  process_after: z.date().nullable(),
  ordered_at: z.date(),
  fulfilled_by: z.string().nullable(),
  busy: z.boolean(),
  erased: z.boolean(),
  lines: z.array(z.object({
    itemId: z.string(),
    externalId: z.string(),
    sku: z.string().nullable(),
    quantity: z.number(),
    confirmedBefore: z.number().nullable(),
  })),
})

/** Lines of orders that are not in the batch are left alone, those of nobody are a mistake. */
const refuseUnknown = async (
  scope: SellerScope,
  { orderIds, asked }: NewBatch,
  found: readonly Candidate[],
): Promise<void> => {
  const orders = new Set(found.map(({ id }) => id))
  const lines = asked.size === 0 ? new Set() : await readLineIds(scope, [...asked.keys()])
  const errors = [
    ...(orderIds ?? []).flatMap((id, at) =>
      orders.has(id) ? [] : [{ pointer: `/order_ids/${at}`, message: 'is no order of the account' }]
    ),
    ...[...asked.keys()].flatMap((id, at) =>
      lines.has(id)
        ? []
        : [{ pointer: `/quantities/${at}/order_item_id`, message: 'is no line of an order' }]
    ),
  ]
  if (errors.length > 0) throw fault('invalid-request', { errors })
}

const readLineIds = async (
  scope: SellerScope,
  ids: readonly string[],
): Promise<ReadonlySet<string>> => {
  const rows = await scope.any(sql.type(z.object({ id: z.string() }))`
    select id from order_items
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])`)
  return new Set(rows.map(({ id }) => id))
}

const insertOrders = async (
  scope: SellerScope,
  batchId: string,
  orders: readonly PlannedOrder[],
): Promise<void> => {
  if (orders.length === 0) return
  await scope.run(command`
    insert into batch_orders (
      seller_id, batch_id, order_id, position, state, code, message, live
    )
    select ${scope.sellerId}::uuid, ${batchId}::uuid, u.* from unnest(
      ${uuidArray(orders.map(({ id }) => id))}::uuid[],
      ${int4Array(orders.map((_, at) => at + 1))}::int4[],
      ${textArray(orders.map(({ held }) => held ? 'HELD' : 'OPEN'))}::text[],
      ${textArray(orders.map(({ held }) => held?.code ?? null))}::text[],
      ${textArray(orders.map(({ held }) => held?.message ?? null))}::text[],
      ${boolArray(orders.map(({ held }) => held === null))}::bool[]) as u`)
}

const insertLines = async (
  scope: SellerScope,
  batchId: string,
  orders: readonly PlannedOrder[],
): Promise<void> => {
  const lines = orders.flatMap((order) =>
    order.lines.map((line) => ({ orderId: order.id, ...line }))
  )
  if (lines.length === 0) return
  await scope.run(command`
    insert into batch_lines (
      seller_id, batch_id, order_id, external_item_id, quantity, confirmed_quantity, reason
    )
    select ${scope.sellerId}::uuid, ${batchId}::uuid, u.* from unnest(
      ${uuidArray(lines.map(({ orderId }) => orderId))}::uuid[],
      ${textArray(lines.map(({ externalId }) => externalId))}::text[],
      ${int4Array(lines.map(({ quantity }) => quantity))}::int4[],
      ${int4Array(lines.map(({ confirmed }) => confirmed))}::int4[],
      ${textArray(lines.map(({ reason }) => reason))}::text[]) as u`)
}
