/** Rules on the tables of sellers: row security, its policies, and what would leak around them. */
import type { Catalog, Policy, Relation } from './catalog.ts'
import { type CatalogAllow, roleNames } from './catalog-allow.ts'
import type { CatalogRule, Found } from './catalog-rules.ts'

/** Every table that is not on the list. */
export const sellersTables = (catalog: Catalog, allow: CatalogAllow): readonly Relation[] =>
  catalog.relations.filter(({ kind, name }) => kind === 'table' && !(name in allow.tables))

/** The column that a seller's rows are told by. */
export const sellerKey = (table: string): string => table === 'sellers' ? 'id' : 'seller_id'

/** One fault for each of the tables that the test holds for. */
const eachTable = (test: (table: Relation) => string | undefined): CatalogRule =>
  function* (catalog, allow): Iterable<Found> {
    for (const table of sellersTables(catalog, allow)) {
      const message = test(table)
      if (message !== undefined) yield [table.name, message]
    }
  }

const { gate, owner, platform, plugins, tenant } = roleNames

/** Written also by an entry that may only read, each with its reason. */
const evenReadOnly: Readonly<Record<string, string>> = {
  decrypt_ledger: 'who opened what is written down whatever else they may do',
}

/** Made by `app_protect`, and `gate` by `app_open_to_gate`. */
const policiesOf = (table: Relation): readonly Policy[] => {
  const policy = (name: string, role: string, test: string): Policy => ({
    name,
    isPermissive: true,
    command: 'all',
    roles: [role],
    using: test,
    check: test,
  })
  const isSellers = (name: string) => `(${sellerKey(table.name)} = ( SELECT ${name}() AS ${name}))`
  const isOwn = isSellers('app_current_seller_id')
  const mayWrite = isSellers('app_writable_seller_id')
  return [
    {
      ...policy('tenant', tenant, isOwn),
      check: table.name in evenReadOnly ? isOwn : mayWrite,
    },
    {
      ...policy('tenant_delete', tenant, mayWrite),
      ...{ isPermissive: false, command: 'delete', check: null },
    },
    policy('platform', platform, '( SELECT app_is_admin_scope() AS app_is_admin_scope)'),
    policy('owner', owner, 'true'),
    ...table.owner === plugins ? [policy('maker', plugins, 'true')] : [],
    ...table.owner === owner ? [policy('gate', gate, 'true')] : [],
  ]
}

const differences = (found: Policy, wanted: Policy): readonly string[] =>
  (Object.keys(wanted) as (keyof Policy)[])
    .filter((part) => String(found[part]) !== String(wanted[part]))

export const tableRules = {
  'row-security-off': eachTable((table) =>
    table.rowSecurity ? undefined : 'row security is off: call app_protect, or list the table'
  ),

  'row-security-not-forced': eachTable((table) =>
    table.forced ? undefined : 'row security is not forced, so its owner sees every seller'
  ),

  'policy-missing': eachTable((table) => {
    const missing = policiesOf(table)
      .filter(({ name }) => name !== 'gate' && !table.policies.some((one) => one.name === name))
    return missing.length === 0
      ? undefined
      : `has no policy "${missing.map(({ name }) => name).join('", "')}": call app_protect`
  }),

  'policy-unknown': eachTable((table) => {
    const known = policiesOf(table).map(({ name }) => name)
    const extra = table.policies.filter(({ name }) => !known.includes(name))
    return extra.length === 0
      ? undefined
      : `has a policy that app_protect does not make: ${
        extra.map(({ name, roles }) => `"${name}" to ${roles}`).join(', ')
      }`
  }),

  'policy-differs': eachTable((table) => {
    const faults = policiesOf(table).flatMap((wanted) => {
      const found = table.policies.find(({ name }) => name === wanted.name)
      const parts = found ? differences(found, wanted) : []
      return parts.length === 0 ? [] : [`"${wanted.name}" in ${parts.join(' and ')}`]
    })
    return faults.length === 0 ? undefined : `policy is not that of app_protect: ${faults}`
  }),

  'table-owner': eachTable((table) =>
    table.owner === owner || table.owner === plugins
      ? undefined
      : `belongs to "${table.owner}", whom no grant holds back`
  ),

  // a rule's actions run with the rights of the table's owner, whoever sets them off
  'table-rewrite': eachTable((table) =>
    table.rewrites.length === 0
      ? undefined
      : `has the rewrite rule "${table.rewrites.join('", "')}"`
  ),

  // numbers that sellers share tell one how much the others do
  'shared-numbers': eachTable((table) => {
    const numbered = table.columns
      .filter((column) => column.isIdentity || /\bnextval\(/.test(column.default ?? ''))
    return numbered.length === 0
      ? undefined
      : `column "${numbered.map(({ name }) => name).join('", "')}" counts for all sellers together`
  }),

  // comparing enums is not leakproof, so that such a column cannot serve an index under a policy
  'enum-column': eachTable((table) => {
    const enums = table.columns.filter(({ isEnum }) => isEnum)
    return enums.length === 0
      ? undefined
      : `column "${enums.map(({ name }) => name).join('", "')}" is an enum: use text and a check`
  }),
} as const satisfies Readonly<Record<string, CatalogRule>>
