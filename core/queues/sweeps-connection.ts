/** Where BullMQ keeps its jobs: in Redis, or in a schema of the database that is there anyway. */
import { createPostgresBackend, Queue, withBackend, Worker } from 'bullmq'

export type SweepConnection =
  | { readonly redisUrl: string }
  /** The platform login; the schema is made by `migrateSweeps`. */
  | { readonly postgresUrl: string; readonly schema: string }

/** What is used of BullMQ's queue, whichever store is behind it. */
export interface JobQueue {
  readonly waitUntilReady: () => Promise<unknown>
  readonly getJobScheduler: (id: string) => Promise<Schedule | undefined>
  readonly upsertJobScheduler: (
    id: string,
    repeat: { readonly pattern: string; readonly tz: string },
    template: { readonly name: string; readonly opts: KeepOptions },
  ) => Promise<unknown>
  readonly add: (
    name: string,
    data: Record<string, never>,
    options: KeepOptions & {
      readonly jobId: string
      readonly deduplication: { readonly id: string; readonly ttl: number }
    },
  ) => Promise<unknown>
  /** The newest of each kind from `start` to `end`, both counted. */
  readonly getJobs: (
    kinds: ('completed' | 'failed')[],
    start: number,
    end: number,
  ) => Promise<readonly { readonly finishedOn?: number; readonly failedReason?: string }[]>
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
  readonly close: () => Promise<void>
  readonly disconnect: () => Promise<void>
}
interface JobWorker {
  readonly waitUntilReady: () => Promise<unknown>
  readonly run: () => Promise<void>
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
  readonly close: () => Promise<void>
  readonly disconnect: () => Promise<void>
}
interface Schedule {
  readonly pattern?: string
  readonly tz?: string
  /** Epoch milliseconds. */
  readonly next?: number
}
interface KeepOptions {
  readonly removeOnComplete: number
  readonly removeOnFail: number
}
export interface Backend {
  readonly queue: (name: string) => JobQueue
  readonly worker: (name: string, run: () => Promise<void>) => JobWorker
  /** No attempt to reconnect is made any more. */
  readonly giveUp: () => void
}

/** After `giveUp` it takes no longer until no connection is tried any more. */
export const longestReconnectMs = 2_000
/** Of each queue and each worker; a worker listens on one more. */
const maxPostgresConnections = 2
// not by itself: a worker whose store refuses it at the start would ask again without a pause
const workerOptions = { concurrency: 1, runRetryDelay: 1_000, autorun: false }

export const openBackend = (connection: SweepConnection): Backend =>
  'redisUrl' in connection ? openRedis(connection.redisUrl) : openPostgres(connection)

const openRedis = (url: string): Backend => {
  let isOver = false
  // options, never an instance: BullMQ closes only what it has opened
  const connection = {
    url,
    maxRetriesPerRequest: null,
    connectTimeout: longestReconnectMs,
    retryStrategy: (times: number) => isOver ? null : Math.min(times * 200, longestReconnectMs),
  }
  return {
    queue: (name) => new Queue(name, { connection }),
    worker: (name, run) => new Worker(name, run, { ...workerOptions, connection }),
    giveUp: () => {
      isOver = true
    },
  }
}

const openPostgres = (options: { postgresUrl: string; schema: string }): Backend => {
  const bound = withBackend(createPostgresBackend)
  const connection = {
    connectionString: options.postgresUrl,
    schema: options.schema,
    max: maxPostgresConnections,
    // serving never changes the schema
    migrate: false,
  }
  return {
    queue: (name) => new bound.Queue(name, { connection }),
    worker: (name, run) => new bound.Worker(name, run, { ...workerOptions, connection }),
    // its pools connect when they are asked, never by themselves
    giveUp: () => {},
  }
}
