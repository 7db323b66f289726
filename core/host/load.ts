/** Loading: what the configuration names becomes plugins, or a list of everything that is wrong. */
import { existsSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PluginEntry } from '../config.ts'
import { isPlugin, type Plugin } from '../plugin.ts'
import type { PluginProcess } from './isolated/process.ts'

export interface LoadedPlugin {
  readonly plugin: Plugin
  readonly use: string
  /** Where the module is; its sandbox stands beside it. */
  readonly url: string
  /** As given in the configuration; parsed by `configure`. */
  readonly config: unknown
  /** Of a plugin in a process of its own; `plugin` then calls it. */
  readonly process?: PluginProcess
}
/** A fault of one plugin: where it is, and what to do about it. */
export interface PluginFault {
  readonly plugin: string
  readonly path: string
  readonly message: string
}
export interface Loaded {
  readonly plugins: readonly LoadedPlugin[]
  readonly faults: readonly PluginFault[]
}

export const loadPlugins = async (
  entries: readonly PluginEntry[],
  configDir: string,
): Promise<Loaded> => {
  const plugins: LoadedPlugin[] = []
  const faults: PluginFault[] = []
  for (const { use, config } of entries) {
    const url = addressOf(use, configDir)
    const fail = (message: string) => faults.push({ plugin: use, path: '', message })
    try {
      const module: { default?: unknown } = await import(url)
      if (isPlugin(module.default)) plugins.push({ plugin: module.default, use, url, config })
      else {
        fail(
          'its default export is no plugin: export default definePlugin(…) or defineMarketplace(…)',
        )
      }
    } catch (error) {
      fail(`cannot be loaded: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { plugins, faults }
}

const addressOf = (use: string, configDir: string): string => {
  if (use.startsWith('file:')) return use
  if (use.startsWith('.') || isAbsolute(use)) {
    return pathToFileURL(entryOf(resolve(configDir, use))).href
  }
  try {
    return import.meta.resolve(use)
  } catch {
    // the import says better what is missing
    return use
  }
}

/** A folder stands for its `mod.ts`, or the `mod.js` of a plugin that was built. */
const entryOf = (path: string): string => {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path
  const [found] = ['mod.ts', 'mod.js'].map((name) => join(path, name)).filter(existsSync)
  return found ?? path
}

/** All faults of all plugins in one error. */
export const pluginFault = (faults: readonly PluginFault[]): Error =>
  Object.assign(
    new Error(
      `Cannot start: ${faults.length} fault(s) in plugins\n${
        faults.map(({ plugin, path, message }) =>
          `  ${plugin}${path ? ` ${path}` : ''}: ${message}`
        )
          .join('\n')
      }`,
    ),
    { faults },
  )
