/** The plugins: what the configuration names, and what of it cannot be loaded. */
import { type Check, check, fault, listed, ok, warning } from '../check.ts'

export interface Plugins {
  readonly configFile: string
  readonly configFaults: readonly string[]
  /** Paths in the configuration file that look like a secret in clear. */
  readonly secretsInClear: readonly string[]
  readonly enabled: number
  readonly faults: readonly {
    readonly plugin: string
    readonly path: string
    readonly message: string
  }[]
  /** Of ROBNU_UPSTREAMS: ids of no enabled plugin. */
  readonly strangeUpstreams: readonly string[]
  /** `WORKER_ENABLE_…` of no sweep, with the sweep that was meant. */
  readonly strangeSweeps: readonly string[]
}
/** The stand-ins of marketplaces that ROBNU_UPSTREAMS names. */
export interface Upstreams {
  readonly unreachable: readonly string[]
  /** Those whose clock is not ours. */
  readonly ownClocks: readonly string[]
}

const told = (faults: Plugins['faults']): string =>
  faults.map(({ plugin, path, message }) => `${plugin}${path ? ` ${path}` : ''}: ${message}`)
    .join('; ')
const isLoad = ({ path, message }: Plugins['faults'][number]): boolean =>
  path === '' && /^(?:cannot be loaded|its default export)/.test(message)
const isIntegrity = ({ path }: Plugins['faults'][number]): boolean => path === 'integrity'
const isConfig = ({ path }: Plugins['faults'][number]): boolean => /^config\b/.test(path)

const judge = (of: (fault: Plugins['faults'][number]) => boolean) => ({ faults }: Plugins) => {
  const found = faults.filter(of)
  return found.length === 0 ? ok() : fault(told(found))
}

export const pluginChecks: readonly Check[] = [
  check(
    'plugins',
    'plugins',
    [
      'config-file-refused',
      'robnu.config.json can be read',
      'A start tells all of these at once and ends before it loads a plugin.',
      'Correct the named paths; unknown keys are refused, because nobody would read them.',
    ],
    ({ configFaults, configFile }) =>
      configFaults.length === 0 ? ok(configFile) : fault(configFaults.join('; ')),
  ),
  check('plugins', 'plugins', [
    'config-secret-in-clear',
    'No secret stands in robnu.config.json',
    'The file goes into version control, and with it everything that stands there.',
    'Write `{ "$env": "NAME" }` or `{ "$file": "path" }` instead, and change the secret.',
  ], ({ secretsInClear }) => secretsInClear.length === 0 ? ok() : fault(listed(secretsInClear))),
  check('plugins', 'plugins', [
    'no-plugin-enabled',
    'A plugin is enabled',
    'Without a marketplace there is nothing to connect and nothing to sync.',
    'Name plugins in robnu.config.json, or run `robnu plugins enable <id>`.',
  ], ({ enabled }) => enabled === 0 ? warning('none is named') : ok(`${enabled} enabled`)),
  check('plugins', 'plugins', [
    'plugin-not-loaded',
    'Every enabled plugin loads',
    'Its module is not there, throws while it is imported, or exports no plugin.',
    'Install the package or correct its path, or disable the plugin.',
  ], judge(isLoad)),
  check('plugins', 'plugins', [
    'plugin-changed',
    'Plugins are what was pinned',
    'The files of a plugin are not those that somebody has looked at; nothing of it is loaded.',
    'Run `robnu plugins verify`, look at what has changed, then pin the new value.',
  ], judge(isIntegrity)),
  check('plugins', 'plugins', [
    'plugin-config-refused',
    'Plugins take their configuration',
    'The schema of the plugin refuses what the file gives it.',
    'Correct the named members below `config` of its entry.',
  ], judge(isConfig)),
  check('plugins', 'plugins', [
    'plugin-breaks-contract',
    'Plugins keep to the contract',
    'A plugin declares what the house cannot honour, or two declare the same.',
    'Install a version for this release, or disable one of the two; `robnu conformance` tells all.',
  ], judge((one) => !isLoad(one) && !isIntegrity(one) && !isConfig(one))),
  check(
    'plugins',
    'plugins',
    [
      'upstream-of-nobody',
      'ROBNU_UPSTREAMS names enabled plugins',
      'A stand-in for a plugin that is not enabled is asked by nobody.',
      'Correct the id, or take it out of ROBNU_UPSTREAMS.',
    ],
    ({ strangeUpstreams }) =>
      strangeUpstreams.length === 0 ? ok() : warning(listed(strangeUpstreams)),
  ),
  check('plugins', 'plugins', [
    'sweep-variable-unknown',
    'WORKER_ENABLE_… names sweeps',
    'A switch of a sweep that does not exist switches nothing.',
    'Correct the name: the id of the sweep in capitals, with `_` for `-`.',
  ], ({ strangeSweeps }) => strangeSweeps.length === 0 ? ok() : warning(listed(strangeSweeps))),
  check('upstreams', 'plugins', [
    'upstream-silent',
    'The sandboxes answer',
    'Every sync of a plugin whose stand-in is away fails as if the marketplace was down.',
    'Start the sandbox, or take the plugin out of ROBNU_UPSTREAMS.',
  ], ({ unreachable }) => unreachable.length === 0 ? ok() : fault(listed(unreachable))),
  check('upstreams', 'plugins', [
    'upstream-own-clock',
    'Marketplaces live in our time',
    'A stand-in with a clock of its own is for demos: its orders are dated by that clock.',
    'In production, leave ROBNU_UPSTREAMS empty.',
  ], ({ ownClocks }) => {
    if (ownClocks.length === 0) return ok()
    return warning(
      `${listed(ownClocks)} ${ownClocks.length === 1 ? 'has its' : 'have their'} own clock`,
    )
  }),
]
