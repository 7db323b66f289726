/** Checking: every rule of the contract that can be judged without running a plugin. */
import { API, isMarketplace, type Marketplace, type Plugin } from '../plugin.ts'
import { isCron } from '../queues/schedules.ts'
import type { LoadedPlugin, PluginFault } from './load.ts'

/** Every fault of every plugin, so that one start tells them all. */
export const checkPlugins = (loaded: readonly LoadedPlugin[]): readonly PluginFault[] => {
  const faults = loaded.flatMap(({ plugin, use }) =>
    faultsOf(plugin).map(([path, message]) => ({ plugin: nameOf(plugin, use), path, message }))
  )
  const plugins = loaded.map(({ plugin }) => plugin)
  for (const { plugin, use } of loaded) {
    const fail = (path: string, message: string) =>
      void faults.push({ plugin: nameOf(plugin, use), path, message })
    if (plugins.filter((other) => other.id === plugin.id).length > 1) {
      fail('id', `"${plugin.id}" is taken by another enabled plugin: enable one of them`)
    }
    for (const need of plugin.needs ?? []) {
      if (!plugins.some((other) => other.id === need)) {
        fail('needs', `"${need}" is not enabled: enable it as well`)
      }
    }
    const same = (other: Plugin) =>
      isMarketplace(plugin) && isMarketplace(other) && other.code === plugin.code
    if (plugins.filter(same).length > 1) fail('code', 'is taken by another enabled plugin')
  }
  return faults
}

const nameOf = (plugin: Plugin, use: string): string =>
  typeof plugin.id === 'string' && plugin.id ? plugin.id : use

type Found = readonly [path: string, message: string]

const faultsOf = (plugin: Plugin): readonly Found[] => {
  const found: Found[] = []
  const rule = (holds: boolean, path: string, message: string) => {
    if (!holds) found.push([path, message])
  }
  const { id } = plugin
  rule(/^[a-z][a-z0-9_]{1,30}$/.test(id ?? ''), 'id', 'must be 2 to 31 of a-z, 0-9 and _')
  rule(
    plugin.api === API,
    'api',
    `must be ${API}: found ${String(plugin.api)}; install a version for it`,
  )
  rule(/^\d+\.\d+\.\d+/.test(plugin.version ?? ''), 'version', 'must be a version such as 1.0.0')
  rule(!plugin.config || isSchema(plugin.config), 'config', 'must be a Standard Schema')

  const numbers = (plugin.migrations ?? []).map((migration) => migration.id)
  numbers.forEach((number, i) => {
    const path = `migrations[${i}].id`
    rule(Number.isInteger(number) && number > 0, path, 'must be a whole number from 1')
    rule(i === 0 || number > (numbers[i - 1] ?? 0), path, 'must be higher than the one before')
  })
  plugin.migrations?.forEach((migration, i) =>
    rule(
      migration.sql instanceof URL,
      `migrations[${i}].sql`,
      'must be a URL: new URL(…, import.meta.url)',
    )
  )
  plugin.tables?.forEach((table, i) =>
    rule(table.startsWith(`${id}_`), `tables[${i}]`, `must begin with "${id}_"`)
  )
  for (const permission of Object.keys(plugin.permissions ?? {})) {
    rule(
      /^[a-z-]+:[a-z-]+$/.test(permission),
      `permissions["${permission}"]`,
      'must be resource:action',
    )
  }
  plugin.queues?.forEach(({ name }, i) =>
    rule(
      name === `marketplace-push-${id}` || name.startsWith(`${id}-`),
      `queues[${i}].name`,
      `must be "marketplace-push-${id}" or begin with "${id}-"`,
    )
  )
  plugin.sweeps?.forEach((sweep, i) => {
    rule(isCron(sweep.cron), `sweeps[${i}].cron`, 'must be a cron line of five fields')
    rule(sweep.id.startsWith(`${id}-`), `sweeps[${i}].id`, `must begin with "${id}-"`)
  })
  // declared by the contract, and carried when the queues of plugins are
  rule(
    !plugin.consumers?.length,
    'consumers',
    "plugins' own consumers are not carried yet: remove them",
  )
  rule(!plugin.webhooks?.length, 'webhooks', 'webhooks are not carried yet: remove them')
  plugin.routes?.forEach((route, i) => {
    rule(Boolean(route.permission), `routes[${i}].permission`, 'a route needs a permission')
    rule(route.path?.startsWith('/'), `routes[${i}].path`, 'must begin with "/"')
  })
  if (isMarketplace(plugin)) checkMarketplace(plugin, rule)
  return found
}

const checkMarketplace = (
  plugin: Marketplace,
  rule: (holds: boolean, path: string, message: string) => void,
): void => {
  const { id } = plugin
  rule(
    /^[A-Z][A-Z0-9_]{1,30}$/.test(plugin.code ?? ''),
    'code',
    'must be 2 to 31 of A-Z, 0-9 and _',
  )
  rule(Boolean(plugin.name), 'name', 'is missing')
  rule(
    Boolean(plugin.upstream),
    'upstream',
    'must name the version of the API it was written against',
  )
  rule((plugin.hosts?.length ?? 0) > 0, 'hosts', 'must name the hosts that it asks')
  plugin.hosts?.forEach((host, i) =>
    rule(/^[a-z0-9.-]+(:\d+)?$/.test(host), `hosts[${i}]`, 'must be a host without scheme and path')
  )
  rule(
    plugin.detailsTable === `${id}_account_details`,
    'detailsTable',
    `must be "${id}_account_details"`,
  )
  rule((plugin.migrations?.length ?? 0) > 0, 'migrations', 'the first one must make the satellite')
  for (const member of ['details', 'credentials', 'cursor'] as const) {
    rule(isSchema(plugin[member]), member, 'must be a Standard Schema')
  }
  plugin.secrets?.forEach((secret, i) =>
    rule(/^[a-z][a-z0-9_]*$/.test(secret), `secrets[${i}]`, 'must be a column name without "_enc"')
  )
  rule(Array.isArray(plugin.secrets), 'secrets', 'must list the credentials that are sealed')
  rule(Array.isArray(plugin.pii), 'pii', "must list the paths of buyers' data")
  rule(typeof plugin.adapter?.verify === 'function', 'adapter.verify', 'is missing')
  for (const [target, cron] of Object.entries(plugin.schedule ?? {})) {
    rule(isCron(cron ?? ''), `schedule.${target}`, 'must be a cron line of five fields')
  }
  plugin.limits?.forEach((limit, i) =>
    rule(
      limit.ratePerSecond > 0 && limit.burst >= 1,
      `limits[${i}]`,
      'needs ratePerSecond above 0 and burst from 1',
    )
  )
}

const isSchema = (value: unknown): boolean =>
  typeof (value as { '~standard'?: { validate?: unknown } } | undefined)?.['~standard']
    ?.validate ===
    'function'
