/**
 * Judges a catalog, default-deny: a table, an index, a function or a grant that nobody thought of
 * is a fault, not an exception. Every rule has a broken schema in the suite that trips it alone.
 */
import type { Catalog } from './catalog.ts'
import type { CatalogAllow } from './catalog-allow.ts'
import { functionRules } from './catalog-function-rules.ts'
import { grantRules } from './catalog-grant-rules.ts'
import { keyRules } from './catalog-key-rules.ts'
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
): readonly CatalogFault[] =>
  (Object.keys(catalogRules) as CatalogRuleName[]).flatMap((rule) =>
    Array.from(
      catalogRules[rule](catalog, allow),
      ([object, message]) => ({ rule, object, message }),
    )
  )
