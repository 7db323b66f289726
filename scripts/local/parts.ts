/** The local parts together: whatever the environment does not name is started here. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withOperations } from '#core/db/operations.ts'
import type { RunningSandbox, StartSandbox } from '#core/testing/sandbox/sandbox.ts'
import { startCloud } from './cloud.ts'
import { createFile, readText } from './files.ts'
import { codeOf, localFault } from './faults.ts'
import type { Home } from './home.ts'
import { startMail } from './mail.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import { ensureRoles } from './roles.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Parts {
  /** What the app gets: the environment as it was, with what was missing filled in. */
  readonly env: Record<string, string | undefined>
  readonly sandboxes: readonly { readonly pluginId: string; readonly sandbox: RunningSandbox }[]
  /** In the reverse order of the start. */
  readonly stop: () => Promise<void>
}
export interface PartsOptions {
  readonly home: Home
  readonly env: Environment
  /** The enabled plugins: a sandbox stands beside its plugin's module. */
  readonly plugins: readonly {
    readonly id: string
    readonly url: string
    /** Isolated, with SQL of its own. */
    readonly needsLogin?: boolean
  }[]
  readonly sandboxSpeed: number
  readonly say: (line: string) => void
}

export const startParts = async (options: PartsOptions): Promise<Parts> => {
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const env: Record<string, string | undefined> = { ...options.env }
    Object.assign(env, secrets(options))
    Object.assign(env, await database(options, stops))
    Object.assign(env, await cloud(options, stops))
    Object.assign(env, await redis(options, stops))
    Object.assign(env, await mail(options, stops))
    const sandboxes = await startSandboxes(options, stops)
    env['ROBNU_UPSTREAMS'] ??= JSON.stringify(Object.fromEntries(
      sandboxes.map(({ pluginId, sandbox: { url, clock } }) => [pluginId, { url, clock }]),
    ))
    return { env, sandboxes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The app's own keys: made once, kept under `.robnu/keys`. */
const secrets = ({ home, env }: PartsOptions): Environment => {
  const made: Record<string, string> = {}
  if (!env['ROBNU_SECRET'] && !env['ROBNU_SECRET_FILE']) made['ROBNU_SECRET'] = home.secret('app')
  for (const [name, kept] of Object.entries(keySets)) {
    if (env[name] || env[`${name}_FILE`]) continue
    const file = join(home.keys, kept)
    if (!existsSync(file)) createFile(file, JSON.stringify({ keys: [newSigningKey()] }))
    made[name] = readText(file) ?? ''
  }
  return made
}

/** Variables that hold a set of signing keys, and the files that they are kept in. */
const keySets = { ROBNU_JWT_KEYS: 'jwt.json', ROBNU_AUDIT_KEYS: 'audit.json' }

const newSigningKey = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'EdDSA', use: 'sig' }
}

const database = async (
  { home, env, plugins, say }: PartsOptions,
  stops: (() => Promise<unknown>)[],
): Promise<Environment> => {
  if (env['DATABASE_URL']) {
    if (!env['DATABASE_PLATFORM_URL']) {
      throw localFault(
        'Cannot start: DATABASE_URL is set and DATABASE_PLATFORM_URL is not; set both, or neither',
      )
    }
    for (const name of ['DATABASE_URL', 'DATABASE_PLATFORM_URL', 'DATABASE_OWNER_URL']) {
      await assertAnswers(name, env[name])
    }
    return {}
  }
  say('Starting PostgreSQL')
  const postgres = await startPostgres({ dir: home.postgres, log: home.logs })
  stops.push(postgres.stop)
  return {
    ...await ensureRoles(postgres.superuserUrl(), {
      database: 'robnu',
      passwords: (login) => home.secret(`${login}`),
      plugins: plugins.filter(({ needsLogin }) => needsLogin).map(({ id }) => id),
      pluginPassword: (login) => home.secret(login),
    }),
  }
}

const assertAnswers = async (name: string, url: string | undefined): Promise<void> => {
  if (!url) return
  try {
    await withOperations(url, (sql) => sql`select 1`)
  } catch (error) {
    const { host, pathname } = new URL(url)
    const code = codeOf(error) ?? 'unknown error'
    const why = reasons[code] ?? `the answer was ${code}`
    throw localFault(`Cannot use ${name}: ${why} (${host}${pathname})`, error)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  CONNECT_TIMEOUT: 'nothing answers there',
  '28P01': 'the password is refused',
  '28000': 'the login is refused',
  '3D000': 'there is no such database',
}

const cloud = async (
  { home, env, say }: PartsOptions,
  stops: (() => Promise<unknown>)[],
): Promise<Environment> => {
  if (env['AWS_ENDPOINT_URL']) return {}
  say('Starting the local cloud (SQS, S3, KMS)')
  const running = await startCloud({ dir: home.cloud })
  stops.push(running.stop)
  return {
    AWS_ENDPOINT_URL: running.url,
    AWS_REGION: env['AWS_REGION'] ?? 'ap-south-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ROBNU_KMS_CREATE_KEYS: 'true',
  }
}

const redis = async (
  { home, env, say }: PartsOptions,
  stops: (() => Promise<unknown>)[],
): Promise<Environment> => {
  if (env['REDIS_URL']) return {}
  const running = await startRedis({ log: home.logs })
  if (!running) return {}
  say('Starting Redis')
  stops.push(running.stop)
  return { REDIS_URL: running.url }
}

const mail = async (
  { home, env }: PartsOptions,
  stops: (() => Promise<unknown>)[],
): Promise<Environment> => {
  if (env['ROBNU_MAIL_HOOK'] || env['ROBNU_MAIL_OUTBOX']) return {}
  const token = home.secret('mail-hook')
  const running = await startMail({ folder: join(home.path, 'outbox'), token })
  stops.push(running.stop)
  return { ROBNU_MAIL_HOOK: running.url, ROBNU_MAIL_HOOK_TOKEN: token }
}

const startSandboxes = async (
  { home, env, plugins, sandboxSpeed, say }: PartsOptions,
  stops: (() => Promise<unknown>)[],
): Promise<Parts['sandboxes']> => {
  if (env['ROBNU_UPSTREAMS']) return []
  const sandboxes: { pluginId: string; sandbox: RunningSandbox }[] = []
  for (const { id, url } of plugins) {
    const file = new URL(url.replace(/mod\.(ts|js)$/, 'sandbox.$1'))
    if (file.href === url || !existsSync(fileURLToPath(file))) continue
    say(`Starting the sandbox of ${id}`)
    const module: { default: StartSandbox } = await import(file.href)
    const sandbox = await module.default({
      dir: join(home.sandbox, id),
      speed: sandboxSpeed,
      env,
    })
    stops.push(sandbox.stop)
    sandboxes.push({ pluginId: id, sandbox })
  }
  return sandboxes
}
