/** Every rule of the contract that can be judged from one plugin's declaration, without running it. */
import { API, isMarketplace, type Plugin } from '../plugin.ts'
import { isCoreAddress } from './core-addresses.ts'
import { isCron } from './cron.ts'
import { marketplaceRules } from './marketplace-declaration.ts'
import { formFaults, memberOf, readable } from './plugin-form.ts'
import { type DeclarationRule, each, type Found, unless } from './rule.ts'

export const pluginRules: readonly DeclarationRule[] = [
  {
    id: 'id-form',
    title: 'The id is 2 to 31 of a-z, 0-9 and _',
    faults: ({ id }) =>
      unless(/^[a-z][a-z0-9_]{1,30}$/.test(id), 'id', 'must be 2 to 31 of a-z, 0-9 and _'),
  },
  {
    id: 'id-not-core',
    title: 'The id is not the one of the core',
    // its migrations would run on core's own line
    faults: ({ id }) =>
      unless(id !== 'core', 'id', '"core" is the name of the core itself: take another'),
  },
  {
    id: 'api-known',
    title: 'It is written for this number of the contract',
    faults: ({ api }) =>
      unless(
        api === API,
        'api',
        `must be ${API}, found ${String(api)}: install a version of the plugin for it`,
      ),
  },
  {
    id: 'version-form',
    title: 'The version has three numbers',
    faults: ({ version }) =>
      unless(/^\d+\.\d+\.\d+/.test(version), 'version', 'must be a version such as 1.0.0'),
  },
  {
    id: 'migrations-numbered',
    title: 'Migrations have whole numbers from 1',
    faults: ({ migrations }) =>
      each(
        migrations,
        ({ id }, i) =>
          Number.isInteger(id) && id > 0
            ? undefined
            : [`migrations[${i}].id`, 'must be a whole number from 1'],
      ),
  },
  {
    id: 'migrations-in-order',
    title: 'Each migration has a higher number than the one before',
    faults: ({ migrations }) =>
      each(
        migrations,
        ({ id }, i, all) =>
          i === 0 || id > (all[i - 1]?.id ?? 0)
            ? undefined
            : [`migrations[${i}].id`, 'must be higher than the one before: number new files on'],
      ),
  },
  {
    id: 'tables-named',
    title: 'Tables begin with the id of the plugin',
    faults: ({ id, tables }) =>
      each(
        tables,
        (table, i) =>
          table.startsWith(`${id}_`) ? undefined : [`tables[${i}]`, `must begin with "${id}_"`],
      ),
  },
  {
    id: 'permissions-named',
    title: 'Permissions are resource:action',
    faults: ({ permissions }) =>
      each(
        Object.keys(permissions ?? {}),
        (permission) =>
          /^[a-z-]+:[a-z-]+$/.test(permission)
            ? undefined
            : [`permissions["${permission}"]`, 'must be resource:action'],
      ),
  },
  {
    id: 'queues-named',
    title: 'Queues have the id of the plugin in their names',
    faults: ({ id, queues }) =>
      each(
        queues,
        ({ name }, i) =>
          name === `marketplace-push-${id}` || name.startsWith(`${id}-`) ? undefined : [
            `queues[${i}].name`,
            `must be "marketplace-push-${id}" or begin with "${id}-"`,
          ],
      ),
  },
  {
    id: 'queues-once',
    title: 'No queue is declared twice',
    faults: ({ queues }) =>
      each(
        queues,
        ({ name }, i, all) =>
          all.findIndex((other) => other.name === name) === i
            ? undefined
            : [`queues[${i}].name`, 'is declared twice: leave one'],
      ),
  },
  {
    id: 'consumers-of-own-queues',
    title: 'Consumers listen to queues of the plugin',
    faults: ({ queues, consumers }) =>
      each(consumers, ({ queue }, i) =>
        queues?.some(({ name }) => name === queue) ? undefined : [
          `consumers[${i}].queue`,
          `"${queue}" is not among the plugin's queues: declare it`,
        ]),
  },
  {
    id: 'consumers-once',
    title: 'A queue has one consumer',
    faults: ({ consumers }) =>
      each(
        consumers,
        ({ queue }, i, all) =>
          all.findIndex((other) => other.queue === queue) === i
            ? undefined
            : [`consumers[${i}].queue`, `"${queue}" has another consumer: a queue has one`],
      ),
  },
  {
    id: 'sweeps-cron',
    title: 'Sweeps have a cron line that comes',
    faults: ({ sweeps }) =>
      each(
        sweeps,
        ({ cron }, i) =>
          isCron(cron) ? undefined : [`sweeps[${i}].cron`, 'must be a cron line of five fields'],
      ),
  },
  {
    id: 'sweeps-named',
    title: 'Sweeps begin with the id of the plugin',
    faults: ({ id, sweeps }) =>
      each(
        sweeps,
        (sweep, i) =>
          sweep.id.startsWith(`${id}-`)
            ? undefined
            : [`sweeps[${i}].id`, `must begin with "${id}-"`],
      ),
  },
  {
    id: 'sweeps-once',
    title: 'No two sweeps have one id',
    faults: ({ sweeps }) =>
      each(
        sweeps,
        (sweep, i, all) =>
          all.findIndex((other) => other.id === sweep.id) === i
            ? undefined
            : [`sweeps[${i}].id`, 'is the id of another sweep: take another'],
      ),
  },
  {
    id: 'routes-permitted',
    title: 'Every route needs a permission',
    faults: ({ routes }) =>
      each(
        routes,
        ({ permission }, i) =>
          permission !== ''
            ? undefined
            : [`routes[${i}].permission`, 'a route needs a permission: name one of "permissions"'],
      ),
  },
  {
    id: 'routes-replay',
    title: 'Only a POST has a replay',
    faults: ({ routes }) =>
      each(
        routes,
        ({ method, replay }, i) =>
          replay === undefined || method === 'post'
            ? undefined
            : [`routes[${i}].replay`, 'only a POST has one: other methods may be repeated'],
      ),
  },
  {
    id: 'routes-not-core',
    title: 'No route has the address of one of the core',
    faults: ({ routes }) =>
      each(
        routes,
        ({ method, path }, i) =>
          isCoreAddress(method, path)
            ? [`routes[${i}].path`, 'is answered by the core itself: take another path']
            : undefined,
      ),
  },
]

/** All that is wrong with one plugin: its form first, then the rules where the form lets them look. */
export const declarationFaults = (plugin: Plugin): readonly Found[] => {
  const form = formFaults(plugin)
  const told = new Set(form.map(([path]) => memberOf(path)))
  const sound = readable(plugin)
  const ruled = pluginRules.flatMap((rule) => rule.faults(sound))
  const more = isMarketplace(sound) ? marketplaceRules.flatMap((rule) => rule.faults(sound)) : []
  // of a member that has not its form there is no more to say
  return [...form, ...[...ruled, ...more].filter(([path]) => !told.has(memberOf(path)))]
}
