/** Files and folders that only the developer may read. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { platform } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { codeOf, localFault } from './faults.ts'

const secretBytes = 32

/** Makes the folder, with this mode whatever the umask says and whatever it was before. */
export const ensureFolder = (path: string, mode = 0o700): string => {
  mkdirSync(path, { recursive: true, mode })
  chmodSync(path, mode)
  return path
}

/** Replaces the file at once: after a crash it holds the old text or the new one, never a part. */
export const replaceFile = (file: string, text: string): void => {
  const draft = writeDraft(file, text)
  renameSync(draft, file)
  syncFolder(dirname(file))
}

/** Throws when others than the developer may read the file, or put another one in its place. */
export const assertClosed = (file: string): void => {
  if (platform() === 'win32') return // modes say nothing there
  assertMode(dirname(file), 0o022, 'change files in', 'chmod go-w')
  assertMode(file, 0o077, 'read or change', 'chmod 600')
}

const assertMode = (path: string, forbidden: number, what: string, remedy: string): void => {
  const mode = modeOf(path)
  if (mode === undefined || (mode & forbidden) === 0) return
  const text = (mode & 0o777).toString(8).padStart(4, '0')
  throw localFault(`Cannot use "${path}": others may ${what} it (mode ${text}); ${remedy} it first`)
}

const modeOf = (path: string): number | undefined => {
  try {
    return statSync(path).mode
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What a process that was killed has left beside the file. */
export const removeDrafts = (file: string): void => {
  const folder = dirname(file)
  if (modeOf(folder) === undefined) return
  const isDraft = (name: string) =>
    name.startsWith(`${basename(file)}.`) && /^[0-9a-f]{12}$/.test(name.slice(-12)) &&
    name.length === basename(file).length + 13
  for (const name of readdirSync(folder)) if (isDraft(name)) rmSync(join(folder, name))
}

/** So that the new name outlives a loss of power; not everywhere possible. */
const syncFolder = (path: string): void => {
  try {
    const handle = openSync(path, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch {
    // such as on Windows: the file itself is safe
  }
}

/** Creates the file with its whole text at once; false, and nothing changed, when it is there already. */
export const createFile = (file: string, text: string): boolean => {
  const draft = writeDraft(file, text)
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    return createWithoutLink(file, text)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** The secret in the file, made at the first call: 32 random bytes as base64url. */
export const ensureSecret = (file: string): string => {
  const stored = readText(file)
  if (stored === undefined) {
    const secret = randomBytes(secretBytes).toString('base64url')
    return createFile(file, `${secret}\n`) ? secret : ensureSecret(file)
  }
  if (stored.trim() === '') {
    throw localFault(`Cannot use the secret in "${file}": the file is empty`)
  }
  chmodSync(file, 0o600)
  return stored.trim()
}

/** The text of the file, or undefined when there is none. */
export const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const writeDraft = (file: string, text: string): string => {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const handle = openSync(draft, 'wx', 0o600)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  return draft
}

/** For file systems without hard links (folders shared with a virtual machine). */
const createWithoutLink = (file: string, text: string): boolean => {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}
