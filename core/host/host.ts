/** The host: load → check → order → configure. What comes out is ready to be migrated and started. */
import type { PluginEntry } from '../config.ts'
import { isMarketplace, type Marketplace, type Plugin } from '../plugin.ts'
import { checkPlugins } from './check.ts'
import { type LoadedPlugin, loadPlugins, type PluginFault, pluginFault } from './load.ts'
import { orderPlugins } from './order.ts'
import { readable } from './shape.ts'

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
): Promise<Host> => {
  const loaded = await loadPlugins(entries, configDir)
  const { ordered, faults: circles } = orderPlugins(loaded.plugins.map(readable))
  const configs = new Map<string, unknown>()
  const faults = [...loaded.faults, ...checkPlugins(loaded.plugins), ...circles]
  for (const one of ordered) faults.push(...await configure(one, configs))
  if (faults.length > 0) throw pluginFault(faults)
  const plugins = ordered.map(({ plugin }) => plugin as Plugin)
  return {
    plugins: ordered,
    marketplaces: plugins.filter(isMarketplace),
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
