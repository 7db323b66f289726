/** Reads the folder of the local parts as it lies there, and tries the port. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { isAlive } from '../../local/processes.ts'
import { assertPortFree } from '../../local/ports.ts'
import { nothingToSee } from '../check.ts'
import type { Home, Port } from '../checks/home.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'

export const readHome = ({ env, isLocal, home: path }: Ground): Home => {
  if (!isLocal && !existsSync(path)) throw nothingToSee('no part runs on this machine')
  const keys = list(join(path, 'keys')).filter((name) => isFile(join(path, 'keys', name)))
  const postgres = list(join(path, 'postgres'))
  const version = textOf(join(path, 'postgres/PG_VERSION'))?.trim()
  return {
    path,
    unusable: whyUnusable(path),
    open: openFolders(path),
    readableKeys: keys.filter((name) => (modeOf(join(path, 'keys', name)) & 0o077) !== 0),
    emptyKeys: keys.filter((name) => textOf(join(path, 'keys', name))?.trim() === ''),
    holder: holderOf(path),
    clusterVersion: version,
    isClusterBroken: postgres.length > 0 && version === undefined &&
      mayList(join(path, 'postgres')),
    lostKeys: version === undefined ? [] : lostKeys(path, env),
    areKmsKeysLost: version !== undefined && (isLocal || !env['AWS_ENDPOINT_URL']) &&
      existsSync(join(path, 'cloud')) && !existsSync(join(path, 'cloud/kms.json')),
  }
}

/** Made at the first start and needed at every later one, where no variable names another. */
const madeWith = {
  'app': 'ROBNU_SECRET',
  'audit.json': 'ROBNU_AUDIT_KEYS',
  'jwt.json': 'ROBNU_JWT_KEYS',
  'postgres-superuser': '',
} as const
const lostKeys = (path: string, env: Ground['env']): readonly string[] =>
  Object.entries(madeWith).flatMap(([name, variable]) => {
    const isNamed = Boolean(env[variable] || env[`${variable}_FILE`])
    return isNamed || existsSync(join(path, 'keys', name)) ? [] : [name]
  })

export const readPort = async (ground: Ground): Promise<Port> => {
  const { PORT: number, ROBNU_RUN: run } = settingsOf(ground.env).config
  if (number === 0) throw nothingToSee('PORT is 0: any free one is taken')
  if (!run.includes('api')) throw nothingToSee('ROBNU_RUN names no api: nothing listens')
  const fault = await assertPortFree(number).then(
    () => undefined,
    (error: unknown) => error instanceof Error ? error.message : String(error),
  )
  return { number, fault, isOurs: holderOf(ground.home) !== undefined }
}

/** The process that the lock file names, when it lives. */
const holderOf = (home: string): number | undefined => {
  const pid = Number(textOf(join(home, 'launcher.pid'))?.split('\n')[0])
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined
}

const whyUnusable = (path: string): string | undefined => {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) return 'it is no folder'
    return mayWrite(path) ? undefined : 'it may not be written to'
  }
  const above = dirname(path)
  if (above === path || existsSync(above)) {
    return mayWrite(above) ? undefined : 'it is not there, and may not be made'
  }
  return whyUnusable(above)
}

const openFolders = (path: string): string[] =>
  process.platform === 'win32' ? [] : [
    // entered by the owner of PostgreSQL, and listed by nobody
    ...existsSync(path) && (modeOf(path) & 0o066) !== 0 ? [shown('.', path)] : [],
    ...['keys', 'logs', 'postgres', 'cloud', 'outbox', 'sandbox'].filter((name) =>
      existsSync(join(path, name)) && (modeOf(join(path, name)) & 0o077) !== 0
    ).map((name) => shown(name, join(path, name))),
  ]
const shown = (name: string, path: string): string => `${name} (${modeOf(path).toString(8)})`

const modeOf = (path: string): number =>
  process.platform === 'win32' ? 0o600 : statSync(path).mode & 0o777
const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true

const may = (path: string, how: number): boolean => {
  try {
    accessSync(path, how)
    return true
  } catch {
    return false
  }
}
const mayWrite = (path: string): boolean => may(path, constants.W_OK | constants.X_OK)
const mayList = (path: string): boolean => may(path, constants.R_OK | constants.X_OK)

const list = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
