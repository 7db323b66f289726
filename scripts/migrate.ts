/** Brings the database to what the code and the enabled plugins need; run before serving. */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { configFault, environment, readPlugins, readSecret } from '#core/config.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { openHost } from '#core/host/host.ts'
import { migrateHost } from '#core/host/migrate.ts'
import { migrateSweeps } from '#core/queues/sweeps.ts'

export const migrateAll = async (
  env: Readonly<Record<string, string | undefined>>,
  log: (event: string, fields: Readonly<Record<string, unknown>>) => void,
): Promise<{ readonly applied: readonly string[] }> => {
  const faults: string[] = []
  const { plugins, configDir } = readPlugins(env, faults)
  const ownerUrl = env['DATABASE_OWNER_URL']
  if (!ownerUrl) faults.push('DATABASE_OWNER_URL: is not set')
  const secret = readSecret(env, faults)
  if (faults.length > 0 || !ownerUrl) throw configFault(faults)
  const host = await openHost(plugins, configDir)
  const coreFolder = new URL('../migrations/', import.meta.url)
  const scopeKey = scopeKeyFrom(secret)
  const result = await migrateHost({ ownerUrl, coreFolder, scopeKey, host, log })
  await migrateSweeps({ ownerUrl })
  return result
}

// import.meta.main is not known to the types that both runtimes share
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  migrateAll(environment, (_event, { line, file }) => say(`Applied ${line}/${file}`)).then(
    ({ applied }) => say(applied.length === 0 ? 'Nothing to apply' : `Applied ${applied.length}`),
    (error) => {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
      process.exit(1)
    },
  )
}
