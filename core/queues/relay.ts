/** The relay as a service: flights for as long as the process lives. */
import type { Log } from '../log.ts'
import { pruneRows } from './outbox.ts'
import { type Outage, watchOutage } from './outage.ts'
import { backoffMs, pause } from './pause.ts'
import { type Flight, type FlightOptions, relayOnce, relayReason } from './relay-flight.ts'

export interface Relay {
  /** Call it after a commit that stored messages: they leave at once. */
  readonly wake: () => void
  /** Resolves when the flight in hand has ended after the signal aborted. */
  readonly done: Promise<void>
}
export interface RelayOptions extends Omit<FlightOptions, 'except'> {
  readonly log: Log
  readonly signal: AbortSignal
  /** How often to look when something is due but held back. */
  readonly pollMs?: number
  /** How often to look when nothing is due: other processes do not wake this relay. */
  readonly idleMs?: number
  readonly now?: () => Date
}

const longestBackoffMs = 5_000
const longestRestMs = 10_000
const pruneEveryMs = 10 * 60_000
/** Long enough to see in the database what was sent yesterday. */
const keepSentMs = 24 * 3600_000
const maxPruned = 5_000

/** Runs until the signal aborts; an error makes it wait, never end. */
export const startRelay = (options: RelayOptions): Relay => {
  const { db, log, signal, pollMs = 250, idleMs = 1_000, now = () => new Date() } = options
  const outage = watchOutage(log, 'relay')
  const rests = createRests(log)
  let nap = new AbortController()
  let prunedAt = Number.NEGATIVE_INFINITY

  const prune = async (): Promise<void> => {
    const at = now().getTime()
    if (at - prunedAt < pruneEveryMs) return
    const before = new Date(at - keepSentMs)
    const pruned = await db.withPlatformScope(relayReason, (tx) => pruneRows(tx, before, maxPruned))
    if (pruned < maxPruned) prunedAt = at
  }
  const round = async (): Promise<number> => {
    const flight = await relayOnce({ ...options, except: rests.queues() })
    rests.note(flight)
    await prune()
    if (flight.dueInMs === undefined) return 0
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

/**
 * Queues that took nothing are left alone for a while, longer each time: what waits for them must
 * not fill the flights of the others.
 */
const createRests = (log: Log) => {
  const resting = new Map<string, { failures: number; until: number; outage: Outage }>()
  return {
    queues: (): readonly string[] =>
      [...resting].flatMap(([queue, { until }]) => until > performance.now() ? [queue] : []),
    note: ({ queues }: Flight): void => {
      for (const { queue, sent, failed, reasons, error } of queues) {
        if (failed > 0 && sent.length > 0) {
          log.warn('relay.not-accepted', { queue, sent: sent.length, failed, reasons })
        }
        const rest = resting.get(queue)
        if (sent.length > 0) {
          rest?.outage.worked()
          resting.delete(queue)
          continue
        }
        const failures = (rest?.failures ?? 0) + 1
        const until = performance.now() + backoffMs(failures, 1_000, longestRestMs)
        const down = rest?.outage ?? watchOutage(log.with({ queue }), 'relay.queue')
        down.failed(error ?? reasons)
        resting.set(queue, { failures, until, outage: down })
      }
    },
  }
}
