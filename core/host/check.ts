/** Checking: every rule of the contract that can be judged without running a plugin. */
import { targetsOf } from '../ledger/registry.ts'
import {
  API,
  isMarketplace,
  type Marketplace,
  type Plugin,
  type Route,
  type Target,
} from '../plugin.ts'
import { isCron } from '../queues/schedules.ts'
import type { LoadedPlugin, PluginFault } from './load.ts'
import { memberOf, readable, shapeFaults } from './shape.ts'

/** Every fault of every plugin, so that one start tells them all. */
export const checkPlugins = (loaded: readonly LoadedPlugin[]): readonly PluginFault[] => {
  const shaped = loaded.map((one) => {
    const shape = shapeFaults(one.plugin)
    return { shape, told: new Set(shape.map(([path]) => memberOf(path))), one: readable(one) }
  })
  const all = shaped.map(({ one }) => one)
  return shaped.flatMap(({ shape, told, one }) => {
    const ruled = [...ownFaults(one.plugin), ...sharedFaults(one, all)]
    // of a member that has not its form there is no more to say
    const more = ruled.filter(([path]) => !told.has(memberOf(path)))
    return [...shape, ...more].map(([path, message]) => ({ plugin: nameOf(one), path, message }))
  })
}

const nameOf = ({ plugin: { id }, use }: LoadedPlugin): string =>
  typeof id === 'string' && id !== '' ? id : use

type Found = readonly [path: string, message: string]

/** What the plugins that are enabled together must agree on. */
const sharedFaults = ({ plugin }: LoadedPlugin, all: readonly LoadedPlugin[]): readonly Found[] => {
  const others = all.map((one) => one.plugin)
  const { rule, found } = rules()
  rule(
    others.filter((other) => other.id === plugin.id).length === 1,
    'id',
    `"${plugin.id}" is taken by another enabled plugin: enable one of them`,
  )
  for (const need of plugin.needs ?? []) {
    const isThere = others.some((other) => other.id === need)
    rule(isThere, 'needs', `"${need}" is not enabled: enable it as well`)
  }
  const addresses = others.flatMap((other) => other.routes ?? []).map(addressOf)
  plugin.routes?.forEach((route, i) => {
    const same = addresses.filter((address) => address === addressOf(route))
    rule(same.length === 1, `routes[${i}].path`, 'another route has the same method and path')
  })
  if (isMarketplace(plugin)) {
    const same = others.filter((other) => isMarketplace(other) && other.code === plugin.code)
    rule(same.length === 1, 'code', 'is taken by another enabled plugin')
  }
  return found
}

/** Parameters stand for anything, whatever they are called. */
const addressOf = ({ method, path }: Route): string =>
  `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`

const rules = () => {
  const found: Found[] = []
  const rule = (holds: boolean, path: string, message: string): void => {
    if (!holds) found.push([path, message])
  }
  return { found, rule }
}
type Rule = ReturnType<typeof rules>['rule']

const ownFaults = (plugin: Plugin): readonly Found[] => {
  const { found, rule } = rules()
  const { id } = plugin
  rule(/^[a-z][a-z0-9_]{1,30}$/.test(id), 'id', 'must be 2 to 31 of a-z, 0-9 and _')
  rule(
    plugin.api === API,
    'api',
    `must be ${API}, found ${String(plugin.api)}: install a version of the plugin for it`,
  )
  // its migrations would run on core's own line
  rule(id !== 'core', 'id', '"core" is the name of the core itself: take another')
  rule(/^\d+\.\d+\.\d+/.test(plugin.version), 'version', 'must be a version such as 1.0.0')

  const numbers = (plugin.migrations ?? []).map((migration) => migration.id)
  numbers.forEach((number, i) => {
    const path = `migrations[${i}].id`
    rule(Number.isInteger(number) && number > 0, path, 'must be a whole number from 1')
    rule(i === 0 || number > (numbers[i - 1] ?? 0), path, 'must be higher than the one before')
  })
  plugin.tables?.forEach((table, i) =>
    rule(table.startsWith(`${id}_`), `tables[${i}]`, `must begin with "${id}_"`)
  )
  for (const permission of Object.keys(plugin.permissions ?? {})) {
    const path = `permissions["${permission}"]`
    rule(/^[a-z-]+:[a-z-]+$/.test(permission), path, 'must be resource:action')
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
  plugin.routes?.forEach((route, i) => {
    rule(route.permission !== '', `routes[${i}].permission`, 'a route needs a permission')
  })
  plugin.consumers?.forEach(({ queue }, i) => {
    const path = `consumers[${i}].queue`
    const isDeclared = plugin.queues?.some(({ name }) => name === queue)
    rule(isDeclared === true, path, `"${queue}" is not among the plugin's queues: declare it`)
    const first = plugin.consumers?.findIndex((other) => other.queue === queue)
    rule(first === i, path, `"${queue}" has another consumer: a queue has one`)
  })
  // declared by the contract, and carried by a later release
  rule(
    !plugin.webhooks?.length,
    'webhooks',
    'webhooks are not carried by this release: remove them',
  )
  if (isMarketplace(plugin)) marketplaceRules(plugin, rule)
  return found
}

const marketplaceRules = (plugin: Marketplace, rule: Rule): void => {
  const { id } = plugin
  rule(/^[A-Z][A-Z0-9_]{1,30}$/.test(plugin.code), 'code', 'must be 2 to 31 of A-Z, 0-9 and _')
  rule(plugin.name !== '', 'name', 'is missing')
  rule(plugin.upstream !== '', 'upstream', 'must name the version of the API it is written against')
  rule(plugin.hosts.length > 0, 'hosts', 'must name the hosts that it asks')
  plugin.hosts.forEach((host, i) =>
    rule(/^[a-z0-9.-]+(:\d+)?$/.test(host), `hosts[${i}]`, 'must be a host without scheme and path')
  )
  const satellite = `${id}_account_details`
  rule(plugin.detailsTable === satellite, 'detailsTable', `must be "${satellite}"`)
  const hasMigrations = (plugin.migrations?.length ?? 0) > 0
  rule(hasMigrations, 'migrations', 'the first one must make the satellite')
  plugin.secrets.forEach((secret, i) =>
    rule(/^[a-z][a-z0-9_]*$/.test(secret), `secrets[${i}]`, 'must be a column name without "_enc"')
  )
  const abilities = targetsOf(plugin)
  for (const [target, cron] of Object.entries(plugin.schedule ?? {})) {
    const path = `schedule.${target}`
    rule(isCron(cron ?? ''), path, 'must be a cron line of five fields')
    const isAble = abilities.includes(target as Target)
    rule(isAble, path, 'its adapter has no method for this target')
  }
  plugin.limits?.forEach((limit, i) =>
    rule(
      limit.ratePerSecond > 0 && limit.burst >= 1,
      `limits[${i}]`,
      'needs ratePerSecond above 0 and burst from 1',
    )
  )
}
