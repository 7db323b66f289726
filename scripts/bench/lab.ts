/** A PostgreSQL of the benchmark's own in a temporary folder, as durable as that of `npm start`. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, readCoreLine } from '#core/db/migrate.ts'
import { type Operations, withOperations } from '#core/db/operations.ts'
import { scopeKeyOf, takeScopeKey } from '#core/db/proof.ts'
import { ensureRoles } from '../local/roles.ts'
import { startPostgres } from '../local/postgres.ts'

export interface LabUrls {
  readonly app: string
  readonly platform: string
  /** A login that row security does not hold back: the same tables, unscoped. */
  readonly free: string
}
export interface LabDatabase {
  readonly urls: LabUrls
  readonly superuserUrl: string
  readonly asSuperuser: <T>(work: (sql: Operations) => Promise<T>) => Promise<T>
}
export interface Lab {
  /** A migrated database. */
  readonly database: (name: string) => Promise<LabDatabase>
  readonly close: () => Promise<void>
}

const freeLogin = 'bench_free'
/** Of every process of the benchmark. */
export const labScopeKey = scopeKeyOf(new Uint8Array(32).fill(1))

export const openLab = async (): Promise<Lab> => {
  const dir = await mkdtemp(join(tmpdir(), 'robnu-bench-'))
  // the server runs as another user when we are root, and has to get in
  await chmod(dir, 0o711)
  const remove = () => rm(dir, { recursive: true, force: true })
  const postgres = await startPostgres({
    dir: join(dir, 'postgres'),
    passwordFile: join(dir, 'superuser'),
  }).catch(async (error) => {
    await remove()
    throw error
  })
  const password = randomBytes(16).toString('hex')
  return {
    database: async (name) => {
      const urls = await ensureRoles(postgres.superuserUrl(), {
        database: name,
        passwords: () => password,
      })
      const ownerUrl = urls.DATABASE_OWNER_URL
      const core = await readCoreLine(new URL('../../migrations/', import.meta.url))
      await migrate({
        ownerUrl,
        lines: [core],
        log: () => {},
        after: (sql) => takeScopeKey(sql, labScopeKey),
      })
      const asSuperuser: LabDatabase['asSuperuser'] = (work) =>
        withOperations(postgres.superuserUrl(name), work)
      await asSuperuser((sql) => makeFreeLogin(sql, password))
      const free = new URL(urls.DATABASE_URL)
      free.username = freeLogin
      return {
        urls: { app: urls.DATABASE_URL, platform: urls.DATABASE_PLATFORM_URL, free: free.href },
        superuserUrl: postgres.superuserUrl(name),
        asSuperuser,
      }
    },
    close: async () => {
      await postgres.stop()
      await remove()
    },
  }
}

const makeFreeLogin = async (sql: Operations, password: string): Promise<void> => {
  const [found] = await sql`select from pg_roles where rolname = ${freeLogin}`
  // the password has hex digits only
  if (!found) await sql.unsafe(`create role ${freeLogin} login bypassrls password '${password}'`)
  await sql.unsafe(`grant select on orders to ${freeLogin}`)
}
