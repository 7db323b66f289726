/** What runs by the clock, put together: core's sweeps and those of plugins, each with its switch. */
import type { Config } from '../config.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Database } from '../db/database.ts'
import type { Host } from '../host/host.ts'
import { newId } from '../ids.ts'
import { createPluginContext, type PluginDeps } from '../ledger/plugin-context.ts'
import type { Registry } from '../ledger/registry.ts'
import { askForIndexes } from '../ledger/search/index-orders.ts'
import type { Log } from '../log.ts'
import type { Post } from '../mail/post.ts'
import type { Plugin, SweepContext } from '../plugin.ts'
import { forgetStrays } from '../queues/dead-letters.ts'
import type { QueueOf } from '../queues/layout.ts'
import { pause } from '../queues/pause.ts'
import { askToVerify } from '../queues/ask-to-verify.ts'
import { repairLostWork } from '../queues/repair-work.ts'
import { sweepSchedules } from '../queues/sweep-schedules.ts'
import { startSweeps, type Sweep } from '../queues/sweeps.ts'
import { sweepsOff } from '../queues/switches.ts'
import type { Appending } from '../storage/appending.ts'
import type { Files } from '../storage/files.ts'
import { archiveSweep } from './archive.ts'
import { auditSweeps } from './audit.ts'
import { edgeSweep } from './edge.ts'
import { offboardingSweep } from './offboarding.ts'
import { manifestSweep } from './processing.ts'
import { retentionSweep } from './retention.ts'
import { sessionsSweep } from './sign-in.ts'
import { staffSweep } from './staff.ts'
import { storageSweep } from './storage.ts'

interface SweepDeps extends PluginDeps {
  readonly db: Database
  readonly config: Config
  readonly host: Host
  readonly keyring: Keyring
  readonly registry: Registry
  readonly files: Files
  readonly appending: Appending
  readonly queueOf: QueueOf
  readonly post: Pick<Post, 'send'>
  readonly log: Log
  readonly clock: () => Date
  readonly now: () => number
  /** Of the process. */
  readonly stopping: AbortSignal
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}

/** Core's own; a process that serves the API alone knows them too, for their switches. */
const coreSweeps: readonly string[] = [
  'scheduling-sweep',
  'edge-sweep',
  'audit-digests',
  'audit-delivery',
  'impersonation-sweep',
  'sessions-sweep',
  'storage-sweep',
  'manifest-sweep',
  'archive-sweep',
  'retention-sweep',
  'offboarding-sweep',
]
/** All that can be switched. */
export const sweepIds = (host: Pick<Host, 'plugins'>): readonly string[] => [
  ...coreSweeps,
  ...host.plugins.flatMap(({ plugin }) => (plugin.sweeps ?? []).map(({ id }) => id)),
]

/** How long messages that led to no work of anybody are there for staff. */
const strayDays = 30
/** How often to look whether one was switched on. */
const lookEveryMs = 4_000

export interface Sweeping {
  /** What runs comes to its end first. */
  readonly stop: () => Promise<void>
  /** The sweeps of a plugin that is enabled while the others run; all of them, or none. */
  readonly add: (plugin: Plugin) => Promise<void>
  /** Those in hand come to their end. */
  readonly remove: (plugin: Plugin) => Promise<void>
}

export const startSweeping = async (house: SweepDeps): Promise<Sweeping> => {
  const { db, log, config, host } = house
  const audit = auditSweeps(house)
  const off = () => sweepsOff(db, sweepIds(host), config.sweepDefaults)
  const switched = (sweep: Sweep): Sweep => ({
    ...sweep,
    run: async (signal) => {
      if ((await off()).has(sweep.id)) log.info('sweep.off', { sweep: sweep.id })
      else await sweep.run(signal)
    },
  })
  const all = [
    schedulingSweep(house),
    edgeSweep(house),
    ...audit.sweeps,
    staffSweep(house),
    sessionsSweep(house),
    storageSweep(house),
    manifestSweep(house),
    archiveSweep(house),
    retentionSweep(house),
    offboardingSweep(house),
    ...host.plugins.flatMap(({ plugin }) => sweepsOf(house, plugin)),
  ]
  const ids = sweepIds(host)
  const unlisted = all.filter(({ id }) => !ids.includes(id)).map(({ id }) => id)
  if (unlisted.length > 0) throw new Error(`Sweeps without a switch: ${unlisted.join(', ')}`)
  for (const id of Object.keys(config.sweepDefaults)) {
    if (!ids.includes(id)) log.warn('switch.unknown-sweep', { sweep: id })
  }
  const sweeps = await startSweeps({
    connection: config.REDIS_URL
      ? { redisUrl: config.REDIS_URL }
      : { postgresUrl: config.DATABASE_PLATFORM_URL, schema: 'bullmq' },
    log,
    sweeps: all.map(switched),
  })
  const stopWatching = watch(off, sweeps.runNow, log)
  const remove = async ({ sweeps: gone = [] }: Plugin) => {
    await Promise.all(gone.map(({ id }) => sweeps.remove(id)))
  }
  return {
    stop: async () => {
      await stopWatching()
      await sweeps.close()
      audit.close()
    },
    add: async (plugin) => {
      try {
        for (const sweep of sweepsOf(house, plugin)) await sweeps.add(switched(sweep))
      } catch (error) {
        await remove(plugin)
        throw error
      }
    },
    remove,
  }
}

/** What was switched on goes on at once, not at its next time. */
const watch = (
  off: () => Promise<ReadonlySet<string>>,
  runNow: (id: string) => Promise<void>,
  log: Log,
): () => Promise<void> => {
  const stopping = new AbortController()
  const loop = async (): Promise<void> => {
    let before: ReadonlySet<string> | undefined
    while (!stopping.signal.aborted) {
      try {
        const now = await off()
        for (const id of before ?? []) if (!now.has(id)) await runNow(id)
        before = now
      } catch (error) {
        log.warn('switch.not-read', { error })
      }
      await pause(lookEveryMs, stopping.signal)
    }
  }
  const looping = loop()
  return async () => {
    stopping.abort()
    await looping
  }
}

const schedulingSweep = ({ db, log, clock, queueOf, wake }: SweepDeps): Sweep => ({
  id: 'scheduling-sweep',
  cron: '*/5 * * * *',
  run: async () => {
    const asked = { now: clock, log, queueOf }
    const swept = await sweepSchedules(db, asked)
    const repaired = await repairLostWork(db, asked)
    await askForIndexes(db)
    await forgetStrays(db, new Date(clock().getTime() - strayDays * 86_400_000))
    log.info('sweep.schedules', { ...swept, repaired })
    wake()
  },
})

const sweepsOf = (house: SweepDeps, plugin: Plugin): readonly Sweep[] =>
  (plugin.sweeps ?? []).map(({ id, cron, run }) => ({
    id,
    cron,
    run: (signal: AbortSignal) => {
      const either = AbortSignal.any([signal, house.stopping])
      return run(sweepContext(house, plugin, either))
    },
  }))

const sweepContext = (house: SweepDeps, plugin: Plugin, signal: AbortSignal): SweepContext => {
  const { db, clock: now, log, queueOf, wake } = house
  const { id: pluginId } = plugin
  const woken = (created: number): number => {
    if (created > 0) wake()
    return created
  }
  return {
    ...createPluginContext(house, plugin, { key: newId(), signal }),
    syncDue: async (target) => {
      const { created } = await sweepSchedules(db, {
        now,
        log,
        queueOf,
        only: { pluginId, target },
      })
      return woken(created)
    },
    verifyIdle: async (idleMs) =>
      woken(await askToVerify(db, { pluginId, idleMs, queue: queueOf('SESSION', pluginId) })),
  }
}
