/** What workers do: a consumer for every queue, and for every target the room that does its work. */
import { compactArchive } from '../ledger/archive/compact-archive.ts'
import { type Consumers, runJob } from '../ledger/plugin-jobs.ts'
import type { PluginDeps } from '../ledger/plugin-context.ts'
import { fetchDocuments } from '../ledger/documents/run-documents.ts'
import { type ImportDeps, importFile } from '../ledger/imports/run-import.ts'
import { pushStock } from '../ledger/inventory/run-push.ts'
import { runStock } from '../ledger/inventory/run-stock.ts'
import { rotateKeys } from '../ledger/keys/run-walk.ts'
import { processAccount, type ProcessDeps } from '../ledger/processing/run-batch.ts'
import { indexOrders } from '../ledger/search/index-orders.ts'
import { syncAccount, type SyncDeps } from '../ledger/run-sync.ts'
import { eraseExpired, type RetentionDeps } from '../ledger/retention/run-retention.ts'
import { shred, type ShredDeps } from '../ledger/offboarding/shred.ts'
import { exportTenant } from '../ledger/tenant-export/run-export.ts'
import { verifyAccount } from '../ledger/verify-account.ts'
import type { QueueSpec } from '../plugin.ts'
import { startDeadLetters } from '../queues/dead-letters.ts'
import type { QueueOf } from '../queues/layout.ts'
import { isPluginWanted } from '../queues/plugins.ts'
import { runWorkItem, type RunWorkOptions } from '../queues/run-work.ts'
import type { Sqs } from '../queues/sqs.ts'
import { sellerCare, sellerJobBody, type SellerJobKind } from '../queues/seller-jobs.ts'
import type { RunTarget } from '../queues/targets.ts'
import { finishWork, type LeasedJob, type LeasedWork, workBody } from '../queues/work.ts'
import type { Files } from '../storage/files.ts'
import { startConsumer } from '../queues/worker.ts'
import { createInHand, type InHand } from './in-hand.ts'

/** What the handlers are given; each takes what it needs of it. */
export interface WorkDeps
  extends
    SyncDeps,
    PluginDeps,
    RetentionDeps,
    Omit<ShredDeps, 'files' | 'config' | 'keyring'>,
    Omit<ImportDeps, 'files'>,
    Omit<ProcessDeps, 'files'> {
  readonly files: Files
  readonly config: RetentionDeps['config'] & ShredDeps['config']
  readonly keyring: SyncDeps['keyring']
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

/** One line for each job of the core that is for a whole seller; each ends its item by `finishWork`. */
const sellerHandlers: Readonly<Partial<Record<SellerJobKind, SellerHandler>>> = {
  retention: eraseExpired,
  'tenant-export': exportTenant,
  'index-orders': indexOrders,
  'compact-archive': compactArchive,
  shred,
  'rotate-keys': rotateKeys,
}
type SellerHandler = (deps: WorkDeps, work: LeasedJob, signals: WorkSignals) => Promise<void>

export interface WorkersOptions {
  readonly deps: WorkDeps
  readonly sqs: Sqs
  /** Core's and plugins'. */
  readonly queues: readonly QueueSpec[]
  readonly leaseMs: number
  /** What of each plugin is in hand. */
  readonly inHand?: InHand
  /** Shorter times, for tests. */
  readonly pace?: Pick<RunWorkOptions, 'limitMs' | 'graceMs'> & {
    readonly retryDelayMs?: (receives: number) => number
    readonly lookEveryMs?: number
  }
}

export interface Workers {
  /** Begins to consume queues. */
  readonly add: (queues: readonly QueueSpec[]) => void
  /** What is in hand of these queues comes to its end, and what is not begun is given back. */
  readonly remove: (names: readonly string[]) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Answers how to stop: what is in hand comes to its end first. */
export const startWorkers = (options: WorkersOptions): () => Promise<void> =>
  openWorkers(options).stop

export const openWorkers = (options: WorkersOptions): Workers => {
  const { deps, sqs, queues, pace = {} } = options
  const handle = handlerOf(deps, options.inHand ?? createInHand())
  const running = new Map<string, () => Promise<void>>()
  const start = ({ name, kind }: QueueSpec) => {
    const consumer = consume(options, { name, kind }, handle)
    const stopDeadLetters = startDeadLetters({
      ...{ db: deps.db, sqs, log: deps.log, queues: [name] },
      ...pace.lookEveryMs === undefined ? {} : { everyMs: pace.lookEveryMs },
    })
    running.set(name, async () => {
      await Promise.all([stopDeadLetters(), consumer.drain()])
    })
  }
  const remove = async (names: readonly string[]): Promise<void> => {
    const stops = names.flatMap((name) => running.get(name) ?? [])
    for (const name of names) running.delete(name)
    await Promise.all(stops.map((stop) => stop()))
  }
  queues.forEach(start)
  return {
    add: (more) => more.filter(({ name }) => !running.has(name)).forEach(start),
    remove,
    stop: () => remove([...running.keys()]),
  }
}

type Handle = (work: LeasedWork | LeasedJob, signals: WorkSignals) => Promise<void>

const consume = (
  { deps, sqs, leaseMs, pace = {} }: WorkersOptions,
  { name, kind }: QueueSpec,
  handle: Handle,
) =>
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
      runWorkItem(deps.db, body, handle, { ...pace, log: deps.log, signal, draining, leaseMs }),
  })

/** Work whose plugin is not here waits: it is enabled elsewhere, or will be again. */
export const handlerOf = (deps: WorkDeps, inHand: InHand): Handle => async (work, signals) => {
  if (work.target === 'JOB' && work.queue === sellerCare) {
    return await careForSeller(deps, work, signals)
  }
  const plugin = work.target === 'JOB'
    ? deps.consumers.get(work.queue)?.plugin
    : deps.registry.find(work.marketplace)
  if (!plugin) return await putOff(deps, work)
  const { draining, end } = inHand.begin(plugin)
  try {
    if (work.target === 'JOB') await runJob(deps, work, signals)
    else {
      const asked = { ...signals, draining: AbortSignal.any([signals.draining, draining]) }
      await handlers[work.target](deps, work, asked)
    }
  } finally {
    end()
  }
}

const careForSeller: SellerHandler = async (deps, work, signals) => {
  const { job } = sellerJobBody.parse(work.body)
  const handle = sellerHandlers[job]
  if (handle === undefined) throw new Error(`Nobody here does the job "${job}"`)
  await handle(deps, work, signals)
}

const putOff = async ({ db }: WorkDeps, work: LeasedWork | LeasedJob): Promise<void> => {
  const { entry, itemId, lease, queue } = work
  const isOnItsWay = work.target === 'JOB' ||
    await db.withPlatformScope('plugins', (tx) => isPluginWanted(tx, work.pluginId))
  const delayMs = isOnItsWay ? soonMs : putOffMs
  await db.withSellerScope(entry, (scope) =>
    finishWork(scope, {
      ...{ itemId, lease, state: 'WAITING', delayMs, queue },
      // no attempt of anybody: nothing was asked
      ...{ progress: true, error: 'No plugin that is enabled here does this work' },
    }))
}
/** This process is about to enable it, or another one has it. */
const soonMs = 3_000
/** By its configuration this process has nothing to do with it. */
const putOffMs = 60_000
