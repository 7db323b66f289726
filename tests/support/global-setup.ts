/** One PostgreSQL for the whole run, with a migrated template that every test copies. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './provided.ts'
import { migrate, readCoreLine } from '../../core/db/migrate.ts'
import { ensureRoles } from '../../scripts/local/roles.ts'
import { startPostgres } from '../../scripts/local/postgres.ts'

export const setup = async (
  project: { provide: (key: 'superuserUrl' | 'urls', value: never) => void },
): Promise<() => Promise<void>> => {
  const dir = await mkdtemp(join(tmpdir(), 'robnu-test-'))
  const postgres = await startPostgres({
    dir: join(dir, 'postgres'),
    passwordFile: join(dir, 'superuser'),
    durable: false,
  })
  const urls = await ensureRoles(postgres.superuserUrl(), {
    database: 'robnu_template',
    passwords: (login) => `test-${login}`,
  })
  const ownerUrl = urls.DATABASE_OWNER_URL
  const core = await readCoreLine(new URL('../../migrations/', import.meta.url))
  await migrate({ ownerUrl, lines: [core], log: () => {} })

  const provide = project.provide as (key: string, value: unknown) => void
  provide('superuserUrl', postgres.superuserUrl('robnu_template'))
  provide('urls', {
    app: urls.DATABASE_URL,
    platform: urls.DATABASE_PLATFORM_URL,
    owner: ownerUrl,
  })
  return async () => {
    await postgres.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
