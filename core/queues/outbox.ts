/** The outbox: messages that are stored with the change that asks for them, and sent afterwards. */
import { z } from 'zod'
import { textArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'

/** Stores a message that leaves when the scope has committed; `group` keeps its order. */
export const sendLater = async (
  scope: SellerScope,
  message: { readonly queue: string; readonly group: string; readonly body: unknown },
): Promise<void> => {
  const { queue, group, body } = message
  await scope.run(command`
    insert into outbox (seller_id, id, queue, group_key, body)
    values (${scope.sellerId}, ${newId()}, ${queue}, ${group}, ${JSON.stringify(body)}::jsonb)`)
}

/** A row that one relay has taken, for a while. */
export interface ClaimedRow {
  readonly sellerId: string
  readonly id: string
  readonly queue: string
  readonly group: string
  readonly body: string
  /** Until when, as text: it is also what tells this claim from a later one of another relay. */
  readonly claim: string
}

/**
 * Takes due rows, the oldest first. A group of a queue is left alone while one of its rows is in
 * other hands: claimed, or locked by a claim or an answer that has not committed yet (`missing`).
 * Rows that failed stay claimed by nobody for a while, which holds back the ones behind them.
 */
export const claimRows = async (
  tx: Tx,
  options: {
    readonly limit: number
    readonly claimMs: number
    /** Queues to leave alone. */
    readonly except: readonly string[]
  },
): Promise<readonly ClaimedRow[]> => {
  const rows = await tx.any(sql.type(claimedRow)`
    with due as materialized (
      select seller_id, id, queue, group_key
      from outbox
      where sent_at is null and not_before <= now()
        and queue <> all (${textArray(options.except)}::text[])
        and (queue, group_key) not in (
          select queue, group_key from outbox where sent_at is null and claimed_until > now())
      order by created_at, id
      limit ${options.limit}
    ), locked as materialized (
      select o.seller_id, o.id
      from due d
      join outbox o on o.seller_id = d.seller_id and o.id = d.id
      where o.sent_at is null and (o.claimed_until is null or o.claimed_until <= now())
      for update of o skip locked
    ), missing as materialized (
      select queue, group_key from due where (seller_id, id) not in (select seller_id, id from locked)
    ), claimed as (
      update outbox o
      set claimed_until = now() + ${options.claimMs}::double precision * interval '1 millisecond'
      from due d
      where o.seller_id = d.seller_id and o.id = d.id
        and (d.queue, d.group_key) not in (select queue, group_key from missing)
      returning o.*
    )
    select seller_id, id, queue, group_key, body::text as body, claimed_until::text as claim
    from claimed
    order by created_at, id`)
  return rows.map(({ seller_id, group_key, ...row }) => ({
    ...row,
    sellerId: seller_id,
    group: group_key,
  }))
}

const claimedRow = z.object({
  seller_id: z.string(),
  id: z.string(),
  queue: z.string(),
  group_key: z.string(),
  body: z.string(),
  claim: z.string(),
})

/** Marks what was sent; what was not is claimed by nobody for `retryMs`, unless it is already. */
export const settleRows = async (
  tx: Tx,
  rows: {
    readonly sent: readonly ClaimedRow[]
    readonly failed: readonly ClaimedRow[]
    readonly retryMs: number
  },
): Promise<void> => {
  const { sent, failed, retryMs } = rows
  if (sent.length > 0) {
    await tx.run(command`
      update outbox o set sent_at = clock_timestamp(), claimed_until = null
      from unnest(${sellersOf(sent)}::uuid[], ${idsOf(sent)}::uuid[]) as s (seller_id, id)
      where o.seller_id = s.seller_id and o.id = s.id and o.sent_at is null`)
  }
  const [one] = failed
  if (one) {
    await tx.run(command`
      update outbox o
      set claimed_until = clock_timestamp() + ${retryMs}::double precision * interval '1 millisecond'
      from unnest(${sellersOf(failed)}::uuid[], ${idsOf(failed)}::uuid[]) as f (seller_id, id)
      where o.seller_id = f.seller_id and o.id = f.id and o.sent_at is null
        and o.claimed_until = ${one.claim}::timestamptz`)
  }
}

/**
 * In how many milliseconds something can be taken: 0 or less when it is due and held back by
 * another relay or by a failure, null when nothing waits.
 */
export const nextDueMs = async (
  tx: Tx,
  except: readonly string[],
): Promise<number | null> => {
  const row = await tx.maybeOne(sql.type(z.object({ due_in_ms: z.number() }))`
    select extract(epoch from not_before - clock_timestamp())::double precision * 1000 as due_in_ms
    from outbox
    where sent_at is null and queue <> all (${textArray(except)}::text[])
    order by not_before
    limit 1`)
  return row?.due_in_ms ?? null
}

/** Deletes the oldest rows that were sent before the instant; answers how many. */
export const pruneRows = async (tx: Tx, before: Date, limit = 5_000): Promise<number> =>
  await tx.run(command`
    delete from outbox o
    using (
      select seller_id, id from outbox
      where sent_at < ${before.toISOString()}::timestamptz
      order by sent_at
      limit ${limit}
      for update skip locked
    ) old
    where o.seller_id = old.seller_id and o.id = old.id`)

const sellersOf = (rows: readonly ClaimedRow[]) => uuidArray(rows.map(({ sellerId }) => sellerId))
const idsOf = (rows: readonly ClaimedRow[]) => uuidArray(rows.map(({ id }) => id))
