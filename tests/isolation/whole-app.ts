/** The application as it is served, with two sellers who have all that the API can show. */
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { type Application, boot } from '#core/boot.ts'
import { readConfig } from '#core/config.ts'
import { openHost } from '#core/host/host.ts'
import { migrateHost } from '#core/host/migrate.ts'
import { newId } from '#core/ids.ts'
import { silentLog } from '#core/log.ts'
import { ensureSeller } from '#core/tenancy/provision.ts'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { startCloud } from '../../scripts/local/cloud.ts'
import startSandbox from '../support/bazaar/sandbox.ts'
import { bazaarDir } from '../support/bazaar/world.ts'
import { freshDatabase } from '../support/database.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}
type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>

export interface Party {
  readonly sellerId: string
  readonly email: string
  readonly shop: {
    readonly externalAccountId: string
    readonly details: unknown
    readonly credentials: unknown
  }
  /** With the owner's session. */
  readonly ask: Ask
}
export interface WholeApp {
  readonly a: Party
  readonly b: Party
  readonly anonymous: Ask
  /** Every uuid in a row of this seller, by table and column, in every table of sellers. */
  readonly idsOf: (party: Party) => Promise<ReadonlyMap<string, ReadonlySet<string>>>
  /** Of each table: how many rows the seller has, and which transaction wrote last. */
  readonly marksOf: (party: Party) => Promise<ReadonlyMap<string, string>>
  readonly close: () => Promise<void>
}

const coreFolder = new URL('../../migrations/', import.meta.url)
const plugins = ['./mod.ts', './tally/mod.ts']

export const openWholeApp = async (): Promise<WholeApp> => {
  const [fresh, cloud, sandbox] = await Promise.all([
    freshDatabase(),
    startCloud(),
    startSandbox({ env: {} }),
  ])
  const host = await openHost(plugins.map((use) => ({ use, config: undefined })), bazaarDir)
  await migrateHost({ ownerUrl: fresh.urls.owner, coreFolder, host, log: () => {} })

  // the AWS clients look into the environment by themselves
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const { url, clock } = sandbox
  const folder = fileURLToPath(new URL('../support/bazaar/', import.meta.url))
  const config = readConfig({
    DATABASE_URL: fresh.urls.app,
    DATABASE_PLATFORM_URL: fresh.urls.platform,
    AWS_ENDPOINT_URL: cloud.url,
    ROBNU_KMS_CREATE_KEYS: 'true',
    ROBNU_JWT_KEYS: JSON.stringify({ keys: [newJwtKey()] }),
    ROBNU_SECRET: randomBytes(32).toString('hex'),
    ROBNU_RUN: 'api,worker',
    ROBNU_PLUGINS: plugins.map((use) => folder + use).join(','),
    ROBNU_UPSTREAMS: JSON.stringify({ bazaar: { url, clock } }),
    PORT: '0',
  })
  const app = await boot(config, { log: silentLog })
  await app.start()
  const parties: Party[] = []
  for (const at of [0, 1] as const) {
    const { name, externalAccountId, details, credentials } = sandbox.accounts[at] ?? fail()
    const shop = { externalAccountId, name, details, credentials }
    const made = await makeOwner(fresh.db, name)
    const ask = await signIn(app, made)
    await connectAndSync(ask, shop)
    parties.push({ sellerId: made.sellerId, email: made.email, shop, ask })
  }
  const [a = fail(), b = fail()] = parties
  return {
    a,
    b,
    anonymous: (method, path, body) => send(app, method, path, body, {}),
    idsOf: ({ sellerId }) => readIds(fresh, sellerId),
    marksOf: ({ sellerId }) => readMarks(fresh, sellerId),
    close: async () => {
      await app.stop()
      await Promise.all([cloud.stop(), sandbox.stop(), fresh.close()])
    },
  }
}

const fail = (): never => {
  throw new Error('The sandbox has too few accounts')
}

const newJwtKey = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { ...privateKey.export({ format: 'jwk' }), kid: newId(), alg: 'EdDSA', use: 'sig' }
}

type Fresh = Awaited<ReturnType<typeof freshDatabase>>

const makeOwner = async (db: Fresh['db'], name: string) => {
  const hasher = createPasswordHasher()
  const [email, password] = [`owner-${newId()}@example.in`, newId()]
  try {
    const passwordHash = await hasher.hash(password)
    const users = [{ email, passwordHash, role: 'OWNER' as const }]
    const { sellerId } = await ensureSeller(db, { name, users })
    return { sellerId, email, password }
  } finally {
    await hasher.close()
  }
}

const send = async (
  app: Application,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> => {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${app.url()}${path}`, {
    method,
    headers: { ...headers, ...json },
    redirect: 'manual',
    ...body === undefined ? {} : { body: JSON.stringify(body) },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const signIn = async (
  app: Application,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Ask> => {
  const answer = await send(app, 'POST', '/v1/auth/login', { email, password }, {})
  const cookie = answer.headers.get('set-cookie')?.split(';')[0]
  if (answer.status !== 200 || !cookie) throw new Error(`Cannot sign in: ${answer.text}`)
  return (method, path, body) => send(app, method, path, body, { cookie })
}

/** Twice, so that there is a page of runs to turn. */
const connectAndSync = async (ask: Ask, shop: Party['shop'] & { name: string }): Promise<void> => {
  const { externalAccountId: external_account_id, name, details, credentials } = shop
  const asked = { marketplace: 'BAZAAR', external_account_id, name, details, credentials }
  const account = await ask('POST', '/v1/marketplace-accounts', asked)
  if (account.status !== 201) throw new Error(`Cannot connect: ${account.text}`)
  for (const _ of ['the run of the connection', 'one more']) {
    const path = `/v1/marketplace-accounts/${JSON.parse(account.text).id}/sync`
    const { run } = JSON.parse((await ask('POST', path, {})).text)
    for (let state = ''; state !== 'SUCCEEDED';) {
      state = JSON.parse((await ask('GET', `/v1/runs/${run.id}`)).text).state
      if (state === 'FAILED') throw new Error('The sync has failed')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Every table with rows of sellers, those of plugins too. */
const sellerTables = (fresh: Fresh) =>
  fresh.asSuperuser((sql) =>
    sql<{ name: string; uuids: string[] }[]>`
      select c.relname as name, array_agg(a.attname::text order by a.attnum)
        filter (where a.atttypid = 'uuid'::regtype) as uuids
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
      group by c.relname
      having bool_or(a.attname = 'seller_id')
      order by c.relname`
  )

const readIds = async (fresh: Fresh, sellerId: string) => {
  const tables = await sellerTables(fresh)
  const found = new Map<string, Set<string>>([['sellers.id', new Set([sellerId])]])
  await fresh.asSuperuser(async (sql) => {
    for (const { name, uuids } of tables) {
      const rows = await sql`select ${sql(uuids)} from ${sql(name)} where seller_id = ${sellerId}`
      for (const column of uuids) {
        const ids = rows.map((row) => row[column]).filter((id) => typeof id === 'string')
        if (ids.length > 0) found.set(`${name}.${column}`, new Set(ids))
      }
    }
  })
  return found
}

const readMarks = async (fresh: Fresh, sellerId: string) => {
  const tables = await sellerTables(fresh)
  const marks = new Map<string, string>()
  await fresh.asSuperuser(async (sql) => {
    for (const { name } of tables) {
      const [row] = await sql`
        select count(*)::int as rows, max(xmin::text::bigint) as newest
        from ${sql(name)} where seller_id = ${sellerId}`
      marks.set(name, `${row?.['rows']} rows, last ${row?.['newest']}`)
    }
  })
  return marks
}
