/** Rules on functions: what runs with another role's rights is listed, function by function. */
import type { Catalog, DatabaseFunction } from './catalog.ts'
import { type CatalogAllow, roleNames } from './catalog-allow.ts'
import type { CatalogRule, Found } from './catalog-rules.ts'

/** Nothing but this: a setting of a function holds for all that it calls. */
const definerSettings = 'search_path=pg_catalog, pg_temp'

const callersOf = ({ grants }: DatabaseFunction): string =>
  grants.map(({ role, grantable }) => grantable ? `${role} with grant` : role)
    .toSorted().join(', ')

const isListed = ({ functions }: CatalogAllow, { signature }: DatabaseFunction): boolean =>
  signature in functions

/** One fault for each SECURITY DEFINER function on the list for which the test gives a message. */
const eachListed = (
  test: (listed: DatabaseFunction, callers: readonly string[]) => string | undefined,
) =>
  function* (catalog: Catalog, allow: CatalogAllow): Iterable<Found> {
    for (const listed of catalog.functions) {
      if (!listed.isDefiner || !isListed(allow, listed)) continue
      const message = test(listed, allow.functions[listed.signature] ?? [])
      if (message !== undefined) yield [listed.signature, message]
    }
  }

export const functionRules = {
  'definer-unlisted': function* (catalog, allow): Iterable<Found> {
    for (const definer of catalog.functions) {
      if (!definer.isDefiner || isListed(allow, definer)) continue
      yield [definer.signature, `runs with the rights of "${definer.owner}", and is not listed`]
    }
  },

  'definer-owner': eachListed(({ owner }) =>
    owner === roleNames.gate ? undefined : `runs as "${owner}": hand it over by app_gate_function`
  ),

  'definer-settings': eachListed(({ settings }) =>
    String(settings) === definerSettings
      ? undefined
      : `finds its names where a caller may put them: set ${definerSettings}, and nothing else`
  ),

  'definer-callers': eachListed((definer, callers) => {
    const wanted = callers.toSorted().join(', ')
    const found = callersOf(definer)
    return found === wanted ? undefined : `may be called by ${found || 'nobody'}, not ${wanted}`
  }),

  // the more exact match is taken, whatever schema comes first: also inside a function of the gate
  'system-shadow': function* ({ functions, operators }): Iterable<Found> {
    for (const { signature, isShadow } of functions) {
      if (isShadow) yield [signature, 'may be taken for a function of PostgreSQL: rename it']
    }
    for (const operator of operators) {
      yield [operator, 'may be taken for an operator of PostgreSQL']
    }
  },

  // PostgreSQL lets everybody call a new function
  'function-public': function* (catalog, allow): Iterable<Found> {
    for (const one of catalog.functions) {
      if (one.isDefiner && isListed(allow, one)) continue
      if (one.grants.some(({ role }) => role === 'PUBLIC')) {
        yield [one.signature, 'may be called by everybody: revoke all from public']
      }
    }
  },
} as const satisfies Readonly<Record<string, CatalogRule>>
