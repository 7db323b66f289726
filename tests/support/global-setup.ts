/** One PostgreSQL for the whole run, with a migrated template that every test copies. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './provided.ts'
import { migrate, readCoreLine } from '../../core/db/migrate.ts'
import process from 'node:process'
import { type OperationsTx, withOperations } from '../../core/db/operations.ts'
import { takeScopeKey } from '../../core/db/proof.ts'
import { ensureRoles } from '../../scripts/local/roles.ts'
import { startPostgres } from '../../scripts/local/postgres.ts'
import { keepForSearch, plant, searchLeftovers } from './canary.ts'
import { isolatedInTests, passwordOfPlugins } from './plugin-logins.ts'
import { sumOpens } from './opens-sum.ts'
import { testScopeKey } from './scope-key.ts'

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
    // roles are the whole server's: one that is made later would show in a catalog that is being read
    plugins: isolatedInTests,
    pluginPassword: () => passwordOfPlugins,
  })
  await withOperations(postgres.superuserUrl(), keepForSearch)
  const ownerUrl = urls.DATABASE_OWNER_URL
  const core = await readCoreLine(new URL('../../migrations/', import.meta.url))
  const after = (sql: OperationsTx) => takeScopeKey(sql, testScopeKey)
  await migrate({ ownerUrl, lines: [core], log: () => {}, after })

  const provide = project.provide as (key: string, value: unknown) => void
  provide('superuserUrl', postgres.superuserUrl('robnu_template'))
  provide('scratch', dir)
  const opensFile = join(dir, 'opens.jsonl')
  await writeFile(opensFile, '')
  provide('opensFile', opensFile)
  provide('urls', {
    app: urls.DATABASE_URL,
    platform: urls.DATABASE_PLATFORM_URL,
    owner: ownerUrl,
  })
  return async () => {
    try {
      await plant(postgres.superuserUrl())
      await postgres.stop()
      const begun = performance.now()
      const { bytes, files } = searchLeftovers(dir)
      const ms = Math.round(performance.now() - begun)
      const isWhole = Boolean(process.env['ROBNU_SUITE'])
      process.stdout.write(`${sumOpens(opensFile, isWhole)}\n`)
      process.stdout.write(`No secret in ${files.length} files, ${bytes >> 20} MiB, ${ms} ms\n`)
    } finally {
      await postgres.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }
}
