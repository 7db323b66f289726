/** Files and folders that only the developer may read. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
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
