/** One flight of the relay: carries what is due in the outbox to SQS. */
import type { Database } from '../db/database.ts'
import { type ClaimedRow, claimRows, nextDueMs, settleRows } from './outbox.ts'
import type { Sqs } from './sqs.ts'

export interface FlightOptions {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly sqs: Pick<Sqs, 'sendBatch'>
  /** Rows of one flight. */
  readonly limit?: number
  /** How long a killed relay keeps its rows from the others. */
  readonly claimMs?: number
  /** How long a row that was not accepted, and its group, wait for the next attempt. */
  readonly retryMs?: number
  /** Queues to leave alone this time. */
  readonly except?: readonly string[]
}
export interface Flight {
  readonly claimed: number
  readonly sent: number
  /** One for each queue that rows were claimed for. */
  readonly queues: readonly QueueFlight[]
  /** See `nextDueMs`; undefined when something was claimed: there may be more. */
  readonly dueInMs: number | null | undefined
}
interface QueueFlight {
  readonly queue: string
  /** Ids of the rows that SQS took. */
  readonly sent: readonly string[]
  readonly failed: number
  /** Why some were not accepted, each reason once; or the error that no row got past. */
  readonly reasons: readonly string[]
  readonly error?: unknown
}

export const relayReason = 'outbox-relay'
const maxRows = 200
/** The longest sending takes; less than a claim, so that a slow relay never meets the next one. */
const sendShare = 2 / 3

/**
 * Claims in a transaction, sends outside of any, settles in a second one. Several processes may do
 * it at once; none overtakes another in a group. Throws when the database does not answer: a row
 * that was sent and not settled is sent again, under the id by which SQS knows it already.
 */
export const relayOnce = async (options: FlightOptions): Promise<Flight> => {
  const { db, sqs, limit = maxRows, claimMs = 30_000, retryMs = 5_000, except = [] } = options
  const { rows, dueInMs } = await db.withPlatformScope(relayReason, async (tx) => {
    const rows = await claimRows(tx, { limit, claimMs, except })
    return { rows, dueInMs: rows.length === 0 ? await nextDueMs(tx, except) : undefined }
  })
  if (rows.length === 0) return { claimed: 0, sent: 0, queues: [], dueInMs }

  const signal = AbortSignal.timeout(claimMs * sendShare)
  const queues = await Promise.all(
    [...Map.groupBy(rows, ({ queue }) => queue)].map(([queue, ofQueue]) =>
      send(sqs, queue, ofQueue, signal)
    ),
  )
  const accepted = new Set(queues.flatMap(({ sent }) => sent))
  const sent = rows.filter(({ id }) => accepted.has(id))
  const failed = rows.filter(({ id }) => !accepted.has(id))
  await db.withPlatformScope(relayReason, (tx) => settleRows(tx, { sent, failed, retryMs }))
  return { claimed: rows.length, sent: sent.length, queues, dueInMs: undefined }
}

const send = async (
  sqs: FlightOptions['sqs'],
  queue: string,
  rows: readonly ClaimedRow[],
  signal: AbortSignal,
): Promise<QueueFlight> => {
  try {
    const results = await sqs.sendBatch(queue, rows, signal)
    const sent = results.flatMap((result) => result.sent ? [result.id] : [])
    const reasons = new Set(results.flatMap((result) => result.sent ? [] : [result.reason]))
    return { queue, sent, failed: rows.length - sent.length, reasons: [...reasons] }
  } catch (error) {
    return { queue, sent: [], failed: rows.length, reasons: [], error }
  }
}
