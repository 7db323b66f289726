/** Reads the variables, and tries the keys that they hold; no value of theirs leaves this file. */
import { statSync } from 'node:fs'
import process from 'node:process'
import { loadTokenKeys } from '#core/auth/token-keys.ts'
import { type Environment, variables } from '#core/config.ts'
import { createSigner } from '#core/crypto/signing.ts'
import { didYouMean } from '#core/nearest.ts'
import type { Variables } from '../checks/environment.ts'
import type { Ground } from '../ground.ts'
import { settingsOf, standIns } from '../settings.ts'

/** Read by scripts, sandboxes and tests, and not by the app. */
const others: readonly string[] = [
  'ROBNU_HOME',
  'ROBNU_PARENT',
  'ROBNU_URL',
  'ROBNU_API_KEY',
  'ROBNU_WRITE_SCHEMA',
  'DATABASE_OWNER_URL',
]
const known: readonly string[] = [
  ...variables,
  ...variables.map((name) => `${name}_FILE`),
  ...others,
]
const ours = /^(?:ROBNU|DATABASE)_/
/** Of sandboxes, benches and proofs: each reads its own. */
const free = /^ROBNU_(?:SANDBOX|BENCH|PROOF|TEST|PLUGIN)_/

/** What `npm start` makes itself, where the environment does not name it. */
const made: readonly string[] = Object.keys(standIns)

export const readVariables = async ({ env, isLocal }: Ground): Promise<Variables> => {
  const { config, faults: all, stoodIn } = settingsOf(env)
  const isMade = (fault: string) => isLocal && made.some((name) => fault === `${name}: is not set`)
  const faults = all.filter((fault) => !isMade(fault))
  const isThere = (name: string) => !stoodIn.has(name)
  const tokenKeys = isThere('ROBNU_JWT_KEYS')
    ? await whyNot(() => loadTokenKeys(config.ROBNU_JWT_KEYS))
    : isLocal
    ? null
    : 'ROBNU_JWT_KEYS cannot be read'
  const auditKeys = isThere('ROBNU_AUDIT_KEYS')
    ? await whyNot(() => createSigner(config.ROBNU_AUDIT_KEYS))
    : isLocal
    ? null
    : 'ROBNU_AUDIT_KEYS cannot be read'
  const publicParts = (keys: readonly Readonly<Record<string, unknown>>[]) =>
    keys.map((key) => key['x']).filter((x) => typeof x === 'string')
  const audit = new Set(publicParts(config.ROBNU_AUDIT_KEYS.keys))
  return {
    faults: faults.filter((fault) => !fault.startsWith('robnu.config.json')),
    unknown: unknownIn(env),
    readableFiles: readableFiles(env),
    guessable: isThere('ROBNU_SECRET') && isGuessable(config.ROBNU_SECRET) ? ['ROBNU_SECRET'] : [],
    shared: sharedIn(env, isThere('ROBNU_SECRET') ? config.ROBNU_SECRET : undefined),
    ...{ tokenKeys, auditKeys },
    areKeysShared: publicParts(config.ROBNU_JWT_KEYS.keys).some((x) => audit.has(x)),
    isSecretMissing: !isThere('ROBNU_SECRET'),
    hasApi: config.ROBNU_RUN.includes('api'),
    appUrl: config.ROBNU_APP_URL,
    origin: config.ROBNU_ORIGIN,
    isOpenToAll: ['0.0.0.0', '::'].includes(config.HOST),
    proxies: config.ROBNU_PROXIES,
  }
}

const whyNot = async (use: () => unknown): Promise<string | undefined> => {
  try {
    await use()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'they cannot be used'
  }
}

const unknownIn = (env: Environment): readonly string[] =>
  Object.keys(env)
    .filter((name) => ours.test(name) && !known.includes(name) && !free.test(name))
    .map((name) => `${name}${didYouMean(name, known)}`)
    .toSorted()

const readableFiles = (env: Environment): readonly string[] => {
  if (process.platform === 'win32') return []
  return Object.entries(env).flatMap(([name, file]) => {
    if (!name.endsWith('_FILE') || !known.includes(name) || !file) return []
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0
    return (mode & 0o077) === 0 ? [] : [name]
  })
}

/** Texts that documentations, this one among them, have in the place of a secret. */
const examples =
  /change.?me|example|secret|password|insert|your.?(?:own|key)|stand.?in|^test|0123456789|abcdefgh/i
const isGuessable = (secret: string): boolean => new Set(secret).size < 12 || examples.test(secret)

/** Passwords of logins, tokens and the secret: equal ones, by the names of their variables. */
const sharedIn = (env: Environment, secret: string | undefined): readonly string[] => {
  const held = [
    ['ROBNU_SECRET', secret],
    ['ROBNU_MAIL_HOOK_TOKEN', env['ROBNU_MAIL_HOOK_TOKEN']],
    ...['DATABASE_URL', 'DATABASE_PLATFORM_URL', 'DATABASE_OWNER_URL', 'REDIS_URL'].map((name) =>
      [name, passwordIn(env[name])] as const
    ),
  ] as const
  const pairs = held.flatMap(([name, value], at) =>
    held.slice(at + 1).filter(([, other]) => value && value === other)
      .map(([other]) => `${name} and ${other}`)
  )
  return pairs
}

const passwordIn = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? decodeURIComponent(new URL(url).password) : undefined
