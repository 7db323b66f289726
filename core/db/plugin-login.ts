/** Grants the login of an isolated plugin what it may do: its own tables, and reading the ledger. */
import { readableTables } from '../rules/plugin-sql-names.ts'
import type { OperationsTx } from './operations.ts'
import { hiddenColumn, pluginLogin } from './plugin-reads.ts'

export interface LoginOf {
  readonly pluginId: string
  /** Its own, that its SQL may write. */
  readonly tables: readonly string[]
  /** Of a marketplace: what a seller connects with, read without what is sealed. */
  readonly detailsTable?: string
}

/** What a transaction of a plugin calls besides its own statements. */
export const loginFunctions: readonly string[] = [
  'app_enter(text, text, uuid, timestamptz, bytea)',
  'app_current_seller_id()',
  'app_writable_seller_id()',
  'app_current_actor()',
  'request_job(uuid, uuid, text, uuid, jsonb)',
  'audit_append(uuid, text, text, text)',
  'idempotency_begin(text, text, bytea)',
]
/** Written by the host in the plugin's transaction, and read by no plugin. */
export const writtenByHost: readonly string[] = ['inbox', 'idempotency_keys']

const current = '(select app_current_seller_id())'
const writable = '(select app_writable_seller_id())'

/**
 * As robnu_owner, at every migrate: grants and policies are made anew. False: there is no such login,
 * and the administrator has to make it (`loginSql`).
 */
export const grantPluginLogin = async (sql: OperationsTx, of: LoginOf): Promise<boolean> => {
  const role = pluginLogin(of.pluginId)
  const [found] = await sql`select from pg_roles where rolname = ${role} and rolcanlogin`
  if (!found) return false
  await forget(sql, role)
  for (const table of readableTables) await readable(sql, role, table)
  await sql.unsafe(`
    grant insert on inbox, idempotency_keys to ${role};
    create policy ${role} on inbox for insert to ${role} with check (seller_id = ${writable}
      and (select app_current_actor()) = 'run:' || work_item_id::text);
    create policy ${role} on idempotency_keys for insert to ${role}
      with check (seller_id = ${writable})`)
  await sql.unsafe(`set local role robnu_gate;
    ${loginFunctions.map((one) => `grant execute on function ${one} to ${role};`).join('\n')}
    set local role robnu_plugins`)
  if (of.detailsTable !== undefined) await readable(sql, role, of.detailsTable)
  for (const table of of.tables) {
    if (table !== of.detailsTable) await own(sql, role, table)
  }
  await sql.unsafe('reset role')
  return true
}

/** What an earlier version was granted. */
const forget = async (sql: OperationsTx, role: string): Promise<void> => {
  const policies = await sql<{ table: string; name: string; owner: string }[]>`
    select p.polrelid::regclass::text as table, p.polname as name,
      pg_get_userbyid(c.relowner) as owner
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where p.polroles = array[${role}::regrole::oid]`
  for (const { table, name, owner } of policies) {
    await sql.unsafe(`set local role ${owner}; drop policy ${name} on ${table}; reset role`)
  }
  const granted = await sql<{ table: string; owner: string }[]>`
    select c.oid::regclass::text as table, pg_get_userbyid(c.relowner) as owner
    from pg_class c
    where c.relkind = 'r' and (
      exists (select from aclexplode(c.relacl) g where g.grantee = ${role}::regrole)
      or exists (select from pg_attribute a, aclexplode(a.attacl) g
        where a.attrelid = c.oid and g.grantee = ${role}::regrole))`
  for (const { table, owner } of granted) {
    await sql.unsafe(`set local role ${owner}; revoke all on ${table} from ${role}; reset role`)
  }
}

const readable = async (sql: OperationsTx, role: string, table: string): Promise<void> => {
  const columns = await sql<{ name: string; secured: boolean }[]>`
    select a.attname as name, c.relrowsecurity as secured
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attrelid = to_regclass(${table}) and a.attnum > 0 and not a.attisdropped
      and a.attname !~ ${hiddenColumn}`
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  await sql.unsafe(`grant select (${names}) on "${table}" to ${role}`)
  if (columns[0]?.secured) {
    await sql.unsafe(
      `create policy ${role} on "${table}" for select to ${role} using (seller_id = ${current})`,
    )
  }
}

/** What a tenant may do with it, as its migration says. */
const own = async (sql: OperationsTx, role: string, table: string): Promise<void> => {
  const granted = await sql<{ privilege: string }[]>`
    select u.privilege from unnest(array['select', 'insert', 'update', 'delete']) as u (privilege)
    where has_table_privilege('robnu_tenant', to_regclass(${table}), u.privilege)`
  if (granted.length === 0) return
  const privileges = granted.map(({ privilege }) => privilege).join(', ')
  await sql.unsafe(`
    grant ${privileges} on "${table}" to ${role};
    create policy ${role} on "${table}" to ${role} using (seller_id = ${current})
      with check (seller_id = ${writable});
    create policy ${role}_delete on "${table}" as restrictive for delete to ${role}
      using (seller_id = ${writable})`)
}
