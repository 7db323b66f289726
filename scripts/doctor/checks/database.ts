/** The database server and our logins: whether it is there, and whether it is one to be trusted. */
import { type Check, check, fault, listed, ok, warning } from '../check.ts'

export interface Login {
  /** The variable that names it. */
  readonly name: string
  /** Host, port and database. */
  readonly place: string
  /** Why it cannot be used; undefined: it answers. */
  readonly why: string | undefined
  readonly user: string
  readonly isSuperuser: boolean
  readonly bypassesRows: boolean
  /** Roles of roles.sql that it has to be a member of, and is not. */
  readonly lacks: readonly string[]
  /** Of the owner: what it may not make, as `schemas in the database`. */
  readonly mayNotMake: readonly string[]
}
export interface Logins {
  readonly logins: readonly Login[]
  /** Names of variables that are not encrypted on their way over the network. */
  readonly plain: readonly string[]
}
export interface Server {
  /** Such as 180004. */
  readonly version: number
  readonly isReplica: boolean
  readonly isReadOnly: boolean
  readonly encoding: string
  /** The version of the collation that the indexes were made with, and that of now. */
  readonly collation: readonly [was: string | null, is: string | null]
  readonly fsync: string
  readonly fullPageWrites: string
  readonly synchronousCommit: string
  /** Those of superusers taken off. */
  readonly maxConnections: number
  readonly usedConnections: number
  /** Of one process that runs everything. */
  readonly neededConnections: number
  readonly statementTimeoutMs: number
  /** Its clock less ours. */
  readonly aheadMs: number
  readonly knowsKolkata: boolean
  readonly frozenAge: number
  readonly idleInTransaction: number
  readonly longestQuerySeconds: number
  readonly blocked: number
  readonly isMigrating: boolean
}

const strong = (login: Login): string[] => [
  ...login.isSuperuser ? [`${login.name} is superuser`] : [],
  ...login.bypassesRows ? [`${login.name} bypasses row security`] : [],
]

export const databaseChecks: readonly Check[] = [
  check('logins', 'database', [
    'database-unreachable',
    'Every login reaches its database',
    'Without its database nothing starts; without the owner, nothing migrates.',
    'Start PostgreSQL, or correct host, database, login and password in the named variable.',
  ], ({ logins }) => {
    const silent = logins.filter(({ why }) => why !== undefined)
    if (silent.length === 0) return ok(logins.map(({ name }) => name).join(', '))
    return fault(silent.map(({ name, place, why }) => `${name}: ${why} (${place})`).join('; '))
  }),
  check('logins', 'database', [
    'databases-differ',
    'All logins lead to one database',
    'Work that is asked for in one database is never found by workers on the other.',
    'Name the same host, port and database in all three variables.',
  ], ({ logins }) => {
    const places = [...new Set(logins.map(({ place }) => place))]
    return places.length <= 1 ? ok() : fault(listed(places))
  }),
  check('logins', 'database', [
    'logins-alike',
    'Each variable has a login of its own',
    'What holds one seller from another is that requests run as a login that may do nothing else.',
    'Use robnu_app, robnu_platform and robnu_owner, or logins that are members of them.',
  ], ({ logins }) => {
    const users = logins.filter(({ why }) => why === undefined).map(({ user }) => user)
    return new Set(users).size === users.length ? ok() : fault(`"${listed(users)}"`)
  }),
  check('logins', 'database', [
    'login-too-strong',
    'No login overrules row security',
    'A superuser, or a login with BYPASSRLS, sees the rows of every seller whatever the policies say.',
    'Run migrations/roles.sql, and use its logins: `alter role … nosuperuser nobypassrls`.',
  ], ({ logins }) => {
    const found = logins.flatMap(strong)
    return found.length === 0 ? ok() : fault(listed(found))
  }),
  check('logins', 'database', [
    'roles-missing',
    'The logins may become what they have to',
    'A statement runs as a role of roles.sql; a login that is no member of it is refused.',
    'Run `psql -f migrations/roles.sql` as the administrator, then `robnu migrate`.',
  ], ({ logins }) => {
    const found = logins.filter(({ lacks }) => lacks.length > 0)
    if (found.length === 0) return ok()
    return fault(
      found.map(({ name, lacks }) => `${name} is no member of ${listed(lacks)}`).join('; '),
    )
  }),
  check('logins', 'database', [
    'owner-may-not-create',
    'The owner may make tables and schemas',
    '`migrate` makes tables in public, and a schema for the sweeps where there is no Redis.',
    'As the administrator: `alter database … owner to robnu_owner`.',
  ], ({ logins }) => {
    const found = logins.filter(({ mayNotMake }) => mayNotMake.length > 0)
    if (found.length === 0) return ok()
    return fault(
      found.map(({ name, mayNotMake }) => `${name}: no ${listed(mayNotMake)}`).join('; '),
    )
  }),
  check('logins', 'database', [
    'database-not-encrypted',
    'The way to the database is encrypted',
    'Passwords and rows of buyers go over the network in clear.',
    'Add `?sslmode=verify-full` to the named addresses.',
  ], ({ plain }) => plain.length === 0 ? ok() : warning(listed(plain))),
  check(
    'server',
    'database',
    [
      'database-too-old',
      'PostgreSQL 18 or newer',
      'Migrations and statements use what older versions do not know.',
      'Bring the server to PostgreSQL 18.',
    ],
    ({ version }) =>
      version >= 180_000 ? ok() : fault(`it is PostgreSQL ${Math.floor(version / 10_000)}`),
  ),
  check('server', 'database', [
    'database-is-replica',
    'The database takes writes',
    'A standby refuses every change, the entry into a scope as well.',
    'Name the primary in the DATABASE_ variables.',
  ], ({ isReplica, isReadOnly }) => {
    if (isReplica) return fault('it is a standby')
    return isReadOnly ? fault('default_transaction_read_only is on') : ok()
  }),
  check('server', 'database', [
    'database-encoding',
    'The database holds every letter',
    'In another encoding than UTF8, names in Devanagari or Tamil cannot be stored.',
    'Make the database anew with `encoding UTF8`, and copy it by pg_dump.',
  ], ({ encoding }) => encoding === 'UTF8' ? ok() : fault(`its encoding is ${encoding}`)),
  check(
    'server',
    'database',
    [
      'collation-changed',
      'Indexes are in the order of this system',
      'After an upgrade of the system library, indexes of text may miss rows or allow two equal keys.',
      'Run `reindex database` and `alter database … refresh collation version`.',
    ],
    ({ collation: [was, is] }) =>
      was === null || is === null || was === is
        ? ok()
        : warning(`made with version ${was}, and the system has ${is}`),
  ),
  check('server', 'database', [
    'database-forgets',
    'What is committed stays',
    'Without fsync or full pages, a power cut leaves a database that cannot be trusted.',
    'Set `fsync`, `full_page_writes` and `synchronous_commit` on.',
  ], ({ fsync, fullPageWrites, synchronousCommit }) => {
    const off = [
      ...fsync === 'on' ? [] : ['fsync'],
      ...fullPageWrites === 'on' ? [] : ['full_page_writes'],
    ]
    if (off.length > 0) return fault(`off: ${off.join(', ')}`)
    return synchronousCommit === 'off' ? warning('synchronous_commit is off') : ok()
  }),
  check('server', 'database', [
    'connections-few',
    'There are connections for everybody',
    'A process whose pools find no connection answers 503, and its syncs stand still.',
    'Raise max_connections, lower ROBNU_POOL, or run fewer processes.',
  ], ({ maxConnections: max, usedConnections: used, neededConnections: needed }) => {
    if (needed > max) return fault(`one process may take ${needed}, and there are ${max}`)
    if (used > max * 0.9) return fault(`${used} of ${max} are taken`)
    return used + needed > max
      ? warning(`${used} of ${max} are taken, and one more process may take ${needed}`)
      : ok(`${used} of ${max} are taken`)
  }),
  check(
    'server',
    'database',
    [
      'statement-timeout-short',
      'Migrations have time',
      'A short statement_timeout of the server or a login ends a migration in its middle.',
      'Take it off the login: `alter role robnu_owner reset statement_timeout`.',
    ],
    ({ statementTimeoutMs: ms }) =>
      ms > 0 && ms < 30_000 ? warning(`statement_timeout is ${ms} ms`) : ok(),
  ),
  check('server', 'database', [
    'clocks-apart',
    'Our clock is that of the database',
    'An entry into a scope is good for a minute by the clock of the database, a lease as well.',
    'Switch on the synchronisation of time on both machines.',
  ], ({ aheadMs }) => {
    const told = `the database is ${(aheadMs / 1000).toFixed(1)} s ahead`
    if (Math.abs(aheadMs) > 20_000) return fault(told)
    return Math.abs(aheadMs) > 2_000 ? warning(told) : ok()
  }),
  check('server', 'database', [
    'database-without-time-zones',
    'The database knows Asia/Kolkata',
    'Days of plans and of settlements are counted in that zone.',
    'Install the time zone data of the system, such as the package tzdata.',
  ], ({ knowsKolkata }) => knowsKolkata ? ok() : fault('it does not')),
  check('server', 'database', [
    'vacuum-overdue',
    'Old rows are frozen in time',
    'At two thousand million transactions PostgreSQL stops taking writes.',
    'Find what holds vacuum back: old transactions, replication slots; then run `vacuum freeze`.',
  ], ({ frozenAge }) => {
    const told = `the oldest row is ${Math.round(frozenAge / 1e6)} million transactions old`
    if (frozenAge > 1.5e9) return fault(told)
    return frozenAge > 8e8 ? warning(told) : ok()
  }),
  check('server', 'database', [
    'transactions-hang',
    'No transaction stands open',
    'An open transaction holds locks, and keeps vacuum from removing anything.',
    'End it: `select pg_terminate_backend(pid)`; pg_stat_activity names the program.',
  ], ({ idleInTransaction, longestQuerySeconds }) => {
    if (idleInTransaction > 0) {
      return warning(`${idleInTransaction} stand idle for over five minutes`)
    }
    return longestQuerySeconds > 900
      ? warning(`a statement runs for ${Math.round(longestQuerySeconds / 60)} minutes`)
      : ok()
  }),
  check('server', 'database', [
    'statements-blocked',
    'Nobody waits for a lock',
    'Behind a lock that is not given back, requests wait until their time is over.',
    'See pg_locks for who holds it; a migration gives up after five seconds by itself.',
  ], ({ blocked }) => blocked === 0 ? ok() : warning(`${blocked} wait for over ten seconds`)),
  check('server', 'database', [
    'migration-runs',
    'No migration is under way',
    'A second `migrate` waits for the first one; one that was left behind holds up every later one.',
    'Wait for it. If nobody migrates, end the backend that holds advisory lock 7262668.',
  ], ({ isMigrating }) => isMigrating ? warning('its lock is held') : ok()),
]
