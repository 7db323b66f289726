/** The rules of the contract that only a marketplace has to keep. */
import type { Marketplace, Target } from '../plugin.ts'
import { isCron } from './cron.ts'
import { type DeclarationRule, each, unless } from './rule.ts'
import { targetsOf } from './targets.ts'

const hostForm = /^[a-z0-9.-]+(:\d+)?$/

export const marketplaceRules: readonly DeclarationRule<Marketplace>[] = [
  {
    id: 'code-form',
    title: 'The code is 2 to 31 of A-Z, 0-9 and _',
    faults: ({ code }) =>
      unless(/^[A-Z][A-Z0-9_]{1,30}$/.test(code), 'code', 'must be 2 to 31 of A-Z, 0-9 and _'),
  },
  {
    id: 'name-given',
    title: 'The marketplace has a name',
    faults: ({ name }) => unless(name !== '', 'name', 'must be what sellers call the marketplace'),
  },
  {
    id: 'upstream-given',
    title: 'The version of the API is named',
    faults: ({ upstream }) =>
      unless(
        upstream !== '',
        'upstream',
        'must name the version of the API it is written against',
      ),
  },
  {
    id: 'hosts-given',
    title: 'The hosts that it asks are named',
    faults: ({ hosts }) => unless(hosts.length > 0, 'hosts', 'must name the hosts that it asks'),
  },
  {
    id: 'hosts-form',
    title: 'Hosts have neither scheme nor path',
    faults: ({ hosts }) =>
      each(
        hosts,
        (host, i) =>
          hostForm.test(host)
            ? undefined
            : [`hosts[${i}]`, 'must be a host without scheme and path'],
      ),
  },
  {
    id: 'hosts-public',
    title: 'Hosts are names of the public internet, as a request spells them',
    faults: ({ hosts }) =>
      each(hosts, (host, i) =>
        !hostForm.test(host) || isPublicName(host) ? undefined : [
          `hosts[${i}]`,
          'must be a name of the public internet in small letters, with the port only where it is not 443',
        ]),
  },
  {
    id: 'hosts-once',
    title: 'No host is named twice',
    faults: ({ hosts }) =>
      each(
        hosts,
        (host, i, all) =>
          all.indexOf(host) === i ? undefined : [`hosts[${i}]`, 'is named twice: leave one'],
      ),
  },
  {
    id: 'satellite-named',
    title: 'The satellite is called by the id of the plugin',
    faults: ({ id, detailsTable }) =>
      unless(
        detailsTable === `${id}_account_details`,
        'detailsTable',
        `must be "${id}_account_details"`,
      ),
  },
  {
    id: 'satellite-made',
    title: 'There is a migration that makes the satellite',
    faults: ({ migrations }) =>
      unless(
        (migrations?.length ?? 0) > 0,
        'migrations',
        'the first one must make the satellite: create its table, and app_protect it',
      ),
  },
  {
    id: 'secrets-columns',
    title: 'Secrets are names of columns',
    faults: ({ secrets }) =>
      each(
        secrets,
        (secret, i) =>
          /^[a-z][a-z0-9_]*$/.test(secret)
            ? undefined
            : [`secrets[${i}]`, 'must be a column name without "_enc"'],
      ),
  },
  {
    id: 'secrets-once',
    title: 'No secret is listed twice',
    faults: ({ secrets }) =>
      each(
        secrets,
        (secret, i, all) =>
          all.indexOf(secret) === i ? undefined : [`secrets[${i}]`, 'is listed twice: leave one'],
      ),
  },
  {
    id: 'schedule-cron',
    title: 'Schedules have cron lines that come',
    faults: ({ schedule }) =>
      each(
        Object.entries(schedule ?? {}),
        ([target, cron]) =>
          isCron(cron) ? undefined : [`schedule.${target}`, 'must be a cron line of five fields'],
      ),
  },
  {
    id: 'schedule-able',
    title: 'Schedules are of targets whose method is there',
    faults: (plugin) => {
      const abilities = targetsOf(plugin)
      return each(
        Object.keys(plugin.schedule ?? {}),
        (target) =>
          abilities.includes(target as Target) ? undefined : [
            `schedule.${target}`,
            'its adapter has no method for this target: write it, or leave the schedule out',
          ],
      )
    },
  },
  {
    id: 'limits-numbers',
    title: 'Limits have a rate and a burst that let something through',
    faults: ({ limits }) =>
      each(
        limits,
        ({ ratePerSecond, burst }, i) =>
          ratePerSecond > 0 && burst >= 1
            ? undefined
            : [`limits[${i}]`, 'needs ratePerSecond above 0 and burst from 1'],
      ),
  },
  {
    id: 'limits-once',
    title: 'An operation has one limit',
    faults: ({ limits }) =>
      each(
        limits,
        ({ operation }, i, all) =>
          all.findIndex((other) => other.operation === operation) === i
            ? undefined
            : [`limits[${i}].operation`, 'has another limit already: leave one'],
      ),
  },
  {
    id: 'pii-paths',
    title: "Paths of buyers' data are names, with [] for every entry of a list",
    faults: ({ pii }) =>
      each(
        pii,
        (path, i) =>
          /^[\w-](?:[\w -]*[\w-])?(?:\[\])?(?:\.[\w-](?:[\w -]*[\w-])?(?:\[\])?)*$/.test(path)
            ? undefined
            : [`pii[${i}]`, 'must be a path such as orders[].buyer'],
      ),
  },
  {
    id: 'webhooks-path',
    title: 'A webhook has no path, or a word behind the account',
    faults: ({ webhooks }) =>
      each(
        webhooks,
        ({ path }, i) =>
          /^(?:\/[a-z][a-z0-9-]{0,62})?$/.test(path)
            ? undefined
            : [`webhooks[${i}].path`, 'must be empty, or a word such as /orders'],
      ),
  },
  {
    id: 'webhooks-once',
    title: 'No two webhooks have one path',
    faults: ({ webhooks }) =>
      each(
        webhooks,
        ({ path }, i, all) =>
          all.findIndex((other) => other.path === path) === i
            ? undefined
            : [`webhooks[${i}].path`, 'is the path of another webhook: take another'],
      ),
  },
  {
    id: 'imports-once',
    title: 'No two imports have one id',
    faults: ({ imports }) =>
      each(
        imports,
        ({ id }, i, all) =>
          all.findIndex((other) => other.id === id) === i
            ? undefined
            : [`imports[${i}].id`, 'is the id of another import: take another'],
      ),
  },
  {
    id: 'imports-signature',
    title: 'An import is known by four to six headings',
    faults: ({ imports }) =>
      each(
        imports,
        ({ signature }, i) =>
          signature.length >= 4 && signature.length <= 6 ? undefined : [
            `imports[${i}].signature`,
            'must be four to six headings that stand together in no other file',
          ],
      ),
  },
]

/** Names that only mean something inside of a network. */
const innerName =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion)$/

/** A host that is no IP address, however spelt; ports below 1024 are those of other services. */
const isPublicName = (host: string): boolean => {
  const url = URL.canParse(`https://${host}`) ? new URL(`https://${host}`) : undefined
  if (url === undefined || url.host !== host) return false
  const name = url.hostname
  const isName = /^[^:[\]]+\.[a-z][a-z0-9-]*$/.test(name) && !innerName.test(name)
  return isName && (url.port === '' || Number(url.port) >= 1024)
}
