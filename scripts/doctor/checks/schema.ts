/** What lies in the database: whether it is what the code and the plugins need. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

export interface Schema {
  /** Null: no login may read what was applied. */
  readonly standing: {
    readonly applied: number | null
    readonly pending: readonly string[]
    readonly edited: readonly string[]
    readonly newer: readonly string[]
    readonly breaking: readonly string[]
  } | null
  readonly hasTables: boolean
  /** Of row security, keys, grants and functions: `orders: …`. */
  readonly catalogFaults: readonly string[]
  readonly unlogged: readonly string[]
  readonly invalidIndexes: readonly string[]
  /** Codes of enabled marketplaces without their row; null: the plugins do not load. */
  readonly unregistered: readonly string[] | null
  /** Of satellites against their declarations. */
  readonly satelliteFaults: readonly string[]
}
export interface Scope {
  /** Whether the database knows the key of ROBNU_SECRET; undefined: it could not be asked. */
  readonly isKnown: boolean | undefined
  readonly why: string | undefined
}

const unread = 'DATABASE_OWNER_URL is not set: nobody else may read what was applied'
const migrate = 'Run `robnu migrate` with DATABASE_OWNER_URL, then start again.'

export const schemaChecks: readonly Check[] = [
  check('schema', 'schema', [
    'never-migrated',
    'The database was migrated',
    'In an empty database every statement fails.',
    migrate,
  ], ({ hasTables }) => hasTables ? ok() : fault('it has none of our tables')),
  check('schema', 'schema', [
    'migrations-pending',
    'All migrations are applied',
    'The code asks for columns and functions that are not there yet.',
    migrate,
  ], ({ standing }) => {
    if (standing === null) return leftOut(unread)
    return standing.pending.length === 0 ? ok() : fault(listed(standing.pending))
  }),
  check('schema', 'schema', [
    'migration-edited',
    'Nobody has changed an applied migration',
    'What was applied is not what the file says; `migrate` refuses until it is.',
    'Restore the file, and put the change into a new one.',
  ], ({ standing }) => {
    if (standing === null) return leftOut(unread)
    return standing.edited.length === 0 ? ok() : fault(listed(standing.edited))
  }),
  check('schema', 'schema', [
    'database-newer',
    'The code is not older than the database',
    'A newer release has migrated; one that says so must not be followed by older code.',
    'Run the release that has migrated, or a newer one.',
  ], ({ standing }) => {
    if (standing === null) return leftOut(unread)
    if (standing.breaking.length > 0) return fault(listed(standing.breaking))
    return standing.newer.length === 0 ? ok() : warning(listed(standing.newer))
  }),
  check('schema', 'schema', [
    'catalog-unsafe',
    'Row security and grants are as they should be',
    'A table without its policies, or a grant too many, shows one seller the rows of another.',
    'Undo what was changed by hand; a table of a plugin is mended by a migration of its own.',
  ], ({ catalogFaults }) => catalogFaults.length === 0 ? ok() : fault(catalogFaults.join('; '))),
  check('schema', 'schema', [
    'tables-unlogged',
    'Tables outlive a crash',
    'An unlogged table is empty after a crash, and on every standby.',
    'Run `alter table … set logged`.',
  ], ({ unlogged }) => unlogged.length === 0 ? ok() : fault(listed(unlogged))),
  check('schema', 'schema', [
    'index-invalid',
    'Every index is whole',
    'An index whose making was ended is kept up to date and asked by nobody; a unique one allows doubles.',
    'Run `reindex index concurrently …`.',
  ], ({ invalidIndexes }) => invalidIndexes.length === 0 ? ok() : warning(listed(invalidIndexes))),
  check('schema', 'schema', [
    'marketplace-not-registered',
    'Enabled marketplaces have their rows',
    'An account of a marketplace that the database does not know cannot be connected.',
    migrate,
  ], ({ unregistered }) => {
    if (unregistered === null) return leftOut('the plugins do not load')
    return unregistered.length === 0 ? ok() : fault(listed(unregistered))
  }),
  check(
    'schema',
    'schema',
    [
      'satellite-differs',
      'Tables of plugins fit their declarations',
      'A secret without its sealed column cannot be stored; a column that is not listed is never sealed.',
      'Install the version of the plugin whose migrations these are, or write one that mends it.',
    ],
    ({ satelliteFaults }) =>
      satelliteFaults.length === 0 ? ok() : fault(satelliteFaults.join('; ')),
  ),
  check('scope', 'schema', [
    'scope-key-unknown',
    'The database knows the key of ROBNU_SECRET',
    'Entries into scopes are signed with it: with another secret, every request is refused.',
    'Run `robnu migrate` with the ROBNU_SECRET of the processes; the one before stays good.',
  ], ({ isKnown, why }) => {
    if (isKnown === undefined) return leftOut(why ?? 'it could not be asked')
    return isKnown ? ok() : fault('it does not')
  }),
]
