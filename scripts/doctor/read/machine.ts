/** Reads what the machine is, and how its clock stands. */
import { accessSync, constants, readFileSync, statfsSync, type StatsFs } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { dirname } from 'node:path'
import process from 'node:process'
import { findOwner } from '../../local/postgres-owner.ts'
import { nothingToSee } from '../check.ts'
import type { Clock, Machine } from '../checks/machine.ts'
import type { Ground } from '../ground.ts'

export const readMachine = ({ isLocal, home }: Ground): Machine => {
  const disk = statOf(home)
  const isDeno = 'Deno' in globalThis
  return {
    runtime: isDeno ? 'Deno' : 'Node',
    version: (isDeno ? process.versions['deno'] : process.versions.node) ?? '0',
    memoryBytes: Math.min(totalmem(), numberIn('/sys/fs/cgroup/memory.max') ?? Infinity),
    diskFreeBytes: disk && disk.bavail * disk.bsize,
    // file systems without a table of inodes say that there are none at all
    inodesFree: disk && disk.files > 0 ? disk.ffree : undefined,
    tempFault: faultOfFolder(tmpdir()),
    sharedMemoryBytes: shared(),
    openFiles: openFiles(),
    isRootAlone: isRootAlone(),
    isLocal,
    hasDateLibrary: knowsKolkata(),
  }
}

/** Asks the address that was named for its `Date`; nothing is asked unasked. */
export const readClock = async ({ clock, fetch, now }: Ground): Promise<Clock> => {
  if (clock === undefined) throw nothingToSee('no address was named: --clock https://example.com')
  const began = now().getTime()
  const answer = await fetch(clock, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(5_000),
  })
  await answer.body?.cancel()
  const told = Date.parse(answer.headers.get('date') ?? '')
  if (Number.isNaN(told)) throw nothingToSee('the address tells no date')
  // its date has no milliseconds, and was written half way
  const middle = (began + now().getTime()) / 2
  return { host: new URL(clock).host, aheadMs: middle - told - 500 }
}

/** Of the folder, or of the first one above it that is there. */
const statOf = (path: string): StatsFs | undefined => {
  try {
    return statfsSync(path)
  } catch {
    return dirname(path) === path ? undefined : statOf(dirname(path))
  }
}

const numberIn = (file: string): number | undefined => {
  const text = textOf(file)?.trim()
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const faultOfFolder = (path: string): string | undefined => {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch {
    return `"${path}" cannot be written to`
  }
}

const shared = (): number | undefined => {
  try {
    const { blocks, bsize } = statfsSync('/dev/shm')
    return blocks * bsize
  } catch {
    return undefined
  }
}

const openFiles = (): number | undefined => {
  const found = /^Max open files\s+(\d+)/m.exec(textOf('/proc/self/limits') ?? '')?.[1]
  return found === undefined ? undefined : Number(found)
}

const isRootAlone = (): boolean => {
  try {
    findOwner()
    return false
  } catch {
    return true
  }
}

const knowsKolkata = (): boolean => {
  try {
    const told = new Intl.DateTimeFormat('en-IN', { timeZone: 'Asia/Kolkata', hour: '2-digit' })
    return told.resolvedOptions().timeZone.length > 0
  } catch {
    return false
  }
}
