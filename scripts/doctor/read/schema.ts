/** Reads the catalog, and holds it against files, rules and declarations. */
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { readCatalog } from '#core/db/catalog.ts'
import { coreAllow } from '#core/db/catalog-allow.ts'
import { catalogFaults } from '#core/db/catalog-rules.ts'
import { readStanding } from '#core/db/migrate.ts'
import { openDatabase, sqlState } from '#core/db/scope.ts'
import { readMigrationLines } from '#core/host/migrate.ts'
import { satelliteFaults } from '#core/host/satellites.ts'
import { nothingToSee } from '../check.ts'
import type { Logins } from '../checks/database.ts'
import type { Schema, Scope } from '../checks/schema.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'
import { looking } from './database.ts'
import type { LoadedHost } from './plugins.ts'

/** Counts of tries and of requests: a crash may forget them. */
const forgotten: readonly string[] = ['sign_in_tries', 'limit_windows']
/** Made by `migrateSweeps`, which says who may do what in it. */
const sweepsSchema = 'bullmq'
const coreFolder = new URL('../../../migrations/', import.meta.url)

export const readSchema = (
  logins: Logins,
  { host }: LoadedHost,
  ground: Ground,
): Promise<Schema> =>
  looking(logins, ground, async (sql, as) => {
    const [there] = await sql<{ tables: boolean }[]>`
      select to_regclass('public.marketplace_accounts') is not null as tables`
    const hasTables = there?.tables ?? false
    const lines = await readMigrationLines(coreFolder, host ?? { plugins: [] })
    const standing = as === 'owner' ? await readStanding(sql, lines) : null
    if (!hasTables) return { standing, ...nothing, hasTables }
    const administrators = await sql<{ name: string }[]>`
      select rolname as name from pg_roles where rolsuper`
    const allow = coreAllow(administrators.map(({ name }) => name))
    const catalog = await readCatalog(sql)
    const unlogged = await sql<{ name: string }[]>`
      select relname as name from pg_class
      where relkind = 'r' and relpersistence = 'u' and relnamespace = 'public'::regnamespace
        and relname <> all (${[...forgotten]}::text[])`
    const invalid = await sql<{ name: string }[]>`
      select indexrelid::regclass::text as name from pg_index i
      join pg_class c on c.oid = i.indexrelid
      where not i.indisvalid and c.relnamespace = 'public'::regnamespace`
    const known = await sql<{ code: string }[]>`select code from marketplaces`
    const codes = new Set(known.map(({ code }) => code))
    return {
      ...{ standing, hasTables },
      catalogFaults: catalogFaults(catalog, allow).filter(({ object }) => object !== sweepsSchema)
        .map(({ object, message }) => `${object}: ${message}`),
      unlogged: unlogged.map(({ name }) => name),
      invalidIndexes: invalid.map(({ name }) => name),
      unregistered: host?.marketplaces.map(({ code }) => code).filter((code) => !codes.has(code)) ??
        null,
      satelliteFaults: (await satelliteFaults(sql, host?.marketplaces ?? []))
        .map(({ plugin, path, message }) => `${plugin} ${path}: ${message}`),
    }
  })

const nothing = {
  catalogFaults: [],
  unlogged: [],
  invalidIndexes: [],
  unregistered: null,
  satelliteFaults: [],
}

export const readScope = async ({ logins }: Logins, { env }: Ground): Promise<Scope> => {
  const { config, stoodIn } = settingsOf(env)
  if (stoodIn.has('ROBNU_SECRET')) throw nothingToSee('ROBNU_SECRET is not set')
  const isThere = logins.some(({ name, why }) => name === 'DATABASE_URL' && why === undefined)
  if (!isThere) throw nothingToSee('DATABASE_URL is not reached')
  const db = await openDatabase({
    url: config.DATABASE_URL,
    scopeKey: scopeKeyFrom(config.ROBNU_SECRET),
    maxConnections: 1,
  })
  try {
    await db.ping()
    return { isKnown: true, why: undefined }
  } catch (error) {
    const state = sqlState(error)
    return state === '42501'
      ? { isKnown: false, why: undefined }
      : { isKnown: undefined, why: `the answer was ${state ?? 'no answer of a database'}` }
  } finally {
    await db.close()
  }
}
