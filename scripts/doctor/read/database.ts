/** Reads the logins and the server by statements that change nothing. */
import { type Operations, type OperationsTx, withOperations } from '#core/db/operations.ts'
import { migrateLock } from '#core/db/migrate.ts'
import { nothingToSee } from '../check.ts'
import type { Login, Logins, Server } from '../checks/database.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'
import { codeOf } from '../../local/faults.ts'

const memberships = {
  DATABASE_URL: ['robnu_app', 'robnu_tenant'],
  DATABASE_PLATFORM_URL: ['robnu_platform', 'robnu_door'],
  DATABASE_OWNER_URL: ['robnu_owner', 'robnu_gate', 'robnu_plugins'],
} as const

export const readLogins = async (ground: Ground): Promise<Logins> => {
  const { env } = ground
  const { config, stoodIn } = settingsOf(env)
  const given = [
    ['DATABASE_URL', stoodIn.has('DATABASE_URL') ? undefined : config.DATABASE_URL],
    [
      'DATABASE_PLATFORM_URL',
      stoodIn.has('DATABASE_PLATFORM_URL') ? undefined : config.DATABASE_PLATFORM_URL,
    ],
    ['DATABASE_OWNER_URL', env['DATABASE_OWNER_URL'] || undefined],
  ] as const
  const named = given.flatMap(([name, url]) => url === undefined ? [] : [{ name, url }])
  if (named.length === 0) {
    throw nothingToSee('no variable names a database, and `npm start` does not run')
  }
  return {
    logins: await Promise.all(named.map(({ name, url }) => readLogin(name, url))),
    plain: named.filter(({ url }) => isPlain(url)).map(({ name }) => name),
  }
}

const readLogin = async (name: keyof typeof memberships, url: string): Promise<Login> => {
  if (!URL.canParse(url)) {
    const none = {
      place: 'nowhere',
      user: '',
      isSuperuser: false,
      bypassesRows: false,
      lacks: [],
      mayNotMake: [],
    }
    return { name, ...none, why: 'it is no address' }
  }
  const { host, pathname, username: user } = new URL(url)
  const place = `${host}${pathname}`
  try {
    const wanted = [...memberships[name]]
    const [row] = await withOperations(
      url,
      (sql) =>
        sql<LoginRow[]>`
        select session_user as user, r.rolsuper as superuser, r.rolbypassrls as bypasses,
          (select array_agg(w.name) from unnest(${wanted}::text[]) as w (name)
            where not exists (select from pg_roles x where x.rolname = w.name
              and pg_has_role(session_user, x.oid, 'member'))) as lacks,
          has_schema_privilege('public', 'create') as tables,
          has_database_privilege(current_database(), 'create') as schemas
        from pg_roles r where r.rolname = session_user`,
    )
    return {
      ...{ name, place, why: undefined, user: row?.user ?? user },
      isSuperuser: row?.superuser ?? false,
      bypassesRows: row?.bypasses ?? false,
      lacks: row?.lacks ?? [],
      mayNotMake: name !== 'DATABASE_OWNER_URL' || row === undefined ? [] : [
        ...row.tables ? [] : ['tables in public'],
        ...row.schemas ? [] : ['schemas in the database'],
      ],
    }
  } catch (error) {
    const code = codeOf(error) ?? 'unknown error'
    const why = reasons[code] ?? `the answer was ${code}`
    return {
      name,
      place,
      why,
      user,
      isSuperuser: false,
      bypassesRows: false,
      lacks: [],
      mayNotMake: [],
    }
  }
}

interface LoginRow {
  readonly user: string
  readonly superuser: boolean
  readonly bypasses: boolean
  readonly lacks: string[] | null
  readonly tables: boolean
  readonly schemas: boolean
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it hangs up',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  CONNECT_TIMEOUT: 'nothing answers there',
  ETIMEDOUT: 'nothing answers there',
  '28P01': 'the password is refused',
  '28000': 'the login is refused',
  '3D000': 'there is no such database',
  '53300': 'there are too many connections already',
  '57P03': 'the database is starting up',
}

const isPlain = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { hostname, searchParams } = new URL(url)
  const isNear = /^(?:localhost|127\..*|\[::1\]|)$/.test(hostname) || searchParams.has('host')
  const mode = searchParams.get('sslmode')
  return !isNear && (mode === null || ['disable', 'allow', 'prefer'].includes(mode))
}

/**
 * The best login there is to look around with: the owner sees every table, the platform those that it
 * may. Nothing is changed: the transaction is for reading.
 */
export const looking = async <T>(
  { logins }: Logins,
  ground: Ground,
  work: (sql: OperationsTx, as: 'owner' | 'platform') => Promise<T>,
): Promise<T> => {
  const urls = {
    owner: ['DATABASE_OWNER_URL', ground.env['DATABASE_OWNER_URL']],
    platform: ['DATABASE_PLATFORM_URL', settingsOf(ground.env).config.DATABASE_PLATFORM_URL],
  } as const
  for (const as of ['owner', 'platform'] as const) {
    const [name, url] = urls[as]
    if (!url || !logins.some((login) => login.name === name && login.why === undefined)) continue
    return await withOperations(url, (sql: Operations) =>
      sql.begin('read only', async (tx) => {
        await tx.unsafe(`set local statement_timeout = '8s'`)
        return await work(tx, as)
      })) as T
  }
  throw nothingToSee('no login reaches the database')
}

/** BullMQ keeps two connections for each queue and each worker, which listens on one more. */
const perSweep = 5

export const readServer = (logins: Logins, ground: Ground): Promise<Server> =>
  looking(logins, ground, async (sql) => {
    const { config } = settingsOf(ground.env)
    const [row] = await sql<ServerRow[]>`
      select current_setting('server_version_num')::int as version,
        pg_is_in_recovery() as replica,
        pg_encoding_to_char(d.encoding) as encoding,
        d.datcollversion as was, pg_database_collation_actual_version(d.oid) as "is",
        current_setting('fsync') as fsync, current_setting('full_page_writes') as full_pages,
        current_setting('synchronous_commit') as synchronous,
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int as max_connections,
        (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
        -- what a new connection begins with: this transaction has set its own
        coalesce((select reset_val::int from pg_settings where name = 'statement_timeout'), 0) as timeout_ms,
        (select reset_val from pg_settings where name = 'default_transaction_read_only') as read_only,
        extract(epoch from clock_timestamp())::float8 * 1000 as at_ms,
        exists (select from pg_timezone_names where name = 'Asia/Kolkata') as kolkata,
        age(d.datfrozenxid)::int as frozen_age,
        (select count(*)::int from pg_stat_activity where datname = d.datname
          and state like 'idle in transaction%'
          and state_change < clock_timestamp() - interval '5 minutes') as idle,
        coalesce((select max(extract(epoch from clock_timestamp() - query_start))::float8
          from pg_stat_activity where datname = d.datname and state = 'active'
            and backend_type = 'client backend' and pid <> pg_backend_pid()), 0) as longest_s,
        (select count(*)::int from pg_locks l join pg_stat_activity a using (pid)
          where not l.granted and a.datname = d.datname
            and l.waitstart < clock_timestamp() - interval '10 seconds') as blocked,
        exists (select from pg_locks l where l.locktype = 'advisory' and l.granted
          and l.database = d.oid and l.classid = 0 and l.objid = ${migrateLock}::bigint::oid) as migrating
      from pg_database d where d.datname = current_database()`
    if (row === undefined) throw new Error('The server does not say what it is')
    const sweeps = config.ROBNU_RUN.includes('sweeps') && !config.REDIS_URL ? 12 * perSweep : 0
    return {
      ...{ version: row.version, isReplica: row.replica, isReadOnly: row.read_only === 'on' },
      ...{ encoding: row.encoding, collation: [row.was, row.is] as const, fsync: row.fsync },
      ...{ fullPageWrites: row.full_pages, synchronousCommit: row.synchronous },
      ...{ maxConnections: row.max_connections, usedConnections: row.used },
      neededConnections: config.ROBNU_POOL * 2 + sweeps,
      ...{ statementTimeoutMs: row.timeout_ms, knowsKolkata: row.kolkata },
      aheadMs: row.at_ms - ground.now().getTime(),
      ...{ frozenAge: row.frozen_age, idleInTransaction: row.idle, blocked: row.blocked },
      ...{ longestQuerySeconds: row.longest_s, isMigrating: row.migrating },
    }
  })

interface ServerRow {
  readonly version: number
  readonly replica: boolean
  readonly encoding: string
  readonly was: string | null
  readonly is: string | null
  readonly fsync: string
  readonly full_pages: string
  readonly synchronous: string
  readonly max_connections: number
  readonly used: number
  readonly timeout_ms: number
  readonly read_only: string
  readonly at_ms: number
  readonly kolkata: boolean
  readonly frozen_age: number
  readonly idle: number
  readonly longest_s: number
  readonly blocked: number
  readonly migrating: boolean
}
