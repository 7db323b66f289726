/** Tables, views and sequences of the schema `public`, with everything that hangs on them. */
import type { Column, Constraint, Grant, Index, Policy, Reader, Relation } from './catalog.ts'

/** Rows of one kind with the relation that they belong to. */
type Of<T> = T & { readonly relation: string }

export const readRelations = async (sql: Reader): Promise<readonly Relation[]> => {
  const relations = await sql<Omit<Relation, keyof Parts>[]>`
    select c.relname as name, pg_get_userbyid(c.relowner) as owner,
      case c.relkind when 'v' then 'view' when 'm' then 'materialised view'
        when 'f' then 'foreign table' when 'S' then 'sequence' else 'table' end as kind,
      c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as forced,
      coalesce(c.reloptions, '{}') as options,
      array(select r.rulename::text from pg_rewrite r
        where r.ev_class = c.oid and r.rulename <> '_RETURN' order by 1) as rewrites
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    order by c.relname`
  const columns = byRelation(await readColumns(sql))
  const constraints = byRelation(await readConstraints(sql))
  const indexes = byRelation(await readIndexes(sql))
  const policies = byRelation(await readPolicies(sql))
  const triggers = byRelation(await readTriggers(sql))
  const grants = byRelation(await readGrants(sql))
  return relations.map((relation) => ({
    ...relation,
    columns: columns(relation.name),
    constraints: constraints(relation.name),
    indexes: indexes(relation.name),
    policies: policies(relation.name),
    triggers: triggers(relation.name).map(({ definition }) => definition),
    grants: grants(relation.name),
  }))
}
type Parts = Pick<
  Relation,
  'columns' | 'constraints' | 'indexes' | 'policies' | 'triggers' | 'grants'
>

const byRelation = <T>(rows: readonly Of<T>[]) => {
  const groups = Map.groupBy(rows, (row) => row.relation)
  return (name: string): readonly T[] =>
    (groups.get(name) ?? []).map(({ relation: _relation, ...row }) => row as T)
}

const readColumns = (sql: Reader): Promise<readonly Of<Column>[]> =>
  sql<Of<Column>[]>`
    select c.relname as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as "notNull", pg_get_expr(d.adbin, d.adrelid) as default,
      a.attidentity <> '' as "isIdentity", a.attgenerated <> '' as "isGenerated",
      'e' in (t.typtype, e.typtype, b.typtype) as "isEnum"
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_type b on b.oid = t.typbasetype
    left join pg_type e on e.oid in (t.typelem, b.typelem) and e.oid <> 0
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    order by c.relname, a.attnum`

const readConstraints = (sql: Reader): Promise<readonly Of<Constraint>[]> =>
  // a not-null constraint is told with its column
  sql<Of<Constraint>[]>`
    select c.relname as relation, k.conname as name,
      case k.contype when 'p' then 'primary' when 'u' then 'unique' when 'f' then 'foreign'
        when 'c' then 'check' when 'x' then 'exclusion' else 'trigger' end as kind,
      array(select a.attname::text from unnest(k.conkey) with ordinality as u (num, at)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num
        order by u.at) as columns,
      k.confrelid::regclass::text as target,
      array(select a.attname::text from unnest(k.confkey) with ordinality as u (num, at)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num
        order by u.at) as "targetColumns",
      pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where c.relnamespace = 'public'::regnamespace and k.contype <> 'n'
    order by c.relname, array_position('{p,u,x,f,c,t}'::"char"[], k.contype),
      k.conname`

const readIndexes = (sql: Reader): Promise<readonly Of<Index>[]> =>
  sql<Of<Index>[]>`
    select c.relname as relation, n.relname as name, i.indisunique as "isUnique",
      exists (select from pg_constraint k
        where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')) as "isConstraint",
      array(select a.attname::text from generate_subscripts(i.indkey, 1) as at
        left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[at]
          and a.attnum <> 0
        where at < i.indnkeyatts order by at) as columns,
      pg_get_expr(i.indpred, i.indrelid) as predicate, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    join pg_class n on n.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace
    order by c.relname, n.relname`

const readPolicies = (sql: Reader): Promise<readonly Of<Policy>[]> =>
  sql<Of<Policy>[]>`
    select c.relname as relation, p.polname as name, p.polpermissive as "isPermissive",
      case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert'
        when 'w' then 'update' else 'delete' end as command,
      array(select coalesce(r.rolname::text, 'PUBLIC') from unnest(p.polroles) as u (oid)
        left join pg_roles r on r.oid = u.oid order by 1) as roles,
      pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = 'public'::regnamespace
    order by c.relname, p.polname`

const readTriggers = (sql: Reader): Promise<readonly Of<{ readonly definition: string }>[]> =>
  sql<Of<{ readonly definition: string }>[]>`
    select c.relname as relation, pg_get_triggerdef(t.oid) as definition
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
    order by c.relname, t.tgname`

const readGrants = (sql: Reader): Promise<readonly Of<Grant>[]> =>
  sql<Of<Grant>[]>`
    with granted as (
      select c.relname as relation, c.relowner, null as column, g.*
      from pg_class c
      cross join lateral aclexplode(coalesce(c.relacl, acldefault(
        (case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))) as g
      where c.relnamespace = 'public'::regnamespace
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all
      select c.relname, c.relowner, a.attname, g.*
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      cross join lateral aclexplode(a.attacl) as g
      where c.relnamespace = 'public'::regnamespace
    )
    select g.relation, coalesce(r.rolname, 'PUBLIC') as role, g.privilege_type as privilege,
      g.column, g.is_grantable as grantable
    from granted g left join pg_roles r on r.oid = g.grantee
    where g.grantee <> g.relowner
    order by g.relation, r.rolname nulls first, g.column nulls first, g.privilege_type collate "C"`
