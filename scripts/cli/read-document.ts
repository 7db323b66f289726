/** The OpenAPI document of what the configuration enables. */
import { configFault, type Environment, readPlugins } from '#core/config.ts'
import { openHost, stopProcesses } from '#core/host/host.ts'
import { describeApi } from '#core/http/describe-api.ts'
import { version } from '#core/version.ts'

/** Throws every fault of the configuration, or of the plugins. */
export const readDocument = async (env: Environment): Promise<string> => {
  const faults: string[] = []
  const { plugins, configDir } = readPlugins(env, faults)
  if (faults.length > 0) throw configFault(faults)
  const host = await openHost(plugins, configDir)
  try {
    const docs = env['ROBNU_DOCS'] !== 'false'
    return describeApi(host.plugins.map(({ plugin }) => plugin), { version, docs })
  } finally {
    await stopProcesses(host.plugins)
  }
}
