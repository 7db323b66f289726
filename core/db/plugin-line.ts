/** A plugin's migration, run as a role that owns nothing of core and cannot be left. */
import { readFunctions, readOperators, readSchemas } from './catalog-access.ts'
import { readRelations } from './catalog-relations.ts'
import type { OperationsTx } from './operations.ts'

/**
 * The file is the body of a function that robnu_plugins owns: in there PostgreSQL refuses to change
 * the role or to commit, however the file asks for it, while everything that a migration needs works.
 * Throws when something has changed that does not bear the plugin's name: that role owns the tables of
 * all plugins.
 */
export const applyAsPlugin = async (
  tx: OperationsTx,
  text: string,
  { line, others }: { readonly line: string; readonly others: readonly string[] },
): Promise<void> => {
  const isOwn = ownNames(line, others)
  const before = await foreignObjects(tx, isOwn)
  const giveBack = await takeAway(tx, isOwn)
  await tx.unsafe(`
    set local role robnu_plugins;
    create function plugin_file(p_text text) returns void language plpgsql security definer
      as $$ begin execute p_text; end $$;
    revoke all on function plugin_file(text) from public;
    grant execute on function plugin_file(text) to robnu_owner;
    reset role`)
  await tx`select plugin_file(${text})`
  await tx.unsafe('drop function plugin_file(text)')
  await giveBack()
  const after = await foreignObjects(tx, isOwn)
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .find((name) => before.get(name) !== after.get(name))
  if (changed !== undefined) {
    throw new Error(
      `it changes the ${changed}: what a plugin makes or changes begins with "${line}_", and has no rights of its owner`,
    )
  }
}

const ownNames = (line: string, others: readonly string[]) => {
  // what bears a longer name may be another plugin's
  const longer = others.filter((other) => other.startsWith(`${line}_`))
  return (name: string): boolean =>
    name.startsWith(`${line}_`) && !longer.some((other) => name.startsWith(`${other}_`))
}

/**
 * Tables of other plugins are not that role's while the file runs: it could read and empty them. For
 * that long nobody else can use them, so a file that takes its time goes in pieces.
 */
const takeAway = async (
  tx: OperationsTx,
  isOwn: (name: string) => boolean,
): Promise<() => Promise<void>> => {
  const all = await tx<{ name: string }[]>`
    select relname as name from pg_class
    where relowner = 'robnu_plugins'::regrole and relnamespace = 'public'::regnamespace
      and relkind in ('r', 'p', 'v', 'm') order by relname`
  const foreign = all.filter(({ name }) => !isOwn(name))
  const giveTo = async (role: string): Promise<void> => {
    for (const { name } of foreign) {
      // one that is gone is told of by its name
      await tx.unsafe(`alter table if exists ${quoted(name)} owner to ${role}`)
    }
  }
  await giveTo('current_user')
  return () => giveTo('robnu_plugins')
}
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** What is not the plugin's by its name, each with how it is; functions with rights of another besides. */
const foreignObjects = async (
  tx: OperationsTx,
  isOwn: (name: string) => boolean,
): Promise<ReadonlyMap<string, string>> => {
  const relations = await readRelations(tx)
  const functions = await readFunctions(tx)
  // a table that is emptied at once is another file; a function may get another body
  const insides = await tx<{ name: string; inside: string }[]>`
    select relname as name, pg_relation_filenode(oid)::text as inside from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
    union all
    select proname || '(' || oid::text || ')', md5(prosrc) from pg_proc
    where pronamespace = 'public'::regnamespace`
  const foreign: [string, unknown][] = [
    ...relations.filter(({ name }) => !isOwn(name))
      .map((one): [string, unknown] => [`${one.kind} "${one.name}"`, one]),
    ...functions.filter(({ signature, isDefiner }) => isDefiner || !isOwn(signature))
      .map((one): [string, unknown] => [`function "${one.signature}"`, one]),
    ...insides.filter(({ name }) => !isOwn(name))
      .map(({ name, inside }): [string, unknown] => [`inside of "${name}"`, inside]),
    ['schemas', await readSchemas(tx)],
    ['operators', await readOperators(tx)],
  ]
  return new Map(foreign.map(([name, how]) => [name, JSON.stringify(how)]))
}
