/** Loading: what the configuration names becomes plugins, or a list of everything that is wrong. */
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PluginEntry } from '../config.ts'
import { integrityFault } from './integrity.ts'
import { isPlugin, type Plugin } from '../plugin.ts'
import { type Log, silentLog } from '../log.ts'
import { needsLogin } from './isolated/login-sql.ts'
import { openIsolated } from './isolated/open.ts'
import type { PluginProcess } from './isolated/process.ts'
import type { Limits } from './isolated/limits.ts'

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

/** What processes of plugins are watched with. */
export interface LoadOptions {
  readonly log?: Log
  /** How fast the upstream's clock of a plugin runs, by its id. */
  readonly speedOf?: (pluginId: string) => number
  /** By the id of the plugin; with it, an isolated plugin that needs a login has to have one. */
  readonly databases?: Readonly<Record<string, string>>
  /** Other limits than the usual ones: tests do not wait for them. */
  readonly limits?: Partial<Limits>
}

export const loadPlugins = async (
  entries: readonly PluginEntry[],
  configDir: string,
  { log = silentLog, speedOf = () => 1, databases, limits = {} }: LoadOptions = {},
): Promise<Loaded> => {
  const plugins: LoadedPlugin[] = []
  const faults: PluginFault[] = []
  for (const { use, config, integrity, trust } of entries) {
    const fail = (message: string) => faults.push({ plugin: use, path: '', message })
    try {
      const url = addressOf(use, configDir)
      const changed = await integrityFault({ use, integrity }, url, configDir)
      if (changed !== undefined) {
        faults.push({ plugin: use, path: 'integrity', message: changed })
        continue
      }
      if (trust === 'isolated') {
        const opened = await openIsolated({ url, configDir, name: use, log, speedOf, limits })
        plugins.push({ ...opened, use, url, config })
        const { plugin } = opened
        if (databases && needsLogin(plugin) && !databases[plugin.id]) {
          const path = 'trust'
          faults.push({ plugin: plugin.id, path, message: noLogin(plugin.id) })
        }
        continue
      }
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

/** What an isolated plugin without its login is told. */
const noLogin = (id: string): string =>
  `has tables, routes or consumers and no login of its own: run what "robnu plugins login ${id}" prints, and give its URL in ROBNU_PLUGIN_DATABASES`

/** Where the module of an entry is. */
export const addressOf = (use: string, configDir: string): string => {
  if (use.startsWith('file:')) return use
  if (use.startsWith('.') || isAbsolute(use)) {
    return pathToFileURL(entryOf(resolve(configDir, use))).href
  }
  try {
    return import.meta.resolve(use)
  } catch {
    return besideConfig(use, configDir)
  }
}

/** A package that lies beside the configuration, where Robnu itself lies elsewhere and is linked. */
const besideConfig = (use: string, configDir: string): string => {
  try {
    const found = createRequire(join(configDir, 'package.json')).resolve(use)
    // a module of the runtime has no path
    return isAbsolute(found) ? pathToFileURL(found).href : use
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
