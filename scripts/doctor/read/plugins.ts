/** Loads the plugins as a start does, and keeps what it says of them. */
import { readFileSync } from 'node:fs'
import { sweepIds } from '#core/boot/sweeps.ts'
import { readPlugins } from '#core/config.ts'
import { secretsInClear } from '#core/config-file.ts'
import { type Host, openHost, stopProcesses } from '#core/host/host.ts'
import { didYouMean } from '#core/nearest.ts'
import { nothingToSee } from '../check.ts'
import type { Plugins, Upstreams } from '../checks/plugins.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'

export interface LoadedHost {
  /** Null: a start would refuse the plugins. */
  readonly host: Host | null
  readonly faults: Plugins['faults']
  readonly configFaults: readonly string[]
  readonly configFile: string
  readonly enabled: number
}

export const loadHost = async ({ env }: Ground): Promise<LoadedHost> => {
  const configFaults: string[] = []
  const { plugins, configDir, configFile } = readPlugins(env, configFaults)
  const known = { configFaults, configFile, enabled: plugins.length }
  try {
    const host = await openHost(plugins, configDir)
    // what they declare is here; their processes are not needed for that
    await stopProcesses(host.plugins)
    return { ...known, host, faults: [] }
  } catch (error) {
    const { faults } = error as { readonly faults?: Plugins['faults'] }
    if (faults === undefined) throw error
    return { ...known, host: null, faults }
  }
}

export const readPluginFacts = ({ env }: Ground, loaded: LoadedHost): Plugins => {
  const { config } = settingsOf(env)
  const { host, configFile } = loaded
  const ids = host?.plugins.map(({ plugin }) => plugin.id)
  const sweeps = host ? sweepIds(host) : undefined
  return {
    ...{ configFile, configFaults: loaded.configFaults },
    ...{ enabled: loaded.enabled, faults: loaded.faults },
    secretsInClear: secretsInClear(textOf(configFile)),
    strangeUpstreams: ids === undefined
      ? []
      : Object.keys(config.ROBNU_UPSTREAMS).filter((id) => !ids.includes(id)),
    strangeSweeps: sweeps === undefined
      ? []
      : Object.keys(config.sweepDefaults).filter((id) => !sweeps.includes(id))
        .map((id) => `${id}${didYouMean(id, sweeps)}`),
  }
}

export const readUpstreams = async ({ env, fetch }: Ground): Promise<Upstreams> => {
  const named = Object.entries(settingsOf(env).config.ROBNU_UPSTREAMS)
  if (named.length === 0) {
    throw nothingToSee('ROBNU_UPSTREAMS is empty: the marketplaces are the real ones')
  }
  const unreachable = await Promise.all(named.map(async ([id, { url }]) => {
    try {
      // any answer will do: it says that somebody is there
      const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(3_000) })
      await answer.body?.cancel()
      return []
    } catch {
      return [`${id} at ${new URL(url).host}`]
    }
  }))
  return {
    unreachable: unreachable.flat(),
    ownClocks: named.flatMap(([id, { clock }]) => clock === undefined ? [] : [id]),
  }
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
