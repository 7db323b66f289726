/** robnu.config.json as text that is changed: one entry at a time, and written in one step. */
import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

type Json = Readonly<Record<string, unknown>>
interface ConfigJson extends Json {
  readonly plugins: readonly Json[]
}

export const emptyConfig = '{\n  "plugins": []\n}\n'

/** The text with these members of the entry changed; undefined takes a member away. */
export const withEntry = (text: string, use: string, changes: Json): string => {
  const config: ConfigJson = JSON.parse(text)
  const plugins = config.plugins.map((entry) =>
    entry['use'] === use ? merged(entry, changes) : entry
  )
  return textOf({ ...config, plugins })
}

/** The text with one entry more, as its last. */
export const withNewEntry = (text: string, entry: Json): string => {
  const config: ConfigJson = JSON.parse(text)
  return textOf({ ...config, plugins: [...config.plugins, entry] })
}

const merged = (entry: Json, changes: Json): Json =>
  Object.fromEntries(
    Object.entries({ ...entry, ...changes }).filter(([, value]) => value !== undefined),
  )

const lineWidth = 96
const textOf = (config: ConfigJson): string => `${formatted(config, 0, false)}\n`

/** What fits into a line stands in one, but for the file itself and its list. */
const formatted = (value: unknown, indent: number, mayFit = true): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const isList = Array.isArray(value)
  const [left, right] = isList ? ['[', ']'] : ['{', '}']
  const members = isList
    ? value.map((one: unknown) => ['', one] as const)
    : Object.entries(value).map(([key, one]) => [`${JSON.stringify(key)}: `, one] as const)
  if (members.length === 0) return `${left}${right}`
  const inline = members.map(([key, one]) => key + formatted(one, 0)).join(', ')
  const line = isList ? `[${inline}]` : `{ ${inline} }`
  if (mayFit && !line.includes('\n') && indent + line.length <= lineWidth) return line
  const pad = ' '.repeat(indent + 2)
  const lines = members.map(([key, one]) =>
    pad + key + formatted(one, indent + 2, indent > 0 || key !== '"plugins": ')
  )
  return `${left}\n${lines.join(',\n')}\n${' '.repeat(indent)}${right}`
}

/** What changes, line by line: `-` goes, `+` comes. */
export const differenceOf = (before: string, after: string): readonly string[] => {
  const [old, young] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')]
  const gone = old.filter((line) => !young.includes(line)).map((line) => `- ${line}`)
  const come = young.filter((line) => !old.includes(line)).map((line) => `+ ${line}`)
  return [...gone, ...come]
}

/** Writes in one step, keeping mode and link; throws when somebody has changed the file meanwhile. */
export const replaceText = async (path: string, before: string, after: string): Promise<void> => {
  if (before === after) return
  const real = await realpath(path).catch(() => path)
  const found = await readFile(real, 'utf8').catch(() => undefined)
  if (found !== undefined && found !== before) {
    throw new Error(`${path} was changed meanwhile by somebody else: call again`)
  }
  const mode = (await stat(real).catch(() => undefined))?.mode ?? 0o644
  const temporary = join(dirname(real), `.robnu-config-${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(temporary, 'wx', mode & 0o777)
    try {
      await file.writeFile(after)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, real)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
