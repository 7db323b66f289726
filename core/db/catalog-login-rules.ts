/** Rules on the logins of isolated plugins: what `plugin-login.ts` grants, and nothing beside it. */
import { readableTables } from '../rules/plugin-sql-names.ts'
import type { Catalog, Grant, Policy, Relation } from './catalog.ts'
import { roleNames } from './catalog-allow.ts'
import type { CatalogRule, Found } from './catalog-rules.ts'
import { loginFunctions, writtenByHost } from './plugin-login.ts'
import { hiddenColumn, isPluginLogin } from './plugin-reads.ts'

/** The catalog as it would be without them. */
export const withoutPluginLogins = (catalog: Catalog): Catalog => ({
  ...catalog,
  relations: catalog.relations.map((relation) => ({
    ...relation,
    policies: relation.policies.filter((policy) => !isOfLogin(policy)),
    grants: relation.grants.filter(({ role }) => !isPluginLogin(role)),
  })),
  functions: catalog.functions.map((one) => ({
    ...one,
    grants: one.grants.filter(({ role }) => !isPluginLogin(role)),
  })),
  memberships: catalog.memberships.filter(({ member, role }) =>
    !isPluginLogin(member) && !isPluginLogin(role)
  ),
})

const isOfLogin = ({ roles }: Policy): boolean =>
  roles.length === 1 && isPluginLogin(roles[0] ?? '')

/** Whether a grant is one that `migrate` gives. */
const isGranted = ({ name, owner }: Relation, grant: Grant): boolean => {
  const { role, privilege, column, grantable } = grant
  if (grantable) return false
  if (owner === roleNames.plugins) {
    const isOwn = name.startsWith(`${role.slice('robnu_plugin_'.length)}_`)
    return isOwn && ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].includes(privilege)
  }
  if (writtenByHost.includes(name)) return privilege === 'INSERT' && column === null
  return readableTables.has(name) && privilege === 'SELECT' && column !== null &&
    !new RegExp(hiddenColumn).test(column)
}

const holds = (name: string) => `(seller_id = ( SELECT ${name}() AS ${name}))`

/** Rows of the open scope alone, and no change in one that is for reading. */
const isSound = ({ name, owner }: Relation, { using, check, command }: Policy): boolean => {
  const isCurrent = holds('app_current_seller_id')
  const isWritable = holds('app_writable_seller_id')
  if (writtenByHost.includes(name)) {
    return command === 'insert' && String(check).includes(isWritable.slice(1, -1))
  }
  if (command === 'select') return using === isCurrent
  if (owner !== roleNames.plugins) return false
  return command === 'delete' ? using === isWritable : using === isCurrent && check === isWritable
}

export const loginRules = {
  'plugin-login': function* (catalog): Iterable<Found> {
    for (const relation of catalog.relations) {
      const grants = relation.grants.filter((one) =>
        isPluginLogin(one.role) && !isGranted(relation, one)
      )
      const policies = relation.policies.filter((one) => isOfLogin(one) && !isSound(relation, one))
      const extra = [
        ...grants.map((one) => `${one.privilege} (${one.column ?? 'all'}) to ${one.role}`),
        ...policies.map((one) => `policy "${one.name}"`),
      ]
      if (extra.length > 0) {
        yield [relation.name, `gives the login of a plugin more than migrate does: ${extra}`]
      }
    }
    for (const { signature, grants } of catalog.functions) {
      const strangers = grants.filter(({ role, grantable }) => isPluginLogin(role) && grantable)
      const isOurs = loginFunctions.map(longNames).includes(signature)
      if (strangers.length === 0 && (isOurs || !grants.some(({ role }) => isPluginLogin(role)))) {
        continue
      }
      yield [signature, 'may be called by the login of a plugin']
    }
    for (const { member, role } of catalog.memberships) {
      if (isPluginLogin(member) || isPluginLogin(role)) {
        yield [member, `the login of a plugin is a member of nothing: "${member}" in "${role}"`]
      }
    }
  },
} as const satisfies Readonly<Record<string, CatalogRule>>

const longNames = (signature: string): string =>
  signature.replaceAll('timestamptz', 'timestamp with time zone')
