/**
 * The configuration: environment and robnu.config.json as one frozen object. The only file that
 * reads the environment. Every fault is reported at once.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { parseConfigFile, type PluginEntry } from './config-file.ts'
import { readPolicies } from './rate-limits.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export const environment: Environment = process.env

/** What a process does; any of them may run in one. */
const parts = ['api', 'worker', 'sweeps'] as const
export type Part = (typeof parts)[number]

export type { PluginEntry } from './config-file.ts'
export type Config = Readonly<z.infer<typeof schema>> & {
  /** The enabled ones. */
  readonly plugins: readonly PluginEntry[]
  /** The folder that paths of plugins start from. */
  readonly configDir: string
  /** Whether a sweep runs, by its id, where nobody has switched it; on, where it is not named. */
  readonly sweepDefaults: Readonly<Record<string, boolean>>
}

/** Thrown with one line for each fault. */
export const configFault = (faults: readonly string[]): Error =>
  Object.assign(
    new Error(
      `Cannot start: the configuration has ${faults.length} fault(s)\n${
        faults.map((fault) => `  ${fault}`).join('\n')
      }`,
    ),
    { faults },
  )

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)
    .refine((n) => n >= least && n <= most, `must be from ${least} to ${most}`)
const databaseUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
const httpUrl = z.string().regex(/^https?:\/\//, 'must begin with http:// or https://')

const clockSchema = z.object({
  at: z.iso.datetime(),
  upstream: z.iso.datetime(),
  speed: z.number().positive(),
}).transform((clock) => ({ ...clock, at: new Date(clock.at), upstream: new Date(clock.upstream) }))
const upstreamsSchema = z.record(
  z.string(),
  z.object({ url: httpUrl, clock: clockSchema.optional() }),
)
const json = <T>(inner: z.ZodType<T>) =>
  z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' })
      return z.NEVER
    }
  }).pipe(inner as z.ZodType<T, unknown>)

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

/** Names of the variables, their forms and their defaults. Secrets may be given as `<NAME>_FILE`. */
const schema = z.object({
  DATABASE_URL: databaseUrl,
  DATABASE_PLATFORM_URL: databaseUrl,
  ROBNU_PLUGIN_DATABASES: json(z.record(z.string(), databaseUrl)).default({}),
  REDIS_URL: z.string().regex(/^rediss?:\/\//, 'must begin with redis://').optional(),
  AWS_REGION: z.string().default('ap-south-1'),
  AWS_ENDPOINT_URL: httpUrl.optional(),
  AWS_S3_BUCKET: z.string().regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be the name of a bucket',
  ).default('robnu-prod-files'),
  AWS_S3_PER_SELLER_KMS: flag.default(false),
  ROBNU_KMS_ALIAS: z.string().startsWith('alias/').default('alias/robnu/default'),
  ROBNU_KMS_CREATE_KEYS: flag.default(false),
  ROBNU_QUEUE_PREFIX: z.string().regex(/^[A-Za-z0-9_-]{0,30}$/).default('robnu-'),
  ROBNU_JWT_KEYS: json(keySet),
  ROBNU_AUDIT_KEYS: json(keySet),
  ROBNU_SECRET: z.string().min(32, 'must have at least 32 characters'),
  ROBNU_PEPPERS: json(
    z.record(z.string().regex(/^(?:0|[1-9]\d?)$/), z.string().min(32, 'must have at least 32')),
  ).default({}),
  ROBNU_MAIL_HOOK: z.string().regex(
    /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/])/,
    'must begin with https://, or lie on this machine',
  ).optional(),
  ROBNU_MAIL_HOOK_TOKEN: z.string().optional(),
  ROBNU_MAIL_OUTBOX: z.string().optional(),
  ROBNU_APP_URL: httpUrl.optional(),
  ROBNU_RUN: z.string().default(parts.join(',')).transform((text) =>
    text.split(',').map((part) => part.trim())
  ).pipe(z.array(z.enum(parts)).min(1)),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8787),
  ROBNU_POOL: whole(2, 200).default(10),
  ROBNU_LEASE_MS: whole(1_000, 600_000).default(30_000),
  ROBNU_KMS_STALE_MINUTES: whole(0, 60).default(20),
  ROBNU_RAW_ARCHIVE: flag.default(true),
  ROBNU_ORIGIN: httpUrl.optional(),
  ROBNU_PROXIES: whole(0, 9).default(0),
  ROBNU_LIMITS: z.string().default('').transform((text, context) => {
    const policies = readPolicies(text)
    if (policies !== undefined) return policies
    const message = 'must be like burst=600/60,write=120/60,address=300/60 (requests/seconds)'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }),
  ROBNU_SECURITY_CONTACT: z.string()
    .regex(/^(?:https:\/\/|mailto:|tel:)[\x21-\x7e]+$/, 'must begin with https://, mailto: or tel:')
    .optional(),
  ROBNU_DOCS: flag.default(true),
  ROBNU_BUYER_DAYS: whole(1, 180).optional(),
  ROBNU_OFFBOARD_DAYS: whole(2, 90).default(7),
  ROBNU_BACKUP_DAYS: whole(1, 3_660).default(30),
  ROBNU_UPSTREAMS: json(upstreamsSchema).default({}),
  ROBNU_CONFIG: z.string().optional(),
  ROBNU_PLUGINS: z.string().optional(),
  ROBNU_LOG: z.enum(['info', 'warn', 'error', 'silent']).default('info'),
})

/** Every variable that is read, for the documentation to name. */
export const variables: readonly string[] = Object.keys(schema.shape)

/** Without plugins, nothing is read of robnu.config.json: for who looks into what is wrong. */
export const readConfig = (
  env: Environment,
  { plugins: isWithPlugins = true }: { readonly plugins?: boolean } = {},
): Config => {
  const faults: string[] = []
  const given = withSecretFiles(env, faults)
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0])
      const isTold = faults.some((fault) => fault.startsWith(`${name}_FILE:`))
      if (!isTold) faults.push(`${name}: ${name in given ? issue.message : 'is not set'}`)
    }
  }
  const { plugins, configDir } = isWithPlugins
    ? readPlugins(env, faults)
    : { plugins: [], configDir: '.' }
  const sweepDefaults = readSweepDefaults(env, faults)
  if (!parsed.success || faults.length > 0) throw configFault(faults)
  return Object.freeze({ ...parsed.data, plugins, configDir, sweepDefaults })
}

/** `WORKER_ENABLE_CLAIM_SWEEPER=false`: the sweep `claim-sweeper` is off until staff switch it on. */
const readSweepDefaults = (
  env: Environment,
  faults: string[],
): Readonly<Record<string, boolean>> => {
  const defaults: Record<string, boolean> = {}
  for (const [name, text] of Object.entries(env)) {
    const [, id] = /^WORKER_ENABLE_([A-Z0-9_]+)$/.exec(name) ?? []
    if (id === undefined || text === undefined || text === '') continue
    const parsed = flag.safeParse(text)
    if (parsed.success) defaults[id.toLowerCase().replaceAll('_', '-')] = parsed.data
    else faults.push(`${name}: ${parsed.error.issues[0]?.message}`)
  }
  return defaults
}

/** The one secret, for tools that need nothing else of the configuration. */
export const readSecret = (env: Environment, faults: string[]): string => {
  const name = 'ROBNU_SECRET'
  const known = faults.length
  const file = `${name}_FILE`
  const given = withSecretFiles({ [name]: env[name], [file]: env[file] }, faults)
  const parsed = schema.shape[name].safeParse(given[name])
  if (parsed.success) return parsed.data
  if (faults.length === known) {
    faults.push(`${name}: ${name in given ? parsed.error.issues[0]?.message : 'is not set'}`)
  }
  return ''
}

export interface ReadPlugins {
  /** The enabled ones: those of robnu.config.json, or what ROBNU_PLUGINS lists instead (empty: none). */
  readonly plugins: readonly PluginEntry[]
  /** All that the file names. */
  readonly entries: readonly PluginEntry[]
  readonly configDir: string
  readonly configFile: string
  /** True: ROBNU_PLUGINS decides which of them are enabled. */
  readonly isListed: boolean
}

export const readPlugins = (env: Environment, faults: string[]): ReadPlugins => {
  const configFile = resolve(env['ROBNU_CONFIG'] || 'robnu.config.json')
  const listed = env['ROBNU_PLUGINS']?.split(',').map((use) => use.trim()).filter(Boolean)
  const entries = readConfigFile(configFile, env, faults, listed)
  const plugins = listed
    ? listed.map((use) => entries.find((entry) => entry.use === use) ?? { use, config: undefined })
    : entries.filter(({ enabled }) => enabled !== false)
  const configDir = dirname(configFile)
  return { plugins, entries, configDir, configFile, isListed: listed !== undefined }
}

const readConfigFile = (
  path: string,
  env: Environment,
  faults: string[],
  listed: readonly string[] | undefined,
): readonly PluginEntry[] => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    if (env['ROBNU_CONFIG']) faults.push(`ROBNU_CONFIG: cannot read "${path}"`)
    return []
  }
  const isListed = ({ use }: { readonly use: string }) => listed?.includes(use) ?? false
  return parseConfigFile({ text, path, env, ...listed ? { isUsed: isListed } : {} }, faults)
}

const withSecretFiles = (env: Environment, faults: string[]): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(schema.shape)) {
    const file = env[`${name}_FILE`]
    const value = env[name]
    if (file === undefined) {
      // an empty variable is one that is not set, but for the list of plugins
      if (value !== undefined && (value !== '' || name === 'ROBNU_PLUGINS')) values[name] = value
      continue
    }
    try {
      values[name] = readFileSync(file, 'utf8').trim()
    } catch {
      faults.push(`${name}_FILE: cannot read "${file}"`)
    }
  }
  return values
}
