/** The application as it is served, with sellers who have all that the API can show. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { boot } from '#core/boot.ts'
import { signDigests } from '#core/audit/sign-digests.ts'
import { type Config, readConfig } from '#core/config.ts'
import { createSigner } from '#core/crypto/signing.ts'
import type { Operations } from '#core/db/operations.ts'
import { openHost } from '#core/host/host.ts'
import { migrateHost } from '#core/host/migrate.ts'
import { scopeKeyFrom } from '#core/crypto/scope-key.ts'
import { newId } from '#core/ids.ts'
import { createLog, type Log } from '#core/log.ts'
import type { RunningSandbox } from '#core/testing/sandbox/sandbox.ts'
import process from 'node:process'
import { startCloud } from '../../scripts/local/cloud.ts'
import startSandbox from '../support/bazaar/sandbox.ts'
import { canariesIn } from '../support/canary.ts'
import type { FreshDatabase } from '../support/database.ts'
import { type Ask, askAt } from './clients.ts'
import { type CloudCall, tapCloud } from './cloud-tap.ts'
import { makeDead } from './dead.ts'
import { shopsFor } from './marks.ts'
import { makeParty, type Party } from './parties.ts'
import { type LiveImpersonation, lookInto } from './staff.ts'

/** A migrated database of one's own. */
export type Store = FreshDatabase

export interface WholeApp {
  readonly url: string
  /** At least three sellers; their numbers begin with 1. */
  readonly parties: readonly Party[]
  readonly anonymous: Ask
  /** As the superuser, whom no policy holds back; open until the end. */
  readonly sql: Operations
  /** Staff who are inside of each party, in the order of the parties. */
  readonly live: readonly LiveImpersonation[]
  /** Every line of the log so far. */
  readonly logged: readonly string[]
  /** The newest ones. */
  readonly mails: readonly SentMail[]
  /** Of the process. */
  readonly secret: string
  readonly store: Store
  readonly cloudUrl: string
  /** What the application has asked of its cloud so far. */
  readonly cloudCalls: readonly CloudCall[]
  readonly sandbox: RunningSandbox
  readonly close: () => Promise<void>
}

const bazaarDir = fileURLToPath(new URL('../support/bazaar/', import.meta.url))
const coreFolder = new URL('../../migrations/', import.meta.url)
const plugins = ['./mod.ts', './tally/mod.ts', './forgetful/mod.ts']

/** More than any test asks for. */
const roomy = 'burst=1000000/60,write=1000000/60,address=1000000/60'

export const openWholeApp = async (
  store: Store,
  { sellers = 3, limits = roomy }: { readonly sellers?: number; readonly limits?: string } = {},
): Promise<WholeApp> => {
  const [cloud, sandbox] = await Promise.all([
    startCloud(),
    startSandbox({ env: { ROBNU_SANDBOX_BAZAAR_MORE_SHOPS: `${shopsFor(sellers)}` } }),
  ])
  const tap = await tapCloud(cloud.url)
  const host = await openHost(plugins.map((use) => ({ use, config: undefined })), bazaarDir)
  const secret = randomBytes(32).toString('hex')
  const scopeKey = scopeKeyFrom(secret)
  await migrateHost({ ownerUrl: store.urls.owner, coreFolder, scopeKey, host, log: () => {} })

  // the AWS clients look into the environment by themselves
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
  const config = readConfig({
    DATABASE_URL: store.urls.app,
    DATABASE_PLATFORM_URL: store.urls.platform,
    AWS_ENDPOINT_URL: tap.url,
    ROBNU_KMS_CREATE_KEYS: 'true',
    // time of the suite; tests/start has it on
    ROBNU_RAW_ARCHIVE: 'false',
    AWS_S3_PER_SELLER_KMS: 'true',
    ROBNU_JWT_KEYS: JSON.stringify({ keys: [newJwtKey()] }),
    ROBNU_AUDIT_KEYS: JSON.stringify({ keys: [newJwtKey()] }),
    ROBNU_SECRET: secret,
    ROBNU_RUN: 'api,worker',
    ROBNU_PLUGINS: plugins.map((use) => bazaarDir + use).join(','),
    ROBNU_UPSTREAMS: JSON.stringify({ bazaar: { url: sandbox.url, clock: sandbox.clock } }),
    ROBNU_LIMITS: limits,
    ROBNU_MAIL_HOOK: mailHook,
    PORT: '0',
  })
  const logged: string[] = []
  const log = createLog((line) => void logged.push(line), () => new Date())
  const mails: SentMail[] = []
  const app = await boot(config, { log, fetch: takingMails(mails) })
  await app.start()
  const url = app.url() ?? ''
  const eye = await openEye(store)
  const house = { url, secret, store, sandbox, sql: eye.sql }
  const parties: Party[] = []
  const live: LiveImpersonation[] = []
  for (let number = 1; number <= sellers; number++) {
    const party = await makeParty(house, number)
    await makeDead(eye.sql, party)
    parties.push(party)
    live.push(await lookInto(house, party))
  }
  await signTwice(store, config, log, live)
  return {
    ...{ url, secret, store, parties, live, sandbox, logged, mails, sql: eye.sql },
    ...{ cloudUrl: cloud.url, cloudCalls: tap.calls, anonymous: askAt(url) },
    close: async () => {
      await app.stop()
      const told = canariesIn(logged)
      if (told.length > 0) throw new Error(`The log holds a secret: ${told.join()}`)
      await eye.close()
      await tap.stop()
      await Promise.all([cloud.stop(), sandbox.stop(), store.close()])
    },
  }
}

interface SentMail {
  readonly to: string
  readonly text: string
}
const mailHook = 'http://127.0.0.1:9/mail'

/** The hook of the operator's, without a server. */
const takingMails = (mails: SentMail[]): typeof fetch => async (input, init) => {
  if (String(input) !== mailHook) return await fetch(input, init)
  mails.push(JSON.parse(String(init?.body)))
  mails.splice(0, mails.length - 100)
  return new Response(null, { status: 204 })
}

/** As the sweep does it, now and in two hours, with something new in between. */
const signTwice = async (
  { db }: Store,
  { ROBNU_AUDIT_KEYS: keys }: Config,
  log: Log,
  live: readonly LiveImpersonation[],
): Promise<void> => {
  const signer = createSigner(keys)
  for (const ms of [Date.now(), Date.now() + 2 * 3_600_000]) {
    const { failed, broken } = await signDigests(db, { signer, now: () => new Date(ms), log })
    if (failed + broken > 0) throw new Error('Digests were not signed')
    for (const { client } of live) await client.ask('GET', '/v1/users')
  }
}

const newJwtKey = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { ...privateKey.export({ format: 'jwk' }), kid: newId(), alg: 'EdDSA', use: 'sig' }
}

/** One connection for all looks: opening one each time would take longer than the look. */
const openEye = async ({ asSuperuser }: Store) => {
  const opened = Promise.withResolvers<Operations>()
  const over = Promise.withResolvers<void>()
  const working = asSuperuser(async (sql) => {
    opened.resolve(sql)
    await over.promise
  })
  working.catch(opened.reject)
  const sql = await opened.promise
  return {
    sql,
    close: async () => {
      over.resolve()
      await working
    },
  }
}
