/**
 * Judges a catalog, default-deny: a table, an index, a function or a grant that nobody thought of
 * is a fault, not an exception. Every rule has a broken schema in the suite that trips it alone.
 */
import type { Catalog } from './catalog.ts'
import { type CatalogAllow, coreAllow, roleNames } from './catalog-allow.ts'
import { functionRules } from './catalog-function-rules.ts'
import { grantRules } from './catalog-grant-rules.ts'
import { keyRules } from './catalog-key-rules.ts'
import { loginRules, withoutPluginLogins } from './catalog-login-rules.ts'
import { roleRules } from './catalog-role-rules.ts'
import { tableRules } from './catalog-table-rules.ts'

/** What is wrong, and with it what would be right. */
export type Found = readonly [object: string, message: string]
export type CatalogRule = (catalog: Catalog, allow: CatalogAllow) => Iterable<Found>

export const catalogRules = {
  ...tableRules,
  ...keyRules,
  ...grantRules,
  ...functionRules,
  ...roleRules,
  ...loginRules,
} as const satisfies Readonly<Record<string, CatalogRule>>
export type CatalogRuleName = keyof typeof catalogRules

export interface CatalogFault {
  readonly rule: CatalogRuleName
  readonly object: string
  readonly message: string
}

/** Every fault of core's tables and of plugins' alike, in the order of the rules. */
export const catalogFaults = (
  catalog: Catalog,
  allow: CatalogAllow,
): readonly CatalogFault[] => {
  // what logins of isolated plugins have is judged by a rule of its own
  const others = withoutPluginLogins(catalog)
  return (Object.keys(catalogRules) as CatalogRuleName[]).flatMap((rule) =>
    Array.from(
      catalogRules[rule](rule in loginRules ? catalog : others, allow),
      ([object, message]) => ({ rule, object, message }),
    )
  )
}

/** Faults that the one has and the other has not. */
export const newFaults = (before: Catalog, now: Catalog): readonly CatalogFault[] => {
  const known = new Set(catalogFaults(before, coreAllow([])).map((one) => JSON.stringify(one)))
  return catalogFaults(now, coreAllow([])).filter((one) => !known.has(JSON.stringify(one)))
}

/** What plugins have brought into a database, whenever that was: tables, views, functions. */
export const faultsOfPlugins = (catalog: Catalog): readonly CatalogFault[] => {
  const isOther = ({ owner }: { readonly owner: string }): boolean => owner !== roleNames.plugins
  const without = {
    relations: catalog.relations.filter(isOther),
    functions: catalog.functions.filter(isOther),
  }
  return newFaults({ ...catalog, ...without }, catalog)
}
