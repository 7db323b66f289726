/** Where the conformance kit gets its databases from: a PostgreSQL of its own, or one that is given. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withOperations } from '#core/db/operations.ts'
import { startPostgres } from '../local/postgres.ts'
import { ensureRoles } from '../local/roles.ts'

/** Logins as in production; none of them is superuser. */
export interface BenchUrls {
  readonly owner: string
  readonly app: string
  readonly platform: string
}
export interface BenchServer {
  /** An empty database, or one that has core's tables and no row of a seller. */
  readonly create: () => Promise<{ readonly urls: BenchUrls; readonly drop: () => Promise<void> }>
  readonly close: () => Promise<void>
}

/** In a temporary folder, which `close` removes. */
export const ownServer = async (): Promise<BenchServer> => {
  const dir = await mkdtemp(join(tmpdir(), 'robnu-conformance-'))
  // the server runs as another user when we are root, and has to get in
  await chmod(dir, 0o711)
  const remove = () => rm(dir, { recursive: true, force: true })
  const postgres = await startPostgres({
    ...{ dir: join(dir, 'postgres'), passwordFile: join(dir, 'superuser'), durable: false },
  }).catch(async (error) => {
    await remove()
    throw error
  })
  const password = randomBytes(16).toString('hex')
  return {
    create: async () => {
      const database = `kit_${randomBytes(6).toString('hex')}`
      const urls = await ensureRoles(postgres.superuserUrl(), {
        ...{ database, passwords: () => password },
      })
      return {
        urls: {
          owner: urls.DATABASE_OWNER_URL,
          app: urls.DATABASE_URL,
          platform: urls.DATABASE_PLATFORM_URL,
        },
        drop: () =>
          withOperations(postgres.superuserUrl(), async (sql) => {
            await sql.unsafe(`drop database ${database} with (force)`)
          }),
      }
    },
    close: async () => {
      await postgres.stop()
      await remove()
    },
  }
}

/** A database that somebody has made for this; refused when it holds a seller. Nothing is dropped. */
export const givenServer = (urls: BenchUrls): BenchServer => ({
  create: async () => {
    const sellers = await withOperations(urls.owner, async (sql) => {
      const [found] = await sql<{ is: boolean }[]>`
        select to_regclass('public.sellers') is not null as is`
      if (!found?.is) return 0
      const [count] = await sql<{ count: number }[]>`select count(*)::int as count from sellers`
      return count?.count ?? 0
    })
    if (sellers > 0) {
      throw new Error(
        'Cannot check in this database: it holds sellers; give one that is empty, or none',
      )
    }
    return { urls, drop: () => Promise.resolve() }
  },
  close: () => Promise.resolve(),
})
