/** The catalog as text for people: what `migrations/schema.sql` holds, byte for byte. */
import { isPluginLogin } from '../../core/db/plugin-reads.ts'
import type { Catalog, DatabaseFunction, Grant, Policy, Relation } from '../../core/db/catalog.ts'

const head =
  `-- The schema that core's migrations make, as the catalog tells it: for reading and for review,
-- never run. A change of the schema changes this file, in the same commit:
--   ROBNU_WRITE_SCHEMA=1 npm test -- tests/migrations/schema.test.ts
`

export const schemaText = (catalog: Catalog): string =>
  [
    head,
    rolesText(catalog),
    ...catalog.relations.map(relationText),
    '-- Functions\n',
    ...catalog.functions.map(functionText),
  ].join('\n')

const rolesText = ({ roles, memberships, database, schemas }: Catalog): string =>
  [
    '-- Roles',
    ...roles.filter(({ name }) => isOurs(name)).map(({ name, isLogin, inherits, powers }) =>
      `create role ${name} ${
        [isLogin ? 'login' : 'nologin', inherits ? 'inherit' : 'noinherit']
          .concat(powers.map((power) => power.toLowerCase())).join(' ')
      };`
    ),
    ...memberships.filter(({ member }) => isOurs(member)).map(
      ({ member, role, inherit, set, admin }) =>
        `grant ${role} to ${member} with inherit ${inherit}, set ${set}, admin ${admin};`,
    ),
    ...grantTexts('database', '…', database.grants),
    ...schemas.flatMap(({ name, grants }) => grantTexts('schema', name, grants)),
    '',
  ].join('\n')

/** The server has administrators, whose names are its own business, and logins of isolated plugins. */
const isOurs = (name: string): boolean => name.startsWith('robnu_') && !isPluginLogin(name)

const relationText = (relation: Relation): string => {
  const { name, kind, owner, columns, constraints, indexes, policies, triggers } = relation
  const lines = [
    ...columns.map((column) =>
      [
        column.name,
        column.type,
        ...column.notNull ? ['not null'] : [],
        ...column.isGenerated || column.default === null ? [] : [`default ${column.default}`],
        ...column.isGenerated ? [`generated always as (${column.default})`] : [],
        ...column.isIdentity ? ['generated as identity'] : [],
      ].join(' ')
    ),
    ...constraints.map((constraint) => `constraint ${constraint.name} ${constraint.definition}`),
  ]
  const security = [
    ...relation.rowSecurity ? ['enable'] : [],
    ...relation.forced ? ['force'] : [],
  ]
  return [
    `-- ${kind} of ${owner}`,
    `create ${kind.replace('ised', 'ized')} ${name} (\n${
      lines.map((l) => `  ${l}`).join(',\n')
    }\n);`,
    ...indexes.filter(({ isConstraint }) => !isConstraint).map(({ definition }) =>
      `${definition};`
    ),
    ...security.map((word) => `alter table ${name} ${word} row level security;`),
    ...policies.map((policy) => policyText(name, policy)),
    ...grantTexts('', name, relation.grants),
    ...triggers.map((trigger) => `${trigger};`),
    '',
  ].join('\n').replaceAll('public.', '')
}

const policyText = (table: string, policy: Policy): string => {
  const { name, isPermissive, command, roles, using, check } = policy
  const text = `create policy ${name} on ${table}` +
    (isPermissive ? '' : ' as restrictive') + (command === 'all' ? '' : ` for ${command}`) +
    ` to ${roles.join(', ')}` + tested('using', using) + tested('with check', check) + ';'
  return text.replaceAll(/\( SELECT (\w+\(\)) AS \w+\)/g, '(select $1)')
}

/** Always in one pair of parentheses. */
const tested = (word: string, test: string | null): string => {
  if (test === null) return ''
  const isWrapped = test.startsWith('(') && !test.startsWith('( SELECT')
  return `${test.length > 10 ? '\n ' : ''} ${word} ${isWrapped ? test : `(${test})`}`
}

/** One line for each role. */
const grantTexts = (kind: string, name: string, grants: readonly Grant[]): readonly string[] => {
  const to = Map.groupBy(
    grants,
    ({ role, grantable }) => grantable ? `${role} with grant option` : role,
  )
  return Array.from(to, ([role, privileges]) => {
    const words = privileges.map(({ privilege, column }) =>
      privilege.toLowerCase() + (column === null ? '' : ` (${column})`)
    )
    return `grant ${words.join(', ')} on ${kind}${kind && ' '}${name} to ${role};`
  })
}

const functionText = (one: DatabaseFunction): string =>
  [
    `create function ${one.signature}`,
    `  returns ${one.result}`,
    `  language ${one.language} ${one.volatility}${one.isDefiner ? ' security definer' : ''}` +
    one.settings.map((setting) => ` set ${setting}`).join(''),
    `  owner ${one.owner}`,
    `  callers ${one.grants.map(({ role }) => role).join(', ') || 'none'};\n`,
  ].join('\n')
