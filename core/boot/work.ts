/** What workers do: a consumer for every queue, and for every target the room that does its work. */
import { type Consumers, runJob } from '../ledger/plugin-jobs.ts'
import type { PluginDeps } from '../ledger/plugin-context.ts'
import { fetchDocuments } from '../ledger/documents/run-documents.ts'
import { type ImportDeps, importFile } from '../ledger/imports/run-import.ts'
import { pushStock } from '../ledger/inventory/run-push.ts'
import { runStock } from '../ledger/inventory/run-stock.ts'
import { processAccount, type ProcessDeps } from '../ledger/processing/run-batch.ts'
import { syncAccount, type SyncDeps } from '../ledger/run-sync.ts'
import { verifyAccount } from '../ledger/verify-account.ts'
import type { QueueSpec } from '../plugin.ts'
import { startDeadLetters } from '../queues/dead-letters.ts'
import type { QueueOf } from '../queues/layout.ts'
import { runWorkItem, type RunWorkOptions } from '../queues/run-work.ts'
import type { Sqs } from '../queues/sqs.ts'
import type { RunTarget } from '../queues/targets.ts'
import { type LeasedWork, workBody } from '../queues/work.ts'
import type { Files } from '../storage/files.ts'
import { startConsumer } from '../queues/worker.ts'

/** What the handlers are given; each takes what it needs of it. */
export interface WorkDeps
  extends SyncDeps, PluginDeps, Omit<ImportDeps, 'files'>, Omit<ProcessDeps, 'files'> {
  readonly files: Files
  readonly queueOf: QueueOf
  /** Of plugins. */
  readonly consumers: Consumers
}
interface WorkSignals {
  /** Give up now: the lease is lost, or the time to finish is over. */
  readonly signal: AbortSignal
  /** Come to an end with the step in hand. */
  readonly draining: AbortSignal
}
/** Does a slice, and ends it by `finishWork` in the transaction of its last change. */
type Handler = (deps: WorkDeps, work: LeasedWork, signals: WorkSignals) => Promise<void>

/** One line for each target. */
const handlers: Readonly<Record<RunTarget, Handler>> = {
  ORDERS: syncAccount,
  RETURNS: syncAccount,
  PAYOUTS: syncAccount,
  INVENTORY: pushStock,
  PROCESSING: processAccount,
  STOCK: runStock,
  DOCUMENTS: fetchDocuments,
  SESSION: verifyAccount,
  IMPORT: importFile,
}

export interface WorkersOptions {
  readonly deps: WorkDeps
  readonly sqs: Sqs
  /** Core's and plugins'. */
  readonly queues: readonly QueueSpec[]
  readonly leaseMs: number
  /** Shorter times, for tests. */
  readonly pace?: Pick<RunWorkOptions, 'limitMs' | 'graceMs'> & {
    readonly retryDelayMs?: (receives: number) => number
    readonly lookEveryMs?: number
  }
}

/** Answers how to stop: what is in hand comes to its end first. */
export const startWorkers = (
  { deps, sqs, queues, leaseMs, pace = {} }: WorkersOptions,
): () => Promise<void> => {
  const consumers = queues.map(({ name, kind }) =>
    startConsumer({
      sqs,
      queue: name,
      ordered: kind === 'fifo',
      concurrency: kind === 'fifo' ? 4 : 10,
      ...pace.retryDelayMs === undefined ? {} : { retryDelayMs: pace.retryDelayMs },
      body: workBody,
      visibilityMs: leaseMs,
      log: deps.log,
      handle: (body, { signal, draining }) =>
        runWorkItem(
          deps.db,
          body,
          (work, { signal, draining }) =>
            work.target === 'JOB'
              ? runJob(deps, work, { signal })
              : handlers[work.target](deps, work, { signal, draining }),
          { ...pace, log: deps.log, signal, draining, leaseMs },
        ),
    })
  )
  const stopDeadLetters = startDeadLetters({
    ...{ db: deps.db, sqs, log: deps.log },
    ...pace.lookEveryMs === undefined ? {} : { everyMs: pace.lookEveryMs },
    queues: queues.map(({ name }) => name),
  })
  return async () => {
    await Promise.all([stopDeadLetters(), ...consumers.map(({ drain }) => drain())])
  }
}
