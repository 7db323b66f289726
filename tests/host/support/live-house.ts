/** The app in this process on a database of a test, with a cloud and sandboxes of its own. */
import { generateKeyPairSync } from 'node:crypto'
import process from 'node:process'
import { createPasswordHasher } from '#core/auth/passwords.ts'
import { type Application, boot } from '#core/boot.ts'
import { configFault, readConfig, readPlugins } from '#core/config.ts'
import { openDatabase } from '#core/db/scope.ts'
import { createLog } from '#core/log.ts'
import { ensureSeller } from '#core/tenancy/provision.ts'
import type { RunningSandbox, StartSandbox } from '#core/testing/sandbox/sandbox.ts'
import { openCommands } from '../../../scripts/cli/commands.ts'
import { runRobnu } from '../../../scripts/cli/run.ts'
import { type DemoClient, signInDemo } from '../../../scripts/demo.ts'
import { startCloud } from '../../../scripts/local/cloud.ts'

export interface HouseUrls {
  readonly app: string
  readonly platform: string
  readonly owner: string
}
interface RobnuSaid {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The line of `--json`. */
  readonly json: () => Record<string, unknown>
}
export interface PluginHouse {
  /** `robnu <args>`, with the environment of the house. */
  readonly robnu: (...args: readonly string[]) => Promise<RobnuSaid>
  /** Another process of the house, in this one: it reads the configuration again as `serve` does. */
  readonly start: (parts?: string) => Promise<Application>
  readonly owner: (app: Application) => Promise<DemoClient>
  readonly logged: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

const user = {
  email: 'owner@plugins.example.in',
  password: 'nobody guesses this password',
  role: 'OWNER',
} as const
const keys = () =>
  JSON.stringify({ keys: [generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })] })

export const openPluginHouse = async (
  options: {
    readonly urls: HouseUrls
    readonly configFile: string
    readonly sandboxes: Readonly<Record<string, RunningSandbox>>
  },
): Promise<PluginHouse> => {
  const { urls, configFile, sandboxes } = options
  const cloud = await startCloud()
  // the AWS clients look into the environment by themselves
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
  const upstreams = Object.entries(sandboxes).map(([id, { url, clock }]) => [id, { url, clock }])
  const env = {
    ...{ DATABASE_URL: urls.app, DATABASE_PLATFORM_URL: urls.platform },
    ...{ DATABASE_OWNER_URL: urls.owner, AWS_ENDPOINT_URL: cloud.url },
    ...{ ROBNU_JWT_KEYS: keys(), ROBNU_AUDIT_KEYS: keys(), ROBNU_KMS_CREATE_KEYS: 'true' },
    ROBNU_RAW_ARCHIVE: 'false',
    ROBNU_SECRET: 'a secret of a test, 32 characters or more',
    ROBNU_CONFIG: configFile,
    ROBNU_UPSTREAMS: JSON.stringify(Object.fromEntries(upstreams)),
    ROBNU_LIMITS: 'burst=1000000/60,write=1000000/60,address=1000000/60',
    ...{ USER: 'asha', PORT: '0' },
  }
  const logged: string[] = []
  const log = createLog((line) => void logged.push(line), () => new Date())
  const apps: Application[] = []
  const commands = openCommands()
  const robnu = async (...args: readonly string[]): Promise<RobnuSaid> => {
    let [out, err] = ['', '']
    const code = await runRobnu(args, { commands, version: '0.0.0' }, {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      env,
      cwd: process.cwd(),
      now: () => new Date(),
      signal: new AbortController().signal,
    })
    return { code, out, err, json: () => JSON.parse(out) }
  }
  return {
    robnu,
    env,
    logged,
    start: async (parts = 'api,worker') => {
      const readAgain = () => {
        const faults: string[] = []
        const read = readPlugins(env, faults)
        if (faults.length > 0) throw configFault(faults)
        return read
      }
      const config = readConfig({ ...env, ROBNU_RUN: parts })
      const app = await boot(config, { log, readPlugins: readAgain, pluginsEveryMs: 200 })
      apps.push(app)
      await app.start()
      return app
    },
    owner: async (app) => await signInDemo(app.url() ?? '', await ownerOf(urls)),
    close: async () => {
      for (const app of apps) await app.stop()
      await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.stop()))
      await cloud.stop()
    },
  }
}

const ownerOf = async ({ app, platform }: HouseUrls) => {
  const db = await openDatabase({ url: app, platformUrl: platform, maxConnections: 1 })
  const hasher = createPasswordHasher()
  const passwordHash = await hasher.hash(user.password)
  const { email, role } = user
  await ensureSeller(db, { name: 'Asha Textiles', users: [{ email, passwordHash, role }] })
  await hasher.close()
  await db.close()
  return user
}

/** The sandbox that stands beside a plugin's module. */
export const sandboxBeside = async (
  moduleUrl: string,
  options: { readonly dir: string; readonly env?: Readonly<Record<string, string>> },
): Promise<RunningSandbox> => {
  const module: { readonly default: StartSandbox } = await import(
    new URL('./sandbox.ts', moduleUrl).href
  )
  return await module.default({ dir: options.dir, env: options.env ?? {}, speed: 3_600 })
}

/** Connects the first account of a sandbox. */
export const connectFirst = async (
  client: DemoClient,
  marketplace: string,
  { accounts: [account] }: RunningSandbox,
): Promise<{ readonly id: string; readonly expected: number }> => {
  if (!account) throw new Error('The sandbox has no account')
  const { externalAccountId, name, details, credentials, orders } = account
  const { status, body } = await client('POST', '/v1/marketplace-accounts', {
    ...{ marketplace, external_account_id: externalAccountId, name, details, credentials },
  })
  if (status !== 201) throw new Error(`Cannot connect: ${JSON.stringify(body)}`)
  return { id: String(body['id']), expected: orders }
}

/** Asks for a sync; the id of its run, or the code of the problem. */
export const askForSync = async (client: DemoClient, account: string): Promise<string> => {
  const { body } = await client('POST', `/v1/marketplace-accounts/${account}/sync`, {})
  return String((body['run'] as { id?: string } | undefined)?.id ?? body['code'])
}

export const countOrders = async (client: DemoClient, account: string): Promise<number> => {
  let count = 0
  let cursor = ''
  do {
    const path = `/v1/orders?limit=200&account=${account}${cursor && `&cursor=${cursor}`}`
    const { body } = await client('GET', path)
    count += (body['data'] as readonly unknown[]).length
    cursor = String((body['page'] as { next: string | null }).next ?? '')
  } while (cursor !== '')
  return count
}
