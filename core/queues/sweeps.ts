/** Sweeps: jobs by the clock, once for all processes together, on BullMQ. */
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { watchOutage } from './outage.ts'
import { pause, settlesWithin } from './pause.ts'
import { timeZone } from '../rules/cron.ts'
import {
  type Backend,
  type JobQueue,
  longestReconnectMs,
  openBackend,
  type SweepConnection,
} from './sweeps-connection.ts'

export { migrateSweeps } from './sweeps-migrate.ts'

export interface Sweep {
  /** Kebab-case; the queue is named `robnu-<id>`. */
  readonly id: string
  /** Five fields, Asia/Kolkata. */
  readonly cron: string
  /** Must be safe to repeat. The signal aborts when the time to finish is over. */
  readonly run: (signal: AbortSignal) => Promise<void>
}
export interface SweepsOptions {
  readonly connection: SweepConnection
  readonly sweeps: readonly Sweep[]
  readonly log: Log
  /** How long the start waits for the store. */
  readonly readyLimitMs?: number
  /** How often to look whether the schedules are still there: Redis may have forgotten them. */
  readonly guardMs?: number
}
export interface Sweeps {
  /** Waits for the runs in hand up to the limit, then aborts them; leaves no connection behind. */
  readonly close: (limitMs?: number) => Promise<void>
  /** Asks for a run at once; processes that ask together ask for one. */
  readonly runNow: (id: string) => Promise<void>
  /** As those of the start. Throws when the store does not answer. */
  readonly add: (sweep: Sweep) => Promise<void>
  /** Waits for the run in hand as `close` does; its schedule stays in the store, and makes one run. */
  readonly remove: (id: string, limitMs?: number) => Promise<void>
}

/** Processes that start together ask for one immediate run between them. */
const startedTogetherMs = 10_000
/** How often to look for the schedule while the store does not answer. */
const guardDownMs = 2_000
/** A next run that is so long overdue was lost. */
const overdueMs = 120_000
/** Attempts to set a schedule that other processes set too, and the rest between two. */
const setAttempts = 3
const setAgainMs = 50
/** What an aborted run, and a connection, may take to end. */
const graceMs = 2_000
/** Jobs that BullMQ keeps to look at, of each sweep. */
const kept = { removeOnComplete: 20, removeOnFail: 100 }

/**
 * Schedules every sweep, asks for one run at once and works them off, one at a time for each sweep
 * and process. Throws when the store does not answer at the start; later it waits for it.
 */
export const startSweeps = async (options: SweepsOptions): Promise<Sweeps> => {
  const { connection, sweeps, readyLimitMs = 10_000 } = options
  const running = new Map<string, RunningSweep>()
  const close = async (limitMs = 10_000): Promise<void> => {
    await Promise.all([...running.values()].map((sweep) => sweep.close(limitMs)))
  }
  const add = async (sweep: Sweep): Promise<void> => {
    // each has a backend of its own: it gives up alone
    const one = openSweep(sweep, openBackend(connection), options)
    running.set(sweep.id, one)
    await one.start(readyLimitMs)
  }
  const remove = async (id: string, limitMs = 10_000): Promise<void> => {
    const one = running.get(id)
    running.delete(id)
    await one?.close(limitMs)
  }
  try {
    for (const sweep of sweeps) await add(sweep)
  } catch (error) {
    await close(0)
    throw error
  }
  return {
    close,
    runNow: async (id) => await running.get(id)?.runNow(),
    add: async (sweep) => {
      try {
        await add(sweep)
      } catch (error) {
        await remove(sweep.id, 0)
        throw error
      }
    },
    remove,
  }
}

interface RunningSweep {
  readonly start: (readyLimitMs: number) => Promise<void>
  readonly runNow: () => Promise<void>
  readonly close: (limitMs: number) => Promise<void>
}

const openSweep = (sweep: Sweep, backend: Backend, options: SweepsOptions): RunningSweep => {
  const { guardMs = 30_000 } = options
  const log = options.log.with({ sweep: sweep.id })
  const name = `robnu-${sweep.id}`
  const outage = watchOutage(log, 'sweep.store')
  const closing = new AbortController()
  const aborting = new AbortController()
  let isDown = false
  let nap = new AbortController()
  const failed = (error: unknown): void => {
    // a connection that we close ourselves has nothing to report
    if (closing.signal.aborted) return
    isDown = true
    outage.failed(error)
    nap.abort()
  }
  const run = async (): Promise<void> => {
    try {
      await sweep.run(aborting.signal)
    } catch (error) {
      log.error('sweep.failed', { error })
      throw error
    }
  }
  const queue = backend.queue(name)
  const worker = backend.worker(name, run)
  queue.on('error', failed)
  worker.on('error', failed)

  const guard = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      nap = new AbortController()
      // an error cuts the long rest short, and is followed by a short one
      await pause(guardMs, AbortSignal.any([closing.signal, nap.signal]))
      while (isDown && !closing.signal.aborted) {
        await pause(guardDownMs, closing.signal)
        isDown = false
        await ensureSchedule(queue, sweep).catch(failed)
      }
      if (closing.signal.aborted) return
      await ensureSchedule(queue, sweep).then(outage.worked, failed)
    }
  }
  const runNow = async (): Promise<void> => {
    const deduplication = { id: 'start', ttl: startedTogetherMs }
    // an id of its own: for one of BullMQ's making the login would have to make a sequence
    await queue.add(sweep.id, {}, { ...kept, deduplication, jobId: `start-${newId()}` })
  }
  return {
    runNow,
    start: async (readyLimitMs) => {
      const ready = Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
      if (!await settlesWithin(ready, readyLimitMs)) {
        throw new Error(`Cannot start the sweep "${sweep.id}": its store does not answer`)
      }
      await ready
      worker.run().catch(failed)
      await ensureSchedule(queue, sweep)
      await runNow()
      void guard()
    },
    close: async (limitMs) => {
      closing.abort()
      backend.giveUp()
      // closed between two attempts to reconnect, a client of Redis never says that it has ended
      if (outage.isDown()) await pause(longestReconnectMs)
      const closed = worker.close()
      if (!await settlesWithin(closed, limitMs)) {
        aborting.abort(new Error('The time to finish is over'))
        await settlesWithin(closed, graceMs)
      }
      await settlesWithin(closed.then(() => queue.close()), graceMs)
      // a run that heeds no signal keeps its worker open
      await settlesWithin(Promise.all([worker.disconnect(), queue.disconnect()]), graceMs)
    },
  }
}

/**
 * Set only where it is missing or another one: setting it again drops a run that is due just now.
 * BullMQ on PostgreSQL refuses one of two processes that set the same schedule at the same moment;
 * the refused one looks again, and finds the schedule of the other.
 */
const ensureSchedule = async (
  queue: JobQueue,
  sweep: Sweep,
  attemptsLeft = setAttempts,
): Promise<void> => {
  if (await isScheduled(queue, sweep)) return
  const { id, cron } = sweep
  try {
    await queue.upsertJobScheduler(id, { pattern: cron, tz: timeZone }, { name: id, opts: kept })
  } catch (error) {
    if (attemptsLeft <= 1) throw error
    await pause(setAgainMs)
    await ensureSchedule(queue, sweep, attemptsLeft - 1)
  }
}

const isScheduled = async (queue: JobQueue, { id, cron }: Sweep): Promise<boolean> => {
  const found = await queue.getJobScheduler(id)
  return found?.pattern === cron && found.tz === timeZone &&
    (found.next ?? 0) > Date.now() - overdueMs
}
