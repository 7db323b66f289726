/** Checks of what a plugin's migrations have made of a real database. */
import { isMarketplace } from '../../../plugin.ts'
import type { Bench, DatabaseBench, TableFault } from '../bench.ts'
import type { Check } from '../check.ts'

export const noDatabase = ({ database }: Bench): string | undefined =>
  database ? undefined : 'no database was given'
const noMigrations = (bench: Bench): string | undefined =>
  noDatabase(bench) ??
    (bench.plugin.migrations?.length ? undefined : 'it has no migrations')

const databaseOf = ({ database }: Bench): DatabaseBench => {
  if (!database) throw new Error('Cannot check: no database was given')
  return database
}

interface Migrated {
  readonly first: readonly string[]
  readonly again: readonly string[]
}
/** Once for each database, and then whatever came of it. */
export const onceFor = <T>(find: (bench: Bench) => Promise<T>): (bench: Bench) => Promise<T> => {
  const found = new WeakMap<DatabaseBench, Promise<T>>()
  return (bench) => {
    const database = databaseOf(bench)
    const finding = found.get(database) ?? find(bench)
    found.set(database, finding)
    return finding
  }
}
const migratedOnce = onceFor(async (bench): Promise<Migrated> => {
  const database = databaseOf(bench)
  return { first: await database.migrate(), again: await database.migrate() }
})
export const afterMigrations = async (bench: Bench): Promise<DatabaseBench> => {
  await migratedOnce(bench).catch(() => Promise.reject(new Error('its migrations do not apply')))
  return databaseOf(bench)
}

const noFaults = (
  about: TableFault['about'],
  id: string,
  title: string,
  remedy: string,
): Check => ({
  ...{ id, tier: 'database', title, remedy, leftOut: noMigrations },
  run: async (bench) => {
    const database = await afterMigrations(bench)
    const faults = (await database.tableFaults()).filter((fault) => fault.about === about)
    if (faults.length === 0) return
    throw new Error(faults.map(({ object, message }) => `"${object}" ${message}`).join('; '))
  },
})

export const tableChecks: readonly Check[] = [
  {
    id: 'database-migrations-apply',
    tier: 'database',
    title: 'its migrations apply behind core’s, as a role that owns nothing of core',
    remedy: 'mend the file that is named; it may change only what the plugin has made itself',
    leftOut: noMigrations,
    run: async (bench) => {
      const { first } = await migratedOnce(bench)
      const wanted = bench.plugin.migrations?.length ?? 0
      const own = first.filter((file) => file.startsWith(`${bench.plugin.id}/`)).length
      if (own !== wanted) throw new Error(`${own} of ${wanted} files were applied`)
    },
  },
  {
    id: 'database-migrations-once',
    tier: 'database',
    title: 'a second migrate finds nothing to do',
    remedy: 'give every migration a number of its own',
    leftOut: noMigrations,
    run: async (bench) => {
      await afterMigrations(bench)
      const { again } = await migratedOnce(bench)
      if (again.length > 0) throw new Error(`applied again: ${again.join(', ')}`)
    },
  },
  {
    id: 'database-core-untouched',
    tier: 'database',
    title: 'everything that is not named after the plugin stands as it stood before',
    remedy:
      'make nothing that does not begin with the id of the plugin, and change nothing of core',
    leftOut: noMigrations,
    run: async (bench) => {
      const database = await afterMigrations(bench)
      const [before, now] = [
        await database.coreCatalog('before'),
        await database.coreCatalog('now'),
      ]
      if (before === now) return
      const known = new Set(before.split('\n').map((line) => line.trim()))
      const line = now.split('\n').map((one) => one.trim()).find((one) => !known.has(one))
      throw new Error(`the catalog has changed: ${line ?? 'something is gone'}`)
    },
  },
  {
    id: 'database-tables-declared',
    tier: 'database',
    title: 'the tables that its migrations make are those that it declares',
    remedy: 'list each table in `tables`, and no other',
    leftOut: noMigrations,
    run: async (bench) => {
      const database = await afterMigrations(bench)
      const made = await database.tables()
      const { tables = [] } = bench.plugin
      const unsaid = made.filter((name) => !tables.includes(name))
      const missing = tables.filter((name) => !made.includes(name))
      if (unsaid.length > 0) throw new Error(`not declared: ${unsaid.join(', ')}`)
      if (missing.length > 0) throw new Error(`declared and not made: ${missing.join(', ')}`)
    },
  },
  noFaults(
    'row-security',
    'database-row-security',
    'every table has row security, forced, with the policies of app_protect and no other',
    'call app_protect(table, tenant grants, platform grants) for the table, and make no policies',
  ),
  noFaults(
    'keys',
    'database-composite-keys',
    'every key and reference begins with the seller',
    'let seller_id lead primary, unique and foreign keys and indexes',
  ),
  noFaults(
    'grants',
    'database-grants',
    'nobody is granted more than app_protect grants',
    'remove views, sequences and grants of your own',
  ),
  noFaults(
    'functions',
    'database-functions',
    'no function may be called by everybody, runs with other rights, or takes a name of PostgreSQL',
    'revoke all on the function from public; name it after the plugin',
  ),
  {
    ...noFaults(
      'satellite',
      'database-secret-columns',
      'the satellite has a bytea column for each secret, and no other sealed column',
      'make column x_enc bytea for each x of `secrets`',
    ),
    leftOut: (bench) => isMarketplace(bench.plugin) ? noMigrations(bench) : 'it is no marketplace',
  },
]
