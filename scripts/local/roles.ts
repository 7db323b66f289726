/** The database and the three logins of the app, none of them superuser: locally as in production. */
import { readFile } from 'node:fs/promises'
import { type Operations, withOperations } from '#core/db/operations.ts'
import { pluginLogin } from '#core/db/plugin-reads.ts'
import { loginSql } from '#core/host/isolated/login-sql.ts'
import { localFault } from './faults.ts'
import { scramVerifier } from './scram.ts'

export const logins = ['robnu_app', 'robnu_platform', 'robnu_owner'] as const
export type Login = typeof logins[number]

export interface RolesOptions {
  /** Such as `robnu`; a test takes one of its own. */
  readonly database: string
  /** The password of a login, the same at every start. */
  readonly passwords: (login: Login) => string
  /** Isolated plugins that have a login of their own, by their ids. */
  readonly plugins?: readonly string[]
  /** Its password, as above. */
  readonly pluginPassword?: (login: string) => string
  /** Makes the roles and may run again at every start; absent: `migrations/roles.sql`. */
  readonly rolesFile?: URL
}
export interface DatabaseUrls {
  readonly DATABASE_URL: string
  readonly DATABASE_PLATFORM_URL: string
  readonly DATABASE_OWNER_URL: string
  /** Present where there are such plugins. */
  readonly ROBNU_PLUGIN_DATABASES?: string
}

const rolesFile = new URL('../../migrations/roles.sql', import.meta.url)

/** Makes what is missing and gives the URLs that the app receives; nothing changes at a second call. */
export const ensureRoles = async (
  superuserUrl: string,
  options: RolesOptions,
): Promise<DatabaseUrls> => {
  const { database, passwords, plugins = [], pluginPassword = () => '' } = options
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database)) {
    throw localFault(`Cannot make the database "${database}": a name has a-z, 0-9 and "_"`)
  }
  const text = await readFile(options.rolesFile ?? rolesFile, 'utf8')
  await withOperations(superuserUrl, async (sql) => {
    await sql.unsafe(text).simple()
    await ensureDatabase(sql, database)
    for (const login of logins) await setPassword(sql, login, passwords(login))
    for (const id of plugins) {
      const login = pluginLogin(id)
      const [found] = await sql`select 1 from pg_roles where rolname = ${login}`
      if (!found) await sql.unsafe(loginSql({ id }, scramVerifier(pluginPassword(login)))).simple()
      else await setPassword(sql, login, pluginPassword(login))
    }
  })
  const url = (login: Login): string => urlOf(superuserUrl, login, passwords(login), database)
  const ofPlugin = (id: string): string => {
    const login = pluginLogin(id)
    return urlOf(superuserUrl, login, pluginPassword(login), database)
  }
  return {
    DATABASE_URL: url('robnu_app'),
    DATABASE_PLATFORM_URL: url('robnu_platform'),
    DATABASE_OWNER_URL: url('robnu_owner'),
    ...plugins.length === 0 ? {} : {
      ROBNU_PLUGIN_DATABASES: JSON.stringify(
        Object.fromEntries(plugins.map((id) => [id, ofPlugin(id)])),
      ),
    },
  }
}

const ensureDatabase = async (sql: Operations, database: string): Promise<void> => {
  const [found] = await sql`select 1 from pg_database where datname = ${database}`
  if (!found) await sql`create database ${sql(database)} owner robnu_owner`
}

const setPassword = async (sql: Operations, login: string, password: string): Promise<void> => {
  // utility statements take no parameters; the verifier has letters, digits and +/=:$- only
  await sql.unsafe(`alter role ${login} login password '${scramVerifier(password)}'`)
}

const urlOf = (
  superuserUrl: string,
  login: string,
  password: string,
  database: string,
): string => {
  const { host } = new URL(superuserUrl)
  return `postgres://${login}:${encodeURIComponent(password)}@${host}/${database}?sslmode=disable`
}
