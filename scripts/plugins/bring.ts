/** What enabling and upgrading share: all is checked before anything changes, and then migrated. */
import { integrityFault, integrityOf } from '#core/host/integrity.ts'
import { type Host, openHost, stopProcesses } from '#core/host/host.ts'
import { addressOf, type LoadedPlugin, type PluginFault } from '#core/host/load.ts'
import { migrateHost, readMigrationLines } from '#core/host/migrate.ts'
import { readStanding } from '#core/db/migrate.ts'
import { withOperations } from '#core/db/operations.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { configFault, readSecret } from '#core/config.ts'
import { migrateSweeps } from '#core/queues/sweeps.ts'
import { fileURLToPath } from 'node:url'
import type { CommandIo } from '../cli/command.ts'
import { enabledIn, type Opened } from './read.ts'

const coreFolder = new URL('../../migrations/', import.meta.url)

/** The plugins that a text of the file enables; throws every fault of every one. */
export const withHostOf = async <T>(
  { path, io }: Pick<Opened, 'path' | 'io'>,
  text: string,
  work: (host: Host) => Promise<T>,
): Promise<T> => {
  const { enabled, configDir } = enabledIn(text, path, io.env)
  const host = await openHost(enabled, configDir)
  try {
    return await work(host)
  } finally {
    await stopProcesses(host.plugins)
  }
}

export const pluginOf = (host: Host, use: string): LoadedPlugin => {
  const found = host.plugins.find((one) => one.use === use)
  if (!found) throw new Error(`"${use}" was not loaded`)
  return found
}

/** Applies what is pending, under the lock of migrations; undefined: no owner's login is named. */
export const migrateFor = async (
  io: CommandIo,
  host: Host,
): Promise<readonly string[] | undefined> => {
  const ownerUrl = io.env['DATABASE_OWNER_URL']
  if (!ownerUrl) return undefined
  if (io.dryRun) return await pendingOf(ownerUrl, host)
  const faults: string[] = []
  const secret = readSecret(io.env, faults)
  if (faults.length > 0) throw configFault(faults)
  const scopeKey = scopeKeyFrom(secret)
  const { applied } = await migrateHost({ ownerUrl, coreFolder, scopeKey, host, log: () => {} })
  await migrateSweeps({ ownerUrl })
  return applied
}

export const pendingOf = async (ownerUrl: string, host: Host): Promise<readonly string[]> => {
  const lines = await readMigrationLines(coreFolder, host)
  const { pending } = await withOperations(ownerUrl, (sql) => readStanding(sql, lines))
  return pending
}

/** The digest that the entry needs; undefined: it is of this project, and needs none. */
export const pinFor = async (
  { use, isPinned }: { readonly use: string; readonly isPinned: boolean },
  configDir: string,
): Promise<string | undefined> => {
  const url = addressOf(use, configDir)
  if (
    !isPinned && await integrityFault({ use, integrity: undefined }, url, configDir) === undefined
  ) return undefined
  return url.startsWith('file:') ? await integrityOf(fileURLToPath(url)) : undefined
}

/** As a start says it, for what was asked. */
export const refusal = (what: string, faults: readonly PluginFault[]): Error =>
  Object.assign(
    new Error(
      [
        `Cannot ${what}: ${faults.length} fault(s), and nothing was changed`,
        ...faults.map(({ plugin, path, message }) =>
          `  ${plugin}${path ? ` ${path}` : ''}: ${message}`
        ),
      ].join('\n'),
    ),
    { faults },
  )
