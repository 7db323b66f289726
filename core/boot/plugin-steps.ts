/** What a process does for one plugin: its queues, its sweeps and its own start, and the way back. */
import type { LoadedPlugin } from '../host/load.ts'
import { newId } from '../ids.ts'
import { createPluginContext } from '../ledger/plugin-context.ts'
import { isMarketplace } from '../plugin.ts'
import { lacksOfPlugin } from '../queues/plugins.ts'
import type { House } from './house.ts'
import type { PluginSteps } from './plugin-life.ts'
import type { Api } from './serve.ts'
import type { Notifying } from './notifications.ts'
import type { Sweeping } from './sweeps.ts'
import type { Workers } from './work.ts'

/** What of it this process has. */
export interface RunningParts {
  readonly workers?: Workers
  readonly sweeping?: Sweeping
  readonly notifying?: Notifying
  readonly api?: Api
}

/** Longer than a slice and a request. */
const drainMs = 30_000

export interface StartedPlugins extends PluginSteps {
  /** The plugin's own start; queues and sweeps of the first set begin with the parts. */
  readonly begin: (one: LoadedPlugin) => Promise<void>
  /** Of all, in the reverse of their order. */
  readonly endAll: () => Promise<void>
}

export const createPluginSteps = (house: House, parts: RunningParts): StartedPlugins => {
  const { db, log, sqs, inHand } = house
  const { workers, sweeping, notifying, api } = parts
  const ends = new Map<LoadedPlugin, () => Promise<void>>()
  const begin = async (one: LoadedPlugin): Promise<void> => {
    const job = { key: newId(), signal: house.stopping }
    const end = await one.plugin.start?.(createPluginContext(house, one.plugin, job))
    if (end) ends.set(one, end)
  }
  const end = async (one: LoadedPlugin): Promise<void> => {
    const own = ends.get(one)
    ends.delete(one)
    await own?.()
  }
  /** What one of them cannot do must keep none of the others from being done. */
  const stop = async (one: LoadedPlugin): Promise<void> => {
    const { plugin } = one
    const told = (work: () => Promise<unknown> | undefined) =>
      Promise.try(work).catch((error) => {
        log.warn('plugin.stop-failed', { plugin: plugin.id, error })
      })
    await Promise.all([
      told(() => sweeping?.remove(plugin)),
      told(() => notifying?.remove(plugin)),
      told(() => workers?.remove((plugin.queues ?? []).map(({ name }) => name))),
    ])
    if (!await inHand.drain(plugin, drainMs)) {
      log.warn('plugin.not-drained', { plugin: plugin.id, ms: drainMs })
    }
    await told(() => end(one))
    await told(() => one.process?.stop())
  }
  return {
    begin,
    endAll: async () => {
      for (const one of [...ends.keys()].toReversed()) await end(one)
    },
    lacks: ({ plugin }) =>
      db.withPlatformScope('plugins', (tx) =>
        lacksOfPlugin(tx, {
          id: plugin.id,
          isMarketplace: isMarketplace(plugin),
          tables: plugin.tables ?? [],
        })),
    prepare: (next) => api?.prepare(next) ?? { swap: () => {} },
    start: async (one) => {
      const queues = one.plugin.queues ?? []
      try {
        if (workers ?? sweeping) await sqs.ensureQueues(queues)
        await begin(one)
        await sweeping?.add(one.plugin)
        workers?.add(queues)
        await notifying?.add(one.plugin)
      } catch (error) {
        await stop(one)
        throw error
      }
    },
    stop,
  }
}
