/** Core without a single plugin: it migrates, signs in and serves. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createPasswordHasher } from '../core/auth/passwords.ts'
import { type Application, boot } from '../core/boot.ts'
import { type Config, readConfig } from '../core/config.ts'
import { scopeKeyFrom } from '../core/crypto/scope-key.ts'
import { openDatabase } from '../core/db/scope.ts'
import { type Host, openHost } from '../core/host/host.ts'
import { migrateHost } from '../core/host/migrate.ts'
import { silentLog } from '../core/log.ts'
import { ensureSeller } from '../core/tenancy/provision.ts'
import { type EmptyDatabase, emptyDatabase } from './migrations/empty-database.ts'

const coreFolder = new URL('../migrations/', import.meta.url)
const secret = 'a secret of a test, 32 characters or more'
const scopeKey = scopeKeyFrom(secret)
const email = 'owner@core-alone.example.in'
const password = 'no plugin knows this password'

const newKeys = (): string =>
  JSON.stringify({ keys: [generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })] })

let empty: EmptyDatabase
let config: Config
let host: Host
let app: Application
let applied: readonly string[]
beforeAll(async () => {
  empty = await emptyDatabase()
  const { pathname } = new URL(empty.ownerUrl)
  const urlOf = (login: 'app' | 'platform'): string =>
    Object.assign(new URL(inject('urls')[login]), { pathname }).href
  const env = {
    ...{ DATABASE_URL: urlOf('app'), DATABASE_PLATFORM_URL: urlOf('platform') },
    ...{ ROBNU_JWT_KEYS: newKeys(), ROBNU_AUDIT_KEYS: newKeys() },
    ROBNU_SECRET: secret,
    // nobody listens there: serving asks neither queues nor keys
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    ...{ ROBNU_PLUGINS: '', ROBNU_RUN: 'api', PORT: '0', ROBNU_LOG: 'silent' },
  }
  config = readConfig(env)
  host = await openHost(config.plugins, config.configDir)
  const options = { ownerUrl: empty.ownerUrl, coreFolder, scopeKey, host, log: () => {} }
  applied = (await migrateHost(options)).applied

  const db = await openDatabase({ url: urlOf('app'), platformUrl: urlOf('platform') })
  const hasher = createPasswordHasher()
  await ensureSeller(db, {
    name: 'Core alone',
    users: [{ email, passwordHash: await hasher.hash(password), role: 'OWNER' }],
  })
  await hasher.close()
  await db.close()

  app = await boot(config, { log: silentLog })
  await app.start()
})
afterAll(async () => {
  await app?.stop()
  await empty?.close()
})

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${app.url()}${path}`, init)
const signIn = async (secret = password): Promise<Response> =>
  await ask('/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: secret }),
  })
const signedIn = async (path: string): Promise<Response> => {
  const cookie = (await signIn()).headers.getSetCookie().map((one) => one.split(';')[0]).join('; ')
  return await ask(path, { headers: { cookie } })
}

describe('core without plugins', () => {
  it('applies its own line, and nothing else', async () => {
    expect(host.plugins).toEqual([])
    expect(applied.length).toBeGreaterThan(5)
    expect(applied.filter((file) => !file.startsWith('core/'))).toEqual([])
    const options = { ownerUrl: empty.ownerUrl, coreFolder, scopeKey, host, log: () => {} }
    expect((await migrateHost(options)).applied).toEqual([])
    const rows = await empty.asSuperuser((admin) => admin`select code from marketplaces`)
    expect(rows).toHaveLength(0)
  })

  it('refuses to start with a secret that the database does not know, until it is told', async () => {
    const other = 'another secret, which has 32 characters as well'
    const late = await boot({ ...config, ROBNU_SECRET: other }, { log: silentLog })
    await expect(late.start()).rejects.toThrow(
      'Cannot start: the database does not know the key of this process; ' +
        'run migrate with its ROBNU_SECRET',
    )
    expect(late.url()).toBe(undefined)
    const options = { ownerUrl: empty.ownerUrl, coreFolder, host, log: () => {} }
    await migrateHost({ ...options, scopeKey: scopeKeyFrom(other) })
    await late.start()
    expect((await fetch(`${late.url()}/readyz`)).status).toBe((await ask('/readyz')).status)
    await late.stop()
    // those that run on serve on, until they are started anew
    expect((await signIn()).status).toBe(200)
    expect((await signedIn('/v1/orders')).status).toBe(200)
  })

  it('answers that it is alive, and describes itself', async () => {
    expect((await ask('/healthz')).status).toBe(200)
    const document: unknown = await (await ask('/openapi.json')).json()
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
    expect(Object.keys((document as { paths: object }).paths)).toContain('/v1/orders')
  })

  it('signs in who has the password, and nobody else', async () => {
    expect((await signIn()).status).toBe(200)
    expect((await signIn('another password')).status).toBe(401)
    expect((await ask('/v1/orders')).status).toBe(401)
  })

  it.each([['/v1/orders'], ['/v1/marketplaces'], ['/v1/marketplace-accounts']])(
    'answers %s with an empty list',
    async (path) => {
      const answer = await signedIn(path)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toMatchObject({ data: [] })
    },
  )

  it('knows no marketplace to connect to', async () => {
    const cookie = (await signIn()).headers.getSetCookie()
      .map((one) => one.split(';')[0]).join('; ')
    const answer = await ask('/v1/marketplace-accounts', {
      method: 'POST',
      headers: {
        cookie,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify({
        ...{ marketplace: 'BAZAAR', external_account_id: 'x', name: 'x' },
        ...{ details: {}, credentials: {} },
      }),
    })
    expect(await answer.json()).toMatchObject({ code: 'marketplace-unknown', status: 422 })
  })
})
