/** The configuration of a start: whatever is wrong with it or with a plugin is told in one go. */
import { type Config, type Environment, readConfig, readPlugins } from '../config.ts'
import { openHost, stopProcesses } from '../host/host.ts'

/** As `readConfig`; where that throws, the faults of those plugins that can be judged are told with it. */
export const readSoundConfig = async (env: Environment): Promise<Config> => {
  try {
    return readConfig(env)
  } catch (error) {
    const own = faultsOf(error)
    if (own === undefined) throw error
    const more = await pluginFaults(env)
    if (more.length === 0) throw error
    const lines = [...own.map(String), ...more.map(lineOf)]
    throw Object.assign(
      new Error(
        [
          `Cannot start: ${lines.length} fault(s) in the configuration and in plugins`,
          ...lines.map((line) => `  ${line}`),
        ].join('\n'),
        { cause: error },
      ),
      { faults: [...own, ...more] },
    )
  }
}

const pluginFaults = async (env: Environment): Promise<readonly unknown[]> => {
  const { plugins, configDir } = readPlugins(env, [])
  try {
    const host = await openHost(plugins, configDir)
    await stopProcesses(host.plugins)
    return []
  } catch (error) {
    return faultsOf(error) ?? []
  }
}

const faultsOf = (error: unknown): readonly unknown[] | undefined => {
  const faults = (error as { readonly faults?: unknown } | null)?.faults
  return Array.isArray(faults) ? faults : undefined
}

const lineOf = (fault: unknown): string => {
  const { plugin, path, message } = fault as Readonly<Record<string, string>>
  return `${plugin}${path ? ` ${path}` : ''}: ${message}`
}
