/** Checks of the text of migrations: what a file must not even try. */
import { readFile } from 'node:fs/promises'
import type { Migration, Plugin } from '../../../plugin.ts'
import { readable } from '../../../rules/plugin-form.ts'
import type { Bench } from '../bench.ts'
import type { Check } from '../check.ts'
import { bodiesOf, statementsOf } from './statements.ts'

interface File {
  readonly migration: Migration
  readonly name: string
  /** Of the file and of the bodies of functions in it. */
  readonly statements: readonly string[]
  readonly isFirst: boolean
}

const filesOf = ({ migrations = [] }: Plugin): Promise<readonly File[]> =>
  Promise.all(migrations.map(async (migration, at) => {
    const sql = await readFile(migration.sql, 'utf8')
    return {
      migration,
      name: migration.sql.pathname.split('/').at(-1) ?? String(migration.id),
      statements: [...statementsOf(sql), ...bodiesOf(sql)],
      isFirst: at === 0,
    }
  }))

/** Of those that have not their form another check speaks. */
const countOf = (plugin: Plugin): number => readable(plugin).migrations?.length ?? 0

type Judge = (statement: string, file: File, plugin: Plugin) => string | undefined

const lint = (id: string, title: string, remedy: string, judge: Judge): Check => ({
  id,
  tier: 'declaration',
  title,
  remedy,
  leftOut: ({ plugin }) => countOf(plugin) > 0 ? undefined : 'it has no migrations',
  run: async ({ plugin }: Bench) => {
    for (const file of await filesOf(plugin)) {
      for (const statement of file.statements) {
        const fault = judge(statement, file, plugin)
        if (fault !== undefined) throw new Error(`${file.name}: ${fault}`)
      }
    }
  },
})

const bare = (name: string): string => name.replace(/^public\./, '')
/** Of `create table if not exists public.x (…`. */
const made =
  /^create (?:or replace )?(?:unique |unlogged |temporary |temp |global |local |materialized |recursive )*(table|view|index|sequence|function|procedure|type|domain|trigger|schema|operator|cast|extension|rule|policy|aggregate|statistics)(?: concurrently)?(?: if not exists)? ([\w.]+)/
const changed =
  /^(alter|drop|truncate|comment on|lock|cluster|reindex|vacuum)(?: (table|view|materialized view|index|sequence|function|procedure|type|domain|policy|trigger|schema|role|column))?(?: only)?(?: concurrently)?(?: if exists)? ([\w.]+)(?: on ([\w.]+))?/

const isOwn = (name: string, { id }: Plugin): boolean => bare(name).startsWith(`${id}_`)

export const lintChecks: readonly Check[] = [
  lint(
    'migration-names-begin-with-id',
    'everything that a migration makes is named after the plugin',
    'begin the names of tables, indexes, functions, types and triggers with the id of the plugin',
    (statement, _file, plugin) => {
      const [, kind = '', name = ''] = made.exec(statement) ?? []
      // a policy is named after what it is for, on a table of its own
      if (name === '' || kind === 'policy' || isOwn(name, plugin)) return undefined
      return `${kind} "${name}" does not begin with "${plugin.id}_"`
    },
  ),
  lint(
    'migration-leaves-others-alone',
    'a migration changes, empties and drops nothing that is not the plugin’s own',
    'change only what begins with the id of the plugin; ask for what core should have',
    (statement, _file, plugin) => {
      const [, verb = '', , name = '', on] = changed.exec(statement) ?? []
      const rows = /^(?:insert into|update|delete from|merge into)(?: only)? ([\w.]+)/.exec(
        statement,
      )
      const object = rows?.[1] ?? on ?? name
      if (object === '' || isOwn(object, plugin)) return undefined
      return `"${rows ? statement.split(' ')[0] : verb}" of "${object}", which is not the plugin's`
    },
  ),
  lint(
    'migration-loses-nothing-unmarked',
    'a file that takes away what an older release uses is marked as breaking',
    'say `breaking: true` at this migration, or keep the table and the column for one release more',
    (statement, { migration, isFirst }) => {
      const loses =
        /^drop (?:table|view|materialized view)\b|^truncate\b|^alter table\b.*\b(?:drop (?:column )?(?!constraint\b|default\b|not null\b|expression\b|identity\b)\w|rename (?!constraint\b))/
      if (migration.breaking || isFirst) return undefined
      return loses.test(statement) ? 'drops or renames, and is not marked as breaking' : undefined
    },
  ),
  lint(
    'migration-has-no-definer',
    'no function of a plugin runs with other rights than those of its caller',
    'leave SECURITY DEFINER away: rows are reached in the scope of their seller',
    (statement) => /\bsecurity definer\b/.test(statement) ? 'SECURITY DEFINER' : undefined,
  ),
  lint(
    'migration-keeps-its-role',
    'a migration changes neither roles nor rights nor settings',
    'call app_protect for the rights on a table; leave the rest to core',
    (statement) => {
      // what everybody may call by default
      if (
        /^revoke all(?: privileges)? on function [\w.]+ ?\([^;]*\) from public$/.test(statement)
      ) {
        return undefined
      }
      const found =
        /^(?:set|reset)(?: session| local)? (?:role|session authorization)|^(?:create|alter|drop) (?:role|user|group)|^(?:grant|revoke)\b|^alter (?:default privileges|system|database)|\brow_security\b|\bset_config\b|^reassign\b|\bdisable row level security|\bno force row level security/
          .exec(statement)
      return found ? `"${found[0]}"` : undefined
    },
  ),
  lint(
    'migration-leaves-the-transaction',
    'a migration neither ends its transaction nor leaves it',
    'remove BEGIN, COMMIT and CONCURRENTLY: each file is one transaction of `migrate`',
    (statement) => {
      const found =
        /^(?:begin|start transaction|commit|end|rollback|savepoint|prepare transaction)(?: transaction| work)?$|\bconcurrently\b|^(?:vacuum|copy|listen|notify|do|call|load)\b/
          .exec(statement)
      return found ? `"${found[0]}"` : undefined
    },
  ),
  {
    id: 'migration-locks-nothing-for-long',
    tier: 'declaration',
    title: 'no later migration holds up a table with rows for as long as it has rows',
    remedy:
      'add columns without a volatile default and constraints as NOT VALID; make an index with its table',
    leftOut: ({ plugin }) => countOf(plugin) > 1 ? undefined : 'it has no second migration',
    run: async ({ plugin }) => {
      for (const { name, statements, isFirst } of await filesOf(plugin)) {
        if (isFirst) continue
        const fresh = statements.flatMap((one) => {
          const [, kind, table = ''] = made.exec(one) ?? []
          return kind === 'table' ? [bare(table)] : []
        })
        for (const statement of statements) {
          const fault = longLock(statement, fresh)
          if (fault !== undefined) throw new Error(`${name}: ${fault}`)
        }
      }
    },
  },
]

/** On a table that was there before the file. */
const longLock = (statement: string, fresh: readonly string[]): string | undefined => {
  const index = /^create (?:unique )?index(?: if not exists)?(?: \w+)? on (?:only )?([\w.]+)/
    .exec(statement)
  if (index?.[1] !== undefined && !fresh.includes(bare(index[1]))) {
    return `an index on "${index[1]}", which has rows`
  }
  const altered = /^alter table(?: if exists)?(?: only)? ([\w.]+) (.*)$/.exec(statement)
  const [, table = '', change = ''] = altered ?? []
  if (table === '' || fresh.includes(bare(table))) return undefined
  const rewrites =
    /\balter (?:column )?\w+ (?:set data )?type\b|\bset not null\b|\badd (?:constraint \w+ )?(?:primary key|unique|exclude)|\badd column \w+ [^,]*default (?:now|clock_timestamp|random|gen_random_uuid|nextval)/
      .exec(change)
  if (rewrites) return `"${rewrites[0]}" on "${table}", which has rows`
  const checks = /\badd constraint \w+ (?:check|foreign key)|\badd (?:check|foreign key)/.test(
    change,
  )
  return checks && !/\bnot valid\b/.test(change)
    ? `a constraint on "${table}" that is not NOT VALID`
    : undefined
}
