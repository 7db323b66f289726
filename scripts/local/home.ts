/** The folder `.robnu`: everything that the local parts keep, held by one launcher at a time. */
import { join, resolve } from 'node:path'
import { codeOf, localFault } from './faults.ts'
import { ensureFolder, ensureSecret } from './files.ts'
import { takeLock } from './lock.ts'

export interface Home {
  readonly path: string
  readonly keys: string
  readonly logs: string
  readonly postgres: string
  readonly cloud: string
  readonly sandbox: string
  /** A random secret kept under `keys`, made at the first call: 32 bytes as base64url. */
  readonly secret: (name: string) => string
  /** Gives the folder back to other launchers. */
  readonly close: () => void
}

/**
 * Opens the folder, made where it is missing.
 * It may be entered but not listed by others (0711), because PostgreSQL refuses to run as root and then works
 * as `nobody`; what lies in it is closed (0700), `postgres` included, which gets its own owner later.
 */
export const openHome = (path: string): Home => {
  const root = resolve(path)
  try {
    ensureFolder(root, 0o711)
  } catch (error) {
    const why = codeOf(error) === 'EEXIST' ? 'it is no folder' : codeOf(error) ?? 'unknown error'
    throw localFault(`Cannot use "${root}": ${why}; set ROBNU_HOME to another folder`, error)
  }
  const lock = takeLock(join(root, 'launcher.pid'), (pid) =>
    localFault(
      `Cannot use "${root}": process ${pid} runs on it; stop that one or set ROBNU_HOME to another folder`,
    ))
  const folder = (name: string): string => ensureFolder(join(root, name))

  const keys = folder('keys')
  return {
    path: root,
    keys,
    logs: folder('logs'),
    postgres: folder('postgres'),
    cloud: folder('cloud'),
    sandbox: folder('sandbox'),
    secret: (name) => ensureSecret(join(keys, checkedName(name))),
    close: lock.release,
  }
}

const checkedName = (name: string): string => {
  if (!/^[a-z0-9][a-z0-9_.-]*$/.test(name)) {
    throw new Error(`Cannot keep a secret as "${name}": a name has a-z, 0-9, "_", "." and "-"`)
  }
  return name
}
