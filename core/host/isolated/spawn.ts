/** Starts the process of a plugin: nothing of our environment, and leave to read its own files only. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname, join, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createLines, maxFrame } from './frames.ts'

/** A process that was started, as the supervisor sees it. */
export interface Child {
  readonly pid: number
  readonly send: (line: string) => void
  readonly kill: () => void
  /** From now on it has what the processor has left: it cannot be taken back. */
  readonly giveWay: () => void
  /** Whether our process stays for it; one that is idle keeps nobody. */
  readonly hold: (on: boolean) => void
  /** Resident memory as the system tells it; undefined where it does not. */
  readonly residentBytes: () => number | undefined
}
export interface ChildEvents {
  readonly line: (line: string) => void
  /** What the plugin says on its console. */
  readonly said: (line: string) => void
  /** It has to go: it says too much at once, or reads nothing. */
  readonly spoilt: (why: string) => void
  /** `why`: its code or signal, in words. Called once. */
  readonly gone: (why: string) => void
}
export interface SpawnOptions {
  /** Where the plugin's module is. */
  readonly url: string
  /** Of the configuration: what lies beside it is not the plugin's to read. */
  readonly configDir: string
  readonly heapMb: number
}

const isDeno = 'deno' in process.versions
const here = import.meta.url
const ending = here.endsWith('.ts') ? 'ts' : 'js'
const fileOf = (name: string): string => fileURLToPath(new URL(`${name}.${ending}`, here))

/** A console line is cut there. */
const longestSaid = 2_000
/** What waits to be read by a process that reads nothing. */
const maxWaiting = 2 * maxFrame

export const spawnPlugin = (options: SpawnOptions, events: ChildEvents): Child => {
  const entry = fileOf('./child')
  const child = spawn(process.execPath, [...flagsOf(options), entry], {
    // the root has nothing of ours, and is there everywhere
    cwd: '/',
    // Deno would look for a folder to cache in
    env: isDeno ? { DENO_DIR: '/dev/null', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' } : {},
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const kill = (): void => void child.kill('SIGKILL')
  const { pid = 0 } = child
  yieldTo(pid, behindUs)
  child.stdout.on(
    'data',
    createLines(events.line, () => events.spoilt('said a line of more than 64 MiB')),
  )
  child.stderr.on(
    'data',
    createLines((line) => events.said(line.slice(0, longestSaid)), () => {}, 1024 * 1024),
  )
  // it may be gone while we write
  child.stdin.on('error', () => {})
  let isGone = false
  const gone = (why: string): void => {
    if (!isGone) events.gone(why)
    isGone = true
  }
  child.on('error', (error) => gone(`could not be started: ${error.message}`))
  child.on(
    'close',
    (code, signal) => gone(signal ? `ended by ${signal}` : `exited with code ${code}`),
  )
  return {
    pid,
    kill,
    giveWay: () => yieldTo(pid, behindAll),
    send: (line) => {
      child.stdin.write(`${line}\n`)
      if (child.stdin.writableLength > maxWaiting) events.spoilt('reads nothing of what it is told')
    },
    hold: (on) => {
      for (const part of [child, child.stdin, child.stdout, child.stderr] as Holding[]) {
        if (on) part.ref?.()
        else part.unref?.()
      }
    },
    residentBytes: () => residentBytes(pid),
  }
}
/** Pipes have both, and their types do not say so. */
interface Holding {
  readonly ref?: () => void
  readonly unref?: () => void
}

/** Whatever a plugin computes, our own process and the database come first. */
const behindUs = 10
/** One that says nothing computes without end: the other plugins come first as well. */
const behindAll = 19

const yieldTo = (pid: number, priority: number): void => {
  for (const thread of threadsOf(pid)) {
    try {
      if (thread > 0) setPriority(thread, priority)
    } catch {
      // gone already, or there is no leave to: it is a matter of speed alone
    }
  }
}

/** Linux knows a priority of each: those that collect garbage are many. */
const threadsOf = (pid: number): readonly number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}

const flagsOf = ({ url, configDir, heapMb }: SpawnOptions): readonly string[] => {
  const readable = readableFor(rootOf(url, configDir))
  if (isDeno) {
    return [
      ...['run', '--no-prompt', '--no-remote', '--deny-import', '--no-lock', '--quiet'],
      `--allow-read=${readable.join(',')}`,
      `--v8-flags=--max-old-space-size=${heapMb}`,
    ]
  }
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${heapMb}`,
    ...['--disable-proto=delete', '--disable-sigusr1', '--no-warnings'],
  ]
}

/** The plugin's folder, the packages that it may import, and the contract. */
const readableFor = (root: string): readonly string[] => {
  const own = ['', '../../plugin'].map((path) => fileURLToPath(new URL(`./${path}`, here)))
  const packages = [...above(root), ...above(dirname(fileURLToPath(here)))]
    .flatMap((folder) => [join(folder, 'node_modules'), join(folder, 'package.json')])
    .filter(isThere)
  const files = ['../../plugin', '../../ledger/outbound-answer'].map(fileOf)
  const all = [root, ...own, ...files, ...packages]
  return [...new Set(all.flatMap((path) => [path, realpathSync(path)]))]
}

/** The folder of a plugin: its package, unless that is the project or the core itself. */
export const rootOf = (url: string, configDir: string): string => {
  const folder = dirname(realpathSync(fileURLToPath(url)))
  const named = [folder, ...above(folder)].find((path) => isNamed(join(path, 'package.json')))
  const holds = (place: string): boolean =>
    named !== undefined && `${realpathSync(place)}${sep}`.startsWith(`${named}${sep}`)
  return named === undefined || holds(configDir) || holds(fileURLToPath(new URL('.', here)))
    ? folder
    : named
}

/** Where our own process may not read there is nothing for the plugin either. */
const isThere = (path: string): boolean => {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}

const isNamed = (file: string): boolean => {
  try {
    return typeof (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'string'
  } catch {
    return false
  }
}

const above = (folder: string): readonly string[] => {
  const parent = dirname(folder)
  return parent === folder ? [] : [parent, ...above(parent)]
}

const residentBytes = (pid: number): number | undefined => {
  try {
    const [, pages = ''] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
    return Number(pages) * 4096
  } catch {
    // no such file system here, or no leave to read it
    return undefined
  }
}
