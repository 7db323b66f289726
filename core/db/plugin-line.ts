/** A plugin's migration: run as a role that owns nothing of core, and held to it afterwards. */
import type { OperationsTx } from './operations.ts'

/** Throws, so that the transaction rolls back, when the file leaves its role or touches core. */
export const applyAsPlugin = async (tx: OperationsTx, text: string): Promise<void> => {
  const word = transactionWord(text)
  if (word) throw new Error(`a file is one transaction, and may not say ${word.toUpperCase()}`)
  const before = await coreDigest(tx)
  await tx.unsafe('set local role robnu_plugins')
  await tx.unsafe(text)
  await tx.unsafe('reset role')
  // the session is the owner's, so a file may have left the role on its way
  if (await coreDigest(tx) !== before) throw new Error('it changes what belongs to core')
}

/** COMMIT would end the transaction that all of this rests on. Bodies, texts and comments do not count. */
const transactionWord = (text: string): string | undefined =>
  text
    .replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' x ')
    .split(';')
    .map((statement) => statement.trim().split(/\s+/)[0] ?? '')
    .find((first) =>
      /^(begin|start|commit|end|rollback|abort|savepoint|release|prepare)$/i.test(first)
    )

/** Everything of the catalog that is not the plugins' own. */
const coreDigest = async (tx: OperationsTx): Promise<string> => {
  const [row] = await tx<{ digest: string }[]>`
    with core as (
      select oid, relname, relkind, relowner, relacl, relrowsecurity, relforcerowsecurity, reloptions
      from pg_class
      where relnamespace = 'public'::regnamespace and relowner <> 'robnu_plugins'::regrole
    ), facts (fact) as (
      select core::text from core
      union all
      select concat_ws(' ', 'column', attrelid, attnum, attname, atttypid, attnotnull, attisdropped,
        attacl) from pg_attribute where attrelid in (select oid from core)
      union all
      select concat_ws(' ', 'constraint', oid, conname, conrelid, contype, conkey, convalidated)
        from pg_constraint where conrelid in (select oid from core)
      union all
      select concat_ws(' ', 'policy', oid, polname, polrelid, polroles, polqual, polwithcheck)
        from pg_policy where polrelid in (select oid from core)
      union all
      select concat_ws(' ', 'trigger', oid, tgname, tgenabled) from pg_trigger
        where tgrelid in (select oid from core) and not tgisinternal
      union all
      select concat_ws(' ', 'function', oid, proname, proowner, proacl, prosecdef, proconfig, prosrc,
        prosqlbody) from pg_proc
        where pronamespace = 'public'::regnamespace and proowner <> 'robnu_plugins'::regrole
      union all
      select concat_ws(' ', 'member', roleid, member, inherit_option, set_option, admin_option)
        from pg_auth_members
      union all
      select concat_ws(' ', 'schema', nspname, nspowner, nspacl) from pg_namespace
    )
    select md5(string_agg(fact, E'\\n' order by fact)) as digest from facts`
  return row?.digest ?? ''
}
