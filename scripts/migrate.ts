/** Brings a database to what the code and the enabled plugins need, for `robnu migrate` and launchers. */
import { configFault, type Environment, readPlugins, readSecret } from '#core/config.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import type { MigrateResult, MigrationLine } from '#core/db/migrate.ts'
import { type Host, openHost, stopProcesses } from '#core/host/host.ts'
import { migrateHost, readMigrationLines } from '#core/host/migrate.ts'
import { migrateSweeps } from '#core/queues/sweeps.ts'

const coreFolder = new URL('../migrations/', import.meta.url)

export interface MigratePlan {
  readonly ownerUrl: string
  readonly secret: string
  readonly host: Host
  readonly lines: readonly MigrationLine[]
}

/** Throws every fault of the environment, then every fault of the plugins, at once. */
export const withMigrationPlan = async <T>(
  env: Environment,
  work: (plan: MigratePlan) => Promise<T>,
): Promise<T> => {
  const faults: string[] = []
  const { plugins, configDir } = readPlugins(env, faults)
  const ownerUrl = env['DATABASE_OWNER_URL']
  if (!ownerUrl) faults.push('DATABASE_OWNER_URL: is not set')
  const secret = readSecret(env, faults)
  if (faults.length > 0 || !ownerUrl) throw configFault(faults)
  const host = await openHost(plugins, configDir)
  try {
    return await work({ ownerUrl, secret, host, lines: await readMigrationLines(coreFolder, host) })
  } finally {
    await stopProcesses(host.plugins)
  }
}

export const migrateAll = (
  env: Environment,
  log: (event: string, fields: Readonly<Record<string, unknown>>) => void,
): Promise<MigrateResult> =>
  withMigrationPlan(env, async ({ ownerUrl, secret, host }) => {
    const scopeKey = scopeKeyFrom(secret)
    const result = await migrateHost({ ownerUrl, coreFolder, scopeKey, host, log })
    await migrateSweeps({ ownerUrl })
    return result
  })
