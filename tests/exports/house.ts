/** The plugin `exports` over a real database and the local cloud, without the rest of an application. */
import { existsSync } from 'node:fs'
import { vi } from 'vitest'
import { createKms } from '../../core/crypto/kms.ts'
import { openPluginDatabases } from '../../core/boot/plugin-databases.ts'
import { stopProcesses } from '../../core/host/host.ts'
import { migrateHost } from '../../core/host/migrate.ts'
import { createJobContext, type PluginDeps } from '../../core/ledger/plugin-context.ts'
import { silentLog } from '../../core/log.ts'
import type { Reach } from '../../core/plugin.ts'
import type { WorkBody } from '../../core/queues/work.ts'
import { startCloud } from '../../scripts/local/cloud.ts'
import { freshDatabase, type TestSeller } from '../support/database.ts'
import { urlOfPlugin } from '../support/plugin-logins.ts'
import { testScopeKey } from '../support/scope-key.ts'
import { alias, openExporter, openExportHost, region, root, use } from './exporter.ts'

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
    openExportHost(trust),
  ])
  await migrateHost({
    ...{ ownerUrl: fresh.urls.owner, scopeKey: testScopeKey, host, log: () => {} },
    coreFolder: new URL('../../migrations/', import.meta.url),
  })
  const endpoint = cloud?.url ?? cloudUrl ?? ''
  const kms = createKms({ region, endpoint, log: silentLog })
  await kms.ensureAlias(alias)
  await kms.close()
  const databases = openPluginDatabases({
    urls: trust === 'isolated' ? { exports: urlOfPlugin(fresh, 'exports') } : {},
    ...{ scopeKey: testScopeKey, now: Date.now },
  })
  const exporter = openExporter({ db: fresh.db, endpoint, host, dbOf: databases.dbOf })
  const { plugin, files, appending, filesOver, deps, signal, deliver } = exporter
  await files.ensureBucket()
  const taken = new Set<string>()
  const messagesOf = (seller: TestSeller) =>
    fresh.asSuperuser((admin) =>
      admin<{ id: string; body: WorkBody }[]>`
        select id, body from outbox where seller_id = ${seller.sellerId} order by id`
    )
  return {
    ...{ fresh, endpoint, files, appending, filesOver, deps, plugin, deliver, messagesOf },
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
      exporter.close()
      await cloud?.stop()
      await fresh.close()
      vi.unstubAllEnvs()
    },
  }
}
