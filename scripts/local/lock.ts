/** One process at a time: a file that names its holder, taken over when the holder is dead. */
import { randomBytes } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import process from 'node:process'
import { codeOf } from './faults.ts'
import { createFile, readText } from './files.ts'
import { birthMark, isAlive } from './processes.ts'

const attempts = 10 // each loses only against another process that starts in the same millisecond

export interface Lock {
  /** Gives the lock back; a second call does nothing. */
  readonly release: () => void
}

/** Takes the lock or throws what `refuse` makes of the holder's process id. */
export const takeLock = (file: string, refuse: (pid: number) => Error): Lock => {
  const mine = describe(process.pid, birthMark(process.pid))
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (createFile(file, mine)) return { release: () => release(file, mine) }
    const found = readText(file)
    if (found === undefined) continue
    const pid = livingHolder(found)
    if (pid !== undefined) throw refuse(pid)
    removeStale(file, found)
  }
  throw refuse(Number(readText(file)?.split('\n')[0]) || 0)
}

// the birth mark matters where ids are used again at once: a container gives its programs the same few
// and the random part where the same process takes the lock twice: the first one must not release the second
const describe = (pid: number, mark = ''): string =>
  `${pid}\n${mark}\n${randomBytes(6).toString('hex')}\n`

const livingHolder = (text: string): number | undefined => {
  const [first = '', mark = ''] = text.split('\n')
  const pid = Number(first)
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  const now = birthMark(pid)
  return mark === '' || now === undefined || mark === now ? pid : undefined
}

/** Moves the file aside first: between reading and removing, another process may have put its own there. */
const removeStale = (file: string, found: string): void => {
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readText(aside)
  if (moved !== undefined && moved !== found) createFile(file, moved)
  rmSync(aside, { force: true })
}

const release = (file: string, mine: string): void => {
  if (readText(file) === mine) rmSync(file, { force: true })
}
