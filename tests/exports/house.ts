/** The plugin `exports` over a real database and the local cloud, without the rest of an application. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { createKms } from '../../core/crypto/kms.ts'
import { openPluginDatabases } from '../../core/boot/plugin-databases.ts'
import { openHost, stopProcesses } from '../../core/host/host.ts'
import { migrateHost } from '../../core/host/migrate.ts'
import { createJobContext, type PluginDeps } from '../../core/ledger/plugin-context.ts'
import { consumersOf, runJob } from '../../core/ledger/plugin-jobs.ts'
import { createUpstream } from '../../core/ledger/upstream.ts'
import { silentLog } from '../../core/log.ts'
import type { Reach } from '../../core/plugin.ts'
import { runWorkItem } from '../../core/queues/run-work.ts'
import type { WorkBody } from '../../core/queues/work.ts'
import { createAppending } from '../../core/storage/appending.ts'
import { createFiles } from '../../core/storage/files.ts'
import { createPluginFiles, type PluginFileOptions } from '../../core/storage/plugin-files.ts'
import { startCloud } from '../../scripts/local/cloud.ts'
import { freshDatabase, type TestSeller } from '../support/database.ts'
import { urlOfPlugin } from '../support/plugin-logins.ts'
import { testScopeKey } from '../support/scope-key.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
export const alias = 'alias/robnu/exports'
const use = './plugins/exports/mod.ts'
/** The folder may be taken out of the tree. */
export const isHere = existsSync(`${root}${use}`)

export type ExportHouse = Awaited<ReturnType<typeof openExportHouse>>
interface Input {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
}
/** What a route answers, as far as tests look at it. */
export interface Told {
  readonly id: string
  readonly state: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string | null
  readonly error: string | null
  readonly url: string
  readonly file_name: string
  readonly data: readonly Told[]
  readonly page: { readonly next: string | null }
}

export const openExportHouse = async (
  { trust = 'in-process', cloudUrl }: {
    readonly trust?: 'in-process' | 'isolated'
    /** Of a cloud in another process. */
    readonly cloudUrl?: string
  } = {},
) => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const [fresh, cloud, host] = await Promise.all([
    freshDatabase(),
    cloudUrl === undefined ? startCloud() : undefined,
    openHost([{ use, config: undefined, trust }], root),
  ])
  await migrateHost({
    ...{ ownerUrl: fresh.urls.owner, scopeKey: testScopeKey, host, log: () => {} },
    coreFolder: new URL('../../migrations/', import.meta.url),
  })
  const [one] = host.plugins
  if (!one) throw new Error('The plugin was not loaded')
  const { plugin } = one
  const storage = {
    ...{ db: fresh.db, bucket: 'robnu-exports', region: 'ap-south-1' },
    endpoint: cloud?.url ?? cloudUrl ?? '',
    aliasOf: () => alias,
    ensureKey: () => Promise.resolve(),
  }
  const { region, endpoint } = storage
  const kms = createKms({ region, endpoint, log: silentLog })
  await kms.ensureAlias(alias)
  await kms.close()
  const files = createFiles(storage)
  const appending = createAppending(storage)
  await files.ensureBucket()
  const databases = openPluginDatabases({
    urls: trust === 'isolated' ? { exports: urlOfPlugin(fresh, 'exports') } : {},
    ...{ scopeKey: testScopeKey, now: Date.now },
  })
  const filesOver = (over: Pick<PluginFileOptions, 'db' | 'appending'>) =>
    createPluginFiles({ ...storage, ...over, files, now: Date.now })
  const deps: PluginDeps = {
    ...{ db: fresh.db, configOf: host.configOf, fetch, log: silentLog, dbOf: databases.dbOf },
    upstreamOf: () => createUpstream(undefined, Date.now),
    pluginFiles: filesOver({ db: fresh.db, appending }),
  }
  const signal = new AbortController().signal
  const taken = new Set<string>()
  const messagesOf = (seller: TestSeller) =>
    fresh.asSuperuser((admin) =>
      admin<{ id: string; body: WorkBody }[]>`
        select id, body from outbox where seller_id = ${seller.sellerId} order by id`
    )
  const deliver = (body: WorkBody, by: PluginDeps = deps, until = signal) =>
    runWorkItem(fresh.db, body, (work, signals) => {
      if (work.target !== 'JOB') throw new Error('unreachable: it is a job')
      return runJob({ ...by, consumers: consumersOf([plugin]) }, work, signals)
    }, { log: silentLog, signal: until, waitMs: 0 })
  return {
    ...{ fresh, files, appending, filesOver, deps, plugin, deliver, messagesOf },
    /** A route, as the server calls it for somebody whose rights reach so far. */
    ask: async (
      seller: TestSeller,
      method: 'get' | 'post',
      path: string,
      input: Input = {},
      reach: (permission: string) => Reach | null = () => null,
    ): Promise<Told> => {
      const route = plugin.routes?.find((route) => route.method === method && route.path === path)
      if (!route) throw new Error(`There is no ${method} ${path}`)
      const parsed: Record<string, unknown> = {}
      for (const part of ['params', 'query', 'body'] as const) {
        const read = await route[part]?.['~standard'].validate(input[part] ?? {})
        if (read?.issues) throw Object.assign(new Error('invalid'), { issues: read.issues })
        parsed[part] = read?.value
      }
      const job = { key: 'request', signal, entry: seller.entry, reach }
      return await route.handle(parsed as never, createJobContext(deps, plugin, job))
    },
    /** Until no message is left; what each came to. */
    work: async (seller: TestSeller, by: PluginDeps = deps): Promise<void> => {
      for (;;) {
        const message = (await messagesOf(seller)).find(({ id }) => !taken.has(id))
        if (!message) return
        taken.add(message.id)
        await deliver(message.body, by)
      }
    },
    close: async () => {
      await stopProcesses(host.plugins)
      await databases.close()
      files.close()
      appending.close()
      await cloud?.stop()
      await fresh.close()
      vi.unstubAllEnvs()
    },
  }
}
