/** The relay: carries what stands in the outbox to SQS. Several may run; none overtakes another. */
import type { Database } from '../db/database.ts'
import type { Log } from '../log.ts'
import { claimRows, type ClaimedRow, nextDueMs, pruneRows, settleRows } from './outbox.ts'
import { watchOutage } from './outage.ts'
import { backoffMs, pause } from './pause.ts'
import type { Sqs } from './sqs.ts'

export interface RelayOptions {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly sqs: Pick<Sqs, 'sendBatch'>
  readonly log: Log
  /** Rows of one flight. */
  readonly limit?: number
  /** How long a killed relay keeps its rows from the others. */
  readonly claimMs?: number
  /** How long a row that was not accepted, and its group, wait for the next attempt. */
  readonly retryMs?: number
}
export interface Flight {
  readonly claimed: number
  readonly sent: number
  readonly failed: number
  /** See `nextDueMs`; undefined when the flight was full: there may be more. */
  readonly dueInMs: number | null | undefined
}

const reason = 'outbox-relay'
const maxRows = 200
/** The longest sending takes; less than a claim, so that a slow relay never meets the next one. */
const sendShare = 2 / 3

/**
 * One round: claim in a transaction, send outside of any, settle in a second one. Throws when the
 * database does not answer; a row that was sent and not settled is sent again, under the id by
 * which SQS knows it already.
 */
export const relayOnce = async (options: RelayOptions): Promise<Flight> => {
  const { db, sqs, log, limit = maxRows, claimMs = 30_000, retryMs = 5_000 } = options
  const { rows, dueInMs } = await db.withPlatformScope(reason, async (tx) => {
    const rows = await claimRows(tx, { limit, claimMs })
    return { rows, dueInMs: rows.length === 0 ? await nextDueMs(tx) : undefined }
  })
  if (rows.length === 0) return { claimed: 0, sent: 0, failed: 0, dueInMs }

  const signal = AbortSignal.timeout(claimMs * sendShare)
  const queues = [...Map.groupBy(rows, ({ queue }) => queue)]
  const accepted = await Promise.all(
    queues.map(([queue, ofQueue]) => send(sqs, log, queue, ofQueue, signal)),
  )
  const ids = new Set(accepted.flat())
  const sent = rows.filter(({ id }) => ids.has(id))
  const failed = rows.filter(({ id }) => !ids.has(id))
  await db.withPlatformScope(reason, (tx) => settleRows(tx, { sent, failed, retryMs }))
  return { claimed: rows.length, sent: sent.length, failed: failed.length, dueInMs: undefined }
}

/** The ids that SQS took. */
const send = async (
  sqs: RelayOptions['sqs'],
  log: Log,
  queue: string,
  rows: readonly ClaimedRow[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  try {
    const results = await sqs.sendBatch(queue, rows, signal)
    const reasons = new Set(results.flatMap((result) => result.sent ? [] : [result.reason]))
    const sent = results.flatMap((result) => result.sent ? [result.id] : [])
    if (reasons.size > 0) {
      const failed = results.length - sent.length
      log.warn('relay.not-accepted', { queue, failed, reasons: [...reasons] })
    }
    return sent
  } catch (error) {
    log.error('relay.failed', { queue, failed: rows.length, error })
    return []
  }
}

export interface Relay {
  /** Call it after a commit that stored messages: they leave at once. */
  readonly wake: () => void
  /** Resolves when the flight in hand has ended after the signal aborted. */
  readonly done: Promise<void>
}
export interface RelayLoop extends RelayOptions {
  readonly signal: AbortSignal
  /** How often to look when something is due but held back. */
  readonly pollMs?: number
  /** How often to look when nothing is due: other processes do not wake this relay. */
  readonly idleMs?: number
  readonly now?: () => Date
}

const longestBackoffMs = 5_000
const pruneEveryMs = 10 * 60_000
/** Long enough to see in the database what was sent yesterday. */
const keepSentMs = 24 * 3600_000

/** Runs until the signal aborts; an error of the database makes it wait, never end. */
export const startRelay = (options: RelayLoop): Relay => {
  const { signal, pollMs = 250, idleMs = 1_000, now = () => new Date() } = options
  const outage = watchOutage(options.log, 'relay')
  let nap = new AbortController()
  let prunedAt = Number.NEGATIVE_INFINITY

  const round = async (): Promise<number> => {
    const flight = await relayOnce(options)
    if (flight.dueInMs === undefined) return 0
    if (now().getTime() - prunedAt > pruneEveryMs) {
      const before = new Date(now().getTime() - keepSentMs)
      await options.db.withPlatformScope(reason, (tx) => pruneRows(tx, before))
      prunedAt = now().getTime()
    }
    if (flight.dueInMs === null) return idleMs
    return flight.dueInMs <= 0 ? pollMs : Math.min(flight.dueInMs, idleMs)
  }
  const loop = async (): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      nap = new AbortController()
      let restMs: number
      try {
        restMs = await round()
        failures = 0
        outage.worked()
      } catch (error) {
        outage.failed(error)
        restMs = backoffMs(++failures, pollMs, longestBackoffMs)
      }
      if (restMs > 0) await pause(restMs, AbortSignal.any([signal, nap.signal]))
    }
  }
  return { wake: () => nap.abort(), done: loop() }
}
