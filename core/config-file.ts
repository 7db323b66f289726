/**
 * robnu.config.json: which plugins there are, and how each is configured. Every fault is told with its
 * path; a secret stands in it by reference, `{ "$env": "NAME" }` or `{ "$file": "path" }`.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { didYouMean } from './nearest.ts'

export interface PluginEntry {
  /** A package's name, or a path from the configuration file. */
  readonly use: string
  /** With its references resolved. */
  readonly config: unknown
  /** False: named, and not loaded. Absent: true. */
  readonly enabled?: boolean
  /** `isolated`: in a process of its own. Absent: in ours, fenced against mistakes and not against malice. */
  readonly trust?: 'in-process' | 'isolated'
  /** `sha256-<base64>` over the files of the plugin; required of one from outside of the project. */
  readonly integrity?: string
}

type Values = Readonly<Record<string, string | undefined>>

const entrySchema = z.strictObject({
  use: z.string().min(1).describe('The name of a package, or a path from the folder of this file'),
  config: z.unknown().optional().describe(
    'What the plugin is configured with, as its own schema asks. A secret stands in it by reference: ' +
      '{ "$env": "NAME" } or { "$file": "path from the folder of this file" }',
  ),
  enabled: z.boolean().optional().describe('false: named, and not loaded. Default: true'),
  trust: z.enum(['in-process', 'isolated']).optional().describe(
    'isolated: in a process of its own. Default: in-process, fenced against mistakes and not against malice',
  ),
  integrity: z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/, 'must be sha256-<base64>').optional()
    .describe('Over the files of the plugin; required of one from outside of the project'),
})
const fileSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the schema of this file'),
  plugins: z.array(entrySchema),
})
const keysAt = {
  top: Object.keys(fileSchema.shape),
  plugin: Object.keys(entrySchema.shape),
} as const

/** The JSON schema of the file, for editors. */
export const configFileSchema = (): unknown => ({
  ...z.toJSONSchema(fileSchema, { io: 'input' }),
  title: 'robnu.config.json',
})

export interface ConfigFile {
  readonly text: string
  /** Files are referred to from its folder. */
  readonly path: string
  readonly env: Values
  /** References of other entries are not followed. Absent: the enabled ones are used. */
  readonly isUsed?: (entry: Omit<PluginEntry, 'config'>) => boolean
}

/** The entries, in their order; faults are added to the list. */
export const parseConfigFile = (
  { text, path, env, isUsed = ({ enabled }) => enabled !== false }: ConfigFile,
  faults: string[],
): readonly PluginEntry[] => {
  const fail = (at: readonly PropertyKey[], message: string) =>
    void faults.push(`robnu.config.json: /${at.map(String).join('/')}: ${message}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    faults.push('robnu.config.json: must be JSON')
    return []
  }
  const parsed = fileSchema.safeParse(value)
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') {
      fail(issue.path, issue.message)
      continue
    }
    const known = issue.path.length === 0 ? keysAt.top : keysAt.plugin
    for (const key of issue.keys) {
      const which = didYouMean(key, known) || `: known are ${known.join(', ')}`
      fail([...issue.path, key], `is no key of this file${which}`)
    }
  }
  const named = (value as { readonly plugins?: unknown } | null)?.plugins
  // the sound ones can still be judged
  return (Array.isArray(named) ? named : []).flatMap((one: unknown, i) => {
    const entry = entrySchema.safeParse(one)
    if (!entry.success) return []
    const before = faults.length
    const { config, ...rest } = entryOf(entry.data)
    const at = ['plugins', i, 'config']
    const resolved = isUsed(rest)
      ? resolveIn({ env, folder: dirname(path), fail }, config, at)
      : undefined
    return faults.length === before ? [{ ...rest, config: resolved }] : []
  })
}

const entryOf = ({ use, config, enabled, trust, integrity }: z.infer<typeof entrySchema>) => ({
  use,
  config,
  ...enabled === undefined ? {} : { enabled },
  ...trust === undefined ? {} : { trust },
  ...integrity === undefined ? {} : { integrity },
})

interface Resolver {
  readonly env: Values
  readonly folder: string
  readonly fail: (at: readonly PropertyKey[], message: string) => void
}
const references = ['$env', '$file']

/** Nothing of what a reference leads to is ever part of a fault. */
const resolveIn = (resolver: Resolver, value: unknown, at: readonly PropertyKey[]): unknown => {
  if (Array.isArray(value)) return value.map((one, i) => resolveIn(resolver, one, [...at, i]))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const marked = members.find(([key]) => key.startsWith('$'))
  if (!marked) {
    return Object.fromEntries(
      members.map(([key, one]) => [key, resolveIn(resolver, one, [...at, key])]),
    )
  }
  const [key, name] = marked
  const where = [...at, key]
  if (!references.includes(key)) {
    const which = didYouMean(key, references) || ': known are $env and $file'
    resolver.fail(where, `is no reference${which}`)
  } else if (members.length > 1) {
    resolver.fail(where, 'must stand alone in its object')
  } else if (typeof name !== 'string' || name === '') {
    resolver.fail(where, key === '$env' ? 'must name a variable' : 'must be a path')
  } else {
    return key === '$env' ? fromEnv(resolver, name, where) : fromFile(resolver, name, where)
  }
  return undefined
}

const fromEnv = ({ env, fail }: Resolver, name: string, at: readonly PropertyKey[]): unknown => {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  fail(at, `the variable "${name}" is not set: set it, or refer to another one`)
  return undefined
}

const fromFile = (
  { folder, fail }: Resolver,
  name: string,
  at: readonly PropertyKey[],
): unknown => {
  try {
    return readFileSync(resolve(folder, name), 'utf8').trim()
  } catch {
    fail(at, `cannot read "${name}": make the file, or let this user read it`)
    return undefined
  }
}

/** Paths of members that look like a secret and stand in clear: `/plugins/0/config/apiKey`. */
export const secretsInClear = (text: string): readonly string[] => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return []
  }
  const plugins = (value as { readonly plugins?: unknown } | null)?.plugins
  if (!Array.isArray(plugins)) return []
  return plugins.flatMap((entry: unknown, i) =>
    clearIn((entry as { readonly config?: unknown } | null)?.config, `/plugins/${i}/config`)
  )
}

const tellingName = /pass(?:word|phrase)?$|secret|token|api_?key|private|credential/i
/** Long and mixed as no word of a language is. */
const telling = (text: string): boolean =>
  text.length >= 24 && /^[\w+/=.~-]+$/.test(text) && /\d/.test(text) && /[a-z]/i.test(text)

const clearIn = (value: unknown, at: string): readonly string[] => {
  if (typeof value === 'string') {
    const name = at.slice(at.lastIndexOf('/') + 1)
    return value !== '' && (tellingName.test(name) || telling(value)) ? [at] : []
  }
  if (typeof value !== 'object' || value === null) return []
  if (references.some((key) => key in value)) return []
  return Object.entries(value).flatMap(([key, one]) => clearIn(one, `${at}/${key}`))
}
