/** Opens a plugin in a process of its own; what comes back is a plugin as any other. */
import { realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Log } from '../../log.ts'
import type { Plugin } from '../../plugin.ts'
import type { PluginProcess } from './process.ts'
import { restorePlugin } from './restore.ts'
import { type ChildEvents, rootOf, spawnPlugin } from './spawn.ts'
import { type Child } from './spawn.ts'
import { type Limits, usualLimits } from './limits.ts'
import { supervise } from './supervise.ts'
import { realTime, type Time } from './time.ts'

export interface IsolatedOptions {
  /** Where the plugin's module is. */
  readonly url: string
  /** Of the configuration. */
  readonly configDir: string
  /** For log lines and messages: what the configuration calls it. */
  readonly name: string
  readonly log: Log
  /** Of the upstream's clock, by the plugin's id; 1 where nothing is replaced. */
  readonly speedOf?: (pluginId: string) => number
  readonly limits?: Partial<Limits>
  readonly time?: Time
  readonly spawn?: (events: ChildEvents) => Child
}

/** Throws why it cannot be loaded, in words that follow "cannot be loaded:". */
export const openIsolated = async (
  options: IsolatedOptions,
): Promise<{ readonly plugin: Plugin; readonly process: PluginProcess }> => {
  const { url, configDir, name, log, speedOf = () => 1, time = realTime } = options
  const limits = { ...usualLimits, ...options.limits }
  const { heapMb } = limits
  const spawn = options.spawn ??
    ((events: ChildEvents) => spawnPlugin({ url, configDir, heapMb }, events))
  const supervisor = supervise({ name, url, spawn, time, log, limits, speedOf })
  const started = new Set<{ end: () => Promise<void>; readonly context: unknown }>()
  try {
    const declared = await supervisor.open()
    const plugin = restorePlugin(declared, {
      session: supervisor.session,
      start: async (path, context) => {
        const one = { context, end: await (await supervisor.session()).start(path, context) }
        started.add(one)
        return async () => {
          started.delete(one)
          await one.end()
        }
      },
    })
    supervisor.onAgain((session) => {
      for (const one of started) {
        session.start('start', one.context).then((end) => {
          one.end = end
        }, (error) => log.error('plugin.not-started', { plugin: name, error }))
      }
    })
    refuseForeignFiles(plugin, rootOf(url, configDir))
    return { plugin, process: supervisor.process }
  } catch (error) {
    await supervisor.process.stop()
    throw error
  }
}

/** We read its migrations: a path is not to lead us where the plugin itself may not read. */
const refuseForeignFiles = ({ migrations }: Plugin, root: string): void => {
  if (!Array.isArray(migrations)) return
  for (const [at, migration] of migrations.entries()) {
    const sql: unknown = (migration as { sql?: unknown } | null)?.sql
    if (!(sql instanceof URL)) continue
    if (sql.protocol === 'file:' && isBelow(fileURLToPath(sql), root)) continue
    throw new Error(`migrations[${at}].sql lies outside of its folder: put the file beside mod.ts`)
  }
}

const isBelow = (path: string, root: string): boolean => {
  try {
    return realpathSync(path).startsWith(`${realpathSync(root)}${sep}`)
  } catch {
    // migrating says better that it is not there
    return path.startsWith(`${root}${sep}`) && !path.includes('..')
  }
}
