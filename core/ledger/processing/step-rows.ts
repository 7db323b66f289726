/** Steps of a batch as they are recorded, and what they do to the batch itself. */
import { z } from 'zod'
import type { SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { idOf } from '../../ids.ts'
import { documentTypes, failure, orderStates, type StepResult } from '../../plugin.ts'

/** Kebab-case, as codes and steps are written. */
const word = z.string().regex(/^[a-z0-9][a-z0-9:._-]{0,79}$/)
const stepForm = z.object({
  step: word,
  order: z.string().nullable(),
  outcome: z.enum(['started', 'done', 'held', 'failed']),
  message: z.string().max(500).optional(),
  code: word.optional(),
  output: z.unknown().optional(),
  status: z.enum(orderStates).optional(),
  // their own rooms look at them
  billTo: z.object({
    name: z.string().max(300),
    address: z.array(z.string().max(300)).max(10),
    gstin: z.string().max(15).nullable(),
    stateCode: z.string().regex(/^\d{2}$/).nullable(),
  }).optional(),
  shipment: z.unknown().optional(),
  manifest: z.unknown().optional(),
  render: z.array(z.enum(documentTypes)).optional(),
  documents: z.array(z.object({
    type: z.enum(documentTypes),
    download: z.object({ storageKey: z.string() }),
  })).optional(),
})

/** Throws `bad-response` for what an adapter must not yield. */
export const checkStep = (result: StepResult, orders: ReadonlySet<string>): void => {
  const parsed = stepForm.safeParse(result)
  if (!parsed.success) {
    const paths = parsed.error.issues.map(({ path }) => path.map(String).join('.'))
    throw failure(
      'bad-response',
      `The plugin gave a step of the wrong form at: ${paths.join(', ')}`,
    )
  }
  const { order, outcome, step, status, shipment } = result
  const why = (order !== null && !orders.has(order))
    ? 'is of an order that is not in hand'
    : order === null && outcome === 'held'
    ? 'holds no order'
    : order === null && (status !== undefined || shipment !== undefined)
    ? 'moves no order'
    : undefined
  if (why) throw failure('bad-response', `The plugin gave a step that ${why}: ${step}`)
}

/** Whether it has ended well before; its effect stands. */
export const isDone = async (
  scope: SellerScope,
  batchId: string,
  { step, order }: Pick<StepResult, 'step' | 'order'>,
): Promise<boolean> => {
  const id = stepIdOf(scope.sellerId, batchId, order, step)
  const row = await scope.maybeOne(sql.type(z.object({ outcome: z.string() }))`
    select outcome from processing_steps where seller_id = ${scope.sellerId} and id = ${id}`)
  return row?.outcome === 'done'
}

/** One row for each step; of the whole batch it may begin anew after it has ended. */
export const recordStep = async (
  scope: SellerScope,
  batchId: string,
  result: StepResult,
): Promise<void> => {
  const { step, order, outcome, code, message, output } = result
  const { sellerId } = scope
  const begins = outcome === 'started'
  const json = output === undefined ? null : JSON.stringify(output)
  // the run moves with every step that ends, so that a worker's death later is not held against it
  await scope.run(command`
    with counted as (
      update job_runs r set pages = r.pages + 1 from batches b
      where b.seller_id = ${sellerId} and b.id = ${batchId} and r.seller_id = b.seller_id
        and r.id = b.job_run_id and not ${begins}::boolean
    )
    insert into processing_steps as s (
      seller_id, id, batch_id, order_id, step, seq, outcome, code, message, output, attempts, ended_at
    )
    select ${sellerId}::uuid, ${stepIdOf(sellerId, batchId, order, step)}::uuid, ${batchId}::uuid,
      ${order}::uuid, ${step}, 1 + coalesce(max(seq), 0), ${outcome}, ${code ?? null},
      ${message ?? null}, ${json}::jsonb, ${begins ? 1 : 0},
      case when ${begins} then null else clock_timestamp() end
    from processing_steps where seller_id = ${sellerId} and batch_id = ${batchId}
    on conflict (seller_id, id) do update set
      outcome = excluded.outcome, code = excluded.code, message = excluded.message,
      output = coalesce(excluded.output, s.output), ended_at = excluded.ended_at,
      attempts = s.attempts + excluded.attempts`)
  if (order === null) return
  const held = outcome === 'held'
  await scope.run(command`
    update batch_orders
    set step = ${step}, updated_at = now(), state = case when ${held} then 'HELD' else state end,
      live = live and not ${held}, code = case when ${held} then ${code ?? 'held'} else code end,
      message = case when ${held} then ${
    message ?? 'The marketplace did not take it'
  } else message end
    where seller_id = ${sellerId} and batch_id = ${batchId} and order_id = ${order} and live`)
}

/** Who is invoiced for the order, as the marketplace says: kept for its papers. */
export const storeBillTo = async (
  scope: SellerScope,
  batchId: string,
  orderId: string,
  billTo: NonNullable<StepResult['billTo']>,
): Promise<void> => {
  await scope.run(command`
    update batch_orders set bill_to = ${JSON.stringify(billTo)}::jsonb
    where seller_id = ${scope.sellerId} and batch_id = ${batchId} and order_id = ${orderId}`)
}

const stepIdOf = (
  sellerId: string,
  batchId: string,
  order: string | null,
  step: string,
): string => idOf(sellerId, batchId, 'processing-step', order ?? '', step)

/** How a batch ends: what is still in it is done, or is left where the batch stopped. */
export const endBatch = async (
  scope: SellerScope,
  batchId: string,
  failed: { readonly code: string; readonly message: string } | null,
): Promise<void> => {
  const { sellerId } = scope
  await scope.run(command`
    update batch_orders
    set live = false, state = ${failed ? 'STOPPED' : 'DONE'}, updated_at = now()
    where seller_id = ${sellerId} and batch_id = ${batchId} and live`)
  await scope.run(command`
    update batches
    set state = ${failed ? 'FAILED' : 'DONE'}, finished_at = now(),
      failure_code = ${failed?.code ?? null}, failure_message = ${failed?.message ?? null}
    where seller_id = ${sellerId} and id = ${batchId} and state in ('QUEUED', 'RUNNING')`)
  // as runs of all kinds are counted: received = changed + rejected
  await scope.run(command`
    update job_runs r
    set received = c.received, changed = c.received - c.held, rejected = c.held,
      rejected_reasons = c.reasons
    from batches b, lateral (
      select count(*)::int4 as received,
        (count(*) filter (where o.state in ('HELD', 'STOPPED')))::int4 as held
      from batch_orders o where o.seller_id = b.seller_id and o.batch_id = b.id
    ) as n, lateral (
      select n.received, n.held, coalesce(jsonb_object_agg(g.code, g.orders), '{}') as reasons
      from (
        select coalesce(o.code, 'stopped') as code, count(*)::int4 as orders
        from batch_orders o
        where o.seller_id = b.seller_id and o.batch_id = b.id and o.state in ('HELD', 'STOPPED')
        group by 1
      ) as g
    ) as c
    where b.seller_id = ${sellerId} and b.id = ${batchId}
      and r.seller_id = b.seller_id and r.id = b.job_run_id`)
}
