/** Who may do what: functions, roles, memberships, schemas and the database itself. */
import type { Catalog, DatabaseFunction, Membership, Place, Reader, Role } from './catalog.ts'

export const readFunctions = (sql: Reader): Promise<readonly DatabaseFunction[]> =>
  sql<DatabaseFunction[]>`
    select format('%s(%s)', p.proname, array_to_string(array(
        select format_type(u.type, null) from unnest(p.proargtypes) with ordinality as u (type, at)
        order by u.at), ', ')) as signature,
      coalesce(pg_get_function_result(p.oid), 'procedure') as result, l.lanname as language,
      case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
        as volatility,
      pg_get_userbyid(p.proowner) as owner, p.prosecdef as "isDefiner",
      coalesce(p.proconfig, '{}') as settings,
      exists (select from pg_proc s
        where s.pronamespace = 'pg_catalog'::regnamespace and s.proname = p.proname) as "isShadow",
      ${grantsOf(sql, sql`p.proacl`, 'f', sql`p.proowner`)} as grants
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace
    order by p.proname, pg_get_function_identity_arguments(p.oid) collate "C"`

export const readOperators = async (sql: Reader): Promise<readonly string[]> => {
  const operators = await sql<{ text: string }[]>`
    select o.oid::regoperator::text as text from pg_operator o
    where o.oprnamespace = 'public'::regnamespace order by o.oprname, o.oid`
  return operators.map(({ text }) => text)
}

export const readSchemas = async (
  sql: Reader,
): Promise<Pick<Catalog, 'database' | 'schemas'>> => {
  const [database] = await sql<Place[]>`
    select d.datname as name, pg_get_userbyid(d.datdba) as owner,
      ${grantsOf(sql, sql`d.datacl`, 'd', sql`d.datdba`)} as grants
    from pg_database d where d.datname = current_database()`
  if (!database) throw new Error('unreachable: the database knows itself')
  const schemas = await sql<Place[]>`
    select n.nspname as name, pg_get_userbyid(n.nspowner) as owner,
      ${grantsOf(sql, sql`n.nspacl`, 'n', sql`n.nspowner`)} as grants
    from pg_namespace n
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by n.nspname`
  return { database, schemas }
}

export const readRoles = async (
  sql: Reader,
): Promise<Pick<Catalog, 'roles' | 'memberships' | 'settings'>> => {
  const roles = await sql<Role[]>`
    select r.rolname as name, r.rolcanlogin as "isLogin", r.rolinherit as inherits,
      array_remove(array[
        case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
        case when r.rolcreaterole then 'CREATEROLE' end,
        case when r.rolcreatedb then 'CREATEDB' end,
        case when r.rolreplication then 'REPLICATION' end], null) as powers
    from pg_roles r where r.rolname !~ '^pg_' order by r.rolname`
  const memberships = await sql<Membership[]>`
    select m.rolname as member, r.rolname as role, bool_or(a.inherit_option) as inherit,
      bool_or(a.set_option) as set, bool_or(a.admin_option) as admin
    from pg_auth_members a
    join pg_roles m on m.oid = a.member
    join pg_roles r on r.oid = a.roleid
    where m.rolname !~ '^pg_'
    group by m.rolname, r.rolname
    order by m.rolname, r.rolname`
  const settings = await sql<{ text: string }[]>`
    select format('%s: %s', coalesce(r.rolname, 'every role'), u.setting) as text
    from pg_db_role_setting s
    left join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
    cross join lateral unnest(s.setconfig) as u (setting)
    where s.setdatabase = 0 or d.datname = current_database()
    order by r.rolname nulls first, u.setting collate "C"`
  return { roles, memberships, settings: settings.map(({ text }) => text) }
}

/** The grants of an access list as JSON; an empty list means the kind's default. */
const grantsOf = (
  sql: Reader,
  acl: ReturnType<Reader>,
  kind: 'f' | 'd' | 'n',
  owner: ReturnType<Reader>,
) =>
  sql`(
    select coalesce(json_agg(json_build_object('role', x.role, 'privilege', x.privilege_type,
      'column', null, 'grantable', x.is_grantable)
      order by x.role collate "C", x.privilege_type), '[]')
    from (
      select coalesce(r.rolname::text, 'PUBLIC') as role, g.privilege_type, g.is_grantable
      from aclexplode(coalesce(${acl}, acldefault(${kind}::"char", ${owner}))) as g
      left join pg_roles r on r.oid = g.grantee
      where g.grantee <> ${owner}
    ) as x)`
