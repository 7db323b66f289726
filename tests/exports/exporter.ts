/** The part of a house that writes exports: in the process of a test, or alone in one of its own. */
import { openHost } from '../../core/host/host.ts'
import type { PluginDeps, ScopeOpener } from '../../core/ledger/plugin-context.ts'
import { consumersOf, runJob } from '../../core/ledger/plugin-jobs.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import { silentLog } from '../../core/log.ts'
import type { Database } from '../../core/db/database.ts'
import type { Plugin } from '../../core/plugin.ts'
import { runWorkItem } from '../../core/queues/run-work.ts'
import type { WorkBody } from '../../core/queues/work.ts'
import { createAppending } from '../../core/storage/appending.ts'
import { createFiles } from '../../core/storage/files.ts'
import { createPluginFiles, type PluginFileOptions } from '../../core/storage/plugin-files.ts'

export const alias = 'alias/robnu/exports'
export const region = 'ap-south-1'
export const root = new URL('../../', import.meta.url).pathname
export const use = './plugins/exports/mod.ts'

export const openExportHost = (trust: 'in-process' | 'isolated') =>
  openHost([{ use, config: undefined, trust }], root)

export const openExporter = (
  { db, endpoint, host, dbOf }: {
    readonly db: Database
    /** Of S3. */
    readonly endpoint: string
    readonly host: Awaited<ReturnType<typeof openExportHost>>
    readonly dbOf?: (plugin: Plugin) => ScopeOpener | undefined
  },
) => {
  const [one] = host.plugins
  if (!one) throw new Error('The plugin was not loaded')
  const { plugin } = one
  const storage = {
    ...{ db, bucket: 'robnu-exports', region, endpoint },
    aliasOf: () => alias,
    ensureKey: () => Promise.resolve(),
  }
  const files = createFiles(storage)
  const appending = createAppending(storage)
  const filesOver = (over: Pick<PluginFileOptions, 'db' | 'appending'>) =>
    createPluginFiles({ ...storage, ...over, files, now: Date.now })
  const deps: PluginDeps = {
    ...{ db, configOf: host.configOf, fetch, log: silentLog, ...dbOf && { dbOf } },
    upstreamOf: () => createUpstream(undefined, Date.now),
    pluginFiles: filesOver({ db, appending }),
  }
  const signal = new AbortController().signal
  return {
    ...{ plugin, files, appending, filesOver, deps, signal },
    deliver: (body: WorkBody, by: PluginDeps = deps, until = signal) =>
      runWorkItem(db, body, (work, signals) => {
        if (work.target !== 'JOB') throw new Error('unreachable: it is a job')
        return runJob({ ...by, consumers: consumersOf([plugin]) }, work, signals)
      }, { log: silentLog, signal: until, waitMs: 0 }),
    close: () => {
      files.close()
      appending.close()
    },
  }
}
