/** Queues, dead letters and switches, put together for a command. */
import { sweepIds } from '#core/boot/sweeps.ts'
import { type Host, openHost, stopProcesses } from '#core/host/host.ts'
import { createStaffDeadLetters, type StaffDeadLetters } from '#core/ledger/dead-letters.ts'
import { silentLog } from '#core/log.ts'
import { coreQueues } from '#core/queues/layout.ts'
import { type QueueStats, readQueueStats } from '#core/queues/queue-stats.ts'
import { createSqs } from '#core/queues/sqs.ts'
import { createSwitches, type Switches } from '#core/queues/switches.ts'
import type { CommandIo } from './command.ts'
import { asOperator } from './operator.ts'
import { awsOf, type Platform, withPlatform } from './platform.ts'

export interface QueueDesk {
  readonly io: CommandIo
  readonly queues: readonly string[]
  readonly letters: (by: string) => StaffDeadLetters
  readonly switches: (by: string) => Switches
  readonly stats: () => Promise<readonly QueueReport[]>
}
export interface QueueReport extends QueueStats {
  /** As SQS counts; null where it has no such queue. */
  readonly sqs: { readonly ready: number; readonly inFlight: number } | null
  readonly dlq: { readonly ready: number; readonly inFlight: number } | null
}

export const withQueues = <T>(
  asked: CommandIo,
  work: (desk: QueueDesk) => Promise<T>,
): Promise<T> =>
  withPlatform(asked, async (platform) => {
    const { db, config, io } = platform
    const host = await openHost(config.plugins, config.configDir)
    // the relay looks at the outbox by itself
    const wake = () => {}
    try {
      return await work({
        io,
        queues: specsOf(host).map(({ name }) => name),
        letters: (by) => createStaffDeadLetters({ db: { ...db, ...asOperator(db, by) }, wake }),
        switches: (by) =>
          createSwitches({
            db: asOperator(db, by),
            wake,
            defaults: config.sweepDefaults,
            sweeps: sweepIds(host),
            marketplaces: host.marketplaces.map(({ code }) => code),
          }),
        stats: () => readStats(platform, host),
      })
    } finally {
      await stopProcesses(host.plugins)
    }
  })

const specsOf = (host: Host) => [
  ...coreQueues,
  ...host.plugins.flatMap(({ plugin }) => plugin.queues ?? []),
]

const nothing = {
  ...{ waiting: 0, running: 0, oldest_due_at: null },
  ...{ unsent: 0, oldest_unsent_at: null, dead_letters: 0 },
}

/** Every queue that is known, and those of plugins that are not enabled where something is left. */
const readStats = async (
  { db, config, io }: Platform,
  host: Host,
): Promise<readonly QueueReport[]> => {
  const specs = specsOf(host)
  const stored = await db.withPlatformScope('cli', readQueueStats)
  const sqs = createSqs({
    ...awsOf({ config, io }),
    prefix: config.ROBNU_QUEUE_PREFIX,
    log: silentLog,
  })
  try {
    const missing = await sqs.findQueues(specs)
    const known = specs.map(({ name }) => name)
    const depth = async (name: string) => {
      if (missing.includes(name)) return null
      const { ready, inFlight, delayed } = await sqs.depth(name)
      return { ready: ready + delayed, inFlight }
    }
    const names = [...new Set([...known, ...stored.map(({ queue }) => queue)])]
    return await Promise.all(names.map(async (queue) => ({
      ...{ queue, ...nothing },
      ...stored.find((one) => one.queue === queue),
      sqs: known.includes(queue) ? await depth(queue) : null,
      dlq: known.includes(queue) ? await depth(`${queue}-dlq`) : null,
    })))
  } finally {
    sqs.close()
  }
}
