/** What a command of `robnu plugins` begins with: the file, the entry that is meant, and its plugin. */
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseConfigFile, type PluginEntry } from '#core/config-file.ts'
import { configFault, type Environment, readPlugins } from '#core/config.ts'
import { stopProcesses } from '#core/host/host.ts'
import { type LoadedPlugin, loadPlugins, type PluginFault } from '#core/host/load.ts'
import { nearestOf } from '#core/nearest.ts'
import { readWanted, type WantedPlugin } from '#core/queues/plugins.ts'
import type { CommandIo } from '../cli/command.ts'
import { withLocalParts } from '../cli/local-parts.ts'
import { withPlatform } from '../cli/platform.ts'
import { wrongCall } from '../cli/wrong-call.ts'
import { emptyConfig } from './config-text.ts'

export interface Opened {
  readonly io: CommandIo
  readonly path: string
  readonly configDir: string
  readonly text: string
  /** Those of the file; references of the enabled ones are resolved. */
  readonly entries: readonly PluginEntry[]
}

export const openConfig = async (asked: CommandIo): Promise<Opened> => {
  const io = withLocalParts(asked)
  // ROBNU_PLUGINS has a say in what runs, and none in what stands in the file
  const { ROBNU_PLUGINS: listed, ...env } = io.env
  const faults: string[] = []
  const { entries, configFile: path, configDir } = readPlugins(env, faults)
  if (faults.length > 0) throw configFault(faults)
  if (listed !== undefined) {
    io.warn('ROBNU_PLUGINS is set: it says what is enabled, whatever the file says')
  }
  const text = await readFile(path, 'utf8').catch(() => emptyConfig)
  return { io: { ...io, env }, path, configDir, text, entries }
}

/** The entries that the text enables, with their references resolved. */
export const enabledIn = (
  text: string,
  path: string,
  env: Environment,
): { readonly enabled: readonly PluginEntry[]; readonly configDir: string } => {
  const faults: string[] = []
  const entries = parseConfigFile({ text, path, env }, faults)
  if (faults.length > 0) throw configFault(faults)
  return {
    enabled: entries.filter(({ enabled }) => enabled !== false),
    configDir: dirname(path),
  }
}

/** An entry and what it loads; of one that cannot be loaded, why. */
export interface Look {
  readonly entry: PluginEntry
  readonly plugin?: LoadedPlugin['plugin']
  readonly faults: readonly PluginFault[]
}

/** Loads each by itself, as its trust says, and ends what was started for it. */
export const lookAt = async (
  entries: readonly PluginEntry[],
  configDir: string,
): Promise<readonly Look[]> => {
  const looks: Look[] = []
  for (const entry of entries) {
    const { plugins, faults } = await loadPlugins([entry], configDir)
    await stopProcesses(plugins)
    const [one] = plugins
    looks.push({ entry, faults, ...one ? { plugin: one.plugin } : {} })
  }
  return looks
}

/**
 * By what the file calls it, by its folder or package, by the id that its module says, or, of one that
 * cannot be loaded, by the id that it had when it could.
 */
export const findLook = async (
  { entries, configDir, io }: Pick<Opened, 'entries' | 'configDir' | 'io'>,
  name: string,
): Promise<Look> => {
  const byName = entries.filter((entry) => entry.use === name || shortName(entry.use) === name)
  const looks = await lookAt(byName.length === 1 ? byName : entries, configDir)
  const [only] = looks
  if (byName.length === 1 && only) return only
  const found = looks.find(({ plugin }) => plugin?.id === name)
  if (found) return found
  const use = await useOf(io, name)
  const known = looks.find(({ entry }) => entry.use === use)
  if (known) return known
  const names = looks.map(({ entry, plugin }) => plugin?.id ?? shortName(entry.use))
  const which = names.length > 0 ? `known are ${names.join(', ')}` : 'it names none yet'
  throw wrongCall(`robnu.config.json names no plugin "${name}": ${which}`, nearestOf(name, names))
}

export const hasDatabase = ({ env }: Pick<CommandIo, 'env'>): boolean =>
  Boolean(env['DATABASE_URL'] || env['DATABASE_URL_FILE'])

/** What was written of plugins before. */
export const readWantedOf = async (io: CommandIo): Promise<readonly WantedPlugin[]> => {
  if (!hasDatabase(io)) return []
  return await withPlatform(io, ({ db }) => db.withPlatformScope('cli', readWanted))
}

const useOf = async (io: CommandIo, id: string): Promise<string | undefined> =>
  (await readWantedOf(io)).find((one) => one.id === id)?.use

/** `ajio` of `./marketplaces/ajio/mod.ts`. */
const shortName = (use: string): string => {
  const parts = use.split('/').filter((part) => part !== '' && !/^mod\.[jt]s$/.test(part))
  return parts.at(-1) ?? use
}
