/** Checking: every plugin by the rules of the contract, and what those enabled together must agree on. */
import { isMarketplace, type Route } from '../plugin.ts'
import { declarationFaults } from '../rules/declaration.ts'
import { formFaults, memberOf, readable } from '../rules/plugin-form.ts'
import { each, type Found, unless } from '../rules/rule.ts'
import type { LoadedPlugin, PluginFault } from './load.ts'

/** Every fault of every plugin, so that one start tells them all. */
export const checkPlugins = (loaded: readonly LoadedPlugin[]): readonly PluginFault[] => {
  const all = loaded.map((one) => ({ ...one, plugin: readable(one.plugin) }))
  return loaded.flatMap((one, at) => {
    const own = declarationFaults(one.plugin)
    // what has not its form is read as empty, and is told for that alone
    const formless = new Set(formFaults(one.plugin).map(([path]) => memberOf(path)))
    const sound = all[at] ?? one
    const shared = sharedFaults(sound, all).filter(([path]) => !formless.has(memberOf(path)))
    return [...own, ...shared].map(([path, message]) => ({ plugin: nameOf(sound), path, message }))
  })
}

const nameOf = ({ plugin: { id }, use }: LoadedPlugin): string =>
  typeof id === 'string' && id !== '' ? id : use

/** What the plugins that are enabled together must agree on. */
const sharedFaults = ({ plugin }: LoadedPlugin, all: readonly LoadedPlugin[]): readonly Found[] => {
  const others = all.map((one) => one.plugin)
  const addresses = others.flatMap((other) => other.routes ?? []).map(addressOf)
  const codes = isMarketplace(plugin)
    ? others.filter((other) => isMarketplace(other) && other.code === plugin.code).length
    : 1
  return [
    ...unless(
      others.filter((other) => other.id === plugin.id).length === 1,
      'id',
      `"${plugin.id}" is taken by another enabled plugin: enable one of them`,
    ),
    ...each(
      plugin.needs,
      (need) =>
        others.some((other) => other.id === need)
          ? undefined
          : ['needs', `"${need}" is not enabled: enable it as well`],
    ),
    ...each(
      plugin.routes,
      (route, i) =>
        addresses.filter((address) => address === addressOf(route)).length === 1
          ? undefined
          : [`routes[${i}].path`, 'another route has the same method and path: take another path'],
    ),
    ...unless(codes === 1, 'code', 'is taken by another enabled plugin: enable one of them'),
  ]
}

/** Parameters stand for anything, whatever they are called. */
const addressOf = ({ method, path }: Route): string =>
  `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`
