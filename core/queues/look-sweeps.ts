/** How the sweeps stand in their store, for whoever looks whether they run. Starts none. */
import { Redis } from 'ioredis'
import { timeZone } from '../rules/cron.ts'
import { type JobQueue, openBackend, type SweepConnection } from './sweeps-connection.ts'

export interface SweepLook {
  readonly id: string
  /** The cron of its schedule; null: nobody has ever started it here. */
  readonly cron: string | null
  readonly nextAt: Date | null
  readonly lastEndedAt: Date | null
  /** Why its last run failed; null: it did not. */
  readonly lastFailure: string | null
}

/** Throws what the store says when it does not answer. */
export const lookAtSweeps = async (
  connection: SweepConnection,
  ids: readonly string[],
): Promise<readonly SweepLook[]> => {
  const backend = openBackend(connection)
  const looks: SweepLook[] = []
  // one after the other: each opens connections of its own
  for (const id of ids) {
    const queue = backend.queue(`robnu-${id}`)
    let failed: (error: Error) => void = () => {}
    const broken = new Promise<never>((_resolve, reject) => failed = reject)
    // whoever waits for nothing meets it nowhere
    broken.catch(() => {})
    queue.on('error', failed)
    try {
      looks.push(await Promise.race([look(queue, id), broken]))
    } finally {
      backend.giveUp()
      await queue.close().catch(() => {})
      await queue.disconnect().catch(() => {})
    }
  }
  return looks
}

const look = async (queue: JobQueue, id: string): Promise<SweepLook> => {
  await queue.waitUntilReady()
  const schedule = await queue.getJobScheduler(id)
  const ended = await queue.getJobs(['completed', 'failed'], 0, 0)
  const [last] = ended.toSorted((a, b) => (b.finishedOn ?? 0) - (a.finishedOn ?? 0))
  return {
    id,
    cron: schedule?.tz === timeZone ? schedule.pattern ?? null : null,
    nextAt: schedule?.next === undefined ? null : new Date(schedule.next),
    lastEndedAt: last?.finishedOn === undefined ? null : new Date(last.finishedOn),
    lastFailure: last?.failedReason ? last.failedReason : null,
  }
}

/** Whether a Redis forgets what it holds when its memory is full: `noeviction` is what it must say. */
export const evictionOf = async (url: string): Promise<string | null> => {
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: () => null,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const memory = await client.info('memory')
    return /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? null
  } finally {
    client.disconnect()
  }
}
