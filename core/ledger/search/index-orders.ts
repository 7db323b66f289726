/** Makes the blind indexes of orders that were stored before there were any: job `index-orders`. */
import { z } from 'zod'
import { emailIndex, phoneIndex } from '../../crypto/blind-index.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { SellerKeys } from '../../crypto/keys.ts'
import { openFields } from '../../crypto/opening.ts'
import { bytesArray, uuidArray } from '../../db/arrays.ts'
import type { Database, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import type { Log } from '../../log.ts'
import { holdSellerJob, requestSellerJob } from '../../queues/seller-jobs.ts'
import { finishWork, type LeasedJob } from '../../queues/work.ts'

export interface IndexDeps {
  readonly db: Database
  readonly keyring: Pick<Keyring, 'toOpen'>
  readonly log: Log
  readonly now: () => number
  /** How long one slice may take. */
  readonly sliceMs: number
}

/** Orders in one transaction: locked for some 20 ms, and skipped by us when somebody else has them. */
const usualBatch = 500
/** Between two slices of one walk: others get their turn. */
const soonMs = 200
/** Behind the first pass: by then no process of the release before is left. */
const nextPassMs = 24 * 3_600_000

/**
 * Runs one slice. The place of the walk is stored with every batch, so a killed worker loses at most the
 * batch in hand; an index that is there already is left alone.
 */
export const indexOrders = async (
  deps: IndexDeps,
  work: LeasedJob,
  { signal, draining }: { readonly signal: AbortSignal; readonly draining: AbortSignal },
  batch = usualBatch,
): Promise<void> => {
  const { db, keyring, log, now, sliceMs } = deps
  const until = now() + sliceMs
  let indexed = 0
  for (;;) {
    signal.throwIfAborted()
    const keys = await keyring.toOpen(work.entry)
    const mayGoOn = now() < until && !draining.aborted
    const step = await db.withSellerScope(work.entry, async (scope) => {
      const walked = await walkOn(scope, keys, batch)
      if (walked.ended || !mayGoOn) await end(scope, work, walked.ended)
      return walked
    })
    indexed += step.indexed
    if (step.ended || !mayGoOn) break
  }
  log.info('search.indexed', { orders: indexed })
}

const walkRow = z.object({ position: z.string().nullable() })
const blob = z.instanceof(Uint8Array).nullable()
const orderRow = z.object({
  id: z.string(),
  customer_phone_enc: blob,
  customer_email_enc: blob,
})

const walkOn = async (
  scope: SellerScope,
  keys: SellerKeys | null,
  batch: number,
): Promise<{ readonly indexed: number; readonly ended: boolean }> => {
  const { sellerId } = scope
  const walk = await scope.maybeOne(sql.type(walkRow)`
    select position from order_index_walks where seller_id = ${sellerId}`)
  // without keys nothing was ever sealed
  if (walk === null || keys === null) return { indexed: 0, ended: true }
  const behind = walk.position === null
    ? sql.fragment``
    : sql.fragment`and id > ${walk.position}::uuid`
  const ids = await scope.any(sql.type(z.object({ id: z.string() }))`
    select id from orders where seller_id = ${sellerId} ${behind} order by id limit ${batch}`)
  const last = ids.at(-1)
  if (last === undefined) return { indexed: 0, ended: true }
  // who holds one of them stores it in this release, with its indexes
  const rows = await scope.any(sql.type(orderRow)`
    select id,
      case when customer_phone_idx is null then customer_phone_enc end as customer_phone_enc,
      case when customer_email_idx is null then customer_email_enc end as customer_email_enc
    from orders
    where seller_id = ${sellerId} and id = any(${uuidArray(ids.map(({ id }) => id))}::uuid[])
      and ((customer_phone_enc is not null and customer_phone_idx is null)
        or (customer_email_enc is not null and customer_email_idx is null))
    for no key update skip locked`)
  await write(scope, keys, rows)
  await scope.run(command`
    update order_index_walks set position = ${last.id} where seller_id = ${sellerId}`)
  return { indexed: rows.length, ended: false }
}

const write = async (
  scope: SellerScope,
  keys: SellerKeys,
  rows: readonly z.infer<typeof orderRow>[],
): Promise<void> => {
  if (rows.length === 0) return
  const opened = await openFields(scope, keys, {
    table: 'orders',
    purpose: 'orders.index',
    rows: rows.map(({ id, ...fields }) => ({ id, fields })),
  })
  const indexes = (of: 'customer_phone_enc' | 'customer_email_enc', make: typeof phoneIndex) =>
    bytesArray(opened.map((fields) => fields[of] ? make(keys, fields[of]) : null))
  await scope.run(command`
    update orders o set
      customer_phone_idx = coalesce(o.customer_phone_idx, u.phone),
      customer_email_idx = coalesce(o.customer_email_idx, u.email)
    from unnest(${uuidArray(rows.map(({ id }) => id))}::uuid[],
      ${indexes('customer_phone_enc', phoneIndex)}::bytea[],
      ${indexes('customer_email_enc', emailIndex)}::bytea[]) as u (id, phone, email)
    where o.seller_id = ${scope.sellerId} and o.id = u.id`)
}

/** The item goes back while there is more; at the end of a pass the sweep asks for the next one. */
const end = async (
  scope: SellerScope,
  { itemId, lease, queue }: LeasedJob,
  ended: boolean,
): Promise<void> => {
  if (!ended) {
    const more = { state: 'WAITING', queue, delayMs: soonMs, progress: true } as const
    return await finishWork(scope, { itemId, lease, ...more })
  }
  await holdSellerJob(scope, 'index-orders')
  await scope.run(command`
    delete from order_index_walks where seller_id = ${scope.sellerId} and passes_left = 1`)
  await scope.run(command`
    update order_index_walks set passes_left = passes_left - 1, position = null,
      due_at = now() + ${nextPassMs / 1000} * interval '1 second'
    where seller_id = ${scope.sellerId} and passes_left > 1`)
  await finishWork(scope, { itemId, lease, state: 'DONE' })
}

/** Sellers for whom the job is asked at one time of the sweep. */
const mostAsked = 1_000

/**
 * Asks for the job of those whose walk is due, and again in an hour while it is not done. Answers for
 * how many.
 */
export const askForIndexes = (db: Pick<Database, 'withPlatformScope'>): Promise<number> =>
  db.withPlatformScope('scheduling-sweep', async (tx) => {
    const due = await tx.any(sql.type(z.object({ seller_id: z.string() }))`
      update order_index_walks set due_at = now() + interval '1 hour'
      where seller_id in (
        select w.seller_id from order_index_walks w join sellers s on s.id = w.seller_id
        where w.due_at <= now() and s.status <> 'OFFBOARDED'
        order by w.due_at limit ${mostAsked} for update of w skip locked)
      returning seller_id`)
    for (const { seller_id: sellerId } of due) {
      await requestSellerJob(tx, { sellerId, job: 'index-orders' })
    }
    return due.length
  })
