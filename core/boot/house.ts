/** The house: what all parts of a process share, opened once and closed last. */
import { createPasswordHasher } from '../auth/passwords.ts'
import type { Config } from '../config.ts'
import { createKeyNews } from '../crypto/key-news.ts'
import { createKeyring } from '../crypto/keyring.ts'
import { createKms } from '../crypto/kms.ts'
import { scopeKeyFrom } from '../crypto/scope-key.ts'
import { openDatabase } from '../db/scope.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { createUpstream } from '../ledger/upstream.ts'
import type { Log } from '../log.ts'
import { coreQueues } from '../queues/layout.ts'
import { startRelay } from '../queues/relay.ts'
import { createSqs } from '../queues/sqs.ts'
import { openArchive } from './archive.ts'
import { createInHand } from './in-hand.ts'
import { type LiveHost, livePartsOf } from './live-host.ts'
import { openPluginDatabases } from './plugin-databases.ts'
import { openPost, secretsOf } from './sign-in.ts'
import { openFiles, openPluginFiles } from './storage.ts'

export interface HouseOptions {
  readonly log: Log
  readonly now?: () => number
  readonly fetch?: typeof fetch
}
export type House = Awaited<ReturnType<typeof openHouse>>

export const openHouse = async (config: Config, host: LiveHost, options: HouseOptions) => {
  const { log } = options
  const now = options.now ?? Date.now
  const clock = () => new Date(now())
  // the age of keys in memory: a clock that is set back makes none younger
  const steady = options.now ?? (() => performance.now())
  const scopeKey = scopeKeyFrom(config.ROBNU_SECRET)
  const ofPlugins = openPluginDatabases({ urls: config.ROBNU_PLUGIN_DATABASES, scopeKey, now })
  const db = await openDatabase({
    url: config.DATABASE_URL,
    platformUrl: config.DATABASE_PLATFORM_URL,
    scopeKey,
    maxConnections: config.ROBNU_POOL,
    now,
  })
  const aws = {
    region: config.AWS_REGION,
    ...config.AWS_ENDPOINT_URL === undefined ? {} : { endpoint: config.AWS_ENDPOINT_URL },
    log,
  }
  const kms = createKms(aws)
  const aliasOf = (sellerId: string): string =>
    config.AWS_S3_PER_SELLER_KMS ? `alias/robnu/seller-${sellerId}` : config.ROBNU_KMS_ALIAS
  const source = { db, kms, aliasOf, createMissingAlias: config.ROBNU_KMS_CREATE_KEYS }
  const keyring = createKeyring({
    ...source,
    staleMs: config.ROBNU_KMS_STALE_MINUTES * 60_000,
    now: steady,
    log,
  })
  const files = openFiles({ db, aws, config, aliasOf, keyring })
  const ofArchive = openArchive({ source, files, isOn: config.ROBNU_RAW_ARCHIVE, log, now, steady })
  const { archiveKeys } = ofArchive
  const ofPluginFiles = openPluginFiles({ db, aws, config, aliasOf, keyring, files, now })
  const sqs = createSqs({ ...aws, prefix: config.ROBNU_QUEUE_PREFIX })
  const hasher = createPasswordHasher({ secrets: secretsOf(config) })
  // what ops name may be on this machine; what a plugin or a seller names may not
  const own = options.fetch ?? fetch
  const guarded = createGuardedFetch()
  const upstreams = new Map(
    Object.entries(config.ROBNU_UPSTREAMS).map(([id, to]) => [id, createUpstream(to, now, own)]),
  )
  const real = createUpstream(undefined, now)
  const stopping = new AbortController()
  let wake = () => {}
  const shared = {
    db,
    dbOf: ofPlugins.dbOf,
    keyring,
    ...livePartsOf(host),
    upstreamOf: (pluginId: string) => upstreams.get(pluginId) ?? real,
    configOf: host.configOf,
    fetch: options.fetch ?? guarded.fetch,
    now,
    log,
    ...ofPluginFiles,
    ...ofArchive,
  }
  const post = openPost({ config, fetch: own, log, clock })
  return {
    ...shared,
    ...{ kms, sqs, files, hasher, post, host, clock, config, stopping: stopping.signal },
    keyNews: createKeyNews({
      ...{ db, log },
      keyring: {
        renew: keyring.renew,
        forget: (sellerId) => {
          keyring.forget(sellerId)
          archiveKeys.forget(sellerId)
        },
      },
    }),
    inHand: createInHand(),
    /** Core's, and those of the plugins that are enabled now. */
    queues: () => [...coreQueues, ...host.plugins.flatMap(({ plugin }) => plugin.queues ?? [])],
    wake: () => wake(),
    startRelay: () => {
      const relay = startRelay({ db, sqs, log, signal: stopping.signal })
      wake = relay.wake
      return async () => {
        stopping.abort()
        await relay.done
      }
    },
    close: async () => {
      stopping.abort()
      await post.close()
      await hasher.close()
      keyring.close()
      archiveKeys.close()
      files.close()
      ofPluginFiles.appending.close()
      guarded.close()
      await Promise.all([kms.close(), sqs.close(), db.close(), ofPlugins.close()])
    },
  }
}
