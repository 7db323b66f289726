/** Where the parts of a running launcher are, for the commands that are called beside it. */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { readText, replaceFile } from './files.ts'
import type { Home } from './home.ts'
import type { Environment } from './parts.ts'
import { birthMark, isAlive } from './processes.ts'

interface Running {
  readonly pid: number
  /** What the launcher filled in, and which plugins it runs with. */
  readonly env: Readonly<Record<string, string>>
}

const fileOf = (home: string): string => join(home, 'keys', 'running.json')
/** Of what the launcher was given, no secret: these say what it runs with. */
const told = ['ROBNU_CONFIG', 'ROBNU_PLUGINS', 'ROBNU_QUEUE_PREFIX', 'AWS_S3_BUCKET']

/**
 * Kept beside the secrets that it repeats, for this user alone, until what is answered is called. What
 * came by the environment of the launcher is not written down.
 */
export const tellRunning = (home: Home, given: Environment, filled: Environment): () => void => {
  const file = fileOf(home.path)
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(filled)) {
    if (value !== undefined && (!given[name] || told.includes(name))) env[name] = value
  }
  const config = env['ROBNU_CONFIG'] ?? 'robnu.config.json'
  const { pid } = process
  replaceFile(
    file,
    JSON.stringify({ pid, mark: birthMark(pid), env: { ...env, ROBNU_CONFIG: resolve(config) } }),
  )
  return () => rmSync(file, { force: true })
}

/** Undefined: nothing runs on the folder. */
export const readRunning = (home: string): Running | undefined => {
  const text = readText(fileOf(home))
  if (text === undefined) return undefined
  const { pid, mark, env } = JSON.parse(text)
  // left behind by one that was killed
  return isAlive(pid) && birthMark(pid) === mark ? { pid, env } : undefined
}
