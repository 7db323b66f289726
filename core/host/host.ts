/** The host: load → check → order → configure. What comes out is ready to be migrated and started. */
import type { PluginEntry } from '../config.ts'
import { isMarketplace, type Marketplace } from '../plugin.ts'
import { readable } from '../rules/plugin-form.ts'
import { accessFaults } from './access.ts'
import { checkPlugins } from './check.ts'
import {
  type Loaded,
  type LoadedPlugin,
  type LoadOptions,
  loadPlugins,
  type PluginFault,
  pluginFault,
} from './load.ts'
import { orderPlugins } from './order.ts'

export interface Host {
  /** In the order in which they start. */
  readonly plugins: readonly LoadedPlugin[]
  readonly marketplaces: readonly Marketplace[]
  /** A plugin's configuration, as its own schema gives it. */
  readonly configOf: (pluginId: string) => unknown
}

/** Throws one error with every fault of every plugin. */
export const openHost = async (
  entries: readonly PluginEntry[],
  configDir: string,
  options: LoadOptions = {},
): Promise<Host> => {
  const loaded = await loadPlugins(entries, configDir, options)
  try {
    return await hostOf(loaded)
  } catch (error) {
    await stopProcesses(loaded.plugins)
    throw error
  }
}

/**
 * The host with one plugin more, or another in its place, which has stopped nothing and started nothing
 * of the others. Throws one error with every fault.
 */
export const extendHost = async (
  host: Host,
  entry: PluginEntry,
  configDir: string,
  options: LoadOptions = {},
): Promise<Host> => {
  const loaded = await loadPlugins([entry], configDir, options)
  const others = host.plugins.filter(({ use }) => use !== entry.use)
  try {
    return await hostOf({ plugins: [...others, ...loaded.plugins], faults: loaded.faults })
  } catch (error) {
    await stopProcesses(loaded.plugins)
    throw error
  }
}

/** The host without one plugin. Throws when another one needs it. */
export const shrinkHost = (host: Host, use: string): Promise<Host> =>
  hostOf({ plugins: host.plugins.filter((one) => one.use !== use), faults: [] })

/** Ends the processes of plugins that have one of their own. */
export const stopProcesses = async (plugins: readonly LoadedPlugin[]): Promise<void> => {
  await Promise.all(plugins.map((one) => one.process?.stop()))
}

const hostOf = async (loaded: Loaded): Promise<Host> => {
  const read = new Map(
    loaded.plugins.map((one) => [{ ...one, plugin: readable(one.plugin) }, one]),
  )
  const { ordered, faults: circles } = orderPlugins([...read.keys()])
  const configs = new Map<string, unknown>()
  const checked = checkPlugins(loaded.plugins)
  const access = accessFaults([...read.keys()]).filter((fault) =>
    !checked.some(({ plugin, path }) => plugin === fault.plugin && path === fault.path)
  )
  const faults = [...loaded.faults, ...checked, ...circles, ...access]
  for (const one of ordered) faults.push(...await configure(one, configs))
  if (faults.length > 0) throw pluginFault(faults)
  // the plugin itself: whoever has it in hand knows it again
  const plugins = ordered.map((one) => read.get(one) ?? one)
  return {
    plugins,
    marketplaces: plugins.map(({ plugin }) => plugin).filter(isMarketplace),
    configOf: (id) => configs.get(id),
  }
}

const configure = async (
  { plugin, config }: LoadedPlugin,
  configs: Map<string, unknown>,
): Promise<readonly PluginFault[]> => {
  if (!plugin.config) return []
  const result = await plugin.config['~standard'].validate(config ?? {})
  if (!result.issues) {
    configs.set(plugin.id, result.value)
    return []
  }
  return result.issues.map((issue) => {
    const path = (issue.path ?? []).map((part) =>
      String(typeof part === 'object' ? part.key : part)
    )
    return { plugin: plugin.id, path: ['config', ...path].join('.'), message: issue.message }
  })
}
