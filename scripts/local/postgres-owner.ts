/** Under whose name PostgreSQL runs, which refuses root, and how to start its programs on a folder. */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { localFault } from './faults.ts'

export interface Owner {
  readonly uid: number
  readonly gid: number
}
/** A command that works on a data folder: `data` is the folder's name as the program must see it. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly options: {
    readonly cwd: string
    readonly env: Record<string, string>
    readonly windowsHide: true
    readonly uid?: number
    readonly gid?: number
  }
}

// what the programs may need of our environment; PGDATA, PGPORT and the like would overrule us
const kept = [
  'PATH',
  'LD_LIBRARY_PATH',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SystemRoot',
  'ComSpec',
  'PATHEXT',
]

/** Nobody, when we are root; else undefined, for ourselves. A bare number will not do: initdb looks up the name. */
export const findOwner = (): Owner | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number => {
    const { stdout } = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' })
    return /^\d+\n$/.test(stdout ?? '') ? Number(stdout) : 0
  }
  const owner = { uid: id('-u'), gid: id('-g') }
  if (owner.uid === 0 || owner.gid === 0) {
    throw localFault(
      'Cannot start PostgreSQL: it refuses to run as root, and this system has no user "nobody"; run as another user or set DATABASE_URL',
    )
  }
  return owner
}

/** Prepares a program to run as the owner on the data folder. */
export const commandOn = (
  dir: string,
  owner: Owner | undefined,
  program: string,
  args: (data: string) => readonly string[],
): Command => {
  const options = { cwd: dir, env: cleanEnvironment(), windowsHide: true } as const
  if (!owner) return { program, args: args(dir), options }
  if (isReachable(dir)) return { program, args: args(dir), options: { ...options, ...owner } }

  // Below a folder that only root may enter, such as /root: setpriv steps into the data folder as root and
  // becomes the owner afterwards, and /proc/self/cwd leads there without passing the folders above
  const change = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', program]
  return { program: 'setpriv', args: [...change, ...args('/proc/self/cwd')], options }
}

const isReachable = (dir: string): boolean => {
  const parent = dirname(dir)
  if (parent === dir) return true
  return (statSync(parent).mode & 0o001) !== 0 && isReachable(parent)
}

const cleanEnvironment = (): Record<string, string> => {
  const env: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' }
  for (const name of kept) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}
