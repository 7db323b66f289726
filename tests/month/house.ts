/** Marketplaces on standing clocks beside a database that knows them; work is driven by hand. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { createArchiveKeys } from '#core/crypto/archive-keys.ts'
import { createKeyring } from '#core/crypto/keyring.ts'
import { createKms } from '#core/crypto/kms.ts'
import { openHost } from '#core/host/host.ts'
import { migrateHost } from '#core/host/migrate.ts'
import { createAccountCare } from '#core/ledger/account-care.ts'
import { createAccounts } from '#core/ledger/accounts.ts'
import { createRawArchive } from '#core/ledger/archive/raw-archive.ts'
import { createProcessing } from '#core/ledger/processing/processing.ts'
import { processAccount } from '#core/ledger/processing/run-batch.ts'
import { takeNotification } from '#core/ledger/pushes/notifications.ts'
import { createWebhooks } from '#core/ledger/pushes/webhooks.ts'
import { createRegistry } from '#core/ledger/registry.ts'
import { createRuns } from '#core/ledger/runs.ts'
import { syncAccount } from '#core/ledger/run-sync.ts'
import { createUpstream, type Upstream } from '#core/ledger/upstream.ts'
import { createLog, silentLog } from '#core/log.ts'
import type { Marketplace, Push, Target } from '#core/plugin.ts'
import { createQueueOf } from '#core/queues/layout.ts'
import { claimWork } from '#core/queues/work.ts'
import { createFiles } from '#core/storage/files.ts'
import { callVerb } from '#core/testing/sandbox/call.ts'
import { upstreamAt } from '#core/testing/sandbox/clock.ts'
import type { RunningSandbox, StartSandbox } from '#core/testing/sandbox/sandbox.ts'
import { startCloud } from '../../scripts/local/cloud.ts'
import { memoryKms } from '../support/bazaar/kms.ts'
import { freshDatabase, makeSeller, type TestSeller } from '../support/database.ts'
import { testScopeKey } from '../support/scope-key.ts'

const marketplacesDir = fileURLToPath(new URL('../../marketplaces/', import.meta.url))
const coreFolder = new URL('../../migrations/', import.meta.url)
const bucket = 'robnu-test-month'
const never = new AbortController().signal

/** One account of a marketplace, as its seller has connected it. */
export interface Shop {
  readonly marketplace: Marketplace
  readonly externalAccountId: string
  readonly accountId: string
  readonly seller: TestSeller
}
type RowTarget = Extract<Target, 'ORDERS' | 'RETURNS' | 'PAYOUTS'>
export type House = Awaited<ReturnType<typeof openHouse>>

/** Amazon tells of changes where it is told to. */
const configs: Readonly<Record<string, unknown>> = {
  amazon: { notifications: { queueUrl: 'https://sqs.invalid/amazon', destinationId: 'd-1' } },
}

/** `perDay`: how many orders come to each account; `seed` of what the sandboxes make of it. */
export const openHouse = async (
  { ids, seed, perDay }: {
    readonly ids: readonly string[]
    readonly seed: number
    readonly perDay: number
  },
) => {
  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const [fresh, cloud] = await Promise.all([freshDatabase(), startCloud()])
  const host = await openHost(
    ids.map((id) => ({ use: `./${id}/mod.ts`, config: configs[id] })),
    marketplacesDir,
  )
  await migrateHost({
    ...{ ownerUrl: fresh.urls.owner, coreFolder, scopeKey: testScopeKey, host, log: () => {} },
  })
  const kms = memoryKms()
  const source = { db: fresh.db, kms, aliasOf: () => 'alias/test', createMissingAlias: false }
  const keyring = createKeyring({ ...source, log: silentLog, now: Date.now })
  await prepareCloud(cloud.url)
  const files = createFiles({
    ...{ db: fresh.db, bucket, region: 'ap-south-1', endpoint: cloud.url },
    ...{ aliasOf: () => 'alias/test', ensureKey: () => Promise.resolve() },
  })
  const archiveKeys = createArchiveKeys({
    ...{ ...source, now: Date.now, ttlMs: 300_000, graceMs: 60_000, maxSellers: 10 },
  })
  const sandboxes = new Map<string, RunningSandbox>()
  for (const id of ids) sandboxes.set(id, await startSandboxOf(id, seed, perDay))
  const sandboxOf = (id: string): RunningSandbox => {
    const found = sandboxes.get(id)
    if (!found) throw new Error(`There is no sandbox of "${id}"`)
    return found
  }
  const control = (id: string, verb: string, body?: object): Promise<unknown> =>
    callVerb(sandboxOf(id), verb, body)
  const pass = async (ms: number): Promise<void> => {
    for (const id of ids) await control(id, 'clock', { bySeconds: Math.ceil(ms / 1000) })
  }
  const upstreamOf = (id: string): Upstream => {
    const sandbox = sandboxOf(id)
    return {
      ...createUpstream({ url: sandbox.url }, Date.now),
      now: () => new Date(upstreamAt(sandbox.clock, Date.now())),
    }
  }
  const lines: string[] = []
  const deps = {
    ...{ db: fresh.db, keyring, files, registry: createRegistry(host.marketplaces), fetch },
    ...{ upstreamOf, configOf: host.configOf, now: Date.now, sliceMs: 60_000, wake: () => {} },
    archive: createRawArchive({
      ...{ db: fresh.db, files, archiveKeys, log: silentLog, now: Date.now },
    }),
    log: createLog((line) => void lines.push(line), () => new Date()),
    // nobody waits: the world goes on instead
    sleep: (ms: number) => pass(Math.min(ms, 3_600_000)),
    queueOf: createQueueOf(host.plugins.map(({ plugin }) => plugin)),
  }
  const sellers = [await makeSeller(fresh.db), await makeSeller(fresh.db)] as const
  const accounts = createAccounts(deps)
  const processing = createProcessing(deps)
  const hooks = createWebhooks({
    ...{ ...deps, ticks: () => performance.now(), sleep: () => Promise.resolve() },
    limits: { take: () => Promise.resolve([]) },
  })
  const shops: Shop[] = []
  for (const marketplace of host.marketplaces) {
    for (const demo of sandboxOf(marketplace.id).accounts) {
      const seller = sellers[demo.seller === 1 ? 1 : 0]
      const { externalAccountId, details, credentials, name } = demo
      const { id: accountId } = await accounts.connect(seller.entry, {
        ...{ marketplace: marketplace.code, external_account_id: externalAccountId, name },
        ...{ details, credentials },
      })
      shops.push({ marketplace, externalAccountId, accountId, seller })
    }
  }

  /** One slice of the open item of the target; its state after it, and null where there is none. */
  const slice = async ({ seller, accountId }: Shop, target: Target): Promise<string | null> => {
    const [item] = await fresh.asSuperuser(async (admin) => {
      await admin`update breakers set failures = 0, opened_at = null, probe_at = null`
      return await admin<{ id: string }[]>`
        update work_items set not_before = now(), lease_until = now()
        where marketplace_account_id = ${accountId} and target = ${target}
          and state in ('WAITING', 'RUNNING') returning id`
    })
    if (!item) return null
    const asked = { sellerId: seller.sellerId, itemId: item.id, leaseMs: 600_000 }
    const work = await claimWork(fresh.db, asked)
    if (!work?.claimed || work.target === 'JOB') throw new Error('The item cannot be claimed')
    const handle = target === 'PROCESSING' ? processAccount : syncAccount
    await handle(deps, work, { signal: never, draining: never })
    const [after] = await fresh.asSuperuser((admin) =>
      admin<{ state: string; last_error: string | null }[]>`
        select state, last_error from work_items where id = ${item.id}`
    )
    return after?.state ?? null
  }
  /** Slices until the item has ended; what has to wait finds that some minutes have gone. */
  const drain = async (shop: Shop, target: Target): Promise<void> => {
    for (let turn = 0; turn < 80; turn++) {
      const state = await slice(shop, target)
      if (state !== 'WAITING') return
      await pass(300_000)
    }
    throw new Error(
      `${shop.marketplace.code} ${target} does not end: ${lines.slice(-5).join('\n')}`,
    )
  }
  /** A session that is over is handed over anew, as its seller does it. */
  const reconnect = async ({ marketplace: { id }, externalAccountId, ...shop }: Shop) => {
    const body = id === 'ajio' ? { pob: externalAccountId } : { externalAccountId }
    const { credentials } = await control(id, 'connect', body) as { credentials: object }
    const ask = { id: shop.accountId, accounts: null, credentials }
    for (let turn = 0;; turn++) {
      try {
        return await createAccountCare(deps).credentials(shop.seller.entry, ask)
      } catch (error) {
        if (turn === 5) throw error
      }
    }
  }
  return {
    ...{ shops, control, pass, fresh, lines, deps, archiveKeys },
    /** The next sync begins with the first order that there is. */
    forgetCursor: ({ accountId }: Shop) =>
      fresh.asSuperuser((admin) =>
        admin`delete from sync_cursors
          where marketplace_account_id = ${accountId} and target = 'ORDERS'`
      ),
    /** What a marketplace tells by itself arrives, all of it twice. Resolves to how much it was. */
    carry: async (id: string): Promise<number> => {
      const own = shops.filter(({ marketplace }) => marketplace.id === id)
      const plugin = own[0]?.marketplace
      if (!plugin?.notifications && !plugin?.webhooks?.length) return 0
      const { pushes = [], messages = [] } = await control(id, 'pushes') as {
        readonly pushes?: readonly (Push & { readonly account: string })[]
        readonly messages?: readonly object[]
      }
      for (const push of twice(pushes)) {
        const shop = own.find(({ externalAccountId }) => externalAccountId === push.account)
        if (!shop) throw new Error(`A push for nobody: ${push.account}`)
        await hooks.take({ ...{ pluginId: id, accountId: shop.accountId, path: '' }, push })
      }
      for (const message of twice(messages)) {
        const body = JSON.stringify(message)
        await takeNotification(deps, plugin, { id: 'message', body })
      }
      return pushes.length + messages.length
    },
    /** Whoever has to connect anew does so; what failed is asked for once more. */
    sync: async (shop: Shop, target: RowTarget): Promise<void> => {
      for (let turn = 0; turn < 4; turn++) {
        const asked = await accounts.requestSync(shop.seller.entry, shop.accountId, { target })
        if (!asked) throw new Error('The seller has no such account')
        await drain(shop, target)
        const run = await createRuns(fresh.db).get(shop.seller.entry, asked.run.id)
        if (run?.state === 'SUCCEEDED') return
        lines.push(`${shop.marketplace.code} ${target}: ${JSON.stringify(run)}`)
        if (run?.failure?.kind === 'auth') await reconnect(shop)
      }
      throw new Error(`${target} does not succeed: ${lines.slice(-5).join('\n')}`)
    },
    /** Everything that is ready. */
    process: async (shop: Shop): Promise<void> => {
      const { seller: { entry }, accountId } = shop
      const started = await processing.start(entry, {
        ...{ accountId, closure: 'IMMEDIATE', quantities: [], accounts: null },
      })
      await drain(shop, 'PROCESSING')
      const run = started && await createRuns(fresh.db).get(entry, started.run_id)
      if (run?.state === 'SUCCEEDED') return
      if (run?.failure?.kind !== 'auth') {
        throw new Error(`Processing: ${JSON.stringify(run)} ${lines.slice(-6).join('\n')}`)
      }
      await reconnect(shop)
    },
    close: async () => {
      for (const sandbox of sandboxes.values()) await sandbox.stop()
      files.close()
      keyring.close()
      archiveKeys.close()
      await fresh.close()
      await cloud.stop()
      vi.unstubAllEnvs()
    },
  }
}

const twice = <T>(all: readonly T[]): readonly T[] => [...all, ...all.toReversed()]

const startSandboxOf = async (
  id: string,
  seed: number,
  perDay: number,
): Promise<RunningSandbox> => {
  const { default: start } = await import(
    new URL(`../../marketplaces/${id}/sandbox.ts`, import.meta.url).href
  ) as { default: StartSandbox }
  const env = {
    [`ROBNU_SANDBOX_${id.toUpperCase()}_ORDERS_PER_DAY`]: String(perDay),
    // its demo has more of a past than anybody looks at here
    ROBNU_SANDBOX_AMAZON_HISTORY: '150',
  }
  return await start({ seed, speed: 1, env })
}

const prepareCloud = async (url: string): Promise<void> => {
  const reached = { region: 'ap-south-1', endpoint: url }
  const kms = createKms({ ...reached, log: silentLog })
  await kms.ensureAlias('alias/test')
  await kms.close()
  const client = new S3Client({ ...reached, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
}
